// An engine whose endpoints live elsewhere.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "chainkeep/endpoint.h"
#include "gtest/gtest.h"
#include "tests/engine/gate_fixture.h"
#include "tests/sni/fake_source.h"

namespace chainkeep {
namespace {

using Answer = EndpointSource::Answer;

class EndpointSourceTest : public test::GateFixture {
 protected:
  EndpointSourceTest() { Make({}); }

  void Make(const EndpointCacheOptions& cache) {
    engine_ =
        *Engine::Create({.clock = &clock_,
                         .observer = &events_,
                         .wildcard_endpoints = WildcardEndpoints::kAllowed,
                         .endpoint_source = &source_,
                         .endpoint_cache = cache});
    RegisterSniOnly(a_, ca_);
    RegisterSniOnly(b_, ca_);
    events_.clear();
  }

  // Begins a handshake; what the callback says goes to called_.
  NameState Begin(std::optional<std::string_view> server_name) {
    return engine_->ResolveServerName(ListenerIn(east_), server_name,
                                      [this](std::optional<Verdict> refusal) {
                                        called_.push_back(std::move(refusal));
                                      });
  }
  void Learn(std::string_view server_name, const Answer& answer) {
    ASSERT_EQ(Begin(server_name), NameState::kPending);
    source_.Take().done(answer);
  }
  static Answer OwnedBy(const Account& account) {
    return SourcedEndpoint{.account = account};
  }

  Handshake Of(std::string_view server_name) const {
    return {.server_name = server_name, .leaf = leaf_.bytes()};
  }

