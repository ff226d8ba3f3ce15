// TenantCrls are the CRLs of one tenant: CA → CrlSet.
//
// A CA is known by its name and its key, not by one certificate: a
// cross-certified CA has one set of CRLs.
//
// CONCURRENCY. Readers, under a pin, see one state of all the tenant's sets;
// Replace publishes the next by one store, and retires what it replaces.
// Replace may be called by one thread at a time.

#ifndef CHAINKEEP_ENGINE_CATALOG_TENANT_CRLS_H_
#define CHAINKEEP_ENGINE_CATALOG_TENANT_CRLS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "chainkeep/types.h"
#include "engine/catalog/ca_record.h"
#include "engine/memory/epochs.h"
#include "engine/path/revocation_source.h"
#include "engine/revocation/crl_set.h"
#include "engine/x509/certificate.h"

namespace chainkeep::catalog {

class TenantCrls {
 public:
  TenantCrls() = default;
  ~TenantCrls();
  TenantCrls(const TenantCrls&) = delete;
  TenantCrls& operator=(const TenantCrls&) = delete;

  // Replace puts `set` in the place of what there is for `ca`; an empty set
  // removes it.
  void Replace(std::shared_ptr<const CaRecord> ca,
               std::shared_ptr<const revocation::CrlSet> set, uint64_t version,
               memory::Epochs* epochs);

  // What there is for a CA, and the version of the state that was read. Costs a
  // comparison for each CA that has CRLs.
  path::FoundCrls Find(const x509::Certificate& issuer) const;

  // The same by the CA's id.
  const revocation::CrlSet* FindById(const CaId& id) const;

  // A certificate of the CA of this id, if it has CRLs; otherwise null. The
  // caller keeps others from replacing.
  std::shared_ptr<const CaRecord> RecordOf(const CaId& id) const;

  // Calls `visit` with the id of each CA that has CRLs.
  template <typename Visit>
  void ForEach(Visit visit) const {
    const State* const state = Load();
    if (state == nullptr) return;
    for (const Entry& entry : state->entries) visit(entry.id);
  }

  // How many CAs have CRLs.
  size_t CountCas() const;

  // The version of the last Replace; 0 if there was none.
  uint64_t version() const;

 private:
  struct Entry {
    CaId id;
    std::shared_ptr<const CaRecord> ca;
    std::shared_ptr<const revocation::CrlSet> set;
  };
  struct State {
    uint64_t version = 0;
    std::vector<Entry> entries;
  };

  static size_t BytesLeaving(const State* old, const State& next);

  const State* Load() const { return state_.load(std::memory_order_acquire); }

  // Null before the first Replace. Stays when its last set goes: its version is
  // the proof of that change.
  std::atomic<const State*> state_{nullptr};
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_TENANT_CRLS_H_
