#include "engine/registry/domain_commands.h"

#include <optional>
#include <utility>

#include "chainkeep/status.h"
#include "engine/registry/arn.h"
#include "engine/registry/certificate_rules.h"
#include "engine/registry/endpoint_rules.h"
#include "engine/registry/made_host_name.h"
#include "engine/sni/endpoint_name.h"
#include "engine/store/endpoint_row.h"
#include "engine/store/registry_store.h"

namespace chainkeep::registry {
namespace {

using store::EndpointRow;
using store::RegistryView;
using store::Tenant;
using store::Transaction;

std::string ArnOf(const Tenant& tenant, std::string_view name) {
  return Arn(tenant, "domainconfiguration", name);
}

DomainConfigurationDescription Describe(const EndpointRow& row) {
  return {.name = row.configuration,
          .arn = ArnOf({row.endpoint.account, row.endpoint.region},
                       row.configuration),
          .domain_name = row.endpoint.host_name,
          .service = row.endpoint.service,
          .status = row.endpoint.status,
          .type = row.type,
          .last_status_change_date = row.last_status_change_date};
}

EndpointRow NewRow(const Tenant& tenant, const sni::EndpointName& host_name,
                   std::string_view configuration, DomainType type,
                   EndpointService service, UnixMillis now) {
  EndpointRow row;
  row.endpoint = {.host_name = std::string(host_name.text()),
                  .account = tenant.account,
                  .region = tenant.region,
                  .service = service,
                  .status = EndpointStatus::kEnabled};
  row.configuration = configuration;
  row.type = type;
  row.creation_date = now;
  row.last_status_change_date = now;
  return row;
}

// Names of configurations that there can be: a caller's, and an endpoint's.
absl::StatusOr<Tenant> CheckConfiguration(
    const DomainConfigurationRequest& request) {
  const absl::StatusOr<Tenant> tenant =
      CheckTenant(request.account, request.region);
  if (!tenant.ok() || FindEndpointType(request.name).ok()) return tenant;
  const absl::Status check = CheckConfigurationName(request.name);
  if (!check.ok()) return check;
  return tenant;
}

// The host name of a new configuration: as asked, or made.
absl::StatusOr<sni::EndpointName> ChooseHostName(
    const CommandContext& context,
    const CreateDomainConfigurationRequest& request) {
  constexpr char kLetter = 'd';
  constexpr size_t kDigits = 20;
  if (!request.domain_name.empty()) {
    return CheckEndpointName(request.domain_name,
                             context.options().wildcard_endpoints);
  }
  return MakeHostName(NewPrefix(kLetter, kDigits),
                      *FindEndpointType("iot:Data-ATS"), request.region,
                      context.options().endpoint_domain);
}

absl::Status CheckNameFree(const RegistryView& view, const Tenant& tenant,
                           std::string_view name) {
  if (!view.FindConfiguration(tenant, name).has_value()) {
    return absl::OkStatus();
  }
  return MakeError(
      ErrorCode::kResourceAlreadyExists,
      "the account has a domain configuration of this name already",
      Resource{.id = std::string(name), .arn = ArnOf(tenant, name)});
}

// Nobody has the host name, the tenant itself included: a configuration takes
// no endpoint over.
absl::Status CheckHostNameUnused(const RegistryView& view, const Tenant& tenant,
                                 const sni::EndpointName& name) {
  const absl::Status others = CheckHostNameFree(view, tenant, name);
  if (!others.ok()) return others;
  if (!view.FindEndpoint(tenant.region, name.text()).has_value()) {
    return absl::OkStatus();
  }
  return MakeError(ErrorCode::kResourceAlreadyExists,
                   "this host name is taken");
}

// The prefix of the names that were made for the tenant, or a new one.
std::string PrefixFor(const RegistryView& view, const Tenant& tenant) {
  constexpr char kLetter = 'a';
  constexpr size_t kDigits = 15;
  for (const EndpointType& type : EndpointTypes()) {
    const auto row = view.FindConfiguration(tenant, type.name);
    if (!row.has_value()) continue;
    const auto prefix = PrefixOf(row->endpoint.host_name, type);
    if (prefix.has_value()) return *prefix;
  }
  return NewPrefix(kLetter, kDigits);
}

}  // namespace

absl::StatusOr<DomainConfigurationDescription> CreateDomainConfiguration(
    const CommandContext& context,
    const CreateDomainConfigurationRequest& request) {
  const absl::StatusOr<Tenant> tenant =
      CheckTenant(request.account, request.region);
  if (!tenant.ok()) return tenant.status();
  absl::Status check = CheckConfigurationName(request.name);
  if (!check.ok()) return check;
  const auto service = CheckServiceType(request.service_type);
  if (!service.ok()) return service.status();
  const absl::StatusOr<sni::EndpointName> host_name =
      ChooseHostName(context, request);
  if (!host_name.ok()) return host_name.status();
  const EndpointRow row =
      NewRow(*tenant, *host_name, request.name,
             request.domain_name.empty() ? DomainType::kAwsManaged
                                         : DomainType::kCustomerManaged,
             *service, context.NowMillis());
  const absl::Status status = context.Commit(
      {"CreateDomainConfiguration", *tenant, ArnOf(*tenant, request.name)},
      [&](Transaction& t) -> Outcome {
        absl::Status check = CheckNameFree(t, *tenant, request.name);
        if (check.ok()) check = CheckHostNameUnused(t, *tenant, *host_name);
        if (check.ok()) check = CheckConfigurationQuota(t, *tenant);
        if (!check.ok()) return check;
        t.PutEndpoint(row);
        return Effect::kChanged;
      });
  if (!status.ok()) return status;
  return Describe(row);
}

absl::StatusOr<DomainConfigurationDescription> DescribeDomainConfiguration(
    const CommandContext& context, const DomainConfigurationRequest& request) {
  const absl::StatusOr<Tenant> tenant = CheckConfiguration(request);
  if (!tenant.ok()) return tenant.status();
  DomainConfigurationDescription description;
  const absl::Status status = context.Read([&](const RegistryView& view) {
    const absl::StatusOr<EndpointRow> row =
        FindOwnConfiguration(view, *tenant, request.name);
    if (row.ok()) description = Describe(*row);
    return row.status();
  });
  if (!status.ok()) return status;
  return description;
}

absl::StatusOr<DomainConfigurationDescription> UpdateDomainConfiguration(
    const CommandContext& context,
    const UpdateDomainConfigurationRequest& request) {
  const absl::StatusOr<Tenant> tenant =
      CheckConfiguration(request.configuration);
  if (!tenant.ok()) return tenant.status();
  const auto status = CheckEndpointStatus(request.new_status);
  if (!status.ok()) return status.status();
  const std::string_view name = request.configuration.name;
  DomainConfigurationDescription description;
  const absl::Status done = context.Commit(
      {"UpdateDomainConfiguration", *tenant, ArnOf(*tenant, name)},
      [&](Transaction& t) -> Outcome {
        absl::StatusOr<EndpointRow> row =
            FindOwnConfiguration(t, *tenant, name);
        if (!row.ok()) return row.status();
        const absl::Status check = CheckConfigurable(*row);
        if (!check.ok()) return check;
        const bool changes =
            status->has_value() && **status != row->endpoint.status;
        if (changes) {
          row->endpoint.status = **status;
          row->last_status_change_date = context.NowMillis();
          t.PutEndpoint(*row);
        }
        description = Describe(*row);
        return changes ? Effect::kChanged : Effect::kNone;
      });
  if (!done.ok()) return done;
  return description;
}

absl::Status DeleteDomainConfiguration(
    const CommandContext& context, const DomainConfigurationRequest& request) {
  const absl::StatusOr<Tenant> tenant = CheckConfiguration(request);
  if (!tenant.ok()) return tenant.status();
  return context.Commit(
      {"DeleteDomainConfiguration", *tenant, ArnOf(*tenant, request.name)},
      [&](Transaction& t) -> Outcome {
        const absl::StatusOr<EndpointRow> row =
            FindOwnConfiguration(t, *tenant, request.name);
        if (!row.ok()) return row.status();
        absl::Status check = CheckConfigurable(*row);
        if (check.ok()) check = CheckDeletable(*row, context.NowMillis());
        if (!check.ok()) return check;
        t.DeleteEndpoint(tenant->region, row->endpoint.host_name);
        return Effect::kChanged;
      });
}

absl::StatusOr<List<DomainConfigurationSummary>> ListDomainConfigurations(
    const CommandContext& context, const Account& account,
    const Region& region) {
  const absl::StatusOr<Tenant> tenant = CheckTenant(account, region);
  if (!tenant.ok()) return tenant.status();
  List<DomainConfigurationSummary> list;
  const absl::Status status = context.Read([&](const RegistryView& view) {
    for (const EndpointRow& row : view.ListConfigurations(*tenant)) {
      list.items.push_back({.name = row.configuration,
                            .arn = ArnOf(*tenant, row.configuration),
                            .service = row.endpoint.service});
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return list;
}

absl::StatusOr<std::string> DescribeEndpoint(
    const CommandContext& context, const DescribeEndpointRequest& request) {
  const absl::StatusOr<Tenant> tenant =
      CheckTenant(request.account, request.region);
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<EndpointType> type =
      FindEndpointType(request.endpoint_type);
  if (!type.ok()) return type.status();
  std::string host_name;
  // Most calls find one, and need no transaction.
  const auto find = [&](const RegistryView& view) {
    const auto row = view.FindConfiguration(*tenant, type->name);
    if (row.has_value()) host_name = row->endpoint.host_name;
    return absl::OkStatus();
  };
  absl::Status status = context.Read(find);
  if (!status.ok()) return status;
  if (!host_name.empty()) return host_name;
  status = context.Commit(
      {"DescribeEndpoint", *tenant, ArnOf(*tenant, type->name)},
      [&](Transaction& t) -> Outcome {
        const absl::Status found = find(t);
        if (!found.ok() || !host_name.empty()) return Effect::kNone;
        const absl::StatusOr<sni::EndpointName> name =
            MakeHostName(PrefixFor(t, *tenant), *type, tenant->region,
                         context.options().endpoint_domain);
        if (!name.ok()) return name.status();
        const absl::Status check = CheckHostNameUnused(t, *tenant, *name);
        if (!check.ok()) return check;
        t.PutEndpoint(NewRow(*tenant, *name, type->name, DomainType::kEndpoint,
                             type->service, context.NowMillis()));
        host_name = name->text();
        return Effect::kChanged;
      });
  if (!status.ok()) return status;
  return host_name;
}

}  // namespace chainkeep::registry
