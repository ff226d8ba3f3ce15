// GeneralName and GeneralNames (RFC 5280 §4.2.1.6): the many forms in which a
// certificate can name its subject, or name constraints a subtree of names.
//
//   der::Result<GeneralNames> names = GeneralNames::Parse(contents);
//   if (!names.ok()) return names.fault();
//   GeneralNameReader reader(*names);
//   while (std::optional<GeneralName> name = reader.Next()) { ... }
//
// The form is known by the tag before anything of the contents is looked at, so
// no form is ever read as another (CVE-2023-0286). Of each form is checked what
// a later reader relies on:
//
//   rfc822Name, dNSName, URI   7 bits, no control characters, so no NUL in the
//                              middle of a name (CVE-2009-2408); may be empty
//   iPAddress                  4 or 16 bytes; 8 or 32, address and contiguous
//                              mask, as the base of a subtree
//   directoryName              a whole Name
//   registeredID               a well-formed OBJECT IDENTIFIER
//   otherName                  an OID and one value, [0] EXPLICIT
//   x400Address, ediPartyName  constructed, of whole elements; nothing here
//   acts
//                              on them
//
// Views of DER, no copy and no allocation; linear in the bytes. Plain values:
// copy them freely, share a reader no more than an int.

#ifndef CHAINKEEP_ENGINE_X509_GENERAL_NAME_H_
#define CHAINKEEP_ENGINE_X509_GENERAL_NAME_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "chainkeep/types.h"
#include "engine/der/cursor.h"
#include "engine/x509/name.h"

namespace chainkeep::x509 {

// NameForm is the number of the CHOICE, which is the context tag's.
enum class NameForm : uint8_t {
  kOtherName = 0,
  kRfc822Name = 1,
  kDnsName = 2,
  kX400Address = 3,
  kDirectoryName = 4,
  kEdiPartyName = 5,
  kUri = 6,
  kIpAddress = 7,
  kRegisteredId = 8,
};
inline constexpr size_t kNameFormCount = 9;

// AddressShape says what an iPAddress is: one address, in a subjectAltName, or
// an address and its mask, in name constraints (RFC 5280 §4.2.1.10).
enum class AddressShape : uint8_t { kAddress, kAddressAndMask };

struct GeneralName {
  NameForm form = NameForm::kOtherName;
  Bytes contents;       // of the tagged element
  Name directory_name;  // of kDirectoryName; else empty

  // The contents as text: of kRfc822Name, kDnsName and kUri.
  std::string_view text() const {
    return {reinterpret_cast<const char*>(contents.data()), contents.size()};
  }
};

// ReadGeneralName takes the next element, which must be a GeneralName. Where
// that fails, the cursor stays where it was.
der::Result<GeneralName> ReadGeneralName(der::Cursor& cursor,
                                         AddressShape shape,
                                         der::Tolerated* tolerated = nullptr);

// GeneralNames is a list of at least one name, all of them checked.
class GeneralNames {
 public:
  // Parse reads the contents of the SEQUENCE, addresses without masks.
  static der::Result<GeneralNames> Parse(Bytes contents,
                                         der::Tolerated* tolerated = nullptr);

  Bytes contents() const { return contents_; }

  // How many names of `form` there are.
  size_t Count(NameForm form) const {
    return counts_[static_cast<size_t>(form)];
  }

 private:
  GeneralNames() = default;

  Bytes contents_;
  std::array<uint32_t, kNameFormCount> counts_ = {};
};

// GeneralNameReader walks a parsed list.
class GeneralNameReader {
 public:
  explicit GeneralNameReader(const GeneralNames& names)
      : rest_(names.contents()) {}

  // The next name, or nothing at the end.
  std::optional<GeneralName> Next();

 private:
  der::Cursor rest_;
};

}  // namespace chainkeep::x509

#endif  // CHAINKEEP_ENGINE_X509_GENERAL_NAME_H_
