// docs/cli.md says what the command line does: its table of exit codes is
// compared with the code, and what it types is understood.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "chainkeep/status.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/exit_code.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

std::string Document() {
  std::ifstream file("docs/cli.md");
  EXPECT_TRUE(file.good());
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(CliDocument, ExitCodesAreThoseOfTheCode) {
  const std::string document = Document();
  for (int i = 1; i <= static_cast<int>(ErrorCode::kInternalFailure); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    std::ostringstream row;
    row << "\n| " << static_cast<int>(ExitCodeOf(MakeError(code, ""))) << " | "
        << ErrorName(code) << " |\n";
    EXPECT_NE(document.find(row.str()), std::string::npos) << row.str();
  }
  for (const ExitCode code :
       {ExitCode::kOk, ExitCode::kOutput, ExitCode::kRefused,
        ExitCode::kLinesRefused, ExitCode::kUsage, ExitCode::kConfiguration}) {
    EXPECT_NE(
        document.find("\n| " + std::to_string(static_cast<int>(code)) + " | "),
        std::string::npos);
  }
}

// Lines of code that begin with the program's name.
std::vector<std::vector<std::string>> TypedLines(const std::string& document) {
  std::vector<std::vector<std::string>> lines;
  std::istringstream stream(document);
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind("    chainkeep ", 0) != 0) continue;
    std::string next;
    while (line.back() == '\\' && std::getline(stream, next)) {
      line.pop_back();
      line += next;
    }
    std::istringstream words(line);
    std::vector<std::string>& typed = lines.emplace_back();
    for (std::string word; words >> word;) typed.push_back(word);
    typed.erase(typed.begin());
  }
  return lines;
}

TEST(CliDocument, WhatItTypesIsUnderstood) {
  const std::vector<CommandSpec> commands = AllCommands();
  const auto lines = TypedLines(Document());
  EXPECT_GE(lines.size(), 4u);
  for (const auto& line : lines) {
    EXPECT_NO_THROW(ParseCommandLine(commands, line)) << line.front();
  }
}

TEST(CliDocument, WhatItSaysIsUnknownIsUnknown) {
  const std::vector<CommandSpec> commands = AllCommands();
  for (const char* option : {"--profile", "--endpoint-url"}) {
    EXPECT_NE(Document().find(option), std::string::npos) << option;
    EXPECT_THROW(
        ParseCommandLine(commands, {"list-certificates", option, "value"}),
        UsageError)
        << option;
  }
}

}  // namespace
}  // namespace chainkeep::cmd
