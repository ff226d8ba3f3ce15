// HashTable maps keys to entries: readers never wait, whatever writers do.
//
//   struct Traits {
//     using Key = ...;              // what is looked for
//     struct Entry { ... };         // 1 or more words of 64 bits; see below
//     uint64_t Hash(const Key&) const;
//     uint64_t HashOf(const Entry&) const;   // the same, of an entry's key
//     bool Matches(const Entry&, const Key&) const;  // the full key decides
//     void Prefetch(const Entry&) const;  // optional: what HashOf will read
//   };
//   HashTable<Traits> table(&epochs, Traits{...}, {});
//
//   table.Update(key, [&](std::optional<Entry>& entry) { entry = ...; });
//
//   const Epochs::Pin pin = epochs.Acquire();
//   if (std::optional<Entry> entry = table.Find(key)) ...
//
// An entry holds its key and one word of value, the last. Or it is one word, a
// pointer to a record that has both, or a handle of it. What a pointer leads to
// must be retired (epochs.h) after it was taken out of the table. Where a key
// may be longer than an entry, the rest is where the value points to, and
// GlanceInPlace is not for that key.
//
// LAYOUT. A hash chooses a shard by its first bits, a group of eight slots in
// the shard's array by the next, and a tag by its last. A key lies in the first
// slot that was free from its group on. Arrays have any number of groups, so
// that a table can be kept as full as is good, and not half as full.
//
// CONCURRENCY
//  - Find and ForEach: any thread, under a pin of the table's Epochs. Find is
//    wait-free: it reads the tags of at most as many groups as the array has,
//    of two in practice, and waits for nobody.
//  - Update: any thread; takes the lock of one shard, which readers never look
//    at. TryUpdate gives up where it would wait: for threads that serve a
//    handshake.
//  - A reader sees an entry as it was or as it is, never a mixture. What was
//    written before a Find began is seen by it.
//
// INVARIANTS
//  1. The key of a slot is written before its tag is published, and never
//     changed while a reader may see that tag. So a slot of several words is
//     used again only after a grace period (kWaiting until then); one of a
//     single word, which changes in one store, at once (kRemoved).
//  2. An entry never moves within an array. A group that has, or ever had, no
//     free slot never has one again: where a key has been removed stays
//     marked. So a search that meets a free slot has missed nothing, for its
//     key would have been put there.
//  3. An array that has become too full is replaced as a whole: the new one is
//     filled under the shard's lock, published by one store, and the old one
//     retired. Readers in the old one see it as it was at that moment.
//  4. The hash never decides: Matches compares the key.
// The first three are explored, and broken, by a model of this file,
// tests/memory/hash_table_model_test.cc, which is to be changed with it.

#ifndef CHAINKEEP_ENGINE_MEMORY_HASH_TABLE_H_
#define CHAINKEEP_ENGINE_MEMORY_HASH_TABLE_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "engine/memory/epochs.h"
#include "engine/memory/fork_aware.h"
#include "engine/memory/hash_array.h"
#include "engine/memory/hash_tags.h"
#include "engine/memory/pages.h"

namespace chainkeep::memory {

struct HashTableOptions {
  // Room for so many entries, from the start and to the end. Any number may be
  // put in.
  size_t expected_entries = 0;
  // How full an array is made, in percent, 10 to 85; it grows at 12 more. At 85
  // about one search in ten reads a third word of tags.
  size_t percent_full = 70;
  Pages pages = Pages::kHuge;
};

template <typename Traits>
class HashTable final : private ForkAware {
 public:
  using Key = typename Traits::Key;
  using Entry = typename Traits::Entry;
  using Array = HashArray<Entry>;

  // `epochs` outlives the table.
  HashTable(Epochs* epochs, Traits traits, const HashTableOptions& options)
      : epochs_(epochs),
        traits_(std::move(traits)),
        pages_(options.pages),
        percent_full_(options.percent_full),
        min_groups_(GroupsFor(options.expected_entries / kShards + 1)) {
    for (size_t i = 0; i < kShards; ++i) {
      Array* const array = new Array(min_groups_.load(), pages_);
      arrays_[i].store(array, std::memory_order_relaxed);
      shards_[i].bytes.store(array->bytes(), std::memory_order_relaxed);
    }
  }

