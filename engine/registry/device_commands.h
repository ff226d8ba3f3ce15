// The commands about one device certificate; what each means, and its errors,
// stands in chainkeep/registry.h.
//
// Thread-safety: any thread.

#ifndef CHAINKEEP_ENGINE_REGISTRY_DEVICE_COMMANDS_H_
#define CHAINKEEP_ENGINE_REGISTRY_DEVICE_COMMANDS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/registry.h"
#include "engine/registry/command_context.h"
#include "engine/store/device_row.h"
#include "engine/x509/certificate.h"

namespace chainkeep::registry {

absl::StatusOr<RegisteredCertificate> RegisterCertificate(
    const CommandContext& context, const RegisterCertificateRequest& request);
absl::StatusOr<RegisteredCertificate> RegisterCertificateWithoutCa(
    const CommandContext& context,
    const RegisterCertificateWithoutCaRequest& request);
absl::StatusOr<DeviceDescription> DescribeCertificate(
    const CommandContext& context, const CertificateRequest& request);
absl::Status UpdateCertificate(const CommandContext& context,
                               const UpdateCertificateRequest& request);
absl::Status DeleteCertificate(const CommandContext& context,
                               const DeleteCertificateRequest& request);

// NewDeviceRow is the row of a certificate that is registered `now`: its first
// version, nothing attached.
store::DeviceRow NewDeviceRow(const store::DeviceKey& key,
                              const x509::Certificate& certificate, Mode mode,
                              DeviceStatus status, UnixMillis now);

// SetIssuer makes `row` that of a device which `ca` has signed.
void SetIssuer(store::DeviceRow& row, const store::CaRow& ca);

// Touch makes `row` its next version.
void Touch(store::DeviceRow& row, UnixMillis now);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_DEVICE_COMMANDS_H_
