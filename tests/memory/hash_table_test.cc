#include "engine/memory/hash_table.h"

#include <malloc.h>

#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "engine/memory/hash.h"
#include "gtest/gtest.h"
#include "tests/memory/sanitizer.h"

namespace chainkeep::memory {
namespace {

const Hasher& TestHasher() {
  static const Hasher& hasher = *[] {
    Hasher::Secret secret;
    std::mt19937_64 random(1);
    for (uint8_t& byte : secret) byte = static_cast<uint8_t>(random());
    return new Hasher(secret);
  }();
  return hasher;
}

// ThreadSanitizer makes ten times as much of each atomic word. What one thread
// does alone is done with fewer keys under it.
constexpr int kFewer = kSanitizer == Sanitizer::kThread ? 4 : 1;

// How a table of a test spreads its keys.
enum class Spread { kWell, kAllTogether, kTwoHashes };

// Entries of kWords words: the key is repeated in all but the last.
template <size_t kWords>
struct WordsTraits {
  using Key = uint64_t;
  struct Entry {
    std::array<uint64_t, kWords> words;
  };

  uint64_t Hash(uint64_t key) const {
    switch (spread) {
      case Spread::kAllTogether:
        return 42;
      case Spread::kTwoHashes:
        return key % 2 == 0 ? 0 : ~uint64_t{0};
      case Spread::kWell:
        break;
    }
    return TestHasher()(key, 0);
  }
  uint64_t HashOf(const Entry& entry) const { return Hash(entry.words[0]); }
  bool Matches(const Entry& entry, uint64_t key) const {
    for (size_t i = 0; i + 1 < kWords; ++i) {
      if (entry.words[i] != key) return false;
    }
    return true;
  }

  static Entry Make(uint64_t key, uint64_t value) {
    Entry entry;
    entry.words.fill(key);
    entry.words.back() = value;
    return entry;
  }
  static uint64_t KeyOf(const Entry& entry) { return entry.words.front(); }
  static uint64_t ValueOf(const Entry& entry) { return entry.words.back(); }

  Spread spread = Spread::kWell;
};

// One word: a key of 32 bits beside a value of 32 bits.
template <>
struct WordsTraits<1> {
  using Key = uint64_t;
  struct Entry {
    uint64_t word;
  };

  uint64_t Hash(uint64_t key) const {
    WordsTraits<2> two;
    two.spread = spread;
    return two.Hash(key);
  }
  uint64_t HashOf(const Entry& entry) const { return Hash(entry.word >> 32); }
  bool Matches(const Entry& entry, uint64_t key) const {
    return entry.word >> 32 == key;
  }
  static Entry Make(uint64_t key, uint64_t value) {
    return {key << 32 | value};
  }
  static uint64_t KeyOf(const Entry& entry) { return entry.word >> 32; }
  static uint64_t ValueOf(const Entry& entry) {
    return entry.word & 0xffffffff;
  }

  Spread spread = Spread::kWell;
};

size_t AllocatedBytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

template <typename Traits>
class HashTableTest : public testing::Test {
 protected:
  using Table = HashTable<Traits>;
  using Entry = typename Traits::Entry;

  static void Put(Table& table, uint64_t key, uint64_t value) {
    table.Update(key, [&](std::optional<Entry>& entry) {
      entry = Traits::Make(key, value);
    });
  }
  static void Remove(Table& table, uint64_t key) {
    table.Update(key, [](std::optional<Entry>& entry) { entry.reset(); });
  }
  static std::optional<uint64_t> Get(const Table& table, uint64_t key) {
    const std::optional<Entry> entry = table.Find(key);
    if (!entry) return std::nullopt;
    return Traits::ValueOf(*entry);
  }

  // A glance says what Find says, or that it cannot tell.
  static void CompareGlance(const Table& table, uint64_t key,
                            const std::optional<uint64_t>& found) {
    std::optional<uint64_t> seen;
    const auto glance = table.GlanceAt(
        key, [&](const Entry& entry) { seen = Traits::ValueOf(entry); });
    switch (glance) {
      case Table::Glance::kFound:
        EXPECT_EQ(seen, found);
        break;
      case Table::Glance::kNone:
        EXPECT_EQ(found, std::nullopt);
        [[fallthrough]];
      case Table::Glance::kUnclear:
        EXPECT_EQ(seen, std::nullopt);
    }
    if constexpr (sizeof(Entry) > 8) {
      std::optional<uint64_t> seen_in_place;
      EXPECT_EQ(table.GlanceInPlace(
                    key, [&](uint64_t value) { seen_in_place = value; }),
                glance);
      EXPECT_EQ(seen_in_place, seen);
    }
  }

