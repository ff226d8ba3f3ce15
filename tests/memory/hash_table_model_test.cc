// The table's tags, slots and arrays, explored: engine/memory/hash_table.h in
// the terms of the memory model, over the tags of hash_tags.h themselves and
// over the model of Epochs. Readers find what is there all the time, never one
// key with another's value, and nothing that was destroyed; and with any one
// rule broken, some reader does.
//
// It is kept by hand, like epochs_model.h.

#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/memory/hash_tags.h"
#include "gtest/gtest.h"
#include "tests/memory/epochs_model.h"
#include "tests/memory/memory_model.h"

namespace chainkeep::memory::model {
namespace {

// What might be done wrong.
enum class Mutation {
  kNone,
  kTagBeforeEntry,
  kTagsAreStoredRelaxed,
  kTagsAreLoadedRelaxed,
  kReuseWithoutGrace,
  kFreeIsGivenBackInAFullGroup,
  kFreeIsNeverGivenBack,
  kCopyOutsideTheLock,
  kPublishBeforeCopy,
  kArrayIsPublishedRelaxed,
  kArrayIsFreedAtOnce,
  kRecordIsRetiredBeforeItIsOut,
  kEntryIsLoadedRelaxed,
};

// All keys of a scene have one tag: what differs is in the slots.
constexpr uint8_t kTag = 77;
constexpr uint8_t kOtherTag = 99;  // of slots that nobody looks for

// Eight slots of another tag.
HashTags Full() {
  HashTags tags(0);
  for (size_t i = 0; i < HashTags::kSlots; ++i) tags = tags.With(i, kOtherTag);
  return tags;
}

Value ValueOf(Value key) { return 100 + key; }

// One array: a word of tags for each of its groups, and a few of its slots;
// looked up by key, of which the first group is the home.
class ArrayModel {
 public:
  // Of how many words an entry is: its key and its value, or both in one.
  enum class Words { kOne, kTwo };

  ArrayModel(Program* program, Words words, std::vector<HashTags> groups,
             Mutation mutation)
      : program_(program), words_(words), mutation_(mutation) {
    for (const HashTags& tags : groups) {
      tags_.push_back(program->NewAtomic(tags.word()));
    }
  }

  // Makes a slot one that the scene uses; `key` is in it from the beginning, or
  // nothing, which is 0.
  void AddSlot(size_t slot, Value key) {
    const Value value = key == 0 ? 0 : ValueOf(key);
    std::vector<Atomic> atomics;
    if (words_ == Words::kOne) {
      atomics = {program_->NewAtomic(key << 32 | value)};
    } else {
      atomics = {program_->NewAtomic(key), program_->NewAtomic(value)};
    }
    slots_.emplace_back(slot, std::move(atomics));
  }

  struct Entry {
    Value key;
    Value value;
  };
  struct Found {
    size_t slot;
    Entry entry;
  };

  // HashTable::Find: two groups at a time, then the rest.
  std::optional<Found> Find(Thread& t, Value key) const {
    const HashTags first = LoadTags(t, 0);
    const HashTags second = LoadTags(t, 1);
    const HashWindow window(first, second);
    for (HashWindow::Set matches = window.Match(kTag); matches != 0;
         matches = HashWindow::WithoutFirst(matches)) {
      const size_t slot = HashWindow::First(matches);
      const Entry entry = Load(t, slot);
      if (entry.key == key) return Found{slot, entry};
    }
    if (window.HasFree()) return std::nullopt;
    return FindFrom(t, 2 % tags_.size(), key);
  }

  std::optional<Found> FindFrom(Thread& t, size_t group, Value key) const {
    for (size_t seen = 0; seen < tags_.size(); ++seen) {
      const HashTags tags = LoadTags(t, group);
      for (size_t i = 0; i < HashTags::kSlots; ++i) {
        if (tags.tag(i) != kTag) continue;
        const size_t slot = group * HashTags::kSlots + i;
        const Entry entry = Load(t, slot);
        if (entry.key == key) return Found{slot, entry};
      }
      if (tags.HasFree()) break;
      group = (group + 1) % tags_.size();
    }
    return std::nullopt;
  }

  // What follows is done under the shard's lock, where there is more than one
  // writer.
  void Insert(Thread& t, Value key) const {
    for (size_t group = 0;; group = (group + 1) % tags_.size()) {
      const HashTags tags = LoadTags(t, group);
      for (size_t i = 0; i < HashTags::kSlots; ++i) {
        if (tags.tag(i) != HashTags::kFree &&
            tags.tag(i) != HashTags::kRemoved) {
          continue;
        }
        const size_t slot = group * HashTags::kSlots + i;
        if (Is(Mutation::kTagBeforeEntry)) {
          SetTag(t, slot, kTag);
          Store(t, slot, key);
        } else {
          Store(t, slot, key);
          SetTag(t, slot, kTag);
        }
        return;
      }
    }
  }

