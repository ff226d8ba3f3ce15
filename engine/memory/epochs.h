// Epochs let readers use what writers take away, without a lock.
//
// A reader pins, reads, unpins. A writer first makes an object unreachable, and
// then retires it: it is destroyed when every reader that might still see it
// has unpinned.
//
//   const Epochs::Pin pin = epochs.Acquire();      // a reader
//   const Thing* thing = head.load(std::memory_order_acquire);
//
//   Thing* old = head.exchange(next);              // a writer
//   epochs.Retire(std::unique_ptr<Thing>(old));
//
// CONCURRENCY
//  - Any thread may pin, at any time, also inside another pin and from the
//    destructors of thread-local objects. A thread needs no call beforehand:
//    its first pin claims a slot, which its end gives back. Pinning never waits
//    and writes to no memory that another thread writes.
//  - A Pin belongs to the thread that made it.
//  - Any thread may retire and collect; both take a short lock. Objects are
//    destroyed by the thread whose call finds them free, outside that lock; so
//    whoever retires or collects holds no lock that a destructor may take.
//  - What is retired is destroyed by a later call, if not by its own: after the
//    last one, something may stay. Collect, called now and then, ends that.
//  - A pin that stays delays destruction, never a writer. What is held back,
//    and since when, GetHeld tells.
//  - After fork() the child's only thread keeps its pins; those of the threads
//    that are no more are gone.
//
// INVARIANTS
//  1. `epoch_` only grows, under the lock. An object is retired under the lock
//     too, with the epoch of that moment, and after it was made unreachable.
//  2. A slot holds 0, or a value that `epoch_` had before its reader read
//     anything under the pin. The reader stores it with seq_cst and then loads
//     `epoch_` with seq_cst.
//  3. A collector moves `epoch_` on, and only then looks at the slots. So for
//     each slot, in the single order of seq_cst operations, either it sees the
//     reader's value; or the reader's load of `epoch_` comes later, reads the
//     new value, and with it sees all that was unreachable before (2).
//  4. Objects retired in epoch e are destroyed once `epoch_` and all slots that
//     are not 0 are above e.
// No fence stands alone: ThreadSanitizer understands all of it. What is done in
// which memory order is explored, and weakened, by tests/memory/epochs_model.h,
// which is to be changed with it.
//
// After the epochs of Fraser, "Practical lock-freedom", 2004, §5.2.3.

#ifndef CHAINKEEP_ENGINE_MEMORY_EPOCHS_H_
#define CHAINKEEP_ENGINE_MEMORY_EPOCHS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/memory/fork_aware.h"
#include "engine/memory/pin_slot.h"

namespace chainkeep::memory {

// Held is what waits for readers to unpin.
struct Held {
  uint64_t objects = 0;
  uint64_t bytes = 0;
  // How long the oldest pin has been seen to be the oldest, in seconds: from
  // the first collection that met it to this one. 0 if none holds anything.
  int64_t oldest_pin_seconds = 0;
};

class Epochs final : private ForkAware {
 public:
  // `now` gives seconds, for Held alone.
  explicit Epochs(std::function<int64_t()> now = [] { return int64_t{0}; });

  // There must be no pin; destroys all that is retired.
  ~Epochs();

  class Pin {
   public:
    ~Pin() { slot_->Unpin(); }
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;

   private:
    friend class Epochs;
    explicit Pin(PinSlot* slot) : slot_(slot) {}

    PinSlot* const slot_;
  };

  // Acquire pins. Costs one store that the processor must finish before it goes
  // on, 6 ns where docs/benchmarks.md measures it, and a tenth of that inside
  // another pin; the first one of a thread claims a slot.
  Pin Acquire() const {
    PinSlot* slot = PinSlots::OfThisThread(slots_);
    if (slot->depth++ == 0) {
      slot->epoch.store(epoch_.load(std::memory_order_relaxed),
                        std::memory_order_seq_cst);
      // Not for its value: invariant 3.
      static_cast<void>(epoch_.load(std::memory_order_seq_cst));
    }
    return Pin(slot);
  }

  // Retire destroys `object` when no reader can see it any longer, maybe at
  // once. `bytes` is what Held counts. Collects by itself, now and then.
  void Retire(void* object, void (*destroy)(void*), size_t bytes);

  template <typename T>
  void Retire(std::unique_ptr<T> object, size_t bytes = sizeof(T)) {
    if (object == nullptr) return;
    Retire(
        const_cast<void*>(static_cast<const void*>(object.release())),
        [](void* p) { delete static_cast<T*>(p); }, bytes);
  }

  // Stamp is for memory that is used again rather than destroyed: it may be
  // when Safe() is above what Stamp returned after it became unreachable.
  // Destroys nothing, so that it may be called under any lock.
  uint64_t Stamp();
  uint64_t Safe() const { return safe_.load(std::memory_order_acquire); }

  // Collect destroys what may be destroyed.
  void Collect();

  // What was held at the last collection, and is since.
  Held GetHeld() const;

 private:
  struct Retired {
    uint64_t epoch;
    void* object;
    void (*destroy)(void*);
    size_t bytes;
  };

  void BeforeFork() override { mutex_.lock(); }
  void AfterForkInParent() override { mutex_.unlock(); }
  void AfterForkInChild() override;

  // Moves the epoch on, and finds out what is safe. Under mutex_.
  void Advance();
  // Advance, when there is reason to.
  void AdvanceNowAndThen();
  // Destroys what is safe. `lock` is of mutex_, and given up before.
  void DestroySafe(std::unique_lock<std::mutex> lock);

  const std::function<int64_t()> now_;
  const std::shared_ptr<PinSlots> slots_;

  // Apart from the lock, whose every turn would take it from the readers.
  alignas(128) std::atomic<uint64_t> epoch_{1};
  std::atomic<uint64_t> safe_{1};

  alignas(128) mutable std::mutex mutex_;  // guards what follows
  std::deque<Retired> limbo_;              // by epoch
  uint64_t held_bytes_ = 0;
  size_t since_advance_ = 0;
  size_t bytes_since_advance_ = 0;
  uint64_t oldest_epoch_ = 0;  // of the slots, as last seen; 0 if none
  int64_t oldest_since_ = 0;
  int64_t seen_at_ = 0;

  ForkRegistration fork_registration_{this};
};

}  // namespace chainkeep::memory

#endif  // CHAINKEEP_ENGINE_MEMORY_EPOCHS_H_