  // The same random operations on a table and on a std::map.
  void RunModel(Traits traits, int operations, uint64_t keys) {
    Table table(&epochs_, traits, {});
    std::map<uint64_t, uint64_t> model;
    std::mt19937_64 random(keys);
    for (int i = 0; i < operations; ++i) {
      const uint64_t key = random() % keys;
      const uint64_t value = random() % 1000000;
      switch (random() % 4) {
        case 0:
        case 1:
          Put(table, key, value);
          model[key] = value;
          break;
        case 2:
          Remove(table, key);
          model.erase(key);
          break;
        default:
          break;
      }
      const uint64_t asked = random() % keys;
      const Epochs::Pin pin = epochs_.Acquire();
      const std::optional<uint64_t> found = Get(table, asked);
      const auto expected = model.find(asked);
      ASSERT_EQ(found.has_value(), expected != model.end()) << i;
      if (found) {
        ASSERT_EQ(*found, expected->second) << i;
      }
      CompareGlance(table, asked, found);
      ASSERT_EQ(table.size(), model.size());
    }
    std::map<uint64_t, uint64_t> seen;
    const Epochs::Pin pin = epochs_.Acquire();
    table.ForEach([&](const Entry& entry) {
      // Each once.
      for (const auto& [key, value] : model) {
        if (traits.Matches(entry, key)) {
          EXPECT_TRUE(seen.emplace(key, Traits::ValueOf(entry)).second);
          break;
        }
      }
    });
    EXPECT_EQ(seen, model);
  }

