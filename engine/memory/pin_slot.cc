#include "engine/memory/pin_slot.h"

#include <vector>

namespace chainkeep::memory {
namespace {

uint64_t NextId() {
  static std::atomic<uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

// Whether this thread's list of slots is there. It is gone while the thread's
// other thread-local objects are still being destroyed.
enum class ListState { kAlive, kGone };
constinit thread_local ListState list_state = ListState::kAlive;

}  // namespace

// The slots of one thread, given back at its end.
class PinSlots::OfThread {
 public:
  static OfThread& Get() {
    static thread_local OfThread list;
    return list;
  }

  PinSlot* Find(const PinSlots* slots) const {
    for (const Entry& entry : entries_) {
      if (entry.slots.get() == slots) return entry.slot;
    }
    return nullptr;
  }

  void Add(const std::shared_ptr<PinSlots>& slots, PinSlot* slot) {
    std::erase_if(entries_, [](const Entry& entry) {
      return entry.slots->closed_.load(std::memory_order_relaxed);
    });
    entries_.push_back({slots, slot});
  }

  ~OfThread() {
    list_state = ListState::kGone;
    last_ = {0, nullptr};
    for (const Entry& entry : entries_) {
      // A pin that outlives its thread goes on protecting.
      if (entry.slot->depth > 0) {
        entry.slot->is_orphan = true;
      } else {
        entry.slot->GiveBack();
      }
    }
  }

 private:
  struct Entry {
    std::shared_ptr<PinSlots> slots;
    PinSlot* slot;
  };
  std::vector<Entry> entries_;
};

void PinSlot::GiveBack() {
  is_orphan = false;
  claimed.store(false, std::memory_order_release);
}

PinSlots::PinSlots() : id_(NextId()) {}

PinSlots::~PinSlots() {
  Chunk* chunk = first_.next.load(std::memory_order_relaxed);
  while (chunk != nullptr) {
    Chunk* next = chunk->next.load(std::memory_order_relaxed);
    delete chunk;
    chunk = next;
  }
}

PinSlot* PinSlots::FindOwn() const {
  if (last_.slots_id == id_) return last_.slot;
  if (list_state == ListState::kGone) return nullptr;
  return OfThread::Get().Find(this);
}

PinSlot* PinSlots::Find(const std::shared_ptr<PinSlots>& slots) {
  if (list_state == ListState::kGone) {
    // The thread is about to end: for one pin.
    PinSlot* slot = slots->Claim();
    slot->is_orphan = true;
    return slot;
  }
  PinSlot* slot = OfThread::Get().Find(slots.get());
  if (slot == nullptr) {
    slot = slots->Claim();
    OfThread::Get().Add(slots, slot);
  }
  last_ = {slots->id_, slot};
  return slot;
}

PinSlot* PinSlots::Claim() {
  Chunk* chunk = &first_;
  for (;;) {
    for (PinSlot& slot : chunk->slots) {
      if (!slot.claimed.load(std::memory_order_relaxed) &&
          !slot.claimed.exchange(true, std::memory_order_acquire)) {
        return &slot;
      }
    }
    Chunk* next = chunk->next.load(std::memory_order_acquire);
    if (next == nullptr) {
      Chunk* added = new Chunk;
      if (chunk->next.compare_exchange_strong(next, added,
                                              std::memory_order_acq_rel)) {
        next = added;
      } else {
        delete added;
      }
    }
    chunk = next;
  }
}

}  // namespace chainkeep::memory
