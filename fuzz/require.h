// Require states a property that must hold for every input of a fuzz target.
//
// Where it does not, the process prints what was violated and traps, which
// libFuzzer reports as a crash of the input and a test as a failure.

#ifndef CHAINKEEP_FUZZ_REQUIRE_H_
#define CHAINKEEP_FUZZ_REQUIRE_H_

#include <cstdio>

namespace chainkeep::fuzz {

inline void Require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "property violated: %s\n", property);
  std::fflush(stderr);
  __builtin_trap();
}

}  // namespace chainkeep::fuzz

#endif  // CHAINKEEP_FUZZ_REQUIRE_H_
