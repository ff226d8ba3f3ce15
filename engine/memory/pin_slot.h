// PinSlot is where one thread says that it is reading; see epochs.h.
//
// PinSlots are the slots of one Epochs. A thread claims one at its first pin
// and keeps it to its end; slots are reused, so there are as many as there were
// ever threads at one time.

#ifndef CHAINKEEP_ENGINE_MEMORY_PIN_SLOT_H_
#define CHAINKEEP_ENGINE_MEMORY_PIN_SLOT_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

namespace chainkeep::memory {

// Two cache lines: processors fetch them in pairs.
struct alignas(128) PinSlot {
  // The epoch it is pinned in; 0: it is not.
  std::atomic<uint64_t> epoch{0};
  std::atomic<bool> claimed{false};

  // The owner's alone:
  uint32_t depth = 0;      // pins inside each other
  bool is_orphan = false;  // given back with its last pin

  void Unpin() {
    if (--depth != 0) return;
    const bool orphan = is_orphan;
    epoch.store(0, std::memory_order_release);
    if (orphan) GiveBack();
  }
  void GiveBack();
};

class PinSlots {
 public:
  PinSlots();
  ~PinSlots();
  PinSlots(const PinSlots&) = delete;
  PinSlots& operator=(const PinSlots&) = delete;

  // OfThisThread returns the slot that the calling thread has in `slots`,
  // claiming one if need be.
  static PinSlot* OfThisThread(const std::shared_ptr<PinSlots>& slots) {
    return last_.slots_id == slots->id_ ? last_.slot : Find(slots);
  }

  // ForEach calls `visit` with every slot there is.
  template <typename Visit>
  void ForEach(Visit visit) {
    for (Chunk* chunk = &first_; chunk != nullptr;
         chunk = chunk->next.load(std::memory_order_acquire)) {
      for (PinSlot& slot : chunk->slots) visit(slot);
    }
  }

  // The calling thread's slot, null if it has none.
  PinSlot* FindOwn() const;

  // Their Epochs is no more: threads that had a slot forget it by and by.
  void Close() { closed_.store(true, std::memory_order_relaxed); }

 private:
  struct Chunk {
    std::array<PinSlot, 32> slots;
    std::atomic<Chunk*> next{nullptr};
  };
  // The slot that this thread used last. Of a type without constructor or
  // destructor, so that reading it costs no check.
  struct Last {
    uint64_t slots_id;
    PinSlot* slot;
  };
  class OfThread;

  static PinSlot* Find(const std::shared_ptr<PinSlots>& slots);
  PinSlot* Claim();

  static constinit inline thread_local Last last_{0, nullptr};

  const uint64_t id_;  // unique in the process, never 0
  std::atomic<bool> closed_{false};
  Chunk first_;
};

}  // namespace chainkeep::memory

#endif  // CHAINKEEP_ENGINE_MEMORY_PIN_SLOT_H_
