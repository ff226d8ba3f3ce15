// Requires that a CRL says to us what it says to BoringSSL: version, issuer,
// times, and each entry with its serial number, time and reason. There is no
// exception.

#ifndef CHAINKEEP_FUZZ_CRL_REFERENCE_H_
#define CHAINKEEP_FUZZ_CRL_REFERENCE_H_

#include "engine/x509/crl.h"
#include "openssl/x509.h"

namespace chainkeep::fuzz {

void RequireSame(X509_CRL* theirs, const x509::Crl& ours);

}  // namespace chainkeep::fuzz

#endif  // CHAINKEEP_FUZZ_CRL_REFERENCE_H_
