// InactiveCas finds the CAs that tenants have switched off: which CA of which
// tenant has INACTIVE registrations, and under what name they are found. What
// these say, and whether there are ACTIVE ones too, is for the registrations.
//
// CONCURRENCY. Find: any thread, under a pin, no lock. Add and Remove: any
// thread.

#ifndef CHAINKEEP_ENGINE_CATALOG_INACTIVE_CAS_H_
#define CHAINKEEP_ENGINE_CATALOG_INACTIVE_CAS_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "chainkeep/types.h"
#include "engine/catalog/ca_record.h"
#include "engine/catalog/subject_table.h"
#include "engine/catalog/tenant_table.h"
#include "engine/memory/epochs.h"
#include "engine/memory/hash.h"
#include "engine/memory/hash_table.h"

namespace chainkeep::catalog {

class InactiveCas {
 public:
  // Holds a spelling of `subjects` for each.
  InactiveCas(memory::Epochs* epochs, const memory::Hasher* hasher,
              SubjectTable* subjects)
      : epochs_(epochs), subjects_(subjects), table_(epochs, {hasher}, {}) {}
  ~InactiveCas() {
    table_.ForEach([](const Entry& entry) { delete entry.ca; });
  }

  // Counts one INACTIVE registration more, and one less: before it is there,
  // and after it is gone.
  void Add(ViewId tenant, const CaRecord& ca) {
    table_.Update({tenant, ca.ca_id()}, [&](std::optional<Entry>& entry) {
      if (!entry) {
        entry = {new Ca{tenant, ca.ca_id(),
                        subjects_->Acquire(ca.certificate().subject()), 0}};
      }
      ++entry->ca->count;
    });
  }
  void Remove(ViewId tenant, const CaRecord& ca) {
    Ca* last = nullptr;
    table_.Update({tenant, ca.ca_id()}, [&](std::optional<Entry>& entry) {
      if (--entry->ca->count > 0) return;
      last = entry->ca;
      entry.reset();
    });
    if (last == nullptr) return;
    subjects_->Release(last->subject);
    epochs_->Retire(std::unique_ptr<Ca>(last));
  }

  // A spelling of the CA's subject; null if it has no INACTIVE registration.
  const Spelling* Find(ViewId tenant, const CaId& id) const {
    const std::optional<Entry> entry = table_.Find({tenant, id});
    return entry ? entry->ca->subject : nullptr;
  }

 private:
  struct Ca {
    const ViewId tenant;
    const CaId id;
    const Spelling* const subject;
    uint32_t count;  // guarded by the lock of its shard
  };
  struct Entry {
    Ca* ca;
  };
  struct Traits {
    struct Key {
      ViewId tenant;
      const CaId& id;
    };
    using Entry = InactiveCas::Entry;

    uint64_t Hash(const Key& key) const {
      return (*hasher)(key.tenant,
                       (*hasher)(key.id.bytes().data(), key.id.kSize));
    }
    uint64_t HashOf(const Entry& entry) const {
      return Hash({entry.ca->tenant, entry.ca->id});
    }
    bool Matches(const Entry& entry, const Key& key) const {
      return entry.ca->tenant == key.tenant && entry.ca->id == key.id;
    }

    const memory::Hasher* hasher;
  };

  memory::Epochs* const epochs_;
  SubjectTable* const subjects_;
  memory::HashTable<Traits> table_;
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_INACTIVE_CAS_H_
