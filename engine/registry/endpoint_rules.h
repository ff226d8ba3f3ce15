// The rules of endpoints and domain configurations; see rules.h, which this
// continues.
//
// Every rule is pure. None tells one account anything of another.

#ifndef CHAINKEEP_ENGINE_REGISTRY_ENDPOINT_RULES_H_
#define CHAINKEEP_ENGINE_REGISTRY_ENDPOINT_RULES_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/endpoint.h"
#include "engine/sni/endpoint_name.h"
#include "engine/store/endpoint_row.h"
#include "engine/store/registry_view.h"

namespace chainkeep::registry {

// ---- Arguments -------------------------------------------------------------

// The canonical form of a name that an endpoint may have. Errors:
// kInvalidRequest, also for a wildcard where they are refused.
absl::StatusOr<sni::EndpointName> CheckEndpointName(
    std::string_view text, WildcardEndpoints wildcards);

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

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_ENDPOINT_RULES_H_
