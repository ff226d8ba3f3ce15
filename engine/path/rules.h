// The rules of RFC 5280 §6.1, each a small function that can be tested alone.
//
// Those about one certificate. Each returns what is wrong, or kAccepted. They
// are pure; but for one none allocates. What concerns a whole path is in
// path_check.h.

#ifndef CHAINKEEP_ENGINE_PATH_RULES_H_
#define CHAINKEEP_ENGINE_PATH_RULES_H_

#include <string_view>

#include "chainkeep/options.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"
#include "engine/path/finding.h"
#include "engine/signature/algorithm.h"
#include "engine/x509/certificate.h"

namespace chainkeep::path {

// notBefore ≤ now ≤ notAfter, both ends inclusive (RFC 5280 §4.1.2.5).
Reason CheckValidity(const x509::Certificate& certificate, UnixSeconds now);

// Those that return a Finding leave its certificate to the caller, who knows
// which place it has; the detail says what is wrong, in words.

// Everything in `certificate` is encoded in a way that `rule` takes, the
// parameters of its signature and of its key among that.
Finding CheckEncoding(const x509::Certificate& certificate, EncodingRule rule);

// The serial number is one that `rule` takes, and there is an issuer's name
// (RFC 5280 §4.1.2.2, §4.1.2.4).
Finding CheckBasicFields(const x509::Certificate& certificate, SerialRule rule);

// Every critical extension is one that is processed, here or by the host (RFC
// 5280 §4.2). Allocates where there is one that is not processed here.
Reason CheckCriticalExtensions(const x509::Certificate& certificate,
                               const ValidationOptions& options);

// The subject's own key is of a kind and size that the policy allows.
Reason CheckSubjectKey(const x509::Certificate& certificate,
                       const AlgorithmPolicy& policy);

// What of the subject's key CheckSubjectKey objects to, in words: its kind, as
// far as it has a name. "" if it does not. Static.
std::string_view DescribeWeakKey(const x509::Certificate& certificate,
                                 const AlgorithmPolicy& policy);

// What the certificate says of issuing others allows it: not a basicConstraints
// without cA, nor a keyUsage without keyCertSign.
Reason CheckIssuerUnlessSilent(const x509::Certificate& certificate);

// The certificate may issue others: version 3, basicConstraints cA, and
// keyCertSign where keyUsage is present (RFC 5280 §6.1.4 (k), (n)).
Reason CheckIssuer(const x509::Certificate& certificate);

// A leaf constrains nobody's names: nameConstraints is for CAs (RFC 5280
// §4.2.1.10).
Reason CheckLeafNameConstraints(const x509::Certificate& certificate);

// What a leaf must be to identify a device (see LeafProfile), and to be used
// for the required purpose.
Reason CheckLeaf(const x509::Certificate& certificate,
                 const ValidationOptions& options);

// An intermediate's extendedKeyUsage, where present, lets what is below it be
// used for what the leaf must.
Reason CheckIssuerPurpose(const x509::Certificate& certificate,
                          const ValidationOptions& options);

// The signature algorithm that `certificate` names, if the policy allows it.
struct AllowedAlgorithm {
  Finding finding;
  signature::SignatureAlgorithm algorithm;
};
AllowedAlgorithm CheckSignatureAlgorithm(const x509::Certificate& certificate,
                                         const AlgorithmPolicy& policy);

// Whether a device certificate may be registered, whoever signed it: its
// encoding, serial number and issuer's name, the algorithm of its signature,
// its validity, and its key (R53, R91).
struct Registrable {
  const AlgorithmPolicy& algorithms;
  EncodingRule encoding = EncodingRule::kTolerant;
  SerialRule serials = SerialRule::kPositive;
};
inline Registrable RulesOf(const ValidationOptions& options) {
  return {options.algorithms, options.encoding, options.serial_rule};
}
Finding CheckRegistrable(const x509::Certificate& leaf,
                         const Registrable& rules, UnixSeconds now);

}  // namespace chainkeep::path

#endif  // CHAINKEEP_ENGINE_PATH_RULES_H_
