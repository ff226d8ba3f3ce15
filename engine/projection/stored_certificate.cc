#include "engine/projection/stored_certificate.h"

#include <cstdint>
#include <string>
#include <utility>

#include "chainkeep/certificate.h"
#include "chainkeep/status.h"

namespace chainkeep::projection {

using catalog::CaRecord;

namespace {

absl::StatusOr<std::shared_ptr<const CaRecord>> RecordOf(
    catalog::Catalog& catalog, std::string_view der) {
  der::Result<std::shared_ptr<const CaRecord>> record = catalog.Record(der);
  if (record.ok()) return *std::move(record);
  return MakeError(
      ErrorCode::kInternalFailure,
      std::string("the stored certificate: ").append(record.fault().what));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const CaRecord>> RecordOf(
    catalog::Catalog& catalog, const store::CertificateKey& key,
    std::string_view der) {
  const Bytes bytes(reinterpret_cast<const uint8_t*>(der.data()), der.size());
  if (ComputeCertificateId(bytes) != key.id) {
    return MakeError(ErrorCode::kInternalFailure,
                     "the stored certificate is another one");
  }
  return RecordOf(catalog, der);
}

absl::StatusOr<std::shared_ptr<const CaRecord>> CrlIssuerOf(
    catalog::Catalog& catalog, const store::CrlRow& row) {
  auto record = RecordOf(catalog, row.ca);
  if (record.ok() && (*record)->ca_id() != store::CaOf(row.key)) {
    return MakeError(ErrorCode::kInternalFailure,
                     "the stored certificate is another CA's");
  }
  return record;
}

catalog::AutoRegistration AutoRegistrationOf(const store::CaRow& row) {
  return row.auto_registration ? catalog::AutoRegistration::kEnabled
                               : catalog::AutoRegistration::kDisabled;
}

SkippedRecord About(SkippedRecord::Kind kind, const store::CertificateKey& key,
                    absl::Status status) {
  return {.kind = kind,
          .account = key.tenant.account,
          .region = key.tenant.region,
          .name = key.id.ToHex(),
          .status = std::move(status)};
}

}  // namespace chainkeep::projection