  void SetTag(Thread& t, size_t slot, uint8_t tag) const {
    const size_t group = slot / HashTags::kSlots;
    t.Store(tags_[group],
            LoadTags(t, group).With(slot % HashTags::kSlots, tag).word(),
            Is(Mutation::kTagsAreStoredRelaxed) ? Order::kRelaxed
                                                : Order::kRelease);
  }

  // HashTable::Release.
  void Release(Thread& t, size_t slot) const {
    const bool is_free = LoadTags(t, slot / HashTags::kSlots).HasFree() ||
                         Is(Mutation::kFreeIsGivenBackInAFullGroup);
    SetTag(t, slot,
           is_free && !Is(Mutation::kFreeIsNeverGivenBack)
               ? HashTags::kFree
               : HashTags::kRemoved);
  }

  // Copies what is in it, except the slots of kOtherTag, to `to`.
  void CopyTo(Thread& t, const ArrayModel& to) const {
    for (size_t group = 0; group < tags_.size(); ++group) {
      const HashTags tags = LoadTags(t, group);
      for (size_t i = 0; i < HashTags::kSlots; ++i) {
        if (tags.tag(i) != kTag) continue;
        to.Insert(t, Load(t, group * HashTags::kSlots + i).key);
      }
    }
  }

  size_t CountFree(Thread& t) const {
    size_t free = 0;
    for (size_t group = 0; group < tags_.size(); ++group) {
      const HashTags tags = LoadTags(t, group);
      for (size_t i = 0; i < HashTags::kSlots; ++i) {
        free += tags.tag(i) == HashTags::kFree ? 1 : 0;
      }
    }
    return free;
  }

 private:
  bool Is(Mutation mutation) const { return mutation_ == mutation; }

  HashTags LoadTags(Thread& t, size_t group) const {
    return HashTags(t.Load(tags_[group], Is(Mutation::kTagsAreLoadedRelaxed)
                                             ? Order::kRelaxed
                                             : Order::kAcquire));
  }
  const std::vector<Atomic>& WordsOf(size_t slot) const {
    for (const auto& [which, atomics] : slots_) {
      if (which == slot) return atomics;
    }
    abort();  // the scene has forgotten one
  }
  Entry Load(Thread& t, size_t slot) const {
    const std::vector<Atomic>& atomics = WordsOf(slot);
    const Order order =
        Is(Mutation::kEntryIsLoadedRelaxed) ? Order::kRelaxed : Order::kAcquire;
    const Value first = t.Load(atomics[0], order);
    if (words_ == Words::kOne) return {first >> 32, first & 0xffffffff};
    return {first, t.Load(atomics[1], order)};
  }
  void Store(Thread& t, size_t slot, Value key) const {
    const std::vector<Atomic>& atomics = WordsOf(slot);
    if (words_ == Words::kOne) {
      t.Store(atomics[0], key << 32 | ValueOf(key), Order::kRelease);
      return;
    }
    t.Store(atomics[0], key, Order::kRelease);
    t.Store(atomics[1], ValueOf(key), Order::kRelease);
  }

