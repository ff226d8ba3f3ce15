// BytesInterner gives equal strings of bytes one record, for as long as
// somebody holds it: device records of one CA share its certificate id.
//
// CONCURRENCY. Records are read by any thread, under a pin. Acquire and
// Release: any thread; they lock one shard of the table.

#ifndef CHAINKEEP_ENGINE_CATALOG_BYTES_INTERNER_H_
#define CHAINKEEP_ENGINE_CATALOG_BYTES_INTERNER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "chainkeep/types.h"
#include "engine/der/cursor.h"
#include "engine/memory/epochs.h"
#include "engine/memory/hash.h"
#include "engine/memory/hash_table.h"

namespace chainkeep::catalog {

class BytesInterner {
 public:
  class Record {
   public:
    Bytes value() const { return bytes_; }

   private:
    friend class BytesInterner;
    explicit Record(Bytes bytes) : bytes_(bytes.begin(), bytes.end()) {}

    const std::vector<uint8_t> bytes_;
    uint32_t holders_ = 0;  // guarded by the shard's lock
  };

  BytesInterner(memory::Epochs* epochs, const memory::Hasher* hasher)
      : epochs_(epochs), table_(epochs, Traits{hasher}, {}) {}
  ~BytesInterner() {
    table_.ForEach([](const Traits::Entry& entry) { delete entry.record; });
  }

  // Acquire holds `value` once more; Release gives that up.
  const Record* Acquire(Bytes value) {
    Record* record = nullptr;
    table_.Update(value, [&](std::optional<Traits::Entry>& entry) {
      if (!entry) entry = {new Record(value)};
      record = entry->record;
      ++record->holders_;
    });
    return record;
  }
  void Release(const Record* held) {
    Record* unheld = nullptr;
    table_.Update(held->value(), [&](std::optional<Traits::Entry>& entry) {
      if (--entry->record->holders_ > 0) return;
      unheld = entry->record;
      entry.reset();
    });
    if (unheld == nullptr) return;
    epochs_->Retire(std::unique_ptr<Record>(unheld),
                    sizeof(Record) + unheld->value().size());
  }

 private:
  struct Traits {
    using Key = Bytes;
    struct Entry {
      Record* record;
    };
    uint64_t Hash(Bytes value) const {
      return (*hasher)(value.data(), value.size());
    }
    uint64_t HashOf(const Entry& entry) const {
      return Hash(entry.record->value());
    }
    bool Matches(const Entry& entry, Bytes value) const {
      return der::Equal(entry.record->value(), value);
    }

    const memory::Hasher* hasher;
  };

  memory::Epochs* const epochs_;
  memory::HashTable<Traits> table_;
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_BYTES_INTERNER_H_
