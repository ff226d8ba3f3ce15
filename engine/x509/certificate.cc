#include "engine/x509/certificate.h"

#include <algorithm>

#include "engine/der/time.h"
#include "engine/x509/distribution_point.h"
#include "engine/x509/fields.h"
#include "engine/x509/general_name.h"
#include "engine/x509/name_constraints.h"

namespace chainkeep::x509 {
namespace {

using der::Cursor;
using der::Fault;
using der::IllFormed;
using der::Unsupported;

// The last byte of the OIDs id-ce (2.5.29) that are acted on.
enum IdCe : uint8_t {
  kSubjectKeyIdentifier = 14,
  kKeyUsage = 15,
  kSubjectAltName = 17,
  kBasicConstraints = 19,
  kNameConstraints = 30,
  kCrlDistributionPoints = 31,
  kCertificatePolicies = 32,
  kPolicyMappings = 33,
  kAuthorityKeyIdentifier = 35,
  kPolicyConstraints = 36,
  kExtKeyUsage = 37,
  kInhibitAnyPolicy = 54,
  kNoRevAvail = 56,
};

bool ReadSpki(Cursor& cursor, Bytes* element) {
  Bytes contents, algorithm;
  if (!cursor.ReadBoth(der::kSequence, &contents, element)) return false;
  Cursor fields(contents);
  der::BitString key;
  return ReadAlgorithm(fields, &algorithm) &&
         der::ReadBitString(fields, &key) && fields.empty();
}

bool ReadVersion(Cursor& tbs, int* version, der::Tolerated* tolerated) {
  std::optional<Bytes> explicit_version;
  if (!tbs.ReadOptional(der::ContextConstructed(0), &explicit_version)) {
    return false;
  }
  *version = 1;
  if (!explicit_version) return true;
  Cursor cursor(*explicit_version);
  uint64_t value;
  if (!der::ReadUint(cursor, &value) || !cursor.empty() || value > 2) {
    return false;
  }
  if (value == 0) {
    der::Note(tolerated, "version: v1 is written, which is the DEFAULT");
  }
  *version = static_cast<int>(value) + 1;
  return true;
}

bool ReadValidity(Cursor& tbs, UnixSeconds* not_before,
                  UnixSeconds* not_after) {
  Bytes contents;
  if (!tbs.Read(der::kSequence, &contents)) return false;
  Cursor fields(contents);
  return der::ReadTime(fields, not_before) &&
         der::ReadTime(fields, not_after) && fields.empty();
}

bool ReadUniqueId(Cursor& tbs, unsigned number, int version) {
  std::optional<Bytes> id;
  if (!tbs.ReadOptional(der::ContextPrimitive(number), &id)) return false;
  der::BitString bits;
  return !id || (version >= 2 && der::ParseBitString(*id, &bits));
}

// --- Extensions, each from the contents of its extnValue. -------------------

// The contents of the one element of `value`.
bool Only(der::Tag tag, Bytes value, Bytes* contents) {
  Cursor cursor(value);
  return cursor.Read(tag, contents) && cursor.empty();
}

bool ParseBasicConstraints(Bytes value, Extensions* out,
                           der::Tolerated* tolerated) {
  constexpr der::FlagNotes kCa = {
      "basicConstraints: cA FALSE is written, which is the DEFAULT",
      "basicConstraints: cA TRUE is not written as FF"};
  Bytes contents;
  if (!Only(der::kSequence, value, &contents)) return false;
  Cursor fields(contents);
  bool ca;
  if (!der::ReadFlag(fields, &ca, kCa, tolerated)) return false;
  if (!fields.empty()) {
    uint64_t length;
    if (!der::ReadUint(fields, &length) || !fields.empty()) return false;
    out->path_length =
        static_cast<uint32_t>(std::min<uint64_t>(length, UINT32_MAX));
  }
  out->has_basic_constraints = true;
  out->is_ca = ca;
  return true;
}

Fault ParseKeyUsage(Bytes value, Extensions* out, der::Tolerated* tolerated) {
  Cursor cursor(value);
  der::BitString bits;
  if (!der::ReadBitString(cursor, &bits) || !cursor.empty()) {
    return IllFormed("keyUsage");
  }
  if (bits.bytes.empty() || der::EndsInZero(bits)) {
    // RFC 5280 §4.2.1.3.
    if (std::all_of(bits.bytes.begin(), bits.bytes.end(),
                    [](uint8_t byte) { return byte == 0; })) {
      return IllFormed("keyUsage: no bit is set");
    }
    der::Note(tolerated, "keyUsage: it ends in zero bits");
  }
  out->key_usage = bits;
  return Fault();
}

bool ParseExtKeyUsage(Bytes value, Extensions* out) {
  Bytes contents, purpose;
  if (!Only(der::kSequence, value, &contents) || contents.empty()) return false;
  Cursor purposes(contents);
  while (!purposes.empty()) {
    if (!der::ReadOid(purposes, &purpose)) return false;
  }
  out->extended_key_usage = contents;
  return true;
}

bool ParseSubjectKeyId(Bytes value, Extensions* out) {
  Bytes id;
  if (!Only(der::kOctetString, value, &id)) return false;
  out->subject_key_id = id;
  return true;
}

bool ParseAuthorityKeyId(Bytes value, Extensions* out) {
  Bytes contents, serial;
  if (!Only(der::kSequence, value, &contents)) return false;
  Cursor fields(contents);
  std::optional<Bytes> issuer;
  if (!fields.ReadOptional(der::ContextPrimitive(0), &out->authority_key_id) ||
      !fields.ReadOptional(der::ContextConstructed(1), &issuer)) {
    return false;
  }
  // Issuer and serial stand together or not at all (RFC 5280 §4.2.1.1).
  if (issuer) {
    if (issuer->empty() ||
        !der::ReadInteger(fields, &serial, der::ContextPrimitive(2))) {
      return false;
    }
  }
  return fields.empty();
}

// Names of which one is well-formed and cannot be read are kept: left out, they
// would look like none, and no constraint would hold them. Kept, they are
// forbidden wherever names are constrained.
Fault ParseSubjectAltName(Bytes value, Extensions* out,
                          der::Tolerated* tolerated) {
  Bytes contents;
  if (!Only(der::kSequence, value, &contents)) {
    return IllFormed("subjectAltName");
  }
  const Fault fault = GeneralNames::Parse(contents, tolerated).fault();
  if (fault.kind == Fault::Kind::kIllFormed) return fault;
  out->subject_alt_name = contents;
  return Fault();
}

// Constraints that are well-formed and not implemented are kept: they refuse
// where they are applied.
Fault ParseNameConstraints(Bytes value, Extensions* out,
                           der::Tolerated* tolerated) {
  Bytes contents;
  if (!Only(der::kSequence, value, &contents)) {
    return IllFormed("nameConstraints");
  }
  const Fault fault = NameConstraints::Parse(contents, tolerated).fault();
  if (fault.kind == Fault::Kind::kIllFormed) return fault;
  out->name_constraints = contents;
  return Fault();
}

// Likewise: points that cannot be compared leave the status unknown.
Fault ParseCrlDistributionPoints(Bytes value, Extensions* out,
                                 der::Tolerated* tolerated) {
  const Fault fault = DistributionPoints::Parse(value, tolerated).fault();
  if (fault.kind == Fault::Kind::kIllFormed) return fault;
  out->crl_distribution_points = value;
  return Fault();
}

bool IsNull(Bytes value) {
  Cursor cursor(value);
  Bytes contents;
  return cursor.Read(der::kNull, &contents) && contents.empty() &&
         cursor.empty();
}

// Puts what was parsed into its place, or returns why it was not.
template <typename T, typename Place>
Fault Keep(const der::Result<T>& parsed, Place* place) {
  if (!parsed.ok()) return parsed.fault();
  *place = *parsed;
  return Fault();
}

Fault Check(bool well_formed, std::string_view what) {
  return well_formed ? Fault() : IllFormed(what);
}

// Parses one extension; nothing if it is none that is acted on. A fault of any
// kind is the certificate's: an extension that could not be read must never
// look like one that is not there.
std::optional<Fault> ParseKnown(int id_ce, Bytes value, Extensions* out,
                                der::Tolerated* tolerated) {
  switch (id_ce) {
    case kSubjectKeyIdentifier:
      return Check(ParseSubjectKeyId(value, out), "subjectKeyIdentifier");
    case kKeyUsage:
      return ParseKeyUsage(value, out, tolerated);
    case kSubjectAltName:
      return ParseSubjectAltName(value, out, tolerated);
    case kBasicConstraints:
      return Check(ParseBasicConstraints(value, out, tolerated),
                   "basicConstraints");
    case kNameConstraints:
      return ParseNameConstraints(value, out, tolerated);
    case kCrlDistributionPoints:
      return ParseCrlDistributionPoints(value, out, tolerated);
    case kCertificatePolicies:
      return Keep(CertificatePolicies::Parse(value), &out->policies.policies);
    case kPolicyMappings:
      return Keep(PolicyMappings::Parse(value), &out->policies.mappings);
    case kPolicyConstraints:
      return Keep(ParsePolicyConstraints(value), &out->policies.constraints);
    case kInhibitAnyPolicy:
      return Keep(ParseInhibitAnyPolicy(value),
                  &out->policies.inhibit_any_policy);
    case kAuthorityKeyIdentifier:
      return Check(ParseAuthorityKeyId(value, out), "authorityKeyIdentifier");
    case kExtKeyUsage:
      return Check(ParseExtKeyUsage(value, out), "extKeyUsage");
    case kNoRevAvail:
      out->has_no_rev_avail = true;
      return Check(IsNull(value), "noRevAvail");
    default:
      return std::nullopt;
  }
}

// SeenOids refuses an OID it was shown before. Those below id-ce have a bit
// each; others are compared with each other, and the limit keeps that small.
// Real certificates have about ten extensions.
class SeenOids {
 public:
  Fault Add(int id_ce, Bytes oid) {
    if (id_ce >= 0 && id_ce < 64) {
      const uint64_t bit = uint64_t{1} << id_ce;
      if ((id_ce_ & bit) != 0) return IllFormed("duplicate extension");
      id_ce_ |= bit;
      return Fault();
    }
    for (size_t i = 0; i < count_; ++i) {
      if (der::Equal({oids_[i].data, oids_[i].size}, oid)) {
        return IllFormed("duplicate extension");
      }
    }
    if (count_ == kMaxOthers) return Unsupported("too many extensions");
    oids_[count_++] = {oid.data(), oid.size()};
    return Fault();
  }

