// The names by which the registry's records are known outside of it.
//
// Pure functions; any thread may call.

#ifndef CHAINKEEP_ENGINE_REGISTRY_ARN_H_
#define CHAINKEEP_ENGINE_REGISTRY_ARN_H_

#include <string>
#include <string_view>

#include "engine/store/ca_row.h"
#include "engine/store/device_row.h"
#include "engine/store/tenant.h"

namespace chainkeep::registry {

// Arn returns arn:aws:iot:<region>:<account>:<type>/<name>.
std::string Arn(const store::Tenant& tenant, std::string_view type,
                std::string_view name);

// …:cacert/<id>
std::string CaArn(const store::CaKey& key);
// …:cert/<id>
std::string DeviceArn(const store::DeviceKey& key);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_ARN_H_
