// What a pin may cost: little more than the one store in it that must be
// finished before anything is read, and less inside another pin; and nothing
// that all threads write.
//
// Times are compared within one run: both sides in turns, the fastest of many
// short rounds of each, in CPU time of this thread. bench/memory has the
// figures.

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "engine/memory/epochs.h"
#include "engine/memory/pin_slot.h"
#include "gtest/gtest.h"
#include "tests/support/cpu_time.h"

namespace chainkeep::memory {
namespace {

constexpr int kTimes = 20000;

double PinAndUnpin(const Epochs& epochs) {
  return test::LeastCpuSeconds([&] {
    for (int i = 0; i < kTimes; ++i) {
      const Epochs::Pin pin = epochs.Acquire();
      // The compiler must believe that something is read here.
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
  });
}

// The same store, load and store, on words that nobody else has.
double StoreAndClear() {
  std::atomic<uint64_t> epoch{1};
  std::atomic<uint64_t> slot{0};
  return test::LeastCpuSeconds([&] {
    for (int i = 0; i < kTimes; ++i) {
      slot.store(epoch.load(std::memory_order_relaxed),
                 std::memory_order_seq_cst);
      static_cast<void>(epoch.load(std::memory_order_seq_cst));
      slot.store(0, std::memory_order_release);
    }
  });
}

class PinCost : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::kTimesAreBounded) GTEST_SKIP() << "measured in opt only";
    for (int round = 0; round < 20; ++round) {
      bare_ = std::min(bare_, StoreAndClear());
      pin_ = std::min(pin_, PinAndUnpin(epochs_));
      const Epochs::Pin outer = epochs_.Acquire();
      inner_ = std::min(inner_, PinAndUnpin(epochs_));
    }
  }

  const Epochs epochs_;
  double bare_ = 1e9;
  double pin_ = 1e9;
  double inner_ = 1e9;
};

TEST_F(PinCost, APinIsBarelyMoreThanItsStores) {
  RecordProperty("ratio_percent", static_cast<int>(100 * pin_ / bare_));
  EXPECT_LE(pin_, 1.25 * bare_) << pin_ << " s, bare " << bare_ << " s";
}

TEST_F(PinCost, APinInsideAnotherIsLessThanHalfAsMuch) {
  RecordProperty("ratio_percent", static_cast<int>(100 * inner_ / pin_));
  EXPECT_LE(inner_, 0.5 * pin_) << inner_ << " s, outer " << pin_ << " s";
}

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
