// Dates as the AWS CLI prints them: version 2 as ISO 8601 in local time, with
// microseconds where the second is not whole; version 1 as seconds since 1970.
//
// Years have four digits, 0001 to 9999: a date that is outside in local time is
// in UTC, and one that is outside there too is the nearest inside.
//
// Pure but for the time zone (TZ); any thread may call.

#ifndef CHAINKEEP_CMD_TIMESTAMPS_H_
#define CHAINKEEP_CMD_TIMESTAMPS_H_

#include <cstdint>
#include <string_view>

#include "chainkeep/types.h"
#include "nlohmann/json.hpp"

namespace chainkeep::cmd {

enum class TimestampFormat : uint8_t { kIso8601, kUnix };

// "2022-11-15T12:34:56.789000+00:00", or 1668515696.789.
nlohmann::ordered_json TimestampOf(UnixMillis when, TimestampFormat format);

// ParseMoment reads a date of ISO 8601 with its time zone, or whole seconds
// since 1970. Throws UsageError, which begins with `what`.
UnixSeconds ParseMoment(std::string_view what, std::string_view text);

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_TIMESTAMPS_H_
