// Host names and mailboxes as text, for comparing them with name constraints.
//
// Everything here folds ASCII case and knows labels, and nothing decodes "xn--"
// (CVE-2022-3602 is what decoding can cost). Pure functions over views; any
// thread may call. Each is linear in the text.

#ifndef CHAINKEEP_ENGINE_X509_HOST_TEXT_H_
#define CHAINKEEP_ENGINE_X509_HOST_TEXT_H_

#include <optional>
#include <string_view>

namespace chainkeep::x509 {

// IsHost returns whether `text` is a host name: 1 to 253 bytes, labels of 1 to
// 63 of [A-Za-z0-9_-] joined by '.', and not an IPv4 address in any spelling
// (a last label of digits only, or "0x" and hex digits).
bool IsHost(std::string_view text);

// HasWholeLabels returns whether `text` is one or more non-empty labels joined
// by '.', of visible ASCII. What a dNSName needs so that labels can be
// compared.
bool HasWholeLabels(std::string_view text);

// WithoutTrailingDot drops one '.' at the end: "example.com." is the absolute
// spelling of "example.com".
std::string_view WithoutTrailingDot(std::string_view text);

// CompareFromEnd orders texts by their last character first, case folded, and
// '.' before everything else, so that what lies below a host name stands right
// behind it. Returns less than, equal to or greater than zero.
int CompareFromEnd(std::string_view a, std::string_view b);

// LiesBelow returns whether `host` is `base` or has it as its last labels. A
// `base` that begins with '.' is not below itself: ".example.com" covers what
// has one label more, and any further ones. An empty `base` covers everything.
bool LiesBelow(std::string_view host, std::string_view base);

// Mailbox is an rfc822Name in the form of RFC 5321 §4.1.2 without quoted local
// parts and address literals, which are read by too few to compare safely. Its
// local part, not its host, may have characters beyond ASCII (RFC 9598).
struct Mailbox {
  std::string_view local_part;
  std::string_view host;
};
std::optional<Mailbox> ParseMailbox(std::string_view text);

// UriHost returns the host of a URI with an authority (RFC 3986 §3.2). Nothing
// if there is none, if it is an IP address, or if the authority has characters
// that RFC 3986 does not allow in it: "http://a\@b" names a or b, depending on
// who reads it.
std::optional<std::string_view> UriHost(std::string_view uri);

}  // namespace chainkeep::x509

#endif  // CHAINKEEP_ENGINE_X509_HOST_TEXT_H_
