#include "engine/x509/policies.h"

#include <algorithm>
#include <array>
#include <vector>

namespace chainkeep::x509 {
namespace {

using der::IllFormed;

// Lists up to this size are searched for duplicates in place.
constexpr size_t kShortList = 16;

// The contents of the one, non-empty SEQUENCE in `value`.
bool ReadList(Bytes value, Bytes* contents) {
  der::Cursor cursor(value);
  return cursor.Read(der::kSequence, contents) && cursor.empty() &&
         !contents->empty();
}

// PolicyQualifierInfo ::= SEQUENCE { policyQualifierId, qualifier ANY }
bool AreQualifiers(Bytes list) {
  if (list.empty()) return false;
  der::Cursor qualifiers(list);
  while (!qualifiers.empty()) {
    Bytes info, oid, qualifier;
    if (!qualifiers.Read(der::kSequence, &info)) return false;
    der::Cursor fields(info);
    der::Tag tag;
    if (!der::ReadOid(fields, &oid) || !fields.ReadAny(&tag, &qualifier) ||
        !fields.empty()) {
      return false;
    }
  }
  return true;
}

// PolicyInformation ::= SEQUENCE { policyIdentifier,
//                                  policyQualifiers OPTIONAL }
bool ReadPolicy(der::Cursor& cursor, Bytes* oid) {
  Bytes information, qualifiers;
  if (!cursor.Read(der::kSequence, &information)) return false;
  der::Cursor fields(information);
  if (!der::ReadOid(fields, oid)) return false;
  return fields.empty() || (fields.Read(der::kSequence, &qualifiers) &&
                            fields.empty() && AreQualifiers(qualifiers));
}

bool Less(Bytes a, Bytes b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

bool HasDuplicate(const CertificatePolicies& policies, size_t count) {
  PolicyReader reader(policies);
  if (count <= kShortList) {
    std::array<Bytes, kShortList> seen;
    for (size_t i = 0; i < count; ++i) {
      seen[i] = *reader.Next();
      for (size_t j = 0; j < i; ++j) {
        if (der::Equal(seen[i], seen[j])) return true;
      }
    }
    return false;
  }
  std::vector<Bytes> sorted;
  sorted.reserve(count);
  while (std::optional<Bytes> oid = reader.Next()) sorted.push_back(*oid);
  std::sort(sorted.begin(), sorted.end(), Less);
  return std::adjacent_find(sorted.begin(), sorted.end(), der::Equal) !=
         sorted.end();
}

bool ReadMapping(der::Cursor& cursor, PolicyMapping* mapping) {
  Bytes contents;
  if (!cursor.Read(der::kSequence, &contents)) return false;
  der::Cursor fields(contents);
  return der::ReadOid(fields, &mapping->issuer_domain) &&
         der::ReadOid(fields, &mapping->subject_domain) && fields.empty();
}

// SkipCerts ::= INTEGER (0..MAX)
bool ReadSkipCerts(der::Cursor& cursor, der::Tag tag, uint32_t* skip) {
  Bytes bytes;
  if (!der::ReadInteger(cursor, &bytes, tag) || (bytes[0] & 0x80) != 0) {
    return false;
  }
  uint64_t value = 0;
  for (const uint8_t byte : bytes) {
    value = std::min<uint64_t>(value << 8 | byte, UINT32_MAX);
  }
  *skip = static_cast<uint32_t>(value);
  return true;
}

}  // namespace

bool IsAnyPolicy(Bytes oid) { return der::Equal(oid, kOidAnyPolicy); }

der::Result<CertificatePolicies> CertificatePolicies::Parse(Bytes value) {
  Bytes contents, oid;
  if (!ReadList(value, &contents)) return IllFormed("certificatePolicies");
  size_t count = 0;
  for (der::Cursor list(contents); !list.empty(); ++count) {
    if (!ReadPolicy(list, &oid)) return IllFormed("PolicyInformation");
  }
  const CertificatePolicies policies(contents);
  if (HasDuplicate(policies, count)) return IllFormed("duplicate policy");
  return policies;
}

std::optional<Bytes> PolicyReader::Next() {
  Bytes oid;
  if (!ReadPolicy(rest_, &oid)) return std::nullopt;
  return oid;
}

der::Result<PolicyMappings> PolicyMappings::Parse(Bytes value) {
  Bytes contents;
  if (!ReadList(value, &contents)) return IllFormed("policyMappings");
  PolicyMapping mapping;
  for (der::Cursor list(contents); !list.empty();) {
    if (!ReadMapping(list, &mapping)) return IllFormed("policyMappings");
    if (IsAnyPolicy(mapping.issuer_domain) ||
        IsAnyPolicy(mapping.subject_domain)) {
      return IllFormed("policyMappings of anyPolicy");
    }
  }
  return PolicyMappings(contents);
}

std::optional<PolicyMapping> PolicyMappingReader::Next() {
  PolicyMapping mapping;
  if (!ReadMapping(rest_, &mapping)) return std::nullopt;
  return mapping;
}

der::Result<PolicyConstraints> ParsePolicyConstraints(Bytes value) {
  Bytes contents;
  if (!ReadList(value, &contents)) return IllFormed("policyConstraints");
  PolicyConstraints constraints;
  der::Cursor fields(contents);
  uint32_t skip;
  if (fields.NextIs(der::ContextPrimitive(0))) {
    if (!ReadSkipCerts(fields, der::ContextPrimitive(0), &skip)) {
      return IllFormed("requireExplicitPolicy");
    }
    constraints.require_explicit_policy = skip;
  }
  if (fields.NextIs(der::ContextPrimitive(1))) {
    if (!ReadSkipCerts(fields, der::ContextPrimitive(1), &skip)) {
      return IllFormed("inhibitPolicyMapping");
    }
    constraints.inhibit_policy_mapping = skip;
  }
  if (!fields.empty()) return IllFormed("policyConstraints");
  return constraints;
}

der::Result<uint32_t> ParseInhibitAnyPolicy(Bytes value) {
  der::Cursor cursor(value);
  uint32_t skip;
  if (!ReadSkipCerts(cursor, der::kInteger, &skip) || !cursor.empty()) {
    return IllFormed("inhibitAnyPolicy");
  }
  return skip;
}

}  // namespace chainkeep::x509
