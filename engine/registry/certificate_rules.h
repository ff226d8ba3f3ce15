// The rules that all certificates in requests have in common, CAs' and
// devices'; see rules.h, which builds on this.
//
// Every rule is pure; any thread may call. `what` names the argument in the
// error.

#ifndef CHAINKEEP_ENGINE_REGISTRY_CERTIFICATE_RULES_H_
#define CHAINKEEP_ENGINE_REGISTRY_CERTIFICATE_RULES_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/options.h"
#include "chainkeep/types.h"
#include "engine/signature/algorithm.h"
#include "engine/store/tenant.h"
#include "engine/x509/certificate.h"

namespace chainkeep::registry {

// How many characters of PEM a request may have.
inline constexpr size_t kMaxPemCharacters = 65'536;

// Account and region are there; kInvalidRequest for a default-constructed one.
absl::StatusOr<store::Tenant> CheckTenant(const Account& account,
                                          const Region& region);

// The DER of each CERTIFICATE block of `pem`; `what` names the argument.
// Errors: as CheckPem.
absl::StatusOr<std::vector<std::string>> CheckPems(std::string_view what,
                                                   std::string_view pem);

// The DER of the one CERTIFICATE block of `pem`; `what` names the argument.
// Errors: kInvalidRequest (its length), kCertificateValidation (no block, an
// ill-formed one, or more than one).
absl::StatusOr<std::string> CheckPem(std::string_view what,
                                     std::string_view pem);

// A certificate id of a request: 64 hex digits. Errors: kResourceNotFound for
// "0x" and 62 digits, an id that AWS's grammar allows but that is too short to
// be a SHA-256; kInvalidRequest for anything else.
absl::StatusOr<CertificateId> CheckCertificateId(std::string_view text);

// Account, region and id. Errors: those of its parts.
absl::StatusOr<store::CertificateKey> CheckCertificateKey(
    const Account& account, const Region& region, std::string_view id);

// The answer for an id that the account does not have, whoever else has it.
absl::Status NoSuchCertificate();

// Parses; `what` names the argument, the result views `der`. Errors:
// kCertificateValidation, with the certificate's id.
absl::StatusOr<x509::Certificate> ParseCertificate(std::string_view what,
                                                   Bytes der,
                                                   EncodingRule encoding);

// It has an issuer's name, and a serial number that `rule` takes. Errors:
// kCertificateValidation.
absl::Status CheckBasicFields(std::string_view what,
                              const x509::Certificate& certificate,
                              SerialRule rule);

// `now` lies in the certificate's validity, whose ends belong to it (RFC 5280
// §4.1.2.5). Errors: kCertificateValidation.
absl::Status CheckValidity(std::string_view what,
                           const x509::Certificate& certificate,
                           UnixSeconds now);

// The algorithm of its signature is one that `policy` allows. Errors:
// kCertificateValidation.
absl::StatusOr<signature::SignatureAlgorithm> CheckAlgorithm(
    std::string_view what, const x509::Certificate& certificate,
    const AlgorithmPolicy& policy);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_CERTIFICATE_RULES_H_
