// CaRow is one registration as the store keeps it: one CA certificate in one
// scope, and all that may be asked of it later.
//
// Plain values. What is derived from the certificate (subject, validity) stands
// in the row, so that no query has to parse a certificate again.

#ifndef CHAINKEEP_ENGINE_STORE_CA_ROW_H_
#define CHAINKEEP_ENGINE_STORE_CA_ROW_H_

#include <cstdint>
#include <string>
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

// CaKey names a row. The mode is not part of it: a tenant holds one CA in one
// mode only.
struct CaKey {
  Tenant tenant;
  CertificateId id;

  friend bool operator==(const CaKey&, const CaKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const CaKey& key) {
    return H::combine(std::move(h), key.tenant, key.id);
  }
};

struct CaRow {
  CaKey key;
  Mode mode = Mode::kDefault;
  CaStatus status = CaStatus::kInactive;
  bool auto_registration = false;
  std::string pem;
  std::string subject;        // DER of the Name, header included
  uint64_t subject_hash = 0;  // under RegistryView::subject_seed()
  UnixSeconds not_before = 0;
  UnixSeconds not_after = 0;
  UnixSeconds creation_date = 0;
  UnixSeconds last_modified_date = 0;
  int64_t customer_version = 1;
  std::string generation_id;

  friend bool operator==(const CaRow&, const CaRow&) = default;
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_CA_ROW_H_
