// Name constraints as BoringSSL evaluates them.
//
// Not all names mean the same to it; those are listed here, and such lists are
// not to be compared (AreReadAlike):
//
//  - iPAddress and registeredID: BoringSSL cannot constrain them.
//  - A dNSName or a host that ends in a dot: it does not drop the dot.
//  - The base "." of a dNSName: to BoringSSL, all that ends in a dot.
//  - A URI with more than a host and a path: user, port and query confuse it,
//    and so does a colon in the path.
//  - An excluded directoryName where one of the names is beyond ASCII, or no
//    string: our doubts refuse (MayBeWithin).
//  - An emailAddress of the subject beside rfc822Names in the subjectAltName,
//    which hide it from us and not from BoringSSL.

#ifndef CHAINKEEP_FUZZ_NAME_CONSTRAINTS_REFERENCE_H_
#define CHAINKEEP_FUZZ_NAME_CONSTRAINTS_REFERENCE_H_

#include <optional>

#include "engine/x509/general_name.h"
#include "engine/x509/name_constraints.h"

namespace chainkeep::fuzz {

bool AreReadAlike(const x509::NameConstraints& constraints,
                  const x509::Name& subject,
                  const std::optional<x509::GeneralNames>& alt_names);

// Whether the subject has an emailAddress that its subjectAltName hides from
// us.
bool HidesEmailAddress(const x509::Name& subject,
                       const std::optional<x509::GeneralNames>& alt_names);

// AskBoringSsl returns X509_V_OK or another X509_V_ERR. `constraints` is the
// contents of the extension's SEQUENCE. What BoringSSL cannot parse is a
// violated property (reference.h).
int AskBoringSsl(Bytes constraints, const x509::Name& subject,
                 const std::optional<x509::GeneralNames>& alt_names);

}  // namespace chainkeep::fuzz

#endif  // CHAINKEEP_FUZZ_NAME_CONSTRAINTS_REFERENCE_H_
