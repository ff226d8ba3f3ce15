#include "engine/registry/text_rules.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/der/cursor.h"
#include "engine/x509/normalized_value.h"

namespace chainkeep::registry {
namespace {

absl::Status Refuse(std::string_view what, std::string_view why) {
  return MakeError(ErrorCode::kInvalidRequest, absl::StrCat(what, " ", why));
}

// C0 and C1 controls and DEL; line and paragraph separators; and what turns the
// direction of a text around (Unicode's UAX #9), so that it reads as another.
bool IsControl(uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e ||
         c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

// Calls `allowed` with each code point.
template <typename Allowed>
absl::Status CheckCharacters(std::string_view what, std::string_view text,
                             Length length, Allowed allowed) {
  // No character has fewer bytes than one: this bounds the walk.
  constexpr size_t kMaxUtf8Bytes = 4;
  size_t characters = 0;
  if (text.size() <= length.max * kMaxUtf8Bytes) {
    Bytes rest = AsBytes(text);
    if (!x509::IsText(der::kUtf8String, rest)) {
      return Refuse(what, "is not UTF-8");
    }
    for (; !rest.empty(); ++characters) {
      if (!allowed(x509::NextCodePoint(der::kUtf8String, &rest))) {
        return Refuse(what, "has a character that is not allowed");
      }
    }
  } else {
    characters = text.size();
  }
  if (characters >= length.min && characters <= length.max) {
    return absl::OkStatus();
  }
  return Refuse(what, absl::StrCat("must have ", length.min, " to ", length.max,
                                   " characters"));
}

bool IsNameCharacter(uint32_t c, std::string_view marks) {
  if (c >= 0x80) return false;
  const char ascii = static_cast<char>(c);
  return absl::ascii_isalnum(ascii) ||
         marks.find(ascii) != std::string_view::npos;
}

}  // namespace

absl::Status CheckText(std::string_view what, std::string_view text,
                       Length length) {
  return CheckCharacters(what, text, length,
                         [](uint32_t c) { return !IsControl(c); });
}

absl::Status CheckName(std::string_view what, std::string_view name,
                       Length length, std::string_view marks) {
  return CheckCharacters(what, name, length, [marks](uint32_t c) {
    return IsNameCharacter(c, marks);
  });
}

absl::Status CheckUnicodeName(std::string_view what, std::string_view name,
                              Length length, std::string_view marks) {
  return CheckCharacters(what, name, length, [marks](uint32_t c) {
    return IsNameCharacter(c, marks) || (c >= 0x80 && !IsControl(c));
  });
}

}  // namespace chainkeep::registry
