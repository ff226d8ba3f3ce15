#include "engine/sni/sni_cache.h"

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/memory/sanitizer.h"
#include "tests/sni/fake_source.h"
#include "tests/sni/resolved.h"
#include "tests/sni/sni_fixture.h"
#include "tests/support/manual_clock.h"

namespace chainkeep::sni {
namespace {

using test::FakeSource;
using test::Resolved;
using Answer = EndpointSource::Answer;

Answer OwnedBy(const Account& account) {
  return SourcedEndpoint{.account = account};
}
Answer Nobody() { return std::nullopt; }

constexpr size_t kMiB = size_t{1} << 20;

class SniCacheTest : public testing::Test {
 protected:
  void Make(const EndpointCacheOptions& options) {
    options_ = options;
    cache_.reset();
    cache_ = std::make_unique<SniCache>(SniCache::Uses{.epochs = &epochs_,
                                                       .hasher = &TestHasher(),
                                                       .clock = &clock_,
                                                       .source = &source_},
                                        options);
  }

  // What a handshake does when it begins.
  NameState Resolve(const HostName& name, const Region& region,
                    NameCallback callback) {
    if (cache_->Use(region, name) == NameState::kReady) {
      return NameState::kReady;
    }
    cache_->Await(region, name, std::move(callback));
    return NameState::kPending;
  }

  // Asks, and notes what came of it under `text`.
  NameState Ask(std::string_view text, const Region& region = kEast) {
    return Resolve(Name(text), region, [this](const NameOutcome& outcome) {
      outcomes_.push_back(outcome.reason);
      details_.push_back(std::string(outcome.detail));
    });
  }
  Resolved See(std::string_view text, const Region& region = kEast,
               EndpointService service = EndpointService::kData) const {
    const memory::Epochs::Pin pin = epochs_.Acquire();
    return Resolved(cache_->Find(pin, region, Name(text), service));
  }
  Reason Find(std::string_view text, const Region& region = kEast) const {
    return See(text, region).refusal;
  }
  Account Owner(std::string_view text, const Region& region = kEast) const {
    return See(text, region).account;
  }
  uint64_t Version(std::string_view text) const { return See(text).version; }
  // Asks and answers.
  void Learn(std::string_view text, const Answer& answer,
             const Region& region = kEast) {
    ASSERT_EQ(Ask(text, region), NameState::kPending);
    ASSERT_EQ(source_.waiting(), 1u);
    source_.Take().done(answer);
  }

