// Handshakes whose server name has to be looked up first.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "chainkeep/endpoint.h"
#include "chainkeep/tls.h"
#include "gtest/gtest.h"
#include "tests/engine/gate_fixture.h"
#include "tests/sni/fake_source.h"
#include "tests/tls/tls_pair.h"

namespace chainkeep {
namespace {

using test::ClientSpec;
using test::FakeSource;
using test::HandshakeOutcome;
using test::RunHandshake;

constexpr const char* kName = "a.example.org";
constexpr uint16_t kVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

enum class Gate { kWakes, kDoesNotWait };

class TlsEndpointSourceTest : public test::GateFixture {
 protected:
  void Make(Gate gate) { Make(gate, &events_); }
  void Make(Gate gate, EventObserver* observer) {
    server_.reset();
    engine_ = *Engine::Create(
        {.clock = &clock_, .observer = observer, .endpoint_source = &source_});
    RegisterSniOnly(a_, ca_);
    server_ = test::ServerContext(TLS_with_buffers_method());
    MakeWake make_wake;
    if (gate == Gate::kWakes) {
      make_wake = [this](SSL*) { return [this] { ++woken_; }; };
    }
    ASSERT_TRUE(
        InstallGate(server_.get(), ListenerIn(east_), std::move(make_wake))
            .ok());
    events_.clear();
    woken_ = 0;
    pauses_ = 0;
  }

  // A handshake during whose pauses `on_pause` is called.
  HandshakeOutcome Connect(uint16_t version,
                           const std::function<void()>& on_pause) {
    return RunHandshake(server_.get(), {.server_name = kName,
                                        .certificate = &leaf_,
                                        .version = version,
                                        .on_server_pause = [&] {
                                          ++pauses_;
                                          on_pause();
                                        }});
  }

  static EndpointSource::Answer OwnedBy(const Account& account) {
    return SourcedEndpoint{.account = account};
  }

