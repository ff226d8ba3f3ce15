// CrlTable holds the CRLs of tenants: (tenant, CA) → CrlSet.
//
// A CA is known by its name and its key, not by one certificate: a
// cross-certified CA has one set of CRLs. The hash of the name only chooses the
// bucket. Not thread-safe: the catalog's lock guards it.

#ifndef CHAINKEEP_ENGINE_CATALOG_CRL_TABLE_H_
#define CHAINKEEP_ENGINE_CATALOG_CRL_TABLE_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "chainkeep/types.h"
#include "engine/catalog/ca_record.h"
#include "engine/revocation/crl_set.h"
#include "engine/x509/certificate.h"

namespace chainkeep::catalog {

class CrlTable {
 public:
  using TenantKey = std::pair<Account, Region>;

  // Puts `set` in the place of what the tenant has for `ca`; an empty set
  // removes it. `seed` is the catalog's.
  void Replace(const TenantKey& tenant, std::shared_ptr<const CaRecord> ca,
               std::unique_ptr<const revocation::CrlSet> set, uint64_t version,
               uint64_t seed);

  // Whether the tenant has CRLs of `ca`, and of how many CAs.
  bool Has(const TenantKey& tenant, const x509::Certificate& ca,
           uint64_t seed) const {
    return Find(tenant, ca, seed) != nullptr;
  }
  size_t CountCas(const TenantKey& tenant) const;

  // Null if there is none. Valid until the next Replace.
  const revocation::CrlSet* Find(const TenantKey& tenant,
                                 const x509::Certificate& issuer,
                                 uint64_t seed) const;

  // The version of the tenant's last Replace; 0 if there was none.
  uint64_t Version(const TenantKey& tenant) const;

 private:
  struct Entry {
    std::shared_ptr<const CaRecord> ca;
    std::unique_ptr<const revocation::CrlSet> set;
  };
  struct TenantCrls {
    uint64_t version = 0;
    // By the hash of the CA's subject.
    absl::flat_hash_map<uint64_t, std::vector<Entry>> sets;
  };

  // Stays when its last set goes: its version is the proof of that change.
  absl::flat_hash_map<TenantKey, TenantCrls> tenants_;
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_CRL_TABLE_H_
