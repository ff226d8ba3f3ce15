// The extensions of a certificate by their OIDs, those that x509::Certificate
// does not keep included: for tests of what reads them.

#ifndef CHAINKEEP_TESTS_SUPPORT_CERTIFICATE_EXTENSIONS_H_
#define CHAINKEEP_TESTS_SUPPORT_CERTIFICATE_EXTENSIONS_H_

#include <map>
#include <string>

#include "chainkeep/types.h"

namespace chainkeep::test {

// ExtensionsOf returns the contents of each extnValue of `tbs`, a whole
// TBSCertificate of a well-formed certificate, by its dotted OID. The views
// live as long as `tbs`.
std::map<std::string, Bytes> ExtensionsOf(Bytes tbs);

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SUPPORT_CERTIFICATE_EXTENSIONS_H_
