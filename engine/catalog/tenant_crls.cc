#include "engine/catalog/tenant_crls.h"

#include <algorithm>
#include <utility>

#include "engine/signature/signed_id.h"

namespace chainkeep::catalog {

TenantCrls::~TenantCrls() { delete Load(); }

void TenantCrls::Replace(std::shared_ptr<const CaRecord> ca,
                         std::shared_ptr<const revocation::CrlSet> set,
                         uint64_t version, memory::Epochs* epochs) {
  const CaId& id = ca->ca_id();
  const State* const old = Load();
  auto next = old == nullptr ? std::make_unique<State>()
                             : std::make_unique<State>(*old);
  next->version = version;
  std::erase_if(next->entries,
                [&](const Entry& entry) { return entry.id == id; });
  if (set->size() > 0) {
    next->entries.push_back({id, std::move(ca), std::move(set)});
  }
  const size_t bytes = BytesLeaving(old, *next);
  state_.store(next.release(), std::memory_order_release);
  epochs->Retire(std::unique_ptr<const State>(old), bytes);
}

// What is freed with `old` when `next` has come: lists may be in both.
size_t TenantCrls::BytesLeaving(const State* old, const State& next) {
  if (old == nullptr) return 0;
  size_t bytes = sizeof(State) + old->entries.capacity() * sizeof(Entry);
  const auto set_of = [&next](const CaId& id) {
    const auto found =
        std::find_if(next.entries.begin(), next.entries.end(),
                     [&](const Entry& entry) { return entry.id == id; });
    return found == next.entries.end() ? nullptr : found->set.get();
  };
  for (const Entry& entry : old->entries) {
    const revocation::CrlSet* const stays = set_of(entry.id);
    if (stays == entry.set.get()) continue;
    bytes += sizeof(revocation::CrlSet) + entry.ca->memory();
    for (const auto& list : entry.set->crls()) {
      const bool is_kept =
          stays != nullptr &&
          std::ranges::find(stays->crls(), list) != stays->crls().end();
      if (!is_kept) bytes += list->memory();
    }
  }
  return bytes;
}

path::FoundCrls TenantCrls::Find(const x509::Certificate& issuer) const {
  const State* const state = Load();
  if (state == nullptr) return {};
  for (const Entry& entry : state->entries) {
    if (signature::IsSameCa(entry.ca->certificate(), issuer)) {
      return {entry.set.get(), state->version};
    }
  }
  return {nullptr, state->version};
}

const revocation::CrlSet* TenantCrls::FindById(const CaId& id) const {
  const State* const state = Load();
  if (state == nullptr) return nullptr;
  for (const Entry& entry : state->entries) {
    if (entry.id == id) return entry.set.get();
  }
  return nullptr;
}

std::shared_ptr<const CaRecord> TenantCrls::RecordOf(const CaId& id) const {
  const State* const state = Load();
  if (state == nullptr) return nullptr;
  for (const Entry& entry : state->entries) {
    if (entry.id == id) return entry.ca;
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
