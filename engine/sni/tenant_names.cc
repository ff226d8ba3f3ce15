#include "engine/sni/tenant_names.h"

#include <memory>
#include <optional>

namespace chainkeep::sni {

uint64_t TenantNames::Traits::Hash(const Key& key) const {
  return (*hasher)((*hasher)(key.account.text()), (*hasher)(key.region.text()));
}

uint64_t TenantNames::Traits::HashOf(const Entry& entry) const {
  return Hash({entry.tenant->account, entry.tenant->region});
}

bool TenantNames::Traits::Matches(const Entry& entry, const Key& key) const {
  return entry.tenant->account == key.account &&
         entry.tenant->region == key.region;
}

TenantNames::TenantNames(memory::Epochs* epochs, const memory::Hasher& hasher)
    : epochs_(epochs), hasher_(hasher), table_(epochs, Traits{&hasher}, {}) {}

TenantNames::~TenantNames() {
  table_.ForEach([](const Traits::Entry& entry) { delete entry.tenant; });
}

uint64_t TenantNames::HashOf(const Region& region) const {
  return hasher_(region.text());
}

const TenantName* TenantNames::Share(const Account& account,
                                     const Region& region) {
  const TenantName* shared = nullptr;
  table_.Update({account, region}, [&](std::optional<Traits::Entry>& entry) {
    if (!entry) entry = {new TenantName{account, region, HashOf(region)}};
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
