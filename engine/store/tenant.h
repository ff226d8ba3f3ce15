// What every row of a store begins with: whose it is.

#ifndef CHAINKEEP_ENGINE_STORE_TENANT_H_
#define CHAINKEEP_ENGINE_STORE_TENANT_H_

#include <utility>

#include "chainkeep/types.h"

namespace chainkeep::store {

// Tenant is what a registration code belongs to.
struct Tenant {
  Account account;
  Region region;

  friend bool operator==(const Tenant&, const Tenant&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Tenant& tenant) {
    return H::combine(std::move(h), tenant.account, tenant.region);
  }
};

// CertificateKey names the row of a certificate, a CA's or a device's. The mode
// is not part of it: a tenant holds one certificate in one mode only.
struct CertificateKey {
  Tenant tenant;
  CertificateId id;

  friend bool operator==(const CertificateKey&,
                         const CertificateKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const CertificateKey& key) {
    return H::combine(std::move(h), key.tenant, key.id);
  }
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_TENANT_H_
