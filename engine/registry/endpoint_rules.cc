#include "engine/registry/endpoint_rules.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/registry/text_rules.h"
#include "engine/sni/host_name.h"

namespace chainkeep::registry {
namespace {

absl::Status InvalidRequest(std::string_view message) {
  return MakeError(ErrorCode::kInvalidRequest, message);
}

}  // namespace

absl::StatusOr<sni::EndpointName> CheckEndpointName(
    std::string_view text, WildcardEndpoints wildcards) {
  const std::optional<sni::EndpointName> name = sni::EndpointName::Parse(text);
  if (!name.has_value()) {
    return InvalidRequest("the host name is not one that an endpoint can have");
  }
  if (name->is_wildcard() && wildcards != WildcardEndpoints::kAllowed) {
    return InvalidRequest("wildcard endpoints are not allowed here");
  }
  return *name;
}

absl::Status CheckEndpointDomain(std::string_view domain) {
  constexpr size_t kMaxDomain = 128;
  if (domain.size() <= kMaxDomain && sni::HostName::Parse(domain).has_value()) {
    return absl::OkStatus();
  }
  return InvalidRequest("the domain of endpoints is no host name, or too long");
}

absl::Status CheckConfigurationName(std::string_view name) {
  return CheckName("the domain configuration's name", name, {1, 128}, "_.-");
}

absl::StatusOr<EndpointService> CheckServiceType(std::string_view type) {
  if (type.empty() || type == "DATA") return EndpointService::kData;
  return InvalidRequest("the service type of a domain configuration is DATA");
}

absl::StatusOr<std::optional<EndpointStatus>> CheckEndpointStatus(
    std::string_view status) {
  if (status.empty()) return std::nullopt;
  if (status == "ENABLED") return EndpointStatus::kEnabled;
  if (status == "DISABLED") return EndpointStatus::kDisabled;
  return InvalidRequest("a status is ENABLED or DISABLED");
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

absl::StatusOr<store::EndpointRow> FindOwnConfiguration(
    const store::RegistryView& view, const store::Tenant& tenant,
    std::string_view name) {
  std::optional<store::EndpointRow> row = view.FindConfiguration(tenant, name);
  if (row.has_value()) return *std::move(row);
  return MakeError(ErrorCode::kResourceNotFound,
                   "the account has no such domain configuration here");
}

absl::Status CheckConfigurationQuota(const store::RegistryView& view,
                                     const store::Tenant& tenant) {
  size_t own = 0;
  for (const store::EndpointRow& row : view.ListConfigurations(tenant)) {
    if (row.type != DomainType::kEndpoint) ++own;
  }
  if (own < kMaxConfigurations) return absl::OkStatus();
  return MakeError(ErrorCode::kLimitExceeded,
                   absl::StrCat("the account has ", kMaxConfigurations,
                                " domain configurations in this region"));
}

absl::Status CheckConfigurable(const store::EndpointRow& row) {
  if (row.type != DomainType::kEndpoint) return absl::OkStatus();
  return InvalidRequest("the account's own endpoints cannot be changed");
}

absl::Status CheckDeletable(const store::EndpointRow& row, UnixMillis now) {
  constexpr UnixMillis kWeek = UnixMillis{7} * 24 * 60 * 60 * 1000;
  if (row.endpoint.status != EndpointStatus::kDisabled) {
    return InvalidRequest("an ENABLED domain configuration cannot be deleted");
  }
  if (row.type == DomainType::kAwsManaged &&
      now - row.last_status_change_date < kWeek) {
    return InvalidRequest(
        "a domain configuration whose host name was made here must have been "
        "DISABLED for seven days");
  }
  return absl::OkStatus();
}

}  // namespace chainkeep::registry