  Epochs epochs_;
};

using AllTraits = testing::Types<WordsTraits<1>, WordsTraits<2>, WordsTraits<3>,
                                 WordsTraits<5>, WordsTraits<24>>;
TYPED_TEST_SUITE(HashTableTest, AllTraits);

TYPED_TEST(HashTableTest, AgreesWithAMap) {
  this->RunModel({}, 30000, 2000);
  this->RunModel({}, 5000, 100);
  this->RunModel({}, 20000, 5);
}

TYPED_TEST(HashTableTest, AgreesWithAMapThoughAllHashesAreEqual) {
  TypeParam traits;
  traits.spread = Spread::kAllTogether;
  this->RunModel(traits, 6000 / kFewer, 700 / kFewer);
  traits.spread = Spread::kTwoHashes;
  this->RunModel(traits, 6000 / kFewer, 700 / kFewer);
}

TYPED_TEST(HashTableTest, GrowsAndShrinks) {
  typename TestFixture::Table table(&this->epochs_, {}, {});
  const size_t empty = table.bytes();
  constexpr uint64_t kMany = 100000 / kFewer;
  for (uint64_t key = 0; key < kMany; ++key) this->Put(table, key, key);
  const size_t full = table.bytes();
  EXPECT_GT(full, empty * 10);
  // No array may be less than about half full here.
  EXPECT_LT(full, kMany * sizeof(typename TypeParam::Entry) * 2 + empty);
  for (uint64_t key = 0; key < kMany; ++key) {
    ASSERT_EQ(this->Get(table, key), key);
    ASSERT_EQ(this->Get(table, key + kMany), std::nullopt);
  }
  for (uint64_t key = 0; key < kMany; ++key) this->Remove(table, key);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_LE(table.bytes(), empty);
}

TYPED_TEST(HashTableTest, RoomThatWasExpectedIsThere) {
  constexpr uint64_t kMany = 50000;
  typename TestFixture::Table table(&this->epochs_, {},
                                    {.expected_entries = kMany});
  const size_t before = table.bytes();
  for (uint64_t key = 0; key < kMany; ++key) this->Put(table, key, key);
  EXPECT_EQ(table.bytes(), before);
}

// It was given away at the first removal.
TYPED_TEST(HashTableTest, RoomThatWasExpectedStays) {
  constexpr uint64_t kMany = 50000;
  typename TestFixture::Table table(&this->epochs_, {},
                                    {.expected_entries = kMany});
  const size_t before = table.bytes();
  for (uint64_t key = 0; key < 1000; ++key) {
    this->Put(table, key, key);
    this->Remove(table, key);
    ASSERT_EQ(table.bytes(), before);
  }
  for (uint64_t key = 0; key < kMany; ++key) this->Put(table, key, key);
  EXPECT_EQ(table.bytes(), before);
  for (uint64_t key = 0; key < kMany; ++key) this->Remove(table, key);
  EXPECT_EQ(table.bytes(), before);
}

// Which removed slots wait was remembered for ever, 16 bytes each, where some
// reader was always pinned.
TYPED_TEST(HashTableTest, ComingAndGoingUnderPinsTakesNoMemory) {
  if (kSanitizer != Sanitizer::kNone) {
    GTEST_SKIP() << "a sanitizer allocates by itself";
  }
  typename TestFixture::Table table(&this->epochs_, {}, {});
  const auto rounds = [&](int n) {
    for (int i = 0; i < n; ++i) {
      // When the key is put back, the epoch of this pin is not safe yet.
      const Epochs::Pin pin = this->epochs_.Acquire();
      this->Remove(table, 1);
      this->epochs_.Collect();
      this->Put(table, 1, 1);
    }
  };
  this->Put(table, 1, 1);
  rounds(1000);
  const size_t before = AllocatedBytes();
  rounds(100000);
  EXPECT_LT(AllocatedBytes(), before + 10000);
}

TYPED_TEST(HashTableTest, RoomThatIsReservedLaterIsThere) {
  constexpr uint64_t kMany = 50000;
  typename TestFixture::Table table(&this->epochs_, {}, {});
  for (uint64_t key = 0; key < 1000; ++key) this->Put(table, key, key);
  table.Reserve(kMany);
  const size_t before = table.bytes();
  for (uint64_t key = 0; key < kMany; ++key) this->Put(table, key, key);
  EXPECT_EQ(table.bytes(), before);
  for (uint64_t key = 0; key < kMany; ++key) {
    ASSERT_EQ(this->Get(table, key), key);
  }
  for (uint64_t key = 0; key < kMany; ++key) this->Remove(table, key);
  EXPECT_EQ(table.bytes(), before);
}

// Slots of removed keys do not add up.
TYPED_TEST(HashTableTest, ComingAndGoingTakesNoMemory) {
  typename TestFixture::Table table(&this->epochs_, {}, {});
  constexpr uint64_t kAtOnce = 20000 / kFewer;
  for (uint64_t key = 0; key < kAtOnce; ++key) this->Put(table, key, 1);
  size_t most = 0;
  for (uint64_t key = kAtOnce; key < 10 * kAtOnce; ++key) {
    this->Put(table, key, 1);
    this->Remove(table, key - kAtOnce);
    most = std::max(most, table.bytes());
  }
  EXPECT_EQ(table.size(), kAtOnce);
  EXPECT_LT(most, kAtOnce * (sizeof(typename TypeParam::Entry) + 1) * 2);
}

TYPED_TEST(HashTableTest, TryUpdateGivesUpWhereItWouldWait) {
  typename TestFixture::Table table(&this->epochs_, {}, {});
  using Entry = typename TypeParam::Entry;
  bool tried = true;
  table.Update(7, [&](std::optional<Entry>&) {
    std::thread([&] {
      tried = table.TryUpdate(7, [](std::optional<Entry>&) {});
    }).join();
  });
  EXPECT_FALSE(tried);
  EXPECT_TRUE(table.TryUpdate(
      8, [](std::optional<Entry>& entry) { entry = TypeParam::Make(8, 9); }));
  EXPECT_EQ(this->Get(table, 8), 9u);
}

// Asks, when destroyed, whether the only shard in use can be locked. From a
// thread of its own: whoever destroys it may hold that lock.
template <typename Traits>
class AsksForTheLock {
 public:
  AsksForTheLock(HashTable<Traits>* table, int* refused)
      : table_(table), refused_(refused) {}
  ~AsksForTheLock() {
    std::thread([this] {
      using Entry = typename Traits::Entry;
      if (!table_->TryUpdate(0, [](std::optional<Entry>&) {})) ++*refused_;
    }).join();
  }

