// Commands about provisioning templates.

#include "cmd/commands.h"
#include "cmd/results.h"
#include "cmd/shapes.h"

namespace chainkeep::cmd {
namespace {

ProvisioningTemplateRequest TemplateIn(const Context& context) {
  return {.account = context.account,
          .region = context.region,
          .name = context.arguments.Text("template-name")};
}

absl::StatusOr<Result> Create(Context& context) {
  const Arguments& arguments = context.arguments;
  return Shown(context.registry->CreateProvisioningTemplate(
                   {.account = context.account,
                    .region = context.region,
                    .name = arguments.Text("template-name"),
                    .description = arguments.Text("description"),
                    .body = arguments.Text("template-body"),
                    .enabled = arguments.Flag("enabled"),
                    .role_arn = arguments.Text("provisioning-role-arn"),
                    .type = arguments.Text("type")}),
               [](const ProvisioningTemplateDescription& value) {
                 return NamesOf(value);
               });
}

absl::StatusOr<Result> Describe(Context& context) {
  return Shown(
      context.registry->DescribeProvisioningTemplate(TemplateIn(context)),
      [&](const ProvisioningTemplateDescription& value) {
        return JsonOf(value, context.timestamps);
      });
}

absl::StatusOr<Result> Delete(Context& context) {
  return Silent(
      context.registry->DeleteProvisioningTemplate(TemplateIn(context)));
}

constexpr OptionSpec kName = {.name = "template-name",
                              .need = Need::kRequired,
                              .help = "Its name, as the account calls it."};

}  // namespace

std::vector<CommandSpec> TemplateCommands() {
  return {
      {.name = "create-provisioning-template",
       .operation = "CreateProvisioningTemplate",
       .purpose = "Keeps a template that says what happens when a device "
                  "connects for the first time. A CA's --registration-config "
                  "names it.",
       .example = "create-provisioning-template --template-name fleet --type "
                  "JITP --enabled --template-body file://template.json "
                  "--provisioning-role-arn ARN",
       .options = {kName,
                   {.name = "description",
                    .help = "A word on it, 500 characters at most."},
                   {.name = "template-body",
                    .need = Need::kRequired,
                    .help = "The template: JSON, 10,240 bytes at most.",
                    .document = Document::kJson},
                   {.name = "enabled",
                    .kind = OptionKind::kFlag,
                    .help = "It may be used."},
                   {.name = "provisioning-role-arn",
                    .need = Need::kRequired,
                    .help = "The ARN of a role. Recorded only."},
                   {.name = "type",
                    .help = "JITP or FLEET_PROVISIONING. Without it, the "
                            "latter, which never runs here.",
                    .choices = "JITP FLEET_PROVISIONING"}},
       .opens = Opens::kOrCreate,
       .run = Create},
      {.name = "describe-provisioning-template",
       .operation = "DescribeProvisioningTemplate",
       .purpose = "Shows a template.",
       .example = "describe-provisioning-template --template-name fleet",
       .options = {kName},
       .run = Describe},
      {.name = "delete-provisioning-template",
       .operation = "DeleteProvisioningTemplate",
       .purpose = "Forgets a template. No CA may name it any more.",
       .example = "delete-provisioning-template --template-name fleet",
       .options = {kName},
       .run = Delete},
  };
}

}  // namespace chainkeep::cmd
