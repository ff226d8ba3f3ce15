// RegistrationIndex finds the registrations of a view: by the subject of their
// CA, by its key id, and by the CA itself.
//
// DefaultIndex and TenantIndex are two types, which nothing converts into each
// other; the first can be filled with DefaultRegistrations only (catalog.h,
// invariant 2).
//
// CONCURRENCY. Look-ups: any thread, under a pin, no lock. Add and Remove: any
// thread, except that two may not concern the same CA at the same time.

#ifndef CHAINKEEP_ENGINE_CATALOG_REGISTRATION_INDEX_H_
#define CHAINKEEP_ENGINE_CATALOG_REGISTRATION_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/catalog/registration.h"
#include "engine/catalog/registration_list.h"
#include "engine/catalog/subject_table.h"
#include "engine/memory/epochs.h"
#include "engine/memory/hash.h"
#include "engine/memory/hash_table.h"
#include "engine/path/anchor_source.h"
#include "engine/x509/name.h"

namespace chainkeep::catalog {

template <typename R>
class RegistrationIndex {
 public:
  // Whose registrations are looked for: a tenant's, or a region's.
  using View = typename R::View;

  // Of several registrations under one key, how many a look-up walks at most.
  // More than a path may try (Budgets::candidates), so that who registers names
  // or key ids of others costs a handshake little; and the oldest come first,
  // so that nobody who was there before is left out.
  static constexpr size_t kMaxWalk = 64;
  // The same of spellings of one name.
  static constexpr size_t kMaxSpellings = 16;

  RegistrationIndex(memory::Epochs* epochs, const memory::Hasher* hasher,
                    const SubjectTable* subjects);
  ~RegistrationIndex();

  void Add(R registration);
  void Remove(R registration);

  // Calls `visit` with each registration.
  template <typename Visit>
  void ForEach(Visit visit) const {
    by_subject_.ForEach([&](const Entry& entry) {
      entry.list.ForEach([&](const Registration& registration) {
        visit(registration);
        return RegistrationList::Walk::kGoOn;
      });
    });
  }

  // Makes room for so many at once.
  void Reserve(size_t registrations) {
    by_subject_.Reserve(registrations);
    by_key_id_.Reserve(registrations);
  }

  // FindIssuers fills `anchors` with registrations of CAs whose subject is
  // `issuer`: those whose key id is not another than `key_id` first, oldest
  // first. Of more than kMaxWalk it knows the oldest, and those with the very
  // key id. Costs one probe where the name has one spelling and the view one
  // such CA.
  size_t FindIssuers(View view, const x509::Name& issuer, Bytes key_id,
                     std::span<path::Anchor> anchors) const {
    const uint64_t hash = subjects_->HashOf(issuer.der());
    const auto entry = by_subject_.Find({view, issuer.der(), hash});
    if (entry && entry->list.IsOne() && !anchors.empty()) [[likely]] {
      const Registration& only = entry->list.First();
      if (only.subject->IsOnlyOne()) [[likely]] {
        anchors[0] = only.ToAnchor();
        return 1;
      }
    }
    return FindAmongMany(view, issuer, hash, key_id, anchors);
  }

  // FindByKeyId fills `anchors` with those whose CA says `key_id`, of any
  // subject, oldest first.
  size_t FindByKeyId(View view, Bytes key_id,
                     std::span<path::Anchor> anchors) const;

 protected:
  // Of one spelling; looks at all of the view's that have it.
  const Registration* FindAmongSubject(View view, const Spelling* subject,
                                       const CaRecord* record) const;

 private:
  struct Entry {
    RegistrationList list;
  };
  // What a look-up goes by: the bytes of a name or of a key id, and their hash.
  struct Key {
    View view;
    Bytes bytes;
    uint64_t hash;
  };
  struct SubjectTraits {
    using Key = RegistrationIndex::Key;
    using Entry = RegistrationIndex::Entry;

