#include "engine/sni/host_name.h"

#include <algorithm>

namespace chainkeep::sni {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

char ToLower(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; }

bool IsHexDigit(char c) {
  const char lower = ToLower(c);
  return IsDigit(c) || (lower >= 'a' && lower <= 'f');
}

// The underscore is no letter of a host name (RFC 952), but names with it are
// looked up in practice, and it means nothing special to anybody.
bool IsLabelCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

constexpr size_t kMaxLabel = 63;

bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' &&
         label.back() != '-' &&
         std::all_of(label.begin(), label.end(), IsLabelCharacter);
}

// What the last label of an IPv4 address looks like to the parsers that take
// more than dotted decimal ("127.1", "0x7f000001"): WHATWG URL calls it
// "ends in a number".
bool EndsInNumber(std::string_view last) {
  if (std::all_of(last.begin(), last.end(), IsDigit)) return true;
  return last.starts_with("0x") &&
         std::all_of(last.begin() + 2, last.end(), IsHexDigit);
}

bool IsIpv4(std::string_view name) {
  int parts = 0;
  for (;;) {
    const size_t dot = name.find('.');
    const std::string_view part = name.substr(0, dot);
    if (part.empty() || part.size() > 3 ||
        !std::all_of(part.begin(), part.end(), IsDigit)) {
      return false;
    }
    int value = 0;
    for (char c : part) value = value * 10 + (c - '0');
    if (value > 255 || ++parts > 4) return false;
    if (dot == std::string_view::npos) return parts == 4;
    name.remove_prefix(dot + 1);
  }
}

// Counts groups of 1 to 4 hex digits between colons (RFC 4291 §2.2); the last
// may be an IPv4 address and counts two. -1 if it is none.
int CountIpv6Groups(std::string_view text) {
  if (text.empty()) return 0;
  int groups = 0;
  for (;;) {
    const size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (colon == std::string_view::npos && IsIpv4(group)) return groups + 2;
    if (group.empty() || group.size() > 4 ||
        !std::all_of(group.begin(), group.end(), IsHexDigit)) {
      return -1;
    }
    ++groups;
    if (colon == std::string_view::npos) return groups;
    text.remove_prefix(colon + 1);
  }
}

bool IsIpv6(std::string_view name) {
  if (name.starts_with('[') && name.ends_with(']')) {
    name = name.substr(1, name.size() - 2);
  }
  name = name.substr(0, name.find('%'));  // the zone of RFC 4007 §11
  if (name.find(':') == std::string_view::npos) return false;
  const size_t gap = name.find("::");
  if (gap == std::string_view::npos) return CountIpv6Groups(name) == 8;
  const int before = CountIpv6Groups(name.substr(0, gap));
  const int after = CountIpv6Groups(name.substr(gap + 2));
  return before >= 0 && after >= 0 && before + after <= 7;
}

}  // namespace

std::optional<HostName> HostName::Parse(std::string_view name) {
  if (name.empty() || name.size() > kMaxLength) return std::nullopt;
  HostName result;
  std::transform(name.begin(), name.end(), result.text_.begin(), ToLower);
  result.size_ = static_cast<uint8_t>(name.size());

  std::string_view rest = result.text();
  for (;;) {
    const size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    if (!IsLabel(label)) return std::nullopt;
    if (dot == std::string_view::npos) {
      if (EndsInNumber(label)) return std::nullopt;
      return result;
    }
    rest.remove_prefix(dot + 1);
  }
}

bool IsIpLiteral(std::string_view name) { return IsIpv4(name) || IsIpv6(name); }

}  // namespace chainkeep::sni
