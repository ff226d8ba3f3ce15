// The rules of registration, each a function that decides one thing.
//
// They come in three groups, in the order in which a command asks them:
//  - arguments: what a request says, looked at alone;
//  - certificates: what a certificate is, at one moment, under one policy;
//  - state: what there is already, seen through a RegistryView.
//
// The first two need no lock and do the expensive work (parsing, a signature);
// the third runs inside the transaction that commits, so that what it saw is
// what the commit builds on.
//
// Every rule is pure. An error carries an ErrorCode and a text that names what
// was refused; none tells one account anything of another.

#ifndef CHAINKEEP_ENGINE_REGISTRY_RULES_H_
#define CHAINKEEP_ENGINE_REGISTRY_RULES_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/options.h"
#include "chainkeep/registry.h"
#include "chainkeep/types.h"
#include "engine/signature/public_key.h"
#include "engine/sni/endpoint_name.h"
#include "engine/store/ca_row.h"
#include "engine/store/registry_view.h"
#include "engine/x509/certificate.h"
#include "engine/x509/name.h"

namespace chainkeep::registry {

// How many characters of PEM a request may have.
inline constexpr size_t kMaxPemCharacters = 65'536;

// How many CAs with one subject a tenant may hold, of both modes and statuses.
inline constexpr int kMaxCasOfOneSubject = 10;

// ---- Arguments -------------------------------------------------------------

// Account and region are there; kInvalidRequest for a default-constructed one.
absl::StatusOr<store::Tenant> CheckTenant(const Account& account,
                                          const Region& region);

// The mode, "" being DEFAULT, agrees with the presence of a verification
// certificate. Errors: kInvalidRequest.
absl::StatusOr<Mode> CheckMode(std::string_view certificate_mode,
                               std::string_view verification_certificate);

// The DER of the one CERTIFICATE block of `pem`; `what` names the argument.
// Errors: kInvalidRequest (its length), kCertificateValidation (no block, an
// ill-formed one, or more than one).
absl::StatusOr<std::string> CheckPem(std::string_view what,
                                     std::string_view pem);

// A certificate id of a request: 64 hex digits. Errors: kResourceNotFound for
// "0x" and 62 digits, an id that AWS's grammar allows but that is too short to
// be a SHA-256; kInvalidRequest for anything else.
absl::StatusOr<CertificateId> CheckCertificateId(std::string_view text);

// What an update changes; absent is "leave it".
struct CaChange {
  std::optional<CaStatus> status;
  std::optional<bool> auto_registration;
};

// Errors: kInvalidRequest.
absl::StatusOr<CaChange> CheckCaChange(
    const UpdateCaCertificateRequest& request);

// ---- Certificates ----------------------------------------------------------

// Parses strictly; `what` names the argument, the result views `der`. Errors:
// kCertificateValidation.
absl::StatusOr<x509::Certificate> ParseCertificate(std::string_view what,
                                                   Bytes der);

// `ca` may be registered: it is a CA, may sign certificates, is valid `now`,
// and its key and the signature on it are such that `policy` allows. It need
// not be self-signed: whoever registers it makes it the anchor. Errors:
// kCertificateValidation.
absl::Status CheckCaCertificate(const x509::Certificate& ca,
                                const AlgorithmPolicy& policy, UnixSeconds now);

// `verification` names `ca` as its issuer, is valid `now`, and `ca_key`, the
// key of `ca`, signed it, in a way that `policy` allows. Costs a signature
// check. Errors: kCertificateValidation.
absl::Status CheckVerificationCertificate(const x509::Certificate& verification,
                                          const x509::Certificate& ca,
                                          const signature::PublicKey& ca_key,
                                          const AlgorithmPolicy& policy,
                                          UnixSeconds now);

// The registration code that a verification certificate carries: its subject's
// common name. "", which no code equals, unless there is exactly one.
std::string OfferedCode(const x509::Certificate& verification);

// ---- State -----------------------------------------------------------------

// `offered` is the tenant's registration code of this moment. Errors:
// kRegistrationCodeValidation.
absl::Status CheckRegistrationCode(const store::RegistryView& view,
                                   const store::Tenant& tenant,
                                   std::string_view offered);

// The tenant does not hold the CA, in either mode; and if it shall be DEFAULT,
// nobody in the region does. Errors: kResourceAlreadyExists, naming the
// resource in the first case only.
absl::Status CheckNotHeld(const store::RegistryView& view,
                          const store::CaKey& key, Mode mode);

// The tenant may hold one more CA whose subject is `subject`. Errors:
// kLimitExceeded.
absl::Status CheckSubjectQuota(const store::RegistryView& view,
                               const store::Tenant& tenant,
                               const x509::Name& subject);

// The tenant's own row. Errors: kResourceNotFound, whoever else has one.
absl::StatusOr<store::CaRow> FindOwnCa(const store::RegistryView& view,
                                       const store::CaKey& key);

// Errors: kCertificateState while it is ACTIVE.
absl::Status CheckDeletable(const store::CaRow& row);

// Nobody but `tenant` has the host name, or a wildcard that covers it, or, if
// it is a wildcard, names that it covers (R67). Errors: kResourceAlreadyExists,
// without the resource.
absl::Status CheckHostNameFree(const store::RegistryView& view,
                               const store::Tenant& tenant,
                               const sni::EndpointName& name);

// The tenant has an endpoint of that name. Errors: kResourceNotFound.
absl::Status CheckOwnEndpoint(const store::RegistryView& view,
                              const store::Tenant& tenant,
                              std::string_view host_name);

// ---- Names -----------------------------------------------------------------

// arn:aws:iot:<region>:<account>:cacert/<id>
std::string CaArn(const store::CaKey& key);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_RULES_H_