  test::FakeSource source_;
  std::vector<std::optional<Verdict>> called_;
};

TEST_F(EndpointSourceTest, WithoutOneEveryNameIsReady) {
  engine_ = *Engine::Create({});
  EXPECT_EQ(Begin("a.example.org"), NameState::kReady);
  EXPECT_EQ(Ask("a.example.org", leaf_).reason(), Reason::kServerNameUnknown);
  EXPECT_TRUE(engine_->InvalidateServerName(east_, "a.example.org").ok());
  engine_->GiveUpOverdueNames();
  EXPECT_EQ(engine_->GetStats().cached_name_bytes, 0u);
}

TEST_F(EndpointSourceTest, AnUnknownNameIsPendingThenAccepted) {
  EXPECT_EQ(Ask("a.example.org", leaf_).reason(), Reason::kServerNamePending);
  EXPECT_EQ(
      engine_->RefuseByServerName(ListenerIn(east_), "a.example.org")->reason(),
      Reason::kServerNamePending);
  EXPECT_EQ(source_.count(), 0u) << "both are pure";

  EXPECT_EQ(Begin("A.example.org"), NameState::kPending);
  EXPECT_EQ(engine_->GetStats().name_lookups, 1u);
  EXPECT_TRUE(called_.empty());
  source_.Take().done(OwnedBy(a_));
  ASSERT_EQ(called_.size(), 1u);
  EXPECT_FALSE(called_[0].has_value());
  EXPECT_FALSE(engine_->RefuseByServerName(ListenerIn(east_), "a.example.org")
                   .has_value());
  const Listener listener = ListenerIn(east_);
  const Handshake handshake = Of("a.example.org");
  Verdict verdict = engine_->Validate(listener, handshake);
  ASSERT_TRUE(verdict.accepted());
  EXPECT_EQ(verdict.account(), a_);
  EXPECT_EQ(verdict.mode(), Mode::kSniOnly);
  verdict = engine_->Complete(listener, handshake, verdict);
  EXPECT_TRUE(verdict.accepted());
  EXPECT_EQ(Begin("a.example.org"), NameState::kReady);
  EXPECT_EQ(engine_->GetStats().cached_names, 1u);
  EXPECT_EQ(engine_->GetStats().name_lookups, 0u);
}

TEST_F(EndpointSourceTest, WhatIsRegisteredIsNotAskedFor) {
  ASSERT_TRUE(
      registry()
          .PutEndpoint({.host_name = kNameA, .account = a_, .region = east_})
          .ok());
  ASSERT_TRUE(registry()
                  .PutEndpoint({.host_name = "*.wild.example.com",
                                .account = b_,
                                .region = east_})
                  .ok());
  ASSERT_TRUE(registry()
                  .PutEndpoint({.host_name = "off.example.com",
                                .account = b_,
                                .region = east_,
                                .status = EndpointStatus::kDisabled})
                  .ok());
  for (const auto& [name, reason] :
       {std::pair(kNameA, Reason::kAccepted),
        std::pair("x.wild.example.com", Reason::kAccepted),
        std::pair("off.example.com", Reason::kServerNameDisabled)}) {
    EXPECT_EQ(Begin(name), NameState::kReady) << name;
    EXPECT_EQ(Ask(name, leaf_).reason(), reason) << name;
  }
  EXPECT_EQ(source_.count(), 0u);
}

TEST_F(EndpointSourceTest, NorIsWhatIsNoName) {
  for (const auto& [name, reason] :
       {std::pair(std::optional<std::string_view>(),
                  Reason::kServerNameRequired),
        std::pair(std::optional<std::string_view>(""),
                  Reason::kServerNameMalformed),
        std::pair(std::optional<std::string_view>("127.0.0.1"),
                  Reason::kServerNameMalformed),
        std::pair(std::optional<std::string_view>("*.example.org"),
                  Reason::kServerNameMalformed),
        std::pair(std::optional<std::string_view>("a.example.org."),
                  Reason::kServerNameMalformed)}) {
    EXPECT_EQ(Begin(name), NameState::kReady);
    EXPECT_EQ(Ask(name, leaf_).reason(), reason);
  }
  EXPECT_EQ(source_.count(), 0u);
}

TEST_F(EndpointSourceTest, RefusalsSayWhy) {
  const struct {
    Answer answer;
    Reason called;  // kAccepted: the handshake goes on
    std::string_view detail;
    Reason validated;
  } kCases[] = {
      {std::nullopt, Reason::kServerNameUnknown, "",
       Reason::kServerNameUnknown},
      {absl::UnavailableError("down"), Reason::kServerNameUnavailable,
       "the source failed", Reason::kServerNamePending},
      {SourcedEndpoint{.account = a_, .status = EndpointStatus::kDisabled},
       Reason::kAccepted, "", Reason::kServerNameDisabled},
      {SourcedEndpoint{.account = a_, .service = EndpointService::kJobs},
       Reason::kAccepted, "", Reason::kServerNameWrongService},
      {OwnedBy(c_), Reason::kAccepted, "", Reason::kNoRegisteredCa},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(ReasonName(c.validated));
    Make({});
    called_.clear();
    Learn("a.example.org", c.answer);
    ASSERT_EQ(called_.size(), 1u);
    ASSERT_EQ(called_[0].has_value(), c.called != Reason::kAccepted);
    if (called_[0]) {
      EXPECT_EQ(called_[0]->reason(), c.called);
      EXPECT_EQ(called_[0]->detail(), c.detail);
      EXPECT_EQ(called_[0]->region(), east_);
    }
    const Verdict verdict = Ask("a.example.org", leaf_);
    EXPECT_EQ(verdict.reason(), c.validated);
    if (c.answer.ok() && *c.answer) {
      EXPECT_EQ(verdict.account(), (*c.answer)->account) << "for its log";
    }
  }
}

TEST_F(EndpointSourceTest, R65_AnAnswerIsForOneRegion) {
  Learn("a.example.org", OwnedBy(a_));
  const Verdict west =
      engine_->Validate(ListenerIn(west_), Of("a.example.org"));
  EXPECT_EQ(west.reason(), Reason::kServerNamePending);
}

TEST_F(EndpointSourceTest, R78_AMovedNameIsNotItsOldTenants) {
  const Listener listener = ListenerIn(east_);
  const Handshake handshake = Of("a.example.org");
  Learn("a.example.org", OwnedBy(a_));
  const Verdict verdict = engine_->Validate(listener, handshake);
  ASSERT_TRUE(verdict.accepted());
  EXPECT_TRUE(engine_->StillHolds(listener, handshake, verdict));

  ASSERT_TRUE(engine_->InvalidateServerName(east_, "A.EXAMPLE.org").ok());
  EXPECT_FALSE(engine_->StillHolds(listener, handshake, verdict));
  EXPECT_EQ(engine_->Complete(listener, handshake, verdict).reason(),
            Reason::kServerNamePending);
  Learn("a.example.org", OwnedBy(b_));
  EXPECT_FALSE(engine_->StillHolds(listener, handshake, verdict));
  const Verdict completed = engine_->Complete(listener, handshake, verdict);
  ASSERT_TRUE(completed.accepted());
  EXPECT_EQ(completed.account(), b_);
}

TEST_F(EndpointSourceTest, AVerdictHoldsWhileAnswersStayTheSame) {
  Make({.ttl_seconds = 60});
  const Listener listener = ListenerIn(east_);
  const Handshake handshake = Of("a.example.org");
  Learn("a.example.org", OwnedBy(a_));
  const Verdict verdict = engine_->Validate(listener, handshake);
  clock_.Advance(50);
  EXPECT_EQ(Begin("a.example.org"), NameState::kReady);
  source_.Take().done(OwnedBy(a_));
  clock_.Advance(50);
  EXPECT_TRUE(engine_->StillHolds(listener, handshake, verdict));
  EXPECT_EQ(Begin("a.example.org"), NameState::kReady);
  source_.Take().done(OwnedBy(b_));
  EXPECT_FALSE(engine_->StillHolds(listener, handshake, verdict));
}

// An open connection is not ended because the answer of its name has expired,
// nor because that has left the cache: only the source's word ends it.
TEST_F(EndpointSourceTest, AVerdictOutlivesTheTimeToLive) {
  Make({.ttl_seconds = 60, .lookup_timeout_seconds = 5});
  const Listener listener = ListenerIn(east_);
  const Handshake handshake = Of("a.example.org");
  Learn("a.example.org", OwnedBy(a_));
  const Verdict verdict = engine_->Validate(listener, handshake);
  ASSERT_TRUE(verdict.accepted());
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(3600);
    EXPECT_EQ(engine_->Validate(listener, handshake).reason(),
              Reason::kServerNamePending);
    const size_t asked = source_.count();
    EXPECT_TRUE(engine_->StillHolds(listener, handshake, verdict));
    EXPECT_TRUE(engine_->StillHolds(listener, handshake, verdict));
    EXPECT_EQ(source_.count(), asked + 1) << "the source is asked, once";
    // It cannot be reached, says the same, or does not answer at all.
    if (i == 0) source_.Take().done(absl::UnavailableError("down"));
    if (i == 1) source_.Take().done(OwnedBy(a_));
    EXPECT_TRUE(engine_->StillHolds(listener, handshake, verdict));
  }
  clock_.Advance(3600);
  source_.Take().done(OwnedBy(b_));  // too late
  EXPECT_TRUE(engine_->StillHolds(listener, handshake, verdict));
  source_.Take().done(OwnedBy(b_));
  EXPECT_FALSE(engine_->StillHolds(listener, handshake, verdict));
  clock_.Advance(3600);
  EXPECT_FALSE(engine_->StillHolds(listener, handshake, verdict));
}

// As far as the source has said something else, in whatever way.
TEST_F(EndpointSourceTest, WhatTheSourceTakesBackDoesNotHold) {
  const SourcedEndpoint disabled{.account = a_,
                                 .status = EndpointStatus::kDisabled};
  const SourcedEndpoint jobs{.account = a_, .service = EndpointService::kJobs};
  for (const Answer& answer :
       {Answer(std::nullopt), Answer(disabled), Answer(jobs), OwnedBy(b_)}) {
    for (const int64_t later : {0, 3600}) {
      Make({.ttl_seconds = 60});
      const Listener listener = ListenerIn(east_);
      const Handshake handshake = Of("a.example.org");
      Learn("a.example.org", OwnedBy(a_));
      const Verdict verdict = engine_->Validate(listener, handshake);
      clock_.Advance(61);
      Learn("a.example.org", answer);
      clock_.Advance(later);
      EXPECT_FALSE(engine_->StillHolds(listener, handshake, verdict));
    }
  }
}

// A cache that is too small for all of its names: what was evicted holds, and
// is the same when it is learned again.
TEST_F(EndpointSourceTest, AVerdictOutlivesItsPlaceInTheCache) {
  Make({.bytes = 1 << 20, .negative_bytes = 1 << 16});
  source_.AnswerBy(
      [&](const Region&, std::string_view) { return OwnedBy(a_); });
  const auto name_of = [](int i) {
    return "n" + std::to_string(i) + ".example.org";
  };
  std::vector<Verdict> verdicts;
  const Listener listener = ListenerIn(east_);
  for (int i = 0; i < 100; ++i) {
    Begin(name_of(i));
    const std::string name = name_of(i);
    verdicts.push_back(engine_->Validate(listener, Of(name)));
    ASSERT_TRUE(verdicts.back().accepted());
  }
  for (int i = 100; i < 6000; ++i) Begin(name_of(i));
  // Of what was evicted the last answers are remembered, as far as there is
  // room.
  int evicted = 0, held = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string name = name_of(i);
    if (engine_->Validate(listener, Of(name)).accepted()) continue;
    ++evicted;
    held += engine_->StillHolds(listener, Of(name), verdicts[i]);
    Begin(name);
    EXPECT_TRUE(engine_->StillHolds(listener, Of(name), verdicts[i]))
        << "learned again";
  }
  EXPECT_GT(evicted, 0);
  EXPECT_GT(held, 0);
}

