// The protocol of Epochs, explored: no reader meets what was destroyed, in any
// execution that C++20 allows; and with any one of its operations weakened,
// some reader does.

#include "tests/memory/epochs_model.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/memory/memory_model.h"

namespace chainkeep::memory::model {
namespace {

using Mutation = EpochsMutation;

// A head that points to one of a few objects, by number.
struct World {
  World(int slots, int count, Mutation mutation)
      : head(program.NewAtomic(0)),
        objects(Objects(count)),
        epochs(&program, slots, objects, mutation) {}

  std::vector<Plain> Objects(int count) {
    std::vector<Plain> made;
    for (int i = 0; i < count; ++i) made.push_back(program.NewPlain(0));
    return made;
  }

  // A reader follows the head.
  void Read(Thread& t) const { t.Read(objects[t.Load(head, Order::kAcquire)]); }
  // A writer puts object `next` into the place of what is there.
  void Replace(Thread& t, Value next) const {
    t.Write(objects[next], 1);
    epochs.Retire(t, t.Exchange(head, next, Order::kAcqRel));
  }

  Program program;
  Atomic head;
  std::vector<Plain> objects;
  EpochsModel epochs;
};

Result Run(World& world) {
  world.program.Finally(
      [&](Thread& t) { world.epochs.CheckThatNothingIsHeld(t); });
  Result result = Explore(world.program);
  testing::Test::RecordProperty("states", static_cast<int>(result.states));
  return result;
}

// One reader that pins twice; one writer that replaces twice.
Result ReaderAndWriter(Mutation mutation) {
  World world(1, 3, mutation);
  world.program.AddThread([&](Thread& t) {
    for (int i = 0; i < 2; ++i) {
      world.epochs.Pin(t, 0);
      world.Read(t);
      world.epochs.UnpinInner(t, 0);
      world.Read(t);
      world.epochs.Unpin(t, 0);
    }
  });
  world.program.AddThread([&](Thread& t) {
    world.Replace(t, 1);
    world.Replace(t, 2);
  });
  return Run(world);
}

Result TwoReaders(Mutation mutation) {
  World world(2, 2, mutation);
  for (int slot = 0; slot < 2; ++slot) {
    world.program.AddThread([&, slot](Thread& t) {
      world.epochs.Pin(t, slot);
      world.Read(t);
      world.epochs.Unpin(t, slot);
    });
  }
  world.program.AddThread([&](Thread& t) {
    world.Replace(t, 1);
    world.epochs.Collect(t);
  });
  return Run(world);
}

Result TwoWriters(Mutation mutation) {
  World world(1, 3, mutation);
  world.program.AddThread([&](Thread& t) {
    world.epochs.Pin(t, 0);
    world.Read(t);
    world.epochs.Unpin(t, 0);
  });
  for (int i = 1; i <= 2; ++i) {
    world.program.AddThread([&, i](Thread& t) { world.Replace(t, i); });
  }
  return Run(world);
}

Result TwoOfEach(Mutation mutation) {
  World world(2, 3, mutation);
  for (int i = 0; i < 2; ++i) {
    world.program.AddThread([&, i](Thread& t) {
      world.epochs.Pin(t, i);
      world.Read(t);
      world.epochs.Unpin(t, i);
    });
    world.program.AddThread([&, i](Thread& t) { world.Replace(t, i + 1); });
  }
  return Run(world);
}

// Memory that is used again: by another thread than the one that stamps, as two
// writers of one shard do.
Result Reuse(Mutation mutation) {
  World world(1, 1, mutation);
  const Atomic stamp = world.program.NewAtomic(0);
  world.program.AddThread([&](Thread& t) {
    world.epochs.Pin(t, 0);
    if (t.Load(world.head, Order::kAcquire) == 0) t.Read(world.objects[0]);
    world.epochs.Unpin(t, 0);
  });
  world.program.AddThread([&, stamp](Thread& t) {
    t.Store(world.head, 1, Order::kRelease);  // 0 is unreachable
    t.Store(stamp, world.epochs.Stamp(t), Order::kRelease);
    world.epochs.Collect(t);
  });
  world.program.AddThread([&, stamp](Thread& t) {
    const Value stamped = t.Load(stamp, Order::kAcquire);
    if (stamped != 0 && world.epochs.Safe(t) > stamped) {
      t.Write(world.objects[0], 2);
    }
  });
  return Run(world);
}

// A thread ends, and another one gets its slot.
Result Handover(Mutation mutation) {
  World world(1, 2, mutation);
  const Atomic claimed = world.program.NewAtomic(0);
  for (int i = 0; i < 2; ++i) {
    world.program.AddThread([&, claimed](Thread& t) {
      if (t.Load(claimed, Order::kRelaxed) != 0) return;
      if (t.Exchange(claimed, 1, Order::kAcquire) != 0) return;
      world.epochs.Pin(t, 0);
      world.Read(t);
      world.epochs.Unpin(t, 0);
      t.Store(claimed, 0,
              mutation == Mutation::kGiveBackIsRelaxed ? Order::kRelaxed
                                                       : Order::kRelease);
    });
  }
  world.program.AddThread([&](Thread& t) { world.Replace(t, 1); });
  return Run(world);
}

struct Scene {
  const char* name;
  Result (*run)(Mutation);
};
constexpr Scene kScenes[] = {{"ReaderAndWriter", ReaderAndWriter},
                             {"TwoReaders", TwoReaders},
                             {"TwoWriters", TwoWriters},
                             {"TwoOfEach", TwoOfEach},
                             {"Reuse", Reuse},
                             {"Handover", Handover}};

class EpochsIsRight : public testing::TestWithParam<Scene> {};

TEST_P(EpochsIsRight, InEveryExecution) {
  const Result result = GetParam().run(Mutation::kNone);
  EXPECT_EQ(result.failure, "");
  // Fewer would mean that the threads did not meet.
  EXPECT_GT(result.states, 1000u);
}

INSTANTIATE_TEST_SUITE_P(EpochsModel, EpochsIsRight, testing::ValuesIn(kScenes),
                         [](const auto& info) {
                           return std::string(info.param.name);
                         });

struct Mutant {
  const char* name;
  Mutation mutation;
  Result (*run)(Mutation);
  const char* failure;
};

class EpochsMutantIsCaught : public testing::TestWithParam<Mutant> {};

TEST_P(EpochsMutantIsCaught, InSomeExecution) {
  const Result result = GetParam().run(GetParam().mutation);
  EXPECT_NE(result.failure, "");
  EXPECT_NE(result.failure.find(GetParam().failure), std::string::npos)
      << result.failure;
}

INSTANTIATE_TEST_SUITE_P(
    EpochsModel, EpochsMutantIsCaught,
    testing::Values(
        Mutant{"PinStoresWithRelease", Mutation::kPinStoresWithRelease,
               TwoWriters, "freed"},
        Mutant{"PinDoesNotLoadAgain", Mutation::kPinDoesNotLoadAgain,
               TwoWriters, "freed"},
        Mutant{"PinLoadsAgainRelaxed", Mutation::kPinLoadsAgainRelaxed,
               TwoWriters, "freed"},
        Mutant{"PinLoadsAgainWithAcquire", Mutation::kPinLoadsAgainWithAcquire,
               TwoWriters, "freed"},
        Mutant{"UnpinStoresRelaxed", Mutation::kUnpinStoresRelaxed,
               ReaderAndWriter, "freed"},
        Mutant{"InnerUnpinEndsThePin", Mutation::kInnerUnpinEndsThePin,
               ReaderAndWriter, "freed"},
        Mutant{"AdvanceIsNotSeqCst", Mutation::kAdvanceIsNotSeqCst, TwoWriters,
               "freed"},
        Mutant{"ScanIsNotSeqCst", Mutation::kScanIsNotSeqCst, TwoWriters,
               "freed"},
        Mutant{"ScanComesBeforeAdvance", Mutation::kScanComesBeforeAdvance,
               TwoWriters, "freed"},
        Mutant{"EqualEpochIsSafe", Mutation::kEqualEpochIsSafe, TwoWriters,
               "freed"},
        Mutant{"SafeIsStoredRelaxed", Mutation::kSafeIsStoredRelaxed, Reuse,
               "race with a read"},
        Mutant{"SafeIsLoadedRelaxed", Mutation::kSafeIsLoadedRelaxed, Reuse,
               "race with a read"},
        Mutant{"GiveBackIsRelaxed", Mutation::kGiveBackIsRelaxed, Handover,
               "two stores"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace chainkeep::memory::model
