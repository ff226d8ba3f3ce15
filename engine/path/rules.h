// The rules of RFC 5280 §6.1, each a small function that can be tested alone.
//
// Each looks at one certificate, or at one complete path, and returns the first
// thing that is wrong, or kAccepted. They are pure; none allocates.
//
// A path is written from the leaf, at index 0, up to the anchor, at the end.

#ifndef CHAINKEEP_ENGINE_PATH_RULES_H_
#define CHAINKEEP_ENGINE_PATH_RULES_H_

#include <span>

#include "chainkeep/options.h"
#include "chainkeep/types.h"
#include "engine/path/finding.h"
#include "engine/signature/algorithm.h"
#include "engine/x509/certificate.h"

namespace chainkeep::path {

using Path = std::span<const x509::Certificate* const>;

// notBefore ≤ now ≤ notAfter, both ends inclusive (RFC 5280 §4.1.2.5).
Reason CheckValidity(const x509::Certificate& certificate, UnixSeconds now);

// Every critical extension is one that is processed (RFC 5280 §4.2).
Reason CheckCriticalExtensions(const x509::Certificate& certificate);

// The subject's own key is of a kind and size that the policy allows.
Reason CheckSubjectKey(const x509::Certificate& certificate,
                       const AlgorithmPolicy& policy);

// The certificate may issue others: version 3, basicConstraints cA, and
// keyCertSign where keyUsage is present (RFC 5280 §6.1.4 (k), (n)).
Reason CheckIssuer(const x509::Certificate& certificate);

// What a leaf must be to identify a device (see LeafProfile).
Reason CheckLeaf(const x509::Certificate& certificate, LeafProfile profile);

// An intermediate's extendedKeyUsage, where present, lets what is below it be
// used for what the profile asks.
Reason CheckIssuerPurpose(const x509::Certificate& certificate,
                          LeafProfile profile);

// Every pathLenConstraint is kept; certificates that are self-issued do not
// count (RFC 5280 §4.2.1.9).
Finding CheckPathLengths(Path path);

// The signature algorithm that `certificate` names, if the policy allows it.
struct AllowedAlgorithm {
  Reason reason = Reason::kAccepted;
  signature::SignatureAlgorithm algorithm;
};
AllowedAlgorithm CheckSignatureAlgorithm(const x509::Certificate& certificate,
                                         const AlgorithmPolicy& policy);

// All of the above that concern a whole path whose signatures are verified.
Finding CheckPath(Path path, const ValidationOptions& options, UnixSeconds now);

}  // namespace chainkeep::path

#endif  // CHAINKEEP_ENGINE_PATH_RULES_H_
