// A peer: liburcu's lock-free hash table cds_lfht, in the flavour "memb" (a
// read section costs no fence; the writer calls membarrier). An Assign puts a
// new node in the place of the old one, which call_rcu frees.
// See flat_tables.h for what a table is.

#ifndef CHAINKEEP_BENCH_CATALOG_URCU_TABLE_H_
#define CHAINKEEP_BENCH_CATALOG_URCU_TABLE_H_

#include <optional>

#include "bench/catalog/key.h"

struct cds_lfht;

namespace chainkeep::bench {

class UrcuTable {
 public:
  static constexpr bool kTakesWriter = true;

  explicit UrcuTable(size_t entries);
  ~UrcuTable();
  UrcuTable(const UrcuTable&) = delete;
  UrcuTable& operator=(const UrcuTable&) = delete;

  void Insert(const Key& key, uint64_t value);
  void Assign(const Key& key, uint64_t value);

  // Registers its thread.
  class Reader {
   public:
    explicit Reader(UrcuTable& table);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    class Section {
     public:
      explicit Section(Reader&);
      ~Section();
      Section(const Section&) = delete;
      Section& operator=(const Section&) = delete;
    };

    std::optional<uint64_t> Find(const Key& key) const;

   private:
    cds_lfht* const table_;
  };

 private:
  cds_lfht* const table_;
};

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_URCU_TABLE_H_
