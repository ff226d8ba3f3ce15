// What one handshake may see of the catalog (see catalog.h, which makes these).
//
// A view is a small value, valid as long as the Pin it came from. Look-ups take
// no lock and allocate nothing.

#ifndef CHAINKEEP_ENGINE_CATALOG_CATALOG_VIEW_H_
#define CHAINKEEP_ENGINE_CATALOG_CATALOG_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "chainkeep/types.h"
#include "engine/catalog/ca_table.h"
#include "engine/catalog/registration_index.h"
#include "engine/catalog/tenant_table.h"
#include "engine/path/anchor_source.h"
#include "engine/path/revocation_source.h"
#include "engine/revocation/crl_set.h"
#include "engine/x509/certificate.h"
#include "engine/x509/name.h"

namespace chainkeep::catalog {

// IndexView shows what one index holds for one view. Two indexes give two
// types, which nothing converts into each other.
template <typename Index>
class IndexView final : public path::AnchorSource {
 public:
  size_t FindIssuers(const x509::Name& issuer, Bytes key_id,
                     std::span<path::Anchor> anchors) const override {
    if (view_ == nullptr) return 0;
    return index_.FindIssuers(view_, issuer, key_id, anchors);
  }

  bool FindById(const CertificateId& id, path::Anchor* anchor) const override {
    if (view_ == nullptr) return false;
    const InternedCa* const ca = cas_.Find(id);
    if (ca == nullptr) return false;
    const std::optional<Registered> found = index_.FindByCa(view_, *ca);
    if (!found) return false;
    *anchor = found->ToAnchor();
    return true;
  }

  // FindByKeyId fills `anchors` with the registrations of CAs whose subject key
  // id is `key_id`, of whatever subject, oldest first. Of a DefaultView only.
  size_t FindByKeyId(Bytes key_id, std::span<path::Anchor> anchors) const {
    if (view_ == nullptr) return 0;
    return index_.FindByKeyId(view_, key_id, anchors);
  }

 private:
  friend class Catalog;
  IndexView(const Index& index, const CaTable& cas, typename Index::View view)
      : index_(index), cas_(cas), view_(view) {}

  const Index& index_;
  const CaTable& cas_;
  const typename Index::View view_;  // null: nothing is registered there
};

// DefaultView shows the DEFAULT registrations of one region, of all accounts.
using DefaultView = IndexView<DefaultIndex>;

// TenantView shows one tenant's registrations, of both modes.
using TenantView = IndexView<TenantIndex>;

// CrlView shows the CRLs of each tenant of one region, to that tenant's anchors
// only.
class CrlView final : public path::RevocationSource {
 public:
  const revocation::CrlSet* FindCrls(
      const path::Anchor& anchor,
      const x509::Certificate& issuer) const override {
    const Tenant* const tenant = tenants_.Find(*anchor.account, region_);
    return tenant == nullptr ? nullptr : tenant->crls.Find(issuer);
  }

  // The trust version of all the CRLs of a tenant: that of their last change, 0
  // if there never was one.
  uint64_t Version(const Account& account) const {
    const Tenant* const tenant = tenants_.Find(account, region_);
    return tenant == nullptr ? 0 : tenant->crls.version();
  }

 private:
  friend class Catalog;
  CrlView(const TenantTable& tenants, const Region& region)
      : tenants_(tenants), region_(region) {}

  const TenantTable& tenants_;
  const Region& region_;  // of the caller
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_CATALOG_VIEW_H_
