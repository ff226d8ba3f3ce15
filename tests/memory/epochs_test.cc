#include "engine/memory/epochs.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/memory/sanitizer.h"

namespace chainkeep::memory {
namespace {

// Counts those that are alive.
class Counted {
 public:
  explicit Counted(std::atomic<int>* alive) : alive_(alive) { ++*alive_; }
  ~Counted() { --*alive_; }

 private:
  std::atomic<int>* alive_;
};

class EpochsTest : public testing::Test {
 protected:
  void Retire() { epochs_.Retire(std::make_unique<Counted>(&alive_)); }
  int AliveAfterCollect() {
    epochs_.Collect();
    return alive_.load();
  }

  std::atomic<int> alive_{0};
  int64_t now_ = 1000;
  Epochs epochs_{[this] { return now_; }};
};

TEST_F(EpochsTest, WithoutPinsARetiredObjectGoesAtTheNextCollection) {
  Retire();
  EXPECT_EQ(AliveAfterCollect(), 0);
}

TEST_F(EpochsTest, APinHoldsWhatWasRetiredUnderIt) {
  {
    const Epochs::Pin pin = epochs_.Acquire();
    Retire();
    EXPECT_EQ(AliveAfterCollect(), 1);
    EXPECT_EQ(AliveAfterCollect(), 1);
  }
  EXPECT_EQ(AliveAfterCollect(), 0);
}

TEST_F(EpochsTest, APinThatCameLaterHoldsNothingOlder) {
  Retire();
  epochs_.Collect();
  Retire();  // in the epoch of the pin: it might have been seen
  const Epochs::Pin pin = epochs_.Acquire();
  EXPECT_EQ(AliveAfterCollect(), 1);
}

TEST_F(EpochsTest, InnerPinsEndWithoutEndingTheOuterOne) {
  const Epochs::Pin outer = epochs_.Acquire();
  {
    const Epochs::Pin inner = epochs_.Acquire();
    Retire();
  }
  EXPECT_EQ(AliveAfterCollect(), 1);
}

TEST_F(EpochsTest, ManyRetirementsCollectByThemselves) {
  for (int i = 0; i < 1000; ++i) Retire();
  EXPECT_LT(alive_.load(), 100);
}

TEST_F(EpochsTest, BytesCollectByThemselves) {
  epochs_.Retire(std::make_unique<Counted>(&alive_), size_t{64} << 20);
  EXPECT_EQ(alive_.load(), 0);
}

TEST_F(EpochsTest, DestructionFreesWhatIsLeft) {
  {
    Epochs epochs;
    epochs.Retire(std::make_unique<Counted>(&alive_));
  }
  EXPECT_EQ(alive_.load(), 0);
}

TEST_F(EpochsTest, AStalledReaderIsSeenAndDelaysNoWriter) {
  std::optional<std::thread> reader;
  std::atomic<bool> pinned = false;
  std::atomic<bool> go_on = false;
  reader.emplace([&] {
    const Epochs::Pin pin = epochs_.Acquire();
    pinned = true;
    while (!go_on) std::this_thread::yield();
  });
  while (!pinned) std::this_thread::yield();

  epochs_.Retire(std::make_unique<Counted>(&alive_), 100);
  epochs_.Collect();
  now_ += 30;
  epochs_.Retire(std::make_unique<Counted>(&alive_), 50);
  epochs_.Collect();
  Held held = epochs_.GetHeld();
  EXPECT_EQ(held.objects, 2u);
  EXPECT_EQ(held.bytes, 150u);
  EXPECT_EQ(held.oldest_pin_seconds, 30);

  go_on = true;
  reader->join();
  EXPECT_EQ(AliveAfterCollect(), 0);
  held = epochs_.GetHeld();
  EXPECT_EQ(held.objects, 0u);
  EXPECT_EQ(held.bytes, 0u);
  EXPECT_EQ(held.oldest_pin_seconds, 0);
}

TEST_F(EpochsTest, AClockThatGoesBackMakesNoPinOlderThanNothing) {
  const Epochs::Pin pin = epochs_.Acquire();
  epochs_.Collect();
  now_ -= 100;
  epochs_.Collect();
  EXPECT_EQ(epochs_.GetHeld().oldest_pin_seconds, 0);
  now_ += 7;
  epochs_.Collect();
  EXPECT_EQ(epochs_.GetHeld().oldest_pin_seconds, 7);
}

TEST_F(EpochsTest, StampsBecomeSafeWhenNoPinIsOlder) {
  uint64_t stamp;
  {
    const Epochs::Pin pin = epochs_.Acquire();
    stamp = epochs_.Stamp();
    epochs_.Collect();
    epochs_.Collect();
    EXPECT_LE(epochs_.Safe(), stamp);
  }
  epochs_.Collect();
  EXPECT_GT(epochs_.Safe(), stamp);
}

TEST_F(EpochsTest, SlotsOfEndedThreadsAreUsedAgain) {
  // Of 10,000 threads, one after the other, a slot each would be 1.28 MB; that
  // the last still pins and unpins is what is asserted here.
  for (int i = 0; i < 10000; ++i) {
    std::thread([&] { const Epochs::Pin pin = epochs_.Acquire(); }).join();
  }
  Retire();
  EXPECT_EQ(AliveAfterCollect(), 0);
}

TEST_F(EpochsTest, MoreThreadsThanAChunkHasSlots) {
  constexpr int kThreads = 100;
  std::atomic<int> pinned = 0;
  std::atomic<bool> go_on = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const Epochs::Pin pin = epochs_.Acquire();
      ++pinned;
      while (!go_on) std::this_thread::yield();
    });
  }
  while (pinned < kThreads) std::this_thread::yield();
  Retire();
  EXPECT_EQ(AliveAfterCollect(), 1);
  go_on = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(AliveAfterCollect(), 0);
}

