// The pieces of ASN.1 that certificates and CRLs have in common.
//
// Views of DER, no copy and no allocation. Pure; any thread may call.

#ifndef CHAINKEEP_ENGINE_X509_FIELDS_H_
#define CHAINKEEP_ENGINE_X509_FIELDS_H_

#include "chainkeep/types.h"
#include "engine/der/cursor.h"

namespace chainkeep::x509 {

// ReadAlgorithm takes an AlgorithmIdentifier (RFC 5280 §4.1.1.2) and gives its
// contents: an OID and at most one value, of whatever type, that is one.
[[nodiscard]] bool ReadAlgorithm(der::Cursor& cursor, Bytes* contents);

// Extension is one of RFC 5280 §4.1, its value not looked at.
struct Extension {
  Bytes oid;
  bool critical = false;
  Bytes value;  // contents of the extnValue
};

// ReadExtension takes the next element, which must be an Extension.
der::Fault ReadExtension(der::Cursor& list, Extension* extension,
                         der::Tolerated* tolerated);

// IdCeNumber returns the number below id-ce (2.5.29), where the extensions of
// RFC 5280 are, or -1 for an OID elsewhere.
inline int IdCeNumber(Bytes oid) {
  if (oid.size() != 3 || oid[0] != 0x55 || oid[1] != 0x1d) return -1;
  return oid[2];
}

}  // namespace chainkeep::x509

#endif  // CHAINKEEP_ENGINE_X509_FIELDS_H_
