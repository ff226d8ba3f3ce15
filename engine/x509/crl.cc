#include "engine/x509/crl.h"

#include <array>

#include "engine/der/time.h"
#include "engine/x509/fields.h"
#include "engine/x509/general_name.h"

namespace chainkeep::x509 {
namespace {

using der::Cursor;
using der::Fault;
using der::IllFormed;
using der::Result;
using der::Unsupported;

// The last byte of the OIDs id-ce (2.5.29) that are acted on.
enum IdCe : int {
  kCrlNumber = 20,
  kReasonCode = 21,
  kInvalidityDate = 24,
  kDeltaCrlIndicator = 27,
  kIssuingDistributionPoint = 28,
  kCertificateIssuer = 29,
  kAuthorityKeyIdentifier = 35,
};

// Calls `take(extension)` for each of `list`, until one gives a Fault. No OID
// may come twice; the limit keeps looking for that cheap.
template <typename Take>
Fault ForEachExtension(Bytes list, der::Tolerated* tolerated, Take take) {
  std::array<Bytes, 16> seen;
  size_t count = 0;
  for (Cursor cursor(list); !cursor.empty();) {
    Extension extension;
    Fault fault = ReadExtension(cursor, &extension, tolerated);
    if (fault.kind != Fault::Kind::kNone) return fault;
    for (size_t i = 0; i < count; ++i) {
      if (der::Equal(seen[i], extension.oid)) {
        return IllFormed("duplicate extension");
      }
    }
    if (count == seen.size()) return Unsupported("more than 16 extensions");
    seen[count++] = extension.oid;
    fault = take(extension);
    if (fault.kind != Fault::Kind::kNone) return fault;
  }
  return Fault();
}

// RFC 5280 §5.3.1; 7 is not used.
bool ParseReasonCode(Bytes value, RevocationReason* reason) {
  Cursor cursor(value);
  Bytes contents;
  if (!cursor.Read(der::kEnumerated, &contents) || !cursor.empty() ||
      contents.size() != 1 || contents[0] > 10 || contents[0] == 7) {
    return false;
  }
  *reason = static_cast<RevocationReason>(contents[0]);
  return true;
}

Fault TakeEntryExtension(const Extension& extension,
                         RevokedCertificate* entry) {
  UnixSeconds date;
  Cursor cursor(extension.value);
  switch (IdCeNumber(extension.oid)) {
    case kReasonCode:
      return ParseReasonCode(extension.value, &entry->reason)
                 ? Fault()
                 : IllFormed("reasonCode");
    case kInvalidityDate:
      // A GeneralizedTime by §5.3.2; real lists have UTCTime, too.
      return der::ReadTime(cursor, &date) && cursor.empty()
                 ? Fault()
                 : IllFormed("invalidityDate");
    case kCertificateIssuer:
      return Unsupported("indirect CRL: certificateIssuer");
    default:
      return extension.critical
                 ? Unsupported("unknown critical CRL entry extension")
                 : Fault();
  }
}

// Whether entries may have extensions: in version 2 (RFC 5280 §5.1.2.6).
enum class EntryForm : uint8_t { kVersion1, kVersion2 };

Fault ReadEntry(Cursor& list, EntryForm form, RevokedCertificate* entry,
                der::Tolerated* tolerated) {
  *entry = RevokedCertificate();
  Bytes contents;
  if (!list.ReadBoth(der::kSequence, &contents, &entry->element)) {
    return IllFormed("revokedCertificates");
  }
  Cursor fields(contents);
  if (!der::ReadInteger(fields, &entry->serial)) {
    return IllFormed("userCertificate: no INTEGER in the fewest bytes");
  }
  if (!der::ReadTime(fields, &entry->revoked_at)) {
    return IllFormed("revocationDate");
  }
  if (fields.empty()) return Fault();
  Bytes extensions;
  if (form == EntryForm::kVersion1 ||
      !fields.Read(der::kSequence, &extensions) || !fields.empty()) {
    return IllFormed("crlEntryExtensions");
  }
  if (extensions.empty()) {
    der::Note(tolerated, "crlEntryExtensions: the list is empty");
  }
  return ForEachExtension(extensions, tolerated,
                          [entry](const Extension& extension) {
                            return TakeEntryExtension(extension, entry);
                          });
}

bool ParseAuthorityKeyId(Bytes value, std::optional<Bytes>* key_id,
                         der::Tolerated* tolerated) {
  Cursor outer(value);
  Bytes contents, serial;
  if (!outer.Read(der::kSequence, &contents) || !outer.empty()) return false;
  Cursor fields(contents);
  std::optional<Bytes> issuer;
  if (!fields.ReadOptional(der::ContextPrimitive(0), key_id) ||
      !fields.ReadOptional(der::ContextConstructed(1), &issuer)) {
    return false;
  }
  // Issuer and serial stand together or not at all (RFC 5280 §4.2.1.1).
  if (issuer &&
      (!GeneralNames::Parse(*issuer, tolerated).ok() ||
       !der::ReadInteger(fields, &serial, der::ContextPrimitive(2)))) {
    return false;
  }
  return fields.empty();
}

// RFC 5280 §5.2.3: not negative, at most 20 octets.
bool ParseCrlNumber(Bytes value, std::optional<Bytes>* number) {
  Cursor cursor(value);
  Bytes contents;
  if (!der::ReadInteger(cursor, &contents) || !cursor.empty() ||
      contents.size() > 20 || (contents[0] & 0x80) != 0) {
    return false;
  }
  *number = contents;
  return true;
}

bool IsTime(const Cursor& cursor) {
  return cursor.NextIs(der::kUtcTime) || cursor.NextIs(der::kGeneralizedTime);
}

}  // namespace

Fault Crl::ParseExtension(int id_ce, Bytes value) {
  switch (id_ce) {
    case kCrlNumber:
      return ParseCrlNumber(value, &number_) ? Fault() : IllFormed("cRLNumber");
    case kAuthorityKeyIdentifier:
      return ParseAuthorityKeyId(value, &authority_key_id_, &tolerated_)
                 ? Fault()
                 : IllFormed("authorityKeyIdentifier");
    case kIssuingDistributionPoint: {
      const Result<IssuingDistributionPoint> point =
          IssuingDistributionPoint::Parse(value, &tolerated_);
      if (!point.ok()) return point.fault();
      if (point->is_indirect) return Unsupported("indirect CRL");
      distribution_point_ = *point;
      return Fault();
    }
    default:
      return Unsupported("CRL extension");
  }
}

Fault Crl::ParseExtensions(Bytes contents) {
  Cursor outer(contents);
  Bytes list;
  if (!outer.Read(der::kSequence, &list) || !outer.empty()) {
    return IllFormed("crlExtensions");
  }
  if (list.empty()) tolerated_.Note("crlExtensions: the list is empty");
  return ForEachExtension(
      list, &tolerated_, [this](const Extension& extension) {
        const int id_ce = IdCeNumber(extension.oid);
        switch (id_ce) {
          case kCrlNumber:
          case kAuthorityKeyIdentifier:
          case kIssuingDistributionPoint:
            return ParseExtension(id_ce, extension.value);
          case kDeltaCrlIndicator:
            // Critical by §5.2.4, and a delta whether or not it is marked so.
            return Unsupported("delta CRL");
          default:
            return extension.critical
                       ? Unsupported("unknown critical CRL extension")
                       : Fault();
        }
      });
}

Fault Crl::ParseTimes(Cursor& tbs) {
  if (!der::ReadTime(tbs, &this_update_)) return IllFormed("thisUpdate");
  if (!IsTime(tbs)) return Fault();
  UnixSeconds next_update;
  if (!der::ReadTime(tbs, &next_update)) return IllFormed("nextUpdate");
  next_update_ = next_update;
  return Fault();
}

Fault Crl::ParseRevoked(Cursor& tbs) {
  if (!tbs.NextIs(der::kSequence)) return Fault();
  if (!tbs.Read(der::kSequence, &revoked_)) {
    return IllFormed("revokedCertificates");
  }
  // By RFC 5280 §5.1.2.6 absent where nothing is revoked; many a CA's tool
  // writes an empty list, which says the same.
  if (revoked_.empty()) {
    tolerated_.Note("revokedCertificates: the list is empty");
  }
  const EntryForm form =
      version_ == 1 ? EntryForm::kVersion1 : EntryForm::kVersion2;
  for (Cursor list(revoked_); !list.empty(); ++revoked_count_) {
    RevokedCertificate entry;
    const Fault fault = ReadEntry(list, form, &entry, &tolerated_);
    if (fault.kind != Fault::Kind::kNone) return fault;
  }
  return Fault();
}

Fault Crl::ParseTbs(Bytes contents) {
  Cursor tbs(contents);
  if (tbs.NextIs(der::kInteger)) {
    // Only v2 is written; v1 is its absence.
    uint64_t version;
    if (!der::ReadUint(tbs, &version) || version != 1) {
      return IllFormed("version");
    }
    version_ = 2;
  }
  Bytes algorithm, issuer;
  if (!ReadAlgorithm(tbs, &algorithm)) return IllFormed("signature");
  if (!der::Equal(algorithm, signature_algorithm_)) {
    return IllFormed("signature and signatureAlgorithm differ");
  }
  if (!tbs.ReadElement(der::kSequence, &issuer)) return IllFormed("issuer");
  const Result<Name> name =
      Name::Parse(issuer, &tolerated_,
                  "issuer: attributes of an RDN are not in DER's order");
  if (!name.ok()) return name.fault();
  issuer_ = *name;

  Fault fault = ParseTimes(tbs);
  if (fault.kind != Fault::Kind::kNone) return fault;
  fault = ParseRevoked(tbs);
  if (fault.kind != Fault::Kind::kNone) return fault;

  std::optional<Bytes> extensions;
  if (!tbs.ReadOptional(der::ContextConstructed(0), &extensions) ||
      !tbs.empty()) {
    return IllFormed("TBSCertList");
  }
  if (!extensions) return Fault();
  if (version_ == 1) return IllFormed("extensions outside of version 2");
  return ParseExtensions(*extensions);
}

Result<Crl> Crl::Parse(Bytes der) {
  Cursor outer(der);
  Bytes contents, tbs;
  if (!outer.Read(der::kSequence, &contents) || !outer.empty()) {
    return IllFormed("CertificateList");
  }
  Crl crl;
  crl.der_ = der;
  Cursor fields(contents);
  der::BitString signature;
  if (!fields.ReadBoth(der::kSequence, &tbs, &crl.tbs_)) {
    return IllFormed("TBSCertList");
  }
  if (!ReadAlgorithm(fields, &crl.signature_algorithm_)) {
    return IllFormed("signatureAlgorithm");
  }
  if (!der::ReadBitString(fields, &signature) || signature.unused != 0 ||
      !fields.empty()) {
    return IllFormed("signatureValue");
  }
  crl.signature_ = signature.bytes;
  const Fault fault = crl.ParseTbs(tbs);
  if (fault.kind != Fault::Kind::kNone) return fault;
  return crl;
}

std::optional<RevokedCertificate> RevokedReader::Next() {
  RevokedCertificate entry;
  // Which version it is has been checked.
  const Fault fault =
      ReadEntry(rest_, EntryForm::kVersion2, &entry, /*tolerated=*/nullptr);
  if (fault.kind != Fault::Kind::kNone) return std::nullopt;
  return entry;
}

}  // namespace chainkeep::x509
