// An engine over a store: what survives a restart, and what another process
// changes.

#include "chainkeep/store.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/store/memory_store.h"
#include "engine/store/store_impl.h"
#include "tests/engine/gate_fixture.h"

namespace chainkeep::test {
namespace {

// SharedStore is one process's hold of a store that several share.
class SharedStore final : public store::RegistryStore {
 public:
  explicit SharedStore(std::shared_ptr<store::MemoryStore> store)
      : store_(std::move(store)) {}

  // How often anything was asked of any of them.
  static inline std::atomic<int> uses = 0;

  absl::Status Transact(const Command& command) override {
    ++uses;
    return store_->Transact(command);
  }
  absl::Status Read(const Query& query) const override {
    ++uses;
    return store_->Read(query);
  }
  absl::Status Follow(const store::Position& after, size_t limit,
                      const FollowQuery& query) const override {
    ++uses;
    return store_->Follow(after, limit, query);
  }
  absl::StatusOr<bool> AwaitChange(const store::Position& after,
                                   int64_t timeout_millis) override {
    return store_->AwaitChange(after, timeout_millis);
  }
  void Wake() override { store_->Wake(); }

 private:
  const std::shared_ptr<store::MemoryStore> store_;
};

// The engine of the fixture is not used: two others share a store.
class StoreTest : public GateFixture {
 protected:
  std::unique_ptr<Engine> Open(EventObserver* events = nullptr,
                               const LoadOptions& load = {},
                               EngineOptions options = {}) {
    options.clock = &clock_;
    options.observer = events;
    auto engine =
        Engine::Create(options,
                       std::make_unique<Store>(std::make_unique<Store::Impl>(
                           std::make_unique<SharedStore>(store_))),
                       load);
    EXPECT_TRUE(engine.ok()) << engine.status();
    return *std::move(engine);
  }

  absl::Status Register(Engine& engine) {
    return engine.registry()
        .RegisterCaCertificate({.account = a_,
                                .region = east_,
                                .ca_certificate = ToPem(ca_.der),
                                .certificate_mode = "SNI_ONLY",
                                .set_as_active = true})
        .status();
  }

  Verdict AskOf(const Engine& engine) const {
    ListenerOptions options;
    options.region = east_;
    return test::Judge(*engine.CreateListener(options),
                       {.server_name = kNameA, .leaf = leaf_.bytes()});
  }

