// Requires that a certificate means to us what it means to BoringSSL.
//
// There is no exception to the fields. Extensions are compared where BoringSSL
// takes all of them: it also parses some that we leave alone (Netscape's),
// refuses a pathLenConstraint of what is no CA, and reads names to the end when
// it parses, not when it needs them. Which extensions are critical is compared
// always; which of those it knows is not, since each side knows some that the
// other does not.

#ifndef CHAINKEEP_FUZZ_CERTIFICATE_REFERENCE_H_
#define CHAINKEEP_FUZZ_CERTIFICATE_REFERENCE_H_

#include "engine/x509/certificate.h"
#include "openssl/x509.h"

namespace chainkeep::fuzz {

void RequireSame(X509& theirs, const x509::Certificate& ours);
void RequireSame(X509& theirs, const x509::Extensions& ours);

}  // namespace chainkeep::fuzz

#endif  // CHAINKEEP_FUZZ_CERTIFICATE_REFERENCE_H_