    uint64_t Hash(const Key& key) const {
      return (*hasher)(reinterpret_cast<uintptr_t>(key.view), key.hash);
    }
    uint64_t HashOf(const Entry& entry) const {
      const Registration& r = entry.list.First();
      return Hash({R::ViewOf(r), {}, r.subject->hash()});
    }
    bool Matches(const Entry& entry, const Key& key) const {
      const Registration& r = entry.list.First();
      return R::ViewOf(r) == key.view &&
             der::Equal(r.subject->der(), key.bytes);
    }
    void Prefetch(const Entry& entry) const { entry.list.Prefetch(); }

    const memory::Hasher* hasher;
  };
  struct KeyIdTraits {
    using Key = RegistrationIndex::Key;
    using Entry = RegistrationIndex::Entry;

    uint64_t Hash(const Key& key) const {
      return (*hasher)(reinterpret_cast<uintptr_t>(key.view), key.hash);
    }
    uint64_t HashOf(const Entry& entry) const {
      const Registration& r = entry.list.First();
      const Bytes key_id = r.key_id();
      return Hash({R::ViewOf(r), {}, (*hasher)(key_id.data(), key_id.size())});
    }
    bool Matches(const Entry& entry, const Key& key) const {
      const Registration& r = entry.list.First();
      return R::ViewOf(r) == key.view && der::Equal(r.key_id(), key.bytes);
    }
    void Prefetch(const Entry& entry) const { entry.list.Prefetch(); }

    const memory::Hasher* hasher;
  };

  Key KeyOf(View view, Bytes key_id) const;
  template <typename Table>
  void AddTo(Table& table, const Key& key, const Registration* registration);
  template <typename Table>
  void RemoveFrom(Table& table, const Key& key,
                  const Registration* registration);
  class Candidates;
  size_t FindAmongMany(View view, const x509::Name& issuer, uint64_t hash,
                       Bytes key_id, std::span<path::Anchor> anchors) const;

  memory::Epochs* const epochs_;
  const memory::Hasher* const hasher_;
  const SubjectTable* const subjects_;
  memory::HashTable<SubjectTraits> by_subject_;
  memory::HashTable<KeyIdTraits> by_key_id_;
};

class TenantIndex final : public RegistrationIndex<TenantRegistration> {
 public:
  using RegistrationIndex::RegistrationIndex;

  // Among the tenant's CAs of one subject, whose number the registry limits.
  const Registration* FindByCa(View view, const Spelling* subject,
                               const CaRecord* record) const {
    return FindAmongSubject(view, subject, record);
  }
};

// Other accounts choose what a region's CAs are called, so that this index has
// a table of its own for the CAs themselves.
class DefaultIndex final : public RegistrationIndex<DefaultRegistration> {
 public:
  DefaultIndex(memory::Epochs* epochs, const memory::Hasher* hasher,
               const SubjectTable* subjects)
      : RegistrationIndex(epochs, hasher, subjects),
        by_ca_(epochs, CaTraits{hasher}, {}) {}

  void Add(DefaultRegistration registration);
  void Remove(DefaultRegistration registration);

  const Registration* FindByCa(View view, const Spelling* subject,
                               const CaRecord* record) const;

 private:
  struct CaTraits {
    struct Key {
      View view;
      const CaRecord* record;
    };
    struct Entry {
      const Registration* registration;
    };
    uint64_t Hash(const Key& key) const {
      return (*hasher)(reinterpret_cast<uintptr_t>(key.view),
                       reinterpret_cast<uintptr_t>(key.record));
    }
    uint64_t HashOf(const Entry& entry) const {
      return Hash({DefaultRegistration::ViewOf(*entry.registration),
                   entry.registration->record});
    }
    bool Matches(const Entry& entry, const Key& key) const {
      return entry.registration->record == key.record &&
             DefaultRegistration::ViewOf(*entry.registration) == key.view;
    }

    const memory::Hasher* hasher;
  };

  memory::HashTable<CaTraits> by_ca_;
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_REGISTRATION_INDEX_H_
