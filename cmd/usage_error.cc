#include "cmd/usage_error.h"

#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace chainkeep::cmd {

std::string Quoted(std::string_view text) {
  constexpr size_t kLongest = 80;
  const bool cut = text.size() > kLongest;
  return absl::StrCat("'", absl::CHexEscape(text.substr(0, kLongest)),
                      cut ? "...'" : "'");
}

}  // namespace chainkeep::cmd
