#include "tests/conformance/divergences.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace chainkeep::conformance {
namespace {

std::optional<test::VectorResult> ToResult(std::string_view word) {
  if (word == "success") return test::VectorResult::kSuccess;
  if (word == "failure") return test::VectorResult::kFailure;
  return std::nullopt;
}

bool IsRule(std::string_view text) {
  int number = 0;
  if (text == "indirect/delta CRL") return true;
  return absl::ConsumePrefix(&text, "V") && absl::SimpleAtoi(text, &number) &&
         number >= 1 && number <= 13;
}

// Whether `why` ends with "(V8)", "(V2, V12)" or "(indirect/delta CRL)".
bool NamesRules(std::string_view why) {
  const size_t open = why.rfind('(');
  if (open == std::string_view::npos || why.back() != ')') return false;
  const std::vector<std::string_view> rules =
      absl::StrSplit(why.substr(open + 1, why.size() - open - 2), ", ");
  return std::all_of(rules.begin(), rules.end(), IsRule);
}

}  // namespace

absl::StatusOr<Divergences> ParseDivergences(std::string_view text,
                                             EncodingRule encoding) {
  constexpr std::pair<std::string_view, EncodingRule> kRules[] = {
      {"kTolerant", EncodingRule::kTolerant},
      {"kStrict", EncodingRule::kStrict}};
  Divergences divergences;
  int number = 0;
  for (std::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const auto wrong = [number](std::string_view what) {
      return absl::InvalidArgumentError(
          absl::StrCat("divergences, line ", number, ": ", what));
    };
    if (line.empty() || line.front() == '#') continue;
    std::vector<std::string_view> fields = absl::StrSplit(line, '|');
    if (fields.size() != 4 && fields.size() != 5) {
      return wrong("neither four fields nor five");
    }
    for (std::string_view& field : fields) {
      field = absl::StripAsciiWhitespace(field);
    }
    const auto expected = ToResult(fields[1]);
    const auto actual = ToResult(fields[2]);
    if (!expected || !actual) return wrong("neither success nor failure");
    if (*expected == *actual) return wrong("no difference");
    if (!NamesRules(fields[3])) return wrong("no rule");
    if (fields.size() == 5) {
      const auto* const rule =
          std::find_if(std::begin(kRules), std::end(kRules),
                       [&](const auto& one) { return one.first == fields[4]; });
      if (rule == std::end(kRules)) return wrong("no such encoding rule");
      if (rule->second != encoding) continue;
    }
    if (!divergences
             .try_emplace(
                 std::string(fields[0]),
                 Divergence{*expected, *actual, std::string(fields[3])})
             .second) {
      return wrong("listed twice");
    }
  }
  return divergences;
}

}  // namespace chainkeep::conformance
