#include "engine/registry/template_rules.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/registry/json_value.h"
#include "engine/registry/text_rules.h"

namespace chainkeep::registry {
namespace {

absl::Status InvalidRequest(std::string_view message) {
  return MakeError(ErrorCode::kInvalidRequest, message);
}

}  // namespace

absl::Status CheckTemplateName(std::string_view name) {
  return CheckName("the template's name", name, {1, 36}, "_-");
}

absl::Status CheckTemplateBody(std::string_view body) {
  if (body.size() > kMaxTemplateBody) {
    return InvalidRequest(absl::StrCat("a template's body has at most ",
                                       kMaxTemplateBody, " bytes"));
  }
  const absl::StatusOr<JsonValue> json = ParseJson(body);
  if (!json.ok()) {
    return InvalidRequest(
        absl::StrCat("the template's body: ", json.status().message()));
  }
  if (json->type != JsonValue::Type::kObject) {
    return InvalidRequest("the template's body is not a JSON object");
  }
  return absl::OkStatus();
}

absl::Status CheckRoleArn(std::string_view arn) {
  return CheckText("the role's ARN", arn, {20, 2048});
}

absl::StatusOr<TemplateType> CheckTemplateType(std::string_view type) {
  if (type == "JITP") return TemplateType::kJitp;
  if (type.empty() || type == "FLEET_PROVISIONING") {
    return TemplateType::kFleetProvisioning;
  }
  return InvalidRequest("a template's type is JITP or FLEET_PROVISIONING");
}

absl::Status CheckTemplate(const CreateProvisioningTemplateRequest& request) {
  absl::Status status = CheckTemplateName(request.name);
  if (status.ok()) {
    status =
        CheckText("the template's description", request.description, {0, 500});
  }
  if (status.ok()) status = CheckTemplateBody(request.body);
  if (status.ok()) status = CheckRoleArn(request.role_arn);
  return status;
}

absl::Status CheckRegistrationConfig(const RegistrationConfig& config) {
  if (config.template_name.empty() == config.template_body.empty()) {
    return InvalidRequest(
        "a registration configuration has either a template's name or its "
        "body");
  }
  if (!config.role_arn.empty()) {
    const absl::Status status = CheckRoleArn(config.role_arn);
    if (!status.ok()) return status;
  }
  return config.template_name.empty() ? CheckTemplateBody(config.template_body)
                                      : CheckTemplateName(config.template_name);
}

absl::StatusOr<store::TemplateRow> FindOwnTemplate(
    const store::RegistryView& view, const store::Tenant& tenant,
    std::string_view name) {
  std::optional<store::TemplateRow> row = view.FindTemplate(tenant, name);
  if (row.has_value()) return *std::move(row);
  return MakeError(ErrorCode::kResourceNotFound,
                   "the account has no such template in this region");
}

absl::Status CheckNamedTemplate(
    const store::RegistryView& view, const store::Tenant& tenant,
    const std::optional<RegistrationConfig>& config) {
  if (!config.has_value() || config->template_name.empty()) {
    return absl::OkStatus();
  }
  const absl::StatusOr<store::TemplateRow> row =
      FindOwnTemplate(view, tenant, config->template_name);
  if (!row.ok()) return row.status();
  if (row->type == TemplateType::kJitp) return absl::OkStatus();
  return InvalidRequest("the template is not of type JITP");
}

absl::Status CheckTemplateUnused(const store::RegistryView& view,
                                 const store::Tenant& tenant,
                                 std::string_view name) {
  store::Page page;
  page.limit = 1;
  if (view.ListCas(tenant, name, page).empty()) return absl::OkStatus();
  return MakeError(ErrorCode::kDeleteConflict,
                   "a registered CA certificate uses the template");
}

}  // namespace chainkeep::registry
