// One exit code for each class of error.

#include "cmd/exit_code.h"

#include <gtest/gtest.h>

#include <set>

#include "chainkeep/status.h"

namespace chainkeep::cmd {
namespace {

TEST(ExitCodes, EachClassHasItsOwn) {
  std::set<ExitCode> seen;
  for (int i = 1; i <= static_cast<int>(ErrorCode::kInternalFailure); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    const ExitCode exit_code = ExitCodeOf(MakeError(code, "text"));
    EXPECT_TRUE(seen.insert(exit_code).second) << ErrorName(code);
    EXPECT_GE(static_cast<int>(exit_code), 10);
    EXPECT_LT(static_cast<int>(exit_code), 30);
  }
}

TEST(ExitCodes, AreWhatScriptsRelyOn) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), ExitCode::kOk);
  EXPECT_EQ(
      static_cast<int>(ExitCodeOf(MakeError(ErrorCode::kInvalidRequest, ""))),
      10);
  EXPECT_EQ(static_cast<int>(
                ExitCodeOf(MakeError(ErrorCode::kResourceAlreadyExists, ""))),
            14);
  EXPECT_EQ(
      static_cast<int>(ExitCodeOf(MakeError(ErrorCode::kResourceNotFound, ""))),
      15);
  EXPECT_EQ(
      static_cast<int>(ExitCodeOf(MakeError(ErrorCode::kInternalFailure, ""))),
      23);
  // What this library did not make.
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("")), ExitCode::kInternalFailure);
}

}  // namespace
}  // namespace chainkeep::cmd
