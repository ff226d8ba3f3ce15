// CRLs, which may be large, delay nobody but their own account: told by order,
// not by time.

#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/projection/projection.h"
#include "engine/registry/crl_rules.h"
#include "engine/x509/certificate.h"
#include "tests/projection/projection_fixture.h"
#include "tests/support/test_crls.h"

namespace chainkeep::test {
namespace {

using store::Transaction;

class CrlLanesTest : public ProjectionFixture {
 protected:
  void Put(const store::CrlRow& row) {
    Commit([&](Transaction& t) {
      t.PutCrls(row);
      return absl::OkStatus();
    });
  }
  using ProjectionFixture::Put;

  // Lists that differ.
  std::vector<std::string> Lists(int count) const {
    std::vector<std::string> lists;
    for (int i = 0; i < count; ++i) {
      CrlSpec spec;
      spec.revoked = {{.serial = std::string(1, char(i + 1))}};
      lists.push_back(MakeCrl(spec, ca_));
    }
    return lists;
  }

  std::optional<CaStatus> StatusOf(const store::CaRow& row) const {
    const auto shown =
        catalog_.FindRegistration(row.key.tenant.account, region_, row.key.id);
    if (!shown) return std::nullopt;
    return shown->status;
  }
  size_t ShownLists(const store::CrlRow& row) const {
    return catalog_
        .FindCrls(row.key.tenant.account, region_, store::CaOf(row.key))
        .size();
  }

