// Arguments: one command line of the control plane, taken apart.
//
//   register-ca-certificate --account 111122223333 --region us-east-1
//       --ca-certificate file:///etc/ca.pem --set-as-active --id 7
//
// Words are separated by spaces; a word in double quotes may hold spaces, and
// \" and \\ there stand for themselves. An option is a word that begins with
// "--"; it takes the next word, unless it is one of the few switches. The form
// is that of `aws iot`, so its documentation is ours. Errors are
// ErrorCode::kInvalidRequest. Values are kept; nothing here is shared.

#ifndef CHAINKEEP_EXAMPLES_GATEWAY_ARGUMENTS_H_
#define CHAINKEEP_EXAMPLES_GATEWAY_ARGUMENTS_H_

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gateway {

class Arguments {
 public:
  static absl::StatusOr<Arguments> Parse(std::string_view line);

  // The first word.
  std::string_view command() const { return command_; }

  // The value of an option, for example Find("--account"); "" for a switch.
  std::optional<std::string_view> Find(std::string_view option) const;

  // The same, where its absence is an error.
  absl::StatusOr<std::string_view> Require(std::string_view option) const;

  // Get returns "" where the option is absent.
  std::string_view Get(std::string_view option) const;

  // An error if there is any option that is neither in `known` nor "--id".
  absl::Status CheckKnown(std::span<const std::string_view> known) const;

 private:
  absl::Status AddOption(std::string option, std::span<const std::string> rest);

  std::string command_;
  std::map<std::string, std::string, std::less<>> options_;
};

}  // namespace gateway

#endif  // CHAINKEEP_EXAMPLES_GATEWAY_ARGUMENTS_H_
