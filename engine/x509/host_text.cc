#include "engine/x509/host_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace chainkeep::x509 {
namespace {

bool IsLabelCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
         c == '_';
}

bool AllOf(std::string_view text, bool (*is_member)(unsigned char)) {
  return std::all_of(text.begin(), text.end(), [is_member](char c) {
    return is_member(static_cast<unsigned char>(c));
  });
}

// What a resolver takes for the last part of an IPv4 address.
bool LooksNumeric(std::string_view label) {
  if (AllOf(label, absl::ascii_isdigit)) return true;
  return absl::StartsWithIgnoreCase(label, "0x") &&
         AllOf(label.substr(2), absl::ascii_isxdigit);
}

// The key of a character in CompareFromEnd.
unsigned char FromEndKey(char c) {
  return c == '.' ? 0 : absl::ascii_tolower(static_cast<unsigned char>(c));
}

// RFC 5322 §3.2.3: atext and '.'.
// RFC 5321 §4.1.2, and RFC 6531 §3.3: all that is beyond ASCII.
bool IsLocalCharacter(char c) {
  return static_cast<unsigned char>(c) >= 0x80 ||
         absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) !=
             std::string_view::npos;
}

// RFC 3986 §3.2: what may stand in an authority. Percent signs are taken with
// whatever follows; in the host they are not.
bool IsAuthorityCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("-._~!$&'()*+,;=:@%").find(c) !=
             std::string_view::npos;
}

bool IsSchemeCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '+' ||
         c == '-' || c == '.';
}

// What stands between "scheme://" and the path; nothing if there is no such
// beginning.
std::optional<std::string_view> UriAuthority(std::string_view uri) {
  const size_t colon = uri.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::string_view scheme = uri.substr(0, colon);
  if (!absl::ascii_isalpha(static_cast<unsigned char>(scheme.front())) ||
      !std::all_of(scheme.begin(), scheme.end(), IsSchemeCharacter)) {
    return std::nullopt;
  }
  std::string_view rest = uri.substr(colon + 1);
  if (!absl::StartsWith(rest, "//")) return std::nullopt;
  rest.remove_prefix(2);
  return rest.substr(0, rest.find_first_of("/?#"));
}

}  // namespace

bool HasWholeLabels(std::string_view text) {
  bool label_is_empty = true;
  for (char c : text) {
    if (c == '.') {
      if (label_is_empty) return false;
      label_is_empty = true;
    } else {
      if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) return false;
      label_is_empty = false;
    }
  }
  return !label_is_empty;
}

bool IsHost(std::string_view text) {
  if (text.size() > 253 || !HasWholeLabels(text)) return false;
  std::string_view label;
  for (size_t begin = 0; begin <= text.size(); begin += label.size() + 1) {
    label = text.substr(begin, text.substr(begin).find('.'));
    if (label.size() > 63 ||
        !std::all_of(label.begin(), label.end(), IsLabelCharacter)) {
      return false;
    }
  }
  return !LooksNumeric(label);
}

std::string_view WithoutTrailingDot(std::string_view text) {
  if (absl::EndsWith(text, ".")) text.remove_suffix(1);
  return text;
}

int CompareFromEnd(std::string_view a, std::string_view b) {
  size_t i = a.size(), j = b.size();
  while (i > 0 && j > 0) {
    const int difference = FromEndKey(a[--i]) - FromEndKey(b[--j]);
    if (difference != 0) return difference;
  }
  return i == j ? 0 : i < j ? -1 : 1;
}

bool LiesBelow(std::string_view host, std::string_view base) {
  if (base.empty()) return true;
  if (!absl::EndsWithIgnoreCase(host, base)) return false;
  if (base.front() == '.') return host.size() > base.size();
  return host.size() == base.size() ||
         host[host.size() - base.size() - 1] == '.';
}

std::optional<Mailbox> ParseMailbox(std::string_view text) {
  const size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  const Mailbox mailbox{text.substr(0, at), text.substr(at + 1)};
  if (!std::all_of(mailbox.local_part.begin(), mailbox.local_part.end(),
                   IsLocalCharacter) ||
      !IsHost(mailbox.host)) {
    return std::nullopt;
  }
  return mailbox;
}

std::optional<std::string_view> UriHost(std::string_view uri) {
  const std::optional<std::string_view> authority = UriAuthority(uri);
  if (!authority || !std::all_of(authority->begin(), authority->end(),
                                 IsAuthorityCharacter)) {
    return std::nullopt;
  }
  std::string_view host = *authority;
  if (const size_t at = host.find('@'); at != std::string_view::npos) {
    host.remove_prefix(at + 1);
  }
  if (const size_t colon = host.find(':'); colon != std::string_view::npos) {
    if (!AllOf(host.substr(colon + 1), absl::ascii_isdigit)) {
      return std::nullopt;
    }
    host = host.substr(0, colon);
  }
  host = WithoutTrailingDot(host);
  // A second '@' has stayed in the host, and IsHost refuses it.
  if (!IsHost(host)) return std::nullopt;
  return host;
}

}  // namespace chainkeep::x509
