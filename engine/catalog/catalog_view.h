// What one handshake may see of the catalog (see catalog.h, which makes these).
//
// A view is a small value, valid as long as the Pin it came from. Look-ups take
// no lock and allocate nothing.

#ifndef CHAINKEEP_ENGINE_CATALOG_CATALOG_VIEW_H_
#define CHAINKEEP_ENGINE_CATALOG_CATALOG_VIEW_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "chainkeep/types.h"
#include "engine/catalog/ca_table.h"
#include "engine/catalog/device_table.h"
#include "engine/catalog/inactive_cas.h"
#include "engine/catalog/registration_index.h"
#include "engine/catalog/tenant_table.h"
#include "engine/path/anchor_source.h"
#include "engine/path/denial_source.h"
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

// DenialView shows what an account has refused, in whatever mode: refusing is
// not authenticating, and what an account has refused holds on every way to it.
// It can say no, and nothing that would let anybody in.
class DenialView final : public path::DenialSource {
 public:
  // What the handshake may see. An ACTIVE registration beyond that does not
  // make up for an INACTIVE one.
  enum class Sight : uint8_t { kDefaultOnly, kBothModes };

  struct Device {
    DeviceStatus status;  // any but kActive
    Mode mode;
  };

  // What keeps the device out of `account`; nothing: no record of it does.
  std::optional<Device> FindDevice(const Account& account,
                                   const SignedId& id) const {
    const Tenant* const tenant = tenants_.Find(account, region_);
    if (tenant == nullptr) return std::nullopt;
    const std::optional<DeviceView> record = devices_.FindInTenant(*tenant, id);
    if (!record || record->status == DeviceStatus::kActive) return std::nullopt;
    return Device{record->status, record->mode};
  }

  path::CaDenial FindDenial(const Account& account,
                            const CaId& ca) const override {
    const Tenant* const tenant = tenants_.Find(account, region_);
    if (tenant == nullptr) return path::CaDenial::kNone;
    const Spelling* const subject = inactive_.Find(tenant->id, ca);
    if (subject == nullptr) return path::CaDenial::kNone;
    const der::Result<x509::Name> name = x509::Name::Parse(subject->der());
    std::array<path::Anchor, TenantIndex::kMaxWalk> registered;
    const size_t count =
        name.ok() ? by_tenant_.FindIssuers(tenant, *name, {}, registered) : 0;
    path::CaDenial denial = path::CaDenial::kNone;
    for (size_t i = 0; i < count; ++i) {
      if (registered[i].ca->ca_id != ca) continue;
      const path::RegistrationState state = registered[i].state();
      const bool is_seen =
          sight_ == Sight::kBothModes || state.mode == Mode::kDefault;
      if (state.status != CaStatus::kActive) {
        if (is_seen || denial == path::CaDenial::kNone) {
          denial = is_seen ? path::CaDenial::kShown : path::CaDenial::kHidden;
        }
      } else if (is_seen) {
        return path::CaDenial::kNone;
      }
    }
    return denial;
  }

 private:
  friend class Catalog;
  struct Tables {
    const TenantTable& tenants;
    const DeviceTable& devices;
    const InactiveCas& inactive;
    const TenantIndex& by_tenant;
  };
  DenialView(const Tables& tables, const Region& region, Sight sight)
      : tenants_(tables.tenants),
        devices_(tables.devices),
        inactive_(tables.inactive),
        by_tenant_(tables.by_tenant),
        region_(region),
        sight_(sight) {}

  const TenantTable& tenants_;
  const DeviceTable& devices_;
  const InactiveCas& inactive_;
  const TenantIndex& by_tenant_;
  const Region& region_;  // of the caller
  const Sight sight_;
};

// CrlView shows the CRLs of each tenant of one region, to that tenant's anchors
// only.
class CrlView final : public path::RevocationSource {
 public:
  path::FoundCrls FindCrls(const path::Anchor& anchor,
                           const x509::Certificate& issuer) const override {
    const Tenant* const tenant = tenants_.Find(*anchor.account, region_);
    return tenant == nullptr ? path::FoundCrls() : tenant->crls.Find(issuer);
  }

  // The trust version of all the CRLs of a tenant: that of their last change, 0
  // if there never was one. To compare with one that was found with its lists:
  // an answer that rests on these takes the version from FindCrls.
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
