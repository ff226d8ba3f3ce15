// CrlRow is all that a tenant has of CRLs for one CA.
//
// A CA is a name and a key (CaId): whichever of its certificates the lists were
// given with, they are of the CA, and there is one row.

#ifndef CHAINKEEP_ENGINE_STORE_CRL_ROW_H_
#define CHAINKEEP_ENGINE_STORE_CRL_ROW_H_

#include <string>
#include <vector>

#include "engine/store/tenant.h"

namespace chainkeep::store {

// The key of a row, which is of a CA and not of a certificate of it: the id is
// the CA's.
inline CertificateKey CrlKeyOf(const Tenant& tenant, const CaId& ca) {
  return {tenant, CertificateId(ca.bytes())};
}
inline CaId CaOf(const CertificateKey& crl_key) {
  return CaId(crl_key.id.bytes());
}

struct CrlRow {
  // As CrlKeyOf has it. The CA need not be registered.
  CertificateKey key;
  // The certificate of it that the lists were verified with, DER.
  std::string ca;
  // The certificates of it that lists have been given with, and not been taken
  // back; the one given last is `ca`.
  std::vector<CertificateId> given_with;
  std::vector<std::string> crls;  // DER, verified when they were put

  friend bool operator==(const CrlRow&, const CrlRow&) = default;
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_CRL_ROW_H_
