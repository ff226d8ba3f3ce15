// The commands that list certificates, page by page; what each means, and its
// errors, stands in chainkeep/registry.h. A page costs one query.
//
// Thread-safety: any thread.

#ifndef CHAINKEEP_ENGINE_REGISTRY_LIST_COMMANDS_H_
#define CHAINKEEP_ENGINE_REGISTRY_LIST_COMMANDS_H_

#include "absl/status/statusor.h"
#include "chainkeep/registry.h"
#include "engine/registry/command_context.h"

namespace chainkeep::registry {

absl::StatusOr<List<CaSummary>> ListCaCertificates(
    const CommandContext& context, const ListCaCertificatesRequest& request);
absl::StatusOr<List<DeviceSummary>> ListCertificates(
    const CommandContext& context, const ListCertificatesRequest& request);
absl::StatusOr<List<DeviceSummary>> ListCertificatesByCa(
    const CommandContext& context, const ListCertificatesByCaRequest& request);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_LIST_COMMANDS_H_
