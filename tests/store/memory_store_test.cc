#include "engine/store/memory_store.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "gtest/gtest.h"

namespace chainkeep::store {
namespace {

using ::testing::Test;

Tenant TenantOf(std::string_view account, std::string_view region) {
  return {*Account::Parse(account), *Region::Parse(region)};
}

CertificateId IdOf(char digit) {
  return *CertificateId::Parse(std::string(64, digit));
}

CaRow RowOf(const Tenant& tenant, char digit, Mode mode) {
  CaRow row;
  row.key = {tenant, IdOf(digit)};
  row.mode = mode;
  row.der = absl::StrCat("der ", std::string(1, digit));
  row.subject = absl::StrCat("subject ", std::string(1, digit));
  row.subject_hash = 7;
  row.creation_date = 100;
  row.last_modified_date = 100;
  row.generation_id = "g1";
  return row;
}

EndpointRow EndpointOf(const Tenant& tenant, std::string_view name) {
  EndpointRow row;
  row.endpoint.host_name = name;
  row.endpoint.account = tenant.account;
  row.endpoint.region = tenant.region;
  return row;
}

// The subjects of the CAs with that hash, oldest first.
std::vector<std::string> SubjectsOf(const RegistryView& view,
                                    const Tenant& tenant, uint64_t hash) {
  std::vector<std::string> subjects;
  for (const CaRow& row : view.FindCasBySubject(tenant, hash)) {
    subjects.push_back(row.subject);
  }
  return subjects;
}

// Runs `change` in a transaction that must succeed.
template <typename Change>
void Commit(MemoryStore& store, Change change) {
  ASSERT_TRUE(store
                  .Transact([&](Transaction& t) {
                    change(t);
                    return absl::OkStatus();
                  })
                  .ok());
}

// Looks with `query`.
template <typename Query>
void Look(const MemoryStore& store, Query query) {
  ASSERT_TRUE(store
                  .Read([&](const RegistryView& view) {
                    query(view);
                    return absl::OkStatus();
                  })
                  .ok());
}

class MemoryStoreTest : public Test {
 protected:
  const Tenant a_ = TenantOf("a", "r1");
  const Tenant b_ = TenantOf("b", "r1");
  const Tenant a_elsewhere_ = TenantOf("a", "r2");
  MemoryStore store_;
};

TEST_F(MemoryStoreTest, BeginsEmpty) {
  Look(store_, [&](const RegistryView& view) {
    EXPECT_FALSE(view.FindCa({a_, IdOf('1')}).has_value());
    EXPECT_FALSE(view.FindDefaultHolder(a_.region, IdOf('1')).has_value());
    EXPECT_TRUE(SubjectsOf(view, a_, 7).empty());
    EXPECT_FALSE(view.FindRegistrationCode(a_).has_value());
    EXPECT_FALSE(view.FindEndpoint(a_.region, "h").has_value());
  });
}

TEST_F(MemoryStoreTest, GivesBackWholeRows) {
  CaRow row = RowOf(a_, '1', Mode::kSniOnly);
  row.status = CaStatus::kActive;
  row.auto_registration = true;
  row.not_before = -5;
  row.not_after = 5;
  row.customer_version = 3;
  Commit(store_, [&](Transaction& t) { t.PutCa(row); });
  Look(store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.FindCa(row.key), row);
    EXPECT_FALSE(view.FindCa({b_, IdOf('1')}).has_value());
    EXPECT_FALSE(view.FindCa({a_elsewhere_, IdOf('1')}).has_value());
    EXPECT_FALSE(view.FindCa({a_, IdOf('2')}).has_value());
  });
}

TEST_F(MemoryStoreTest, KnowsTheDefaultHolderOfEachRegion) {
  Commit(store_, [&](Transaction& t) {
    t.PutCa(RowOf(a_, '1', Mode::kDefault));
    t.PutCa(RowOf(b_, '1', Mode::kSniOnly));
    t.PutCa(RowOf(TenantOf("b", "r2"), '1', Mode::kDefault));
  });
  Look(store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.FindDefaultHolder(a_.region, IdOf('1')), a_.account);
    EXPECT_EQ(view.FindDefaultHolder(a_elsewhere_.region, IdOf('1')),
              b_.account);
    EXPECT_FALSE(view.FindDefaultHolder(a_.region, IdOf('2')).has_value());
  });
  Commit(store_, [&](Transaction& t) { t.DeleteCa({a_, IdOf('1')}); });
  Look(store_, [&](const RegistryView& view) {
    EXPECT_FALSE(view.FindDefaultHolder(a_.region, IdOf('1')).has_value());
    EXPECT_TRUE(
        view.FindDefaultHolder(a_elsewhere_.region, IdOf('1')).has_value());
  });
}

TEST_F(MemoryStoreTest, DeletingAnSniOnlyRowKeepsTheDefaultHolder) {
  Commit(store_, [&](Transaction& t) {
    t.PutCa(RowOf(a_, '1', Mode::kDefault));
    t.PutCa(RowOf(b_, '1', Mode::kSniOnly));
  });
  Commit(store_, [&](Transaction& t) { t.DeleteCa({b_, IdOf('1')}); });
  Look(store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.FindDefaultHolder(a_.region, IdOf('1')), a_.account);
  });
}

