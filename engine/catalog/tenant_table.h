// TenantTable gives each tenant, and each region, one record for good.
//
// What is registered points to its Tenant, so that ten thousand registrations
// of one account spell its name once. A record stays when the last registration
// goes: there are as many as there were ever tenants with a registration.
//
// CONCURRENCY. Find: any thread, under a pin, no lock. Get: any thread; it
// locks one shard when the tenant is new.

#ifndef CHAINKEEP_ENGINE_CATALOG_TENANT_TABLE_H_
#define CHAINKEEP_ENGINE_CATALOG_TENANT_TABLE_H_

#include <atomic>
#include <cstdint>
#include <utility>

#include "chainkeep/types.h"
#include "engine/catalog/tenant_crls.h"
#include "engine/memory/epochs.h"
#include "engine/memory/hash.h"
#include "engine/memory/hash_table.h"

namespace chainkeep::catalog {

// ViewId numbers what a look-up may be limited to: a tenant, or a region. Never
// 0.
using ViewId = uint32_t;

struct RegionRecord {
  Region region;
  ViewId id;
};

struct Tenant {
  Tenant(const Account& account, const RegionRecord* region, ViewId id)
      : account(account), region(region), id(id) {}

  const Account account;
  const RegionRecord* const region;
  const ViewId id;
  TenantCrls crls;
};

class TenantTable {
 public:
  TenantTable(memory::Epochs* epochs, const memory::Hasher* hasher);
  ~TenantTable();

  // Makes room for `tenants` in all, at once.
  void Reserve(size_t tenants) { tenants_.Reserve(tenants); }

  // Null if nothing was ever registered there.
  const Tenant* Find(const Account& account, const Region& region) const;
  const RegionRecord* Find(const Region& region) const;

  // Calls `visit` with each tenant.
  template <typename Visit>
  void ForEach(Visit visit) const {
    tenants_.ForEach(
        [&](const TenantTraits::Entry& entry) { visit(*entry.tenant); });
  }

  // The same, made if need be.
  Tenant* Get(const Account& account, const Region& region);

 private:
  struct TenantTraits {
    using Key = std::pair<const Account&, const Region&>;
    struct Entry {
      Tenant* tenant;
    };
    uint64_t Hash(const Key& key) const;
    uint64_t HashOf(const Entry& entry) const;
    bool Matches(const Entry& entry, const Key& key) const;

    const memory::Hasher* hasher;
  };
  struct RegionTraits {
    using Key = Region;
    struct Entry {
      RegionRecord* record;
    };
    uint64_t Hash(const Region& region) const;
    uint64_t HashOf(const Entry& entry) const;
    bool Matches(const Entry& entry, const Region& region) const;

    const memory::Hasher* hasher;
  };

  const RegionRecord* GetRegion(const Region& region);

  std::atomic<ViewId> next_{1};
  memory::HashTable<TenantTraits> tenants_;
  memory::HashTable<RegionTraits> regions_;
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_TENANT_TABLE_H_
