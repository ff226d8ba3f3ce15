// SubjectTable holds the subjects of CAs: each name once, in each spelling that
// a CA uses.
//
// Names are equal as RFC 5280 §7.1 has it. To bring a name to its normal form
// costs more than all the rest of a look-up, and is seldom needed: whoever
// issues certificates copies its own subject into them byte by byte. So the
// indexes of the catalog go by a spelling, by its bytes, and only where a name
// is spelled in more than one way, or in none that is known, by all spellings
// of that name.
//
// CONCURRENCY. Find: any thread, under a pin, no lock. Acquire and Release: any
// thread; they lock shards of tables.

#ifndef CHAINKEEP_ENGINE_CATALOG_SUBJECT_TABLE_H_
#define CHAINKEEP_ENGINE_CATALOG_SUBJECT_TABLE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "chainkeep/types.h"
#include "engine/der/cursor.h"
#include "engine/memory/epochs.h"
#include "engine/memory/hash.h"
#include "engine/memory/hash_table.h"
#include "engine/memory/pool.h"
#include "engine/x509/name.h"

namespace chainkeep::catalog {

class Subject;

// Spelling is one encoding of a subject. Valid as long as it is held, or
// pinned.
class Spelling {
 public:
  Bytes der() const {
    return {reinterpret_cast<const uint8_t*>(this + 1), size_};
  }
  // Of the bytes, by the catalog's hasher.
  uint64_t hash() const { return hash_; }
  const Subject& subject() const { return *subject_; }

  // Whether its subject has no other spelling.
  bool IsOnlyOne() const {
    return is_only_one_.load(std::memory_order_acquire);
  }
  // The next younger spelling of the same subject; null at the end.
  const Spelling* next() const { return next_.load(std::memory_order_acquire); }

 private:
  friend class SubjectTable;
  Spelling(Bytes der, uint64_t hash)
      : hash_(hash), size_(static_cast<uint32_t>(der.size())) {}

  // The bytes follow the object, so that comparing them touches no other
  // memory.

  const uint64_t hash_;
  const uint32_t size_;
  uint32_t holders_ = 0;  // guarded by the lock of its shard
  std::atomic<bool> is_only_one_{true};
  const Subject* subject_ = nullptr;
  std::atomic<Spelling*> next_{nullptr};
};

// Subject is a name that some CA has.
class Subject {
 public:
  // Never 0, and never another's again.
  uint32_t id() const { return id_; }
  // The oldest spelling; null when the last is just being given back.
  const Spelling* spellings() const {
    return first_.load(std::memory_order_acquire);
  }

 private:
  friend class SubjectTable;
  Subject(uint32_t id, Bytes der, uint64_t hash)
      : id_(id),
        hash_(hash),
        der_(der.begin(), der.end()),
        name_(*x509::Name::Parse(der_)) {}

  const uint32_t id_;
  // Of the name: a table that grows asks each entry for it.
  const uint64_t hash_;
  const std::vector<uint8_t> der_;
  const x509::Name name_;                  // views der_
  std::atomic<Spelling*> first_{nullptr};  // written under its shard's lock
};

class SubjectTable {
 public:
  // `name_seed` is of the same secrecy as the hasher's.
  SubjectTable(memory::Epochs* epochs, const memory::Hasher* hasher,
               uint64_t name_seed);
  ~SubjectTable();

  // The hash that spellings have.
  uint64_t HashOf(Bytes der) const {
    return (*hasher_)(der.data(), der.size());
  }

  // FindSpelling returns the spelling that is `der`; null if no CA uses it.
  __attribute__((always_inline)) const Spelling* FindSpelling(
      Bytes der, uint64_t hash) const {
    const Spelling* spelling = nullptr;
    const auto glance = spellings_.GlanceAt(
        {der, hash},
        [&](const SpellingTraits::Entry& entry) { spelling = entry.spelling; });
    if (glance == Spellings::Glance::kUnclear) [[unlikely]] {
      spelling = FindFurther(der, hash);
    }
    return spelling;
  }

  // Find returns the subject that `name` is, null if no CA has it. `hash` is
  // that of its bytes.
  const Subject* Find(const x509::Name& name, uint64_t hash) const;
  const Subject* Find(const x509::Name& name) const {
    return Find(name, HashOf(name.der()));
  }

  // Makes room for `spellings` in all, at once.
  void Reserve(size_t spellings) {
    subjects_.Reserve(spellings);
    spellings_.Reserve(spellings);
  }

  // Acquire holds the spelling of `name` once more; Release gives that up.
  const Spelling* Acquire(const x509::Name& name);
  void Release(const Spelling* spelling);

 private:
  struct SpellingTraits {
    struct Key {
      Bytes der;
      uint64_t hash;
    };
    struct Entry {
      Spelling* spelling;
    };
    uint64_t Hash(const Key& key) const { return key.hash; }
    uint64_t HashOf(const Entry& entry) const { return entry.spelling->hash(); }
    bool Matches(const Entry& entry, const Key& key) const {
      return der::Equal(entry.spelling->der(), key.der);
    }
  };
  struct SubjectTraits {
    using Key = x509::Name;
    struct Entry {
      Subject* subject;
    };
    uint64_t Hash(const x509::Name& name) const { return name.Hash(seed); }
    uint64_t HashOf(const Entry& entry) const { return entry.subject->hash_; }
    bool Matches(const Entry& entry, const x509::Name& name) const {
      return entry.subject->name_ == name;
    }

    uint64_t seed;
  };

  // Room for a spelling of common length, in whole cache lines. They come from
  // a pool: in a heap, between the certificates of their CAs, nearly each would
  // have a page of its own, which every look-up would wait for.
  struct alignas(64) Cell {
    std::array<std::byte, 192> room;
  };

  using Spellings = memory::HashTable<SpellingTraits>;

  __attribute__((noinline)) const Spelling* FindFurther(Bytes der,
                                                        uint64_t hash) const {
    const auto found = spellings_.Find({der, hash});
    return found ? found->spelling : nullptr;
  }

  Spelling* Make(Bytes der, uint64_t hash);
  static void Destroy(void* spelling);

  // Tells the oldest spelling whether it is alone. Others never are, unless
  // they become the oldest.
  static void UpdateOnlyOne(Subject* subject);
  void Link(Spelling* spelling, const x509::Name& name);
  // Returns the subject if that was its last spelling, to be retired when the
  // spelling is no longer found.
  std::unique_ptr<Subject> Unlink(const Spelling* spelling);

  memory::Epochs* const epochs_;
  const memory::Hasher* const hasher_;
  const uint64_t name_seed_;
  std::atomic<uint32_t> next_id_{1};
  memory::Pool<Cell> cells_;
  memory::HashTable<SubjectTraits> subjects_;
  Spellings spellings_;
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_SUBJECT_TABLE_H_
