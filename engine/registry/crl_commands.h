// The command about CRLs; what it means, and its errors, stands in
// chainkeep/registry.h.
//
// Thread-safety: any thread.

#ifndef CHAINKEEP_ENGINE_REGISTRY_CRL_COMMANDS_H_
#define CHAINKEEP_ENGINE_REGISTRY_CRL_COMMANDS_H_

#include "absl/status/status.h"
#include "chainkeep/registry.h"
#include "engine/registry/command_context.h"

namespace chainkeep::registry {

absl::Status SetCrls(const CommandContext& context,
                     const SetCrlsRequest& request);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_CRL_COMMANDS_H_
