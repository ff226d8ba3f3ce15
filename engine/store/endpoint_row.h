// EndpointRow is one host name of one tenant, and the domain configuration that
// gave it the name, if one did.

#ifndef CHAINKEEP_ENGINE_STORE_ENDPOINT_ROW_H_
#define CHAINKEEP_ENGINE_STORE_ENDPOINT_ROW_H_

#include <string>

#include "chainkeep/domain_configurations.h"
#include "chainkeep/endpoint.h"
#include "chainkeep/types.h"

namespace chainkeep::store {

struct EndpointRow {
  // `host_name` is canonical, as sni::EndpointName has it.
  Endpoint endpoint;
  // Unique in its tenant; "" if the endpoint was put without one.
  std::string configuration;
  DomainType type = DomainType::kCustomerManaged;
  UnixMillis creation_date = 0;
  UnixMillis last_status_change_date = 0;

  friend bool operator==(const EndpointRow&, const EndpointRow&) = default;
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_ENDPOINT_ROW_H_
