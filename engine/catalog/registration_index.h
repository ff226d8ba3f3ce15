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

#include "engine/catalog/interner.h"
#include "engine/catalog/registration.h"
#include "engine/catalog/registration_list.h"
#include "engine/memory/epochs.h"
#include "engine/memory/hash.h"
#include "engine/memory/hash_table.h"
#include "engine/path/anchor_source.h"

namespace chainkeep::catalog {

// IssuerQuery asks for the registrations of CAs with a subject, in the order in
// which they should be tried.
struct IssuerQuery {
  ViewId view = 0;
  InternedId subject = 0;
  // What the certificate says of its issuer's key; empty: nothing.
  Bytes key_id;
};

template <typename R>
class RegistrationIndex {
 public:
  // Of several registrations under one key, how many a look-up walks at most.
  // More than a path may try (V13's budget of candidates), so that who
  // registers names or key ids of others costs a handshake little; and the
  // oldest come first, so that nobody who was there before is left out.
  static constexpr size_t kMaxWalk = 64;

  RegistrationIndex(memory::Epochs* epochs, const memory::Hasher* hasher,
                    const BytesInterner* key_ids);
  ~RegistrationIndex();

  void Add(R registration);
  void Remove(R registration);

  // FindIssuers fills `anchors`: those whose key id is not another than the
  // query's first, oldest first. Among more than kMaxWalk of one subject, those
  // with the very key id are found by it.
  size_t FindIssuers(const IssuerQuery& query,
                     std::span<path::Anchor> anchors) const;

  // FindByKeyId fills `anchors` with those whose CA says `key_id`, of any
  // subject, oldest first.
  size_t FindByKeyId(ViewId view, InternedId key_id,
                     std::span<path::Anchor> anchors) const;

 protected:
  // One look-up key: a number under which a view has registrations.
  struct Key {
    ViewId view;
    InternedId value;
  };
  struct Entry {
    RegistrationList list;
  };
  template <const InternedId Registration::*kField>
  struct Traits {
    using Key = RegistrationIndex::Key;
    using Entry = RegistrationIndex::Entry;

    uint64_t Hash(const Key& key) const {
      const uint64_t word = uint64_t{key.view} << 32 | key.value;
      return (*hasher)(&word, sizeof(word));
    }
    uint64_t HashOf(const Entry& entry) const {
      const Registration& r = entry.list.First();
      return Hash({R::ViewOf(r), r.*kField});
    }
    bool Matches(const Entry& entry, const Key& key) const {
      const Registration& r = entry.list.First();
      return r.*kField == key.value && R::ViewOf(r) == key.view;
    }

    const memory::Hasher* hasher;
  };

  // Among the registrations of `record`'s subject; looks at all of them.
  const Registration* FindAmongSubject(ViewId view, InternedId subject,
                                       const CaRecord* record) const;

  memory::Epochs* epochs() { return epochs_; }

 private:
  template <typename Table>
  void AddTo(Table& table, const Key& key, const Registration* registration);
  template <typename Table>
  void RemoveFrom(Table& table, const Key& key,
                  const Registration* registration);
  size_t FindAmongMany(const RegistrationList& list, const IssuerQuery& query,
                       std::span<path::Anchor> anchors) const;

  memory::Epochs* const epochs_;
  const BytesInterner* const key_ids_;
  memory::HashTable<Traits<&Registration::subject>> by_subject_;
  memory::HashTable<Traits<&Registration::key_id>> by_key_id_;
};

class TenantIndex final : public RegistrationIndex<TenantRegistration> {
 public:
  using RegistrationIndex::RegistrationIndex;

  // Among the tenant's CAs of one subject, whose number the registry limits.
  const Registration* FindByCa(ViewId view, InternedId subject,
                               const CaRecord* record) const {
    return FindAmongSubject(view, subject, record);
  }
};

// Other accounts choose what a region's CAs are called, so that this index has
// a table of its own for the CAs themselves.
class DefaultIndex final : public RegistrationIndex<DefaultRegistration> {
 public:
  DefaultIndex(memory::Epochs* epochs, const memory::Hasher* hasher,
               const BytesInterner* key_ids)
      : RegistrationIndex(epochs, hasher, key_ids),
        by_ca_(epochs, CaTraits{hasher}, {}) {}

  void Add(DefaultRegistration registration);
  void Remove(DefaultRegistration registration);

  const Registration* FindByCa(ViewId view, InternedId subject,
                               const CaRecord* record) const;

 private:
  struct CaTraits {
    struct Key {
      ViewId view;
      const CaRecord* record;
    };
    struct Entry {
      const Registration* registration;
    };
    uint64_t Hash(const Key& key) const {
      return (*hasher)(key.view, reinterpret_cast<uintptr_t>(key.record));
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
