// CrlRow is all that a tenant has of CRLs for one CA.
//
// A CA is a name and a key (signature/ca_identity.h): whichever of its
// certificates the lists were given with, they are of the CA, and there is one
// row.

#ifndef CHAINKEEP_ENGINE_STORE_CRL_ROW_H_
#define CHAINKEEP_ENGINE_STORE_CRL_ROW_H_

#include <string>
#include <vector>

#include "engine/store/tenant.h"

namespace chainkeep::store {

struct CrlRow {
  // `id` is the identity of the CA, which need not be registered.
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
