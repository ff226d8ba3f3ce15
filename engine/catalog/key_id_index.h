// KeyIdIndex finds the registrations of a region by the key id of their CA.
//
// CONCURRENCY. ForEach: any thread, under a pin, no lock. Add and Remove: any
// thread, except that two may not concern the same CA at the same time.

#ifndef CHAINKEEP_ENGINE_CATALOG_KEY_ID_INDEX_H_
#define CHAINKEEP_ENGINE_CATALOG_KEY_ID_INDEX_H_

#include <cstdint>

#include "chainkeep/types.h"
#include "engine/catalog/registration.h"
#include "engine/catalog/registration_list.h"
#include "engine/catalog/tenant_table.h"
#include "engine/der/cursor.h"
#include "engine/memory/epochs.h"
#include "engine/memory/hash.h"
#include "engine/memory/hash_table.h"

namespace chainkeep::catalog {

class KeyIdIndex {
 public:
  KeyIdIndex(memory::Epochs* epochs, const memory::Hasher* hasher)
      : epochs_(epochs), table_(epochs, {hasher}, {.percent_full = 78}) {}
  ~KeyIdIndex();

  // Nothing, if its CA says no key id.
  void Add(DefaultRegistration registration);
  void Remove(DefaultRegistration registration);

  // ForEach calls `visit` with a Registered of each whose CA says `key_id`,
  // oldest first, until it returns kStop.
  template <typename Visit>
  void ForEach(const RegionRecord* region, Bytes key_id, Visit visit) const {
    const auto entry = table_.Find({region, key_id});
    if (!entry) return;
    entry->list.ForEach([&](const Registration& r) { return visit(r.Look()); });
  }

 private:
  struct Traits {
    struct Key {
      const RegionRecord* region;
      Bytes key_id;
    };
    struct Entry {
      RegistrationList list;
    };
    static Key KeyOf(const Registration& r) {
      return {r.tenant->region, r.Look().key_id()};
    }
    uint64_t Hash(const Key& key) const {
      return hasher->Combine((*hasher)(key.key_id.data(), key.key_id.size()),
                             key.region);
    }
    uint64_t HashOf(const Entry& entry) const {
      return Hash(KeyOf(entry.list.First()));
    }
    bool Matches(const Entry& entry, const Key& key) const {
      const Key own = KeyOf(entry.list.First());
      return own.region == key.region && der::Equal(own.key_id, key.key_id);
    }
    void Prefetch(const Entry& entry) const { entry.list.Prefetch(); }

    const memory::Hasher* hasher;
  };

  memory::Epochs* const epochs_;
  memory::HashTable<Traits> table_;
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_KEY_ID_INDEX_H_
