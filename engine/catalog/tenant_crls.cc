#include "engine/catalog/tenant_crls.h"

#include <utility>

namespace chainkeep::catalog {
namespace {

bool IsSameCa(const x509::Certificate& a, const x509::Certificate& b) {
  return der::Equal(a.spki(), b.spki()) && a.subject() == b.subject();
}

}  // namespace

TenantCrls::~TenantCrls() { delete Load(); }

void TenantCrls::Replace(std::shared_ptr<const CaRecord> ca,
                         std::shared_ptr<const revocation::CrlSet> set,
                         uint64_t version, memory::Epochs* epochs) {
  const State* const old = Load();
  auto next = old == nullptr ? std::make_unique<State>()
                             : std::make_unique<State>(*old);
  next->version = version;
  std::erase_if(next->entries, [&](const Entry& entry) {
    return IsSameCa(entry.ca->certificate(), ca->certificate());
  });
  if (set->size() > 0) next->entries.push_back({std::move(ca), std::move(set)});
  state_.store(next.release(), std::memory_order_release);
  epochs->Retire(std::unique_ptr<const State>(old));
}

const revocation::CrlSet* TenantCrls::Find(
    const x509::Certificate& issuer) const {
  const State* const state = Load();
  if (state == nullptr) return nullptr;
  for (const Entry& entry : state->entries) {
    if (IsSameCa(entry.ca->certificate(), issuer)) return entry.set.get();
  }
  return nullptr;
}

std::shared_ptr<const CaRecord> TenantCrls::RecordOf(
    const CertificateId& id) const {
  const State* const state = Load();
  if (state == nullptr) return nullptr;
  for (const Entry& entry : state->entries) {
    if (entry.ca->id() == id) return entry.ca;
  }
  return nullptr;
}

size_t TenantCrls::CountCas() const {
  const State* const state = Load();
  return state == nullptr ? 0 : state->entries.size();
}

uint64_t TenantCrls::version() const {
  const State* const state = Load();
  return state == nullptr ? 0 : state->version;
}

}  // namespace chainkeep::catalog
