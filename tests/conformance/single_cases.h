// Runs conformance cases that ask one room alone: parsing a certificate or a
// CRL, a signature, name constraints.

#ifndef CHAINKEEP_TESTS_CONFORMANCE_SINGLE_CASES_H_
#define CHAINKEEP_TESTS_CONFORMANCE_SINGLE_CASES_H_

#include "chainkeep/options.h"
#include "engine/signature/prepared/arithmetic.h"
#include "tests/conformance/outcome.h"
#include "tests/support/vectors.h"

namespace chainkeep::conformance {

Outcome RunParseCertificate(const test::VectorCase& c, EncodingRule encoding);
Outcome RunParseCrl(const test::VectorCase& c, EncodingRule encoding);
Outcome RunNameConstraints(const test::VectorCase& c, EncodingRule encoding);

// A signature under the case's own algorithm. Which algorithms a certificate
// may use is a question of policy, that no case of this kind asks.
// With an arithmetic, by a table, if the key can have one.
Outcome RunSignature(const test::VectorCase& c, EncodingRule encoding,
                     signature::prepared::Arithmetic arithmetic);

}  // namespace chainkeep::conformance

#endif  // CHAINKEEP_TESTS_CONFORMANCE_SINGLE_CASES_H_
