#include "engine/registry/template_commands.h"

#include <string>

#include "chainkeep/status.h"
#include "engine/registry/arn.h"
#include "engine/registry/certificate_rules.h"
#include "engine/registry/provisioning_template.h"
#include "engine/registry/template_rules.h"
#include "engine/store/registry_store.h"
#include "engine/store/template_row.h"

namespace chainkeep::registry {
namespace {

using store::RegistryView;
using store::TemplateRow;
using store::Tenant;
using store::Transaction;

std::string ArnOf(const Tenant& tenant, std::string_view name) {
  return Arn(tenant, "provisioningtemplate", name);
}

ProvisioningTemplateDescription Describe(const TemplateRow& row) {
  return {.name = row.name,
          .arn = ArnOf(row.tenant, row.name),
          .type = row.type,
          .enabled = row.enabled,
          .description = row.description,
          .body = row.body,
          .role_arn = row.role_arn,
          .creation_date = row.creation_date,
          .last_modified_date = row.last_modified_date};
}

absl::StatusOr<Tenant> CheckNamed(const ProvisioningTemplateRequest& request) {
  const absl::StatusOr<Tenant> tenant =
      CheckTenant(request.account, request.region);
  if (!tenant.ok()) return tenant.status();
  const absl::Status check = CheckTemplateName(request.name);
  if (!check.ok()) return check;
  return tenant;
}

}  // namespace

absl::StatusOr<ProvisioningTemplateDescription> CreateProvisioningTemplate(
    const CommandContext& context,
    const CreateProvisioningTemplateRequest& request) {
  const absl::StatusOr<Tenant> tenant =
      CheckTenant(request.account, request.region);
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<TemplateType> type = CheckTemplateType(request.type);
  if (!type.ok()) return type.status();
  absl::Status check = CheckTemplate(request);
  // Only those run here; of others no more is known than that they are JSON.
  if (check.ok() && *type == TemplateType::kJitp) {
    check = ProvisioningTemplate::Parse(request.body).status();
  }
  if (!check.ok()) return check;
  TemplateRow row;
  row.tenant = *tenant;
  row.name = request.name;
  row.type = *type;
  row.enabled = request.enabled;
  row.description = request.description;
  row.body = request.body;
  row.role_arn = request.role_arn;
  row.creation_date = context.NowMillis();
  row.last_modified_date = row.creation_date;
  const std::string arn = ArnOf(*tenant, request.name);
  const absl::Status status = context.Commit(
      {"CreateProvisioningTemplate", *tenant, arn},
      [&](Transaction& t) -> Outcome {
        if (t.FindTemplate(*tenant, row.name).has_value()) {
          return MakeError(ErrorCode::kResourceAlreadyExists,
                           "the account has a template of this name already",
                           Resource{.id = row.name, .arn = arn});
        }
        t.PutTemplate(row);
        return Effect::kChanged;
      });
  if (!status.ok()) return status;
  return Describe(row);
}

absl::StatusOr<ProvisioningTemplateDescription> DescribeProvisioningTemplate(
    const CommandContext& context, const ProvisioningTemplateRequest& request) {
  const absl::StatusOr<Tenant> tenant = CheckNamed(request);
  if (!tenant.ok()) return tenant.status();
  ProvisioningTemplateDescription description;
  const absl::Status status = context.Read([&](const RegistryView& view) {
    const absl::StatusOr<TemplateRow> row =
        FindOwnTemplate(view, *tenant, request.name);
    if (row.ok()) description = Describe(*row);
    return row.status();
  });
  if (!status.ok()) return status;
  return description;
}

absl::Status DeleteProvisioningTemplate(
    const CommandContext& context, const ProvisioningTemplateRequest& request) {
  const absl::StatusOr<Tenant> tenant = CheckNamed(request);
  if (!tenant.ok()) return tenant.status();
  return context.Commit(
      {"DeleteProvisioningTemplate", *tenant, ArnOf(*tenant, request.name)},
      [&](Transaction& t) -> Outcome {
        const absl::StatusOr<TemplateRow> row =
            FindOwnTemplate(t, *tenant, request.name);
        if (!row.ok()) return row.status();
        const absl::Status check =
            CheckTemplateUnused(t, *tenant, request.name);
        if (!check.ok()) return check;
        t.DeleteTemplate(*tenant, request.name);
        return Effect::kChanged;
      });
}

}  // namespace chainkeep::registry
