// CaTable interns CA records by certificate id: ten thousand accounts that
// register one CA share one record.
//
// CONCURRENCY. Find: any thread, under a pin, no lock. Hold and Drop: any
// thread, except that two may not concern the same CA at the same time.

#ifndef CHAINKEEP_ENGINE_CATALOG_CA_TABLE_H_
#define CHAINKEEP_ENGINE_CATALOG_CA_TABLE_H_

#include <cstdint>
#include <memory>

#include "chainkeep/types.h"
#include "engine/catalog/ca_record.h"
#include "engine/catalog/subject_table.h"
#include "engine/memory/epochs.h"
#include "engine/memory/hash.h"
#include "engine/memory/hash_table.h"
#include "engine/signature/key_tables.h"

namespace chainkeep::catalog {

// InternedCa is there as long as a registration of the CA is.
struct InternedCa {
  CertificateId id;
  std::shared_ptr<const CaRecord> record;
  const Spelling* subject;
  uint32_t registrations;  // for Hold and Drop
};

class CaTable {
 public:
  // `name_seed` is of the same secrecy as the hasher's.
  CaTable(memory::Epochs* epochs, const memory::Hasher* hasher,
          uint64_t name_seed, signature::KeyTables* key_tables);
  ~CaTable();

  // Null if no registration holds it.
  const InternedCa* Find(const CertificateId& id) const;

  // Hold counts one registration more of `record`'s certificate; the record of
  // the first is the one that all share.
  const InternedCa* Hold(std::shared_ptr<const CaRecord> record);
  // Drop counts one less; the last one takes the record along.
  void Drop(const CertificateId& id);

  // Makes room for `records` in all, at once.
  void Reserve(size_t records) {
    table_.Reserve(records);
    subjects_.Reserve(records);
  }

  const SubjectTable& subjects() const { return subjects_; }
  SubjectTable& subjects() { return subjects_; }
  size_t size() const { return table_.size(); }

 private:
  struct Traits {
    using Key = CertificateId;
    struct Entry {
      InternedCa* ca;
    };
    uint64_t Hash(const CertificateId& id) const {
      return (*hasher)(id.bytes().data(), id.bytes().size());
    }
    uint64_t HashOf(const Entry& entry) const { return Hash(entry.ca->id); }
    bool Matches(const Entry& entry, const CertificateId& id) const {
      return entry.ca->id == id;
    }

    const memory::Hasher* hasher;
  };

  InternedCa* Intern(std::shared_ptr<const CaRecord> record);

  memory::Epochs* const epochs_;
  signature::KeyTables* const key_tables_;
  SubjectTable subjects_;
  memory::HashTable<Traits> table_;
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_CA_TABLE_H_
