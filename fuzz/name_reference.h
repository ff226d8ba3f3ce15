// How names compare for BoringSSL, and where that differs from us on purpose.
//
//  - TeletexString: BoringSSL reads it as Latin-1; we compare its bytes, since
//    nobody agrees on what it means. So it may take names for equal that we do
//    not.
//  - An RDN of more than 16 attributes: we compare it in its order, so that a
//    hostile one costs no quadratic time; BoringSSL sorts. Likewise.
//  - NumericString: we read it as text, BoringSSL compares its bytes. So we may
//    take names for equal that it does not.

#ifndef CHAINKEEP_FUZZ_NAME_REFERENCE_H_
#define CHAINKEEP_FUZZ_NAME_REFERENCE_H_

#include "engine/x509/name.h"

namespace chainkeep::fuzz {

// Requires that both comparisons of two names say the same, the above apart.
void RequireComparedAlike(const x509::Name& a, const x509::Name& b);

}  // namespace chainkeep::fuzz

#endif  // CHAINKEEP_FUZZ_NAME_REFERENCE_H_
