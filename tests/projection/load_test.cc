// Starting from a store that holds something.

#include "engine/projection/load.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/sni/host_name.h"
#include "engine/x509/certificate.h"
#include "tests/projection/projection_fixture.h"
#include "tests/sni/resolved.h"
#include "tests/support/test_crls.h"

namespace chainkeep::test {
namespace {

using store::CaRow;
using store::Transaction;

class LoadTest : public ProjectionFixture {
 protected:
  void Load(unsigned threads) {
    LoadOptions options;
    options.threads = threads;
    const absl::Status status = projection_.Load(options);
    ASSERT_TRUE(status.ok()) << status;
  }
};

TEST_F(LoadTest, ShowsAllKindsAndTellsNothing) {
  CaRow automatic = Ca(a_, ca_, Mode::kDefault);
  automatic.auto_registration = true;
  Put(automatic);
  Put(Ca(b_, ca_, Mode::kSniOnly, CaStatus::kInactive));
  Put(Device(a_, device_, DeviceStatus::kRevoked, Mode::kDefault));
  Put(Name(b_, "h.example"));
  Commit([&](Transaction& t) {
    t.PutCrls(Crls(a_, ca_, {MakeCrl({}, ca_)}));
    return absl::OkStatus();
  });
  Load(2);
  EXPECT_EQ(Shown(), Stored());
  EXPECT_EQ(Shown().size(), 5u);
  EXPECT_EQ(catalog_.records(), 1u);
  EXPECT_TRUE(log_.Take().empty());
  // What comes after is followed, and what was loaded is not done again.
  Delete(Ca(b_, ca_));
  CatchUp();
  EXPECT_EQ(Shown(), Stored());
  EXPECT_TRUE(log_.Take().empty());
}

TEST_F(LoadTest, AnEmptyStoreShowsNothing) {
  Load(3);
  EXPECT_TRUE(Shown().empty());
}

TEST_F(LoadTest, ADamagedRecordIsToldAndTheRestIsLoaded) {
  CaRow damaged = Ca(a_, ca_);
  damaged.der[20] ^= 1;
  Put(damaged);
  Put(Ca(b_, MakeCertificate(CaSpec("other"), nullptr)));
  Put(Name(b_, "h.example"));
  Put(Name(a_, "not a name"));
  Load(2);
  EXPECT_EQ(catalog_.registrations(), 1u);
  EXPECT_EQ(catalog_.endpoints().size(), 1u);
  EXPECT_EQ(log_.Take(), (std::vector<std::string>{"skipped a", "skipped a"}));
}

TEST_F(LoadTest, ProgressIsTold) {
  for (int i = 0; i < 3; ++i) {
    Put(Ca(a_, MakeCertificate(CaSpec(absl::StrCat("CA ", i)), nullptr)));
  }
  LoadOptions options;
  int64_t done = 0;
  int64_t total = 0;
  options.progress = [&](int64_t now_done, int64_t now_total) {
    EXPECT_GE(now_done, done);
    EXPECT_GE(now_total, total);
    EXPECT_LE(now_done, now_total);
    done = now_done;
    total = now_total;
  };
  ASSERT_TRUE(projection_.Load(options).ok());
  EXPECT_EQ(done, 3);
  EXPECT_EQ(total, 3);
}

// A million tenants are not a million lines on a terminal: told once for 8192
// records read, once for 8192 shown, and of the end.
TEST_F(LoadTest, ProgressIsToldNowAndThen) {
  constexpr int kTenants = 8192 + 100;
  Commit([&](Transaction& t) {
    for (int i = 0; i < kTenants; ++i) {
      t.PutCa(Ca(*Account::Parse(absl::StrCat("tenant-", i)), ca_));
    }
    return absl::OkStatus();
  });
  LoadOptions options;
  options.threads = 2;
  std::vector<std::string> told;
  options.progress = [&](int64_t done, int64_t total) {
    told.push_back(absl::StrCat(done, " of ", total));
  };
  ASSERT_TRUE(projection_.Load(options).ok());
  EXPECT_EQ(told, (std::vector<std::string>{"0 of 8192", "8192 of 8292",
                                            "8292 of 8292"}));
}

TEST_F(LoadTest, NothingToLoadIsNothingToTell) {
  LoadOptions options;
  options.progress = [](int64_t, int64_t) { ADD_FAILURE(); };
  ASSERT_TRUE(projection_.Load(options).ok());
}

// Who registered first is found first, however many threads load: fifty CAs of
// one name in one tenant (which no registry would allow: a store may hold what
// an older one did), and fifty of mode DEFAULT of as many accounts.
TEST_F(LoadTest, OlderRegistrationsComeFirst) {
  constexpr int kCas = 50;
  std::vector<CertificateId> default_ids;
  std::vector<CertificateId> own_ids;
  for (int i = 0; i < kCas; ++i) {
    const TestCertificate own = MakeCertificate(CaSpec("same name"), nullptr);
    const TestCertificate shared =
        MakeCertificate(CaSpec("same name"), nullptr);
    CaRow row = Ca(a_, own);
    row.creation_date = i;
    Put(row);
    own_ids.push_back(row.key.id);
    row =
        Ca(*Account::Parse(absl::StrCat("other-", i)), shared, Mode::kDefault);
    row.creation_date = i;
    Put(row);
    default_ids.push_back(row.key.id);
  }
  Put(Name(a_, "a.example"));
  Load(4);

  const TestCertificate named = MakeCertificate(CaSpec("same name"), nullptr);
  const auto issuer = x509::Certificate::Parse(named.bytes());
  ASSERT_TRUE(issuer.ok());
  const auto ids = [&](const path::AnchorSource& view) {
    std::vector<path::Anchor> anchors(kCas);
    const size_t count = view.FindIssuers(issuer->subject(), {}, anchors);
    std::vector<CertificateId> found;
    for (size_t i = 0; i < count; ++i) found.push_back(anchors[i].ca->id);
    return found;
  };
  const catalog::Catalog::Pin pin = catalog_.Acquire();
  EXPECT_EQ(ids(pin.View(region_)), default_ids);
  const Resolved name =
      Resolve(catalog_, region_, *sni::HostName::Parse("a.example"));
  EXPECT_EQ(ids(pin.View(*name.tenant)), own_ids);
}

}  // namespace
}  // namespace chainkeep::test
