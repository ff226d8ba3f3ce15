// What texts and names in a request may look like.
//
// Every function is pure, allocates only for its error, and is linear in the
// text. `what` names the argument in the error, which is kInvalidRequest.

#ifndef CHAINKEEP_ENGINE_REGISTRY_TEXT_RULES_H_
#define CHAINKEEP_ENGINE_REGISTRY_TEXT_RULES_H_

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace chainkeep::registry {

// How many characters a text may have, both included.
struct Length {
  size_t min = 0;
  size_t max = 0;
};

// `text` is UTF-8 of that many characters (code points), without control
// characters, those of the direction of text among them.
absl::Status CheckText(std::string_view what, std::string_view text,
                       Length length);

// `name` has that many characters, each an ASCII letter, a digit, or one of
// `marks`.
absl::Status CheckName(std::string_view what, std::string_view name,
                       Length length, std::string_view marks);

// Likewise, and beside these all of Unicode that is not ASCII and no control
// character: of which of it is a letter this library has no table.
absl::Status CheckUnicodeName(std::string_view what, std::string_view name,
                              Length length, std::string_view marks);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_TEXT_RULES_H_
