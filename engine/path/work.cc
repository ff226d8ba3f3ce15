#include "engine/path/work.h"

#include <optional>

#include "engine/signature/cost.h"
#include "engine/x509/distribution_point.h"
#include "engine/x509/general_name.h"
#include "engine/x509/padding.h"

namespace chainkeep::path {
namespace {

// SHA-256 took 0.56 ns a byte (with the processor's own instructions for it).
// In those bytes, what one byte of the dearest contents takes:

// Two-byte UTF-8: to be checked 2.5 ns, to be hashed in its normal form 3.9,
// to be compared with another 5.4.
constexpr uint64_t kCheckName = 5;
constexpr uint64_t kHashName = 7;
constexpr uint64_t kCompareNames = 10;
// subjectAltName of dNSNames of one letter: 4.1 ns.
constexpr uint64_t kParseAltNames = 8;
// nameConstraints of such: 6.3 ns.
constexpr uint64_t kParseConstraints = 12;
// certificatePolicies, which are sorted to find one that is there twice: 9.3
// ns; and as much for each path that needs them.
constexpr uint64_t kSortPolicies = 18;
// extKeyUsage: 0.7 ns to parse, and so to read.
constexpr uint64_t kReadPurposes = 2;
// Distribution points are hashed, put together and looked up.
constexpr uint64_t kReadPoint = 20;

// A small certificate took 210 ns to parse, a look-up that finds nothing about
// as long, one among 64 CAs of a name 3 µs; 64 CRLs are asked in 8 µs.
constexpr uint64_t kParseOne = 400;
constexpr uint64_t kAskCrls = 16'000;
// In both modes whether a CA is denied.
constexpr uint64_t kLookUpDenial = 1'000;
// A registered name is no longer than one that equals it, but for its padding.
constexpr uint64_t kLookUpOne = 2'000 + kCompareNames * x509::kMaxPadding;

uint64_t SizeOf(const std::optional<Bytes>& contents) {
  return contents ? contents->size() : 0;
}

uint64_t SizeOfPolicies(const x509::Certificate& certificate) {
  const x509::PolicyExtensions& policies = certificate.extensions().policies;
  return (policies.policies ? policies.policies->contents().size() : 0) +
         (policies.mappings ? policies.mappings->contents().size() : 0);
}

uint64_t SizeOfNames(const x509::Certificate& certificate) {
  return certificate.subject().der().size() + certificate.issuer().der().size();
}

// Each directoryName among the points, of which a relative one is as long as
// the issuer's as well, is hashed, and compared with one that a list has.
uint64_t PointWork(const x509::Certificate& certificate) {
  const std::optional<Bytes>& value =
      certificate.extensions().crl_distribution_points;
  if (!value) return 0;
  uint64_t work = kReadPoint * value->size();
  const auto points = x509::DistributionPoints::Parse(*value);
  if (!points.ok()) return work;
  constexpr uint64_t kCompare = kCompareNames * x509::kMaxPointBytes;
  x509::DistributionPointReader reader(*points);
  while (const std::optional<x509::DistributionPoint> point = reader.Next()) {
    if (point->has_crl_issuer || !point->name) continue;
    if (point->name->full_name) {
      work += kCompare *
              point->name->full_name->Count(x509::NameForm::kDirectoryName);
    } else {
      work += kCompare +
              (kHashName + kCompareNames) * certificate.issuer().der().size();
    }
  }
  return work;
}

size_t CountAsked(size_t path_size, RevocationOptions::Scope scope) {
  switch (scope) {
    case RevocationOptions::Scope::kOff:
      break;
    case RevocationOptions::Scope::kLeaf:
      return 1;
    case RevocationOptions::Scope::kChain:
      return path_size - 1;
  }
  return 0;
}

}  // namespace

uint64_t ParseWork(const x509::Certificate& certificate) {
  const x509::Extensions& extensions = certificate.extensions();
  return kParseOne + certificate.der().size() +
         kCheckName * SizeOfNames(certificate) +
         kParseAltNames * SizeOf(extensions.subject_alt_name) +
         kParseConstraints * SizeOf(extensions.name_constraints) +
         kSortPolicies * SizeOfPolicies(certificate) +
         kReadPurposes * SizeOf(extensions.extended_key_usage) +
         kReadPoint * SizeOf(extensions.crl_distribution_points);
}

uint64_t ParseWorkOfIllFormed(Bytes der) {
  return kParseOne + kSortPolicies * der.size();
}

uint64_t IdWork(Bytes der) { return der.size(); }

uint64_t NumberingWork(const x509::Name& name) {
  return (kHashName + kCompareNames) * name.der().size();
}

uint64_t LookUpWork(const x509::Name& name) {
  return kLookUpOne + (kHashName + kCompareNames) * name.der().size();
}

uint64_t VerifyWork(const x509::Certificate& certificate,
                    signature::SignatureAlgorithm algorithm) {
  return signature::HashWeight(algorithm) * certificate.tbs().size() +
         certificate.signature().size();
}

uint64_t JudgingWork(std::span<const x509::Certificate* const> path,
                     const RevocationOptions& revocation) {
  uint64_t work = 0;
  for (const x509::Certificate* certificate :
       path.first(CountAsked(path.size(), revocation.scope))) {
    work += kAskCrls + kHashName * SizeOfNames(*certificate) +
            PointWork(*certificate);
  }
  for (size_t i = 1; i + 1 < path.size(); ++i) {
    work += path[i]->spki().size() +
            kHashName * path[i]->subject().der().size() + kLookUpDenial;
  }
  for (const x509::Certificate* certificate : path) {
    const x509::Extensions& extensions = certificate->extensions();
    work += certificate->der().size() +
            2 * kReadPurposes * SizeOf(extensions.extended_key_usage) +
            kParseConstraints * SizeOf(extensions.name_constraints) +
            // Whether it is self-issued; whose CRLs are asked.
            kCompareNames * SizeOfNames(*certificate);
  }
  return work;
}

uint64_t PolicyWork(std::span<const x509::Certificate* const> path) {
  uint64_t bytes = 0;
  for (const x509::Certificate* certificate : path) {
    bytes += SizeOfPolicies(*certificate);
  }
  return kSortPolicies * bytes;
}

}  // namespace chainkeep::path
