// Shell completion, made from the table of commands.
//
//   source <(chainkeep completion bash)
//   chainkeep completion zsh > "${fpath[1]}/_chainkeep"
//
// Offers commands, options, the values of options that have a choice of them,
// and file names elsewhere, also after file://. Pure functions.

#ifndef CHAINKEEP_CMD_COMPLETION_H_
#define CHAINKEEP_CMD_COMPLETION_H_

#include <span>
#include <string>

#include "cmd/command.h"

namespace chainkeep::cmd {

std::string BashCompletion(std::span<const CommandSpec> commands);
std::string ZshCompletion(std::span<const CommandSpec> commands);

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_COMPLETION_H_
