#include "engine/registry/rules.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/registry/registration_code.h"
#include "engine/signature/algorithm.h"

namespace chainkeep::registry {
namespace {

absl::Status InvalidRequest(std::string_view message) {
  return MakeError(ErrorCode::kInvalidRequest, message);
}

absl::Status InvalidCertificate(std::string_view message) {
  return MakeError(ErrorCode::kCertificateValidation, message);
}

absl::Status NoSuchCa() {
  return MakeError(ErrorCode::kResourceNotFound,
                   "the account has no such CA certificate in this region");
}

bool IsHex(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
  return text.find_first_not_of(kDigits) == std::string_view::npos;
}

// Both ends belong to the validity (RFC 5280 §4.1.2.5).
absl::Status CheckValidity(std::string_view what,
                           const x509::Certificate& certificate,
                           UnixSeconds now) {
  if (now < certificate.not_before()) {
    return InvalidCertificate(absl::StrCat(what, " is not yet valid"));
  }
  if (now > certificate.not_after()) {
    return InvalidCertificate(absl::StrCat(what, " has expired"));
  }
  return absl::OkStatus();
}

absl::StatusOr<signature::SignatureAlgorithm> CheckAlgorithm(
    std::string_view what, const x509::Certificate& certificate,
    const AlgorithmPolicy& policy) {
  const der::Result<signature::SignatureAlgorithm> algorithm =
      signature::ParseSignatureAlgorithm(certificate.signature_algorithm());
  if (!algorithm.ok() || !signature::IsAllowed(policy, *algorithm)) {
    return InvalidCertificate(
        absl::StrCat(what, " has a signature algorithm that is not allowed"));
  }
  return *algorithm;
}

absl::Status CheckKey(std::string_view what,
                      const x509::Certificate& certificate,
                      const AlgorithmPolicy& policy) {
  const der::Result<signature::KeyInfo> info =
      signature::InspectKey(certificate.spki());
  if (!info.ok()) {
    return InvalidCertificate(
        absl::StrCat(what, " has a key that is not supported"));
  }
  if (!signature::IsStrongEnough(policy, *info)) {
    return InvalidCertificate(
        absl::StrCat(what, " has a key that is not ",
                     "allowed: ", signature::KeyName(*info)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<store::Tenant> CheckTenant(const Account& account,
                                          const Region& region) {
  if (account.empty()) return InvalidRequest("the account is missing");
  if (region.empty()) return InvalidRequest("the region is missing");
  return store::Tenant{account, region};
}

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

absl::StatusOr<std::string> CheckPem(std::string_view what,
                                     std::string_view pem) {
  if (pem.empty() || pem.size() > kMaxPemCharacters) {
    return InvalidRequest(absl::StrCat(what, " must have 1 to ",
                                       kMaxPemCharacters, " characters"));
  }
  absl::StatusOr<std::vector<std::string>> ders = DecodePemCertificates(pem);
  if (!ders.ok()) {
    return InvalidCertificate(
        absl::StrCat(what, ": ", ders.status().message()));
  }
  if (ders->size() != 1) {
    return InvalidCertificate(
        absl::StrCat(what, " must be one certificate, not ", ders->size()));
  }
  return std::move(ders->front());
}

absl::StatusOr<CertificateId> CheckCertificateId(std::string_view text) {
  if (text.size() == 2 * CertificateId::kSize && text.substr(0, 2) == "0x" &&
      IsHex(text.substr(2))) {
    return NoSuchCa();
  }
  return CertificateId::Parse(text);
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
  if (request.remove_auto_registration) {
    if (change.auto_registration.value_or(false)) {
      return InvalidRequest("auto-registration is both removed and enabled");
    }
    change.auto_registration = false;
  }
  return change;
}

absl::StatusOr<x509::Certificate> ParseCertificate(std::string_view what,
                                                   Bytes der) {
  const der::Result<x509::Certificate> parsed = x509::Certificate::Parse(der);
  if (parsed.ok()) return *parsed;
  return InvalidCertificate(
      absl::StrCat(what, ": ", parsed.fault().what,
                   parsed.fault().kind == der::Fault::Kind::kUnsupported
                       ? " is not supported"
                       : " is ill-formed"));
}

absl::Status CheckCaCertificate(const x509::Certificate& ca,
                                const AlgorithmPolicy& policy,
                                UnixSeconds now) {
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
  if (absl::Status status = CheckValidity(kWhat, ca, now); !status.ok()) {
    return status;
  }
  if (absl::Status status = CheckKey(kWhat, ca, policy); !status.ok()) {
    return status;
  }
  return CheckAlgorithm(kWhat, ca, policy).status();
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

std::string OfferedCode(const x509::Certificate& verification) {
  std::string code;
  if (x509::CommonNames(verification.subject(), &code) != 1) return "";
  return code;
}

absl::Status CheckRegistrationCode(const store::RegistryView& view,
                                   const store::Tenant& tenant,
                                   std::string_view offered) {
  const std::optional<std::string> code = view.FindRegistrationCode(tenant);
  if (code.has_value() && IsRegistrationCode(*code, offered)) {
    return absl::OkStatus();
  }
  return MakeError(ErrorCode::kRegistrationCodeValidation,
                   "the verification certificate's subject must have one "
                   "common name, the account's registration code");
}

absl::Status CheckNotHeld(const store::RegistryView& view,
                          const store::CaKey& key, Mode mode) {
  if (view.FindCa(key).has_value()) {
    return MakeError(ErrorCode::kResourceAlreadyExists,
                     "the account has registered this CA certificate already",
                     Resource{.id = key.id.ToHex(), .arn = CaArn(key)});
  }
  if (mode == Mode::kDefault &&
      view.FindDefaultHolder(key.tenant.region, key.id).has_value()) {
    return MakeError(ErrorCode::kResourceAlreadyExists,
                     "this CA certificate is registered in mode DEFAULT "
                     "already");
  }
  return absl::OkStatus();
}

absl::Status CheckSubjectQuota(const store::RegistryView& view,
                               const store::Tenant& tenant,
                               const x509::Name& subject) {
  int held = 0;
  for (const store::CaRow& row :
       view.FindCasBySubject(tenant, subject.Hash(view.subject_seed()))) {
    const der::Result<x509::Name> name =
        x509::Name::Parse(AsBytes(row.subject));
    if (name.ok() && *name == subject) ++held;
  }
  if (held < kMaxCasOfOneSubject) return absl::OkStatus();
  return MakeError(ErrorCode::kLimitExceeded,
                   absl::StrCat("the account has ", kMaxCasOfOneSubject,
                                " CA certificates with this subject already"));
}

absl::StatusOr<store::CaRow> FindOwnCa(const store::RegistryView& view,
                                       const store::CaKey& key) {
  std::optional<store::CaRow> row = view.FindCa(key);
  if (!row.has_value()) return NoSuchCa();
  return *std::move(row);
}

absl::Status CheckDeletable(const store::CaRow& row) {
  if (row.status != CaStatus::kActive) return absl::OkStatus();
  return MakeError(ErrorCode::kCertificateState,
                   "an ACTIVE CA certificate cannot be deleted: set it "
                   "INACTIVE first");
}

absl::Status CheckHostNameFree(const store::RegistryView& view,
                               const store::Tenant& tenant,
                               const sni::EndpointName& name) {
  const auto others_have = [&](const sni::EndpointName& asked) {
    const std::optional<store::EndpointRow> row =
        view.FindEndpoint(tenant.region, asked.text());
    return row.has_value() && row->endpoint.account != tenant.account;
  };
  const std::optional<sni::EndpointName> wildcard = name.CoveringWildcard();
  if (!others_have(name) && !(wildcard.has_value() && others_have(*wildcard)) &&
      !(name.is_wildcard() &&
        view.OthersHaveEndpointsBelow(tenant, name.parent()))) {
    return absl::OkStatus();
  }
  return MakeError(ErrorCode::kResourceAlreadyExists,
                   "this host name is taken");
}

absl::Status CheckOwnEndpoint(const store::RegistryView& view,
                              const store::Tenant& tenant,
                              std::string_view host_name) {
  const std::optional<store::EndpointRow> row =
      view.FindEndpoint(tenant.region, host_name);
  if (row.has_value() && row->endpoint.account == tenant.account) {
    return absl::OkStatus();
  }
  return MakeError(ErrorCode::kResourceNotFound,
                   "the account has no such endpoint in this region");
}

std::string CaArn(const store::CaKey& key) {
  return absl::StrCat("arn:aws:iot:", key.tenant.region.text(), ":",
                      key.tenant.account.text(), ":cacert/", key.id.ToHex());
}

}  // namespace chainkeep::registry
