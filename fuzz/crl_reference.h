// Requires that a CRL says to us what it says to BoringSSL: version, issuer,
// times, and each entry with its serial number, time and reason.
//
// BoringSSL also reads what is inside an otherName or ediPartyName, as the name
// of a distribution point or of a key's issuer. We act on neither and compare
// them as bytes, so there, and nowhere else, it may refuse what we take.

#ifndef CHAINKEEP_FUZZ_CRL_REFERENCE_H_
#define CHAINKEEP_FUZZ_CRL_REFERENCE_H_

#include <string_view>

#include "engine/x509/crl.h"
#include "openssl/x509.h"

namespace chainkeep::fuzz {

inline constexpr std::string_view kNamesOnlyTheyRead[] = {"OTHERNAME",
                                                          "EDIPARTYNAME"};

void RequireSame(X509_CRL* theirs, const x509::Crl& ours);

}  // namespace chainkeep::fuzz

#endif  // CHAINKEEP_FUZZ_CRL_REFERENCE_H_
