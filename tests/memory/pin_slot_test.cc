#include "engine/memory/pin_slot.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace chainkeep::memory {
namespace {

std::set<PinSlot*> AllOf(PinSlots& slots) {
  std::set<PinSlot*> all;
  slots.ForEach([&](PinSlot& slot) { all.insert(&slot); });
  return all;
}

TEST(PinSlotsTest, AThreadHasOneSlotOfEach) {
  const auto a = std::make_shared<PinSlots>();
  const auto b = std::make_shared<PinSlots>();
  EXPECT_EQ(a->FindOwn(), nullptr);
  PinSlot* const of_a = PinSlots::OfThisThread(a);
  PinSlot* const of_b = PinSlots::OfThisThread(b);
  EXPECT_NE(of_a, of_b);
  EXPECT_EQ(PinSlots::OfThisThread(a), of_a);
  EXPECT_EQ(a->FindOwn(), of_a);
  EXPECT_EQ(b->FindOwn(), of_b);
  EXPECT_TRUE(AllOf(*a).contains(of_a));
}

TEST(PinSlotsTest, TheNextThreadGetsTheSlotOfTheLast) {
  const auto slots = std::make_shared<PinSlots>();
  std::set<PinSlot*> seen;
  for (int i = 0; i < 10; ++i) {
    std::thread([&] { seen.insert(PinSlots::OfThisThread(slots)); }).join();
  }
  EXPECT_EQ(seen.size(), 1u);
}

TEST(PinSlotsTest, ThreadsAtOneTimeHaveSlotsOfTheirOwn) {
  constexpr int kThreads = 100;  // more than a chunk holds
  const auto slots = std::make_shared<PinSlots>();
  std::vector<PinSlot*> found(kThreads);
  std::atomic<int> ready = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      found[i] = PinSlots::OfThisThread(slots);
      ++ready;
      while (ready < kThreads) std::this_thread::yield();
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::set<PinSlot*> different(found.begin(), found.end());
  EXPECT_EQ(different.size(), size_t{kThreads});
  const std::set<PinSlot*> all = AllOf(*slots);
  EXPECT_TRUE(std::includes(all.begin(), all.end(), different.begin(),
                            different.end()));
}

// Where several threads had pinned, each kept the slots of an Epochs that was
// no more for the others' sake, to the end of one of them: a process that
// replaces its engine now and then never gave them back.
TEST(PinSlotsTest, ThreadsThatLiveOnForgetTheSlotsOfEpochsThatAreNoMore) {
  constexpr int kThreads = 2;
  constexpr int kRounds = 20;
  std::vector<std::shared_ptr<PinSlots>> slots;
  for (int i = 0; i <= kRounds; ++i) {
    slots.push_back(std::make_shared<PinSlots>());
  }
  const std::weak_ptr<PinSlots> first = slots[0];
  std::atomic<int> done = 0;
  std::atomic<int> round = 0;
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int mine = 0; mine <= kRounds; ++mine) {
        while (round < mine) std::this_thread::yield();
        PinSlots::OfThisThread(slots[mine]);
        ++done;
      }
      while (!stop) std::this_thread::yield();
    });
  }
  for (int i = 0; i < kRounds; ++i) {
    while (done < kThreads * (i + 1)) std::this_thread::yield();
    slots[i]->Close();
    slots[i].reset();
    ++round;
  }
  while (done < kThreads * (kRounds + 1)) std::this_thread::yield();
  EXPECT_TRUE(first.expired());
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace chainkeep::memory
