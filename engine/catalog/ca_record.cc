#include "engine/catalog/ca_record.h"

#include <utility>

#include "engine/signature/signed_id.h"

namespace chainkeep::catalog {

CaRecord::CaRecord(std::unique_ptr<const std::string> der,
                   const x509::Certificate& certificate,
                   signature::PublicKey key)
    : ca_{certificate, std::move(key), ComputeCertificateId(AsBytes(*der)),
          signature::ComputeCaId(certificate)},
      der_(std::move(der)) {}

der::Result<std::shared_ptr<const CaRecord>> CaRecord::Make(
    std::string_view der, signature::Preparation preparation) {
  auto copy = std::make_unique<const std::string>(der);
  const der::Result<x509::Certificate> certificate =
      x509::Certificate::Parse(AsBytes(*copy));
  if (!certificate.ok()) return certificate.fault();
  der::Result<signature::PublicKey> key =
      signature::PublicKey::Parse(certificate->spki(), preparation);
  if (!key.ok()) return key.fault();
  return std::shared_ptr<const CaRecord>(
      new CaRecord(std::move(copy), *certificate, *std::move(key)));
}

size_t CaRecord::memory() const {
  // An EVP_PKEY and its RSA or EC_KEY have several times the key's own bytes.
  constexpr size_t kKeyObjects = 512;
  return sizeof(*this) + sizeof(std::string) + der_->capacity() + kKeyObjects +
         4 * certificate().spki().size();
}

}  // namespace chainkeep::catalog
