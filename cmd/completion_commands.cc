// The command that writes shell completion.

#include <ostream>

#include "cmd/commands.h"
#include "cmd/completion.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

absl::StatusOr<Result> Complete(Context& context) {
  const std::string& shell = context.arguments.files().front();
  if (shell == "bash") {
    context.out << BashCompletion(AllCommands());
  } else if (shell == "zsh") {
    context.out << ZshCompletion(AllCommands());
  } else {
    throw UsageError("completion is for bash or zsh, not " + Quoted(shell));
  }
  return Result();
}

}  // namespace

std::vector<CommandSpec> CompletionCommands() {
  return {{.name = "completion",
           .operation = "Completion",
           .purpose = "Writes what makes a shell complete commands and "
                      "options, for bash or zsh.",
           .example = "completion bash > chainkeep-completion.bash",
           .files = Files::kOne,
           .opens = Opens::kNothing,
           .tenancy = Tenancy::kNone,
           .run = Complete}};
}

}  // namespace chainkeep::cmd
