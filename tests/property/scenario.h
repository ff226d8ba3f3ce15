// A scenario is a list of operations on a fresh engine: commands of the
// registry, and handshakes between them. It is played on the engine and on the
// oracle together, and every answer is compared.
//
// Every list of operations can be played, whatever is missing from it, so that
// a scenario which fails can be made smaller: Shrink leaves what is needed.

#ifndef CHAINKEEP_TESTS_PROPERTY_SCENARIO_H_
#define CHAINKEEP_TESTS_PROPERTY_SCENARIO_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/property/oracle.h"

namespace chainkeep::test {

struct Operation {
  enum class Kind : uint8_t {
    kRegister,
    kSetStatus,
    kDelete,
    kPutEndpoint,
    kDeleteEndpoint,
    kHandshake,  // Begin and Present
    kFinish,     // Finish, of the last handshake
  };

  Kind kind = Kind::kHandshake;
  // Each kind uses those that it needs.
  int account = 0;
  int region = 0;
  int ca = 0;
  Mode mode = Mode::kDefault;
  CaStatus status = CaStatus::kActive;
  int host = 0;
  EndpointService service = EndpointService::kData;
  EndpointStatus endpoint_status = EndpointStatus::kEnabled;
  Question question = {};
};

using Scenario = std::vector<Operation>;

// The operations that `seed` stands for: `handshakes` of them, and before each
// at least one command.
Scenario MakeScenario(uint64_t seed, int handshakes);

// How often each kind of answer was given: a test that never lets anybody in
// proves nothing. By text, "kAccepted SNI_ONLY named" for example.
using Tally = std::map<std::string, int>;

// Play returns the first difference between engine and oracle, or the first
// violation of R82; "" if there is none.
std::string Play(const Scenario& scenario, Tally* tally);

// Shrink returns a part of a failing scenario, in its order, that fails as
// well, and of which no single operation can be left out.
Scenario Shrink(Scenario scenario);

// One line an operation.
std::string Describe(const Scenario& scenario);

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_PROPERTY_SCENARIO_H_
