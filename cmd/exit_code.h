// Exit codes of the command line: what a script learns without reading text.
//
// Pure functions; any thread may call.

#ifndef CHAINKEEP_CMD_EXIT_CODE_H_
#define CHAINKEEP_CMD_EXIT_CODE_H_

#include <cstdint>

#include "absl/status/status.h"

namespace chainkeep::cmd {

// ExitCode: 0, what a command found out (1 to 9), one code for each class of
// error (10 to 29), and AWS's own two for a command line that says too little
// or something else (252, 253). docs/cli.md lists them, and a test compares.
enum class ExitCode : uint8_t {
  kOk = 0,
  // The output could not be written.
  kOutput = 1,
  // `validate`: the verdict refuses.
  kRefused = 3,
  // `import`: lines were left out; the report says which.
  kLinesRefused = 4,

  kInvalidRequest = 10,
  kCertificateValidation = 11,
  kRegistrationCodeValidation = 12,
  kCertificateState = 13,
  kResourceAlreadyExists = 14,
  kResourceNotFound = 15,
  kLimitExceeded = 16,
  kCertificateConflict = 17,
  kDeleteConflict = 18,
  kTransferConflict = 19,
  kTransferAlreadyCompleted = 20,
  kThrottling = 21,
  kServiceUnavailable = 22,
  kInternalFailure = 23,

  // Unknown or missing options, files that cannot be read.
  kUsage = 252,
  // No account, region or store is named anywhere.
  kConfiguration = 253,
};

// ExitCodeOf returns the code for the class of `status`.
ExitCode ExitCodeOf(const absl::Status& status);

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_EXIT_CODE_H_
