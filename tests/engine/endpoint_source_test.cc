// An engine whose endpoints live elsewhere.

#include <cstdint>
#include <deque>
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
  ~EndpointSourceTest() override { begun_.clear(); }

  void Make(const EndpointCacheOptions& cache) {
    begun_.clear();
    test::FakeSource::Asked left;
    while (source_.TryTake(&left)) {
    }
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

  // Begins a handshake, which is kept, and awaits its name if that is pending.
  NameState Begin(std::optional<std::string_view> server_name) {
    Handshake& begun =
        begun_.emplace_back(ListenerIn(east_).Begin(server_name));
    const bool is_pending = begun.pending();
    EXPECT_EQ(begun.Await([this] { ++called_; }), is_pending);
    return is_pending ? NameState::kPending : NameState::kReady;
  }
  void Learn(std::string_view server_name, const Answer& answer) {
    ASSERT_EQ(Begin(server_name), NameState::kPending);
    source_.Take().done(answer);
  }
  static Answer OwnedBy(const Account& account) {
    return SourcedEndpoint{.account = account};
  }

  Attempt Of(std::string_view server_name) const {
    return {.server_name = server_name, .leaf = leaf_.bytes()};
  }

  test::FakeSource source_;
  std::deque<Handshake> begun_;
  int called_ = 0;
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
  EXPECT_EQ(Begin("A.example.org"), NameState::kPending);
  EXPECT_EQ(engine_->GetStats().name_lookups, 1u);
  EXPECT_EQ(begun_.back().answer().reason(), Reason::kServerNamePending);
  EXPECT_EQ(called_, 0);
  source_.Take().done(OwnedBy(a_));
  EXPECT_EQ(called_, 1);
  EXPECT_FALSE(begun_.back().pending());
  EXPECT_TRUE(begun_.back().answer().goes_on());
  EXPECT_TRUE(begun_.back().Present(leaf_.bytes()).goes_on());
  const Admission admission = begun_.back().Finish();
  ASSERT_TRUE(admission.accepted());
  EXPECT_EQ(admission.verdict().account(), a_);
  EXPECT_EQ(admission.verdict().mode(), Mode::kSniOnly);
  EXPECT_EQ(Begin("a.example.org"), NameState::kReady);
  EXPECT_EQ(engine_->GetStats().cached_names, 1u);
  EXPECT_EQ(engine_->GetStats().name_lookups, 0u);
}

// Whoever does not wait is refused, and the next attempt finds the answer.
TEST_F(EndpointSourceTest, ANameThatNobodyAwaitsIsLookedUpAllTheSame) {
  events_.clear();
  {
    Handshake handshake = ListenerIn(east_).Begin("a.example.org");
    EXPECT_EQ(handshake.Present(leaf_.bytes()).reason(),
              Reason::kServerNamePending);
  }
  EXPECT_EQ(events_.log(),
            std::vector<std::string>{"unproven kServerNamePending"});
  source_.Take().done(OwnedBy(a_));
  EXPECT_TRUE(test::Connect(ListenerIn(east_), Of("a.example.org")).accepted());
}

// A callback comes at most once, and never to a handshake that is no more, or
// has moved on.
TEST_F(EndpointSourceTest, WhoIsGoneIsNotCalledBack) {
  int calls = 0;
  const auto call = [&calls] { ++calls; };
  {
    Handshake handshake = ListenerIn(east_).Begin("a.example.org");
    EXPECT_TRUE(handshake.Await(call));
    EXPECT_FALSE(handshake.Await(call)) << "it has one";
  }
  source_.Take().done(OwnedBy(a_));
  EXPECT_EQ(calls, 0);
  {
    Handshake handshake = ListenerIn(east_).Begin("b.example.org");
    EXPECT_TRUE(handshake.Await(call));
    Handshake moved = std::move(handshake);
    source_.Take().done(OwnedBy(a_));
    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(moved.Present(leaf_.bytes()).goes_on());
  }
  Handshake handshake = ListenerIn(east_).Begin("c.example.org");
  EXPECT_TRUE(handshake.Await(call));
  EXPECT_FALSE(handshake.Finish().accepted());
  source_.Take().done(OwnedBy(a_));
  EXPECT_EQ(calls, 1);
}

