// Interner gives equal values one number, for as long as somebody holds it.
//
// Names of CAs, their key ids and such are long and shared by many
// registrations; the indexes of the catalog hold their numbers. A number is
// never used for another value again, so that who still has an old one finds
// nothing with it.
//
// CONCURRENCY. Find: any thread, under a pin, no lock. Acquire and Release: any
// thread; they lock one shard of the table.

#ifndef CHAINKEEP_ENGINE_CATALOG_INTERNER_H_
#define CHAINKEEP_ENGINE_CATALOG_INTERNER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "chainkeep/types.h"
#include "engine/der/cursor.h"
#include "engine/memory/epochs.h"
#include "engine/memory/hash.h"
#include "engine/memory/hash_table.h"
#include "engine/x509/name.h"

namespace chainkeep::catalog {

// 0 is the number of no value.
using InternedId = uint32_t;

// BytesPolicy interns strings of bytes, NamePolicy distinguished names, which
// are equal as RFC 5280 §7.1 has it.
struct BytesPolicy {
  using Value = Bytes;

  uint64_t Hash(Bytes value) const {
    return (*hasher)(value.data(), value.size());
  }
  static bool Equal(Bytes a, Bytes b) { return der::Equal(a, b); }
  static Bytes BytesOf(Bytes value) { return value; }
  static Bytes FromBytes(Bytes bytes) { return bytes; }

  const memory::Hasher* hasher;
};

struct NamePolicy {
  using Value = x509::Name;

  uint64_t Hash(const x509::Name& name) const { return name.Hash(seed); }
  static bool Equal(const x509::Name& a, const x509::Name& b) { return a == b; }
  static Bytes BytesOf(const x509::Name& name) { return name.der(); }
  static x509::Name FromBytes(Bytes bytes) { return *x509::Name::Parse(bytes); }

  uint64_t seed;
};

template <typename Policy>
class Interner {
 public:
  using Value = typename Policy::Value;

  // A value that is held.
  class Record {
   public:
    InternedId id() const { return id_; }
    const Value& value() const { return value_; }

   private:
    friend class Interner;
    Record(InternedId id, Bytes bytes)
        : id_(id),
          bytes_(bytes.begin(), bytes.end()),
          value_(Policy::FromBytes(bytes_)) {}

    const InternedId id_;
    const std::vector<uint8_t> bytes_;
    const Value value_;
    uint32_t holders_ = 0;  // guarded by the shard's lock
  };

  Interner(memory::Epochs* epochs, Policy policy)
      : epochs_(epochs), table_(epochs, Traits{policy}, {}) {}
  ~Interner() {
    table_.ForEach([](const Entry& entry) { delete entry.record; });
  }

  // 0 if nobody holds `value`.
  InternedId Find(const Value& value) const {
    const std::optional<Entry> entry = table_.Find(value);
    return entry ? entry->record->id() : 0;
  }

  // Acquire holds `value` once more; Release gives that up.
  const Record* Acquire(const Value& value) {
    Record* record = nullptr;
    table_.Update(value, [&](std::optional<Entry>& entry) {
      if (!entry) {
        const InternedId id = next_.fetch_add(1, std::memory_order_relaxed);
        entry = Entry{new Record(id, Policy::BytesOf(value))};
      }
      record = entry->record;
      ++record->holders_;
    });
    return record;
  }
  void Release(const Record* held) {
    Record* unheld = nullptr;
    table_.Update(held->value(), [&](std::optional<Entry>& entry) {
      if (--entry->record->holders_ > 0) return;
      unheld = entry->record;
      entry.reset();
    });
    if (unheld != nullptr) epochs_->Retire(std::unique_ptr<Record>(unheld));
  }

  size_t size() const { return table_.size(); }

 private:
  struct Entry {
    Record* record;
  };
  struct Traits {
    using Key = Value;
    using Entry = Interner::Entry;

    uint64_t Hash(const Value& value) const { return policy.Hash(value); }
    uint64_t HashOf(const Entry& entry) const {
      return policy.Hash(entry.record->value());
    }
    bool Matches(const Entry& entry, const Value& value) const {
      return Policy::Equal(entry.record->value(), value);
    }

    Policy policy;
  };

  memory::Epochs* const epochs_;
  std::atomic<InternedId> next_{1};
  memory::HashTable<Traits> table_;
};

using BytesInterner = Interner<BytesPolicy>;
using NameInterner = Interner<NamePolicy>;

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_INTERNER_H_