  FakeSource source_;
  std::atomic<int> woken_ = 0;
  int pauses_ = 0;
  bssl::UniquePtr<SSL_CTX> server_;
};

TEST_F(TlsEndpointSourceTest, TheFirstConnectionOfANameWaits) {
  for (const uint16_t version : kVersions) {
    Make(Gate::kWakes);
    std::thread other;
    const HandshakeOutcome first = Connect(version, [&] {
      if (pauses_ > 1) return;
      EXPECT_EQ(woken_, 0);
      other = std::thread([&] { source_.Take().done(OwnedBy(a_)); });
      while (woken_ == 0) std::this_thread::yield();
    });
    other.join();
    EXPECT_TRUE(first.finished);
    EXPECT_TRUE(first.client_finished);
    ASSERT_TRUE(first.verdict.accepted());
    EXPECT_EQ(first.verdict.account(), a_);
    EXPECT_EQ(pauses_, 1);
    EXPECT_EQ(woken_, 1);

    const HandshakeOutcome second = Connect(version, [] {});
    EXPECT_TRUE(second.verdict.accepted());
    EXPECT_EQ(pauses_, 1) << "the answer is at hand";
    EXPECT_EQ(source_.count(), version == TLS1_2_VERSION ? 1u : 2u);
  }
}

// Whoever calls SSL_accept too early is told to wait on.
TEST_F(TlsEndpointSourceTest, CallingTooEarlyChangesNothing) {
  Make(Gate::kWakes);
  const HandshakeOutcome outcome = Connect(TLS1_3_VERSION, [&] {
    EXPECT_EQ(source_.count(), 1u);
    if (pauses_ == 5) source_.Take().done(OwnedBy(a_));
  });
  EXPECT_TRUE(outcome.verdict.accepted());
  EXPECT_EQ(pauses_, 5);
  EXPECT_EQ(woken_, 1);
}

TEST_F(TlsEndpointSourceTest, ASourceThatAnswersAtOnceStopsNobody) {
  Make(Gate::kWakes);
  source_.AnswerBy(
      [&](const Region&, std::string_view) { return OwnedBy(a_); });
  const HandshakeOutcome outcome = Connect(TLS1_3_VERSION, [] {});
  EXPECT_TRUE(outcome.verdict.accepted());
  EXPECT_EQ(pauses_, 0);
  EXPECT_EQ(woken_, 0);
}

TEST_F(TlsEndpointSourceTest, RefusalsReachThePeerAndTheObserver) {
  const struct {
    EndpointSource::Answer answer;
    Reason reason;
    int alert;
  } kCases[] = {
      {std::nullopt, Reason::kServerNameUnknown, SSL_AD_UNRECOGNIZED_NAME},
      {absl::UnavailableError("down"), Reason::kServerNameUnavailable,
       SSL_AD_INTERNAL_ERROR},
      {SourcedEndpoint{.account = a_, .status = EndpointStatus::kDisabled},
       Reason::kServerNameDisabled, SSL_AD_UNRECOGNIZED_NAME},
      {OwnedBy(b_), Reason::kNoRegisteredCa, SSL_AD_UNKNOWN_CA},
  };
  for (const uint16_t version : kVersions) {
    for (const auto& c : kCases) {
      Make(Gate::kWakes);
      const HandshakeOutcome outcome =
          Connect(version, [&] { source_.Take().done(c.answer); });
      EXPECT_FALSE(outcome.finished);
      EXPECT_EQ(outcome.verdict.reason(), c.reason);
      EXPECT_EQ(outcome.alert, c.alert) << ReasonName(c.reason);
      EXPECT_EQ(pauses_, 1);
      ASSERT_EQ(events_.log().size(), 1u);
      EXPECT_EQ(events_.log()[0],
                "unproven " + std::string(ReasonName(c.reason)));
    }
  }
}

TEST_F(TlsEndpointSourceTest, AGateThatDoesNotWaitKnowsItTheNextTime) {
  for (const uint16_t version : kVersions) {
    Make(Gate::kDoesNotWait);
    const HandshakeOutcome first = Connect(version, [] {});
    EXPECT_EQ(first.verdict.reason(), Reason::kServerNamePending);
    EXPECT_EQ(first.alert, SSL_AD_INTERNAL_ERROR);
    EXPECT_EQ(pauses_, 0);
    source_.Take().done(OwnedBy(a_));
    EXPECT_TRUE(Connect(version, [] {}).verdict.accepted());
  }
}

TEST_F(TlsEndpointSourceTest, WhatIsUnderWayIsNoVerdict) {
  Make(Gate::kWakes);
  const HandshakeOutcome outcome = Connect(TLS1_3_VERSION, [] {});
  EXPECT_FALSE(outcome.finished);
  EXPECT_EQ(outcome.verdict.reason(), Reason::kNoVerdict);
  EXPECT_TRUE(events_.log().empty());
}

TEST_F(TlsEndpointSourceTest, AConnectionMayEndBeforeTheAnswer) {
  Make(Gate::kWakes);
  {
    const HandshakeOutcome outcome = Connect(TLS1_3_VERSION, [] {});
    EXPECT_FALSE(outcome.finished);
  }
  source_.Take().done(OwnedBy(a_));
  EXPECT_EQ(woken_, 0) << "there is nobody to wake";
  EXPECT_TRUE(Connect(TLS1_3_VERSION, [] {}).verdict.accepted());
}

TEST_F(TlsEndpointSourceTest, AndSoMayTheEngine) {
  Make(Gate::kWakes);
  {
    const HandshakeOutcome outcome = Connect(TLS1_3_VERSION, [] {});
  }
  server_.reset();
  engine_.reset();
  source_.Take().done(OwnedBy(a_));
  EXPECT_EQ(woken_, 0);
}

TEST_F(TlsEndpointSourceTest, ALookupThatIsGivenUpRefuses) {
  Make(Gate::kWakes);
  const HandshakeOutcome outcome = Connect(TLS1_3_VERSION, [&] {
    clock_.Advance(EndpointCacheOptions().lookup_timeout_seconds);
    engine_->GiveUpOverdueNames();
  });
  EXPECT_EQ(outcome.verdict.reason(), Reason::kServerNameUnavailable);
  EXPECT_EQ(outcome.alert, SSL_AD_INTERNAL_ERROR);
  EXPECT_EQ(woken_, 1);
}

// Whether the connection that this thread drives was woken.
std::shared_ptr<std::atomic<bool>>& WokenHere() {
  static thread_local auto woken = std::make_shared<std::atomic<bool>>(false);
  return woken;
}

// Connections of many names at once, answered by another thread while they
// pause and wake.
TEST_F(TlsEndpointSourceTest, ConnectionsOnThreadsOfTheirOwn) {
  Make(Gate::kWakes, nullptr);
  const bssl::UniquePtr<SSL_CTX> server =
      test::ServerContext(TLS_with_buffers_method());
  ASSERT_TRUE(InstallGate(server.get(), ListenerIn(east_), [](SSL*) {
                return [woken = WokenHere()] { *woken = true; };
              }).ok());
  std::atomic<bool> stop = false;
  std::thread source([&] {
    while (!stop) {
      FakeSource::Asked asked;
      if (source_.TryTake(&asked)) {
        asked.done(OwnedBy(a_));
      } else {
        std::this_thread::yield();
      }
    }
  });
  std::atomic<int> accepted = 0;
  std::atomic<int> pauses = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        const HandshakeOutcome outcome = RunHandshake(
            server.get(), {.server_name = "n" + std::to_string(i) + "." + kName,
                           .certificate = &leaf_,
                           .on_server_pause = [&] {
                             ++pauses;
                             while (!WokenHere()->exchange(false)) {
                               std::this_thread::yield();
                             }
                           }});
        if (outcome.verdict.accepted()) ++accepted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  stop = true;
  source.join();
  EXPECT_EQ(accepted, 30);
  EXPECT_GT(pauses, 0);
}

}  // namespace
}  // namespace chainkeep
