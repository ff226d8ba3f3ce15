#include "engine/registry/endpoint_commands.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/registry/arn.h"
#include "engine/registry/certificate_rules.h"
#include "engine/registry/endpoint_rules.h"
#include "engine/sni/endpoint_name.h"
#include "engine/store/endpoint_row.h"
#include "engine/store/registry_store.h"

namespace chainkeep::registry {

using store::EndpointRow;
using store::Tenant;
using store::Transaction;

namespace {

// What a domain configuration says of its host name is changed through it: it
// would show otherwise than devices see it.
absl::Status CheckOfNoConfiguration(const EndpointRow& row) {
  if (row.configuration.empty()) return absl::OkStatus();
  return MakeError(
      ErrorCode::kInvalidRequest,
      absl::StrCat("the endpoint belongs to the domain configuration \"",
                   row.configuration, "\": change that"));
}

}  // namespace

absl::Status PutEndpoint(const CommandContext& context,
                         const Endpoint& endpoint) {
  const absl::StatusOr<Tenant> tenant =
      CheckTenant(endpoint.account, endpoint.region);
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<sni::EndpointName> name = CheckEndpointName(
      endpoint.host_name, context.options().wildcard_endpoints);
  if (!name.ok()) return name.status();
  const std::string host_name(name->text());
  return context.Commit(
      {"PutEndpoint", *tenant, Arn(*tenant, "endpoint", host_name)},
      [&](Transaction& t) -> Outcome {
        const absl::Status check = CheckHostNameFree(t, *tenant, *name);
        if (!check.ok()) return check;
        const UnixMillis now = context.NowMillis();
        const std::optional<EndpointRow> before =
            t.FindEndpoint(tenant->region, host_name);
        if (before.has_value()) {
          const absl::Status own = CheckOfNoConfiguration(*before);
          if (!own.ok()) return own;
        }
        EndpointRow row =
            before.value_or(EndpointRow{.endpoint = endpoint,
                                        .configuration = "",
                                        .type = DomainType::kCustomerManaged,
                                        .creation_date = now,
                                        .last_status_change_date = now});
        if (row.endpoint.status != endpoint.status) {
          row.last_status_change_date = now;
        }
        row.endpoint = endpoint;
        row.endpoint.host_name = host_name;
        t.PutEndpoint(row);
        return Effect::kChanged;
      });
}

absl::Status DeleteEndpoint(const CommandContext& context,
                            const Account& account, const Region& region,
                            std::string_view host_name) {
  const absl::StatusOr<Tenant> tenant = CheckTenant(account, region);
  if (!tenant.ok()) return tenant.status();
  // One that was put when wildcards were allowed can always be deleted.
  const absl::StatusOr<sni::EndpointName> name =
      CheckEndpointName(host_name, WildcardEndpoints::kAllowed);
  if (!name.ok()) return name.status();
  return context.Commit(
      {"DeleteEndpoint", *tenant, Arn(*tenant, "endpoint", name->text())},
      [&](Transaction& t) -> Outcome {
        const absl::StatusOr<EndpointRow> row =
            FindOwnEndpoint(t, *tenant, name->text());
        if (!row.ok()) return row.status();
        const absl::Status own = CheckOfNoConfiguration(*row);
        if (!own.ok()) return own;
        t.DeleteEndpoint(region, name->text());
        return Effect::kChanged;
      });
}

}  // namespace chainkeep::registry