  memory::Epochs epochs_;
  test::ManualClock clock_;
  FakeSource source_;
  EndpointCacheOptions options_;
  std::unique_ptr<SniCache> cache_;
  std::vector<Reason> outcomes_;
  std::vector<std::string> details_;
};

TEST_F(SniCacheTest, AMissIsPendingUntilTheSourceAnswers) {
  Make({});
  EXPECT_EQ(Find("a.example"), Reason::kServerNamePending);
  EXPECT_EQ(source_.count(), 0u) << "Find asks nobody";
  EXPECT_EQ(Ask("a.example"), NameState::kPending);
  EXPECT_TRUE(outcomes_.empty());
  EXPECT_EQ(cache_->GetUsage().lookups, 1u);

  FakeSource::Asked asked = source_.Take();
  EXPECT_EQ(asked.region, kEast);
  EXPECT_EQ(asked.name, "a.example");
  asked.done(OwnedBy(kA));
  EXPECT_EQ(outcomes_, std::vector{Reason::kAccepted});
  const Resolved resolution = See("a.example");
  ASSERT_TRUE(resolution.tenant.has_value());
  EXPECT_EQ(resolution.tenant->account(), kA);
  EXPECT_EQ(resolution.tenant->region(), kEast);
  EXPECT_NE(resolution.version, 0u);
  EXPECT_EQ(Ask("a.example"), NameState::kReady);
  EXPECT_EQ(source_.count(), 1u);
  EXPECT_EQ(cache_->GetUsage().lookups, 0u);
  EXPECT_EQ(cache_->GetUsage().names, 1u);

  asked.done(OwnedBy(kB));
  EXPECT_EQ(Owner("a.example"), kA) << "a second call says nothing";
}

// Its name and its tenant may go meanwhile.
TEST_F(SniCacheTest, AResolutionIsValidAsLongAsItsPin) {
  Make({});
  Learn("a.example", OwnedBy(kA));
  Learn("jobs.example",
        SourcedEndpoint{.account = kB, .service = EndpointService::kJobs});
  std::optional<ResolvedTenant> kept;
  {
    const memory::Epochs::Pin pin = epochs_.Acquire();
    const Resolution served =
        cache_->Find(pin, kEast, Name("a.example"), EndpointService::kData);
    const Resolution refused =
        cache_->Find(pin, kEast, Name("jobs.example"), EndpointService::kData);
    cache_->Invalidate(kEast, Name("a.example"));
    cache_->Invalidate(kEast, Name("jobs.example"));
    epochs_.Collect();
    EXPECT_EQ(served.account(), kA);
    EXPECT_EQ(refused.refusal(), Reason::kServerNameWrongService);
    EXPECT_EQ(refused.account(), kB);
    EXPECT_FALSE(refused.tenant().has_value());
    kept = served.tenant();
  }
  epochs_.Collect();
  epochs_.Collect();
  EXPECT_EQ(epochs_.GetHeld().objects, 0u);
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->account(), kA) << "a tenant is a copy";
  EXPECT_EQ(kept->region(), kEast);
}

// What was found before another answer bears the version of its own, and does
// not hold any more; whether or not the new one found a place.
TEST_F(SniCacheTest, AResolutionBearsTheVersionOfWhatItSays) {
  Make({.ttl_seconds = 60});
  Learn("a.example", OwnedBy(kA));
  const HostName name = Name("a.example");
  const auto holds = [&](const Account& account, uint64_t version) {
    return cache_->Recall(kEast, name, account, EndpointService::kData, version)
        .has_value();
  };
  const memory::Epochs::Pin pin = epochs_.Acquire();
  const auto find = [&] {
    return cache_->Find(pin, kEast, name, EndpointService::kData);
  };
  const Resolution before = find();
  EXPECT_TRUE(holds(kA, before.version()));
  EXPECT_FALSE(holds(kB, before.version()));
  clock_.Advance(50);
  Ask("a.example");
  ASSERT_EQ(source_.waiting(), 1u);
  // It is being asked for: that changes nothing.
  EXPECT_TRUE(holds(kA, before.version()));
  source_.Take().done(OwnedBy(kB));
  EXPECT_EQ(before.tenant()->account(), kA);
  EXPECT_EQ(before.tenant()->version(), before.version());
  EXPECT_FALSE(holds(kA, before.version()));
  const Resolution now = find();
  EXPECT_EQ(now.tenant()->account(), kB);
  EXPECT_NE(now.version(), before.version());
  EXPECT_TRUE(holds(kB, now.version()));
  EXPECT_FALSE(holds(kA, now.version()));
  cache_->Invalidate(kEast, name);
  EXPECT_EQ(now.tenant()->account(), kB);
  EXPECT_FALSE(holds(kB, now.version()));
}

TEST_F(SniCacheTest, ASourceMayAnswerBeforeItReturns) {
  Make({});
  source_.AnswerBy([](const Region&, std::string_view) { return OwnedBy(kA); });
  EXPECT_EQ(Ask("a.example"), NameState::kPending);
  EXPECT_EQ(outcomes_, std::vector{Reason::kAccepted});
  EXPECT_EQ(Ask("a.example"), NameState::kReady);
}

TEST_F(SniCacheTest, R68_KeepsStatusAndService) {
  Make({});
  Learn("off.example",
        SourcedEndpoint{.account = kA, .status = EndpointStatus::kDisabled});
  Learn("jobs.example",
        SourcedEndpoint{.account = kA, .service = EndpointService::kJobs});
  EXPECT_EQ(Find("off.example"), Reason::kServerNameDisabled);
  EXPECT_EQ(Find("jobs.example"), Reason::kServerNameWrongService);
  EXPECT_EQ(Owner("jobs.example"), kA);
  EXPECT_TRUE(
      See("jobs.example", kEast, EndpointService::kJobs).tenant.has_value());
}

TEST_F(SniCacheTest, B1_NamesAreCanonicalBeforeTheyAreKeys) {
  Make({});
  Learn("Device.Example", OwnedBy(kA));
  for (std::string_view spelling :
       {"device.example", "DEVICE.EXAMPLE", "dEvice.example"}) {
    EXPECT_EQ(Ask(spelling), NameState::kReady) << spelling;
  }
  EXPECT_EQ(source_.count(), 1u);
}

TEST_F(SniCacheTest, R65_ANameIsAnotherInAnotherRegion) {
  Make({});
  Learn("a.example", OwnedBy(kA), kEast);
  EXPECT_EQ(Find("a.example", kWest), Reason::kServerNamePending);
  Learn("a.example", OwnedBy(kB), kWest);
  EXPECT_EQ(Owner("a.example", kEast), kA);
  EXPECT_EQ(Owner("a.example", kWest), kB);
}

TEST_F(SniCacheTest, OneFlightForAllWhoWait) {
  Make({});
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Ask("a.example"), NameState::kPending);
  }
  EXPECT_EQ(source_.count(), 1u);
  source_.Take().done(OwnedBy(kA));
  EXPECT_EQ(outcomes_, std::vector(100, Reason::kAccepted));
}

