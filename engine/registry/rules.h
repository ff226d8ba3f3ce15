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
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/options.h"
#include "chainkeep/registry.h"
#include "chainkeep/types.h"
#include "engine/signature/public_key.h"
#include "engine/store/ca_row.h"
#include "engine/store/registry_view.h"
#include "engine/x509/certificate.h"
#include "engine/x509/name.h"

namespace chainkeep::registry {

// How many CAs with one subject a tenant may hold, of both modes and statuses.
inline constexpr size_t kMaxCasOfOneSubject = 10;

// ---- Arguments -------------------------------------------------------------

// The mode, "" being DEFAULT, agrees with the presence of a verification
// certificate. Errors: kInvalidRequest.
absl::StatusOr<Mode> CheckMode(std::string_view certificate_mode,
                               std::string_view verification_certificate);

// What an update changes; absent is "leave it".
struct CaChange {
  std::optional<CaStatus> status;
  std::optional<bool> auto_registration;
  // Present and empty: it is removed.
  std::optional<std::optional<RegistrationConfig>> registration_config;
};

// Errors: kInvalidRequest.
absl::StatusOr<CaChange> CheckCaChange(
    const UpdateCaCertificateRequest& request);

// ---- Certificates ----------------------------------------------------------

// `ca` may be registered: it is a CA, may sign certificates, is valid `now`,
// and its key and the signature on it are such that `policy` allows. It need
// not be self-signed: whoever registers it makes it the anchor. Errors:
// kCertificateValidation.
absl::Status CheckCaCertificate(const x509::Certificate& ca,
                                const AlgorithmPolicy& policy, UnixSeconds now);

// The same, at whatever time.
absl::Status CheckCaProfile(const x509::Certificate& ca,
                            const AlgorithmPolicy& policy);

// `verification` names `ca` as its issuer, is valid `now`, and `ca_key`, the
// key of `ca`, signed it, in a way that `policy` allows. Costs a signature
// check. Errors: kCertificateValidation.
absl::Status CheckVerificationCertificate(const x509::Certificate& verification,
                                          const x509::Certificate& ca,
                                          const signature::PublicKey& ca_key,
                                          const AlgorithmPolicy& policy,
                                          UnixSeconds now);

// OfferedCode is the registration code that a verification certificate carries.
struct OfferedCode {
  // Its subject's common name; "", which no code equals, unless there is
  // exactly one.
  std::string code = {};
  std::string subject = {};  // RFC 4514, cut, for a message
};
OfferedCode OfferedCodeOf(const x509::Certificate& verification);

// ---- State -----------------------------------------------------------------

// `offered` is the tenant's registration code of this moment. Errors:
// kRegistrationCodeValidation.
absl::Status CheckRegistrationCode(const store::RegistryView& view,
                                   const store::Tenant& tenant,
                                   const OfferedCode& offered);

// The tenant does not hold the CA's certificate, in either mode, nor another of
// the same signed contents; and if it shall be DEFAULT, nobody in the region
// holds it so. There the certificate's id is enough: whoever proves to have the
// CA's key could as well renew its certificate. Errors: kResourceAlreadyExists,
// naming the resource in the first case only.
absl::Status CheckNotHeld(const store::RegistryView& view,
                          const store::CaKey& key, Mode mode,
                          const x509::Certificate& ca);

// The tenant's CAs whose subject is `name`, oldest first.
std::vector<store::CaRow> FindCasNamed(const store::RegistryView& view,
                                       const store::Tenant& tenant,
                                       const x509::Name& name);

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

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_RULES_H_
