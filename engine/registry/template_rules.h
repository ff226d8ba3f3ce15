// The rules of provisioning templates, and of registration configurations,
// which name or contain one; see rules.h, which this continues.
//
// Every rule is pure. Errors not named here are kInvalidRequest.

#ifndef CHAINKEEP_ENGINE_REGISTRY_TEMPLATE_RULES_H_
#define CHAINKEEP_ENGINE_REGISTRY_TEMPLATE_RULES_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/ca_certificates.h"
#include "chainkeep/provisioning_templates.h"
#include "engine/store/registry_view.h"
#include "engine/store/template_row.h"

namespace chainkeep::registry {

// How many bytes a template's body may have.
inline constexpr size_t kMaxTemplateBody = 10'240;

// ---- Arguments -------------------------------------------------------------

// 1 to 36 of [0-9A-Za-z_-].
absl::Status CheckTemplateName(std::string_view name);

// A JSON object of at most kMaxTemplateBody bytes.
absl::Status CheckTemplateBody(std::string_view body);

// 20 to 2,048 characters.
absl::Status CheckRoleArn(std::string_view arn);

// "" is FLEET_PROVISIONING.
absl::StatusOr<TemplateType> CheckTemplateType(std::string_view type);

// All that a request says of a new template but its type.
absl::Status CheckTemplate(const CreateProvisioningTemplateRequest& request);

// A template is given in one of the two ways, and is one as far as can be told.
absl::Status CheckRegistrationConfig(const RegistrationConfig& config);

// ---- State -----------------------------------------------------------------

// Errors: kResourceNotFound.
absl::StatusOr<store::TemplateRow> FindOwnTemplate(
    const store::RegistryView& view, const store::Tenant& tenant,
    std::string_view name);

// The template that `config` names, if it names one, exists (otherwise
// kResourceNotFound) and is of type JITP.
absl::Status CheckNamedTemplate(
    const store::RegistryView& view, const store::Tenant& tenant,
    const std::optional<RegistrationConfig>& config);

// No registered CA names the template. Errors: kDeleteConflict.
absl::Status CheckTemplateUnused(const store::RegistryView& view,
                                 const store::Tenant& tenant,
                                 std::string_view name);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_TEMPLATE_RULES_H_