  const std::shared_ptr<store::MemoryStore> store_ =
      std::make_shared<store::MemoryStore>();
};

TEST_F(StoreTest, ARestartFindsWhatWasRegistered) {
  {
    const std::unique_ptr<Engine> engine = Open();
    ASSERT_TRUE(
        engine->registry()
            .PutEndpoint({.host_name = kNameA, .account = a_, .region = east_})
            .ok());
    ASSERT_TRUE(Register(*engine).ok());
    EXPECT_TRUE(AskOf(*engine).accepted());
  }
  EventLog events;
  LoadOptions load;
  load.threads = 2;
  const std::unique_ptr<Engine> engine = Open(&events, load);
  EXPECT_TRUE(AskOf(*engine).accepted());
  EXPECT_EQ(engine->GetStats().registrations, 1u);
  EXPECT_TRUE(events.log().empty());
  // The registry knows them too.
  EXPECT_EQ(ErrorCodeOf(Register(*engine)), ErrorCode::kResourceAlreadyExists);
}

TEST_F(StoreTest, WithoutAStoreOrThreadsThereIsNoEngine) {
  EXPECT_EQ(ErrorCodeOf(Engine::Create({}, nullptr).status()),
            ErrorCode::kInvalidRequest);
  for (const unsigned threads : {0u, 257u}) {
    LoadOptions load;
    load.threads = threads;
    const auto engine =
        Engine::Create({},
                       std::make_unique<Store>(std::make_unique<Store::Impl>(
                           std::make_unique<store::MemoryStore>())),
                       load);
    EXPECT_EQ(ErrorCodeOf(engine.status()), ErrorCode::kInvalidRequest);
  }
}

// R58 and R97 across processes: one follows what the other one does, within a
// tenth of a second.
TEST_F(StoreTest, R97_FollowSeesAnotherProcesssChangesInTime) {
  EventLog events;
  const std::unique_ptr<Engine> here = Open(&events);
  const std::unique_ptr<Engine> there = Open();
  ASSERT_TRUE(
      there->registry()
          .PutEndpoint({.host_name = kNameA, .account = a_, .region = east_})
          .ok());
  std::thread follower([&] {
    absl::Status status;
    while (!absl::IsCancelled(status = here->Follow(10'000))) {
      EXPECT_TRUE(status.ok()) << status;
    }
  });
  const auto await = [&](Reason reason) {
    const auto begin = std::chrono::steady_clock::now();
    while (AskOf(*here).reason() != reason) {
      const auto waited = std::chrono::steady_clock::now() - begin;
      // A hundred times what is promised: the machine may be busy.
      if (waited > std::chrono::seconds(10)) return false;
      std::this_thread::yield();
    }
    return true;
  };
  ASSERT_TRUE(Register(*there).ok());
  EXPECT_TRUE(await(Reason::kAccepted));
  ASSERT_TRUE(there->registry()
                  .UpdateCaCertificate({.account = a_,
                                        .region = east_,
                                        .ca_certificate_id = IdOf(ca_),
                                        .new_status = "INACTIVE"})
                  .ok());
  EXPECT_TRUE(await(Reason::kCaInactive));
  here->StopFollowing();
  follower.join();
  EXPECT_EQ(events.log(),
            (std::vector<std::string>{"registered 111122223333",
                                      "activated 111122223333",
                                      "deactivated 111122223333"}));
}

// Whoever has proven a key is looked up in the store, not only in what this
// process has seen of it.
TEST_F(StoreTest, R83_ADeviceThatAnotherProcessHasActivatedComesInAtOnce) {
  const std::unique_ptr<Engine> gateway = Open();
  const std::unique_ptr<Engine> other = Open();
  ASSERT_TRUE(gateway->registry()
                  .RegisterCaCertificate({.account = a_,
                                          .region = east_,
                                          .ca_certificate = ToPem(ca_.der),
                                          .certificate_mode = "SNI_ONLY",
                                          .set_as_active = true,
                                          .allow_auto_registration = true})
                  .ok());
  ASSERT_TRUE(gateway->registry()
                  .PutEndpoint({.host_name = std::string(kNameA),
                                .account = a_,
                                .region = east_})
                  .ok());
  ListenerOptions options;
  options.region = east_;
  options.validation.policy = ValidationPolicy::kRegisteredDevice;
  const Listener listener = *gateway->CreateListener(options);
  const Attempt handshake = {.server_name = kNameA, .leaf = leaf_.bytes()};
  Handshake early = test::Show(listener, handshake);
  ASSERT_TRUE(early.MayWait());

  ASSERT_TRUE(other->registry()
                  .RegisterCertificate({.account = a_,
                                        .region = east_,
                                        .certificate = ToPem(leaf_.der),
                                        .status = "ACTIVE"})
                  .ok());
  const Verdict answer = early.Finish().verdict();
  EXPECT_EQ(answer.reason(), Reason::kAccepted) << ReasonName(answer.reason());
}

// Whoever is under a CA that registers nobody cannot make the gateway read its
// database; and whether it does is followed like everything else.
TEST_F(StoreTest, R87_AStrangerIsNoWorkForTheStore) {
  const std::unique_ptr<Engine> gateway = Open();
  const std::unique_ptr<Engine> other = Open();
  ASSERT_TRUE(
      other->registry()
          .PutEndpoint({.host_name = kNameA, .account = a_, .region = east_})
          .ok());
  ASSERT_TRUE(Register(*other).ok());
  ASSERT_TRUE(gateway->Follow(0).ok());
  ListenerOptions options;
  options.region = east_;
  options.validation.policy = ValidationPolicy::kRegisteredDevice;
  const Listener listener = *gateway->CreateListener(options);
  const Attempt handshake = {.server_name = kNameA, .leaf = leaf_.bytes()};
  const auto connect = [&] {
    return test::Connect(listener, handshake).verdict().reason();
  };
  const auto set = [&](std::string_view automatic) {
    ASSERT_TRUE(
        other->registry()
            .UpdateCaCertificate({.account = a_,
                                  .region = east_,
                                  .ca_certificate_id = IdOf(ca_),
                                  .new_auto_registration_status = automatic})
            .ok());
    ASSERT_TRUE(gateway->Follow(0).ok());
  };
  SharedStore::uses = 0;
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(connect(), Reason::kDeviceNotRegistered);
  }
  EXPECT_EQ(SharedStore::uses, 0);
  set("ENABLE");
  EXPECT_EQ(connect(), Reason::kDevicePendingActivation);
  EXPECT_GT(SharedStore::uses, 0);
}

// A gateway of kRegisteredDevice whose account a has a CA that auto-registers.
class FloodTest : public StoreTest {
 protected:
  class Counter final : public EventObserver {
   public:
    void OnFirstConnect(const FirstConnectEvent&) override { ++told; }

    int told = 0;
  };

  void Open(uint32_t per_second) {
    EngineOptions options;
    options.first_connects_per_second = per_second;
    gateway_ = StoreTest::Open(&counter_, {}, options);
    for (const auto& [host, account] :
         {std::pair(kNameA, a_), std::pair(kNameB, b_)}) {
      ASSERT_TRUE(
          gateway_->registry()
              .PutEndpoint(
                  {.host_name = host, .account = account, .region = east_})
              .ok());
      ASSERT_TRUE(gateway_->registry()
                      .RegisterCaCertificate({.account = account,
                                              .region = east_,
                                              .ca_certificate = ToPem(ca_.der),
                                              .certificate_mode = "SNI_ONLY",
                                              .set_as_active = true,
                                              .allow_auto_registration = true})
                      .ok());
    }
    ListenerOptions listener;
    listener.region = east_;
    listener.validation.policy = ValidationPolicy::kRegisteredDevice;
    listener_ = *gateway_->CreateListener(listener);
  }

  TestCertificate NewDevice() const {
    return MakeCertificate(LeafSpec("device"), &ca_);
  }

  // What a connection is refused for, and how often it asked the store.
  struct Answer {
    Reason reason;
    int uses;
  };
  Answer Connect(std::string_view name, const TestCertificate& leaf) {
    const int before = SharedStore::uses;
    const Attempt handshake = {.server_name = name, .leaf = leaf.bytes()};
    Handshake shown = test::Show(*listener_, handshake);
    EXPECT_TRUE(shown.MayWait());
    const Reason reason = shown.Finish().verdict().reason();
    return {reason, SharedStore::uses - before};
  }

  Counter counter_;
  std::unique_ptr<Engine> gateway_;
  std::optional<Listener> listener_;
};

TEST_F(FloodTest, R94_UnknownDevicesAreRefusedFromMemory) {
  Open(3);
  std::vector<TestCertificate> flood;
  for (int i = 0; i < 3; ++i) {
    flood.push_back(NewDevice());
    EXPECT_EQ(Connect(kNameA, flood[i]).reason,
              Reason::kDevicePendingActivation);
  }
  for (int i = 0; i < 50; ++i) {
    const Answer answer = Connect(kNameA, NewDevice());
    ASSERT_EQ(answer.reason, Reason::kRegistrationThrottled);
    ASSERT_EQ(answer.uses, 0);
  }
  // Neither who waits already nor another account is kept out by that.
  EXPECT_EQ(Connect(kNameA, flood[0]).reason, Reason::kDevicePendingActivation);
  EXPECT_EQ(Connect(kNameB, flood[0]).reason, Reason::kDevicePendingActivation);
  clock_.Advance(1);
  EXPECT_EQ(Connect(kNameA, NewDevice()).reason,
            Reason::kDevicePendingActivation);
}

// One device that waits may come as often as it likes.
TEST_F(FloodTest, R94_ADeviceThatWaitsIsRefusedFromMemory) {
  Open(3);
  const TestCertificate device = NewDevice();
  ASSERT_EQ(Connect(kNameA, device).reason, Reason::kDevicePendingActivation);
  counter_.told = 0;
  int pending = 0;
  for (int i = 0; i < 200; ++i) {
    const Answer answer = Connect(kNameA, device);
    pending += answer.reason == Reason::kDevicePendingActivation;
    if (answer.reason != Reason::kDevicePendingActivation) {
      ASSERT_EQ(answer.reason, Reason::kRegistrationThrottled);
      ASSERT_EQ(answer.uses, 0);
    }
  }
  EXPECT_EQ(pending, 30);  // ten times the registrations
  EXPECT_EQ(counter_.told, 30);
  // It keeps nobody else from being registered.
  EXPECT_EQ(Connect(kNameA, NewDevice()).reason,
            Reason::kDevicePendingActivation);
  clock_.Advance(1);
  EXPECT_EQ(Connect(kNameA, device).reason, Reason::kDevicePendingActivation);
}

TEST_F(FloodTest, R94_WhereNobodyMayRegisterWhoWaitsIsStillTold) {
  Open(1);
  const TestCertificate device = NewDevice();
  ASSERT_EQ(Connect(kNameA, device).reason, Reason::kDevicePendingActivation);
  EngineOptions none;
  none.first_connects_per_second = 0;
  const ListenerOptions options = listener_->options();
  gateway_ = StoreTest::Open(&counter_, {}, none);
  listener_ = *gateway_->CreateListener(options);
  counter_.told = 0;
  EXPECT_EQ(Connect(kNameA, device).reason, Reason::kDevicePendingActivation);
  EXPECT_EQ(counter_.told, 1);
  const Answer answer = Connect(kNameA, NewDevice());
  EXPECT_EQ(answer.reason, Reason::kRegistrationThrottled);
  EXPECT_EQ(answer.uses, 0);
}

TEST_F(StoreTest, FollowReturnsWhenItsTimeIsOverOrItIsStopped) {
  const std::unique_ptr<Engine> engine = Open();
  EXPECT_TRUE(engine->Follow(0).ok());
  EXPECT_TRUE(engine->Follow(1).ok());
  engine->StopFollowing();
  EXPECT_TRUE(absl::IsCancelled(engine->Follow(60'000)));
}

}  // namespace
}  // namespace chainkeep::test
