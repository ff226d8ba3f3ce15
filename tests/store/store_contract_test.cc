// What every store answers, and what it does with what it is told.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/store/registry_store.h"
#include "gtest/gtest.h"
#include "tests/store/every_store.h"
#include "tests/store/store_fixture.h"

namespace chainkeep::store {
namespace {

using StoreContractTest = EveryStoreTest;

INSTANTIATE_TEST_SUITE_P(All, StoreContractTest, kEveryStore, StoreKindName);

// The subjects of the CAs with that hash, oldest first.
std::vector<std::string> SubjectsOf(const RegistryView& view,
                                    const Tenant& tenant, uint64_t hash) {
  std::vector<std::string> subjects;
  for (const CaRow& row : view.FindCasBySubject(tenant, hash)) {
    subjects.push_back(row.subject);
  }
  return subjects;
}

TEST_P(StoreContractTest, BeginsEmpty) {
  See(*store_, [&](const RegistryView& view) {
    EXPECT_FALSE(view.FindCa({a_, IdOf('1')}).has_value());
    EXPECT_FALSE(view.FindDefaultHolder(a_.region, IdOf('1')).has_value());
    EXPECT_TRUE(SubjectsOf(view, a_, 7).empty());
    EXPECT_FALSE(view.FindRegistrationCode(a_).has_value());
    EXPECT_FALSE(view.FindEndpoint(a_.region, "h").has_value());
  });
}

TEST_P(StoreContractTest, GivesBackWholeRows) {
  CaRow row = CaOf(a_, '1', Mode::kSniOnly);
  row.status = CaStatus::kActive;
  row.auto_registration = true;
  row.not_before = -5;
  row.not_after = 5;
  row.customer_version = 3;
  Commit([&](Transaction& t) { t.PutCa(row); });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.FindCa(row.key), row);
    EXPECT_FALSE(view.FindCa({b_, IdOf('1')}).has_value());
    EXPECT_FALSE(view.FindCa({a_elsewhere_, IdOf('1')}).has_value());
    EXPECT_FALSE(view.FindCa({a_, IdOf('2')}).has_value());
  });
}

TEST_P(StoreContractTest, KnowsTheDefaultHolderOfEachRegion) {
  Commit([&](Transaction& t) {
    t.PutCa(CaOf(a_, '1', Mode::kDefault));
    t.PutCa(CaOf(b_, '1', Mode::kSniOnly));
    t.PutCa(CaOf(TenantOf("b", "r2"), '1', Mode::kDefault));
  });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.FindDefaultHolder(a_.region, IdOf('1')), a_.account);
    EXPECT_EQ(view.FindDefaultHolder(a_elsewhere_.region, IdOf('1')),
              b_.account);
    EXPECT_FALSE(view.FindDefaultHolder(a_.region, IdOf('2')).has_value());
  });
  Commit([&](Transaction& t) { t.DeleteCa({a_, IdOf('1')}); });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_FALSE(view.FindDefaultHolder(a_.region, IdOf('1')).has_value());
    EXPECT_TRUE(
        view.FindDefaultHolder(a_elsewhere_.region, IdOf('1')).has_value());
  });
}

TEST_P(StoreContractTest, DeletingAnSniOnlyRowKeepsTheDefaultHolder) {
  Commit([&](Transaction& t) {
    t.PutCa(CaOf(a_, '1', Mode::kDefault));
    t.PutCa(CaOf(b_, '1', Mode::kSniOnly));
  });
  Commit([&](Transaction& t) { t.DeleteCa({b_, IdOf('1')}); });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.FindDefaultHolder(a_.region, IdOf('1')), a_.account);
  });
}

