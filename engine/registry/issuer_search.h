// IssuerSearch finds the registered CA that signed a device certificate.
//
// A device is registered under a CA that signed it directly: no path is built,
// and a CA that is registered says nothing of certificates that one below it
// signed. Find is called twice, once before the transaction that registers the
// device and once inside of it, for what is registered may have changed
// meanwhile; a signature that the first call has checked is not checked again,
// so that the store is not locked for the time that takes.
//
// An object belongs to one command, and views the certificate it was made of.

#ifndef CHAINKEEP_ENGINE_REGISTRY_ISSUER_SEARCH_H_
#define CHAINKEEP_ENGINE_REGISTRY_ISSUER_SEARCH_H_

#include <map>
#include <optional>

#include "absl/status/statusor.h"
#include "chainkeep/types.h"
#include "engine/store/ca_row.h"
#include "engine/store/registry_view.h"
#include "engine/x509/certificate.h"

namespace chainkeep::registry {

class IssuerSearch {
 public:
  // `given` is the CA that the request names, if it names one. The leaf's
  // algorithm has been checked (CheckDeviceCertificate).
  IssuerSearch(const x509::Certificate& leaf,
               std::optional<CertificateId> given);

  // Find returns the tenant's ACTIVE CA that signed the leaf. Errors:
  //  - kCertificateValidation: none of the leaf's issuer's name is registered,
  //    or the one there is, or that was given, did not sign it;
  //  - kCertificateConflict: there are several, and none was given;
  //  - kCertificateState: it is INACTIVE.
  absl::StatusOr<store::CaRow> Find(const store::RegistryView& view,
                                    const store::Tenant& tenant);

 private:
  bool HasSigned(const store::CaRow& ca);

  const x509::Certificate leaf_;
  const std::optional<CertificateId> given_;
  std::map<CertificateId, bool> checked_;
};

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_ISSUER_SEARCH_H_
