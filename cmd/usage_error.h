// UsageError: the command line cannot be understood, or names a file that
// cannot be read. Nothing has been opened or changed when it is thrown.
//
// The message is one sentence for a person. It names the option, and quotes
// input only through Quoted, so that it is short and harmless to a terminal.

#ifndef CHAINKEEP_CMD_USAGE_ERROR_H_
#define CHAINKEEP_CMD_USAGE_ERROR_H_

#include <stdexcept>
#include <string>
#include <string_view>

namespace chainkeep::cmd {

class UsageError : public std::runtime_error {
 public:
  explicit UsageError(const std::string& message)
      : std::runtime_error(message) {}
};

// ConfigurationError: an account, a region or a store is named nowhere.
class ConfigurationError : public UsageError {
 public:
  using UsageError::UsageError;
};

// Quoted returns `text` in single quotes: at most 80 bytes of it, then "...",
// with every byte that is not printable ASCII written as \xHH.
std::string Quoted(std::string_view text);

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_USAGE_ERROR_H_
