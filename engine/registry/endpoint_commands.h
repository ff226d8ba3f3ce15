// The commands about endpoints; what each means, and its errors, stands in
// chainkeep/registry.h. An endpoint that belongs to a domain configuration
// keeps it when it is put anew, and goes with it only.
//
// Thread-safety: any thread.

#ifndef CHAINKEEP_ENGINE_REGISTRY_ENDPOINT_COMMANDS_H_
#define CHAINKEEP_ENGINE_REGISTRY_ENDPOINT_COMMANDS_H_

#include <string_view>

#include "absl/status/status.h"
#include "chainkeep/registry.h"
#include "engine/registry/command_context.h"

namespace chainkeep::registry {

absl::Status PutEndpoint(const CommandContext& context,
                         const Endpoint& endpoint);
absl::Status DeleteEndpoint(const CommandContext& context,
                            const Account& account, const Region& region,
                            std::string_view host_name);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_ENDPOINT_COMMANDS_H_
