#include "examples/gateway/arguments.h"

#include <string>
#include <string_view>

#include "chainkeep/status.h"
#include "gtest/gtest.h"

namespace gateway {
namespace {

using chainkeep::ErrorCode;
using chainkeep::ErrorCodeOf;

TEST(ArgumentsTest, TakesACommandApart) {
  auto arguments = Arguments::Parse(
      "  register  --account 1\t--set-as-active --region \"a b\" \r");
  ASSERT_TRUE(arguments.ok());
  EXPECT_EQ(arguments->command(), "register");
  EXPECT_EQ(arguments->Find("--account"), "1");
  EXPECT_EQ(arguments->Find("--set-as-active"), "");
  EXPECT_EQ(arguments->Find("--region"), "a b");
  EXPECT_EQ(arguments->Find("--id"), std::nullopt);
  EXPECT_EQ(arguments->Get("--id"), "");
}

TEST(ArgumentsTest, ASwitchTakesNoValue) {
  for (std::string_view name :
       {"--set-as-active", "--no-set-as-active", "--allow-auto-registration",
        "--no-allow-auto-registration", "--remove-auto-registration",
        "--no-remove-auto-registration"}) {
    auto arguments = Arguments::Parse("c " + std::string(name) + " --v 1");
    ASSERT_TRUE(arguments.ok()) << name;
    EXPECT_EQ(arguments->Find(name), "") << name;
    EXPECT_EQ(arguments->Find("--v"), "1") << name;
  }
}

TEST(ArgumentsTest, ReadsQuotedWords) {
  struct Case {
    std::string_view line;
    std::string_view value;
  };
  constexpr Case kCases[] = {
      {R"(c --v "")", ""},           {R"(c --v "a \"b\" c")", R"(a "b" c)"},
      {R"(c --v "a\\b")", R"(a\b)"}, {R"(c --v "--x")", "--x"},
      {R"(c --v a"b)", R"(a"b)"},    {R"(c --v --x)", "--x"},
  };
  for (const Case& c : kCases) {
    auto arguments = Arguments::Parse(c.line);
    ASSERT_TRUE(arguments.ok()) << c.line;
    EXPECT_EQ(arguments->Find("--v"), c.value) << c.line;
  }
}

TEST(ArgumentsTest, RefusesWhatItCannotTakeApart) {
  constexpr std::string_view kLines[] = {
      "",
      "   ",
      "c --v",
      "c v",
      "c --v \"a",
      "c --v \"a\\",
      "c --v 1 --v 2",
      "c --set-as-active --set-as-active",
  };
  for (std::string_view line : kLines) {
    EXPECT_EQ(ErrorCodeOf(Arguments::Parse(line).status()),
              ErrorCode::kInvalidRequest)
        << line;
  }
}

TEST(ArgumentsTest, NamesAnOptionThatIsMissing) {
  auto arguments = Arguments::Parse("c");
  ASSERT_TRUE(arguments.ok());
  const absl::Status status = arguments->Require("--account").status();
  EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kInvalidRequest);
  EXPECT_NE(status.message().find("--account"), std::string::npos);
}

TEST(ArgumentsTest, KnowsOnlyTheOptionsOfACommandAndTheId) {
  constexpr std::string_view kKnown[] = {"--a", "--b"};
  struct Case {
    std::string_view line;
    bool known;
  };
  constexpr Case kCases[] = {
      {"c", true},
      {"c --a 1 --b 2 --id 3", true},
      {"c --a 1 --c 2", false},
      {"c --set-as-active", false},
      {"c -- 1", false},
  };
  for (const Case& c : kCases) {
    auto arguments = Arguments::Parse(c.line);
    ASSERT_TRUE(arguments.ok()) << c.line;
    EXPECT_EQ(arguments->CheckKnown(kKnown).ok(), c.known) << c.line;
  }
}

}  // namespace
}  // namespace gateway
