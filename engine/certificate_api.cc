// Implements chainkeep/certificate.h, but for ComputeCertificateId.

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/der/pem.h"
#include "engine/signature/public_key.h"
#include "engine/x509/certificate.h"

namespace chainkeep {
namespace {

constexpr std::string_view kLabel = "CERTIFICATE";
constexpr size_t kMaxText = 1024;

std::string_view AsText(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string KeyText(Bytes spki) {
  const der::Result<signature::KeyInfo> info = signature::InspectKey(spki);
  return info.ok() ? signature::KeyName(*info) : "unknown";
}

std::string CommonName(const x509::Name& subject) {
  std::string name;
  x509::CommonNames(subject, &name);
  if (name.size() > kMaxText) name = name.substr(0, kMaxText) + "...";
  return absl::CHexEscape(name);
}

// What stands there instead, to be said.
std::string OtherLabelIn(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr size_t kLongest = 40;
  const size_t begin = pem.find(kBegin);
  if (begin == std::string_view::npos) return "";
  std::string_view label = pem.substr(begin + kBegin.size(), kLongest);
  label = label.substr(0, label.find('-'));
  return absl::StrCat(", but one of '", absl::CHexEscape(label), "'");
}

}  // namespace

absl::StatusOr<std::vector<std::string>> DecodePemCertificates(
    std::string_view pem) {
  std::vector<std::string> ders;
  der::PemReader reader(pem, kLabel);
  for (;;) {
    std::string der;
    switch (reader.Next(&der)) {
      case der::PemReader::Step::kBlock:
        ders.push_back(std::move(der));
        continue;
      case der::PemReader::Step::kIllFormed:
        return MakeError(ErrorCode::kCertificateValidation,
                         absl::StrCat("PEM: CERTIFICATE block ",
                                      ders.size() + 1, " is ill-formed"));
      case der::PemReader::Step::kEnd:
        break;
    }
    break;
  }
  if (ders.empty()) {
    return MakeError(
        ErrorCode::kCertificateValidation,
        absl::StrCat("PEM: there is no CERTIFICATE block", OtherLabelIn(pem)));
  }
  return ders;
}

std::string EncodePemCertificate(Bytes der) {
  return der::ToPem(kLabel, AsText(der));
}

absl::StatusOr<CertificateSummary> SummarizeCertificate(Bytes der) {
  const der::Result<x509::Certificate> parsed = x509::Certificate::Parse(der);
  if (!parsed.ok()) {
    return MakeError(
        ErrorCode::kCertificateValidation,
        absl::StrCat("the certificate ", ComputeCertificateId(der).ToHex(), " ",
                     der::FaultText(parsed.fault()), ": ",
                     parsed.fault().what));
  }
  CertificateSummary summary;
  summary.id = ComputeCertificateId(der);
  summary.subject = x509::ToRfc4514(parsed->subject(), kMaxText);
  summary.issuer = x509::ToRfc4514(parsed->issuer(), kMaxText);
  summary.common_name = CommonName(parsed->subject());
  summary.serial = absl::BytesToHexString(AsText(parsed->serial()));
  summary.key = KeyText(parsed->spki());
  summary.not_before = parsed->not_before();
  summary.not_after = parsed->not_after();
  return summary;
}

}  // namespace chainkeep
