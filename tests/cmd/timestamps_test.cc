// Dates, as the two versions of the AWS CLI print them.

#include "cmd/timestamps.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace chainkeep::cmd {
namespace {

TEST(Timestamps, Iso8601HasMicrosecondsWhereTheSecondIsNotWhole) {
  ASSERT_EQ(setenv("TZ", "UTC", 1), 0);
  const struct {
    UnixMillis when;
    const char* text;
  } cases[] = {
      {0, "1970-01-01T00:00:00+00:00"},
      {1'668'515'696'789, "2022-11-15T12:34:56.789000+00:00"},
      {1'668'515'696'000, "2022-11-15T12:34:56+00:00"},
      {1'668'515'696'001, "2022-11-15T12:34:56.001000+00:00"},
      {-1, "1969-12-31T23:59:59.999000+00:00"},
      {253'402'300'799'000, "9999-12-31T23:59:59+00:00"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(TimestampOf(c.when, TimestampFormat::kIso8601), c.text);
  }
}

// What certificates can say, in time zones east and west and in ones of before
// they had whole minutes: dates that Python and JavaScript read.
TEST(Timestamps, Iso8601HasYearsOfFourDigits) {
  constexpr UnixMillis kYear0 = -62'167'219'200'000;  // 0000-01-01T00:00:00Z
  constexpr UnixMillis kYear1 = -62'135'596'800'000;
  constexpr UnixMillis kEnd = 253'402'300'799'000;
  const struct {
    const char* zone;
    UnixMillis when;
    const char* text;
  } cases[] = {
      {"UTC", kYear0, "0001-01-01T00:00:00+00:00"},
      {"UTC", kYear1, "0001-01-01T00:00:00+00:00"},
      {"UTC", -46'388'678'400'000, "0500-01-01T00:00:00+00:00"},
      {"UTC", kEnd + 1000, "9999-12-31T23:59:59.999000+00:00"},
      {"Asia/Tokyo", kEnd, "9999-12-31T23:59:59+00:00"},
      {"Asia/Tokyo", kYear0, "0001-01-01T00:00:00+00:00"},
      {"Asia/Tokyo", 0, "1970-01-01T09:00:00+09:00"},
      {"America/New_York", kEnd, "9999-12-31T18:59:59-05:00"},
      {"America/New_York", kYear1, "0001-01-01T00:00:00+00:00"},
      {"Europe/Berlin", -2'500'000'000'000, "1890-10-11T19:33:20+00:00"},
  };
  for (const auto& c : cases) {
    ASSERT_EQ(setenv("TZ", c.zone, 1), 0);
    EXPECT_EQ(TimestampOf(c.when, TimestampFormat::kIso8601), c.text) << c.zone;
  }
  ASSERT_EQ(setenv("TZ", "UTC", 1), 0);
}

TEST(Timestamps, UnixIsSecondsWithAFraction) {
  EXPECT_EQ(TimestampOf(1'658'754'661'420, TimestampFormat::kUnix).dump(),
            "1658754661.42");
  EXPECT_EQ(TimestampOf(1'658'748'293'000, TimestampFormat::kUnix).dump(),
            "1658748293.0");
}

}  // namespace
}  // namespace chainkeep::cmd
