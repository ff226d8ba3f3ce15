// The command line, understood: which command, with what.
//
// The syntax is that of aws, which is GNU getopt_long's: --name value or
// --name=value, options before, after and among other arguments, and any
// unambiguous beginning of an option's name. Options of the whole program may
// also stand before the command. The argument after an option that takes one is
// its value, whatever it begins with, so that the text of a PEM file needs no
// quoting of dashes; only the name of another option is taken for a forgotten
// value.
//
// getopt_long keeps its place in global variables: one thread at a time.

#ifndef CHAINKEEP_CMD_COMMAND_LINE_H_
#define CHAINKEEP_CMD_COMMAND_LINE_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/arguments.h"
#include "cmd/command.h"

namespace chainkeep::cmd {

// Invocation is what was typed. Points into the table of commands.
struct Invocation {
  // Null where only --help or nothing at all is given.
  const CommandSpec* command = nullptr;
  Arguments arguments;
};

// GlobalOptions returns those that every command takes.
std::span<const OptionSpec> GlobalOptions();

// ParseCommandLine reads `arguments`, the program's name left out. Files are
// not read yet. Throws UsageError. With --help or --generate-cli-skeleton
// nothing is required, with --cli-input-json nothing yet.
Invocation ParseCommandLine(std::span<const CommandSpec> commands,
                            const std::vector<std::string>& arguments);

// ResolveFiles puts what the files say in place of file:// in all text options
// of `command`. Throws UsageError.
void ResolveFiles(const CommandSpec& command, Arguments& arguments);

// CheckRequired throws UsageError if the command needs what is not there.
void CheckRequired(const CommandSpec& command, const Arguments& arguments);

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_COMMAND_LINE_H_
