#include "cmd/timestamps.h"

#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {

namespace {

// The time zone in which a date can be written so that Python and JavaScript
// read it: the local one, unless the year would have other than four digits
// there, or the zone is not whole minutes off, as it was long ago.
absl::TimeZone ZoneFor(absl::Time when) {
  const absl::TimeZone local = absl::LocalTimeZone();
  const absl::TimeZone::CivilInfo there = local.At(when);
  return there.cs.year() >= 1 && there.cs.year() <= 9999 &&
                 there.offset % 60 == 0
             ? local
             : absl::UTCTimeZone();
}

}  // namespace

nlohmann::ordered_json TimestampOf(UnixMillis when, TimestampFormat format) {
  if (format == TimestampFormat::kUnix) {
    return static_cast<double>(when) / 1000;
  }
  // Certificates can say year 0, which neither of them knows.
  constexpr UnixMillis kFirst = -62'135'596'800'000;  // 0001-01-01T00:00:00Z
  constexpr UnixMillis kLast = 253'402'300'799'999;  // 9999-12-31T23:59:59.999Z
  when = std::clamp(when, kFirst, kLast);
  const char* const layout =
      when % 1000 == 0 ? "%E4Y-%m-%dT%H:%M:%S%Ez" : "%E4Y-%m-%dT%H:%M:%E6S%Ez";
  const absl::Time time = absl::FromUnixMillis(when);
  return absl::FormatTime(layout, time, ZoneFor(time));
}

UnixSeconds ParseMoment(std::string_view what, std::string_view text) {
  int64_t seconds = 0;
  if (absl::SimpleAtoi(text, &seconds)) return seconds;
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return absl::ToUnixSeconds(time);
  }
  throw UsageError(absl::StrCat(what,
                                " takes a date such as 2026-12-31T23:59:59Z "
                                "or seconds since 1970, not ",
                                Quoted(text)));
}

}  // namespace chainkeep::cmd