TEST_F(SniCacheTest, AnAnswerIsServedForItsTimeToLive) {
  Make({.ttl_seconds = 60});
  Learn("a.example", OwnedBy(kA));
  clock_.Advance(59);
  EXPECT_EQ(Find("a.example"), Reason::kAccepted);
  clock_.Advance(1);
  EXPECT_EQ(Find("a.example"), Reason::kServerNamePending);
  EXPECT_EQ(Ask("a.example"), NameState::kPending);
  EXPECT_EQ(source_.count(), 2u);
}

TEST_F(SniCacheTest, ANegativeAnswerHasAShorterOne) {
  Make({.ttl_seconds = 60, .negative_ttl_seconds = 5});
  Learn("a.example", Nobody());
  EXPECT_EQ(outcomes_, std::vector{Reason::kServerNameUnknown});
  EXPECT_EQ(Find("a.example"), Reason::kServerNameUnknown);
  EXPECT_EQ(Ask("a.example"), NameState::kReady);
  clock_.Advance(4);
  EXPECT_EQ(Find("a.example"), Reason::kServerNameUnknown);
  clock_.Advance(1);
  EXPECT_EQ(Find("a.example"), Reason::kServerNamePending);
  Learn("a.example", OwnedBy(kA));
  EXPECT_EQ(Owner("a.example"), kA);
  EXPECT_EQ(cache_->GetUsage().names, 1u);
}

TEST_F(SniCacheTest, WhatClocksSayBackwardsIsNotServed) {
  Make({.ttl_seconds = 60, .negative_ttl_seconds = 5});
  Learn("a.example", OwnedBy(kA));
  Learn("b.example", Nobody());
  clock_.Advance(-1);
  EXPECT_EQ(Find("a.example"), Reason::kServerNamePending);
  EXPECT_EQ(Find("b.example"), Reason::kServerNamePending);
}

TEST_F(SniCacheTest, ANameInUseIsAskedForAgainBeforeItExpires) {
  Make({.ttl_seconds = 60, .lookup_timeout_seconds = 5});
  Learn("a.example", OwnedBy(kA));
  const uint64_t version = Version("a.example");
  clock_.Advance(44);
  EXPECT_EQ(Ask("a.example"), NameState::kReady);
  EXPECT_EQ(source_.count(), 1u);
  clock_.Advance(1);
  EXPECT_EQ(Ask("a.example"), NameState::kReady);
  EXPECT_EQ(Ask("a.example"), NameState::kReady);
  EXPECT_EQ(source_.count(), 2u) << "once";
  source_.Take().done(OwnedBy(kA));
  EXPECT_EQ(Version("a.example"), version) << "the same answer";
  clock_.Advance(59);
  EXPECT_EQ(Find("a.example"), Reason::kAccepted);
  EXPECT_EQ(outcomes_.size(), 1u) << "nobody waited for it";
}

TEST_F(SniCacheTest, AFailedRefreshIsTriedAgainAndChangesNothing) {
  Make({.ttl_seconds = 60, .lookup_timeout_seconds = 5});
  Learn("a.example", OwnedBy(kA));
  clock_.Advance(45);
  Ask("a.example");
  source_.Take().done(absl::UnavailableError("down"));
  EXPECT_EQ(Find("a.example"), Reason::kAccepted);
  Ask("a.example");
  EXPECT_EQ(source_.count(), 2u) << "not at once";
  clock_.Advance(5);
  Ask("a.example");
  EXPECT_EQ(source_.count(), 3u);
  clock_.Advance(10);
  EXPECT_EQ(Find("a.example"), Reason::kServerNamePending) << "not for ever";
}

TEST_F(SniCacheTest, WhatAnAnswerChangesHasANewVersion) {
  const struct {
    Answer before;
    Answer after;
    bool changes;
  } kCases[] = {
      {OwnedBy(kA), OwnedBy(kA), false},
      {OwnedBy(kA), OwnedBy(kB), true},
      {OwnedBy(kA),
       SourcedEndpoint{.account = kA, .status = EndpointStatus::kDisabled},
       true},
      {OwnedBy(kA),
       SourcedEndpoint{.account = kA, .service = EndpointService::kJobs}, true},
      {OwnedBy(kA), Nobody(), true},
      {Nobody(), OwnedBy(kA), true},
  };
  for (const auto& c : kCases) {
    for (const int64_t later : {45, 60, 1000}) {
      Make({.ttl_seconds = 60});
      Learn("a.example", c.before);
      const uint64_t before = Version("a.example");
      clock_.Advance(later);
      Ask("a.example");
      ASSERT_EQ(source_.waiting(), 1u);
      source_.Take().done(c.after);
      EXPECT_EQ(Version("a.example") != before, c.changes);
      EXPECT_EQ(Owner("a.example"), *c.after ? (*c.after)->account : Account());
      EXPECT_EQ(cache_->GetUsage().names, 1u);
    }
  }
}

