// StripedLocks are a fixed number of locks for any number of things: two things
// may share one. Any thread may use them.

#ifndef CHAINKEEP_ENGINE_MEMORY_STRIPED_LOCKS_H_
#define CHAINKEEP_ENGINE_MEMORY_STRIPED_LOCKS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "engine/memory/fork_aware.h"

namespace chainkeep::memory {

class StripedLocks final : private ForkAware {
 public:
  StripedLocks() = default;

  // The lock of what has this hash.
  std::mutex& Of(uint64_t hash) { return locks_[hash % kLocks].mutex; }

 private:
  static constexpr size_t kLocks = 64;

  struct alignas(64) Lock {
    std::mutex mutex;
  };

  void BeforeFork() override {
    for (Lock& lock : locks_) lock.mutex.lock();
  }
  void AfterForkInParent() override {
    for (Lock& lock : locks_) lock.mutex.unlock();
  }
  void AfterForkInChild() override { AfterForkInParent(); }

  std::array<Lock, kLocks> locks_;

  ForkRegistration fork_registration_{this};
};

}  // namespace chainkeep::memory

#endif  // CHAINKEEP_ENGINE_MEMORY_STRIPED_LOCKS_H_
