// Registration is one CA in one scope; the indexes of the catalog point to it.

#ifndef CHAINKEEP_ENGINE_CATALOG_REGISTRATION_H_
#define CHAINKEEP_ENGINE_CATALOG_REGISTRATION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "chainkeep/types.h"
#include "engine/catalog/ca_record.h"
#include "engine/path/anchor_source.h"

namespace chainkeep::catalog {

struct Registration {
  Scope scope;
  std::shared_ptr<const CaRecord> record;
  CaStatus status = CaStatus::kInactive;
  uint64_t version = 0;

  path::Anchor ToAnchor() const;
};

// DefaultRegistration is a Registration whose mode is known to be DEFAULT. The
// index that a handshake without a server name searches holds nothing else.
class DefaultRegistration {
 public:
  // From is the one conversion: nothing for an SNI_ONLY registration.
  static std::optional<DefaultRegistration> From(const Registration* r);

  const Registration& operator*() const { return *registration_; }
  const Registration* get() const { return registration_; }

 private:
  explicit DefaultRegistration(const Registration* r) : registration_(r) {}

  const Registration* registration_;
};

// TenantRegistration is any registration, seen from its own tenant.
class TenantRegistration {
 public:
  explicit TenantRegistration(const Registration* r) : registration_(r) {}

  const Registration& operator*() const { return *registration_; }
  const Registration* get() const { return registration_; }

 private:
  const Registration* registration_;
};

// RegistrationIndex finds registrations of type R by subject and by id. The
// hash of a subject only chooses the bucket; names are compared in full. Not
// thread-safe: the catalog's lock guards it.
template <typename R>
class RegistrationIndex {
 public:
  void Add(R registration, uint64_t seed);
  void Remove(const Registration* registration, uint64_t seed);

  size_t FindIssuers(const x509::Name& issuer, Bytes key_id, uint64_t seed,
                     std::span<path::Anchor> anchors) const;
  bool FindById(const CertificateId& id, path::Anchor* anchor) const;

  bool empty() const { return by_id_.empty(); }

 private:
  // Each bucket oldest first. Several subjects may share a hash.
  absl::flat_hash_map<uint64_t, std::vector<R>> by_subject_;
  absl::flat_hash_map<CertificateId, R> by_id_;
};

class DefaultIndex final : public RegistrationIndex<DefaultRegistration> {};
class TenantIndex final : public RegistrationIndex<TenantRegistration> {};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_REGISTRATION_H_
