// What is done with a CA's certificate as a store gives it.

#ifndef CHAINKEEP_ENGINE_PROJECTION_STORED_CERTIFICATE_H_
#define CHAINKEEP_ENGINE_PROJECTION_STORED_CERTIFICATE_H_

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/events.h"
#include "engine/catalog/ca_record.h"
#include "engine/catalog/catalog.h"
#include "engine/catalog/registration.h"
#include "engine/store/ca_row.h"
#include "engine/store/crl_row.h"
#include "engine/store/tenant.h"

namespace chainkeep::projection {

// RecordOf returns the CA record of stored bytes, the shared one if there is
// one. They must be the certificate that they are stored for: the file may have
// been tampered with. Errors: kInternalFailure.
absl::StatusOr<std::shared_ptr<const catalog::CaRecord>> RecordOf(
    catalog::Catalog& catalog, const store::CertificateKey& key,
    std::string_view der);

// CrlIssuerOf does the same for the certificate of a row of CRLs, which must be
// one of the CA that they are stored for.
absl::StatusOr<std::shared_ptr<const catalog::CaRecord>> CrlIssuerOf(
    catalog::Catalog& catalog, const store::CrlRow& row);

catalog::AutoRegistration AutoRegistrationOf(const store::CaRow& row);

SkippedRecord About(SkippedRecord::Kind kind, const store::CertificateKey& key,
                    absl::Status status = {});

}  // namespace chainkeep::projection

#endif  // CHAINKEEP_ENGINE_PROJECTION_STORED_CERTIFICATE_H_
