// EndpointName is what an endpoint is stored under: a host name, or a wildcard.
//
// A wildcard is "*." before a host name of at least two labels. It covers every
// host name that has exactly one label in the place of the star, and nothing
// else: "*.example.com" covers "a.example.com", not "example.com" and not
// "a.b.example.com". Two labels, because what covers all of a top-level domain
// is a mistake or an attack. Wildcards exist for those who switch them on.
//
// WHICH ENDPOINT SERVES A NAME is decided by FindMostSpecific, and nowhere
// else: two look-ups with two ideas of it are how a rule of one is escaped
// through the other (CVE-2022-46153 and its like).
//
// Values of some 250 bytes; nothing is allocated.

#ifndef CHAINKEEP_ENGINE_SNI_ENDPOINT_NAME_H_
#define CHAINKEEP_ENGINE_SNI_ENDPOINT_NAME_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/sni/host_name.h"

namespace chainkeep::sni {

class EndpointName {
 public:
  // Parse returns the canonical form of a host name or of a wildcard, or
  // nothing for a malformed one.
  static std::optional<EndpointName> Parse(std::string_view text);

  // Every host name is one.
  EndpointName(const HostName& name);  // NOLINT(google-explicit-constructor)

  // The one wildcard that covers it; nothing for a name of fewer than three
  // labels, and for a wildcard.
  std::optional<EndpointName> CoveringWildcard() const;

  bool is_wildcard() const { return text_[0] == '*'; }
  std::string_view text() const { return {text_.data(), size_}; }

  // What follows the first label: "example.com" for "a.example.com" and for
  // "*.example.com", which covers what has the same parent. May be empty.
  std::string_view parent() const { return ParentOf(text()); }
  static std::string_view ParentOf(std::string_view text);

  friend bool operator==(const EndpointName& a, const EndpointName& b) {
    return a.text() == b.text();
  }

 private:
  EndpointName() = default;

  std::array<char, HostName::kMaxLength> text_;
  uint8_t size_ = 0;
};

// FindMostSpecific returns what `find` has for `name`, or else for the wildcard
// that covers it. `find` takes the text of an EndpointName and returns
// something that converts to bool, and whose values are equal only if nothing
// was changed in between, such as pointers to records under one pin.
//
// What it returns was so at one moment between call and return, whatever others
// change meanwhile: the name is looked for while the wildcard stays the same.
// If it never does, in a few attempts, the answer is nothing.
template <typename Find>
auto FindMostSpecific(const HostName& name, Find find)
    -> decltype(find(name.text())) {
  constexpr int kAttempts = 4;
  if (auto exact = find(name.text())) return exact;
  const std::optional<EndpointName> wildcard =
      EndpointName(name).CoveringWildcard();
  if (!wildcard) return {};
  auto covering = find(wildcard->text());
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (auto exact = find(name.text())) return exact;
    auto again = find(wildcard->text());
    if (again == covering) return covering;
    covering = again;
  }
  return {};
}

}  // namespace chainkeep::sni

#endif  // CHAINKEEP_ENGINE_SNI_ENDPOINT_NAME_H_
