// SubjectTable holds the subjects of CAs: each name once, in each spelling that
// a CA uses.
//
// Names are equal as RFC 5280 §7.1 has it. To bring a name to its normal form
// costs more than all the rest of a look-up, and is seldom needed: whoever
// issues certificates copies its own subject into them byte by byte. So the
// indexes of the catalog go by a spelling, by its bytes, and only where a name
// is spelled in more than one way, or in none that is known, by the subject.
// The spelling with which a subject began is its first one for as long as the
// subject exists, whether or not a CA uses it: what is registered under another
// one is listed beside (registration_index.h). So a look-up in one view never
// walks over the spellings that other accounts have brought.
//
// CONCURRENCY. Find: any thread, under a pin, no lock. Acquire and Release: any
// thread; they lock shards of tables, and where a spelling comes or goes, its
// subject before.

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
#include "engine/memory/blocks.h"
#include "engine/memory/epochs.h"
#include "engine/memory/hash.h"
#include "engine/memory/hash_table.h"
#include "engine/memory/pool.h"
#include "engine/memory/striped_locks.h"
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
  // Whether its subject began with it.
  bool is_first() const { return is_first_; }

 private:
  friend class SubjectTable;
  Spelling(Bytes der, uint64_t hash)
      : hash_(hash), size_(static_cast<uint32_t>(der.size())) {}

  // The bytes follow the object.

  const uint64_t hash_;
  const uint32_t size_;
  uint32_t holders_ = 1;  // guarded by the lock of its shard
  const Subject* subject_ = nullptr;
  bool is_first_ = false;
  // Among those of its subject; guarded by the subject's lock.
  Spelling* previous_ = nullptr;
  Spelling* next_ = nullptr;
};

// Subject is a name that some CA has.
class Subject {
 public:
  // Never 0, and never another's again.
  uint32_t id() const { return id_; }
  // The spelling with which it began; null while no CA uses it.
  const Spelling* first() const {
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
  const x509::Name name_;                        // views der_
  std::atomic<const Spelling*> first_{nullptr};  // written under its lock
  Spelling* youngest_ = nullptr;                 // guarded by its lock
};

// FoundSpelling is what the table says of some bytes, at one moment.
struct FoundSpelling {
  const Spelling* spelling = nullptr;  // null: no CA uses them
  // Whether its subject has no other spelling.
  bool is_only_one = false;
};

class SubjectTable {
 public:
  // `name_seed` is of the same secrecy as the hasher's.
  SubjectTable(memory::Epochs* epochs, const memory::Hasher* hasher,
               uint64_t name_seed);
  ~SubjectTable();

  // Whether `der` is as long as names are nearly always: only such are looked
  // for at a glance.
  static bool IsUsual(Bytes der) {
    return der.size() - memory::Hasher::kMinLong <=
           SpellingEntry::kRoom - memory::Hasher::kMinLong;
  }

  // The hash that spellings have.
  uint64_t HashOf(Bytes der) const {
    return IsUsual(der) ? hasher_->OfLong(der.data(), der.size())
                        : (*hasher_)(der.data(), der.size());
  }
  // The same of a usual one, without the other's code, for which a look-up
  // would keep registers.
  __attribute__((always_inline)) uint64_t HashOfUsual(Bytes der) const {
    return hasher_->OfLong(der.data(), der.size());
  }

