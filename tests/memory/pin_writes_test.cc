// A pin writes to nothing that all threads read. bench/memory has what it
// costs.

#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>

#include "engine/memory/epochs.h"
#include "engine/memory/pin_slot.h"
#include "gtest/gtest.h"

namespace chainkeep::memory {
namespace {

// Two lines, which processors fetch in pairs.
static_assert(sizeof(PinSlot) == 128 && alignof(PinSlot) == 128);

// An Epochs in pages of its own.
class PagedEpochs {
 public:
  PagedEpochs()
      : memory_(mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
        epochs_(new (memory_) Epochs) {}
  ~PagedEpochs() {
    epochs_->~Epochs();
    munmap(memory_, kBytes);
  }

  Epochs& epochs() { return *epochs_; }
  void Protect(int protection) {
    EXPECT_EQ(mprotect(memory_, kBytes, protection), 0);
  }

 private:
  static constexpr size_t kBytes = 65536;  // some pages, whatever their size
  static_assert(sizeof(Epochs) <= kBytes);

  void* const memory_;
  Epochs* const epochs_;
};

// Whoever pins must not write to what all threads read: here that cannot be
// written to, once the thread has its slot.
TEST(PinWrites, APinWritesToNothingThatThreadsShare) {
  PagedEpochs paged;
  { const Epochs::Pin claims_a_slot = paged.epochs().Acquire(); }
  paged.Protect(PROT_READ);
  for (int i = 0; i < 1000; ++i) {
    const Epochs::Pin outer = paged.epochs().Acquire();
    const Epochs::Pin inner = paged.epochs().Acquire();
  }
  paged.Protect(PROT_READ | PROT_WRITE);
}

// That this is how it would be noticed.
TEST(PinWritesDeathTest, ARetirementWritesThere) {
  PagedEpochs paged;
  EXPECT_DEATH(
      {
        paged.Protect(PROT_READ);
        paged.epochs().Retire(std::make_unique<int>(1));
      },
      "");
}

}  // namespace
}  // namespace chainkeep::memory
