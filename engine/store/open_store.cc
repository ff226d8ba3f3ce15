#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "chainkeep/store.h"
#include "engine/store/sqlite_store.h"
#include "engine/store/store_impl.h"

namespace chainkeep {

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Store::~Store() = default;

std::vector<std::string> Store::FileNames() const {
  return impl_->store().FileNames();
}

absl::StatusOr<std::unique_ptr<Store>> OpenStore(const StoreOptions& options) {
  absl::StatusOr<std::unique_ptr<store::SqliteStore>> opened =
      store::SqliteStore::Open(options);
  if (!opened.ok()) return opened.status();
  return std::make_unique<Store>(
      std::make_unique<Store::Impl>(*std::move(opened)));
}

}  // namespace chainkeep
