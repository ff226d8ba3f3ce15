#include "engine/registry/certificate_rules.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/path/rules.h"
#include "engine/x509/padding.h"

namespace chainkeep::registry {
namespace {

absl::Status InvalidRequest(std::string_view message) {
  return MakeError(ErrorCode::kInvalidRequest, message);
}

absl::Status InvalidCertificate(std::string_view message) {
  return MakeError(ErrorCode::kCertificateValidation, message);
}

bool IsHex(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
  return text.find_first_not_of(kDigits) == std::string_view::npos;
}

}  // namespace

absl::StatusOr<store::Tenant> CheckTenant(const Account& account,
                                          const Region& region) {
  if (account.empty()) return InvalidRequest("the account is missing");
  if (region.empty()) return InvalidRequest("the region is missing");
  return store::Tenant{account, region};
}

absl::StatusOr<std::vector<std::string>> CheckPems(std::string_view what,
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
  return ders;
}

absl::StatusOr<std::string> CheckPem(std::string_view what,
                                     std::string_view pem) {
  absl::StatusOr<std::vector<std::string>> ders = CheckPems(what, pem);
  if (!ders.ok()) return ders.status();
  if (ders->size() != 1) {
    return InvalidCertificate(
        absl::StrCat(what, " must be one certificate, not ", ders->size()));
  }
  return std::move(ders->front());
}

absl::StatusOr<CertificateId> CheckCertificateId(std::string_view text) {
  if (text.size() == 2 * CertificateId::kSize && text.substr(0, 2) == "0x" &&
      IsHex(text.substr(2))) {
    return NoSuchCertificate();
  }
  return CertificateId::Parse(text);
}

absl::StatusOr<store::CertificateKey> CheckCertificateKey(
    const Account& account, const Region& region, std::string_view id) {
  const absl::StatusOr<store::Tenant> tenant = CheckTenant(account, region);
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<CertificateId> parsed = CheckCertificateId(id);
  if (!parsed.ok()) return parsed.status();
  return store::CertificateKey{*tenant, *parsed};
}

absl::Status NoSuchCertificate() {
  return MakeError(ErrorCode::kResourceNotFound,
                   "the account has no such certificate in this region");
}

absl::StatusOr<x509::Certificate> ParseCertificate(std::string_view what,
                                                   Bytes der,
                                                   EncodingRule encoding) {
  const auto refuse = [&](std::string_view kind, std::string_view detail) {
    return InvalidCertificate(absl::StrCat(
        what, " ", ComputeCertificateId(der).ToHex(), " ", kind, ": ", detail));
  };
  const der::Result<x509::Certificate> parsed = x509::Certificate::Parse(der);
  if (!parsed.ok()) {
    return refuse(der::FaultText(parsed.fault()), parsed.fault().what);
  }
  const path::Finding finding = path::CheckEncoding(*parsed, encoding);
  if (!finding.ok()) return refuse("is not in DER", finding.detail);
  // It would cost every handshake that names the CA, in any account.
  if (x509::PaddingOf(parsed->subject()) > x509::kMaxPadding) {
    return refuse("has a subject with too much white space",
                  absl::StrCat("more than ", x509::kMaxPadding,
                               " characters that say nothing"));
  }
  return *parsed;
}

absl::Status CheckBasicFields(std::string_view what,
                              const x509::Certificate& certificate,
                              SerialRule rule) {
  const path::Finding finding = path::CheckBasicFields(certificate, rule);
  if (finding.ok()) return absl::OkStatus();
  return InvalidCertificate(absl::StrCat(what, ": ", finding.detail));
}

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

}  // namespace chainkeep::registry