TEST_F(SniCacheTest, InvalidateForgetsAtOnce) {
  Make({.stale_seconds = 100});
  Learn("a.example", OwnedBy(kA));
  Learn("b.example", Nobody());
  const uint64_t before = Version("a.example");
  cache_->Invalidate(kWest, Name("a.example"));
  EXPECT_EQ(Owner("a.example"), kA);
  cache_->Invalidate(kEast, Name("a.example"));
  cache_->Invalidate(kEast, Name("b.example"));
  cache_->Invalidate(kEast, Name("c.example"));
  EXPECT_EQ(Find("a.example"), Reason::kServerNamePending);
  EXPECT_EQ(Find("b.example"), Reason::kServerNamePending);
  EXPECT_EQ(cache_->GetUsage().names, 0u);
  EXPECT_EQ(source_.waiting(), 0u) << "nobody waits for it";
  Learn("a.example", OwnedBy(kA));
  EXPECT_NE(Version("a.example"), before);
}

// A flight that began before Invalidate may bring what was so before.
TEST_F(SniCacheTest, InvalidateDiscardsTheAnswerUnderWay) {
  Make({});
  Ask("a.example");
  FakeSource::Asked before = source_.Take();
  cache_->Invalidate(kEast, Name("a.example"));
  ASSERT_EQ(source_.waiting(), 1u) << "asked anew, for who waits";
  before.done(OwnedBy(kA));
  EXPECT_TRUE(outcomes_.empty());
  EXPECT_EQ(Find("a.example"), Reason::kServerNamePending);
  EXPECT_EQ(Ask("a.example"), NameState::kPending);
  source_.Take().done(OwnedBy(kB));
  EXPECT_EQ(outcomes_, std::vector(2, Reason::kAccepted));
  EXPECT_EQ(Owner("a.example"), kB);
}

TEST_F(SniCacheTest, InvalidateDiscardsARefreshUnderWay) {
  Make({.ttl_seconds = 60});
  Learn("a.example", OwnedBy(kA));
  clock_.Advance(50);
  Ask("a.example");
  FakeSource::Asked refresh = source_.Take();
  cache_->Invalidate(kEast, Name("a.example"));
  refresh.done(OwnedBy(kA));
  EXPECT_EQ(Find("a.example"), Reason::kServerNamePending);
  source_.Take().done(OwnedBy(kB));
  EXPECT_EQ(Owner("a.example"), kB);
}

// The deadline of who waits does not move with it.
TEST_F(SniCacheTest, InvalidateDoesNotLengthenTheWait) {
  Make({.lookup_timeout_seconds = 5});
  Ask("a.example");
  for (int i = 0; i < 4; ++i) {
    clock_.Advance(1);
    cache_->Invalidate(kEast, Name("a.example"));
  }
  EXPECT_TRUE(outcomes_.empty());
  clock_.Advance(1);
  cache_->GiveUpOverdue();
  EXPECT_EQ(outcomes_, std::vector{Reason::kServerNameUnavailable});
}

TEST_F(SniCacheTest, StaleIsServedOnlyWhereAskedForAndNotForLong) {
  for (const int64_t stale : {0, 30}) {
    SCOPED_TRACE(stale);
    Make({.ttl_seconds = 60, .stale_seconds = stale});
    Learn("a.example", OwnedBy(kA));
    Learn("b.example", Nobody());
    clock_.Advance(60);
    EXPECT_EQ(Find("b.example"), Reason::kServerNamePending) << "never these";
    if (stale == 0) {
      EXPECT_EQ(Find("a.example"), Reason::kServerNamePending);
      continue;
    }
    EXPECT_EQ(Ask("a.example"), NameState::kReady);
    source_.Take().done(absl::UnavailableError("down"));
    EXPECT_EQ(Owner("a.example"), kA);
    clock_.Advance(29);
    EXPECT_EQ(Ask("a.example"), NameState::kReady);
    source_.Take().done(absl::UnavailableError("down"));
    clock_.Advance(1);
    EXPECT_EQ(Find("a.example"), Reason::kServerNamePending);
    EXPECT_EQ(Ask("a.example"), NameState::kPending);
    source_.Take().done(OwnedBy(kB));
    EXPECT_EQ(Owner("a.example"), kB);
  }
}

TEST_F(SniCacheTest, StaleEndsWithWhatTheSourceSays) {
  Make({.ttl_seconds = 60, .stale_seconds = 1000});
  Learn("a.example", OwnedBy(kA));
  clock_.Advance(100);
  EXPECT_EQ(Ask("a.example"), NameState::kReady);
  source_.Take().done(Nobody());
  EXPECT_EQ(Find("a.example"), Reason::kServerNameUnknown);
}