TEST_P(StoreContractTest, IndexesFollowAReplacedRow) {
  Commit([&](Transaction& t) { t.PutCa(CaOf(a_, '1', Mode::kDefault)); });
  CaRow other = CaOf(a_, '1', Mode::kSniOnly);
  other.subject_hash = 8;
  Commit([&](Transaction& t) { t.PutCa(other); });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_FALSE(view.FindDefaultHolder(a_.region, IdOf('1')).has_value());
    EXPECT_TRUE(SubjectsOf(view, a_, 7).empty());
    EXPECT_EQ(SubjectsOf(view, a_, 8), std::vector<std::string>{"subject 1"});
  });
}

TEST_P(StoreContractTest, FindsSubjectsByTenantAndHash) {
  CaRow other_hash = CaOf(a_, '3', Mode::kSniOnly);
  other_hash.subject_hash = 8;
  Commit([&](Transaction& t) {
    t.PutCa(CaOf(a_, '1', Mode::kSniOnly));
    t.PutCa(CaOf(a_, '2', Mode::kDefault));
    t.PutCa(other_hash);
    t.PutCa(CaOf(b_, '4', Mode::kSniOnly));
    t.PutCa(CaOf(a_elsewhere_, '5', Mode::kSniOnly));
  });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_EQ(SubjectsOf(view, a_, 7),
              (std::vector<std::string>{"subject 1", "subject 2"}));
    EXPECT_EQ(SubjectsOf(view, b_, 7), std::vector<std::string>{"subject 4"});
    EXPECT_TRUE(SubjectsOf(view, b_, 8).empty());
  });
  Commit([&](Transaction& t) { t.DeleteCa({a_, IdOf('1')}); });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_EQ(SubjectsOf(view, a_, 7), std::vector<std::string>{"subject 2"});
  });
}

TEST_P(StoreContractTest, SubjectSeedIsTheStoresOwn) {
  const std::unique_ptr<RegistryStore> other = NewStore();
  uint64_t seed = 0;
  uint64_t other_seed = 0;
  See(*store_, [&](const RegistryView& v) { seed = v.subject_seed(); });
  See(*other, [&](const RegistryView& v) { other_seed = v.subject_seed(); });
  EXPECT_NE(seed, other_seed);
  See(*store_,
      [&](const RegistryView& v) { EXPECT_EQ(v.subject_seed(), seed); });
}

TEST_P(StoreContractTest, KeepsCodesByTenant) {
  Commit([&](Transaction& t) {
    t.PutRegistrationCode(a_, "code a");
    t.PutRegistrationCode(b_, "code b");
    t.PutRegistrationCode(a_, "code a2");
  });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.FindRegistrationCode(a_), "code a2");
    EXPECT_EQ(view.FindRegistrationCode(b_), "code b");
    EXPECT_FALSE(view.FindRegistrationCode(a_elsewhere_).has_value());
  });
  Commit([&](Transaction& t) { t.DeleteRegistrationCode(a_); });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_FALSE(view.FindRegistrationCode(a_).has_value());
    EXPECT_EQ(view.FindRegistrationCode(b_), "code b");
  });
}

TEST_P(StoreContractTest, KeepsEndpointsByRegionAndName) {
  EndpointRow endpoint = EndpointOf(a_, "h.example");
  endpoint.endpoint.service = EndpointService::kJobs;
  endpoint.endpoint.status = EndpointStatus::kDisabled;
  endpoint.creation_date = 5;
  const EndpointRow elsewhere = EndpointOf(TenantOf("b", "r2"), "h.example");
  Commit([&](Transaction& t) {
    t.PutEndpoint(endpoint);
    t.PutEndpoint(elsewhere);
  });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.FindEndpoint(a_.region, "h.example"), endpoint);
    EXPECT_EQ(view.FindEndpoint(elsewhere.endpoint.region, "h.example"),
              elsewhere);
    EXPECT_FALSE(view.FindEndpoint(a_.region, "other").has_value());
  });
  Commit([&](Transaction& t) { t.DeleteEndpoint(a_.region, "h.example"); });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_FALSE(view.FindEndpoint(a_.region, "h.example").has_value());
    EXPECT_TRUE(
        view.FindEndpoint(elsewhere.endpoint.region, "h.example").has_value());
  });
}

