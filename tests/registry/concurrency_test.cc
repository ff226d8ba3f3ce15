// Rule R12, and what must hold after any interleaving of commands. Run it under
// ThreadSanitizer: bazel test --config=tsan //tests/registry:concurrency_test

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "tests/registry/registry_fixture.h"
#include "tests/registry/wrapped_store.h"

namespace chainkeep::test {
namespace {

constexpr int kThreads = 8;

TestCertificate MakeCa(std::string_view name) {
  return MakeCertificate(CaSpec(name), nullptr);
}

// Runs body(0) … body(kThreads - 1), each on a thread of its own, all let go at
// the same moment.
void InParallel(const std::function<void(int)>& body) {
  std::atomic<bool> go{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      while (!go.load()) std::this_thread::yield();
      body(i);
    });
  }
  go.store(true);
  for (std::thread& thread : threads) thread.join();
}

Account AccountNumber(int i) { return AccountOf(absl::StrCat("account-", i)); }

TEST_F(RegistryRules, R12_OneOfManyAccountsGetsTheDefaultSlot) {
  for (int round = 0; round < 100; ++round) {
    const TestCertificate ca = MakeCa(absl::StrCat("CA ", round));
    std::atomic<int> winner{-1};
    std::atomic<int> winners{0};
    InParallel([&](int i) {
      const absl::Status status = RegisterDefault(AccountNumber(i), r1_, ca);
      if (status.ok()) {
        winner.store(i);
        ++winners;
      } else {
        EXPECT_TRUE(HasCode(status, ErrorCode::kResourceAlreadyExists));
        EXPECT_FALSE(ResourceOf(status).has_value());
      }
    });
    ASSERT_EQ(winners.load(), 1);
    EXPECT_EQ(SeenWithoutName(r1_, ca), AccountNumber(winner.load()));
    EXPECT_EQ(events_.Take().size(), 2u);
  }
}

TEST_F(RegistryRules, R12_OneOfManyCommandsOfAnAccountRegisters) {
  for (int round = 0; round < 10; ++round) {
    const TestCertificate ca = MakeCa(absl::StrCat("CA ", round));
    std::atomic<int> winners{0};
    InParallel([&](int i) {
      const absl::Status status =
          Register(a_, r1_, ca, i % 2 == 0 ? Mode::kDefault : Mode::kSniOnly);
      if (status.ok()) {
        ++winners;
      } else {
        EXPECT_TRUE(HasCode(status, ErrorCode::kResourceAlreadyExists));
        EXPECT_TRUE(ResourceOf(status).has_value());
      }
    });
    EXPECT_EQ(winners.load(), 1);
    EXPECT_EQ(Described(a_, r1_, ca), ErrorCode::kOk);
  }
}

TEST_F(RegistryRules, R12_TheQuotaHoldsWhenManyRegister) {
  std::vector<TestCertificate> cas;
  for (int i = 0; i < 2 * kThreads; ++i) cas.push_back(MakeCa("one subject"));
  std::atomic<int> registered{0};
  InParallel([&](int i) {
    for (int j : {2 * i, 2 * i + 1}) {
      const absl::Status status = RegisterSniOnly(a_, r1_, cas[j]);
      if (status.ok()) {
        ++registered;
      } else {
        EXPECT_TRUE(HasCode(status, ErrorCode::kLimitExceeded));
      }
    }
  });
  EXPECT_EQ(registered.load(), 10);
  EXPECT_EQ(catalog_.registrations(), 10u);
}

TEST_F(RegistryRules, R12_EverybodyGetsTheSameCode) {
  std::vector<std::string> codes(kThreads);
  InParallel([&](int i) { codes[i] = CodeOf(a_, r1_); });
  for (const std::string& code : codes) EXPECT_EQ(code, codes[0]);
  EXPECT_EQ(codes[0].size(), 64u);
}

TEST_F(RegistryRules, R12_OneOfManyAccountsGetsTheHostName) {
  std::atomic<int> winners{0};
  InParallel([&](int i) {
    const absl::Status status = registry_->PutEndpoint(
        {.host_name = "h.example", .account = AccountNumber(i), .region = r1_});
    if (status.ok()) {
      ++winners;
    } else {
      EXPECT_TRUE(HasCode(status, ErrorCode::kResourceAlreadyExists));
    }
  });
  EXPECT_EQ(winners.load(), 1);
}