TEST_F(SniCacheTest, FailuresAreTypedAndNotKept) {
  const struct {
    Answer answer;
    std::string_view detail;
  } kCases[] = {
      {absl::UnavailableError("down"), "the source failed"},
      {absl::NotFoundError("is an error too"), "the source failed"},
      {SourcedEndpoint{}, "the source failed"},  // of no account
  };
  Make({});
  for (const auto& c : kCases) {
    outcomes_.clear();
    details_.clear();
    Learn("a.example", c.answer);
    EXPECT_EQ(outcomes_, std::vector{Reason::kServerNameUnavailable});
    EXPECT_EQ(details_[0], c.detail);
    EXPECT_EQ(Find("a.example"), Reason::kServerNamePending);
    EXPECT_EQ(cache_->GetUsage().names, 0u);
  }
  EXPECT_EQ(source_.count(), std::size(kCases));
}

TEST_F(SniCacheTest, ALookupThatNeverAnswersIsGivenUp) {
  // Whoever comes by, brings it about.
  const std::function<void()> kWays[] = {
      [this] { cache_->GiveUpOverdue(); },
      [this] { Ask("other.example"); },
      [this] { cache_->Invalidate(kEast, Name("other.example")); },
  };
  for (const auto& way : kWays) {
    Make({.lookup_timeout_seconds = 5});
    outcomes_.clear();
    details_.clear();
    Ask("a.example");
    FakeSource::Asked late = source_.Take();
    clock_.Advance(4);
    cache_->GiveUpOverdue();
    EXPECT_TRUE(outcomes_.empty());
    clock_.Advance(1);
    way();
    ASSERT_EQ(outcomes_, std::vector{Reason::kServerNameUnavailable});
    EXPECT_EQ(details_[0], "the source did not answer in time");
    late.done(OwnedBy(kA));
    EXPECT_EQ(Find("a.example"), Reason::kServerNamePending);
    EXPECT_EQ(outcomes_.size(), 1u);
    while (source_.waiting() > 0) source_.Take();
  }
}

// Deadlines are of the clock that they were made by. When that is set back, no
// look-up is to be waited for longer than any other.
TEST_F(SniCacheTest, AClockThatGoesBackLengthensNoWait) {
  Make({.lookups = 2, .lookup_timeout_seconds = 5});
  Ask("a.example");
  clock_.Advance(-3600);
  Ask("b.example");
  EXPECT_TRUE(outcomes_.empty()) << "nor does it end one";
  clock_.Advance(4);
  cache_->GiveUpOverdue();
  EXPECT_TRUE(outcomes_.empty());
  clock_.Advance(1);
  cache_->GiveUpOverdue();
  EXPECT_EQ(outcomes_, std::vector(2, Reason::kServerNameUnavailable));
  EXPECT_EQ(cache_->GetUsage().lookups, 0u);
}

TEST_F(SniCacheTest, OnlySoManyLookupsAtATime) {
  Make({.lookups = 3});
  for (const char* text : {"a.example", "b.example", "c.example"}) {
    EXPECT_EQ(Ask(text), NameState::kPending);
  }
  EXPECT_TRUE(outcomes_.empty());
  EXPECT_EQ(Ask("d.example"), NameState::kPending);
  EXPECT_EQ(outcomes_, std::vector{Reason::kServerNameUnavailable});
  EXPECT_EQ(details_[0], "too many look-ups at a time");
  EXPECT_EQ(Ask("a.example"), NameState::kPending) << "waits with the other";
  EXPECT_EQ(outcomes_.size(), 1u);
  EXPECT_EQ(source_.count(), 3u);
  source_.Take().done(OwnedBy(kA));
  EXPECT_EQ(Ask("d.example"), NameState::kPending);
  EXPECT_EQ(source_.count(), 4u);
}

// Strangers who keep all look-ups busy must not make what is in use expire.
TEST_F(SniCacheTest, RefreshesHaveLookupsOfTheirOwn) {
  Make({.ttl_seconds = 60, .lookups = 2, .lookup_timeout_seconds = 100});
  Learn("a.example", OwnedBy(kA));
  Ask("x.example");
  Ask("y.example");
  clock_.Advance(50);
  EXPECT_EQ(Ask("a.example"), NameState::kReady);
  ASSERT_EQ(source_.waiting(), 3u);
  source_.Take();
  source_.Take();
  source_.Take().done(OwnedBy(kA));
  clock_.Advance(59);
  EXPECT_EQ(Owner("a.example"), kA);
}

TEST_F(SniCacheTest, OnlySoManyHandshakesWait) {
  Make({});
  size_t refused = 0;
  size_t others = 0;
  const auto count = [&](const NameOutcome& outcome) {
    (outcome.detail == "too many handshakes wait for names" ? refused
                                                            : others)++;
  };
  for (size_t i = 0; i < SniCache::kMaxWaiters; ++i) {
    Resolve(Name("a.example"), kEast, count);
  }
  EXPECT_EQ(refused + others, 0u);
  for (int i = 0; i < 5; ++i) {
    Resolve(Name("a.example"), kEast, count);
  }
  EXPECT_EQ(refused, 5u);
  source_.Take().done(OwnedBy(kA));
  EXPECT_EQ(others, SniCache::kMaxWaiters);
  Resolve(Name("b.example"), kEast, count);
  EXPECT_EQ(refused, 5u);
}

