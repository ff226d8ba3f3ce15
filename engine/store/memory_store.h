// MemoryStore is a RegistryStore that lives and ends with its process.
//
// A transaction holds the store's one lock, writes in place, and notes how to
// undo each write; a command that fails is undone, last write first. So the
// cost of a transaction is that of its own reads and writes, whatever the size
// of the store, and a reader never sees half of one.
//
// Thread-safety: any thread. Errors of its own: kInternalFailure for a broken
// constraint (see registry_store.h), nothing else.

#ifndef CHAINKEEP_ENGINE_STORE_MEMORY_STORE_H_
#define CHAINKEEP_ENGINE_STORE_MEMORY_STORE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/memory/fork_safe_mutex.h"
#include "engine/store/change_signal.h"
#include "engine/store/registry_store.h"

namespace chainkeep::store {

class MemoryStore final : public RegistryStore {
 public:
  MemoryStore();
  ~MemoryStore() override;
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  absl::Status Transact(const Command& command) override;
  absl::Status Read(const Query& query) const override;
  absl::Status Follow(const Position& after, size_t limit,
                      const FollowQuery& query) const override;
  absl::StatusOr<bool> AwaitChange(const Position& after,
                                   int64_t timeout_millis) override;
  void Wake() override;

 private:
  class Tables;
  class UndoableTransaction;

  mutable memory::ForkSafeMutex mutex_;
  const std::unique_ptr<Tables> tables_;  // what it holds: guarded by mutex_
  ChangeSignal changed_;
  std::atomic<uint64_t> wakes_{0};
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_MEMORY_STORE_H_
