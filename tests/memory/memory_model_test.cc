// That the model allows what C++20 allows, and forbids what it forbids: the
// small programs by which memory models are compared. Each names the outcome in
// question, which the model must reach, or must not.

#include "tests/memory/memory_model.h"

#include <string>

#include "gtest/gtest.h"

namespace chainkeep::memory::model {
namespace {

using enum Order;

// A program of two atomics, x and y, and some plain memory.
class MemoryModelTest : public testing::Test {
 protected:
  // Whether some execution fails a check.
  bool Reaches(const char* what = "") {
    const Result result = Explore(program_);
    EXPECT_GT(result.states, 1u);
    if (result.failure.empty()) return false;
    EXPECT_NE(result.failure.find(what), std::string::npos) << result.failure;
    return true;
  }

  // Store buffering: both threads store, and load what the other one stores.
  bool BothMayMiss(Order stores, Order loads_of_a, Order loads_of_b) {
    const Atomic a = program_.NewAtomic(9);
    const Atomic b = program_.NewAtomic(9);
    program_.AddThread([=, this](Thread& t) {
      t.Store(x, 1, stores);
      t.Store(a, t.Load(y, loads_of_a), kRelaxed);
    });
    program_.AddThread([=, this](Thread& t) {
      t.Store(y, 1, stores);
      t.Store(b, t.Load(x, loads_of_b), kRelaxed);
    });
    program_.Finally([=](Thread& t) {
      t.Check(t.Load(a, kRelaxed) + t.Load(b, kRelaxed) > 0, "both missed");
    });
    return Reaches("both missed");
  }

  // Message passing: who sees the flag sees what was stored before it.
  bool MayMissTheMessage(Order store, Order load) {
    program_.AddThread([=, this](Thread& t) {
      t.Store(x, 1, kRelaxed);
      t.Store(y, 1, store);
    });
    program_.AddThread([=, this](Thread& t) {
      if (t.Load(y, load) == 1) t.Check(t.Load(x, kRelaxed) == 1, "missed");
    });
    return Reaches("missed");
  }