 private:
  static constexpr size_t kMaxOthers = 48;

  // Unlike a span, without a value until it is given one: clearing them would
  // cost a tenth of a parse.
  struct View {
    const uint8_t* data;
    size_t size;
  };

  uint64_t id_ce_ = 0;
  size_t count_ = 0;
  View oids_[kMaxOthers];
};

}  // namespace

Fault Certificate::ParseExtensions(Bytes contents) {
  Cursor outer(contents);
  Bytes list;
  if (!outer.Read(der::kSequence, &list) || !outer.empty()) {
    return IllFormed("Extensions");
  }
  if (list.empty()) tolerated_.Note("extensions: the list is empty");
  extension_list_ = list;
  SeenOids seen;
  Cursor extensions(list);
  while (!extensions.empty()) {
    Extension extension;
    Fault fault = ReadExtension(extensions, &extension, &tolerated_);
    if (fault.kind != Fault::Kind::kNone) return fault;
    const int id_ce = IdCeNumber(extension.oid);
    fault = seen.Add(id_ce, extension.oid);
    if (fault.kind != Fault::Kind::kNone) return fault;
    const std::optional<Fault> known =
        ParseKnown(id_ce, extension.value, &extensions_, &tolerated_);
    if (!known) {
      extensions_.has_unknown_critical |= extension.critical;
    } else if (known->kind != Fault::Kind::kNone) {
      return *known;
    }
  }
  return Fault();
}

bool Certificate::HasCriticalBeyond(
    std::span<const std::string> processed) const {
  if (!extensions_.has_unknown_critical) return false;
  Cursor extensions(extension_list_);
  Extension extension;
  while (!extensions.empty() &&
         ReadExtension(extensions, &extension, nullptr).kind ==
             Fault::Kind::kNone) {
    Extensions known;
    if (!extension.critical || ParseKnown(IdCeNumber(extension.oid),
                                          extension.value, &known, nullptr)) {
      continue;
    }
    const auto is_it = [&](const std::string& oid) {
      return der::Is(extension.oid, oid);
    };
    if (std::none_of(processed.begin(), processed.end(), is_it)) return true;
  }
  return false;
}

Fault Certificate::ParseTbs(Bytes inner) {
  Cursor tbs(inner);
  Bytes issuer, subject;
  if (!ReadVersion(tbs, &version_, &tolerated_)) return IllFormed("version");
  if (!der::ReadInteger(tbs, &serial_)) {
    return IllFormed("serialNumber: no INTEGER in the fewest bytes");
  }
  if (!ReadAlgorithm(tbs, &signature_algorithm_)) {
    return IllFormed("signature");
  }
  if (!tbs.ReadElement(der::kSequence, &issuer)) return IllFormed("issuer");
  if (!ReadValidity(tbs, &not_before_, &not_after_)) {
    return IllFormed(
        "validity: not two times with seconds, in UTC, without fractions");
  }
  if (!tbs.ReadElement(der::kSequence, &subject)) return IllFormed("subject");
  if (!ReadSpki(tbs, &spki_)) return IllFormed("subjectPublicKeyInfo");
  if (!ReadUniqueId(tbs, 1, version_)) return IllFormed("issuerUniqueID");
  if (!ReadUniqueId(tbs, 2, version_)) return IllFormed("subjectUniqueID");

  der::Result<Name> name =
      Name::Parse(issuer, &tolerated_,
                  "issuer: attributes of an RDN are not in DER's order");
  if (!name.ok()) return name.fault();
  issuer_ = *name;
  name = Name::Parse(subject, &tolerated_,
                     "subject: attributes of an RDN are not in DER's order");
  if (!name.ok()) return name.fault();
  subject_ = *name;

  std::optional<Bytes> extensions;
  if (!tbs.ReadOptional(der::ContextConstructed(3), &extensions) ||
      !tbs.empty()) {
    return IllFormed("TBSCertificate");
  }
  if (!extensions) return Fault();
  if (version_ != 3) return IllFormed("extensions outside of version 3");
  return ParseExtensions(*extensions);
}

der::Result<Certificate> Certificate::Parse(Bytes der) {
  Cursor outer(der);
  Bytes contents;
  if (!outer.Read(der::kSequence, &contents) || !outer.empty()) {
    return IllFormed("Certificate");
  }
  Certificate certificate;
  certificate.der_ = der;

  Cursor fields(contents);
  Bytes tbs_contents, outer_algorithm;
  der::BitString signature;
  if (!fields.ReadBoth(der::kSequence, &tbs_contents, &certificate.tbs_)) {
    return IllFormed("TBSCertificate");
  }
  // Looked into where it stands a second time, in the signed part.
  if (!fields.Read(der::kSequence, &outer_algorithm)) {
    return IllFormed("signatureAlgorithm");
  }
  if (!der::ReadBitString(fields, &signature) || signature.unused != 0 ||
      !fields.empty()) {
    return IllFormed("signatureValue");
  }
  certificate.signature_ = signature.bytes;

  const Fault fault = certificate.ParseTbs(tbs_contents);
  if (fault.kind != Fault::Kind::kNone) return fault;
  if (!der::Equal(outer_algorithm, certificate.signature_algorithm_)) {
    return Unsupported("signature and signatureAlgorithm differ");
  }
  return certificate;
}

}  // namespace chainkeep::x509
