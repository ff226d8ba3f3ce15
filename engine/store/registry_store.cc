#include "engine/store/registry_store.h"

namespace chainkeep::store {

absl::StatusOr<Changes> RegistryStore::ReadChanges(const Position& after,
                                                   size_t limit) const {
  Changes changes;
  absl::Status status =
      Follow(after, limit, [&](const RegistryView&, const Changes& read) {
        changes = read;
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return changes;
}

}  // namespace chainkeep::store
