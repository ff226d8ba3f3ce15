// The extensions of certificate policies: certificatePolicies, policyMappings,
// policyConstraints, inhibitAnyPolicy (RFC 5280 §4.2.1.4, .5, .11, .14).
//
//   der::Result<CertificatePolicies> policies =
//       CertificatePolicies::Parse(extension_value);
//   PolicyReader reader(*policies);
//   while (std::optional<Bytes> oid = reader.Next()) { ... }
//
// Each Parse takes the contents of an extnValue, one whole element, and checks
// all of it; what the policies of a path amount to is policy_tree.h's question.
// Qualifiers must be well-formed and are not looked at further: they say
// something to people.
//
// Views of DER; linear in the bytes, but for the search for duplicates, which
// is O(n log n) and allocates where there are more than sixteen policies. Plain
// values; any thread may read them.

#ifndef CHAINKEEP_ENGINE_X509_POLICIES_H_
#define CHAINKEEP_ENGINE_X509_POLICIES_H_

#include <cstdint>
#include <optional>

#include "chainkeep/types.h"
#include "engine/der/cursor.h"

namespace chainkeep::x509 {

// The contents of the OID of anyPolicy, 2.5.29.32.0.
inline constexpr uint8_t kOidAnyPolicy[] = {0x55, 0x1d, 0x20, 0x00};

// IsAnyPolicy returns whether `oid`, the contents of an OID, is anyPolicy.
bool IsAnyPolicy(Bytes oid);

// CertificatePolicies is a list of at least one policy, none of them twice: a
// certificate that names one twice is invalid, not merely without that policy
// (CVE-2023-0465).
class CertificatePolicies {
 public:
  static der::Result<CertificatePolicies> Parse(Bytes value);

  // The contents of the SEQUENCE OF PolicyInformation.
  Bytes contents() const { return contents_; }

 private:
  explicit CertificatePolicies(Bytes contents) : contents_(contents) {}

  Bytes contents_;
};

// PolicyReader walks the policies, anyPolicy included.
class PolicyReader {
 public:
  explicit PolicyReader(const CertificatePolicies& policies)
      : rest_(policies.contents()) {}

  // The contents of the next policy's OID, or nothing at the end.
  std::optional<Bytes> Next();

 private:
  der::Cursor rest_;
};

struct PolicyMapping {
  Bytes issuer_domain;   // contents of the OID
  Bytes subject_domain;  // likewise
};

// PolicyMappings is a list of at least one mapping, none from or to anyPolicy
// (RFC 5280 §6.1.4 (a)).
class PolicyMappings {
 public:
  static der::Result<PolicyMappings> Parse(Bytes value);

  Bytes contents() const { return contents_; }

 private:
  explicit PolicyMappings(Bytes contents) : contents_(contents) {}

  Bytes contents_;
};

class PolicyMappingReader {
 public:
  explicit PolicyMappingReader(const PolicyMappings& mappings)
      : rest_(mappings.contents()) {}

  std::optional<PolicyMapping> Next();

 private:
  der::Cursor rest_;
};

// PolicyConstraints has at least one of its fields. Numbers beyond 2^32 - 1 are
// that: no path is so long.
struct PolicyConstraints {
  std::optional<uint32_t> require_explicit_policy;
  std::optional<uint32_t> inhibit_policy_mapping;
};
der::Result<PolicyConstraints> ParsePolicyConstraints(Bytes value);

// ParseInhibitAnyPolicy returns the number of certificates to skip.
der::Result<uint32_t> ParseInhibitAnyPolicy(Bytes value);

// PolicyExtensions is what one certificate says of policies.
struct PolicyExtensions {
  std::optional<CertificatePolicies> policies;
  std::optional<PolicyMappings> mappings;
  PolicyConstraints constraints;
  std::optional<uint32_t> inhibit_any_policy;
};

}  // namespace chainkeep::x509

#endif  // CHAINKEEP_ENGINE_X509_POLICIES_H_
