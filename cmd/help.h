// What --help prints, made from the table of commands.
//
// Lines have 80 columns at most. Pure functions.

#ifndef CHAINKEEP_CMD_HELP_H_
#define CHAINKEEP_CMD_HELP_H_

#include <span>
#include <string>

#include "cmd/command.h"

namespace chainkeep::cmd {

// HelpOf explains one command: what it is for, how it is typed, an example.
std::string HelpOf(const CommandSpec& command);

// Overview lists the commands, the options that all take, and the exit codes.
std::string Overview(std::span<const CommandSpec> commands);

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_HELP_H_
