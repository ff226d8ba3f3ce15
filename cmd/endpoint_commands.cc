// Commands about the host names that devices dial.

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "chainkeep/list.h"
#include "chainkeep/status.h"
#include "cmd/commands.h"
#include "cmd/paging.h"
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

// The page of `all`, which are in the order of their names. The registry gives
// them at once, for an account has few; aws walks them all the same, and what
// is written for it expects to.
absl::StatusOr<List<DomainConfigurationSummary>> PageOf(
    const std::vector<DomainConfigurationSummary>& all,
    const ListOptions& options) {
  if (options.page_size < 1 || options.page_size > 250) {
    return MakeError(ErrorCode::kInvalidRequest, "a page has 1 to 250 items");
  }
  // A marker is the last name that was shown: one that comes later, or goes,
  // moves nothing.
  std::string last;
  if (!absl::Base64Unescape(options.marker, &last)) {
    return MakeError(ErrorCode::kInvalidRequest, "the marker is none");
  }
  List<DomainConfigurationSummary> page;
  for (const DomainConfigurationSummary& item : all) {
    if (!options.marker.empty() && item.name <= last) continue;
    if (page.items.size() == static_cast<size_t>(options.page_size)) {
      page.next_marker = absl::Base64Escape(page.items.back().name);
      break;
    }
    page.items.push_back(item);
  }
  return page;
}

absl::StatusOr<Result> ListConfigurations(Context& context) {
  auto all = context.registry->ListDomainConfigurations(context.account,
                                                        context.region);
  if (!all.ok()) return all.status();
  const std::string_view service = context.arguments.Text("service-type");
  if (!service.empty()) {
    std::erase_if(all->items, [&](const DomainConfigurationSummary& item) {
      return JsonOf(item)["serviceType"] != service;
    });
  }
  return ListPages(
      PagingOf(context.arguments), "domainConfigurations",
      [&](const ListOptions& options) { return PageOf(all->items, options); },
      [](const DomainConfigurationSummary& item) { return JsonOf(item); });
}

// As they are sorted by name, they have no other order.
std::vector<OptionSpec> ConfigurationListOptions() {
  std::vector<OptionSpec> options = PageOptions();
  std::erase_if(options, [](const OptionSpec& option) {
    return option.name == "ascending-order";
  });
  options.insert(options.begin(), {.name = "service-type",
                                   .help = "Lists those of this service only.",
                                   .choices = "DATA CREDENTIAL_PROVIDER JOBS"});
  return options;
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
       .purpose = "Lists the account's domain configurations of the region, by "
                  "name.",
       .example = "list-domain-configurations --service-type DATA",
       .options = ConfigurationListOptions(),
       .run = ListConfigurations},
  };
}

}  // namespace chainkeep::cmd
