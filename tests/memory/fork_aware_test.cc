#include "engine/memory/fork_aware.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/memory/epochs.h"
#include "engine/memory/hash_table.h"
#include "gtest/gtest.h"
#include "tests/memory/sanitizer.h"

namespace chainkeep::memory {
namespace {

// Runs `child` in a child process and returns whether it said true; what hangs
// is killed.
template <typename Child>
bool InAChild(Child child) {
  const pid_t pid = fork();
  if (pid == 0) {
    alarm(20);
    _exit(child() ? 0 : 1);
  }
  int status = 0;
  return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

// Writes down when it was asked.
class Noted final : private ForkAware {
 public:
  Noted(char name, std::string* log) : name_(name), log_(log) {}

 private:
  void BeforeFork() override { *log_ += {name_, '(', ' '}; }
  void AfterForkInParent() override { *log_ += {name_, ')', ' '}; }
  void AfterForkInChild() override { *log_ += {name_, '*', ' '}; }

  const char name_;
  std::string* const log_;
  ForkRegistration fork_registration_{this};
};

TEST(ForkAwareTest, WhatCameLastTakesItsLocksFirst) {
  std::string log;
  std::optional<Noted> a(std::in_place, 'a', &log);
  std::optional<Noted> b(std::in_place, 'b', &log);
  std::optional<Noted> c(std::in_place, 'c', &log);
  b.reset();
  EXPECT_TRUE(InAChild([&] { return log == "c( a( a* c* "; }));
  EXPECT_EQ(log, "c( a( a) c) ");
}

// A key is its own hash and value.
struct Numbers {
  using Key = uint64_t;
  struct Entry {
    uint64_t key;
    uint64_t value;
  };
  uint64_t Hash(uint64_t key) const { return key; }
  uint64_t HashOf(const Entry& entry) const { return entry.key; }
  bool Matches(const Entry& entry, uint64_t key) const {
    return entry.key == key;
  }
};

// Forks while it is being moved into a table that is under construction.
struct Forks : Numbers {
  Forks() = default;
  Forks(Forks&&) noexcept {
    good = InAChild([] { return true; });
  }
  static inline bool good = false;
};

// Its locks were taken before they had been made: here in memory that is full
// of ones, so that they seemed to be held by somebody.
TEST(ForkAwareTest, AForkMayComeWhileATableIsMade) {
  using Table = HashTable<Forks>;
  Epochs epochs;
  std::vector<char> memory(sizeof(Table) + alignof(Table), '\xff');
  void* place = memory.data();
  size_t space = memory.size();
  ASSERT_NE(std::align(alignof(Table), sizeof(Table), place, space), nullptr);
  alarm(20);  // it hung
  Table* table = new (place) Table(&epochs, Forks(), {});
  alarm(0);
  EXPECT_TRUE(Forks::good);
  table->~Table();
}

// Others are in the midst of Update, Find and Retire, all the time, when this
// thread forks; the child must find no lock held and nothing half done.
class ForkTest : public testing::Test {
 protected:
  static constexpr uint64_t kStable = 200;
  static constexpr uint64_t kComing = 2000;
  static constexpr int kForks = 40;
  using Table = HashTable<Numbers>;

  // Spread over all shards, and no two alike.
  static uint64_t Key(uint64_t i) { return i * 0x9e3779b97f4a7c15; }
  static void Put(Table& table, uint64_t key) {
    table.Update(key, [&](std::optional<Numbers::Entry>& entry) {
      entry = {key, ~key};
    });
  }
  static void Remove(Table& table, uint64_t key) {
    table.Update(key,
                 [](std::optional<Numbers::Entry>& entry) { entry.reset(); });
  }

  void SetUp() override {
    if (kSanitizer != Sanitizer::kNone) {
      GTEST_SKIP() << "a sanitizer's own locks do not survive this";
    }
    for (uint64_t i = 0; i < kStable; ++i) Put(table_, Key(i));
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { Write(); });
    // More than one, for the child's own thread takes a slot that one leaves.
    for (int i = 0; i < 3; ++i) threads_.emplace_back([this] { Read(); });
  }
  void TearDown() override {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

  void Write() {
    for (uint64_t n = 0; !stop_; ++n) {
      // Grows and shrinks, so that arrays are replaced as well.
      const uint64_t i = kStable + n % kComing;
      if (n / kComing % 2 == 0) {
        Put(table_, Key(i));
      } else {
        Remove(table_, Key(i));
      }
    }
  }
  void Read() {
    for (uint64_t n = 0; !stop_; ++n) {
      const Epochs::Pin pin = epochs_.Acquire();
      if (!table_.Find(Key(n % kStable))) ++missed_;
    }
  }

  // All keys can be found and changed, whatever shard they are in, and what was
  // retired by threads that are no more goes.
  bool AllIsWell() {
    {
      const Epochs::Pin pin = epochs_.Acquire();
      for (uint64_t i = 0; i < kStable; ++i) {
        const std::optional<Numbers::Entry> entry = table_.Find(Key(i));
        if (!entry || entry->value != ~Key(i)) return false;
      }
    }
    for (uint64_t i = kStable; i < kStable + kComing; ++i) {
      Put(table_, Key(i));
    }
    if (table_.size() != kStable + kComing) return false;
    size_t seen = 0;
    const auto count = [&](const Numbers::Entry& entry) {
      seen += entry.value == ~entry.key ? 1 : 0;
    };
    {
      const Epochs::Pin pin = epochs_.Acquire();
      table_.ForEach(count);
    }
    if (seen != kStable + kComing) return false;
    for (uint64_t i = 0; i < kStable + kComing; ++i) Remove(table_, Key(i));
    epochs_.Collect();
    return table_.size() == 0 && epochs_.GetHeld().objects == 0;
  }

  Epochs epochs_;
  Table table_{&epochs_, Numbers(), {.pages = Pages::kSmall}};
  std::atomic<bool> stop_ = false;
  std::atomic<int> missed_ = 0;
  std::vector<std::thread> threads_;
};

TEST_F(ForkTest, TheChildUsesATableThatOthersWereChanging) {
  for (int i = 0; i < kForks; ++i) {
    ASSERT_TRUE(InAChild([this] { return AllIsWell(); })) << "fork " << i;
  }
  EXPECT_EQ(missed_, 0);
}

TEST_F(ForkTest, TheChildKeepsThePinOfTheThreadThatForked) {
  for (int i = 0; i < kForks; ++i) {
    const Epochs::Pin pin = epochs_.Acquire();
    epochs_.Retire(std::make_unique<int>(i));
    ASSERT_TRUE(InAChild([this] {
      epochs_.Collect();
      return epochs_.GetHeld().objects > 0;
    })) << "fork "
        << i;
  }
}

TEST_F(ForkTest, ThreadsOfTheChildUseItToo) {
  ASSERT_TRUE(InAChild([this] {
    stop_ = false;
    std::thread reader([this] { Read(); });
    std::thread writer([this] { Write(); });
    // A child may fork again.
    const bool good = InAChild([this] { return AllIsWell(); });
    stop_ = true;
    reader.join();
    writer.join();
    return good && missed_ == 0;
  }));
}

}  // namespace
}  // namespace chainkeep::memory
