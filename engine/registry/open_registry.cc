#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "chainkeep/registry.h"
#include "chainkeep/status.h"
#include "chainkeep/store.h"
#include "engine/registry/endpoint_rules.h"
#include "engine/registry/registry_impl.h"
#include "engine/store/registry_store.h"
#include "engine/store/store_impl.h"

namespace chainkeep {

absl::StatusOr<std::unique_ptr<Registry>> OpenRegistry(
    std::unique_ptr<Store> store, const RegistryOptions& options) {
  if (store == nullptr) {
    return MakeError(ErrorCode::kInvalidRequest, "there is no store");
  }
  const absl::Status domain =
      registry::CheckEndpointDomain(options.endpoint_domain);
  if (!domain.ok()) return domain;
  std::shared_ptr<store::RegistryStore> rows = store->impl().Take();
  if (rows == nullptr) {
    return MakeError(ErrorCode::kInvalidRequest, "the store is in use already");
  }
  return registry::MakeRegistry(std::move(rows), nullptr, options);
}

}  // namespace chainkeep