  Program* program_;
  Words words_;
  Mutation mutation_;
  std::vector<Atomic> tags_;
  std::vector<std::pair<size_t, std::vector<Atomic>>> slots_;
};

using Words = ArrayModel::Words;

void CheckValue(Thread& t, const std::optional<ArrayModel::Found>& found) {
  if (!found) return;
  t.Check(found->entry.value == ValueOf(found->entry.key), "a wrong value");
}

// Keys 1 and 2 come into one slot, one after the other: 2 when no reader can
// still be looking at 1.
Result SlotIsReused(Mutation mutation) {
  Program program;
  const EpochsModel epochs(&program, 2, {}, EpochsMutation::kNone);
  ArrayModel array(&program, Words::kTwo,
                   {Full().With(3, HashTags::kFree), HashTags(0)}, mutation);
  array.AddSlot(3, 0);
  for (int i = 0; i < 2; ++i) {
    program.AddThread([&, i](Thread& t) {
      epochs.Pin(t, i);
      CheckValue(t, array.Find(t, i + 1));
      epochs.Unpin(t, i);
    });
  }
  program.AddThread([&](Thread& t) {
    array.Insert(t, 1);
    array.SetTag(t, 3, HashTags::kWaiting);
    const Value stamp = epochs.Stamp(t);
    if (mutation != Mutation::kReuseWithoutGrace && epochs.Safe(t) <= stamp) {
      return;
    }
    array.Release(t, 3);
    array.Insert(t, 2);
  });
  return Explore(program);
}

// Entries of one word need no grace: 1 goes and 2 comes into the same slot at
// once. 3 is there all the time, two groups further on, for both groups before
// it were full when it came.
Result KeyIsFoundBehindFullGroups(Mutation mutation) {
  Program program;
  ArrayModel array(&program, Words::kOne,
                   {Full().With(5, kTag), Full(), HashTags(0).With(0, kTag)},
                   mutation);
  array.AddSlot(5, 1);
  array.AddSlot(16, 3);
  array.AddSlot(17, 0);
  for (int i = 0; i < 2; ++i) {
    program.AddThread([&](Thread& t) {
      const auto found = array.Find(t, 3);
      t.Check(found.has_value(), "missed what was there");
      CheckValue(t, found);
      CheckValue(t, array.Find(t, 1));
    });
  }
  program.AddThread([&](Thread& t) {
    array.Release(t, 5);
    array.Insert(t, 2);
    const auto found = array.Find(t, 2);
    t.Check(found.has_value(), "missed what it had put there");
    t.Check(found && found->slot == 5, "left a slot unused");
    array.Release(t, 5);
  });
  return Explore(program);
}

// Where its group has another free slot, a removed one is free again, so that
// groups that were never full do not fill up with marks.
Result FreeIsGivenBack(Mutation mutation) {
  Program program;
  ArrayModel array(&program, Words::kOne,
                   {HashTags(0).With(0, kTag), HashTags(0)}, mutation);
  array.AddSlot(0, 1);
  array.AddSlot(1, 0);
  program.AddThread([&](Thread& t) {
    array.Release(t, 0);
    t.Check(array.CountFree(t) == 2 * HashTags::kSlots, "a slot stays marked");
  });
  program.AddThread([&](Thread& t) { CheckValue(t, array.Find(t, 1)); });
  return Explore(program);
}

// One writer replaces the array while another one puts key 2 in; key 1 is there
// all the time.
Result ArrayIsReplaced(Mutation mutation) {
  Program program;
  const std::array<Plain, 2> memory = {program.NewPlain(0),
                                       program.NewPlain(0)};
  const EpochsModel epochs(&program, 2, {memory[0]}, EpochsMutation::kNone);
  const Atomic published = program.NewAtomic(0);
  const Mutex mutex = program.NewMutex();
  std::array<ArrayModel, 2> arrays = {
      ArrayModel(&program, Words::kOne, {HashTags(0).With(0, kTag), Full()},
                 mutation),
      ArrayModel(&program, Words::kOne, {HashTags(0), Full()}, mutation)};
  for (size_t i = 0; i < 2; ++i) {
    arrays[i].AddSlot(0, i == 0 ? 1 : 0);
    arrays[i].AddSlot(1, 0);
  }
  const auto find = [&](Thread& t, int slot, Value key) {
    epochs.Pin(t, slot);
    const size_t which = t.Load(published, Order::kAcquire);
    t.Read(memory[which]);
    const auto found = arrays[which].Find(t, key);
    t.Read(memory[which]);
    epochs.Unpin(t, slot);
    t.Check(found.has_value(), "missed what was there");
    CheckValue(t, found);
  };
  program.AddThread([&](Thread& t) { find(t, 0, 1); });
  program.AddThread([&](Thread& t) {
    t.Lock(mutex);
    arrays[t.Load(published, Order::kRelaxed)].Insert(t, 2);
    t.Unlock(mutex);
    find(t, 1, 2);
  });
  program.AddThread([&](Thread& t) {
    const auto publish = [&] {
      t.Store(published, 1,
              mutation == Mutation::kArrayIsPublishedRelaxed ? Order::kRelaxed
                                                             : Order::kRelease);
    };
    const bool early = mutation == Mutation::kCopyOutsideTheLock;
    t.Write(memory[1], 1);
    if (early) arrays[0].CopyTo(t, arrays[1]);
    t.Lock(mutex);
    if (mutation == Mutation::kPublishBeforeCopy) publish();
    if (!early) arrays[0].CopyTo(t, arrays[1]);
    if (mutation != Mutation::kPublishBeforeCopy) publish();
    t.Unlock(mutex);
    if (mutation == Mutation::kArrayIsFreedAtOnce) {
      t.Free(memory[0]);
    } else {
      epochs.Retire(t, 0);
    }
  });
  return Explore(program);
}

// An entry is a pointer to a record, by number, that is replaced by another one
// of the same key. 0 is what a record says that is not ready yet.
Result RecordIsReplaced(Mutation mutation) {
  Program program;
  const std::vector<Plain> records = {program.NewPlain(1), program.NewPlain(0)};
  const EpochsModel epochs(&program, 2, records, EpochsMutation::kNone);
  const Atomic entry = program.NewAtomic(0);
  for (int i = 0; i < 2; ++i) {
    program.AddThread([&, i](Thread& t) {
      epochs.Pin(t, i);
      const Value which = t.Load(
          entry, mutation == Mutation::kEntryIsLoadedRelaxed ? Order::kRelaxed
                                                             : Order::kAcquire);
      t.Check(t.Read(records[which]) == 1, "a record that is not ready");
      epochs.Unpin(t, i);
    });
  }
  program.AddThread([&](Thread& t) {
    t.Write(records[1], 1);
    if (mutation == Mutation::kRecordIsRetiredBeforeItIsOut) {
      epochs.Retire(t, 0);  // from within Update's `change`
      t.Store(entry, 1, Order::kRelease);
      return;
    }
    t.Store(entry, 1, Order::kRelease);
    epochs.Retire(t, 0);
  });
  return Explore(program);
}

struct Scene {
  const char* name;
  Result (*run)(Mutation);
};
constexpr Scene kScenes[] = {
    {"SlotIsReused", SlotIsReused},
    {"KeyIsFoundBehindFullGroups", KeyIsFoundBehindFullGroups},
    {"FreeIsGivenBack", FreeIsGivenBack},
    {"ArrayIsReplaced", ArrayIsReplaced},
    {"RecordIsReplaced", RecordIsReplaced}};

class HashTableIsRight : public testing::TestWithParam<Scene> {};

TEST_P(HashTableIsRight, InEveryExecution) {
  const Result result = GetParam().run(Mutation::kNone);
  EXPECT_EQ(result.failure, "");
  EXPECT_GT(result.states, 10u);
  RecordProperty("states", static_cast<int>(result.states));
}

INSTANTIATE_TEST_SUITE_P(HashTableModel, HashTableIsRight,
                         testing::ValuesIn(kScenes), [](const auto& info) {
                           return std::string(info.param.name);
                         });

struct Mutant {
  const char* name;
  Mutation mutation;
  Result (*run)(Mutation);
  const char* failure;
};

class HashTableMutantIsCaught : public testing::TestWithParam<Mutant> {};

TEST_P(HashTableMutantIsCaught, InSomeExecution) {
  const Result result = GetParam().run(GetParam().mutation);
  EXPECT_NE(result.failure.find(GetParam().failure), std::string::npos)
      << result.failure;
}

INSTANTIATE_TEST_SUITE_P(
    HashTableModel, HashTableMutantIsCaught,
    testing::Values(
        Mutant{"TagBeforeEntry", Mutation::kTagBeforeEntry, SlotIsReused,
               "a wrong value"},
        Mutant{"TagsAreStoredRelaxed", Mutation::kTagsAreStoredRelaxed,
               SlotIsReused, "a wrong value"},
        Mutant{"TagsAreLoadedRelaxed", Mutation::kTagsAreLoadedRelaxed,
               SlotIsReused, "a wrong value"},
        Mutant{"ReuseWithoutGrace", Mutation::kReuseWithoutGrace, SlotIsReused,
               "a wrong value"},
        Mutant{"FreeIsGivenBackInAFullGroup",
               Mutation::kFreeIsGivenBackInAFullGroup,
               KeyIsFoundBehindFullGroups, "missed what was there"},
        Mutant{"FreeIsNeverGivenBack", Mutation::kFreeIsNeverGivenBack,
               FreeIsGivenBack, "stays marked"},
        Mutant{"CopyOutsideTheLock", Mutation::kCopyOutsideTheLock,
               ArrayIsReplaced, "missed what was there"},
        Mutant{"PublishBeforeCopy", Mutation::kPublishBeforeCopy,
               ArrayIsReplaced, "missed what was there"},
        Mutant{"ArrayIsPublishedRelaxed", Mutation::kArrayIsPublishedRelaxed,
               ArrayIsReplaced, "race with a write"},
        Mutant{"ArrayIsFreedAtOnce", Mutation::kArrayIsFreedAtOnce,
               ArrayIsReplaced, "freed"},
        Mutant{"RecordIsRetiredBeforeItIsOut",
               Mutation::kRecordIsRetiredBeforeItIsOut, RecordIsReplaced,
               "freed"},
        Mutant{"EntryIsLoadedRelaxed", Mutation::kEntryIsLoadedRelaxed,
               RecordIsReplaced, "race with a write"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace chainkeep::memory::model
