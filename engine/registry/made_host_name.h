// Host names that the registry makes up for an account: what they look like.
//
//   <prefix>-ats.iot.<region>.<domain>          data
//   <prefix>.iot.<region>.<domain>              data, the older name of it
//   <prefix>.credentials.iot.<region>.<domain>  credential provider
//   <prefix>.jobs.iot.<region>.<domain>         jobs
//
// A prefix is random and tells nothing of the account. Guessing one gains
// nothing either, for a host name is no secret; it is long enough that no two
// accounts ever get the same.
//
// Pure but for NewPrefix; any thread may call.

#ifndef CHAINKEEP_ENGINE_REGISTRY_MADE_HOST_NAME_H_
#define CHAINKEEP_ENGINE_REGISTRY_MADE_HOST_NAME_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "chainkeep/endpoint.h"
#include "chainkeep/types.h"
#include "engine/sni/endpoint_name.h"

namespace chainkeep::registry {

// EndpointType is one row of the list above.
struct EndpointType {
  std::string_view name;   // "iot:Data-ATS"
  std::string_view infix;  // "-ats.iot."
  EndpointService service;
};

// All of them.
std::span<const EndpointType> EndpointTypes();

// The one named so, "" being "iot:Data". Errors: kInvalidRequest.
absl::StatusOr<EndpointType> FindEndpointType(std::string_view name);

// A letter and `digits` random letters and digits, all lower case.
std::string NewPrefix(char letter, size_t digits);

// Errors: kInvalidRequest where the region cannot be part of a host name.
absl::StatusOr<sni::EndpointName> MakeHostName(std::string_view prefix,
                                               const EndpointType& type,
                                               const Region& region,
                                               std::string_view domain);

// The prefix of a name that was made for `type`; nothing for another name.
std::optional<std::string> PrefixOf(std::string_view host_name,
                                    const EndpointType& type);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_MADE_HOST_NAME_H_