 private:
  HashTable<Traits>* const table_;
  int* const refused_;
};

// A destructor may use the table: what others have retired was once destroyed
// by whoever removed a key or replaced an array, under the shard's lock.
TYPED_TEST(HashTableTest, NothingIsDestroyedUnderAShardsLock) {
  TypeParam traits;
  traits.spread = Spread::kAllTogether;
  typename TestFixture::Table table(&this->epochs_, traits, {});
  using Asks = AsksForTheLock<TypeParam>;
  int refused = 0;
  for (uint64_t round = 0; round < 50; ++round) {
    this->epochs_.Retire(std::make_unique<Asks>(&table, &refused));
    for (uint64_t key = 0; key < 30; ++key) this->Put(table, key, 1);
    for (uint64_t key = 0; key < 30; ++key) this->Remove(table, key);
  }
  this->epochs_.Collect();
  EXPECT_EQ(refused, 0);
}

// No slot may be used again, so that arrays are used up by removals; and
// nothing is freed before the reader has gone.
TYPED_TEST(HashTableTest, AReaderThatStaysStopsNobody) {
  for (const Spread spread : {Spread::kWell, Spread::kAllTogether}) {
    TypeParam traits;
    traits.spread = spread;
    {
      const Epochs::Pin stays = this->epochs_.Acquire();
      this->RunModel(traits, 3000, 40);
    }
    this->epochs_.Collect();
    EXPECT_EQ(this->epochs_.GetHeld().objects, 0u);
  }
}

// Invariant 1. All hashes are equal, so that ForEach shows in which order slots
// were taken, of an array of sixteen.
TYPED_TEST(HashTableTest, ASlotIsUsedAgainWhenNobodyMayReadIt) {
  using Entry = typename TypeParam::Entry;
  TypeParam traits;
  traits.spread = Spread::kAllTogether;
  typename TestFixture::Table table(&this->epochs_, traits, {});
  const auto order = [&] {
    std::vector<uint64_t> keys;
    const Epochs::Pin pin = this->epochs_.Acquire();
    table.ForEach(
        [&](const Entry& entry) { keys.push_back(TypeParam::KeyOf(entry)); });
    return keys;
  };
  const bool at_once = sizeof(Entry) == sizeof(uint64_t);
  this->Put(table, 1, 0);
  this->Put(table, 2, 0);
  // One who has been pinned since before, and one who comes in between.
  for (int later = 0; later < 2; ++later) {
    SCOPED_TRACE(later);
    {
      if (later == 1) this->epochs_.Collect();
      const Epochs::Pin pin = this->epochs_.Acquire();
      this->Remove(table, 1);
      this->epochs_.Collect();
      this->Put(table, 3, 0);
      EXPECT_EQ(order(), at_once ? (std::vector<uint64_t>{3, 2})
                                 : (std::vector<uint64_t>{2, 3}));
    }
    this->epochs_.Collect();
    this->Put(table, 1, 0);
    EXPECT_EQ(order(), at_once ? (std::vector<uint64_t>{3, 2, 1})
                               : (std::vector<uint64_t>{1, 2, 3}));
    // Back to where it began.
    this->Remove(table, at_once ? 1 : 3);
    if (at_once) {
      this->Remove(table, 3);
      this->Put(table, 1, 0);
    }
    this->epochs_.Collect();
    EXPECT_EQ(order(), (std::vector<uint64_t>{1, 2}));
  }
}

// Readers look for keys that are always there, keys that never are, and keys
// that come and go, whose value always tells their key; and one goes through
// all that is there.
TYPED_TEST(HashTableTest, ReadersAndWritersAtOnce) {
  using Entry = typename TypeParam::Entry;
  typename TestFixture::Table table(&this->epochs_, {}, {});
  constexpr uint64_t kStable = 500;
  constexpr uint64_t kComing = 1500;
  const auto value = [](uint64_t key, uint64_t n) {
    return key * 1000 + n % 1000;
  };
  for (uint64_t key = 0; key < kStable; ++key) {
    this->Put(table, key, value(key, 0));
  }
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&, i] {
      std::mt19937_64 random(i);
      while (!stop) {
        const uint64_t key = random() % (kStable + kComing + 10);
        const Epochs::Pin pin = this->epochs_.Acquire();
        const std::optional<Entry> entry = table.Find(key);
        if (!entry) {
          if (key < kStable) ++wrong;
        } else if (key >= kStable + kComing ||
                   TypeParam::ValueOf(*entry) / 1000 != key) {
          ++wrong;
        }
        if constexpr (sizeof(Entry) > 8) {
          table.GlanceInPlace(key, [&](uint64_t value) {
            if (value / 1000 != key) ++wrong;
          });
        }
      }
    });
  }
  readers.emplace_back([&] {
    while (!stop) {
      std::vector<int> seen(kStable);
      const Epochs::Pin pin = this->epochs_.Acquire();
      table.ForEach([&](const Entry& entry) {
        const uint64_t key = TypeParam::KeyOf(entry);
        if (TypeParam::ValueOf(entry) / 1000 != key) ++wrong;
        if (key < kStable) ++seen[key];
      });
      if (seen != std::vector<int>(kStable, 1)) ++wrong;
    }
  });
  std::vector<std::thread> writers;
  for (int i = 0; i < 2; ++i) {
    writers.emplace_back([&, i] {
      std::mt19937_64 random(100 + i);
      for (int n = 0; n < 60000; ++n) {
        const uint64_t key = random() % (kStable + kComing);
        if (key < kStable || random() % 2 == 0) {
          this->Put(table, key, value(key, n));
        } else {
          this->Remove(table, key);
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong.load(), 0);
}

}  // namespace
}  // namespace chainkeep::memory