TEST_F(MemoryStoreTest, IndexesFollowAReplacedRow) {
  Commit(store_,
         [&](Transaction& t) { t.PutCa(RowOf(a_, '1', Mode::kDefault)); });
  CaRow other = RowOf(a_, '1', Mode::kSniOnly);
  other.subject_hash = 8;
  Commit(store_, [&](Transaction& t) { t.PutCa(other); });
  Look(store_, [&](const RegistryView& view) {
    EXPECT_FALSE(view.FindDefaultHolder(a_.region, IdOf('1')).has_value());
    EXPECT_TRUE(SubjectsOf(view, a_, 7).empty());
    EXPECT_EQ(SubjectsOf(view, a_, 8), std::vector<std::string>{"subject 1"});
  });
}

TEST_F(MemoryStoreTest, FindsSubjectsByTenantAndHash) {
  CaRow other_hash = RowOf(a_, '3', Mode::kSniOnly);
  other_hash.subject_hash = 8;
  Commit(store_, [&](Transaction& t) {
    t.PutCa(RowOf(a_, '1', Mode::kSniOnly));
    t.PutCa(RowOf(a_, '2', Mode::kDefault));
    t.PutCa(other_hash);
    t.PutCa(RowOf(b_, '4', Mode::kSniOnly));
    t.PutCa(RowOf(a_elsewhere_, '5', Mode::kSniOnly));
  });
  Look(store_, [&](const RegistryView& view) {
    EXPECT_EQ(SubjectsOf(view, a_, 7),
              (std::vector<std::string>{"subject 1", "subject 2"}));
    EXPECT_EQ(SubjectsOf(view, b_, 7), std::vector<std::string>{"subject 4"});
    EXPECT_TRUE(SubjectsOf(view, b_, 8).empty());
  });
  Commit(store_, [&](Transaction& t) { t.DeleteCa({a_, IdOf('1')}); });
  Look(store_, [&](const RegistryView& view) {
    EXPECT_EQ(SubjectsOf(view, a_, 7), std::vector<std::string>{"subject 2"});
  });
}

TEST_F(MemoryStoreTest, SubjectSeedIsTheStoresOwn) {
  MemoryStore other;
  uint64_t seed = 0;
  uint64_t other_seed = 0;
  Look(store_, [&](const RegistryView& v) { seed = v.subject_seed(); });
  Look(other, [&](const RegistryView& v) { other_seed = v.subject_seed(); });
  EXPECT_NE(seed, other_seed);
  Look(store_,
       [&](const RegistryView& v) { EXPECT_EQ(v.subject_seed(), seed); });
}

TEST_F(MemoryStoreTest, KeepsCodesByTenant) {
  Commit(store_, [&](Transaction& t) {
    t.PutRegistrationCode(a_, "code a");
    t.PutRegistrationCode(b_, "code b");
    t.PutRegistrationCode(a_, "code a2");
  });
  Look(store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.FindRegistrationCode(a_), "code a2");
    EXPECT_EQ(view.FindRegistrationCode(b_), "code b");
    EXPECT_FALSE(view.FindRegistrationCode(a_elsewhere_).has_value());
  });
  Commit(store_, [&](Transaction& t) { t.DeleteRegistrationCode(a_); });
  Look(store_, [&](const RegistryView& view) {
    EXPECT_FALSE(view.FindRegistrationCode(a_).has_value());
    EXPECT_EQ(view.FindRegistrationCode(b_), "code b");
  });
}

TEST_F(MemoryStoreTest, KeepsEndpointsByRegionAndName) {
  EndpointRow endpoint = EndpointOf(a_, "h.example");
  endpoint.endpoint.service = EndpointService::kJobs;
  endpoint.endpoint.status = EndpointStatus::kDisabled;
  endpoint.creation_date = 5;
  const EndpointRow elsewhere = EndpointOf(TenantOf("b", "r2"), "h.example");
  Commit(store_, [&](Transaction& t) {
    t.PutEndpoint(endpoint);
    t.PutEndpoint(elsewhere);
  });
  Look(store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.FindEndpoint(a_.region, "h.example"), endpoint);
    EXPECT_EQ(view.FindEndpoint(elsewhere.endpoint.region, "h.example"),
              elsewhere);
    EXPECT_FALSE(view.FindEndpoint(a_.region, "other").has_value());
  });
  Commit(store_,
         [&](Transaction& t) { t.DeleteEndpoint(a_.region, "h.example"); });
  Look(store_, [&](const RegistryView& view) {
    EXPECT_FALSE(view.FindEndpoint(a_.region, "h.example").has_value());
    EXPECT_TRUE(
        view.FindEndpoint(elsewhere.endpoint.region, "h.example").has_value());
  });
}

