// NameWait is a handshake's waiting for whose its server name is. The handshake
// and the name's look-up share it: either may be gone before the other.
//
// The callback runs under the lock, so that Abandon returns only when it has
// ended, or never will begin; the lock is recursive, so that a callback that
// destroys its own handshake does no harm. Thread-safe.

#ifndef CHAINKEEP_ENGINE_GATE_NAME_WAIT_H_
#define CHAINKEEP_ENGINE_GATE_NAME_WAIT_H_

#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "engine/sni/name_flights.h"

namespace chainkeep::gate {

class NameWait {
 public:
  // By the look-up, once.
  void Answer(const sni::NameOutcome& outcome) {
    const std::lock_guard lock(mutex_);
    outcome_ = outcome;
    if (callback_ != nullptr) std::exchange(callback_, nullptr)();
  }

  // By the handshake: what came of it, if that is known.
  std::optional<sni::NameOutcome> outcome() const {
    const std::lock_guard lock(mutex_);
    return outcome_;
  }

  // Takes the callback, unless there is an outcome or a callback; returns
  // whether it did.
  bool Await(std::function<void()> callback) {
    const std::lock_guard lock(mutex_);
    if (outcome_ || callback_ != nullptr || callback == nullptr) return false;
    callback_ = std::move(callback);
    return true;
  }

  // Nothing is called back from then on.
  void Abandon() {
    const std::lock_guard lock(mutex_);
    callback_ = nullptr;
  }

 private:
  mutable std::recursive_mutex mutex_;
  std::optional<sni::NameOutcome> outcome_;
  std::function<void()> callback_;
};

}  // namespace chainkeep::gate

#endif  // CHAINKEEP_ENGINE_GATE_NAME_WAIT_H_
