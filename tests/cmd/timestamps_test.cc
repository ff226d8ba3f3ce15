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

TEST(Timestamps, UnixIsSecondsWithAFraction) {
  EXPECT_EQ(TimestampOf(1'658'754'661'420, TimestampFormat::kUnix).dump(),
            "1658754661.42");
  EXPECT_EQ(TimestampOf(1'658'748'293'000, TimestampFormat::kUnix).dump(),
            "1658748293.0");
}

}  // namespace
}  // namespace chainkeep::cmd
