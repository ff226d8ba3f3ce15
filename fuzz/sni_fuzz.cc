// Host names: one canonical form, which every form of the name leads to, and no
// IP address among them. Names of endpoints: those, and wildcards, each of
// which covers what it should.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "engine/sni/endpoint_name.h"
#include "engine/sni/host_name.h"
#include "fuzz/input.h"
#include "fuzz/require.h"

namespace chainkeep::fuzz {
namespace {

void CheckCanonical(std::string_view text) {
  Require(!text.empty() && text.size() <= sni::HostName::kMaxLength,
          "1 to 253 bytes");
  Require(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_") ==
              std::string_view::npos,
          "no other character");
  for (size_t at = 0, end = 0; end != std::string_view::npos; at = end + 1) {
    end = text.find('.', at);
    const std::string_view label = text.substr(at, end - at);
    Require(!label.empty() && label.size() <= 63 && label.front() != '-' &&
                label.back() != '-',
            "labels of 1 to 63 bytes, no '-' at either end");
  }
}

// `text` is any bytes; `name` is what HostName::Parse makes of them.
void CheckEndpointName(std::string_view text,
                       const std::optional<sni::HostName>& name) {
  const auto endpoint = sni::EndpointName::Parse(text);
  if (text.starts_with("*.")) {
    const auto below = sni::HostName::Parse(text.substr(2));
    const bool good = below && text.size() <= sni::HostName::kMaxLength &&
                      below->text().find('.') != std::string_view::npos;
    Require(endpoint.has_value() == good, "a wildcard of two labels or more");
    if (!endpoint) return;
    Require(endpoint->is_wildcard() && endpoint->parent() == below->text(),
            "a star and its parent");
    Require(!endpoint->CoveringWildcard(), "nothing covers a wildcard");
    const auto covered =
        sni::HostName::Parse("a" + std::string(text.substr(1)));
    Require(
        covered && sni::EndpointName(*covered).CoveringWildcard() == endpoint,
        "it covers what has a label in the place of the star");
    return;
  }
  Require(endpoint.has_value() == name.has_value(), "else it is a host name");
  if (!endpoint) return;
  Require(endpoint->text() == name->text(), "the same one");
  const auto dots = std::count(name->text().begin(), name->text().end(), '.');
  const auto wildcard = endpoint->CoveringWildcard();
  Require(wildcard.has_value() == (dots >= 2), "covered if of three labels");
  if (!wildcard) return;
  Require(wildcard->parent() == endpoint->parent(), "by its parent's wildcard");
  Require(sni::EndpointName::Parse(wildcard->text()) == wildcard,
          "which can be written");
}

std::string InOtherCase(std::string_view text) {
  std::string other(text);
  for (char& c : other) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) c ^= 0x20;
  }
  return other;
}

}  // namespace
}  // namespace chainkeep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chainkeep;
  using fuzz::Require;
  using sni::HostName;
  const std::string_view text = fuzz::AsText(Bytes(data, size));
  const auto name = HostName::Parse(text);
  fuzz::CheckEndpointName(text, name);
  Require(!sni::IsIpLiteral(text) || !name, "no IP address is a host name");

  const auto other = HostName::Parse(fuzz::InOtherCase(text));
  Require(name == other, "the case of a name does not matter");
  Require(sni::IsIpLiteral(text) == sni::IsIpLiteral(fuzz::InOtherCase(text)),
          "nor that of an address");
  if (!name) return 0;
  fuzz::CheckCanonical(name->text());
  const auto again = HostName::Parse(name->text());
  Require(again && *again == *name, "the canonical form is its own");
  return 0;
}
