// Commands about the host names that devices dial.

#include "cmd/commands.h"
#include "cmd/results.h"
#include "cmd/shapes.h"

namespace chainkeep::cmd {
namespace {

DomainConfigurationRequest ConfigurationIn(const Context& context) {
  return {.account = context.account,
          .region = context.region,
          .name = context.arguments.Text("domain-configuration-name")};
}

absl::StatusOr<Result> DescribeAccountEndpoint(Context& context) {
  return Named("endpointAddress",
               context.registry->DescribeEndpoint(
                   {.account = context.account,
                    .region = context.region,
                    .endpoint_type = context.arguments.Text("endpoint-type")}));
}

absl::StatusOr<Result> Create(Context& context) {
  const Arguments& arguments = context.arguments;
  return Shown(context.registry->CreateDomainConfiguration(
                   {.account = context.account,
                    .region = context.region,
                    .name = arguments.Text("domain-configuration-name"),
                    .domain_name = arguments.Text("domain-name"),
                    .service_type = arguments.Text("service-type")}),
               [](const DomainConfigurationDescription& value) {
                 return NamesOf(value);
               });
}

absl::StatusOr<Result> Describe(Context& context) {
  return Shown(
      context.registry->DescribeDomainConfiguration(ConfigurationIn(context)),
      [&](const DomainConfigurationDescription& value) {
        return JsonOf(value, context.timestamps);
      });
}

absl::StatusOr<Result> Update(Context& context) {
  return Shown(context.registry->UpdateDomainConfiguration(
                   {.configuration = ConfigurationIn(context),
                    .new_status =
                        context.arguments.Text("domain-configuration-status")}),
               [](const DomainConfigurationDescription& value) {
                 return NamesOf(value);
               });
}

absl::StatusOr<Result> Delete(Context& context) {
  return Silent(
      context.registry->DeleteDomainConfiguration(ConfigurationIn(context)));
}

absl::StatusOr<Result> ListConfigurations(Context& context) {
  return Shown(context.registry->ListDomainConfigurations(context.account,
                                                          context.region),
               [](const List<DomainConfigurationSummary>& list) {
                 Json items = Json::array();
                 for (const DomainConfigurationSummary& item : list.items) {
                   items.push_back(JsonOf(item));
                 }
                 Json json;
                 json["domainConfigurations"] = std::move(items);
                 return json;
               });
}

constexpr OptionSpec kName = {.name = "domain-configuration-name",
                              .need = Need::kRequired,
                              .help = "Its name, as the account calls it."};

}  // namespace

std::vector<CommandSpec> EndpointCommands() {
  return {
      {.name = "describe-endpoint",
       .operation = "DescribeEndpoint",
       .purpose = "Shows the host name that the account's devices dial. The "
                  "first call makes it, and it never changes.",
       .example = "describe-endpoint --endpoint-type iot:Data-ATS",
       .options = {{.name = "endpoint-type",
                    .help = "Without it, iot:Data.",
                    .choices = "iot:Data-ATS iot:Data iot:CredentialProvider "
                               "iot:Jobs"}},
       .opens = Opens::kOrCreate,
       .run = DescribeAccountEndpoint},
      {.name = "create-domain-configuration",
       .operation = "CreateDomainConfiguration",
       .purpose = "Gives the account a host name that its devices may dial. "
                  "One host name belongs to one account of a region.",
       .example = "create-domain-configuration --domain-configuration-name "
                  "locks --domain-name iot.example.com --service-type DATA",
       .options = {kName,
                   {.name = "domain-name",
                    .help = "The host name. Without it, one is made."},
                   {.name = "service-type",
                    .help = "DATA, also without it.",
                    .choices = "DATA"}},
       .opens = Opens::kOrCreate,
       .run = Create},
      {.name = "describe-domain-configuration",
       .operation = "DescribeDomainConfiguration",
       .purpose = "Shows all that is known of a domain configuration.",
       .example = "describe-domain-configuration "
                  "--domain-configuration-name locks",
       .options = {kName},
       .run = Describe},
      {.name = "update-domain-configuration",
       .operation = "UpdateDomainConfiguration",
       .purpose = "Switches a host name on or off. While it is off, nobody who "
                  "dials it gets in.",
       .example = "update-domain-configuration --domain-configuration-name "
                  "locks --domain-configuration-status DISABLED",
       .options = {kName,
                   {.name = "domain-configuration-status",
                    .help = "ENABLED or DISABLED.",
                    .choices = "ENABLED DISABLED"}},
       .run = Update},
      {.name = "delete-domain-configuration",
       .operation = "DeleteDomainConfiguration",
       .purpose = "Gives a host name up. It must be DISABLED.",
       .example = "delete-domain-configuration --domain-configuration-name "
                  "locks",
       .options = {kName},
       .run = Delete},
      {.name = "list-domain-configurations",
       .operation = "ListDomainConfigurations",
       .purpose = "Lists the account's domain configurations of the region.",
       .example = "list-domain-configurations",
       .run = ListConfigurations},
  };
}

}  // namespace chainkeep::cmd
