// RegistrationIndex finds the registrations of a view: by the subject of their
// CA, and by the CA itself.
//
// DefaultIndex and TenantIndex are two types, which nothing converts into each
// other; the first can be filled with DefaultRegistrations only (catalog.h,
// invariant 2).
//
// CONCURRENCY. Look-ups: any thread, under a pin, no lock. Changes: any thread,
// except that two may not concern the same CA at the same time.

#ifndef CHAINKEEP_ENGINE_CATALOG_REGISTRATION_INDEX_H_
#define CHAINKEEP_ENGINE_CATALOG_REGISTRATION_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/catalog/ca_record.h"
#include "engine/catalog/ca_table.h"
#include "engine/catalog/key_id_index.h"
#include "engine/catalog/registration.h"
#include "engine/catalog/registration_entry.h"
#include "engine/catalog/registration_list.h"
#include "engine/catalog/subject_table.h"
#include "engine/memory/epochs.h"
#include "engine/memory/hash.h"
#include "engine/memory/hash_table.h"
#include "engine/memory/pool.h"
#include "engine/path/anchor_source.h"
#include "engine/x509/name.h"

namespace chainkeep::catalog {

// E is the type of the entries (registration_entry.h).
template <typename E>
class RegistrationIndex {
 public:
  // Whose registrations are looked for: a tenant's, or a region's.
  using View = typename E::View;

  // Of several registrations under one key, how many a look-up walks at most.
  // More than a path may try (Budgets::candidates), so that who registers names
  // or key ids of others costs a handshake little; and the oldest come first,
  // so that nobody who was there before is left out.
  static constexpr size_t kMaxWalk = 64;

  // Calls `visit` with a Registered of each.
  template <typename Visit>
  void ForEach(Visit visit) const {
    table_.ForEach([&](const E& entry) {
      entry.ForEach([&](const Registered& registered) {
        visit(registered);
        return RegistrationList::Walk::kGoOn;
      });
    });
  }

  // Makes room for so many at once.
  void Reserve(size_t registrations) { table_.Reserve(registrations); }

  // FindIssuers fills `anchors` with registrations of CAs whose subject is
  // `issuer`: those whose key id is not another than `key_id` first, oldest
  // first. Of more than kMaxWalk it knows the oldest, and in a region those
  // with the very key id. Costs a probe of the names and one of the view where
  // the name has one spelling and the view at most one such CA, and three of
  // the view elsewhere, in however many spellings others have the name.
  __attribute__((always_inline)) size_t FindIssuers(
      View view, const x509::Name& issuer, Bytes key_id,
      std::span<path::Anchor> anchors) const {
    if (!anchors.empty()) [[likely]] {
      switch (ShowOnly(view, issuer.der(), &anchors[0])) {
        case Shown::kOne:
          return 1;
        case Shown::kNone:
          return 0;
        case Shown::kUnclear:
          break;
      }
    }
    return FindThoroughly(view, issuer, key_id, anchors);
  }

 protected:
  struct Traits {
    struct Key {
      View view;
      const Spelling* spelling;
      uint64_t hash;  // of the spelling
    };
    using Entry = E;

    uint64_t Hash(const Key& key) const {
      return hasher->Combine(key.hash, key.view);
    }
    uint64_t HashOf(const E& entry) const {
      return hasher->Combine(entry.spelling->hash(), entry.view());
    }
    bool Matches(const E& entry, const Key& key) const {
      return entry.spelling == key.spelling && entry.view() == key.view;
    }
    void Prefetch(const E& entry) const { entry.Prefetch(); }

    const memory::Hasher* hasher;
  };
  using Table = memory::HashTable<Traits>;
  using Key = typename Traits::Key;

  // `key_ids` finds what is behind the kMaxWalk oldest; null where there never
  // is more.
  RegistrationIndex(memory::Epochs* epochs, const memory::Hasher* hasher,
                    const SubjectTable* subjects, const KeyIdIndex* key_ids);
  ~RegistrationIndex();

  static Key KeyOf(View view, const Spelling* subject) {
    return {view, subject, subject->hash()};
  }

  // AddSpelled lists `r` under its subject, if its spelling is not the first
  // one; RemoveSpelled is the reverse.
  void AddSpelled(const Registration* r);
  void RemoveSpelled(const Registration* r);

  memory::Epochs* const epochs_;
  const SubjectTable* const subjects_;
  const KeyIdIndex* const key_ids_;
  Table table_;

 private:
  // What a view has of a subject in other spellings than the subject's first:
  // registrations that have memory of their own.
  struct SpelledTraits {
    struct Key {
      View view;
      const Subject* subject;
    };
    struct Entry {
      RegistrationList list;
    };
    static Key KeyOf(const Registration& r) {
      return {E::ViewOf(r), &r.subject->subject()};
    }
    uint64_t Hash(const Key& key) const {
      return (*hasher)(reinterpret_cast<uintptr_t>(key.view),
                       reinterpret_cast<uintptr_t>(key.subject));
    }
    uint64_t HashOf(const Entry& entry) const {
      return Hash(KeyOf(entry.list.First()));
    }
    bool Matches(const Entry& entry, const Key& key) const {
      const Key own = KeyOf(entry.list.First());
      return own.view == key.view && own.subject == key.subject;
    }

