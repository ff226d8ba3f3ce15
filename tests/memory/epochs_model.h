// EpochsModel is engine/memory/epochs.{h,cc} in the terms of the memory model:
// the same operations with the same orders, but for one Mutation.
//
// It is kept by hand. Whoever changes how Epochs pins, retires or advances
// changes it here too.

#ifndef CHAINKEEP_TESTS_MEMORY_EPOCHS_MODEL_H_
#define CHAINKEEP_TESTS_MEMORY_EPOCHS_MODEL_H_

#include <algorithm>
#include <vector>

#include "tests/memory/memory_model.h"

namespace chainkeep::memory::model {

// What might be done wrong.
enum class EpochsMutation {
  kNone,
  kPinStoresWithRelease,
  kPinDoesNotLoadAgain,
  kPinLoadsAgainRelaxed,
  kPinLoadsAgainWithAcquire,
  kUnpinStoresRelaxed,
  kInnerUnpinEndsThePin,
  kAdvanceIsNotSeqCst,
  kScanIsNotSeqCst,
  kScanComesBeforeAdvance,
  kEqualEpochIsSafe,
  kSafeIsStoredRelaxed,
  kSafeIsLoadedRelaxed,
  kGiveBackIsRelaxed,
};

class EpochsModel {
 public:
  using Mutation = EpochsMutation;

  // What is retired is one of `objects`.
  EpochsModel(Program* program, int slots, std::vector<Plain> objects,
              Mutation mutation)
      : mutation_(mutation),
        epoch_(program->NewAtomic(1)),
        safe_(program->NewAtomic(1)),
        mutex_(program->NewMutex()),
        objects_(std::move(objects)) {
    for (int i = 0; i < slots; ++i) slots_.push_back(program->NewAtomic(0));
    for (size_t i = 0; i < objects_.size(); ++i) {
      limbo_.push_back(program->NewPlain(0));
    }
  }

  // The outermost pin of the thread that has this slot.
  void Pin(Thread& t, int slot) const {
    t.Store(
        slots_[slot], t.Load(epoch_, Order::kRelaxed),
        Is(Mutation::kPinStoresWithRelease) ? Order::kRelease : Order::kSeqCst);
    if (Is(Mutation::kPinDoesNotLoadAgain)) return;
    t.Load(epoch_, Is(Mutation::kPinLoadsAgainRelaxed)       ? Order::kRelaxed
                   : Is(Mutation::kPinLoadsAgainWithAcquire) ? Order::kAcquire
                                                             : Order::kSeqCst);
  }
  void Unpin(Thread& t, int slot) const {
    t.Store(
        slots_[slot], 0,
        Is(Mutation::kUnpinStoresRelaxed) ? Order::kRelaxed : Order::kRelease);
  }
  // Of a pin inside another, which only counts.
  void UnpinInner(Thread& t, int slot) const {
    if (Is(Mutation::kInnerUnpinEndsThePin)) Unpin(t, slot);
  }

  void Retire(Thread& t, size_t object) const {
    t.Lock(mutex_);
    t.Write(limbo_[object], t.Load(epoch_, Order::kRelaxed));
    Advance(t);
    DestroySafe(t);
  }
  void Collect(Thread& t) const {
    t.Lock(mutex_);
    Advance(t);
    DestroySafe(t);
  }
  Value Stamp(Thread& t) const {
    t.Lock(mutex_);
    const Value epoch = t.Load(epoch_, Order::kRelaxed);
    Advance(t);
    t.Unlock(mutex_);
    return epoch;
  }
  Value Safe(Thread& t) const {
    return t.Load(safe_, Is(Mutation::kSafeIsLoadedRelaxed) ? Order::kRelaxed
                                                            : Order::kAcquire);
  }

  // When nobody is pinned any longer, nothing is held after a collection.
  void CheckThatNothingIsHeld(Thread& t) const {
    Collect(t);
    for (const Plain limbo : limbo_) {
      t.Check(t.Read(limbo) == 0, "held without a reader");
    }
  }

 private:
  bool Is(Mutation mutation) const { return mutation_ == mutation; }

  // Under the lock.
  void Advance(Thread& t) const {
    Value oldest = 0;
    Value next = 0;
    if (Is(Mutation::kScanComesBeforeAdvance)) oldest = OldestPin(t);
    next = t.FetchAdd(epoch_, 1,
                      Is(Mutation::kAdvanceIsNotSeqCst) ? Order::kAcqRel
                                                        : Order::kSeqCst) +
           1;
    if (!Is(Mutation::kScanComesBeforeAdvance)) oldest = OldestPin(t);
    const Value safe = oldest == 0 ? next : std::min(oldest, next);
    if (safe > t.Load(safe_, Order::kRelaxed)) {
      t.Store(safe_, safe,
              Is(Mutation::kSafeIsStoredRelaxed) ? Order::kRelaxed
                                                 : Order::kRelease);
    }
  }
  Value OldestPin(Thread& t) const {
    Value oldest = 0;
    for (const Atomic slot : slots_) {
      const Value pinned =
          t.Load(slot, Is(Mutation::kScanIsNotSeqCst) ? Order::kAcquire
                                                      : Order::kSeqCst);
      if (pinned != 0 && (oldest == 0 || pinned < oldest)) oldest = pinned;
    }
    return oldest;
  }

  // Gives the lock up.
  void DestroySafe(Thread& t) const {
    const Value safe = t.Load(safe_, Order::kRelaxed);
    std::vector<Plain> free;
    for (size_t i = 0; i < limbo_.size(); ++i) {
      const Value epoch = t.Read(limbo_[i]);
      if (epoch == 0) continue;
      if (epoch < safe || (Is(Mutation::kEqualEpochIsSafe) && epoch == safe)) {
        t.Write(limbo_[i], 0);
        free.push_back(objects_[i]);
      }
    }
    t.Unlock(mutex_);
    for (const Plain object : free) t.Free(object);
  }

  Mutation mutation_;
  Atomic epoch_;
  Atomic safe_;
  Mutex mutex_;
  std::vector<Atomic> slots_;
  std::vector<Plain> objects_;
  std::vector<Plain> limbo_;  // the epoch in which an object was retired, or 0
};

}  // namespace chainkeep::memory::model

#endif  // CHAINKEEP_TESTS_MEMORY_EPOCHS_MODEL_H_
