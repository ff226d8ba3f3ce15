// ForkSafeMutex is a mutex that the child of a fork() can go on using, whoever
// held it in the parent: fork() waits for it. See fork_aware.h for the order in
// which several are taken.

#ifndef CHAINKEEP_ENGINE_MEMORY_FORK_SAFE_MUTEX_H_
#define CHAINKEEP_ENGINE_MEMORY_FORK_SAFE_MUTEX_H_

#include <mutex>

#include "engine/memory/fork_aware.h"

namespace chainkeep::memory {

class ForkSafeMutex final : private ForkAware {
 public:
  ForkSafeMutex() = default;

  void lock() { mutex_.lock(); }
  bool try_lock() { return mutex_.try_lock(); }
  void unlock() { mutex_.unlock(); }

 private:
  void BeforeFork() override { mutex_.lock(); }
  void AfterForkInParent() override { mutex_.unlock(); }
  void AfterForkInChild() override { mutex_.unlock(); }

  std::mutex mutex_;
  ForkRegistration fork_registration_{this};
};

}  // namespace chainkeep::memory

#endif  // CHAINKEEP_ENGINE_MEMORY_FORK_SAFE_MUTEX_H_
