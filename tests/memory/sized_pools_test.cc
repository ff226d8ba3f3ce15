#include "engine/memory/sized_pools.h"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace chainkeep::memory {
namespace {

constexpr size_t kMax = 272;

struct Piece {
  uint8_t* memory;
  size_t bytes;
  uint8_t value;
};

Piece Take(SizedPools& pools, size_t bytes, uint8_t value) {
  auto* const memory = static_cast<uint8_t*>(pools.Allocate(bytes));
  std::memset(memory, value, bytes);
  return {memory, bytes, value};
}

bool IsWhole(const Piece& piece) {
  for (size_t i = 0; i < piece.bytes; ++i) {
    if (piece.memory[i] != piece.value) return false;
  }
  return true;
}

TEST(SizedPools, PiecesOfAllSizesDoNotOverlap) {
  SizedPools pools(kMax);
  std::vector<Piece> pieces;
  for (int round = 0; round < 100; ++round) {
    for (size_t bytes = 1; bytes <= kMax; ++bytes) {
      pieces.push_back(Take(pools, bytes, static_cast<uint8_t>(round + bytes)));
      EXPECT_EQ(reinterpret_cast<uintptr_t>(pieces.back().memory) % 8, 0u);
    }
  }
  for (const Piece& piece : pieces) ASSERT_TRUE(IsWhole(piece));
}

TEST(SizedPools, APieceTakesItsSizeInWholeWords) {
  constexpr size_t kMany = 200'000;
  SizedPools pools(kMax);
  for (size_t i = 0; i < kMany; ++i) pools.Allocate(49);
  EXPECT_GE(pools.bytes(), kMany * 56);
  // One huge page at most is not full.
  EXPECT_LE(pools.bytes(), kMany * 56 * 101 / 100 + (2u << 20));
}

TEST(SizedPools, WhatIsFreedIsUsedAgainForItsSize) {
  SizedPools pools(kMax);
  void* const first = pools.Allocate(41);
  SizedPools::Free(first);
  EXPECT_NE(pools.Allocate(40), first);
  EXPECT_NE(pools.Allocate(49), first);
  EXPECT_EQ(pools.Allocate(48), first);
}

TEST(SizedPools, NothingIsTakenBeforeItIsNeeded) {
  EXPECT_EQ(SizedPools(kMax).bytes(), 0u);
}

TEST(SizedPools, ManyThreadsAtOnce) {
  SizedPools pools(kMax);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (uint8_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 200; ++round) {
        std::vector<Piece> own;
        for (size_t i = 0; i < 100; ++i) {
          own.push_back(Take(pools, 1 + (i * 7 + round) % kMax,
                             static_cast<uint8_t>(3 * i + t)));
        }
        for (const Piece& piece : own) {
          wrong += IsWhole(piece) ? 0 : 1;
          SizedPools::Free(piece.memory);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace chainkeep::memory