  // No reader or writer may be in it.
  ~HashTable() {
    for (const std::atomic<Array*>& array : arrays_) {
      delete array.load(std::memory_order_relaxed);
    }
  }

  const Traits& traits() const { return traits_; }

  // Find returns the entry of `key`. A miss costs a hash and the tags, a hit
  // the slot too, beside what Matches touches.
  //
  // It looks at two groups as one set of sixteen slots: which of the two has a
  // key is not to be foreseen, and a processor that guesses wrong throws away
  // the look-ups that it has begun meanwhile. That neither has it is rare.
  __attribute__((always_inline)) std::optional<Entry> Find(
      const Key& key) const {
    std::optional<Entry> found;
    const Glance glance =
        GlanceAt(key, [&](const Entry& entry) { found = entry; });
    if (glance == Glance::kUnclear) [[unlikely]] {
      const uint64_t hash = traits_.Hash(key);
      const Array& array =
          *arrays_[ShardOf(hash)].load(std::memory_order_acquire);
      found = FindFrom(array, HomeOf(hash, array.homes()),
                       HashTags::TagOf(hash), key)
                  .entry;
    }
    return found;
  }

  // GlanceAt is what Find does in nine of ten cases, for those who cannot
  // afford more: it calls `use` with the entry of `key`, or says that there is
  // none, or that it cannot tell, which is Find's business then. The entry
  // stays in registers; an optional of several words does not.
  enum class Glance : uint8_t { kFound, kNone, kUnclear };
  template <typename Use>
  __attribute__((always_inline)) Glance GlanceAt(const Key& key,
                                                 Use use) const {
    return GlanceAt(Approach(traits_.Hash(key)), key, use);
  }

  // Approach asks for the memory that a look-up of a key with this hash will
  // read, for who has something else to do first: GlanceAt goes on from there.
  // It sees at least what was written before Approach. Good as long as the pin.
  struct Place {
    const Array& array;
    size_t home;
    uint8_t tag;
  };
  __attribute__((always_inline)) Place Approach(uint64_t hash) const {
    const Array& array =
        *arrays_[ShardOf(hash)].load(std::memory_order_acquire);
    const size_t home = HomeOf(hash, array.homes());
    array.PrefetchHome(home);
    return {array, home, HashTags::TagOf(hash)};
  }
  template <typename Use>
  __attribute__((always_inline)) Glance GlanceAt(const Place& place,
                                                 const Key& key,
                                                 Use use) const {
    return TryMatches(
        place, [&](size_t slot) __attribute__((always_inline)) {
          const Entry entry = place.array.Load(slot);
          if (!traits_.Matches(entry, key)) return false;
          use(entry);
          return true;
        });
  }

  // GlanceInPlace is GlanceAt for entries of many words, which are not loaded:
  // Matches sees the entry where it lies, and must not look at the last word,
  // which is what `use` is called with.
  template <typename Use>
  __attribute__((always_inline)) Glance GlanceInPlace(const Key& key,
                                                      Use use) const {
    static_assert(kReuseNeedsGrace);
    const Place place = Approach(traits_.Hash(key));
    return TryMatches(
        place, [&](size_t slot) __attribute__((always_inline)) {
          if (!traits_.Matches(place.array.Peek(slot), key)) return false;
          use(place.array.LoadValue(slot));
          return true;
        });
  }

  // Update calls `change` with what the table holds for `key`; what it leaves
  // there is what the table holds afterwards. `change` runs under the shard's
  // lock: it must not call the table, and what it takes out of it is to be
  // retired afterwards, when readers cannot find it any more. Of an entry of
  // several words only the last may become another.
  template <typename Change>
  void Update(const Key& key, Change change) {
    const uint64_t hash = traits_.Hash(key);
    Shard& shard = shards_[ShardOf(hash)];
    UpdateAndUnlock(std::unique_lock(shard.mutex), shard, hash, key, change);
  }

