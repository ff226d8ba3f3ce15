// All sub-commands, in the order in which help lists them.
//
// Each file of the room that is named ..._commands.cc adds its own; what they
// share is in command.h.

#ifndef CHAINKEEP_CMD_COMMANDS_H_
#define CHAINKEEP_CMD_COMMANDS_H_

#include <vector>

#include "cmd/command.h"

namespace chainkeep::cmd {

std::vector<CommandSpec> CaCommands();
std::vector<CommandSpec> DeviceCommands();
std::vector<CommandSpec> TransferCommands();
std::vector<CommandSpec> EndpointCommands();
std::vector<CommandSpec> TemplateCommands();
std::vector<CommandSpec> StoreCommands();
std::vector<CommandSpec> ValidateCommands();
std::vector<CommandSpec> CompletionCommands();

std::vector<CommandSpec> AllCommands();

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_COMMANDS_H_
