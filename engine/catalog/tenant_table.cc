#include "engine/catalog/tenant_table.h"

#include <optional>

namespace chainkeep::catalog {

uint64_t TenantTable::TenantTraits::Hash(const Key& key) const {
  return (*hasher)((*hasher)(key.first.text()), (*hasher)(key.second.text()));
}

uint64_t TenantTable::TenantTraits::HashOf(const Entry& entry) const {
  return Hash({entry.tenant->account, entry.tenant->region->region});
}

bool TenantTable::TenantTraits::Matches(const Entry& entry,
                                        const Key& key) const {
  return entry.tenant->account == key.first &&
         entry.tenant->region->region == key.second;
}

uint64_t TenantTable::RegionTraits::Hash(const Region& region) const {
  return (*hasher)(region.text());
}

uint64_t TenantTable::RegionTraits::HashOf(const Entry& entry) const {
  return Hash(entry.record->region);
}

bool TenantTable::RegionTraits::Matches(const Entry& entry,
                                        const Region& region) const {
  return entry.record->region == region;
}

TenantTable::TenantTable(memory::Epochs* epochs, const memory::Hasher* hasher)
    : tenants_(epochs, TenantTraits{hasher}, {}),
      regions_(epochs, RegionTraits{hasher}, {}) {}

TenantTable::~TenantTable() {
  tenants_.ForEach(
      [](const TenantTraits::Entry& entry) { delete entry.tenant; });
  regions_.ForEach(
      [](const RegionTraits::Entry& entry) { delete entry.record; });
}

const Tenant* TenantTable::Find(const Account& account,
                                const Region& region) const {
  const auto entry = tenants_.Find({account, region});
  return entry ? entry->tenant : nullptr;
}

const RegionRecord* TenantTable::Find(const Region& region) const {
  const auto entry = regions_.Find(region);
  return entry ? entry->record : nullptr;
}

Tenant* TenantTable::Get(const Account& account, const Region& region) {
  if (const auto entry = tenants_.Find({account, region})) {
    return entry->tenant;
  }
  const RegionRecord* const record = GetRegion(region);
  Tenant* tenant = nullptr;
  tenants_.Update({account, region},
                  [&](std::optional<TenantTraits::Entry>& entry) {
                    if (!entry) {
                      const ViewId id = next_.fetch_add(1);
                      entry = {new Tenant(account, record, id)};
                    }
                    tenant = entry->tenant;
                  });
  return tenant;
}

const RegionRecord* TenantTable::GetRegion(const Region& region) {
  const RegionRecord* record = nullptr;
  regions_.Update(region, [&](std::optional<RegionTraits::Entry>& entry) {
    if (!entry) entry = {new RegionRecord{region, next_.fetch_add(1)}};
    record = entry->record;
  });
  return record;
}

}  // namespace chainkeep::catalog
