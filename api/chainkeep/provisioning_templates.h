// Provisioning templates: what happens when a device connects for the first
// time, as the registry's commands speak of them (registry.h).
//
// Plain values; any thread may read a const one. The views in a request belong
// to the caller and are read during the call only.

#ifndef CHAINKEEP_API_CHAINKEEP_PROVISIONING_TEMPLATES_H_
#define CHAINKEEP_API_CHAINKEEP_PROVISIONING_TEMPLATES_H_

#include <string>
#include <string_view>

#include "chainkeep/types.h"

namespace chainkeep {

// TemplateType: only JITP templates run at a first connection.
enum class TemplateType : uint8_t { kFleetProvisioning, kJitp };

struct CreateProvisioningTemplateRequest {
  Account account = {};
  Region region = {};
  std::string_view name = {};         // 1 to 36 of [0-9A-Za-z_-]
  std::string_view description = {};  // at most 500 characters
  std::string_view body = {};         // JSON, at most 10,240 bytes
  bool enabled = false;
  std::string_view role_arn = {};  // 20 to 2,048 characters; recorded only
  // "JITP", "FLEET_PROVISIONING", or "" for the latter.
  std::string_view type = {};
};

// ProvisioningTemplateRequest names one.
struct ProvisioningTemplateRequest {
  Account account = {};
  Region region = {};
  std::string_view name = {};
};

struct ProvisioningTemplateDescription {
  std::string name;
  std::string
      arn;  // arn:aws:iot:<region>:<account>:provisioningtemplate/<name>
  TemplateType type = TemplateType::kFleetProvisioning;
  bool enabled = false;
  std::string description;
  std::string body;
  std::string role_arn;
  UnixMillis creation_date = 0;
  UnixMillis last_modified_date = 0;
};

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_PROVISIONING_TEMPLATES_H_
