// Errors of the control plane: a code, and a text for a person.
//
// Every function that changes or reads registrations answers with an
// absl::Status. Beside absl's own coarse code it carries an ErrorCode, which is
// the contract; the message is for people, is not stable, and names the input
// that was refused but never repeats a secret or another tenant's data.
//
//   auto registered = registry.RegisterCaCertificate(request);
//   if (chainkeep::ErrorCodeOf(registered.status()) ==
//       chainkeep::ErrorCode::kResourceAlreadyExists) { ... }
//
// The functions here are thread-safe, and cost a map look-up at most.

#ifndef CHAINKEEP_API_CHAINKEEP_STATUS_H_
#define CHAINKEEP_API_CHAINKEEP_STATUS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace chainkeep {

// ErrorCode says why a command was refused. Each is one exception of AWS IoT's
// public service model (iot/2015-05-28), under the name without "Exception".
enum class ErrorCode : uint8_t {
  kOk,
  // An argument is ill-formed, missing, or excludes another one.
  kInvalidRequest,
  // The certificate is not one that this command accepts.
  kCertificateValidation,
  // The verification certificate does not carry the registration code.
  kRegistrationCodeValidation,
  // The state that something is in forbids the command.
  kCertificateState,
  // It is there already. ResourceOf() names it, where it is the caller's own.
  kResourceAlreadyExists,
  // The caller has no such thing, whoever else may have it.
  kResourceNotFound,
  // A quota is used up.
  kLimitExceeded,
  // Several registered CAs may have signed the certificate: say which.
  kCertificateConflict,
  // Something is attached to what is to be deleted.
  kDeleteConflict,
  // The certificate cannot be transferred as it is.
  kTransferConflict,
  // The transfer has been accepted meanwhile.
  kTransferAlreadyCompleted,
  // Too many at a time: later.
  kThrottling,
  // The store cannot be written or read at the moment; nothing has changed.
  kServiceUnavailable,
  // A defect of the library or its host: report it.
  kInternalFailure,
};

// Resource names the thing an error is about.
struct Resource {
  std::string id;
  std::string arn;
};

// ErrorCodeOf returns the code that `status` carries; kOk for an OK status, and
// kInternalFailure for one that this library did not make.
ErrorCode ErrorCodeOf(const absl::Status& status);

// ResourceOf returns the resource that `status` names, if it names one.
std::optional<Resource> ResourceOf(const absl::Status& status);

// ErrorName returns AWS's name, "ResourceNotFoundException"; "" for kOk.
// Static.
std::string_view ErrorName(ErrorCode code);

// ErrorHttpStatus returns the HTTP status of AWS's service model; 200 for kOk.
int ErrorHttpStatus(ErrorCode code);

// MakeError returns a status with `code` and `message`, about `resource` where
// one is given. `code` must not be kOk; if it is, the result is
// kInternalFailure. For implementers of this library's interfaces.
absl::Status MakeError(ErrorCode code, std::string_view message);
absl::Status MakeError(ErrorCode code, std::string_view message,
                       const Resource& resource);

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_STATUS_H_
