#include "engine/x509/distribution_point.h"

#include "engine/der/writer.h"
#include "xxhash.h"

namespace chainkeep::x509 {
namespace {

using der::Cursor;
using der::IllFormed;
using der::Result;

constexpr size_t kMaxCrlNames = 16;
constexpr size_t kMaxPoints = 16;
constexpr size_t kMaxCertificateNames = 64;

// DistributionPointName ::= CHOICE { fullName [0] GeneralNames,
//     nameRelativeToCRLIssuer [1] RelativeDistinguishedName }
// from the contents of the EXPLICIT tag around it.
Result<DistributionPointName> ParseName(Bytes contents,
                                        der::Tolerated* tolerated) {
  Cursor cursor(contents);
  DistributionPointName name;
  Bytes inner;
  if (cursor.Read(der::ContextConstructed(0), &inner)) {
    const Result<GeneralNames> names = GeneralNames::Parse(inner, tolerated);
    if (!names.ok()) return names.fault();
    name.full_name = *names;
  } else if (cursor.Read(der::ContextConstructed(1), &inner)) {
    std::string wrapped, set;
    der::AppendElement(der::kSet, inner, &set);
    der::AppendHeader(der::kSequence, set.size(), &wrapped);
    wrapped += set;
    const Result<Name> rdn = Name::Parse(
        {reinterpret_cast<const uint8_t*>(wrapped.data()), wrapped.size()},
        tolerated);
    if (!rdn.ok()) return rdn.fault();
    name.relative_name = inner;
  } else {
    return IllFormed("DistributionPointName");
  }
  if (!cursor.empty()) return IllFormed("DistributionPointName");
  return name;
}

// Reads the optional name of either structure, which is tagged [0] EXPLICIT.
der::Fault ReadName(Cursor& fields, std::optional<DistributionPointName>* name,
                    der::Tolerated* tolerated) {
  std::optional<Bytes> contents;
  if (!fields.ReadOptional(der::ContextConstructed(0), &contents)) {
    return IllFormed("distributionPoint");
  }
  if (!contents) return der::Fault();
  const Result<DistributionPointName> parsed = ParseName(*contents, tolerated);
  if (!parsed.ok()) return parsed.fault();
  *name = *parsed;
  return der::Fault();
}

// ReasonFlags, a BIT STRING of named bits.
bool ReadReasons(Cursor& fields, der::Tag tag, ReasonMask* reasons,
                 der::Tolerated* tolerated) {
  std::optional<Bytes> contents;
  if (!fields.ReadOptional(tag, &contents)) return false;
  if (!contents) return true;
  der::BitString bits;
  if (!der::ParseBitString(*contents, &bits)) return false;
  if (der::EndsInZero(bits)) {
    der::Note(tolerated, "distributionPoint: reasons end in zero bits");
  }
  *reasons = 0;
  for (unsigned n = 1; (1u << n) <= kAllReasons; ++n) {
    if (bits.Bit(n)) *reasons |= static_cast<ReasonMask>(1u << n);
  }
  return true;
}

// A flag of an issuingDistributionPoint, IMPLICIT.
bool ReadFlag(Cursor& fields, unsigned number, bool* flag,
              der::Tolerated* tolerated) {
  constexpr der::FlagNotes kNotes = {
      "issuingDistributionPoint: FALSE is written, which is the DEFAULT",
      "issuingDistributionPoint: TRUE is not written as FF"};
  return der::ReadFlag(fields, flag, kNotes, tolerated,
                       der::ContextPrimitive(number));
}

Result<DistributionPoint> ReadPoint(Cursor& list,
                                    der::Tolerated* tolerated = nullptr) {
  Bytes contents;
  if (!list.Read(der::kSequence, &contents)) {
    return IllFormed("DistributionPoint");
  }
  Cursor fields(contents);
  DistributionPoint point;
  const der::Fault fault = ReadName(fields, &point.name, tolerated);
  if (fault.kind != der::Fault::Kind::kNone) return fault;
  std::optional<Bytes> crl_issuer;
  if (!ReadReasons(fields, der::ContextPrimitive(1), &point.reasons,
                   tolerated) ||
      !fields.ReadOptional(der::ContextConstructed(2), &crl_issuer) ||
      !fields.empty()) {
    return IllFormed("DistributionPoint");
  }
  if (crl_issuer) {
    const Result<GeneralNames> names =
        GeneralNames::Parse(*crl_issuer, tolerated);
    if (!names.ok()) return names.fault();
    point.has_crl_issuer = true;
  }
  // RFC 5280 §4.2.1.13: reasons alone are not enough.
  if (!point.name && !point.has_crl_issuer) {
    return IllFormed("DistributionPoint");
  }
  return point;
}

size_t CountNames(const std::optional<DistributionPointName>& name) {
  if (!name) return 0;
  if (!name->full_name) return 1;
  size_t count = 0;
  for (size_t form = 0; form < kNameFormCount; ++form) {
    count += name->full_name->Count(static_cast<NameForm>(form));
  }
  return count;
}

}  // namespace

Result<IssuingDistributionPoint> IssuingDistributionPoint::Parse(
    Bytes value, der::Tolerated* tolerated) {
  Cursor outer(value);
  Bytes contents;
  // RFC 5280 §5.2.5 forbids an empty one.
  if (!outer.Read(der::kSequence, &contents) || !outer.empty() ||
      contents.empty()) {
    return IllFormed("issuingDistributionPoint");
  }
  Cursor fields(contents);
  IssuingDistributionPoint point;
  const der::Fault fault = ReadName(fields, &point.name, tolerated);
  if (fault.kind != der::Fault::Kind::kNone) return fault;
  bool user = false, ca = false, attribute = false;
  if (!ReadFlag(fields, 1, &user, tolerated) ||
      !ReadFlag(fields, 2, &ca, tolerated) ||
      !ReadReasons(fields, der::ContextPrimitive(3), &point.reasons,
                   tolerated) ||
      !ReadFlag(fields, 4, &point.is_indirect, tolerated) ||
      !ReadFlag(fields, 5, &attribute, tolerated) || !fields.empty() ||
      user + ca + attribute > 1) {
    return IllFormed("issuingDistributionPoint");
  }
  if (user) point.scope = CertificateScope::kEndEntity;
  if (ca) point.scope = CertificateScope::kCa;
  if (attribute) point.scope = CertificateScope::kAttribute;
  if (CountNames(point.name) > kMaxCrlNames) {
    return der::Unsupported("issuingDistributionPoint of more than 16 names");
  }
  if (value.size() > kMaxPointBytes) {
    return der::Unsupported("issuingDistributionPoint of more than 4 KiB");
  }
  return point;
}

Result<DistributionPoints> DistributionPoints::Parse(
    Bytes value, der::Tolerated* tolerated) {
  Cursor outer(value);
  Bytes contents;
  if (!outer.Read(der::kSequence, &contents) || !outer.empty() ||
      contents.empty()) {
    return IllFormed("cRLDistributionPoints");
  }
  size_t points = 0, names = 0;
  for (Cursor list(contents); !list.empty(); ++points) {
    const Result<DistributionPoint> point = ReadPoint(list, tolerated);
    if (!point.ok()) return point.fault();
    names += CountNames(point->name);
  }
  if (points > kMaxPoints) {
    return der::Unsupported("more than 16 cRLDistributionPoints");
  }
  if (names > kMaxCertificateNames) {
    return der::Unsupported("cRLDistributionPoints of more than 64 names");
  }
  if (value.size() > kMaxPointBytes) {
    return der::Unsupported("cRLDistributionPoints of more than 4 KiB");
  }
  return DistributionPoints(contents);
}

std::optional<DistributionPoint> DistributionPointReader::Next() {
  Result<DistributionPoint> point = ReadPoint(rest_);
  if (!point.ok()) return std::nullopt;
  return *point;
}

std::string FullName(const DistributionPointName& name, const Name& issuer) {
  std::string full_name;
  if (name.full_name) {
    der::AppendBytes(name.full_name->contents(), &full_name);
    return full_name;
  }
  if (!name.relative_name ||
      issuer.der().size() + name.relative_name->size() > kMaxPointBytes) {
    return full_name;
  }
  std::string rdns;
  der::AppendBytes(issuer.rdns(), &rdns);
  der::AppendElement(der::kSet, *name.relative_name, &rdns);
  std::string element;
  der::AppendHeader(der::kSequence, rdns.size(), &element);
  element += rdns;
  der::AppendHeader(
      der::ContextConstructed(static_cast<unsigned>(NameForm::kDirectoryName)),
      element.size(), &full_name);
  return full_name + element;
}

bool IsSamePoint(const GeneralName& a, const GeneralName& b) {
  if (a.form != b.form) return false;
  if (a.form == NameForm::kDirectoryName) {
    return a.directory_name == b.directory_name;
  }
  return der::Equal(a.contents, b.contents);
}

uint64_t PointHash(const GeneralName& name, uint64_t seed) {
  seed += static_cast<uint64_t>(name.form);
  if (name.form == NameForm::kDirectoryName) {
    return name.directory_name.Hash(seed);
  }
  return XXH3_64bits_withSeed(name.contents.data(), name.contents.size(), seed);
}

}  // namespace chainkeep::x509
