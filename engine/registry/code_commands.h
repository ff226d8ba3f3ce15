// The commands about registration codes; what each means, and its errors,
// stands in chainkeep/registry.h.
//
// Thread-safety: any thread.

#ifndef CHAINKEEP_ENGINE_REGISTRY_CODE_COMMANDS_H_
#define CHAINKEEP_ENGINE_REGISTRY_CODE_COMMANDS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/types.h"
#include "engine/registry/command_context.h"

namespace chainkeep::registry {

absl::StatusOr<std::string> GetRegistrationCode(const CommandContext& context,
                                                const Account& account,
                                                const Region& region);
absl::Status DeleteRegistrationCode(const CommandContext& context,
                                    const Account& account,
                                    const Region& region);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_CODE_COMMANDS_H_