// One that is destroyed by its own callback does no harm either.
TEST_F(EndpointSourceTest, ACallbackMayDestroyItsHandshake) {
  std::optional<Handshake> handshake = ListenerIn(east_).Begin("a.example.org");
  EXPECT_TRUE(handshake->Await([&handshake] { handshake.reset(); }));
  source_.Take().done(OwnedBy(a_));
  EXPECT_FALSE(handshake.has_value());
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
    Reason begun;  // kNoVerdict: the handshake goes on
    std::string_view detail;
    Reason validated;
  } kCases[] = {
      {std::nullopt, Reason::kServerNameUnknown, "",
       Reason::kServerNameUnknown},
      {absl::UnavailableError("down"), Reason::kServerNameUnavailable,
       "the source failed", Reason::kServerNamePending},
      {SourcedEndpoint{.account = a_, .status = EndpointStatus::kDisabled},
       Reason::kServerNameDisabled, "", Reason::kServerNameDisabled},
      {SourcedEndpoint{.account = a_, .service = EndpointService::kJobs},
       Reason::kServerNameWrongService, "", Reason::kServerNameWrongService},
      {OwnedBy(c_), Reason::kNoVerdict, "", Reason::kNoRegisteredCa},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(ReasonName(c.validated));
    Make({});
    called_ = 0;
    Learn("a.example.org", c.answer);
    EXPECT_EQ(called_, 1);
    EXPECT_FALSE(begun_.back().pending());
    const Provisional answer = begun_.back().answer();
    EXPECT_EQ(answer.goes_on(), c.begun == Reason::kNoVerdict);
    EXPECT_EQ(answer.reason(), c.begun);
    const Verdict refusal = begun_.back().Finish().verdict();
    if (!answer.goes_on()) {
      EXPECT_EQ(refusal.detail(), c.detail);
      EXPECT_EQ(refusal.region(), east_);
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
  const Verdict west = test::Judge(ListenerIn(west_), Of("a.example.org"));
  EXPECT_EQ(west.reason(), Reason::kServerNamePending);
}

TEST_F(EndpointSourceTest, R78_AMovedNameIsNotItsOldTenants) {
  const Listener listener = ListenerIn(east_);
  const Attempt handshake = Of("a.example.org");
  Learn("a.example.org", OwnedBy(a_));
  Admission admission = test::Connect(listener, handshake);
  ASSERT_TRUE(admission.accepted());
  EXPECT_TRUE(admission.IsUnchanged());
  Handshake early = test::Show(listener, handshake);
  Handshake late = test::Show(listener, handshake);

  ASSERT_TRUE(engine_->InvalidateServerName(east_, "A.EXAMPLE.org").ok());
  EXPECT_FALSE(admission.Holds(handshake.leaf));
  EXPECT_EQ(early.Finish().verdict().reason(), Reason::kServerNamePending);
  Learn("a.example.org", OwnedBy(b_));
  EXPECT_FALSE(admission.Holds(handshake.leaf)) << "it was of another account";
  const Admission moved = late.Finish();
  ASSERT_TRUE(moved.accepted());
  EXPECT_EQ(moved.verdict().account(), b_);
  // Back again, and what was let in for the account stays.
  ASSERT_TRUE(engine_->InvalidateServerName(east_, "A.EXAMPLE.org").ok());
  Learn("a.example.org", OwnedBy(a_));
  EXPECT_TRUE(admission.Holds(handshake.leaf));
}

TEST_F(EndpointSourceTest, AVerdictHoldsWhileAnswersStayTheSame) {
  Make({.ttl_seconds = 60});
  const Listener listener = ListenerIn(east_);
  const Attempt handshake = Of("a.example.org");
  Learn("a.example.org", OwnedBy(a_));
  const Admission admission = test::Connect(listener, handshake);
  ASSERT_TRUE(admission.accepted());
  clock_.Advance(50);
  EXPECT_EQ(Begin("a.example.org"), NameState::kReady);
  source_.Take().done(OwnedBy(a_));
  clock_.Advance(50);
  EXPECT_TRUE(admission.IsUnchanged());
  EXPECT_EQ(Begin("a.example.org"), NameState::kReady);
  source_.Take().done(OwnedBy(b_));
  EXPECT_FALSE(admission.IsUnchanged());
}

// An open connection is not ended because the answer of its name has expired,
// nor because that has left the cache: only the source's word ends it.
TEST_F(EndpointSourceTest, AVerdictOutlivesTheTimeToLive) {
  Make({.ttl_seconds = 60, .lookup_timeout_seconds = 5});
  const Listener listener = ListenerIn(east_);
  const Attempt handshake = Of("a.example.org");
  Learn("a.example.org", OwnedBy(a_));
  Admission admission = test::Connect(listener, handshake);
  ASSERT_TRUE(admission.accepted());
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(3600);
    const size_t asked = source_.count();
    EXPECT_TRUE(admission.Holds(handshake.leaf));
    EXPECT_TRUE(admission.Holds(handshake.leaf));
    EXPECT_EQ(source_.count(), asked + 1) << "the source is asked, once";
    // It cannot be reached, says the same, or does not answer at all.
    if (i == 0) source_.Take().done(absl::UnavailableError("down"));
    if (i == 1) source_.Take().done(OwnedBy(a_));
    EXPECT_TRUE(admission.Holds(handshake.leaf));
  }
  clock_.Advance(3600);
  source_.Take().done(OwnedBy(b_));  // too late
  EXPECT_TRUE(admission.Holds(handshake.leaf));
  source_.Take().done(OwnedBy(b_));
  EXPECT_FALSE(admission.Holds(handshake.leaf));
  clock_.Advance(3600);
  EXPECT_FALSE(admission.Holds(handshake.leaf));
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
      const Attempt handshake = Of("a.example.org");
      Learn("a.example.org", OwnedBy(a_));
      Admission admission = test::Connect(listener, handshake);
      ASSERT_TRUE(admission.accepted());
      clock_.Advance(61);
      Learn("a.example.org", answer);
      clock_.Advance(later);
      EXPECT_FALSE(admission.Holds(handshake.leaf));
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
  std::vector<Admission> admissions;
  const Listener listener = ListenerIn(east_);
  for (int i = 0; i < 100; ++i) {
    const std::string name = name_of(i);
    admissions.push_back(test::Connect(listener, Of(name)));
    ASSERT_TRUE(admissions.back().accepted());
  }
  for (int i = 100; i < 6000; ++i) Begin(name_of(i));
  // Of what was evicted the last answers are remembered, as far as there is
  // room.
  int held = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string name = name_of(i);
    held += admissions[i].IsUnchanged();
    Begin(name);
    EXPECT_TRUE(admissions[i].IsUnchanged()) << "learned again";
  }
  EXPECT_GT(held, 0);
}