// SlowStore is a MemoryStore whose first transaction after Arm() is committed
// and then lingers until another one has begun, or half a second has passed.
class SlowStore final : public WrappedStore {
 public:
  void Arm() { armed_.store(true); }

  absl::Status Transact(const Command& command) override {
    const bool lingers = armed_.exchange(false);
    if (!lingers && lingering_.HasBeenNotified()) overtaken_.Notify();
    const absl::Status status = wrapped().Transact(command);
    if (lingers) {
      lingering_.Notify();
      overtaken_.WaitForNotificationWithTimeout(absl::Milliseconds(500));
    }
    return status;
  }

  void WaitUntilItLingers() { lingering_.WaitForNotification(); }

 private:
  std::atomic<bool> armed_{false};
  absl::Notification lingering_;
  absl::Notification overtaken_;
};

// Of two updates the catalog must show the one that was committed last, though
// the thread of the first is held up between committing and publishing.
TEST_F(RegistryRules, R12_PublishingFollowsTheOrderOfCommits) {
  const auto owned = std::make_shared<SlowStore>();
  SlowStore& store = *owned;
  const ProjectedRegistry registry(owned, &catalog_, &clock_, nullptr);
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(
      HasCode(registry
                  ->RegisterCaCertificate({.account = a_,
                                           .region = r1_,
                                           .ca_certificate = ToPem(ca.der),
                                           .certificate_mode = "SNI_ONLY"})
                  .status(),
              ErrorCode::kOk));
  const auto set_status = [&](std::string_view status) {
    EXPECT_TRUE(HasCode(
        registry->UpdateCaCertificate({.account = a_,
                                       .region = r1_,
                                       .ca_certificate_id = IdOf(ca).ToHex(),
                                       .new_status = status}),
        ErrorCode::kOk));
  };
  store.Arm();
  std::thread first([&] { set_status("ACTIVE"); });
  store.WaitUntilItLingers();
  set_status("INACTIVE");
  first.join();
  EXPECT_EQ(SeenByTenant(a_, r1_, ca), CaStatus::kInactive);
}

// Every thread registers, switches and removes the same few CAs, each in its
// own order. Whatever came of it, what the catalog shows is what is stored.
TEST_F(RegistryRules, R12_StoreAndCatalogAgreeAfterAnyInterleaving) {
  constexpr int kCas = 3;
  constexpr int kAccounts = 2;
  constexpr int kSteps = 60;
  std::vector<TestCertificate> cas;
  for (int i = 0; i < kCas; ++i) cas.push_back(MakeCa(absl::StrCat("CA ", i)));
  InParallel([&](int thread) {
    for (int step = 0; step < kSteps; ++step) {
      const int choice = step * (2 * thread + 1) + thread;
      const TestCertificate& ca = cas[choice % kCas];
      const Account account = AccountNumber(choice / kCas % kAccounts);
      switch (choice / 2 % 5) {
        case 0:
          RegisterDefault(account, r1_, ca).IgnoreError();
          break;
        case 1:
          RegisterSniOnly(account, r1_, ca).IgnoreError();
          break;
        case 2:
          SetStatus(account, r1_, ca, "ACTIVE").IgnoreError();
          break;
        case 3:
          SetStatus(account, r1_, ca, "INACTIVE").IgnoreError();
          break;
        case 4:
          Remove(account, r1_, ca).IgnoreError();
          break;
      }
    }
  });
  size_t stored = 0;
  for (const TestCertificate& ca : cas) {
    std::optional<Account> default_holder;
    for (int i = 0; i < kAccounts; ++i) {
      const Account account = AccountNumber(i);
      if (Described(account, r1_, ca) != ErrorCode::kOk) {
        EXPECT_FALSE(SeenByTenant(account, r1_, ca).has_value());
        continue;
      }
      ++stored;
      const CaDescription description = Describe(account, r1_, ca);
      EXPECT_EQ(SeenByTenant(account, r1_, ca), description.status);
      if (description.mode == Mode::kDefault) default_holder = account;
    }
    EXPECT_EQ(SeenWithoutName(r1_, ca), default_holder);
  }
  EXPECT_EQ(catalog_.registrations(), stored);
}

}  // namespace
}  // namespace chainkeep::test
