// --cli-input-json and --generate-cli-skeleton: the arguments of a command as
// the JSON object that AWS's API takes.
//
//   {"caCertificate": "-----BEGIN CERTIFICATE…", "setAsActive": true,
//    "tags": [{"Key": "team", "Value": "locks"}]}
//
// A member is an option, its name in camel case. Text stands there as it is:
// file:// is not followed. Flags are true or false, lists are arrays, and
// structures are what their options take as JSON. What is typed as well counts
// before it.
//
// Pure functions.

#ifndef CHAINKEEP_CMD_CLI_INPUT_H_
#define CHAINKEEP_CMD_CLI_INPUT_H_

#include <string_view>

#include "cmd/arguments.h"
#include "cmd/command.h"

namespace chainkeep::cmd {

inline constexpr std::string_view kCliInputJson = "cli-input-json";
inline constexpr std::string_view kGenerateCliSkeleton =
    "generate-cli-skeleton";

// AddCliInput adds to `arguments` what `text`, the option's value, says. Throws
// UsageError, which names the member: it is none of the command's, or of
// another type than its option.
void AddCliInput(const CommandSpec& command, std::string_view text,
                 Arguments& arguments);

// CliSkeleton returns such an object with every member of the command, empty.
Json CliSkeleton(const CommandSpec& command);

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_CLI_INPUT_H_
