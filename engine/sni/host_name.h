// HostName is a server name that was checked and brought to its one form.
//
// 1 to 253 bytes of labels joined by '.', each of 1 to 63 of [a-z0-9_-], not
// beginning or ending with '-'; ASCII letters folded to lower case; no trailing
// dot, no IP address in any spelling (a last label of digits only, or "0x" and
// hex digits, is what a resolver would take for one). No IDNA: "xn--" labels
// are bytes like others (CVE-2022-3602 is what decoding can cost).
//
// Only Parse makes one, so a HostName in a signature is the proof that the name
// was checked. A value of 254 bytes; nothing is allocated.

#ifndef CHAINKEEP_ENGINE_SNI_HOST_NAME_H_
#define CHAINKEEP_ENGINE_SNI_HOST_NAME_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace chainkeep::sni {

class HostName {
 public:
  static constexpr size_t kMaxLength = 253;

  // Parse returns the canonical form, or nothing for a malformed name. Any
  // bytes may be given. Parse(Parse(x)->text()) gives the same name.
  static std::optional<HostName> Parse(std::string_view name);

  std::string_view text() const { return {text_.data(), size_}; }

  friend bool operator==(const HostName& a, const HostName& b) {
    return a.text() == b.text();
  }

 private:
  HostName() = default;

  std::array<char, kMaxLength> text_;
  uint8_t size_ = 0;
};

// IsIpLiteral returns whether `name` is an IPv4 address in dotted decimal, or
// an IPv6 address of RFC 4291 §2.2, with or without brackets or a zone.
bool IsIpLiteral(std::string_view name);

}  // namespace chainkeep::sni

#endif  // CHAINKEEP_ENGINE_SNI_HOST_NAME_H_
