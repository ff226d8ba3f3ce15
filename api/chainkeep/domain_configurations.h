// Domain configurations: endpoints that have a name of their own in their
// account, as the registry's commands speak of them (registry.h).
//
// Plain values; any thread may read a const one. The views in a request belong
// to the caller and are read during the call only.

#ifndef CHAINKEEP_API_CHAINKEEP_DOMAIN_CONFIGURATIONS_H_
#define CHAINKEEP_API_CHAINKEEP_DOMAIN_CONFIGURATIONS_H_

#include <string>
#include <string_view>
#include <vector>

#include "chainkeep/endpoint.h"
#include "chainkeep/types.h"

namespace chainkeep {

// DomainType says who chose the host name.
enum class DomainType : uint8_t { kEndpoint, kAwsManaged, kCustomerManaged };

struct CreateDomainConfigurationRequest {
  Account account = {};
  Region region = {};
  // 1 to 128 of [A-Za-z0-9_.-], not beginning with "IoT:"; unique in the
  // account and region.
  std::string_view name = {};
  // The host name that devices send. "": one is made.
  std::string_view domain_name = {};
  // "DATA", or "" for it.
  std::string_view service_type = {};
};

// DomainConfigurationRequest names one.
struct DomainConfigurationRequest {
  Account account = {};
  Region region = {};
  std::string_view name = {};
};

struct UpdateDomainConfigurationRequest {
  DomainConfigurationRequest configuration = {};
  // "ENABLED", "DISABLED", or "" to leave it.
  std::string_view new_status = {};
};

struct DescribeEndpointRequest {
  Account account = {};
  Region region = {};
  // "iot:Data-ATS", "iot:Data", "iot:CredentialProvider" or "iot:Jobs"; "":
  // "iot:Data".
  std::string_view endpoint_type = {};
};

struct DomainConfigurationSummary {
  std::string name;
  std::string arn;  // arn:aws:iot:<region>:<account>:domainconfiguration/<name>
  EndpointService service = EndpointService::kData;
};

struct DomainConfigurationDescription {
  std::string name;
  std::string arn;
  std::string domain_name;
  EndpointService service = EndpointService::kData;
  EndpointStatus status = EndpointStatus::kEnabled;
  DomainType type = DomainType::kCustomerManaged;
  UnixMillis last_status_change_date = 0;
};

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_DOMAIN_CONFIGURATIONS_H_
