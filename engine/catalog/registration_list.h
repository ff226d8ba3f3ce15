// RegistrationList is what an index has under one key: registrations, oldest
// first.
//
// One word: of one registration it says everything, if its entry says the rest
// (registration_index.h), or points to it; several lie in an array that the
// word points to.
//
// CONCURRENCY. Readers, under a pin, take a copy of the word and walk it.
// Writers, one at a time, change the word they hold and store it afterwards. A
// registration is added behind the others in place, where there is room; any
// other change makes a new array. The old one is returned, for readers find it
// until the word is stored: only then may it be retired.

#ifndef CHAINKEEP_ENGINE_CATALOG_REGISTRATION_LIST_H_
#define CHAINKEEP_ENGINE_CATALOG_REGISTRATION_LIST_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/catalog/registration.h"
#include "engine/memory/epochs.h"
#include "engine/memory/prefetch.h"

namespace chainkeep::catalog {

class RegistrationList {
 public:
  // Of none: only to be assigned to.
  RegistrationList() = default;
  // Of one.
  explicit RegistrationList(const Registration* only)
      : word_(reinterpret_cast<uintptr_t>(only)) {}

  // Of one of mode SNI_ONLY that nobody has changed since it was published, in
  // `state`: the word is the state's, whose mode tells it from a pointer.
  static RegistrationList OfUnchanged(const RegistrationState& state) {
    RegistrationList list;
    list.word_ = state.Pack();
    return list;
  }

  bool IsUnchanged() const { return (word_ & kUnchanged) != 0; }
  // Of an unchanged one: its RegistrationState, packed.
  uint64_t state_word() const { return word_; }

  // All that follows is of registrations that have memory of their own.
  bool IsOne() const { return (word_ & (kArray | kUnchanged)) == 0; }
  const Registration& First() const { return IsOne() ? One() : array()->at(0); }
  // Asks for the memory of the first early.
  void Prefetch() const {
    memory::Prefetch(reinterpret_cast<const void*>(word_ & ~kArray));
  }
  size_t size() const { return IsOne() ? 1 : array()->size(); }

  // ForEach calls `visit` with each registration, oldest first, until it
  // returns kStop.
  enum class Walk { kGoOn, kStop };
  template <typename Visit>
  void ForEach(Visit visit) const {
    if (IsOne()) {
      visit(One());
      return;
    }
    const Array* const list = array();
    const size_t size = list->size();
    for (size_t i = 0; i < size; ++i) {
      if (visit(list->at(i)) == Walk::kStop) return;
    }
  }

  // Of several; see above.
  class Array {
   public:
    explicit Array(size_t capacity)
        : capacity_(capacity), items_(new Item[capacity]) {}
    ~Array() { delete[] items_; }

    size_t size() const { return size_.load(std::memory_order_acquire); }
    size_t bytes() const { return sizeof(*this) + capacity_ * sizeof(Item); }
    const Registration& at(size_t i) const {
      return *items_[i].load(std::memory_order_relaxed);
    }
    // Whether there was room.
    bool Append(const Registration* registration) {
      const size_t size = this->size();
      if (size == capacity_) return false;
      items_[size].store(registration, std::memory_order_relaxed);
      size_.store(size + 1, std::memory_order_release);
      return true;
    }

   private:
    using Item = std::atomic<const Registration*>;

    const size_t capacity_;
    Item* const items_;
    std::atomic<size_t> size_{0};
  };

  using Replaced = std::unique_ptr<Array>;

  Replaced Add(const Registration* registration);

  // Removes one of at least two.
  Replaced Remove(const Registration* registration);

  static void Retire(Replaced replaced, memory::Epochs* epochs);

  // Frees the array, of which no reader may be left; not the registrations.
  void Destroy() {
    if ((word_ & kArray) != 0) delete array();
  }

 private:
  static constexpr uint64_t kArray = 1;
  static constexpr uint64_t kUnchanged = RegistrationState::kSniOnly;

  const Registration& One() const {
    return *reinterpret_cast<const Registration*>(word_);
  }
  Array* array() const { return reinterpret_cast<Array*>(word_ & ~kArray); }

  uint64_t word_ = 0;
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_REGISTRATION_LIST_H_
