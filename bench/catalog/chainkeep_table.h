// Ours: memory::HashTable, of entries that are a key and its value.
// See flat_tables.h for what a table is.

#ifndef CHAINKEEP_BENCH_CATALOG_CHAINKEEP_TABLE_H_
#define CHAINKEEP_BENCH_CATALOG_CHAINKEEP_TABLE_H_

#include <optional>

#include "bench/catalog/key.h"
#include "engine/memory/epochs.h"
#include "engine/memory/hash_table.h"

namespace chainkeep::bench {

// What one pin covers.
enum class PinFor { kSection, kLookup };

template <PinFor kPinFor>
class ChainkeepTable {
  // A pin that can be made later: a Pin does not move.
  struct HeldPin {
    explicit HeldPin(const memory::Epochs& epochs) : pin(epochs.Acquire()) {}
    memory::Epochs::Pin pin;
  };

 public:
  static constexpr bool kTakesWriter = true;

  explicit ChainkeepTable(size_t entries)
      : table_(&epochs_, Traits(), {.expected_entries = entries}) {}

  void Insert(const Key& key, uint64_t value) {
    table_.Update(key, [&](std::optional<Entry>& entry) {
      entry = Entry{key, value};
    });
  }

  void Assign(const Key& key, uint64_t value) { Insert(key, value); }

  class Reader {
   public:
    explicit Reader(ChainkeepTable& table) : table_(table) {}

    class Section {
     public:
      explicit Section(Reader& reader) {
        if constexpr (kPinFor == PinFor::kSection) {
          pin_.emplace(reader.table_.epochs_);
        }
      }

     private:
      std::optional<HeldPin> pin_;
    };

    // As the compiler does with absl's of its own accord.
    __attribute__((always_inline)) std::optional<uint64_t> Find(
        const Key& key) const {
      if constexpr (kPinFor == PinFor::kLookup) {
        const memory::Epochs::Pin pin = table_.epochs_.Acquire();
        return FindPinned(key);
      }
      return FindPinned(key);
    }

   private:
    __attribute__((always_inline)) std::optional<uint64_t> FindPinned(
        const Key& key) const {
      const std::optional<Entry> entry = table_.table_.Find(key);
      if (!entry) return std::nullopt;
      return entry->value;
    }

    const ChainkeepTable& table_;
  };

 private:
  struct Entry {
    bench::Key key;
    uint64_t value;
  };
  struct Traits {
    using Key = bench::Key;
    using Entry = ChainkeepTable::Entry;
    uint64_t Hash(const Key& key) const { return KeyHash()(key); }
    uint64_t HashOf(const Entry& entry) const { return Hash(entry.key); }
    bool Matches(const Entry& entry, const Key& key) const {
      return entry.key == key;
    }
  };
  memory::Epochs epochs_;
  memory::HashTable<Traits> table_;
};

using PinnedTable = ChainkeepTable<PinFor::kSection>;
using PinEachTable = ChainkeepTable<PinFor::kLookup>;

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_CHAINKEEP_TABLE_H_