TEST_P(StoreContractTest, KnowsWhatOthersHaveBelowAName) {
  const auto others = [&](const Tenant& tenant, std::string_view parent) {
    bool found = false;
    See(*store_, [&](const RegistryView& view) {
      found = view.OthersHaveEndpointsBelow(tenant, parent);
    });
    return found;
  };
  const Tenant other = TenantOf("b", std::string(a_.region.text()));
  const Tenant elsewhere = TenantOf("b", "r9");
  EXPECT_FALSE(others(a_, "example"));
  Commit([&](Transaction& t) {
    t.PutEndpoint(EndpointOf(a_, "x.example"));
    t.PutEndpoint(EndpointOf(a_, "y.example"));
    t.PutEndpoint(EndpointOf(a_, "y.example"));
    t.PutEndpoint(EndpointOf(elsewhere, "z.example"));
    t.PutEndpoint(EndpointOf(other, "a.b.example"));
    t.PutEndpoint(EndpointOf(other, "example"));
  });
  EXPECT_FALSE(others(a_, "example"));
  EXPECT_TRUE(others(other, "example"));
  EXPECT_TRUE(others(a_, "b.example"));
  EXPECT_FALSE(others(elsewhere, "b.example"));
  Commit(
      [&](Transaction& t) { t.PutEndpoint(EndpointOf(other, "z.example")); });
  EXPECT_TRUE(others(a_, "example"));
  // A name may change hands; two of the first two go.
  Commit([&](Transaction& t) {
    t.PutEndpoint(EndpointOf(a_, "z.example"));
    t.DeleteEndpoint(a_.region, "x.example");
    t.DeleteEndpoint(a_.region, "y.example");
  });
  EXPECT_FALSE(others(a_, "example"));
  EXPECT_TRUE(others(other, "example"));
  // What is refused has not happened.
  const absl::Status refused = store_->Transact([&](Transaction& t) {
    t.DeleteEndpoint(a_.region, "z.example");
    t.PutEndpoint(EndpointOf(other, "z.example"));
    t.PutEndpoint(EndpointOf(other, "w.example"));
    return MakeError(ErrorCode::kCertificateState, "refused");
  });
  EXPECT_EQ(ErrorCodeOf(refused), ErrorCode::kCertificateState);
  EXPECT_FALSE(others(a_, "example"));
  EXPECT_TRUE(others(other, "example"));
  Commit([&](Transaction& t) { t.DeleteEndpoint(a_.region, "z.example"); });
  EXPECT_FALSE(others(other, "example"));
}

TEST_P(StoreContractTest, ATransactionReadsWhatItWrote) {
  Commit([&](Transaction& t) {
    t.PutRegistrationCode(a_, "code");
    EXPECT_EQ(t.FindRegistrationCode(a_), "code");
    t.PutCa(CaOf(a_, '1', Mode::kDefault));
    EXPECT_EQ(t.FindDefaultHolder(a_.region, IdOf('1')), a_.account);
    t.DeleteCa({a_, IdOf('1')});
    EXPECT_FALSE(t.FindCa({a_, IdOf('1')}).has_value());
  });
}