  // FindSpelling returns the spelling that is `der`.
  FoundSpelling FindSpelling(Bytes der, uint64_t hash) const {
    const auto entry = spellings_.Find({der, hash});
    return entry ? SpellingEntry::Unpack(entry->word) : FoundSpelling();
  }
  // The same at a glance, of a usual one: null also where it is overlooked
  // (HashTable::GlanceAt), or is not the only one of its subject.
  __attribute__((always_inline)) const Spelling* GlanceAtOnlySpelling(
      Bytes der, uint64_t hash) const {
    uint64_t word = 0;
    spellings_.GlanceInPlace({der, hash},
                             [&](uint64_t found) { word = found; });
    if ((word & 1) == 0) [[unlikely]]
      return nullptr;
    return reinterpret_cast<const Spelling*>(word - 1);
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
  // SpellingEntry has the bytes themselves, if they are usual: a look-up
  // compares them where the tags lead it, and waits for memory once. Three
  // cache lines, one beside the other.
  struct SpellingEntry {
    static constexpr size_t kRoom = 172;

    Spelling* spelling() const {
      return reinterpret_cast<Spelling*>(word & ~uint64_t{1});
    }

    // One word: whether it is the only one is the lowest bit.
    static uint64_t Pack(const FoundSpelling& found) {
      return reinterpret_cast<uintptr_t>(found.spelling) |
             uint64_t{found.is_only_one};
    }
    static FoundSpelling Unpack(uint64_t word) {
      return {reinterpret_cast<const Spelling*>(word & ~uint64_t{1}),
              (word & 1) != 0};
    }

    uint64_t hash;
    uint32_t size;
    std::array<uint8_t, kRoom> room;
    uint64_t word;
  };
  static_assert(sizeof(SpellingEntry) == 192);

  struct SpellingTraits {
    struct Key {
      Bytes der;
      uint64_t hash;
    };
    using Entry = SpellingEntry;
    uint64_t Hash(const Key& key) const { return key.hash; }
    uint64_t HashOf(const Entry& entry) const { return entry.hash; }
    bool Matches(const Entry& entry, const Key& key) const {
      if (entry.size != key.der.size()) return false;
      if (!IsUsual(key.der)) [[unlikely]]
        return der::Equal(entry.spelling()->der(), key.der);
      return memory::EqualBlocks(entry.room.data(), key.der.data(),
                                 key.der.size());
    }
  };
  struct SubjectTraits {
    struct Key {
      const x509::Name& name;
      uint64_t hash;  // by HashOfSubject, which costs more than all the rest
    };
    struct Entry {
      Subject* subject;
    };
    uint64_t Hash(const Key& key) const { return key.hash; }
    uint64_t HashOf(const Entry& entry) const { return entry.subject->hash_; }
    bool Matches(const Entry& entry, const Key& key) const {
      return entry.subject->name_ == key.name;
    }
  };
  // Of a name, however it is spelled.
  uint64_t HashOfSubject(const x509::Name& name) const {
    return name.Hash(name_seed_);
  }

  using Spellings = memory::HashTable<SpellingTraits>;

  // Room for a spelling of common length. They come from a pool: in a heap,
  // between the certificates of their CAs, nearly each would have a page of its
  // own, and indexes that grow ask each for its hash.
  struct alignas(64) Cell {
    std::array<std::byte, 192> room;
  };
  Spelling* Make(Bytes der, uint64_t hash);
  static void Destroy(void* spelling);

  // Holds the spelling that is `der` once more; null if there is none.
  Spelling* Hold(Bytes der, uint64_t hash);
  // Gives up what is held once, and says whether that is the last time. Then it
  // stays held, or is found no more, from the same moment on: whoever holds it
  // does without the lock of the subject.
  enum class WhenLast : uint8_t { kKeep, kTakeAway };
  bool GiveUp(const Spelling* held, WhenLast when_last);

  // What follows, and what takes a spelling away, is done under the lock of the
  // subject.

  void SetOnlyOne(const Spelling* spelling, bool is_only_one);
  // Adds a spelling, which is not found yet, to its subject.
  FoundSpelling Link(Spelling* spelling, const SubjectTraits::Key& key);
  // Takes one away that is found no more. Returns the subject if that was its
  // last.
  std::unique_ptr<Subject> Unlink(const Spelling* spelling);

  memory::Epochs* const epochs_;
  const memory::Hasher* const hasher_;
  const uint64_t name_seed_;
  std::atomic<uint32_t> next_id_{1};
  memory::Pool<Cell> cells_;
  memory::HashTable<SubjectTraits> subjects_;
  Spellings spellings_;
  // By the hash of a subject: which spellings it has changes under its lock,
  // which is taken before those of the tables.
  memory::StripedLocks locks_;
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_SUBJECT_TABLE_H_
