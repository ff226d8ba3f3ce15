// The whole of the command line but for the process: parse, open the store, ask
// the registry, print.
//
// One call at a time in a process (getopt_long). Does not throw.

#ifndef CHAINKEEP_CMD_CLI_H_
#define CHAINKEEP_CMD_CLI_H_

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "cmd/exit_code.h"

namespace chainkeep::cmd {

// Surroundings are what a process has. Borrowed for the call.
struct Surroundings {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  // A variable of the environment, or null.
  std::function<const char*(const char* name)> environment;
};

// Run does what `arguments`, the program's name left out, say. Answers go to
// `out`, everything else to `err`.
ExitCode Run(const std::vector<std::string>& arguments,
             const Surroundings& surroundings);

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_CLI_H_
