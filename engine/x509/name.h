// Name is a distinguished name, compared as RFC 5280 §7.1 demands.
//
// Two names are equal when they have the same attributes in the same RDNs and
// each value is the same after normalization: PrintableString, UTF8String,
// IA5String, NumericString, BMPString and UniversalString are read as Unicode,
// ASCII letters folded to lower case, white space trimmed at both ends and
// collapsed inside. TeletexString, whose meaning nobody agrees on, and BIT
// STRING are compared byte for byte with their tag. The order of the attributes
// in an RDN does not matter: DER sorts them, but by bytes, and so by the case
// of their letters. Case is folded in ASCII only: that is stricter than RFC
// 4518 (two names that differ in the case of "é" stay different), never looser.
//
// Nothing is allocated: a name is a view of DER, and normalization runs over
// small buffers on the stack. Parsing, hashing and comparing are linear in the
// bytes of the names, whatever these are.

#ifndef CHAINKEEP_ENGINE_X509_NAME_H_
#define CHAINKEEP_ENGINE_X509_NAME_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chainkeep/types.h"
#include "engine/der/cursor.h"

namespace chainkeep::x509 {

// Attribute is one AttributeTypeAndValue.
struct Attribute {
  Bytes type;  // contents of the OBJECT IDENTIFIER
  der::Tag value_tag = 0;
  Bytes value;  // contents
};

class Name {
 public:
  // An empty name: no RDN.
  Name() = default;

  // Parse checks the whole form: `element` is a SEQUENCE OF non-empty SETs of
  // attributes without two that are equal. DER has a SET in the ascending order
  // of its encodings (X.690 §11.6); another order is tolerated in one of up to
  // 16 attributes, which are compared as a set, and `note` says so. More out of
  // order are kUnsupported. A value that is read as Unicode must be well-formed
  // as such (of PrintableString and IA5String that means ASCII: real issuers
  // write '@' and
  // '*' into the former). A value of any type but the above is kUnsupported.
  static der::Result<Name> Parse(Bytes element,
                                 der::Tolerated* tolerated = nullptr,
                                 std::string_view note = kOutOfOrder);
  static constexpr std::string_view kOutOfOrder =
      "directoryName: attributes of an RDN are not in DER's order";

  // The element, header included.
  Bytes der() const { return element_; }
  bool empty() const { return element_.size() <= 2; }

  // Hash is the same for equal names. `seed` is the process's secret.
  uint64_t Hash(uint64_t seed) const;

  // AppendComparable appends bytes that are the same for equal names, and for
  // no others.
  // Costs up to four times the length of the name, and sorting its RDNs.
  void AppendComparable(std::string* out) const;

  // The contents of the RDNSequence.
  Bytes rdns() const;

  friend bool operator==(const Name& a, const Name& b);

 private:
  explicit Name(Bytes element) : element_(element) {}

  Bytes element_;
};

// IsWithin returns whether `name` begins with all RDNs of `base`, as the
// subtree rule of RFC 5280 §7.1 has it.
bool IsWithin(const Name& name, const Name& base);

// MayBeWithin returns whether some reader could take `name` to begin with all
// RDNs of `base`: what is excluded must not be let in for a spelling that the
// normal form does not see through. So values are compared whatever the types
// of their strings are, and where one of two different characters is beyond
// ASCII, whose case and compatibility forms nothing here knows, that is doubt
// enough; as is a value of no string beside one of another type. Linear in the
// two names.
bool MayBeWithin(const Name& name, const Name& base);

// LeavesNoDoubt returns whether `name` is plain enough: between two such names
// MayBeWithin says what IsWithin does. Each RDN is one string of ASCII.
bool LeavesNoDoubt(const Name& name);

// AttributeReader walks a parsed name, attribute by attribute.
class AttributeReader {
 public:
  explicit AttributeReader(const Name& name) : rdns_(name.rdns()) {}

  // The next attribute, or nothing at the end. `starts_rdn` (may be null) says
  // whether it is the first of its RDN.
  std::optional<Attribute> Next(bool* starts_rdn = nullptr);

 private:
  der::Cursor rdns_;
  der::Cursor rdn_{Bytes()};
};

// The contents of the OIDs of attributes this library knows by name.
inline constexpr uint8_t kOidCommonName[] = {0x55, 0x04, 0x03};

// TextOf returns an attribute's value as UTF-8; nothing for one that is no
// string.
std::optional<std::string> TextOf(const Attribute& attribute);

// CommonNames returns how many commonName attributes `name` has, and sets
// `value` (may be null) to the last one, as UTF-8. A value that is no string is
// counted and reads as "".
int CommonNames(const Name& name, std::string* value);

// ToRfc4514 writes `name` for a person, RFC 4514, most specific RDN first, at
// most `limit` characters and then "...". Everything but printable ASCII is
// escaped as \HH.
std::string ToRfc4514(const Name& name, size_t limit);

}  // namespace chainkeep::x509

#endif  // CHAINKEEP_ENGINE_X509_NAME_H_
