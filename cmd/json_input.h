// Structures on the command line: JSON, or AWS's shorthand.
//
//   --registration-config '{"templateName": "fleet"}'
//   --registration-config templateName=fleet
//   --tags Key=team,Value=locks Key=stage,Value=beta
//
// Shorthand is name=value pairs, parted by commas; a value that holds a comma
// stands in quotes, single or double, where a backslash takes the next
// character as it is. What begins with { or [ is JSON: at most 8 levels deep,
// no member twice.
//
// Pure functions. They throw UsageError, which names the option, for what is
// neither, for unknown members and for values that are no strings. Lengths are
// the registry's business.

#ifndef CHAINKEEP_CMD_JSON_INPUT_H_
#define CHAINKEEP_CMD_JSON_INPUT_H_

#include <string>
#include <string_view>
#include <vector>

#include "chainkeep/ca_certificates.h"
#include "nlohmann/json.hpp"

namespace chainkeep::cmd {

// ParseJson lets nothing through that two readers could read differently.
nlohmann::json ParseJson(std::string_view option, std::string_view text);

RegistrationConfig ParseRegistrationConfig(std::string_view option,
                                           std::string_view text);

// One shorthand tag for each value, or all of them in one JSON array.
std::vector<Tag> ParseTags(std::string_view option,
                           const std::vector<std::string>& values);

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_JSON_INPUT_H_
