// A peer: TBB's concurrent_hash_map, a lock for each bucket and each entry.
// See flat_tables.h for what a table is.

#ifndef CHAINKEEP_BENCH_CATALOG_TBB_TABLE_H_
#define CHAINKEEP_BENCH_CATALOG_TBB_TABLE_H_

#include <memory>
#include <optional>
#include <utility>

#include "bench/catalog/key.h"
#include "oneapi/tbb/concurrent_hash_map.h"

namespace chainkeep::bench {

class TbbTable {
  struct Compare {
    static size_t hash(const Key& key) { return KeyHash()(key); }
    static bool equal(const Key& a, const Key& b) { return a == b; }
  };
  // The standard allocator, as the others have: the same pages, and counted.
  using Map =
      tbb::concurrent_hash_map<Key, uint64_t, Compare,
                               std::allocator<std::pair<const Key, uint64_t>>>;

 public:
  static constexpr bool kTakesWriter = true;

  explicit TbbTable(size_t entries) : map_(entries) {}

  void Insert(const Key& key, uint64_t value) {
    map_.insert(std::make_pair(key, value));
  }

  void Assign(const Key& key, uint64_t value) {
    Map::accessor entry;
    if (map_.find(entry, key)) entry->second = value;
  }

  class Reader {
   public:
    explicit Reader(TbbTable& table) : map_(table.map_) {}

    struct Section {
      explicit Section(Reader&) {}
    };

    std::optional<uint64_t> Find(const Key& key) const {
      Map::const_accessor entry;
      if (!map_.find(entry, key)) return std::nullopt;
      return entry->second;
    }

   private:
    const Map& map_;
  };

 private:
  Map map_;
};

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_TBB_TABLE_H_
