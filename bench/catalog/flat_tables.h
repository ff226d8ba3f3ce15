// Peers made of absl::flat_hash_map: alone, which nobody may write while others
// read, and behind the two locks that a program would take.
//
// A TABLE, here and in the files beside this one, is a class with
//   Table(entries)          empty, with room for that many
//   Insert(key, value)      while it is built, by one thread
//   Assign(key, value)      a change of a present key beside readers, by one
//                           writer at a time; only if kTakesWriter
//   Table::Reader(table)    of one thread, which may have to be known to it
//   Reader::Section(reader) what a reader holds for a batch of look-ups
//   Reader::Find(key)       the value, or nothing

#ifndef CHAINKEEP_BENCH_CATALOG_FLAT_TABLES_H_
#define CHAINKEEP_BENCH_CATALOG_FLAT_TABLES_H_

#include <mutex>
#include <optional>
#include <shared_mutex>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "bench/catalog/key.h"

namespace chainkeep::bench {

// NoLock is a lock that keeps nobody out.
struct NoLock {
  void lock() {}
  void unlock() {}
  void lock_shared() {}
  void unlock_shared() {}
};

// AbslLock gives absl::Mutex the names that the standard has.
class AbslLock {
 public:
  void lock() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_.Lock(); }
  void unlock() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_.Unlock(); }
  void lock_shared() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_.ReaderLock(); }
  void unlock_shared() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_.ReaderUnlock(); }

 private:
  absl::Mutex mutex_;
};

template <typename Lock>
class FlatTable {
 public:
  static constexpr bool kTakesWriter = !std::is_same_v<Lock, NoLock>;

  explicit FlatTable(size_t entries) { map_.reserve(entries); }

  void Insert(const Key& key, uint64_t value) { map_.emplace(key, value); }

  void Assign(const Key& key, uint64_t value) {
    const std::lock_guard<Lock> lock(lock_);
    map_.find(key)->second = value;
  }

  class Reader {
   public:
    explicit Reader(FlatTable& table) : table_(table) {}

    struct Section {
      explicit Section(Reader&) {}
    };

    std::optional<uint64_t> Find(const Key& key) const {
      const std::shared_lock<Lock> lock(table_.lock_);
      const auto found = table_.map_.find(key);
      if (found == table_.map_.end()) return std::nullopt;
      return found->second;
    }

   private:
    FlatTable& table_;
  };

 private:
  Lock lock_;
  absl::flat_hash_map<Key, uint64_t, KeyHash> map_;
};

using UnlockedTable = FlatTable<NoLock>;
using AbslMutexTable = FlatTable<AbslLock>;
using SharedMutexTable = FlatTable<std::shared_mutex>;

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_FLAT_TABLES_H_
