#include "engine/catalog/ca_table.h"

#include <optional>
#include <utility>

namespace chainkeep::catalog {

CaTable::CaTable(memory::Epochs* epochs, const memory::Hasher* hasher,
                 uint64_t name_seed, signature::KeyTables* key_tables)
    : epochs_(epochs),
      key_tables_(key_tables),
      subjects_(epochs, hasher, name_seed),
      table_(epochs, Traits{hasher}, {}) {}

CaTable::~CaTable() {
  table_.ForEach([](const Traits::Entry& entry) { delete entry.ca; });
}

const InternedCa* CaTable::Find(const CertificateId& id) const {
  const std::optional<Traits::Entry> entry = table_.Find(id);
  return entry ? entry->ca : nullptr;
}

InternedCa* CaTable::Intern(std::shared_ptr<const CaRecord> record) {
  key_tables_->Attach(&record->ca().tables, record->key());
  const Spelling* const subject =
      subjects_.Acquire(record->certificate().subject());
  return new InternedCa{.id = record->id(),
                        .record = record,
                        .subject = subject,
                        .registrations = 0};
}

const InternedCa* CaTable::Hold(std::shared_ptr<const CaRecord> record) {
  const CertificateId id = record->id();
  InternedCa* ca = nullptr;
  table_.Update(id, [&](std::optional<Traits::Entry>& entry) {
    if (!entry) entry = {Intern(std::move(record))};
    ca = entry->ca;
    ++ca->registrations;
  });
  return ca;
}

void CaTable::Drop(const CertificateId& id) {
  InternedCa* last = nullptr;
  table_.Update(id, [&](std::optional<Traits::Entry>& entry) {
    if (--entry->ca->registrations > 0) return;
    last = entry->ca;
    entry.reset();
  });
  if (last == nullptr) return;
  subjects_.Release(last->subject);
  epochs_->Retire(std::unique_ptr<InternedCa>(last),
                  sizeof(*last) + last->record->memory());
}

}  // namespace chainkeep::catalog