    const memory::Hasher* hasher;
  };

  class Candidates;
  // Where a subject has one spelling and the view one CA of it, shows that at a
  // glance; or says that there is none, or that it cannot tell. As few
  // instructions, and stores above all, as can be: a processor begins the next
  // look-up while this one waits for memory, as far as it has room for both
  // (docs/benchmarks.md).
  enum class Shown : uint8_t { kOne, kNone, kUnclear };
  __attribute__((always_inline)) Shown ShowOnly(View view, Bytes subject,
                                                path::Anchor* anchor) const {
    if (!SubjectTable::IsUsual(subject)) [[unlikely]]
      return Shown::kUnclear;
    const uint64_t hash = subjects_->HashOfUsual(subject);
    const typename Table::Place place =
        table_.Approach(table_.traits().Hash({view, nullptr, hash}));
    const Spelling* const only = subjects_->GlanceAtOnlySpelling(subject, hash);
    if (only == nullptr) [[unlikely]]
      return Shown::kUnclear;
    bool is_shown = false;
    const auto glance = table_.GlanceAt(
        place, {view, only, hash},
        [&](const E& entry) { is_shown = entry.ShowOnly(anchor); });
    if (is_shown) [[likely]]
      return Shown::kOne;
    return glance == Table::Glance::kNone ? Shown::kNone : Shown::kUnclear;
  }
  // The same, where a glance was not enough: of the only spelling of a subject,
  // and of any.
  __attribute__((noinline)) size_t FindThoroughly(
      View view, const x509::Name& issuer, Bytes key_id,
      std::span<path::Anchor> anchors) const;
  // `own` is the issuer's spelling; null if no CA uses it.
  size_t FindAmongMany(View view, const Subject& subject, const Spelling* own,
                       Bytes key_id, std::span<path::Anchor> anchors) const;

  memory::HashTable<SpelledTraits> spelled_;
};

// TenantIndex shows all registrations of a tenant, of both modes. The registry
// limits how many CAs of one subject an account has, to less than are walked.
class TenantIndex final : public RegistrationIndex<TenantEntry> {
 public:
  // `registrations` is where those that need one get their memory.
  TenantIndex(memory::Epochs* epochs, const memory::Hasher* hasher,
              const SubjectTable* subjects,
              memory::Pool<Registration>* registrations)
      : RegistrationIndex(epochs, hasher, subjects, nullptr),
        registrations_(registrations) {}

  // Adds one that another index has too.
  void Add(DefaultRegistration registration) {
    AddWithMemory(registration.get());
  }
  // Adds one of mode SNI_ONLY.
  void AddSniOnly(const Registered& registered);

  // Whether there is one of that CA, which then has `state`; of its mode.
  bool SetState(View view, const InternedCa& ca,
                const RegistrationState& state);

  // Removes the registration of a CA, which must be there. Returns it to be
  // retired, if it has memory of its own.
  Registration* Remove(View view, const InternedCa& ca);

  std::optional<Registered> FindByCa(View view, const InternedCa& ca) const;

 private:
  void AddWithMemory(const Registration* r);
  // The same registrations, each in memory of its own.
  RegistrationList WithMemory(const TenantEntry& entry);
  // Of those that have memory of their own; null if there is none.
  static Registration* FindIn(const TenantEntry& entry, const InternedCa& ca);

  memory::Pool<Registration>* const registrations_;
};

// DefaultIndex shows the registrations of mode DEFAULT of a region. Other
// accounts choose what its CAs are called, so that it has tables of its own for
// the CAs themselves, and for their key ids.
class DefaultIndex final : public RegistrationIndex<DefaultEntry> {
 public:
  DefaultIndex(memory::Epochs* epochs, const memory::Hasher* hasher,
               const SubjectTable* subjects)
      : RegistrationIndex(epochs, hasher, subjects, &by_key_id_),
        by_key_id_(epochs, hasher),
        by_ca_(epochs, CaTraits{hasher}, {}) {}

  void Add(DefaultRegistration registration);
  void Remove(DefaultRegistration registration);

  // To be removed, for example.
  std::optional<DefaultRegistration> Find(View view,
                                          const InternedCa& ca) const;
  std::optional<Registered> FindByCa(View view, const InternedCa& ca) const;

  // FindByKeyId fills `anchors` with those whose CA says `key_id`, of any
  // subject, oldest first.
  size_t FindByKeyId(View view, Bytes key_id,
                     std::span<path::Anchor> anchors) const;

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
      return Hash(KeyOf(*entry.registration));
    }
    bool Matches(const Entry& entry, const Key& key) const {
      return entry.registration->record == key.record &&
             entry.registration->tenant->region == key.view;
    }
    static Key KeyOf(const Registration& r) {
      return {r.tenant->region, r.record};
    }

    const memory::Hasher* hasher;
  };

  KeyIdIndex by_key_id_;
  memory::HashTable<CaTraits> by_ca_;
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_REGISTRATION_INDEX_H_
