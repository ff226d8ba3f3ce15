// Certificates as an embedder meets them: PEM on disk, DER in a handshake, and
// the few facts a person or a log wants to read out of one.
//
// Nothing here decides trust: that is Handshake::Present. All functions are
// pure and may be called by any thread at any time; input of any content and
// length is answered with a status.
//
//   absl::StatusOr<std::vector<std::string>> ders =
//       chainkeep::DecodePemCertificates(pem);
//   if (!ders.ok()) return ders.status();
//   chainkeep::CertificateId id =
//       chainkeep::ComputeCertificateId(chainkeep::AsBytes(ders->front()));

#ifndef CHAINKEEP_API_CHAINKEEP_CERTIFICATE_H_
#define CHAINKEEP_API_CHAINKEEP_CERTIFICATE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "chainkeep/types.h"

namespace chainkeep {

// AsBytes views the characters of `text` as bytes. The caller keeps `text`.
inline Bytes AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// ComputeCertificateId returns the SHA-256 of `der`, whatever it holds. Costs
// about half a microsecond for a device certificate.
CertificateId ComputeCertificateId(Bytes der);

// DecodePemCertificates returns the DER of each CERTIFICATE block of `pem`, in
// order. Text outside of blocks is ignored, as RFC 7468 §5.2 allows, and so are
// blocks of other labels; white space in the base64 may be anything. At least
// one block must be there, and each must be well-formed base64. The contents
// are not parsed. Allocates. Errors: ErrorCode::kCertificateValidation.
absl::StatusOr<std::vector<std::string>> DecodePemCertificates(
    std::string_view pem);

// EncodePemCertificate returns `der` as one PEM block with lines of 64
// characters and "\n". Allocates.
std::string EncodePemCertificate(Bytes der);

// CertificateSummary is what a person asks of a certificate. The texts are
// bounded (1 KiB each, cut with "..."), and every character that is not
// printable ASCII is escaped as \xHH, so they are safe to log.
struct CertificateSummary {
  CertificateId id;
  std::string subject;      // RFC 4514, for example "CN=d1,O=Example"
  std::string issuer;       // likewise
  std::string common_name;  // the last CN of the subject; "" without one
  std::string serial;       // lowercase hex, without a leading "0x"
  std::string key;          // "P-256", "RSA-2048", "Ed25519", "unknown"
  UnixSeconds not_before = 0;
  UnixSeconds not_after = 0;
};

// SummarizeCertificate parses `der` strictly and describes it. Nothing is
// verified. Allocates. Errors: ErrorCode::kCertificateValidation.
absl::StatusOr<CertificateSummary> SummarizeCertificate(Bytes der);

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_CERTIFICATE_H_
