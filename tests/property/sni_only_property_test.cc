// R82: no SNI_ONLY registration ever authenticates a handshake whose server
// name did not resolve to its account.
//
// Random registries, random handshakes: every answer is compared with the
// oracle's, and the property itself is asserted of each acceptance. Between two
// handshakes the registry changes, so each of them meets another registry. A
// slice is one share of the seeds; the slices run on as many cores as there
// are.

#include <string>

#include "gtest/gtest.h"
#include "tests/property/scenario.h"

namespace chainkeep::test {
namespace {

#ifdef NDEBUG
constexpr int kHandshakes = 1'000'000;
constexpr int kHandshakesAScenario = 500;
#else  // a debug build, or a sanitizer's
constexpr int kHandshakes = 10'000;
constexpr int kHandshakesAScenario = 125;
#endif
constexpr int kSlices = 8;
constexpr int kScenariosASlice = kHandshakes / kSlices / kHandshakesAScenario;
static_assert(kScenariosASlice * kSlices * kHandshakesAScenario == kHandshakes);

class SniOnlyProperty : public testing::TestWithParam<int> {};

TEST_P(SniOnlyProperty, R82_OverRandomRegistriesAndHandshakes) {
  Tally tally;
  for (int i = 0; i < kScenariosASlice; ++i) {
    const uint64_t seed = GetParam() + static_cast<uint64_t>(i) * kSlices;
    const Scenario scenario = MakeScenario(seed, kHandshakesAScenario);
    const std::string difference = Play(scenario, &tally);
    if (difference.empty()) continue;
    const Scenario small = Shrink(scenario);
    FAIL() << "seed " << seed << ": " << difference << "\nof "
           << scenario.size() << " operations these " << small.size()
           << " do it:\n"
           << Describe(small) << Play(small, &tally);
  }
  // Of every kind of answer there were some.
  for (const char* answer :
       {"kAccepted DEFAULT", "kAccepted DEFAULT named",
        "kAccepted SNI_ONLY named", "kServerNameRequired", "kCaInactive",
        "kCaInactive named", "kNoRegisteredCa", "kNoRegisteredCa named",
        "kBadSignature", "kServerNameMalformed named",
        "kServerNameUnknown named", "kServerNameDisabled named",
        "kServerNameWrongService named", "kNoIssuer", "finished, held",
        "finished, asked again"}) {
    EXPECT_GT(tally[answer], 0) << answer;
  }
  for (const auto& [answer, count] : tally) {
    RecordProperty(answer, count);
  }
}

INSTANTIATE_TEST_SUITE_P(Slices, SniOnlyProperty, testing::Range(0, kSlices));

}  // namespace
}  // namespace chainkeep::test