std::string HotName(int i) { return "hot" + std::to_string(i) + ".example"; }

std::string RandomName(std::mt19937_64& random) {
  return "x" + std::to_string(random()) + ".example";
}

// B4. Strangers send names that nobody has, or, where the source answers for
// all names below one, names that somebody has.
TEST_F(SniCacheTest, B4_AFloodOfNamesLeavesTheHotOnesAndTheBound) {
  constexpr int kHot = 500;
  const int flood =
      memory::kSanitizer == memory::Sanitizer::kNone ? 1'000'000 : 30'000;
  for (const Answer& of_flood : {Nobody(), OwnedBy(kB)}) {
    Make({.bytes = kMiB, .negative_bytes = kMiB / 4});
    source_.AnswerBy([&](const Region&, std::string_view name) {
      return name.starts_with("hot") ? OwnedBy(kA) : of_flood;
    });
    // A handshake asks when it begins.
    for (int round = 0; round < 2; ++round) {
      for (int i = 0; i < kHot; ++i) Ask(HotName(i));
    }
    std::mt19937_64 random(5);
    size_t asked = 0;
    size_t hits = 0;
    size_t most = 0;
    for (int i = 0; i < flood; ++i) {
      Ask(RandomName(random));
      if (i % 50 == 0) {
        ++asked;
        hits += Ask(HotName(static_cast<int>(random() % kHot))) ==
                NameState::kReady;
      }
      if (i % 100 == 0) most = std::max(most, cache_->GetUsage().bytes);
      if (outcomes_.size() > 1000) outcomes_.clear();
      if (details_.size() > 1000) details_.clear();
    }
    EXPECT_GE(static_cast<double>(hits), 0.99 * static_cast<double>(asked));
    EXPECT_LE(most, options_.bytes + options_.negative_bytes);
    const SniCache::Usage usage = cache_->GetUsage();
    EXPECT_GT(usage.bytes, most / 2) << "the bound is near";
    RecordProperty("hits", std::to_string(hits) + "/" + std::to_string(asked));
    RecordProperty("bytes", std::to_string(most));
  }
}

// A reader that stays keeps memory from being given back. Then nothing new is
// kept, and what is wrong goes all the same.
TEST_F(SniCacheTest, TheBoundHoldsThoughAReaderStays) {
  Make({.bytes = kMiB, .negative_bytes = kMiB / 4});
  source_.AnswerBy([&](const Region&, std::string_view name) {
    return name.starts_with("n") ? Nobody() : OwnedBy(kA);
  });
  Ask("kept.example");
  cache_->Invalidate(kEast, Name("kept.example"));
  Ask("kept.example");
  ASSERT_EQ(Owner("kept.example"), kA);
  std::mt19937_64 random(6);
  {
    const memory::Epochs::Pin pin = epochs_.Acquire();
    for (int i = 0; i < 20'000; ++i) {
      if (i % 100 == 0) Ask("kept.example");
      Ask(RandomName(random));
      Ask("n" + RandomName(random));
      ASSERT_LE(cache_->GetUsage().bytes,
                options_.bytes + options_.negative_bytes);
    }
    EXPECT_EQ(details_.back(), "");
    EXPECT_EQ(outcomes_.back(), Reason::kServerNameUnknown);
    EXPECT_EQ(Owner("kept.example"), kA);
    Ask("late.example");
    EXPECT_EQ(details_.back(), "readers hold the cache's memory back");
    EXPECT_EQ(Find("late.example"), Reason::kServerNamePending);
    source_.AnswerBy(
        [](const Region&, std::string_view) { return OwnedBy(kB); });
    clock_.Advance(options_.ttl_seconds - 1);
    Ask("kept.example");
    EXPECT_EQ(Find("kept.example"), Reason::kServerNamePending)
        << "it is not kA's any more";
  }
  epochs_.Collect();
  epochs_.Collect();
  Ask("late.example");
  EXPECT_EQ(Owner("late.example"), kB);
}

TEST_F(SniCacheTest, AnswersThatComeTooLateFindNoCache) {
  Make({});
  Ask("a.example");
  FakeSource::Asked asked = source_.Take();
  cache_.reset();
  asked.done(OwnedBy(kA));
  EXPECT_TRUE(outcomes_.empty());
}

