#include "cmd/timestamps.h"

#include "absl/time/time.h"

namespace chainkeep::cmd {

nlohmann::ordered_json TimestampOf(UnixMillis when, TimestampFormat format) {
  if (format == TimestampFormat::kUnix) {
    return static_cast<double>(when) / 1000;
  }
  const char* const layout =
      when % 1000 == 0 ? "%Y-%m-%dT%H:%M:%S%Ez" : "%Y-%m-%dT%H:%M:%E6S%Ez";
  return absl::FormatTime(layout, absl::FromUnixMillis(when),
                          absl::LocalTimeZone());
}

}  // namespace chainkeep::cmd
