#include "engine/registry/rules.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/registry/arn.h"
#include "engine/registry/certificate_rules.h"
#include "engine/registry/registration_code.h"
#include "engine/registry/template_rules.h"
#include "engine/signature/algorithm.h"
#include "engine/x509/name_constraints.h"

namespace chainkeep::registry {
namespace {

absl::Status InvalidRequest(std::string_view message) {
  return MakeError(ErrorCode::kInvalidRequest, message);
}

absl::Status InvalidCertificate(std::string_view message) {
  return MakeError(ErrorCode::kCertificateValidation, message);
}

absl::Status CheckKey(std::string_view what,
                      const x509::Certificate& certificate,
                      const AlgorithmPolicy& policy) {
  const der::Result<signature::KeyInfo> info =
      signature::InspectKey(certificate.spki());
  if (!info.ok()) {
    return InvalidCertificate(absl::StrCat(
        what, " has a key that is not ",
        info.fault().kind == der::Fault::Kind::kUnsupported ? "supported: "
                                                            : "well-formed: ",
        info.fault().what));
  }
  if (!signature::IsStrongEnough(policy, *info)) {
    return InvalidCertificate(
        absl::StrCat(what, " has a key that is not ",
                     "allowed: ", signature::KeyName(*info)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Mode> CheckMode(std::string_view certificate_mode,
                               std::string_view verification_certificate) {
  absl::StatusOr<Mode> mode = Mode::kDefault;
  if (!certificate_mode.empty()) mode = ParseMode(certificate_mode);
  if (!mode.ok()) return mode;
  if (*mode == Mode::kDefault && verification_certificate.empty()) {
    return InvalidRequest("mode DEFAULT requires a verification certificate");
  }
  if (*mode == Mode::kSniOnly && !verification_certificate.empty()) {
    return InvalidRequest("mode SNI_ONLY excludes a verification certificate");
  }
  return mode;
}

absl::StatusOr<CaChange> CheckCaChange(
    const UpdateCaCertificateRequest& request) {
  CaChange change;
  if (!request.new_status.empty()) {
    absl::StatusOr<CaStatus> status = ParseCaStatus(request.new_status);
    if (!status.ok()) return status.status();
    change.status = *status;
  }
  const std::string_view automatic = request.new_auto_registration_status;
  if (automatic == "ENABLE") {
    change.auto_registration = true;
  } else if (automatic == "DISABLE") {
    change.auto_registration = false;
  } else if (!automatic.empty()) {
    return InvalidRequest("an auto-registration status is ENABLE or DISABLE");
  }
  if (request.registration_config.has_value()) {
    absl::Status status = CheckRegistrationConfig(*request.registration_config);
    if (!status.ok()) return status;
    change.registration_config = request.registration_config;
  }
  if (request.remove_auto_registration) {
    if (change.auto_registration.value_or(false) ||
        change.registration_config.has_value()) {
      return InvalidRequest("auto-registration is both removed and set up");
    }
    change.auto_registration = false;
    change.registration_config.emplace(std::nullopt);
  }
  return change;
}

absl::Status CheckCaProfile(const x509::Certificate& ca,
                            const AlgorithmPolicy& policy) {
  constexpr std::string_view kWhat = "the CA certificate";
  const x509::Extensions& extensions = ca.extensions();
  if (!extensions.has_basic_constraints || !extensions.is_ca) {
    // The words AWS answers with, which deployment scripts look for.
    return InvalidCertificate(
        "The CA certificate does not have the basicConstraints extension as "
        "true");
  }
  if (extensions.key_usage.has_value() &&
      !extensions.key_usage->Bit(
          static_cast<size_t>(x509::KeyUsageBit::kKeyCertSign))) {
    return InvalidCertificate(
        "the CA certificate has a keyUsage without keyCertSign");
  }
  if (extensions.has_unknown_critical) {
    return InvalidCertificate(
        "the CA certificate has a critical extension that is not processed: "
        "no device under it would be let in");
  }
  if (ca.subject().empty()) {
    return InvalidCertificate(
        "the CA certificate has an empty subject: no certificate can name it "
        "as its issuer");
  }
  if (extensions.name_constraints.has_value()) {
    const auto constraints =
        x509::NameConstraints::Parse(*extensions.name_constraints);
    if (!constraints.ok()) {
      return InvalidCertificate(absl::StrCat(
          "the CA certificate has nameConstraints that are not processed: ",
          constraints.fault().what, "; no device under it would be let in"));
    }
  }
  if (absl::Status status = CheckKey(kWhat, ca, policy); !status.ok()) {
    return status;
  }
  return CheckAlgorithm(kWhat, ca, policy).status();
}

absl::Status CheckCaCertificate(const x509::Certificate& ca,
                                const AlgorithmPolicy& policy,
                                UnixSeconds now) {
  if (absl::Status status = CheckCaProfile(ca, policy); !status.ok()) {
    return status;
  }
  return CheckValidity("the CA certificate", ca, now);
}

absl::Status CheckVerificationCertificate(const x509::Certificate& verification,
                                          const x509::Certificate& ca,
                                          const signature::PublicKey& ca_key,
                                          const AlgorithmPolicy& policy,
                                          UnixSeconds now) {
  constexpr std::string_view kWhat = "the verification certificate";
  if (verification.issuer() != ca.subject()) {
    return InvalidCertificate(
        "the verification certificate's issuer is not the CA's subject");
  }
  if (absl::Status status = CheckValidity(kWhat, verification, now);
      !status.ok()) {
    return status;
  }
  const absl::StatusOr<signature::SignatureAlgorithm> algorithm =
      CheckAlgorithm(kWhat, verification, policy);
  if (!algorithm.ok()) return algorithm.status();
  if (!ca_key.Verify(*algorithm, verification.tbs(),
                     verification.signature())) {
    return InvalidCertificate(
        "the verification certificate was not signed by the CA's key");
  }
  return absl::OkStatus();
}

OfferedCode OfferedCodeOf(const x509::Certificate& verification) {
  constexpr size_t kMaxText = 200;
  OfferedCode offered{.subject =
                          x509::ToRfc4514(verification.subject(), kMaxText)};
  std::string code;
  if (x509::CommonNames(verification.subject(), &code) == 1) {
    offered.code = std::move(code);
  }
  return offered;
}

absl::Status CheckRegistrationCode(const store::RegistryView& view,
                                   const store::Tenant& tenant,
                                   const OfferedCode& offered) {
  const std::optional<std::string> code = view.FindRegistrationCode(tenant);
  if (code.has_value() && IsRegistrationCode(*code, offered.code)) {
    return absl::OkStatus();
  }
  return MakeError(
      ErrorCode::kRegistrationCodeValidation,
      absl::StrCat("the verification certificate's subject must have one "
                   "common name, the account's registration code",
                   code.has_value() ? "" : ", and there is none yet",
                   "; its subject is \"", offered.subject, "\""));
}

absl::Status CheckNotHeld(const store::RegistryView& view,
                          const store::CaKey& key, Mode mode,
                          const x509::Certificate& ca) {
  for (const store::CaRow& row : FindCasNamed(view, key.tenant, ca.subject())) {
    const auto held = x509::Certificate::Parse(AsBytes(row.der));
    if (!held.ok() || !der::Equal(held->tbs(), ca.tbs())) continue;
    return MakeError(ErrorCode::kResourceAlreadyExists,
                     "the account has registered this CA certificate already",
                     Resource{.id = row.key.id.ToHex(), .arn = CaArn(row.key)});
  }
  if (mode == Mode::kDefault &&
      view.FindDefaultHolder(key.tenant.region, key.id).has_value()) {
    return MakeError(ErrorCode::kResourceAlreadyExists,
                     "this CA certificate is registered in mode DEFAULT "
                     "already");
  }
  return absl::OkStatus();
}

std::vector<store::CaRow> FindCasNamed(const store::RegistryView& view,
                                       const store::Tenant& tenant,
                                       const x509::Name& name) {
  std::vector<store::CaRow> rows =
      view.FindCasBySubject(tenant, name.Hash(view.subject_seed()));
  // The hash never decides.
  std::erase_if(rows, [&](const store::CaRow& row) {
    const der::Result<x509::Name> subject =
        x509::Name::Parse(AsBytes(row.subject));
    return !subject.ok() || *subject != name;
  });
  return rows;
}

absl::Status CheckSubjectQuota(const store::RegistryView& view,
                               const store::Tenant& tenant,
                               const x509::Name& subject) {
  if (FindCasNamed(view, tenant, subject).size() < kMaxCasOfOneSubject) {
    return absl::OkStatus();
  }
  return MakeError(ErrorCode::kLimitExceeded,
                   absl::StrCat("the account has ", kMaxCasOfOneSubject,
                                " CA certificates with this subject already"));
}

absl::StatusOr<store::CaRow> FindOwnCa(const store::RegistryView& view,
                                       const store::CaKey& key) {
  std::optional<store::CaRow> row = view.FindCa(key);
  if (!row.has_value()) return NoSuchCertificate();
  return *std::move(row);
}

absl::Status CheckDeletable(const store::CaRow& row) {
  if (row.status != CaStatus::kActive) return absl::OkStatus();
  return MakeError(ErrorCode::kCertificateState,
                   "an ACTIVE CA certificate cannot be deleted: set it "
                   "INACTIVE first");
}

}  // namespace chainkeep::registry
