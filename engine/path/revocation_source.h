// RevocationSource is how the rules ask for CRLs. Like AnchorSource, the path
// room owns it and the catalog implements it.

#ifndef CHAINKEEP_ENGINE_PATH_REVOCATION_SOURCE_H_
#define CHAINKEEP_ENGINE_PATH_REVOCATION_SOURCE_H_

#include <cstdint>

#include "engine/path/anchor_source.h"
#include "engine/revocation/crl_set.h"
#include "engine/x509/certificate.h"

namespace chainkeep::path {

// FoundCrls is what a tenant has for a CA, and the trust version that this
// bears: one state's, so that nobody can read the one before or after a change
// and the other not.
struct FoundCrls {
  const revocation::CrlSet* set = nullptr;  // null: none for that CA
  uint64_t version = 0;  // of all the tenant's CRLs; 0: it never had any
};

class RevocationSource {
 public:
  virtual ~RevocationSource() = default;

  // FindCrls returns the CRLs that the tenant of `anchor` has for the CA that
  // is named and keyed like `issuer`, which stands on a verified path. Valid as
  // long as the view is.
  virtual FoundCrls FindCrls(const Anchor& anchor,
                             const x509::Certificate& issuer) const = 0;
};

}  // namespace chainkeep::path

#endif  // CHAINKEEP_ENGINE_PATH_REVOCATION_SOURCE_H_
