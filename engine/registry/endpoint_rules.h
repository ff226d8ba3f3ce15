// The rules of endpoints and domain configurations; see rules.h, which this
// continues.
//
// Every rule is pure. None tells one account anything of another.

#ifndef CHAINKEEP_ENGINE_REGISTRY_ENDPOINT_RULES_H_
#define CHAINKEEP_ENGINE_REGISTRY_ENDPOINT_RULES_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/endpoint.h"
#include "engine/sni/endpoint_name.h"
#include "engine/store/endpoint_row.h"
#include "engine/store/registry_view.h"

namespace chainkeep::registry {

// How many domain configurations a tenant may have; those of DescribeEndpoint
// are not counted.
inline constexpr size_t kMaxConfigurations = 10;

// ---- Arguments -------------------------------------------------------------

// The canonical form of a name that an endpoint may have. Errors:
// kInvalidRequest, also for a wildcard where they are refused.
absl::StatusOr<sni::EndpointName> CheckEndpointName(
    std::string_view text, WildcardEndpoints wildcards);

// What made host names end with, after the region, is a host name of at most
// 128 bytes. Errors: kInvalidRequest.
absl::Status CheckEndpointDomain(std::string_view domain);

// A domain configuration's name that a caller may give: 1 to 128 of
// [A-Za-z0-9_.-]. Errors: kInvalidRequest.
absl::Status CheckConfigurationName(std::string_view name);

// Errors: kInvalidRequest for anything but "DATA" and "".
absl::StatusOr<EndpointService> CheckServiceType(std::string_view type);

// What an update makes of the status; absent is "leave it". Errors:
// kInvalidRequest.
absl::StatusOr<std::optional<EndpointStatus>> CheckEndpointStatus(
    std::string_view status);

// ---- State -----------------------------------------------------------------

// Nobody but `tenant` has the host name, or a wildcard that covers it, or, if
// it is a wildcard, names that it covers (R67). Errors: kResourceAlreadyExists,
// without the resource.
absl::Status CheckHostNameFree(const store::RegistryView& view,
                               const store::Tenant& tenant,
                               const sni::EndpointName& name);

// The tenant's own endpoint of that name. Errors: kResourceNotFound.
absl::StatusOr<store::EndpointRow> FindOwnEndpoint(
    const store::RegistryView& view, const store::Tenant& tenant,
    std::string_view host_name);

// The tenant's own configuration. Errors: kResourceNotFound.
absl::StatusOr<store::EndpointRow> FindOwnConfiguration(
    const store::RegistryView& view, const store::Tenant& tenant,
    std::string_view name);

// The tenant may have one more configuration of its own making. Errors:
// kLimitExceeded.
absl::Status CheckConfigurationQuota(const store::RegistryView& view,
                                     const store::Tenant& tenant);

// A caller may change it: it is not one that DescribeEndpoint made, whose name
// devices have been told for good. Errors: kInvalidRequest.
absl::Status CheckConfigurable(const store::EndpointRow& row);

// It is DISABLED, and if its host name was made here, has been so for a week:
// devices that still know the name are to be heard of before it goes. Errors:
// kInvalidRequest.
absl::Status CheckDeletable(const store::EndpointRow& row, UnixMillis now);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_ENDPOINT_RULES_H_
