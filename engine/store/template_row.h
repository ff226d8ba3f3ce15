// TemplateRow is one provisioning template of one tenant.

#ifndef CHAINKEEP_ENGINE_STORE_TEMPLATE_ROW_H_
#define CHAINKEEP_ENGINE_STORE_TEMPLATE_ROW_H_

#include <string>

#include "chainkeep/provisioning_templates.h"
#include "chainkeep/types.h"
#include "engine/store/tenant.h"

namespace chainkeep::store {

struct TemplateRow {
  Tenant tenant;
  std::string name;  // unique in its tenant
  TemplateType type = TemplateType::kJitp;
  bool enabled = false;
  std::string description;
  std::string body;
  std::string role_arn;
  UnixMillis creation_date = 0;
  UnixMillis last_modified_date = 0;

  friend bool operator==(const TemplateRow&, const TemplateRow&) = default;
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_TEMPLATE_ROW_H_