TEST_F(SniCacheTest, ACallbackMayAskAgain) {
  Make({});
  int calls = 0;
  Resolve(Name("a.example"), kEast, [&](const NameOutcome&) {
    ++calls;
    EXPECT_EQ(Ask("a.example"), NameState::kReady);
    EXPECT_EQ(Ask("b.example"), NameState::kPending);
    cache_->Invalidate(kEast, Name("a.example"));
  });
  source_.Take().done(OwnedBy(kA));
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(source_.waiting(), 1u);
}

// Readers, a source with threads of its own, invalidations and refreshes.
TEST_F(SniCacheTest, AllAtOnce) {
  constexpr int kNames = 40;
  Make({.bytes = kMiB, .ttl_seconds = 8, .lookups = 16});
  std::atomic<uint64_t> generation = 0;
  const Account owners[] = {kA, kB};
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::atomic<size_t> called = 0;
  std::atomic<size_t> pending = 0;

  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {  // the source's
      while (!stop || source_.waiting() > 0) {
        if (source_.waiting() < 2) std::this_thread::yield();
        FakeSource::Asked asked;
        if (!source_.TryTake(&asked)) continue;
        asked.done(generation % 5 == 0 ? Answer(absl::UnavailableError("down"))
                   : generation % 3 == 0 ? Nobody()
                                         : OwnedBy(owners[generation % 2]));
      }
    });
  }
  std::vector<std::thread> handshakes;
  for (int t = 0; t < 2; ++t) {
    handshakes.emplace_back([&, t] {
      std::mt19937_64 random(t);
      for (int i = 0; i < 20'000; ++i) {
        const HostName name =
            Name("n" + std::to_string(random() % kNames) + ".example");
        const NameState state =
            Resolve(name, kEast, [&](const NameOutcome&) { ++called; });
        if (state == NameState::kPending) ++pending;
        const Resolved resolution = See(name.text());
        if (resolution.tenant &&
            (resolution.version == 0 || resolution.account.empty() ||
             resolution.tenant->version() != resolution.version)) {
          ++wrong;
        }
      }
    });
  }
  std::thread control([&] {
    std::mt19937_64 random(9);
    while (!stop) {
      ++generation;
      clock_.Advance(static_cast<int64_t>(random() % 2));
      cache_->Invalidate(
          kEast, Name("n" + std::to_string(random() % kNames) + ".example"));
      cache_->GiveUpOverdue();
      std::this_thread::yield();
    }
  });
  for (std::thread& thread : handshakes) thread.join();
  stop = true;
  control.join();
  for (std::thread& thread : threads) thread.join();
  clock_.Advance(1000);
  cache_->GiveUpOverdue();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(called, pending) << "each who waits is called once";
  EXPECT_GT(pending, 100u);
  EXPECT_EQ(cache_->GetUsage().lookups, 0u);
}

