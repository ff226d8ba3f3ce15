// Divergences is the reviewed list of cases on which we differ from a suite on
// purpose.
//
// Each line of the file is `id | expected | actual | why`; the why ends with
// the rule that makes us right, in parentheses. A fifth field, `kTolerant` or
// `kStrict`, is for a difference that there is under that EncodingRule alone. A
// line that begins with '#', and an empty one, says nothing.

#ifndef CHAINKEEP_TESTS_CONFORMANCE_DIVERGENCES_H_
#define CHAINKEEP_TESTS_CONFORMANCE_DIVERGENCES_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "chainkeep/options.h"
#include "tests/support/vectors.h"

namespace chainkeep::conformance {

struct Divergence {
  test::VectorResult expected = test::VectorResult::kFailure;
  test::VectorResult actual = test::VectorResult::kFailure;
  std::string why;
};

// By id.
using Divergences = std::map<std::string, Divergence>;

// ParseDivergences reads the text of a file: what holds under `encoding`.
// Errors name the line, whatever rule it is for: another
// number of fields, an unknown word, an answer that is no difference, a why
// that names no rule, an id twice.
absl::StatusOr<Divergences> ParseDivergences(std::string_view text,
                                             EncodingRule encoding);

}  // namespace chainkeep::conformance

#endif  // CHAINKEEP_TESTS_CONFORMANCE_DIVERGENCES_H_