TEST_F(EndpointSourceTest, ARegisteredNameTakesOverFromTheSource) {
  const Listener listener = ListenerIn(east_);
  const Handshake handshake = Of("a.example.org");
  Learn("a.example.org", OwnedBy(a_));
  const Verdict verdict = engine_->Validate(listener, handshake);
  ASSERT_TRUE(
      registry()
          .PutEndpoint(
              {.host_name = "a.example.org", .account = b_, .region = east_})
          .ok());
  EXPECT_FALSE(engine_->StillHolds(listener, handshake, verdict));
  EXPECT_EQ(Ask("a.example.org", leaf_).account(), b_);
}

TEST_F(EndpointSourceTest, LookupsThatDoNotAnswerAreGivenUp) {
  Make({.lookup_timeout_seconds = 3});
  EXPECT_EQ(Begin("a.example.org"), NameState::kPending);
  clock_.Advance(2);
  engine_->GiveUpOverdueNames();
  EXPECT_TRUE(called_.empty());
  clock_.Advance(1);
  engine_->GiveUpOverdueNames();
  ASSERT_EQ(called_.size(), 1u);
  EXPECT_EQ(called_[0]->reason(), Reason::kServerNameUnavailable);
}

TEST_F(EndpointSourceTest, AnswersAfterTheEngineGoNowhere) {
  EXPECT_EQ(Begin("a.example.org"), NameState::kPending);
  test::FakeSource::Asked asked = source_.Take();
  engine_.reset();
  asked.done(OwnedBy(a_));
  EXPECT_TRUE(called_.empty());
}

