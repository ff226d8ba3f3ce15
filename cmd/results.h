// From what the registry returns to a command's Result.

#ifndef CHAINKEEP_CMD_RESULTS_H_
#define CHAINKEEP_CMD_RESULTS_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cmd/command.h"

namespace chainkeep::cmd {

// Nothing to print.
inline absl::StatusOr<Result> Silent(const absl::Status& status) {
  if (!status.ok()) return status;
  return Result();
}

// Prints what `to_json` makes of the value.
template <typename Value, typename ToJson>
absl::StatusOr<Result> Shown(const absl::StatusOr<Value>& value,
                             ToJson to_json) {
  if (!value.ok()) return value.status();
  Result result;
  result.output = to_json(*value);
  return result;
}

// Prints a text under a name.
inline absl::StatusOr<Result> Named(std::string name,
                                    const absl::StatusOr<std::string>& text) {
  return Shown(text, [&](const std::string& value) {
    Json json;
    json[name] = value;
    return json;
  });
}

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_RESULTS_H_
