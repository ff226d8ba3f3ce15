// CrlRow is all that a tenant has of CRLs for one CA.

#ifndef CHAINKEEP_ENGINE_STORE_CRL_ROW_H_
#define CHAINKEEP_ENGINE_STORE_CRL_ROW_H_

#include <string>
#include <vector>

#include "engine/store/tenant.h"

namespace chainkeep::store {

struct CrlRow {
  CertificateKey key;             // of the CA, which need not be registered
  std::string ca;                 // its certificate, DER
  std::vector<std::string> crls;  // DER, verified when they were put

  friend bool operator==(const CrlRow&, const CrlRow&) = default;
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_CRL_ROW_H_