// What the answer of a name was, when Invalidate had returned, is not seen any
// more: not even by a reader that was under way.
TEST_F(SniCacheTest, NoReaderSeesWhatWasInvalidated) {
  Make({});
  std::atomic<uint64_t> answers = 0;
  std::atomic<uint64_t> gone = 0;  // the last answer that is
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  source_.AnswerBy([&](const Region&, std::string_view) {
    return OwnedBy(*Account::Parse(std::to_string(++answers)));
  });
  std::vector<std::thread> readers;
  for (int t = 0; t < 2; ++t) {
    readers.emplace_back([&] {
      while (!stop) {
        const uint64_t last = gone;
        Resolve(Name("a.example"), kEast, [](const NameOutcome&) {});
        const Resolved resolution = See("a.example");
        if (resolution.tenant &&
            std::stoull(std::string(resolution.account.text())) <= last) {
          ++wrong;
        }
      }
    });
  }
  for (int i = 0; i < 500; ++i) {
    // Whatever has been answered by now is of before.
    const uint64_t answered = answers;
    cache_->Invalidate(kEast, Name("a.example"));
    gone = answered;
    std::this_thread::yield();
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

// Each look at this clock is a moment at which somebody else asks, who finds
// the cache's lock taken.
class BusyClock final : public Clock {
 public:
  UnixSeconds Now() const override {
    const std::function<void()> now = std::exchange(then, nullptr);
    if (now != nullptr) std::thread(now).join();
    return 1'000'000;
  }
  mutable std::function<void()> then;
};

class SourceWhileOthersAsk : public SniCacheTest, public EndpointSource {
 protected:
  void Lookup(const Region&, std::string_view, Done done) override {
    most_ = std::max(most_, ++depth_);
    if (asked_ < to_ask_) busy_clock_.then = [this] { AskNext(); };
    done(Nobody());
    --depth_;
  }

  void AskNext() {
    const HostName name = Name("n" + std::to_string(asked_++) + ".example");
    busy_cache_.Await(kEast, name, [this](const NameOutcome&) { ++called_; });
  }

  int to_ask_ = 0;
  int asked_ = 0;
  int called_ = 0;
  int depth_ = 0;
  int most_ = 0;
  BusyClock busy_clock_;
  SniCache busy_cache_{{.epochs = &epochs_,
                        .hasher = &TestHasher(),
                        .clock = &busy_clock_,
                        .source = this},
                       {}};
};

// Invariant 4: who found the lock taken is seen to by whoever had it.
TEST_F(SourceWhileOthersAsk, NobodyIsForgotten) {
  to_ask_ = 2;
  AskNext();
  EXPECT_EQ(asked_, 2);
  EXPECT_EQ(called_, 2);
}

// A source that answers before it returns is called from within the work of
// whoever asked first, while others go on asking. How deep its calls lie inside
// each other must not be for strangers to choose: a stack ends.
TEST_F(SourceWhileOthersAsk, ItsCallsDoNotLieInEachOther) {
  to_ask_ = 200;
  AskNext();
  EXPECT_EQ(called_, 200);
  EXPECT_EQ(most_, 1);
}

// C1: neither the hash of a name nor that of a region decides.
TEST_F(SniCacheTest, R65_ANameIsAnotherInAnotherRegionThoughHashesCollide) {
  const memory::Hasher colliding = memory::Hasher::CollidingForTests(1);
  source_.AnswerBy([](const Region& region, std::string_view name) {
    return name == "nobody.example" ? Nobody()
                                    : OwnedBy(region == kEast ? kA : kB);
  });
  SniCache cache({.epochs = &epochs_,
                  .hasher = &colliding,
                  .clock = &clock_,
                  .source = &source_},
                 {});
  const auto owner = [&](const Region& region, std::string_view name) {
    const memory::Epochs::Pin pin = epochs_.Acquire();
    return cache.Find(pin, region, Name(name), EndpointService::kData)
        .account();
  };
  const auto learn = [&](const Region& region, std::string_view name) {
    cache.Await(region, Name(name), [](const NameOutcome&) {});
  };
  learn(kEast, "a.example");
  learn(kEast, "nobody.example");
  EXPECT_EQ(cache.Use(kWest, Name("a.example")), NameState::kPending);
  learn(kWest, "a.example");
  learn(kWest, "b.example");
  EXPECT_EQ(owner(kEast, "a.example"), kA);
  EXPECT_EQ(owner(kWest, "a.example"), kB);
  EXPECT_EQ(owner(kEast, "nobody.example"), Account());
  cache.Invalidate(kWest, Name("a.example"));
  EXPECT_EQ(owner(kEast, "a.example"), kA);
  EXPECT_EQ(owner(kWest, "a.example"), Account());
  EXPECT_EQ(owner(kWest, "b.example"), kB);
}

// The names of tenants are kept once for all names of theirs, and no longer
// than those.
TEST_F(SniCacheTest, TenantsGoWithTheirLastName) {
  if (memory::kSanitizer != memory::Sanitizer::kNone) {
    GTEST_SKIP() << "another allocator";
  }
  Make({.bytes = kMiB, .negative_bytes = kMiB / 4});
  int account = 0;
  source_.AnswerBy([&](const Region&, std::string_view) {
    return OwnedBy(*Account::Parse("t" + std::to_string(account)));
  });
  const auto come_and_go = [&](int to) {
    for (; account < to; ++account) {
      cache_->Await(kEast, Name("a.example"), [](const NameOutcome&) {});
      cache_->Invalidate(kEast, Name("a.example"));
    }
    epochs_.Collect();
  };
  come_and_go(1000);
  const size_t before = mallinfo2().uordblks;
  come_and_go(21'000);
  // Less than a byte for each.
  EXPECT_LT(mallinfo2().uordblks, before + 20'000);
}

TEST_F(SniCacheTest, LooksUpAndAsksAfterFork) {
  if (memory::kSanitizer == memory::Sanitizer::kThread) {
    GTEST_SKIP() << "a child of threads has no tsan";
  }
  Make({});
  Learn("a.example", OwnedBy(kA));
  source_.AnswerBy([](const Region&, std::string_view) { return OwnedBy(kB); });
  std::atomic<bool> stop = false;
  std::thread other([&] {
    while (!stop) {
      cache_->Invalidate(kEast, Name("c.example"));
      Resolve(Name("c.example"), kEast, [](const NameOutcome&) {});
    }
  });
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      alarm(20);  // a lock that nobody gives back
      const bool found = Owner("a.example") == kA;
      Ask("b.example");
      const bool asked = Owner("b.example") == kB;
      cache_->Invalidate(kEast, Name("b.example"));
      const bool gone = Find("b.example") == Reason::kServerNamePending;
      cache_.reset();
      _exit(found && asked && gone ? 0 : 1);
    }
    int status = 1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  stop = true;
  other.join();
}

}  // namespace
}  // namespace chainkeep::sni