TEST_F(EndpointSourceTest, ARegisteredNameTakesOverFromTheSource) {
  const Listener listener = ListenerIn(east_);
  const Attempt handshake = Of("a.example.org");
  Learn("a.example.org", OwnedBy(a_));
  Admission admission = test::Connect(listener, handshake);
  ASSERT_TRUE(admission.accepted());
  ASSERT_TRUE(
      registry()
          .PutEndpoint(
              {.host_name = "a.example.org", .account = b_, .region = east_})
          .ok());
  EXPECT_FALSE(admission.Holds(handshake.leaf));
  EXPECT_EQ(Ask("a.example.org", leaf_).account(), b_);
}

TEST_F(EndpointSourceTest, LookupsThatDoNotAnswerAreGivenUp) {
  Make({.lookup_timeout_seconds = 3});
  EXPECT_EQ(Begin("a.example.org"), NameState::kPending);
  clock_.Advance(2);
  engine_->GiveUpOverdueNames();
  EXPECT_EQ(called_, 0);
  clock_.Advance(1);
  engine_->GiveUpOverdueNames();
  EXPECT_EQ(called_, 1);
  EXPECT_FALSE(begun_.back().pending());
  EXPECT_EQ(begun_.back().answer().reason(), Reason::kServerNameUnavailable);
}

TEST_F(EndpointSourceTest, AnswersAfterTheEngineGoNowhere) {
  EXPECT_EQ(Begin("a.example.org"), NameState::kPending);
  test::FakeSource::Asked asked = source_.Take();
  begun_.clear();
  engine_.reset();
  asked.done(OwnedBy(a_));
  EXPECT_EQ(called_, 0);
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