  const store::Tenant of_a_{a_, region_}, of_b_{b_, region_};
  std::function<void()> before_verifying_ = [] {};
  projection::Projection followed_{
      {.store = &store_,
       .catalog = &catalog_,
       .observer = &log_,
       .algorithms = {},
       .before_verifying = [this](const store::CertificateKey&) {
         before_verifying_();
       }}};
};

// L5, the reviewed version: whoever gave 64 lists kept everybody's withdrawals
// for more than a second.
TEST_F(CrlLanesTest, WhileListsAreVerifiedOthersTrustIsTakenAndGiven) {
  const TestCertificate second = MakeCertificate(CaSpec("second"), nullptr);
  const store::CrlRow lists = Crls(a_, ca_, Lists(1));
  store::CaRow own = Ca(a_, ca_), others = Ca(b_, ca_);
  Put(own);
  Put(others);
  ASSERT_TRUE(followed_.CatchUp().ok());

  std::promise<void> is_begun, may_go_on;
  bool is_first = true;
  before_verifying_ = [&] {
    if (!std::exchange(is_first, false)) return;
    is_begun.set_value();
    may_go_on.get_future().wait();
  };
  Put(lists);
  std::thread verifier([&] { EXPECT_TRUE(followed_.CatchUp(of_a_, {}).ok()); });
  is_begun.get_future().wait();

  others.status = CaStatus::kInactive;
  Put(others);
  EXPECT_TRUE(followed_.CatchUp(of_b_, {}).ok());
  EXPECT_EQ(StatusOf(others), CaStatus::kInactive);
  others.status = CaStatus::kActive;
  Put(others);
  EXPECT_TRUE(followed_.CatchUp(of_b_, {}).ok());
  EXPECT_EQ(StatusOf(others), CaStatus::kActive);

  // Of the account itself: what takes does not wait either, what gives does.
  own.status = CaStatus::kInactive;
  const store::CaRow later = Ca(a_, second);
  Put(own);
  Put(later);
  Put(Name(a_, "later.example"));
  EXPECT_TRUE(followed_.CatchUp(of_b_, {}).ok());
  EXPECT_EQ(StatusOf(own), CaStatus::kInactive);
  EXPECT_EQ(StatusOf(later), std::nullopt);
  EXPECT_EQ(ShownLists(lists), 0u);

  may_go_on.set_value();
  verifier.join();
  EXPECT_EQ(ShownLists(lists), 1u);
  EXPECT_TRUE(followed_.CatchUp(of_a_, {}).ok());
  EXPECT_EQ(StatusOf(later), CaStatus::kActive);
  EXPECT_EQ(Shown(), Stored());
}

// Whoever follows by one thread looks after the others between two lists.
TEST_F(CrlLanesTest, BetweenTwoListsOthersAreLookedAfter) {
  store::CaRow others = Ca(b_, ca_);
  Put(others);
  ASSERT_TRUE(followed_.CatchUp().ok());
  int lists = 0;
  before_verifying_ = [&] {
    if (++lists == 1) {
      others.status = CaStatus::kInactive;
      Put(others);
    } else if (lists == 2) {
      EXPECT_EQ(StatusOf(others), CaStatus::kInactive);
    }
  };
  Put(Crls(a_, ca_, Lists(3)));
  ASSERT_TRUE(followed_.CatchUp().ok());
  EXPECT_GE(lists, 3);
  EXPECT_EQ(Shown(), Stored());
}

// Who is told meanwhile may call back, and does not wait for himself.
TEST_F(CrlLanesTest, AnObserverMayCatchUp) {
  store::CaRow others = Ca(b_, ca_);
  Put(others);
  ASSERT_TRUE(followed_.CatchUp().ok());
  log_.Take();
  int told = 0;
  log_.OnEvent([&] {
    ++told;
    EXPECT_TRUE(followed_.CatchUp(of_a_, {}).ok());
    EXPECT_TRUE(followed_.CatchUp().ok());
  });
  bool is_first = true;
  before_verifying_ = [&] {
    if (!std::exchange(is_first, false)) return;
    others.status = CaStatus::kInactive;
    Put(others);
  };
  Put(Crls(a_, ca_, Lists(2)));
  ASSERT_TRUE(followed_.CatchUp().ok());
  EXPECT_EQ(told, 1);
  EXPECT_EQ(Shown(), Stored());
}

// H4: what a command has verified, or what is shown, is taken as it is.
TEST_F(CrlLanesTest, AListIsVerifiedOnce) {
  const auto record = *catalog::CaRecord::Make(ca_.der);
  const std::vector<std::string> lists = Lists(3);
  const auto verified =
      *registry::LoadCrls({lists[0], lists[1]}, *record, AlgorithmPolicy());
  const store::CrlRow row = Crls(a_, ca_, {lists[0], lists[1]});
  Put(row);
  ASSERT_TRUE(followed_.CatchUp(of_a_, verified).ok());
  const auto shown = [&] {
    return catalog_.FindCrls(a_, region_, store::CaOf(row.key));
  };
  EXPECT_EQ(shown(), verified);
  Put(Crls(a_, ca_, {lists[2], lists[1]}));
  ASSERT_TRUE(followed_.CatchUp(of_a_, {}).ok());
  ASSERT_EQ(shown().size(), 2u);
  EXPECT_EQ(shown()[1], verified[1]);
}

// A change that comes while lists are verified is not lost, nor is an older
// state shown after a later one.
TEST_F(CrlLanesTest, AChangeWhileListsAreVerifiedIsShownToo) {
  const store::CrlRow none = Crls(a_, ca_, {});
  bool is_first = true;
  before_verifying_ = [&] {
    if (!std::exchange(is_first, false)) return;
    Put(none);
  };
  Put(Crls(a_, ca_, Lists(2)));
  ASSERT_TRUE(followed_.CatchUp().ok());
  ASSERT_TRUE(followed_.CatchUp().ok());
  EXPECT_EQ(ShownLists(none), 0u);
  is_first = true;
  before_verifying_ = [&] {
    if (!std::exchange(is_first, false)) return;
    Put(Crls(a_, ca_, Lists(3)));
  };
  Put(Crls(a_, ca_, Lists(2)));
  store_.Forget();
  ASSERT_TRUE(followed_.CatchUp().ok());
  ASSERT_TRUE(followed_.CatchUp().ok());
  EXPECT_EQ(ShownLists(none), 3u);
  EXPECT_EQ(Shown(), Stored());
}

}  // namespace
}  // namespace chainkeep::test