  // TryUpdate does the same, or nothing and returns false where it would wait.
  template <typename Change>
  bool TryUpdate(const Key& key, Change change) {
    const uint64_t hash = traits_.Hash(key);
    Shard& shard = shards_[ShardOf(hash)];
    std::unique_lock lock(shard.mutex, std::try_to_lock);
    if (!lock.owns_lock()) return false;
    UpdateAndUnlock(std::move(lock), shard, hash, key, change);
    return true;
  }

  // Reserve makes room for `entries` in all, at once instead of bit by bit.
  // That room stays.
  void Reserve(size_t entries) {
    const size_t in_shard = entries / kShards + 1;
    size_t known = min_groups_.load(std::memory_order_relaxed);
    while (known < GroupsFor(in_shard) &&
           !min_groups_.compare_exchange_weak(known, GroupsFor(in_shard))) {
    }
    for (Shard& shard : shards_) {
      std::unique_lock lock(shard.mutex);
      const Array& array = *ArrayOf(shard).load(std::memory_order_relaxed);
      if (array.homes() >= GroupsFor(in_shard)) continue;
      std::unique_ptr<Array> replaced = Replace(shard, in_shard);
      lock.unlock();
      const size_t bytes = replaced->bytes();
      epochs_->Retire(std::move(replaced), bytes);
    }
  }