  Program program_;
  const Atomic x = program_.NewAtomic(0);
  const Atomic y = program_.NewAtomic(0);
  const Plain data = program_.NewPlain(0);
  const Mutex mutex = program_.NewMutex();
};

TEST_F(MemoryModelTest, StoreBufferingOfSequentiallyConsistentOperations) {
  EXPECT_FALSE(BothMayMiss(kSeqCst, kSeqCst, kSeqCst));
}
TEST_F(MemoryModelTest, StoreBufferingOfReleaseAndAcquire) {
  EXPECT_TRUE(BothMayMiss(kRelease, kAcquire, kAcquire));
}
TEST_F(MemoryModelTest, StoreBufferingWithOneWeakLoad) {
  EXPECT_TRUE(BothMayMiss(kSeqCst, kSeqCst, kAcquire));
}
TEST_F(MemoryModelTest, StoreBufferingWithWeakStores) {
  EXPECT_TRUE(BothMayMiss(kRelease, kSeqCst, kSeqCst));
}

TEST_F(MemoryModelTest, MessagePassing) {
  EXPECT_FALSE(MayMissTheMessage(kRelease, kAcquire));
}
TEST_F(MemoryModelTest, MessagePassingOfARelaxedStore) {
  EXPECT_TRUE(MayMissTheMessage(kRelaxed, kAcquire));
}
TEST_F(MemoryModelTest, MessagePassingToARelaxedLoad) {
  EXPECT_TRUE(MayMissTheMessage(kRelease, kRelaxed));
}

TEST_F(MemoryModelTest, OneAtomicIsNeverSeenToGoBack) {
  program_.AddThread([this](Thread& t) {
    t.Store(x, 1, kRelaxed);
    t.Store(x, 2, kRelaxed);
  });
  program_.AddThread([this](Thread& t) {
    const Value first = t.Load(x, kRelaxed);
    t.Check(t.Load(x, kRelaxed) >= first, "went back");
  });
  EXPECT_FALSE(Reaches());
}

TEST_F(MemoryModelTest, TwoThreadsMaySeeTwoStoresInAnotherOrder) {
  const Atomic seen = program_.NewAtomic(0);
  program_.AddThread([this](Thread& t) { t.Store(x, 1, kRelease); });
  program_.AddThread([this](Thread& t) { t.Store(y, 1, kRelease); });
  program_.AddThread([=, this](Thread& t) {
    const bool first = t.Load(x, kAcquire) == 1 && t.Load(y, kAcquire) == 0;
    if (first) t.FetchAdd(seen, 1, kRelaxed);
  });
  program_.AddThread([=, this](Thread& t) {
    const bool first = t.Load(y, kAcquire) == 1 && t.Load(x, kAcquire) == 0;
    if (first) t.FetchAdd(seen, 1, kRelaxed);
  });
  program_.Finally([=](Thread& t) {
    t.Check(t.Load(seen, kRelaxed) < 2, "each saw another store first");
  });
  EXPECT_TRUE(Reaches("each saw"));
}

// A read-modify-write goes on with the release sequence; a store ends it.
TEST_F(MemoryModelTest, AReadModifyWriteCarriesAReleaseOn) {
  program_.AddThread([this](Thread& t) {
    t.Write(data, 1);
    t.Store(x, 1, kRelease);
  });
  program_.AddThread([this](Thread& t) {
    if (t.Load(x, kRelaxed) == 1) t.FetchAdd(x, 1, kRelaxed);
  });
  program_.AddThread([this](Thread& t) {
    if (t.Load(x, kAcquire) == 2) t.Check(t.Read(data) == 1, "missed");
  });
  EXPECT_FALSE(Reaches());
}
TEST_F(MemoryModelTest, AStoreDoesNotCarryAReleaseOn) {
  program_.AddThread([this](Thread& t) {
    t.Write(data, 1);
    t.Store(x, 1, kRelease);
    t.Store(x, 2, kRelaxed);
  });
  program_.AddThread([this](Thread& t) {
    if (t.Load(x, kAcquire) == 2) t.Read(data);
  });
  EXPECT_TRUE(Reaches("race with a write"));
}

TEST_F(MemoryModelTest, AReadThatIsOverMayStillRaceWithAWrite) {
  program_.AddThread([this](Thread& t) {
    t.Read(data);
    t.Store(x, 1, kRelaxed);
  });
  program_.AddThread([this](Thread& t) {
    if (t.Load(x, kAcquire) == 1) t.Free(data);
  });
  EXPECT_TRUE(Reaches("freed while it may be read"));
}

TEST_F(MemoryModelTest, AMutexOrdersWhatItGuards) {
  for (int i = 0; i < 2; ++i) {
    program_.AddThread([this](Thread& t) {
      t.Lock(mutex);
      t.Write(data, t.Read(data) + 1);
      t.Unlock(mutex);
    });
  }
  program_.Finally(
      [this](Thread& t) { t.Check(t.Read(data) == 2, "one was lost"); });
  EXPECT_FALSE(Reaches());
}

TEST_F(MemoryModelTest, UseAfterFreeIsSeen) {
  program_.AddThread([this](Thread& t) {
    t.Free(data);
    t.Store(x, 1, kRelease);
  });
  program_.AddThread([this](Thread& t) {
    if (t.Load(x, kAcquire) == 1) t.Read(data);
  });
  EXPECT_TRUE(Reaches("used after it was freed"));
}

TEST_F(MemoryModelTest, ADeadlockIsSeen) {
  const Mutex other = program_.NewMutex();
  program_.AddThread([=, this](Thread& t) {
    t.Lock(mutex);
    t.Lock(other);
    t.Unlock(other);
    t.Unlock(mutex);
  });
  program_.AddThread([=, this](Thread& t) {
    t.Lock(other);
    t.Lock(mutex);
    t.Unlock(mutex);
    t.Unlock(other);
  });
  EXPECT_TRUE(Reaches("deadlock"));
}

TEST_F(MemoryModelTest, AStoreBesideAReadModifyWriteComesAfterIt) {
  program_.AddThread([this](Thread& t) {
    if (t.Exchange(x, 1, kAcquire) == 0) t.Store(x, 0, kRelease);
  });
  program_.AddThread([this](Thread& t) {
    if (t.Exchange(x, 1, kAcquire) == 0) t.Store(x, 0, kRelease);
  });
  program_.Finally(
      [this](Thread& t) { t.Check(t.Load(x, kRelaxed) == 0, "left taken"); });
  EXPECT_FALSE(Reaches());
}
TEST_F(MemoryModelTest, StoresThatNothingOrdersAreReported) {
  program_.AddThread([this](Thread& t) { t.Store(x, 1, kRelaxed); });
  program_.AddThread([this](Thread& t) { t.Store(x, 2, kRelaxed); });
  EXPECT_TRUE(Reaches("two stores"));
}

}  // namespace
}  // namespace chainkeep::memory::model
