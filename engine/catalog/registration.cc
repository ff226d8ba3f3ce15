#include "engine/catalog/registration.h"

#include <algorithm>

namespace chainkeep::catalog {
namespace {

// Whether the CA can be the one with `key_id`: where either says nothing of it,
// nothing speaks against it. Only who says another id comes later, so that a CA
// without one is not overtaken by younger ones that claim the right one.
bool MayHaveKeyId(const Registration& registration, Bytes key_id) {
  const std::optional<Bytes>& own =
      registration.record->certificate().extensions().subject_key_id;
  return key_id.empty() || !own || der::Equal(*own, key_id);
}

uint64_t SubjectHash(const Registration& registration, uint64_t seed) {
  return registration.record->certificate().subject().Hash(seed);
}

}  // namespace

path::Anchor Registration::ToAnchor() const {
  return {.certificate = &record->certificate(),
          .key = &record->key(),
          .id = &record->id(),
          .account = &scope.account,
          .mode = scope.mode,
          .status = status,
          .version = version};
}

std::optional<DefaultRegistration> DefaultRegistration::From(
    const Registration* r) {
  if (r->scope.mode != Mode::kDefault) return std::nullopt;
  return DefaultRegistration(r);
}

template <typename R>
void RegistrationIndex<R>::Add(R registration, uint64_t seed) {
  by_id_.emplace((*registration).record->id(), registration);
  // Added in the order of their age.
  by_subject_[SubjectHash(*registration, seed)].push_back(registration);
}

template <typename R>
void RegistrationIndex<R>::Remove(const Registration* registration,
                                  uint64_t seed) {
  by_id_.erase(registration->record->id());
  const auto bucket = by_subject_.find(SubjectHash(*registration, seed));
  if (bucket == by_subject_.end()) return;
  std::erase_if(bucket->second,
                [&](const R& r) { return r.get() == registration; });
  if (bucket->second.empty()) by_subject_.erase(bucket);
}

template <typename R>
size_t RegistrationIndex<R>::FindIssuers(
    const x509::Name& issuer, Bytes key_id, uint64_t seed,
    std::span<path::Anchor> anchors) const {
  const auto bucket = by_subject_.find(issuer.Hash(seed));
  if (bucket == by_subject_.end()) return 0;
  size_t count = 0;
  for (const bool wanted : {true, false}) {
    for (const R& r : bucket->second) {
      if (count == anchors.size()) return count;
      if (MayHaveKeyId(*r, key_id) == wanted &&
          (*r).record->certificate().subject() == issuer) {
        anchors[count++] = (*r).ToAnchor();
      }
    }
  }
  return count;
}

template <typename R>
bool RegistrationIndex<R>::FindById(const CertificateId& id,
                                    path::Anchor* anchor) const {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return false;
  *anchor = (*found->second).ToAnchor();
  return true;
}

template class RegistrationIndex<DefaultRegistration>;
template class RegistrationIndex<TenantRegistration>;

}  // namespace chainkeep::catalog
