#include "engine/registry/endpoint_rules.h"

#include <optional>
#include <utility>

#include "chainkeep/status.h"

namespace chainkeep::registry {

absl::StatusOr<sni::EndpointName> CheckEndpointName(
    std::string_view text, WildcardEndpoints wildcards) {
  const std::optional<sni::EndpointName> name = sni::EndpointName::Parse(text);
  if (!name.has_value()) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "the host name is not one that an endpoint can have");
  }
  if (name->is_wildcard() && wildcards != WildcardEndpoints::kAllowed) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "wildcard endpoints are not allowed here");
  }
  return *name;
}

absl::Status CheckHostNameFree(const store::RegistryView& view,
                               const store::Tenant& tenant,
                               const sni::EndpointName& name) {
  const auto others_have = [&](const sni::EndpointName& asked) {
    const std::optional<store::EndpointRow> row =
        view.FindEndpoint(tenant.region, asked.text());
    return row.has_value() && row->endpoint.account != tenant.account;
  };
  const std::optional<sni::EndpointName> wildcard = name.CoveringWildcard();
  if (!others_have(name) && !(wildcard.has_value() && others_have(*wildcard)) &&
      !(name.is_wildcard() &&
        view.OthersHaveEndpointsBelow(tenant, name.parent()))) {
    return absl::OkStatus();
  }
  return MakeError(ErrorCode::kResourceAlreadyExists,
                   "this host name is taken");
}

absl::StatusOr<store::EndpointRow> FindOwnEndpoint(
    const store::RegistryView& view, const store::Tenant& tenant,
    std::string_view host_name) {
  std::optional<store::EndpointRow> row =
      view.FindEndpoint(tenant.region, host_name);
  if (row.has_value() && row->endpoint.account == tenant.account) {
    return *std::move(row);
  }
  return MakeError(ErrorCode::kResourceNotFound,
                   "the account has no such endpoint in this region");
}

}  // namespace chainkeep::registry