TEST_P(StoreContractTest, ARefusedTransactionHasNotHappened) {
  const CaRow kept = CaOf(a_, '1', Mode::kDefault);
  const EndpointRow endpoint = EndpointOf(a_, "kept.example");
  Commit([&](Transaction& t) {
    t.PutCa(kept);
    t.PutRegistrationCode(a_, "kept");
    t.PutEndpoint(endpoint);
  });
  const absl::Status status = store_->Transact([&](Transaction& t) {
    // Everything that can be done, some of it more than once.
    CaRow changed = CaOf(a_, '1', Mode::kSniOnly);
    changed.subject_hash = 8;
    t.PutCa(changed);
    t.PutCa(CaOf(b_, '1', Mode::kDefault));
    t.DeleteCa({b_, IdOf('1')});
    t.DeleteCa(kept.key);
    t.PutCa(CaOf(a_, '2', Mode::kDefault));
    t.PutRegistrationCode(a_, "changed");
    t.DeleteRegistrationCode(a_);
    t.PutRegistrationCode(b_, "new");
    t.DeleteEndpoint(a_.region, "kept.example");
    t.PutEndpoint(EndpointOf(b_, "kept.example"));
    t.PutEndpoint(EndpointOf(b_, "new.example"));
    return MakeError(ErrorCode::kCertificateState, "refused");
  });
  EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kCertificateState);
  EXPECT_EQ(status.message(), "refused");
  See(*store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.FindCa(kept.key), kept);
    EXPECT_EQ(view.FindDefaultHolder(a_.region, IdOf('1')), a_.account);
    EXPECT_EQ(SubjectsOf(view, a_, 7), std::vector<std::string>{"subject 1"});
    EXPECT_TRUE(SubjectsOf(view, a_, 8).empty());
    EXPECT_TRUE(SubjectsOf(view, b_, 7).empty());
    EXPECT_FALSE(view.FindCa({a_, IdOf('2')}).has_value());
    EXPECT_FALSE(view.FindDefaultHolder(a_.region, IdOf('2')).has_value());
    EXPECT_EQ(view.FindRegistrationCode(a_), "kept");
    EXPECT_FALSE(view.FindRegistrationCode(b_).has_value());
    EXPECT_EQ(view.FindEndpoint(a_.region, "kept.example"), endpoint);
    EXPECT_FALSE(view.FindEndpoint(a_.region, "new.example").has_value());
  });
}

TEST_P(StoreContractTest, ASecondDefaultRowEndsTheTransaction) {
  Commit([&](Transaction& t) { t.PutCa(CaOf(a_, '1', Mode::kDefault)); });
  const absl::Status status = store_->Transact([&](Transaction& t) {
    t.PutRegistrationCode(b_, "code");
    t.PutCa(CaOf(b_, '1', Mode::kDefault));
    return absl::OkStatus();
  });
  EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kInternalFailure);
  See(*store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.FindDefaultHolder(a_.region, IdOf('1')), a_.account);
    EXPECT_FALSE(view.FindCa({b_, IdOf('1')}).has_value());
    EXPECT_FALSE(view.FindRegistrationCode(b_).has_value());
  });
}

TEST_P(StoreContractTest, DeletingWhatIsNotThereIsNothing) {
  Commit([&](Transaction& t) {
    t.DeleteCa({a_, IdOf('1')});
    t.DeleteRegistrationCode(a_);
    t.DeleteEndpoint(a_.region, "h");
  });
}

TEST_P(StoreContractTest, ReadReturnsWhatTheQueryReturns) {
  const absl::Status status = store_->Read([](const RegistryView&) {
    return MakeError(ErrorCode::kResourceNotFound, "no such thing");
  });
  EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kResourceNotFound);
}

// Two records that are always written together are never seen apart.
TEST_P(StoreContractTest, NobodySeesHalfOfATransaction) {
  constexpr int kRounds = 2000;
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; i < kRounds; ++i) {
      const absl::Status status = store_->Transact([&](Transaction& t) {
        t.PutRegistrationCode(a_, absl::StrCat(i));
        t.PutRegistrationCode(b_, absl::StrCat(i));
        return i % 2 == 0 ? absl::OkStatus() : absl::AbortedError("odd");
      });
      EXPECT_EQ(status.ok(), i % 2 == 0);
    }
    done.store(true);
  });
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done.load()) {
        See(*store_, [&](const RegistryView& view) {
          const auto code = view.FindRegistrationCode(a_);
          EXPECT_EQ(code, view.FindRegistrationCode(b_));
          // Odd ones were undone.
          EXPECT_EQ((code.value_or("0").back() - '0') % 2, 0);
        });
      }
    });
  }
  writer.join();
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace chainkeep::store
