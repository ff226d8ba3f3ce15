// TenantNames keeps one copy of each tenant's names for all endpoints of it.
//
// An endpoint then names its tenant by a pointer of eight bytes. Tenants are
// counted: the last endpoint of one takes it along. Regions stay, for they are
// few: there are as many as there were ever regions with an endpoint. All
// tenants of one share its name, so that who compares it finds it in the
// processor's caches.
//
// CONCURRENCY
//  - Any thread may Share and Release; both lock one shard of a table.
//  - A TenantName does not change while anybody holds a share of it, or, having
//    seen it through something that held one, is still pinned. A RegionName
//    never does.

#ifndef CHAINKEEP_ENGINE_SNI_TENANT_NAMES_H_
#define CHAINKEEP_ENGINE_SNI_TENANT_NAMES_H_

#include <cstddef>
#include <cstdint>

#include "chainkeep/types.h"
#include "engine/memory/epochs.h"
#include "engine/memory/hash.h"
#include "engine/memory/hash_table.h"

namespace chainkeep::sni {

struct RegionName {
  Region region;
  uint64_t hash;  // of the region's text, by the tables' hasher
};

struct TenantName {
  const RegionName* region;
  Account account;
  uint64_t shares = 0;  // under the lock of the tenant's shard
};

class TenantNames {
 public:
  // At most, with its place in the table and what allocators add.
  static constexpr size_t kBytesForOne = sizeof(TenantName) + 32;

  // `epochs` outlives the table, and so does `hasher`.
  TenantNames(memory::Epochs* epochs, const memory::Hasher& hasher);
  // Of shares that were not released the memory is freed all the same.
  ~TenantNames();
  TenantNames(const TenantNames&) = delete;
  TenantNames& operator=(const TenantNames&) = delete;

  // Share returns the one copy, made if need be, for one Release.
  const TenantName* Share(const Account& account, const Region& region);

  // Release gives a share back, after whatever led readers to it was made
  // unreachable.
  void Release(const TenantName* tenant);

  // How many tenants there are.
  size_t size() const { return table_.size(); }

 private:
  struct RegionTraits {
    using Key = Region;
    struct Entry {
      const RegionName* name;
    };
    uint64_t Hash(const Region& region) const;
    uint64_t HashOf(const Entry& entry) const { return entry.name->hash; }
    bool Matches(const Entry& entry, const Region& region) const {
      return entry.name->region == region;
    }

    const memory::Hasher* hasher;
  };
  struct Key {
    const Account& account;
    const RegionName* region;
  };
  struct Traits {
    using Key = TenantNames::Key;
    struct Entry {
      TenantName* tenant;
    };
    uint64_t Hash(const Key& key) const;
    uint64_t HashOf(const Entry& entry) const;
    bool Matches(const Entry& entry, const Key& key) const;

    const memory::Hasher* hasher;
  };

  // Returns the one copy, made if need be.
  const RegionName* GetRegion(const Region& region);

  memory::Epochs* const epochs_;
  memory::HashTable<RegionTraits> regions_;
  memory::HashTable<Traits> table_;
};

}  // namespace chainkeep::sni

#endif  // CHAINKEEP_ENGINE_SNI_TENANT_NAMES_H_
