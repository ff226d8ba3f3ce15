#include "engine/sni/tenant_names.h"

#include <memory>
#include <optional>

namespace chainkeep::sni {

uint64_t TenantNames::RegionTraits::Hash(const Region& region) const {
  return (*hasher)(region.text());
}

uint64_t TenantNames::Traits::Hash(const Key& key) const {
  return (*hasher)((*hasher)(key.account.text()), key.region->hash);
}

uint64_t TenantNames::Traits::HashOf(const Entry& entry) const {
  return Hash({entry.tenant->account, entry.tenant->region});
}

bool TenantNames::Traits::Matches(const Entry& entry, const Key& key) const {
  return entry.tenant->account == key.account &&
         entry.tenant->region == key.region;
}

TenantNames::TenantNames(memory::Epochs* epochs, const memory::Hasher& hasher)
    : epochs_(epochs),
      regions_(epochs, RegionTraits{&hasher}, {}),
      table_(epochs, Traits{&hasher}, {}) {}

TenantNames::~TenantNames() {
  table_.ForEach([](const Traits::Entry& entry) { delete entry.tenant; });
  regions_.ForEach([](const RegionTraits::Entry& entry) { delete entry.name; });
}

const RegionName* TenantNames::GetRegion(const Region& region) {
  {
    const memory::Epochs::Pin pin = epochs_->Acquire();
    if (const auto entry = regions_.Find(region)) return entry->name;
  }
  const RegionName* name = nullptr;
  regions_.Update(region, [&](std::optional<RegionTraits::Entry>& entry) {
    if (!entry)
      entry = {new RegionName{region, regions_.traits().Hash(region)}};
    name = entry->name;
  });
  return name;
}

const TenantName* TenantNames::Share(const Account& account,
                                     const Region& region) {
  const RegionName* const name = GetRegion(region);
  const TenantName* shared = nullptr;
  table_.Update({account, name}, [&](std::optional<Traits::Entry>& entry) {
    if (!entry) entry = {new TenantName{name, account}};
    ++entry->tenant->shares;
    shared = entry->tenant;
  });
  return shared;
}

void TenantNames::Release(const TenantName* tenant) {
  std::unique_ptr<TenantName> last;
  table_.Update({tenant->account, tenant->region},
                [&](std::optional<Traits::Entry>& entry) {
                  if (--entry->tenant->shares > 0) return;
                  last.reset(entry->tenant);
                  entry.reset();
                });
  epochs_->Retire(std::move(last));
}

}  // namespace chainkeep::sni
