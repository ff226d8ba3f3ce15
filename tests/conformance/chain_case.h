// Runs a conformance case of kind `chain`: is there a path from its leaf to one
// of its trusted certificates that satisfies its policy?
//
// The search is the engine's own (path::BuildPath after path::MeasureInput);
// the case's trusted certificates take the place of registrations, and its CRLs
// that of those given to the registry. A case sets options of the public policy
// by its fields, never by its name, and none that Engine::CreateListener
// refuses, one exception apart (chain_case.cc).

#ifndef CHAINKEEP_TESTS_CONFORMANCE_CHAIN_CASE_H_
#define CHAINKEEP_TESTS_CONFORMANCE_CHAIN_CASE_H_

#include "chainkeep/options.h"
#include "engine/signature/prepared/arithmetic.h"
#include "tests/conformance/outcome.h"
#include "tests/support/vectors.h"

namespace chainkeep::conformance {

// OptionsOf returns the policy that the fields of `c` ask for; none asks for an
// encoding.
ValidationOptions OptionsOf(const test::VectorCase& c, EncodingRule encoding);

// With an arithmetic, the trusted certificates' keys have tables, which must
// never differ from the library.
Outcome RunChain(const test::VectorCase& c, EncodingRule encoding,
                 signature::prepared::Arithmetic arithmetic =
                     signature::prepared::Arithmetic::kOff);

}  // namespace chainkeep::conformance

#endif  // CHAINKEEP_TESTS_CONFORMANCE_CHAIN_CASE_H_
