// The commands about one CA certificate; what each means, and its errors,
// stands in chainkeep/registry.h.
//
// Thread-safety: any thread.

#ifndef CHAINKEEP_ENGINE_REGISTRY_CA_COMMANDS_H_
#define CHAINKEEP_ENGINE_REGISTRY_CA_COMMANDS_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/registry.h"
#include "engine/registry/command_context.h"
#include "engine/store/ca_row.h"
#include "engine/x509/certificate.h"

namespace chainkeep::registry {

absl::StatusOr<RegisteredCertificate> RegisterCaCertificate(
    const CommandContext& context, const RegisterCaCertificateRequest& request);
absl::StatusOr<CaDescription> DescribeCaCertificate(
    const CommandContext& context, const Account& account, const Region& region,
    std::string_view ca_certificate_id);
absl::Status UpdateCaCertificate(const CommandContext& context,
                                 const UpdateCaCertificateRequest& request);
absl::Status DeleteCaCertificate(const CommandContext& context,
                                 const Account& account, const Region& region,
                                 std::string_view ca_certificate_id);

// CheckFirstConnect returns whether what a configuration wants done at a first
// connection can be done, as far as can be told without a device. Errors:
// kInvalidRequest.
absl::Status CheckFirstConnect(const std::optional<RegistrationConfig>& config);

// FillFromCertificate sets what a row repeats of its certificate.
void FillFromCertificate(const x509::Certificate& ca, uint64_t subject_seed,
                         store::CaRow& row);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_CA_COMMANDS_H_
