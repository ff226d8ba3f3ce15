// chainkeep: a registry in a file, from the command line. See docs/cli.md.

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "cmd/cli.h"

int main(int argc, char** argv) {
  // Import and export stream millions of lines.
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0),
                                           argv + argc);
  const chainkeep::cmd::Surroundings surroundings = {
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .environment = [](const char* name) -> const char* {
        return std::getenv(name);
      }};
  return static_cast<int>(chainkeep::cmd::Run(arguments, surroundings));
}
