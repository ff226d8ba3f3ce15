// RevocationSource is how the rules ask for CRLs. Like AnchorSource, the path
// room owns it and the catalog implements it.

#ifndef CHAINKEEP_ENGINE_PATH_REVOCATION_SOURCE_H_
#define CHAINKEEP_ENGINE_PATH_REVOCATION_SOURCE_H_

#include "engine/path/anchor_source.h"
#include "engine/revocation/crl_set.h"
#include "engine/x509/certificate.h"

namespace chainkeep::path {

class RevocationSource {
 public:
  virtual ~RevocationSource() = default;

  // FindCrls returns the CRLs that the tenant of `anchor` has for the CA that
  // is named and keyed like `issuer`, which stands on a verified path; null if
  // there are none. Valid as long as the view is.
  virtual const revocation::CrlSet* FindCrls(
      const Anchor& anchor, const x509::Certificate& issuer) const = 0;
};

}  // namespace chainkeep::path

#endif  // CHAINKEEP_ENGINE_PATH_REVOCATION_SOURCE_H_
