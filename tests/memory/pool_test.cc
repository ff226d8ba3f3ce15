#include "engine/memory/pool.h"

#include <atomic>
#include <cstdint>
#include <set>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace chainkeep::memory {
namespace {

struct Thing {
  explicit Thing(uint64_t n) : a(n), b(n), c(n) {}
  ~Thing() { a = b = c = ~uint64_t{0}; }
  bool Is(uint64_t n) const { return a == n && b == n && c == n; }

  uint64_t a, b, c;
};

TEST(Pool, ObjectsDoNotOverlapAndTakeLittleMore) {
  constexpr uint64_t kMany = 300000;
  Pool<Thing> pool;
  std::vector<Thing*> things;
  for (uint64_t i = 0; i < kMany; ++i) things.push_back(pool.New(i));
  EXPECT_EQ(std::set<Thing*>(things.begin(), things.end()).size(), kMany);
  for (uint64_t i = 0; i < kMany; ++i) ASSERT_TRUE(things[i]->Is(i));
  EXPECT_GE(pool.bytes(), kMany * sizeof(Thing));
  // One huge page at most is not full.
  EXPECT_LE(pool.bytes(), kMany * sizeof(Thing) * 101 / 100 + (2u << 20));
}

TEST(Pool, WhatIsDeletedIsUsedAgain) {
  Pool<Thing> pool;
  std::vector<Thing*> things;
  for (uint64_t i = 0; i < 10000; ++i) things.push_back(pool.New(i));
  const size_t full = pool.bytes();
  for (int round = 0; round < 5; ++round) {
    for (Thing* thing : things) Pool<Thing>::Delete(thing);
    things.clear();
    for (uint64_t i = 0; i < 10000; ++i) things.push_back(pool.New(i));
  }
  EXPECT_EQ(pool.bytes(), full);
}

TEST(Pool, SmallPoolsAreSmall) {
  Pool<Thing> pool;
  EXPECT_EQ(pool.bytes(), 0u);
  pool.New(1);
  EXPECT_EQ(pool.bytes(), size_t{64} << 10);
}

TEST(Pool, ManyThreadsAtOnce) {
  Pool<Thing> pool;
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (uint64_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      std::vector<Thing*> own;
      for (uint64_t i = 0; i < 20000; ++i) {
        own.push_back(pool.New(t << 32 | i));
        if (i % 3 == 0) {
          if (!own.back()->Is(t << 32 | i)) ++wrong;
          Pool<Thing>::Delete(own.back());
          own.pop_back();
        }
      }
      for (Thing* thing : own) {
        if (thing->a >> 32 != t || !thing->Is(thing->a)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
}

}  // namespace
}  // namespace chainkeep::memory