TEST_F(EpochsTest, APinThatOutlivesItsThreadStillHolds) {
  std::unique_ptr<const Epochs::Pin> leaked;
  std::thread([&] {
    leaked.reset(new const Epochs::Pin(epochs_.Acquire()));
  }).join();
  Retire();
  EXPECT_EQ(AliveAfterCollect(), 1);
  leaked.reset();
  EXPECT_EQ(AliveAfterCollect(), 0);
}

// Pins when the thread's other objects are already gone.
class PinsAtTheEnd {
 public:
  ~PinsAtTheEnd() {
    if (epochs == nullptr) return;
    const Epochs::Pin pin = epochs->Acquire();
    epochs->Retire(std::make_unique<Counted>(alive));
    epochs->Collect();
    held = alive->load();
  }
  Epochs* epochs = nullptr;
  std::atomic<int>* alive = nullptr;
  static inline std::atomic<int> held{0};
};

TEST_F(EpochsTest, AThreadThatIsEndingMayPin) {
  std::thread([&] {
    // Constructed before the list of slots is, and so destroyed after it.
    static thread_local PinsAtTheEnd at_the_end;
    at_the_end.epochs = &epochs_;
    at_the_end.alive = &alive_;
    const Epochs::Pin pin = epochs_.Acquire();
  }).join();
  EXPECT_EQ(PinsAtTheEnd::held.load(), 1);
  EXPECT_EQ(AliveAfterCollect(), 0);
}

TEST_F(EpochsTest, OneThreadUsesManyEpochs) {
  constexpr int kMany = 50;
  std::vector<std::unique_ptr<Epochs>> many;
  for (int i = 0; i < kMany; ++i) many.push_back(std::make_unique<Epochs>());
  for (int round = 0; round < 3; ++round) {
    for (const auto& epochs : many) {
      const Epochs::Pin pin = epochs->Acquire();
      epochs->Retire(std::make_unique<Counted>(&alive_));
      epochs->Collect();
    }
  }
  EXPECT_GE(alive_.load(), kMany);  // each still holds its last
  many.clear();
  EXPECT_EQ(alive_.load(), 0);
}

TEST_F(EpochsTest, AfterForkTheChildForgetsThePinsOfOtherThreads) {
  if (kSanitizer == Sanitizer::kThread) {
    GTEST_SKIP() << "a child of threads has no tsan";
  }
  std::atomic<bool> pinned = false;
  std::atomic<bool> go_on = false;
  std::thread reader([&] {
    const Epochs::Pin pin = epochs_.Acquire();
    pinned = true;
    while (!go_on) std::this_thread::yield();
  });
  while (!pinned) std::this_thread::yield();
  Retire();
  ASSERT_EQ(AliveAfterCollect(), 1);

  const pid_t child = fork();
  if (child == 0) {
    alarm(20);  // a lock that nobody gives back
    bool good = AliveAfterCollect() == 0;
    {
      const Epochs::Pin pin = epochs_.Acquire();
      Retire();
      good = good && AliveAfterCollect() == 1;
    }
    good = good && AliveAfterCollect() == 0;
    _exit(good ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  // In the parent nothing has changed.
  EXPECT_EQ(AliveAfterCollect(), 1);
  go_on = true;
  reader.join();
}

TEST_F(EpochsTest, AfterForkTheChildKeepsItsOwnPin) {
  if (kSanitizer == Sanitizer::kThread) {
    GTEST_SKIP() << "a child of threads has no tsan";
  }
  const Epochs::Pin pin = epochs_.Acquire();
  Retire();
  const pid_t child = fork();
  if (child == 0) _exit(AliveAfterCollect() == 1 ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// Readers follow a pointer that writers replace; sanitizers see a use after
// free, and the values tell a torn one.
TEST_F(EpochsTest, ReadersNeverSeeWhatIsGone) {
  struct Pair {
    explicit Pair(uint64_t n) : a(n), b(~n) {}
    ~Pair() { a = b = 0; }
    uint64_t a, b;
  };
  std::atomic<Pair*> head = new Pair(0);
  std::atomic<bool> stop = false;
  std::atomic<int> torn = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const Epochs::Pin pin = epochs_.Acquire();
        const Pair* pair = head.load(std::memory_order_acquire);
        for (int again = 0; again < 20; ++again) {
          if (pair->a != ~pair->b) ++torn;
        }
      }
    });
  }
  std::vector<std::thread> writers;
  for (int i = 0; i < 2; ++i) {
    writers.emplace_back([&] {
      for (uint64_t n = 1; n < 20000; ++n) {
        epochs_.Retire(std::unique_ptr<Pair>(head.exchange(new Pair(n))));
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(torn.load(), 0);
  delete head.load();
}

}  // namespace
}  // namespace chainkeep::memory
