#include "cmd/exit_code.h"

#include "chainkeep/status.h"

namespace chainkeep::cmd {

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (ErrorCodeOf(status)) {
    case ErrorCode::kOk:
      return ExitCode::kOk;
    case ErrorCode::kInvalidRequest:
      return ExitCode::kInvalidRequest;
    case ErrorCode::kCertificateValidation:
      return ExitCode::kCertificateValidation;
    case ErrorCode::kRegistrationCodeValidation:
      return ExitCode::kRegistrationCodeValidation;
    case ErrorCode::kCertificateState:
      return ExitCode::kCertificateState;
    case ErrorCode::kResourceAlreadyExists:
      return ExitCode::kResourceAlreadyExists;
    case ErrorCode::kResourceNotFound:
      return ExitCode::kResourceNotFound;
    case ErrorCode::kLimitExceeded:
      return ExitCode::kLimitExceeded;
    case ErrorCode::kCertificateConflict:
      return ExitCode::kCertificateConflict;
    case ErrorCode::kDeleteConflict:
      return ExitCode::kDeleteConflict;
    case ErrorCode::kTransferConflict:
      return ExitCode::kTransferConflict;
    case ErrorCode::kTransferAlreadyCompleted:
      return ExitCode::kTransferAlreadyCompleted;
    case ErrorCode::kThrottling:
      return ExitCode::kThrottling;
    case ErrorCode::kServiceUnavailable:
      return ExitCode::kServiceUnavailable;
    case ErrorCode::kInternalFailure:
      break;
  }
  return ExitCode::kInternalFailure;
}

}  // namespace chainkeep::cmd
