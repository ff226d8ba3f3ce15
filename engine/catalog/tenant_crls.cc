#include "engine/catalog/crl_table.h"

namespace chainkeep::catalog {
namespace {

bool IsSameCa(const x509::Certificate& a, const x509::Certificate& b) {
  return der::Equal(a.spki(), b.spki()) && a.subject() == b.subject();
}

}  // namespace

void CrlTable::Replace(const TenantKey& tenant,
                       std::shared_ptr<const CaRecord> ca,
                       std::unique_ptr<const revocation::CrlSet> set,
                       uint64_t version, uint64_t seed) {
  TenantCrls& crls = tenants_[tenant];
  crls.version = version;
  const uint64_t hash = ca->certificate().subject().Hash(seed);
  std::vector<Entry>& bucket = crls.sets[hash];
  std::erase_if(bucket, [&](const Entry& entry) {
    return IsSameCa(entry.ca->certificate(), ca->certificate());
  });
  if (set->size() > 0) bucket.push_back({std::move(ca), std::move(set)});
  if (bucket.empty()) crls.sets.erase(hash);
}

const revocation::CrlSet* CrlTable::Find(const TenantKey& tenant,
                                         const x509::Certificate& issuer,
                                         uint64_t seed) const {
  const auto crls = tenants_.find(tenant);
  if (crls == tenants_.end()) return nullptr;
  const auto bucket = crls->second.sets.find(issuer.subject().Hash(seed));
  if (bucket == crls->second.sets.end()) return nullptr;
  for (const Entry& entry : bucket->second) {
    if (IsSameCa(entry.ca->certificate(), issuer)) return entry.set.get();
  }
  return nullptr;
}

size_t CrlTable::CountCas(const TenantKey& tenant) const {
  const auto crls = tenants_.find(tenant);
  if (crls == tenants_.end()) return 0;
  size_t count = 0;
  for (const auto& [hash, bucket] : crls->second.sets) count += bucket.size();
  return count;
}

uint64_t CrlTable::Version(const TenantKey& tenant) const {
  const auto crls = tenants_.find(tenant);
  return crls == tenants_.end() ? 0 : crls->second.version;
}

}  // namespace chainkeep::catalog
