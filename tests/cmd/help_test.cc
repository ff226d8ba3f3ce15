// Help teaches: each command's purpose, options and an example, in 80 columns.

#include "cmd/help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "chainkeep/status.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/exit_code.h"

namespace chainkeep::cmd {
namespace {

using testing::HasSubstr;

void ExpectFits(const std::string& text) {
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    EXPECT_LE(line.size(), 80u) << line;
    EXPECT_TRUE(line.empty() || line.back() != ' ') << line;
  }
}

TEST(Help, ExplainsEachCommand) {
  for (const CommandSpec& command : AllCommands()) {
    const std::string help = HelpOf(command);
    ExpectFits(help);
    EXPECT_EQ(help.find("chainkeep " + std::string(command.name)), 0u);
    EXPECT_THAT(help, HasSubstr("\nExample\n  chainkeep "));
    for (const OptionSpec& option : command.options) {
      const std::string name = "\n  --" + std::string(option.name);
      EXPECT_THAT(help, HasSubstr(name));
      if (option.need == Need::kRequired) {
        EXPECT_THAT(help, HasSubstr(name + " VALUE  (required)"));
      }
    }
  }
}

TEST(Help, OverviewListsCommandsOptionsAndExitCodes) {
  const std::string overview = Overview(AllCommands());
  ExpectFits(overview);
  for (const CommandSpec& command : AllCommands()) {
    EXPECT_THAT(overview, HasSubstr("\n  " + std::string(command.name) + "\n"));
  }
  for (const OptionSpec& option : GlobalOptions()) {
    EXPECT_THAT(overview, HasSubstr("\n  --" + std::string(option.name)));
  }
}

TEST(Help, ExitCodesAreThoseThatAreUsed) {
  const std::string overview = Overview(AllCommands());
  for (int i = 1; i <= static_cast<int>(ErrorCode::kInternalFailure); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    std::string name(ErrorName(code));
    name.resize(name.size() - std::string("Exception").size());
    const int number = static_cast<int>(ExitCodeOf(MakeError(code, "")));
    EXPECT_THAT(overview,
                HasSubstr("  " + std::to_string(number) + "   " + name));
  }
}

}  // namespace
}  // namespace chainkeep::cmd
