// What a chainkeep::Store holds.

#ifndef CHAINKEEP_ENGINE_STORE_STORE_IMPL_H_
#define CHAINKEEP_ENGINE_STORE_STORE_IMPL_H_

#include <memory>
#include <utility>

#include "chainkeep/store.h"
#include "engine/store/registry_store.h"

namespace chainkeep {

class Store::Impl {
 public:
  explicit Impl(std::unique_ptr<store::RegistryStore> store)
      : store_(std::move(store)) {}

  // Once: who owns the Store owns this.
  std::unique_ptr<store::RegistryStore> Take() { return std::move(store_); }
  store::RegistryStore& store() { return *store_; }

 private:
  std::unique_ptr<store::RegistryStore> store_;
};

}  // namespace chainkeep

#endif  // CHAINKEEP_ENGINE_STORE_STORE_IMPL_H_