  // ForEach calls `visit` with each entry that is there all the time, once, and
  // with some of those that come and go meanwhile.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const std::atomic<Array*>& array : arrays_) {
      ForEachIn(*array.load(std::memory_order_acquire), visit);
    }
  }

  // Exact where nobody writes.
  size_t size() const {
    size_t size = 0;
    for (const Shard& shard : shards_) {
      size += shard.used.load(std::memory_order_relaxed);
    }
    return size;
  }

  // The memory of the arrays, without what entries point to.
  size_t bytes() const {
    size_t bytes = sizeof(*this);
    for (const Shard& shard : shards_) {
      bytes += shard.bytes.load(std::memory_order_relaxed);
    }
    return bytes;
  }

 private:
  // Writers meet in a shard; growing copies one.
  static constexpr int kShardBits = 5;
  static constexpr size_t kShards = size_t{1} << kShardBits;
  static constexpr bool kReuseNeedsGrace = Array::kWords > 1;

  // From how full it is made to how full it may become, in percent.
  static constexpr size_t kGrowth = 12;
  // An array that is less full than this part of what it was made for is
  // replaced by a smaller one.
  static constexpr size_t kMinPart = 3;

  // A removed slot and when it may be used again.
  struct Waiting {
    uint64_t stamp;
    size_t slot;
  };

  struct alignas(128) Shard {
    std::mutex mutex;  // guards what follows, and all writes to the array
    std::atomic<size_t> used{0};
    std::atomic<size_t> bytes{0};
    size_t removed = 0;            // slots that are kRemoved or kWaiting
    std::vector<Waiting> waiting;  // in the order of their stamps
    size_t first_waiting = 0;
  };

  size_t ShardOf(uint64_t hash) const { return hash >> (64 - kShardBits); }
  std::atomic<Array*>& ArrayOf(const Shard& shard) {
    return arrays_[&shard - shards_.data()];
  }
  // The bits after the shard's, scaled to the number of groups.
  size_t HomeOf(uint64_t hash, size_t homes) const {
    const uint64_t bits = hash << kShardBits;
    return static_cast<size_t>((static_cast<unsigned __int128>(bits) * homes) >>
                               64);
  }
  size_t GroupsFor(size_t entries) const {
    return entries * 100 / (HashTags::kSlots * percent_full_) + 1;
  }

  template <typename Visit>
  static void ForEachIn(const Array& array, Visit& visit) {
    for (size_t group = 0; group < array.groups(); ++group) {
      const HashTags tags = array.LoadTags(group);
      for (size_t i = 0; i < HashTags::kSlots; ++i) {
        if (tags.tag(i) < HashTags::kFirstTag) continue;
        visit(array.Load(group * HashTags::kSlots + i));
      }
    }
  }

  // Calls `is_it` with the slots of a window that have the tag, until it says
  // so.
  template <typename IsIt>
  __attribute__((always_inline)) Glance TryMatches(const Place& place,
                                                   IsIt is_it) const {
    const HashWindow window = place.array.LoadWindow(place.home);
    for (HashWindow::Set matches = window.Match(place.tag); matches != 0;
         matches = HashWindow::WithoutFirst(matches)) {
      if (is_it(place.home * HashTags::kSlots + HashWindow::First(matches)))
          [[likely]]
        return Glance::kFound;
    }
    return window.HasFree() ? Glance::kNone : Glance::kUnclear;
  }

  struct Found {
    size_t slot = 0;
    std::optional<Entry> entry;
  };

  // The whole search, group by group, from `group` on.
  __attribute__((noinline)) Found FindFrom(const Array& array, size_t group,
                                           uint8_t tag, const Key& key) const {
    for (size_t seen = 0; seen < array.groups(); ++seen) {
      const HashTags tags = array.LoadTags(group);
      for (size_t i = 0; i < HashTags::kSlots; ++i) {
        if (tags.tag(i) != tag) continue;
        const size_t slot = group * HashTags::kSlots + i;
        const Entry entry = array.Load(slot);
        if (traits_.Matches(entry, key)) return {slot, entry};
      }
      if (tags.HasFree()) break;
      group = array.After(group);
    }
    return {};
  }

  // An array that was replaced is retired when the lock has been given up, for
  // that may destroy what others have retired, and a destructor may come here.
  template <typename Change>
  void UpdateAndUnlock(std::unique_lock<std::mutex> lock, Shard& shard,
                       uint64_t hash, const Key& key, Change& change) {
    std::unique_ptr<Array> replaced = UpdateLocked(shard, hash, key, change);
    lock.unlock();
    if (replaced == nullptr) return;
    const size_t bytes = replaced->bytes();
    epochs_->Retire(std::move(replaced), bytes);
  }

  // Like what follows, returns an array if it replaced one.
  template <typename Change>
  std::unique_ptr<Array> UpdateLocked(Shard& shard, uint64_t hash,
                                      const Key& key, Change& change) {
    Array& array = *ArrayOf(shard).load(std::memory_order_relaxed);
    const Found found = FindFrom(array, HomeOf(hash, array.homes()),
                                 HashTags::TagOf(hash), key);
    std::optional<Entry> entry = found.entry;
    change(entry);
    if (!found.entry) {
      if (entry) return Insert(shard, hash, *entry);
    } else if (entry) {
      array.StoreValue(found.slot, *entry);
    } else {
      return Remove(shard, found.slot);
    }
    return nullptr;
  }

  std::unique_ptr<Array> Insert(Shard& shard, uint64_t hash,
                                const Entry& entry) {
    ReuseWhatMayBe(shard);
    const Array* const array = ArrayOf(shard).load(std::memory_order_relaxed);
    const size_t used = shard.used.load(std::memory_order_relaxed) + 1;
    std::unique_ptr<Array> replaced;
    if ((used + shard.removed) * 100 >
        array->slots() * (percent_full_ + kGrowth)) {
      replaced = Replace(shard, used);
    }
    if (InsertInto(*ArrayOf(shard).load(std::memory_order_relaxed), hash,
                   entry) == HashTags::kRemoved) {
      --shard.removed;
    }
    shard.used.store(used, std::memory_order_relaxed);
    return replaced;
  }

  // There is a free slot. Returns the tag of the one that was taken.
  uint8_t InsertInto(Array& array, uint64_t hash, const Entry& entry) const {
    size_t group = HomeOf(hash, array.homes());
    for (;; group = array.After(group)) {
      const HashTags tags = array.LoadTags(group);
      for (size_t i = 0; i < HashTags::kSlots; ++i) {
        const uint8_t before = tags.tag(i);
        if (before != HashTags::kFree && before != HashTags::kRemoved) continue;
        array.Store(group * HashTags::kSlots + i, entry);
        array.StoreTags(group, tags.With(i, HashTags::TagOf(hash)));
        return before;
      }
    }
  }

  std::unique_ptr<Array> Remove(Shard& shard, size_t slot) {
    Array& array = *ArrayOf(shard).load(std::memory_order_relaxed);
    if constexpr (kReuseNeedsGrace) {
      array.SetTag(slot, HashTags::kWaiting);
      shard.waiting.push_back({epochs_->Stamp(), slot});
      ++shard.removed;
    } else {
      Release(shard, array, slot);
    }
    const size_t used = shard.used.load(std::memory_order_relaxed) - 1;
    shard.used.store(used, std::memory_order_relaxed);
    if (array.homes() > min_groups_.load() &&
        used * 100 * kMinPart < array.slots() * percent_full_) {
      return Replace(shard, used);
    }
    return nullptr;
  }

  // Makes a slot that holds no key one that may be used.
  void Release(Shard& shard, Array& array, size_t slot) {
    // Where there is another free slot, no search ever went past this one.
    const bool is_free = array.LoadTags(slot / HashTags::kSlots).HasFree();
    array.SetTag(slot, is_free ? HashTags::kFree : HashTags::kRemoved);
    if (!is_free) ++shard.removed;
  }

  void ReuseWhatMayBe(Shard& shard) {
    if constexpr (kReuseNeedsGrace) {
      Array& array = *ArrayOf(shard).load(std::memory_order_relaxed);
      const uint64_t safe = epochs_->Safe();
      while (shard.first_waiting < shard.waiting.size() &&
             shard.waiting[shard.first_waiting].stamp < safe) {
        --shard.removed;
        Release(shard, array, shard.waiting[shard.first_waiting++].slot);
      }
      // Where readers come and go all the time, some slot always waits: what
      // has gone must be cut off before none is left.
      if (shard.first_waiting * 2 >= shard.waiting.size()) {
        shard.waiting.erase(shard.waiting.begin(),
                            shard.waiting.begin() + shard.first_waiting);
        shard.first_waiting = 0;
      }
    }
  }

  std::unique_ptr<Array> Replace(Shard& shard, size_t entries) {
    std::unique_ptr<Array> old(ArrayOf(shard).load(std::memory_order_relaxed));
    Array* const array =
        new Array(std::max(GroupsFor(entries), min_groups_.load()), pages_);
    // Entries that are pointers wait for memory each: some at a time.
    std::array<Entry, 16> batch;
    size_t count = 0;
    const auto copy_batch = [&] {
      for (size_t i = 0; i < count; ++i) {
        InsertInto(*array, traits_.HashOf(batch[i]), batch[i]);
      }
      count = 0;
    };
    auto copy = [&](const Entry& entry) {
      if constexpr (requires { traits_.Prefetch(entry); }) {
        traits_.Prefetch(entry);
      }
      batch[count++] = entry;
      if (count == batch.size()) copy_batch();
    };
    ForEachIn(*old, copy);
    copy_batch();
    ArrayOf(shard).store(array, std::memory_order_release);
    shard.bytes.store(array->bytes(), std::memory_order_relaxed);
    shard.removed = 0;
    shard.waiting = {};
    shard.first_waiting = 0;
    return old;
  }

  void BeforeFork() override {
    for (Shard& shard : shards_) shard.mutex.lock();
  }
  void AfterForkInParent() override {
    for (Shard& shard : shards_) shard.mutex.unlock();
  }
  void AfterForkInChild() override { AfterForkInParent(); }

  Epochs* const epochs_;
  const Traits traits_;
  const Pages pages_;
  const size_t percent_full_;
  std::atomic<size_t> min_groups_;  // of each array
  // Apart from the rest of the shards, so that they are a few cache lines.
  alignas(64) std::array<std::atomic<Array*>, kShards> arrays_{};
  std::array<Shard, kShards> shards_;

  ForkRegistration fork_registration_{this};
};

}  // namespace chainkeep::memory

#endif  // CHAINKEEP_ENGINE_MEMORY_HASH_TABLE_H_
