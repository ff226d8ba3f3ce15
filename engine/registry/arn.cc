#include "engine/registry/arn.h"

#include "absl/strings/str_cat.h"

namespace chainkeep::registry {

std::string Arn(const store::Tenant& tenant, std::string_view type,
                std::string_view name) {
  return absl::StrCat("arn:aws:iot:", tenant.region.text(), ":",
                      tenant.account.text(), ":", type, "/", name);
}

std::string CaArn(const store::CaKey& key) {
  return Arn(key.tenant, "cacert", key.id.ToHex());
}

std::string DeviceArn(const store::DeviceKey& key) {
  return Arn(key.tenant, "cert", key.id.ToHex());
}

}  // namespace chainkeep::registry
