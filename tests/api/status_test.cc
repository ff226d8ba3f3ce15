#include "chainkeep/status.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "gtest/gtest.h"

namespace chainkeep {
namespace {

struct Row {
  ErrorCode code;
  absl::StatusCode coarse;
  const char* name;
  int http_status;
};

// Written down from the service model, not from the implementation.
constexpr Row kRows[] = {
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
    {ErrorCode::kInternalFailure, absl::StatusCode::kInternal,
     "InternalFailureException", 500},
};

TEST(Status, CarriesItsCodeMessageAndCoarseCode) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    const absl::Status status = MakeError(row.code, "why it was refused");
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(ErrorCodeOf(status), row.code);
    EXPECT_EQ(status.code(), row.coarse);
    EXPECT_EQ(status.message(), "why it was refused");
    EXPECT_EQ(ErrorName(row.code), row.name);
    EXPECT_EQ(ErrorHttpStatus(row.code), row.http_status);
    EXPECT_FALSE(ResourceOf(status).has_value());
  }
}

TEST(Status, OkIsOk) {
  EXPECT_EQ(ErrorCodeOf(absl::OkStatus()), ErrorCode::kOk);
  EXPECT_EQ(ErrorName(ErrorCode::kOk), "");
  EXPECT_EQ(ErrorHttpStatus(ErrorCode::kOk), 200);
  EXPECT_FALSE(ResourceOf(absl::OkStatus()).has_value());
}

TEST(Status, AnErrorOfCodeOkIsAnInternalFailure) {
  const absl::Status status = MakeError(ErrorCode::kOk, "m");
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kInternalFailure);
}

TEST(Status, AnErrorOfNoCodeIsAnInternalFailure) {
  const auto code = static_cast<ErrorCode>(200);
  EXPECT_EQ(ErrorCodeOf(MakeError(code, "m")), ErrorCode::kInternalFailure);
  EXPECT_EQ(ErrorName(code), "InternalFailureException");
  EXPECT_EQ(ErrorHttpStatus(code), 500);
}

TEST(Status, NamesItsResource) {
  const std::string kTexts[] = {"", "id", "with\nnewline",
                                std::string("NUL\0inside", 10)};
  for (const std::string& id : kTexts) {
    for (const std::string& arn : kTexts) {
      const absl::Status status =
          MakeError(ErrorCode::kResourceAlreadyExists, "m", Resource{id, arn});
      EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kResourceAlreadyExists);
      const std::optional<Resource> resource = ResourceOf(status);
      ASSERT_TRUE(resource.has_value());
      EXPECT_EQ(resource->id, id);
      EXPECT_EQ(resource->arn, arn);
    }
  }
}

TEST(Status, SurvivesCopyAndMove) {
  absl::Status status = MakeError(ErrorCode::kLimitExceeded, "m", {"i", "a"});
  const absl::Status copy = status;
  const absl::Status moved = std::move(status);
  for (const absl::Status* each : {&copy, &moved}) {
    EXPECT_EQ(ErrorCodeOf(*each), ErrorCode::kLimitExceeded);
    EXPECT_EQ(ResourceOf(*each)->arn, "a");
  }
}

TEST(Status, SomebodyElsesErrorIsAnInternalFailure) {
  EXPECT_EQ(ErrorCodeOf(absl::NotFoundError("m")), ErrorCode::kInternalFailure);
  absl::Status other = absl::UnknownError("m");
  other.SetPayload("example.com/error",
                   absl::Cord("ResourceNotFoundException"));
  EXPECT_EQ(ErrorCodeOf(other), ErrorCode::kInternalFailure);
  EXPECT_FALSE(ResourceOf(other).has_value());
}

TEST(Status, ForeignContentsOfThePayloadAreAnInternalFailure) {
  const std::string kContents[] = {
      "",
      "0",
      "6",
      "resourcenotfoundexception",
      "ResourceNotFoundException ",
      "ResourceNotFound",
      std::string("ResourceNotFoundException\0", 26),
      std::string(1 << 20, 'x'),
      "\xff\xfe",
  };
  for (const std::string& contents : kContents) {
    absl::Status status = absl::NotFoundError("m");
    status.SetPayload("chainkeep/error", absl::Cord(contents));
    EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kInternalFailure)
        << contents.substr(0, 40);
  }
}

TEST(Status, APayloadInSeveralPiecesIsReadAsOne) {
  absl::Cord pieces("ResourceNotFound");
  pieces.Append(absl::Cord("Exception"));
  absl::Status status = absl::NotFoundError("m");
  status.SetPayload("chainkeep/error", pieces);
  EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kResourceNotFound);
}

TEST(Status, HalfAResourceIsNone) {
  for (const char* url : {"chainkeep/resource-id", "chainkeep/resource-arn"}) {
    absl::Status status = MakeError(ErrorCode::kResourceAlreadyExists, "m");
    status.SetPayload(url, absl::Cord("x"));
    EXPECT_FALSE(ResourceOf(status).has_value()) << url;
  }
}

}  // namespace
}  // namespace chainkeep
