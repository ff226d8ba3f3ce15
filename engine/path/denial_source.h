// DenialSource is how path building asks what an account has refused. Like
// AnchorSource, the path room owns it and the catalog implements it.

#ifndef CHAINKEEP_ENGINE_PATH_DENIAL_SOURCE_H_
#define CHAINKEEP_ENGINE_PATH_DENIAL_SOURCE_H_

#include <cstdint>

#include "chainkeep/types.h"

namespace chainkeep::path {

// CaDenial says whether an account has switched a CA off.
enum class CaDenial : uint8_t {
  kNone,
  kShown,
  // By registrations that the handshake may not see: it is refused, and only a
  // peer that has proven its key may notice.
  kHidden,
};

class DenialSource {
 public:
  virtual ~DenialSource() = default;

  // Whether `account` has an INACTIVE registration of the CA, by whichever of
  // its certificates, and no ACTIVE one that the handshake may see: then the CA
  // is no step to an anchor of that account, whoever presents a certificate of
  // it. What other accounts have registered does not matter.
  virtual CaDenial FindDenial(const Account& account, const CaId& ca) const = 0;
};

}  // namespace chainkeep::path

#endif  // CHAINKEEP_ENGINE_PATH_DENIAL_SOURCE_H_
