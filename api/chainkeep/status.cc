#include "chainkeep/status.h"

#include <cstddef>
#include <iterator>

#include "absl/strings/cord.h"

namespace chainkeep {
namespace {

// The payloads, by type URL. The first holds ErrorName(code): a name survives a
// reordering of the enumeration, a number would not. The other two hold the
// fields of a Resource as they are, so that reading them needs no parser.
constexpr std::string_view kErrorUrl = "chainkeep/error";
constexpr std::string_view kResourceIdUrl = "chainkeep/resource-id";
constexpr std::string_view kResourceArnUrl = "chainkeep/resource-arn";

// One row for each code, in the order of the enumeration.
struct Row {
  ErrorCode code;
  absl::StatusCode coarse;
  std::string_view name;
  int http_status;
};

constexpr Row kRows[] = {
    {ErrorCode::kOk, absl::StatusCode::kOk, "", 200},
    {ErrorCode::kInvalidRequest, absl::StatusCode::kInvalidArgument,
     "InvalidRequestException", 400},
    {ErrorCode::kCertificateValidation, absl::StatusCode::kInvalidArgument,
     "CertificateValidationException", 400},
    {ErrorCode::kRegistrationCodeValidation, absl::StatusCode::kInvalidArgument,
     "RegistrationCodeValidationException", 400},
    {ErrorCode::kCertificateState, absl::StatusCode::kFailedPrecondition,
     "CertificateStateException", 406},
    {ErrorCode::kResourceAlreadyExists, absl::StatusCode::kAlreadyExists,
     "ResourceAlreadyExistsException", 409},
    {ErrorCode::kResourceNotFound, absl::StatusCode::kNotFound,
     "ResourceNotFoundException", 404},
    {ErrorCode::kLimitExceeded, absl::StatusCode::kResourceExhausted,
     "LimitExceededException", 410},
    {ErrorCode::kCertificateConflict, absl::StatusCode::kAlreadyExists,
     "CertificateConflictException", 409},
    {ErrorCode::kDeleteConflict, absl::StatusCode::kFailedPrecondition,
     "DeleteConflictException", 409},
    {ErrorCode::kTransferConflict, absl::StatusCode::kFailedPrecondition,
     "TransferConflictException", 409},
    {ErrorCode::kTransferAlreadyCompleted,
     absl::StatusCode::kFailedPrecondition, "TransferAlreadyCompletedException",
     410},
    {ErrorCode::kThrottling, absl::StatusCode::kResourceExhausted,
     "ThrottlingException", 400},
    {ErrorCode::kServiceUnavailable, absl::StatusCode::kUnavailable,
     "ServiceUnavailableException", 503},
    {ErrorCode::kInternalFailure, absl::StatusCode::kInternal,
     "InternalFailureException", 500},
};

constexpr bool RowsAreInOrder() {
  for (size_t i = 0; i < std::size(kRows); ++i) {
    if (static_cast<size_t>(kRows[i].code) != i) return false;
  }
  return true;
}
static_assert(RowsAreInOrder());

// The row of `code`; kInternalFailure's for a value that is no enumerator.
const Row& RowOf(ErrorCode code) {
  const size_t index = static_cast<size_t>(code);
  return index < std::size(kRows) ? kRows[index] : kRows[std::size(kRows) - 1];
}

}  // namespace

ErrorCode ErrorCodeOf(const absl::Status& status) {
  if (status.ok()) return ErrorCode::kOk;
  // The payload may be anybody's: only a name that we give counts.
  const auto payload = status.GetPayload(kErrorUrl);
  if (!payload.has_value()) return ErrorCode::kInternalFailure;
  for (const Row& row : kRows) {
    if (row.code != ErrorCode::kOk && *payload == row.name) {
      return row.code;
    }
  }
  return ErrorCode::kInternalFailure;
}

std::optional<Resource> ResourceOf(const absl::Status& status) {
  const auto id = status.GetPayload(kResourceIdUrl);
  const auto arn = status.GetPayload(kResourceArnUrl);
  if (!id.has_value() || !arn.has_value()) return std::nullopt;
  return Resource{std::string(*id), std::string(*arn)};
}

std::string_view ErrorName(ErrorCode code) { return RowOf(code).name; }

int ErrorHttpStatus(ErrorCode code) { return RowOf(code).http_status; }

absl::Status MakeError(ErrorCode code, std::string_view message) {
  // An error that says "OK" would be taken for success by every caller.
  if (code == ErrorCode::kOk) code = ErrorCode::kInternalFailure;
  const Row& row = RowOf(code);
  absl::Status status(row.coarse, message);
  status.SetPayload(kErrorUrl, absl::Cord(row.name));
  return status;
}

absl::Status MakeError(ErrorCode code, std::string_view message,
                       const Resource& resource) {
  absl::Status status = MakeError(code, message);
  status.SetPayload(kResourceIdUrl, absl::Cord(resource.id));
  status.SetPayload(kResourceArnUrl, absl::Cord(resource.arn));
  return status;
}

}  // namespace chainkeep