TEST_F(MemoryStoreTest, KnowsWhatOthersHaveBelowAName) {
  const auto others = [&](const Tenant& tenant, std::string_view parent) {
    bool found = false;
    Look(store_, [&](const RegistryView& view) {
      found = view.OthersHaveEndpointsBelow(tenant, parent);
    });
    return found;
  };
  const Tenant other = TenantOf("b", std::string(a_.region.text()));
  const Tenant elsewhere = TenantOf("b", "r9");
  EXPECT_FALSE(others(a_, "example"));
  Commit(store_, [&](Transaction& t) {
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
  Commit(store_, [&](Transaction& t) {
    t.PutEndpoint(EndpointOf(other, "z.example"));
  });
  EXPECT_TRUE(others(a_, "example"));
  // A name may change hands; two of the first two go.
  Commit(store_, [&](Transaction& t) {
    t.PutEndpoint(EndpointOf(a_, "z.example"));
    t.DeleteEndpoint(a_.region, "x.example");
    t.DeleteEndpoint(a_.region, "y.example");
  });
  EXPECT_FALSE(others(a_, "example"));
  EXPECT_TRUE(others(other, "example"));
  // What is refused has not happened.
  const absl::Status refused = store_.Transact([&](Transaction& t) {
    t.DeleteEndpoint(a_.region, "z.example");
    t.PutEndpoint(EndpointOf(other, "z.example"));
    t.PutEndpoint(EndpointOf(other, "w.example"));
    return MakeError(ErrorCode::kCertificateState, "refused");
  });
  EXPECT_EQ(ErrorCodeOf(refused), ErrorCode::kCertificateState);
  EXPECT_FALSE(others(a_, "example"));
  EXPECT_TRUE(others(other, "example"));
  Commit(store_,
         [&](Transaction& t) { t.DeleteEndpoint(a_.region, "z.example"); });
  EXPECT_FALSE(others(other, "example"));
}

TEST_F(MemoryStoreTest, ATransactionReadsWhatItWrote) {
  Commit(store_, [&](Transaction& t) {
    t.PutRegistrationCode(a_, "code");
    EXPECT_EQ(t.FindRegistrationCode(a_), "code");
    t.PutCa(RowOf(a_, '1', Mode::kDefault));
    EXPECT_EQ(t.FindDefaultHolder(a_.region, IdOf('1')), a_.account);
    t.DeleteCa({a_, IdOf('1')});
    EXPECT_FALSE(t.FindCa({a_, IdOf('1')}).has_value());
  });
}

TEST_F(MemoryStoreTest, ARefusedTransactionHasNotHappened) {
  const CaRow kept = RowOf(a_, '1', Mode::kDefault);
  const EndpointRow endpoint = EndpointOf(a_, "kept.example");
  Commit(store_, [&](Transaction& t) {
    t.PutCa(kept);
    t.PutRegistrationCode(a_, "kept");
    t.PutEndpoint(endpoint);
  });
  const absl::Status status = store_.Transact([&](Transaction& t) {
    // Everything that can be done, some of it more than once.
    CaRow changed = RowOf(a_, '1', Mode::kSniOnly);
    changed.subject_hash = 8;
    t.PutCa(changed);
    t.PutCa(RowOf(b_, '1', Mode::kDefault));
    t.DeleteCa({b_, IdOf('1')});
    t.DeleteCa(kept.key);
    t.PutCa(RowOf(a_, '2', Mode::kDefault));
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
  Look(store_, [&](const RegistryView& view) {
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

TEST_F(MemoryStoreTest, ASecondDefaultRowEndsTheTransaction) {
  Commit(store_,
         [&](Transaction& t) { t.PutCa(RowOf(a_, '1', Mode::kDefault)); });
  const absl::Status status = store_.Transact([&](Transaction& t) {
    t.PutRegistrationCode(b_, "code");
    t.PutCa(RowOf(b_, '1', Mode::kDefault));
    return absl::OkStatus();
  });
  EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kInternalFailure);
  Look(store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.FindDefaultHolder(a_.region, IdOf('1')), a_.account);
    EXPECT_FALSE(view.FindCa({b_, IdOf('1')}).has_value());
    EXPECT_FALSE(view.FindRegistrationCode(b_).has_value());
  });
}

TEST_F(MemoryStoreTest, DeletingWhatIsNotThereIsNothing) {
  Commit(store_, [&](Transaction& t) {
    t.DeleteCa({a_, IdOf('1')});
    t.DeleteRegistrationCode(a_);
    t.DeleteEndpoint(a_.region, "h");
  });
}

TEST_F(MemoryStoreTest, ReadReturnsWhatTheQueryReturns) {
  const absl::Status status = store_.Read([](const RegistryView&) {
    return MakeError(ErrorCode::kResourceNotFound, "no such thing");
  });
  EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kResourceNotFound);
}

// Two records that are always written together are never seen apart.
TEST_F(MemoryStoreTest, NobodySeesHalfOfATransaction) {
  constexpr int kRounds = 2000;
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; i < kRounds; ++i) {
      const absl::Status status = store_.Transact([&](Transaction& t) {
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
        Look(store_, [&](const RegistryView& view) {
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
