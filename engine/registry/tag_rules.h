// The rules of tags, and the one place that knows how they are limited.
//
// Pure; any thread may call.

#ifndef CHAINKEEP_ENGINE_REGISTRY_TAG_RULES_H_
#define CHAINKEEP_ENGINE_REGISTRY_TAG_RULES_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "chainkeep/ca_certificates.h"

namespace chainkeep::registry {

inline constexpr size_t kMaxTags = 50;

// At most kMaxTags; keys of 1 to 128 characters, each once; values of 0 to 256;
// both of letters, digits, spaces and _ . : / = + - @, and of Unicode beyond
// ASCII anything but control characters. Errors: kInvalidRequest.
absl::Status CheckTags(const std::vector<Tag>& tags);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_TAG_RULES_H_
