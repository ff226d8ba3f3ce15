// SubjectCounts tell whether a region has SNI_ONLY registrations of CAs with a
// subject: how many, never whose.
//
// CONCURRENCY. Has: any thread, under a pin, no lock. Add: any thread.

#ifndef CHAINKEEP_ENGINE_CATALOG_SUBJECT_COUNTS_H_
#define CHAINKEEP_ENGINE_CATALOG_SUBJECT_COUNTS_H_

#include <cstdint>
#include <optional>

#include "engine/catalog/subject_table.h"
#include "engine/catalog/tenant_table.h"
#include "engine/memory/epochs.h"
#include "engine/memory/hash.h"
#include "engine/memory/hash_table.h"

namespace chainkeep::catalog {

class SubjectCounts {
 public:
  SubjectCounts(memory::Epochs* epochs, const memory::Hasher* hasher)
      : table_(epochs, Traits{hasher}, {}) {}

  bool Has(ViewId region, const Subject& subject) const {
    return table_.Find(KeyOf(region, subject)).has_value();
  }

  // Adds `change`, 1 or -1.
  void Add(ViewId region, const Subject& subject, int change) {
    const uint64_t key = KeyOf(region, subject);
    table_.Update(key, [&](std::optional<Traits::Entry>& entry) {
      const uint64_t count = (entry ? entry->count : 0) + change;
      entry.reset();
      if (count != 0) entry = {key, count};
    });
  }

 private:
  struct Traits {
    using Key = uint64_t;
    struct Entry {
      uint64_t key;
      uint64_t count;
    };
    uint64_t Hash(uint64_t key) const { return (*hasher)(&key, sizeof(key)); }
    uint64_t HashOf(const Entry& entry) const { return Hash(entry.key); }
    bool Matches(const Entry& entry, uint64_t key) const {
      return entry.key == key;
    }

    const memory::Hasher* hasher;
  };

  static uint64_t KeyOf(ViewId region, const Subject& subject) {
    return uint64_t{region} << 32 | subject.id();
  }

  memory::HashTable<Traits> table_;
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_SUBJECT_COUNTS_H_
