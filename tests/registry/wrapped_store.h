// WrappedStore is a MemoryStore to derive from: a test overrides the one member
// that it wants to go wrong.

#ifndef CHAINKEEP_TESTS_REGISTRY_WRAPPED_STORE_H_
#define CHAINKEEP_TESTS_REGISTRY_WRAPPED_STORE_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/store/memory_store.h"
#include "engine/store/registry_store.h"

namespace chainkeep::test {

class WrappedStore : public store::RegistryStore {
 public:
  absl::Status Transact(const Command& command) override {
    return store_.Transact(command);
  }
  absl::Status Read(const Query& query) const override {
    return store_.Read(query);
  }
  absl::Status Follow(const store::Position& after, size_t limit,
                      const FollowQuery& query) const override {
    return store_.Follow(after, limit, query);
  }
  absl::StatusOr<bool> AwaitChange(const store::Position& after,
                                   int64_t timeout_millis) override {
    return store_.AwaitChange(after, timeout_millis);
  }
  void Wake() override { store_.Wake(); }

 protected:
  store::MemoryStore& wrapped() { return store_; }

 private:
  store::MemoryStore store_;
};

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_REGISTRY_WRAPPED_STORE_H_
