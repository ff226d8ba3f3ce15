// What every row of a store begins with: whose it is.

#ifndef CHAINKEEP_ENGINE_STORE_TENANT_H_
#define CHAINKEEP_ENGINE_STORE_TENANT_H_

#include <cstdint>
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

// The largest version of a record: AWS's type for it has 32 bits.
inline constexpr int64_t kMaxCustomerVersion = 2'147'483'647;

// The version after `version`, of which the largest is its own successor.
constexpr int64_t NextCustomerVersion(int64_t version) {
  return version < kMaxCustomerVersion ? version + 1 : kMaxCustomerVersion;
}

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_TENANT_H_
