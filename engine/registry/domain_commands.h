// The commands about domain configurations, and DescribeEndpoint; what each
// means, and its errors, stands in chainkeep/registry.h.
//
// A domain configuration is an endpoint with a name of its own in its account.
// Those that DescribeEndpoint makes are named after their endpoint type
// ("iot:Data-ATS"), which no caller can name one; they are listed and described
// with the others, and neither changed nor deleted.
//
// Thread-safety: any thread.

#ifndef CHAINKEEP_ENGINE_REGISTRY_DOMAIN_COMMANDS_H_
#define CHAINKEEP_ENGINE_REGISTRY_DOMAIN_COMMANDS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/registry.h"
#include "engine/registry/command_context.h"

namespace chainkeep::registry {

absl::StatusOr<DomainConfigurationDescription> CreateDomainConfiguration(
    const CommandContext& context,
    const CreateDomainConfigurationRequest& request);
absl::StatusOr<DomainConfigurationDescription> DescribeDomainConfiguration(
    const CommandContext& context, const DomainConfigurationRequest& request);
absl::StatusOr<DomainConfigurationDescription> UpdateDomainConfiguration(
    const CommandContext& context,
    const UpdateDomainConfigurationRequest& request);
absl::Status DeleteDomainConfiguration(
    const CommandContext& context, const DomainConfigurationRequest& request);
absl::StatusOr<List<DomainConfigurationSummary>> ListDomainConfigurations(
    const CommandContext& context, const Account& account,
    const Region& region);
absl::StatusOr<std::string> DescribeEndpoint(
    const CommandContext& context, const DescribeEndpointRequest& request);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_DOMAIN_COMMANDS_H_