TEST_F(EndpointSourceTest, MalformedNamesCannotBeInvalidated) {
  for (const char* name : {"", "a.example.org.", "*.example.org", "1.2.3.4"}) {
    EXPECT_EQ(ErrorCodeOf(engine_->InvalidateServerName(east_, name)),
              ErrorCode::kInvalidRequest)
        << name;
  }
}

TEST_F(EndpointSourceTest, OptionsHaveBounds) {
  using Options = EndpointCacheOptions;
  const Options kGood[] = {
      {},
      {.bytes = 1 << 20, .negative_bytes = 1 << 20},
      {.ttl_seconds = 1, .negative_ttl_seconds = 1},
      {.ttl_seconds = 86'400, .stale_seconds = 3600},
      {.lookups = 1, .lookup_timeout_seconds = 60},
  };
  const Options kBad[] = {
      {.bytes = (1 << 20) - 1},
      // Beyond memory: an answer, and no end of the process.
      {.bytes = size_t{1} << 50},
      {.bytes = SIZE_MAX},
      {.bytes = SIZE_MAX, .negative_bytes = SIZE_MAX},
      {.negative_bytes = (64 << 10) - 1},
      {.bytes = 1 << 20, .negative_bytes = (1 << 20) + 1},
      {.ttl_seconds = 0},
      {.ttl_seconds = 86'401},
      {.negative_ttl_seconds = 0},
      {.ttl_seconds = 10, .negative_ttl_seconds = 11},
      {.stale_seconds = -1},
      {.stale_seconds = 3601},
      {.lookups = 0},
      {.lookups = 65'537},
      {.lookup_timeout_seconds = 0},
      {.lookup_timeout_seconds = 61},
  };
  for (const Options& options : kGood) {
    EXPECT_TRUE(Engine::Create({.endpoint_cache = options}).ok());
  }
  for (size_t i = 0; i < std::size(kBad); ++i) {
    EXPECT_EQ(ErrorCodeOf(Engine::Create({.endpoint_cache = kBad[i]}).status()),
              ErrorCode::kInvalidRequest)
        << i;
  }
}

}  // namespace
}  // namespace chainkeep
