// The commands about provisioning templates; what each means, and its errors,
// stands in chainkeep/registry.h.
//
// Thread-safety: any thread.

#ifndef CHAINKEEP_ENGINE_REGISTRY_TEMPLATE_COMMANDS_H_
#define CHAINKEEP_ENGINE_REGISTRY_TEMPLATE_COMMANDS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/registry.h"
#include "engine/registry/command_context.h"

namespace chainkeep::registry {

absl::StatusOr<ProvisioningTemplateDescription> CreateProvisioningTemplate(
    const CommandContext& context,
    const CreateProvisioningTemplateRequest& request);
absl::StatusOr<ProvisioningTemplateDescription> DescribeProvisioningTemplate(
    const CommandContext& context, const ProvisioningTemplateRequest& request);
absl::Status DeleteProvisioningTemplate(
    const CommandContext& context, const ProvisioningTemplateRequest& request);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_TEMPLATE_COMMANDS_H_
