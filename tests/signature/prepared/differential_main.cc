// See differential.h. Ends with 1 after a disagreement.

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/signature/prepared/differential.h"

namespace {

// A build with assertions is one to find mistakes in, and slow.
#if defined(NDEBUG)
constexpr uint64_t kDefaultAnswers = 1'000'000;
#else
constexpr uint64_t kDefaultAnswers = 20'000;
#endif

// The number after `name`; false where the argument is another.
bool Read(std::string_view argument, std::string_view name, uint64_t* number) {
  if (argument.substr(0, name.size()) != name) return false;
  const std::string_view digits = argument.substr(name.size());
  if (digits.empty() || digits.size() > 18) return false;
  *number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return false;
    *number = *number * 10 + static_cast<uint64_t>(c - '0');
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t answers = kDefaultAnswers;
  uint64_t seed = 1;
  for (int i = 1; i < argc; ++i) {
    if (!Read(argv[i], "--answers=", &answers) &&
        !Read(argv[i], "--seed=", &seed)) {
      std::fprintf(stderr, "usage: %s [--answers=COUNT] [--seed=NUMBER]\n",
                   argv[0]);
      return 2;
    }
  }
  const auto result = chainkeep::test::RunDifferential(answers, seed);
  std::printf("%" PRIu64 " answers: %" PRIu64 " valid, %" PRIu64
              " invalid, %" PRIu64 " not decided; %" PRIu64 " disagreements\n",
              result.answers, result.valid, result.invalid, result.undecided,
              result.disagreements);
  // Without both kinds nothing has been compared.
  const bool is_good =
      result.disagreements == 0 && result.valid > 0 && result.invalid > 0;
  return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
