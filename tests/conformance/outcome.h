// Outcome is what we say of one conformance case.

#ifndef CHAINKEEP_TESTS_CONFORMANCE_OUTCOME_H_
#define CHAINKEEP_TESTS_CONFORMANCE_OUTCOME_H_

#include <string>
#include <utility>

namespace chainkeep::conformance {

struct Outcome {
  bool success = false;
  std::string why = {};  // of a failure, for a person; one line
};

inline Outcome Succeed() { return {true}; }
inline Outcome Fail(std::string why) { return {false, std::move(why)}; }

}  // namespace chainkeep::conformance

#endif  // CHAINKEEP_TESTS_CONFORMANCE_OUTCOME_H_
