#include "engine/registry/rate_limit.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace chainkeep::registry {
namespace {

class RateLimitRules : public testing::Test {
 protected:
  int TakeAll(RateLimit& limit, const Account& account, UnixMillis now) {
    int taken = 0;
    while (taken < 1000 && limit.Take(account, now)) ++taken;
    return taken;
  }

  const Account a_ = *Account::Parse("a");
  const Account b_ = *Account::Parse("b");
};

TEST_F(RateLimitRules, R94_ABucketFillsWithTime) {
  RateLimit limit(15);
  const struct {
    UnixMillis now;
    int taken;
  } kRows[] = {
      {1'000'000, 15},
      {1'000'000, 0},
      {1'000'066, 0},  // a fifteenth of a second is 66.7 ms
      {1'000'067, 1},
      {1'001'067, 15},
      {1'900'000, 15},  // a long rest gives no more
      {1'850'000, 0},   // the clock was set back
      {1'850'067, 1},
      // Threads that come a little out of order gain nothing.
      {1'850'100, 0},
      {1'850'060, 0},
      {1'850'133, 0},
      {1'850'060, 0},
      {1'850'134, 1},
      {1'901'000, 15},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(TakeAll(limit, a_, row.now), row.taken) << row.now;
  }
}

TEST_F(RateLimitRules, R94_AccountsDoNotShare) {
  RateLimit limit(3);
  EXPECT_EQ(TakeAll(limit, a_, 0), 3);
  EXPECT_EQ(TakeAll(limit, b_, 0), 3);
}

TEST_F(RateLimitRules, R94_ZeroAllowsNothing) {
  RateLimit limit(0);
  EXPECT_EQ(TakeAll(limit, a_, 5000), 0);
}

// Asking whether there is one takes none, and remembers nobody.
TEST_F(RateLimitRules, R94_HasSaysWhatTakeWould) {
  RateLimit limit(2);
  const struct {
    UnixMillis now;
    bool takes;
  } kRows[] = {{0, true},   {0, true},    {0, false},   {499, false},
               {500, true}, {500, false}, {400, false}, {60'000, true}};
  EXPECT_TRUE(limit.Has(a_, 0));
  EXPECT_EQ(limit.size(), 0u);
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.now);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(limit.Has(a_, row.now), row.takes);
    EXPECT_EQ(limit.Take(a_, row.now), row.takes);
    EXPECT_TRUE(limit.Has(b_, row.now));
  }
  EXPECT_FALSE(RateLimit(0).Has(a_, 0));
}

// Who only asks is not kept waiting by a clock that was set back either.
TEST_F(RateLimitRules, R94_HasFollowsAClockThatWasSetBack) {
  RateLimit limit(2);
  EXPECT_EQ(TakeAll(limit, a_, 100'000), 2);
  EXPECT_FALSE(limit.Has(a_, 1000));
  EXPECT_TRUE(limit.Has(a_, 1500));
  // Nor are accounts remembered until it has caught up.
  EXPECT_TRUE(limit.Take(b_, 3000));
  EXPECT_EQ(limit.size(), 1u);
}

TEST_F(RateLimitRules, IdleAccountsAreForgotten) {
  RateLimit limit(2);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(limit.Take(*Account::Parse(absl::StrCat("x", i)), 0));
  }
  EXPECT_EQ(limit.size(), 1000u);
  EXPECT_TRUE(limit.Take(a_, 10'000));
  EXPECT_EQ(limit.size(), 1u);
}

}  // namespace
}  // namespace chainkeep::registry
