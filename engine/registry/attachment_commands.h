// The commands that attach policies and things to a device certificate, and
// detach them; what each means, and its errors, stands in chainkeep/registry.h.
//
// Both are names, which only count: this library keeps no policies and no
// things. Thread-safety: any thread.

#ifndef CHAINKEEP_ENGINE_REGISTRY_ATTACHMENT_COMMANDS_H_
#define CHAINKEEP_ENGINE_REGISTRY_ATTACHMENT_COMMANDS_H_

#include "absl/status/status.h"
#include "chainkeep/registry.h"
#include "engine/registry/command_context.h"

namespace chainkeep::registry {

absl::Status AttachPolicy(const CommandContext& context,
                          const AttachmentRequest& request);
absl::Status DetachPolicy(const CommandContext& context,
                          const AttachmentRequest& request);
absl::Status AttachThing(const CommandContext& context,
                         const AttachmentRequest& request);
absl::Status DetachThing(const CommandContext& context,
                         const AttachmentRequest& request);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_ATTACHMENT_COMMANDS_H_
