// One name against one base of a GeneralSubtree (RFC 5280 §4.2.1.10).
//
//   form            a base covers
//   dNSName         itself and what has further labels in front; one that
//                   begins with '.' only the latter; "" everything; "." nothing
//   iPAddress       the addresses of its own family that agree under its mask
//   rfc822Name      "user@host" that mailbox; "host" all on that host;
//   ".domain"
//                   all on the hosts below
//   URI             "host" and ".domain" likewise, of the URI's host
//   directoryName   the names that begin with its RDNs
//
// Where RFC 5280 leaves a doubt, it falls against the name, whichever list the
// base is in. So a wildcard "*.example.com" is covered by a permitted base only
// if all of its expansions are, and by an excluded base if one is
// (RUSTSEC-2026-0099, CVE-2025-61727); and the local part of a mailbox, which
// RFC 5321 §2.4 leaves to its host, is compared exactly with a permitted base
// and without case with an excluded one; and a directoryName is within an
// excluded base if any reader could take it to be (MayBeWithin).
//
// Pure functions over views; nothing is allocated; linear in the two texts.

#ifndef CHAINKEEP_ENGINE_X509_SUBTREE_H_
#define CHAINKEEP_ENGINE_X509_SUBTREE_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/x509/general_name.h"

namespace chainkeep::x509 {

// SubtreeList says which list of a NameConstraints a base stands in.
enum class SubtreeList : uint8_t { kPermitted, kExcluded };

// IsReadableBase returns whether names can be compared with `base`: its form is
// one of the five above, and it is spelled as that form's bases are. A base
// that is not must not be ignored: refuse the names of its form
// (RUSTSEC-2026-0098).
bool IsReadableBase(const GeneralName& base);

// ComparableName is a name that can be compared with bases of its form, read
// once for all of them. Views the name it was made of.
struct ComparableName {
  NameForm form = NameForm::kDnsName;
  std::string_view host;        // of kDnsName, kRfc822Name and kUri
  std::string_view local_part;  // of kRfc822Name
  Bytes address;                // of kIpAddress
  Name directory;               // of kDirectoryName
};

// ToComparable returns `name` ready to be compared; nothing if it is not made
// of whole labels, no mailbox, a URI without a host or with an address for one,
// or of none of the five forms.
std::optional<ComparableName> ToComparable(const GeneralName& name);

// Covers returns whether `name` is in the subtree of `base`, which must be
// readable.
bool Covers(const GeneralName& base, const ComparableName& name,
            SubtreeList list);

// DnsBase returns what a dNSName base compares as; nothing for ".", the root,
// which no certificate can name.
std::optional<std::string_view> DnsBase(std::string_view text);

// WildcardRest returns what follows "*." in a wildcard name; "" for "*" alone;
// nothing for other names. A '*' elsewhere is a character like others.
std::optional<std::string_view> WildcardRest(std::string_view host);

// WithoutFirstLabel returns `base` without its first label, "" for a single
// label; nothing if there is no first label to leave out.
std::optional<std::string_view> WithoutFirstLabel(std::string_view base);

}  // namespace chainkeep::x509

#endif  // CHAINKEEP_ENGINE_X509_SUBTREE_H_
