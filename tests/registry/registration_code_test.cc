#include "engine/registry/registration_code.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace chainkeep::registry {
namespace {

bool IsLowercaseHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

TEST(RegistrationCode, Is64LowercaseHexDigitsAndNeverTheSame) {
  std::set<std::string> codes;
  for (int i = 0; i < 1000; ++i) {
    const std::string code = NewRegistrationCode();
    EXPECT_EQ(code.size(), 64u);
    EXPECT_TRUE(IsLowercaseHex(code)) << code;
    codes.insert(code);
  }
  EXPECT_EQ(codes.size(), 1000u);
}

// Each of the 16 digits at each place within 1,000 codes: a generator that
// leaves a bit out would miss some. By chance, one of the 1,024 is missing in
// about one run of 10^25.
TEST(RegistrationCode, EveryDigitOccursAtEveryPlace) {
  std::set<char> seen[64];
  for (int i = 0; i < 1000; ++i) {
    const std::string code = NewRegistrationCode();
    for (size_t place = 0; place < 64; ++place) {
      seen[place].insert(code[place]);
    }
  }
  for (const std::set<char>& digits : seen) EXPECT_EQ(digits.size(), 16u);
}

TEST(GenerationId, Is32LowercaseHexDigitsAndNeverTheSame) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = NewGenerationId();
    EXPECT_EQ(id.size(), 32u);
    EXPECT_TRUE(IsLowercaseHex(id)) << id;
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 1000u);
}

TEST(RegistrationCode, EqualsItselfOnly) {
  struct Case {
    std::string code;
    std::string offered;
    bool equal;
  };
  const Case kCases[] = {
      {"abc", "abc", true},
      {"abc", "abd", false},
      {"abc", "bbc", false},
      {"abc", "ABC", false},
      {"abc", "ab", false},
      {"abc", "abcd", false},
      {"abc", "", false},
      {"", "abc", false},
      {"", "", false},
      {std::string("a\0b", 3), std::string("a\0c", 3), false},
      {std::string("a\0b", 3), "a", false},
  };
  for (const Case& row : kCases) {
    EXPECT_EQ(IsRegistrationCode(row.code, row.offered), row.equal)
        << row.code << " " << row.offered;
  }
}

}  // namespace
}  // namespace chainkeep::registry
