#include "examples/gateway/control_plane.h"

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/endpoint.h"
#include "chainkeep/registry.h"
#include "chainkeep/status.h"
#include "chainkeep/types.h"
#include "examples/gateway/files.h"

namespace gateway {
namespace {

using chainkeep::Account;
using chainkeep::EndpointService;
using chainkeep::EndpointStatus;
using chainkeep::ErrorCode;
using chainkeep::Region;

// The registry takes 65,536 characters; one more lets it say so itself.
constexpr size_t kMaxPem = 65536 + 1;

absl::Status Invalid(std::string_view message) {
  return chainkeep::MakeError(ErrorCode::kInvalidRequest, message);
}

// Who asks, and where.
struct Caller {
  Account account;
  Region region;
};

absl::StatusOr<Caller> CallerOf(const Arguments& arguments) {
  absl::StatusOr<std::string_view> account = arguments.Require("--account");
  if (!account.ok()) return account.status();
  absl::StatusOr<std::string_view> region = arguments.Require("--region");
  if (!region.ok()) return region.status();
  absl::StatusOr<Account> parsed_account = Account::Parse(*account);
  if (!parsed_account.ok()) return parsed_account.status();
  absl::StatusOr<Region> parsed_region = Region::Parse(*region);
  if (!parsed_region.ok()) return parsed_region.status();
  return Caller{*parsed_account, *parsed_region};
}

// The contents of the file that an option names; "" where it is absent.
absl::StatusOr<std::string> FileArgument(const Arguments& arguments,
                                         std::string_view option) {
  std::optional<std::string_view> value = arguments.Find(option);
  if (!value.has_value()) return std::string();
  constexpr std::string_view kScheme = "file://";
  if (value->substr(0, kScheme.size()) != kScheme) {
    return Invalid(absl::StrCat(option, " must be file://PATH"));
  }
  absl::StatusOr<std::string> text =
      ReadFile(std::string(value->substr(kScheme.size())), kMaxPem);
  if (!text.ok()) {
    return Invalid(absl::StrCat(option, ": ", text.status().message()));
  }
  return text;
}

absl::StatusOr<EndpointService> ServiceOf(std::string_view name) {
  if (name.empty() || name == "DATA") return EndpointService::kData;
  if (name == "CREDENTIAL_PROVIDER") {
    return EndpointService::kCredentialProvider;
  }
  if (name == "JOBS") return EndpointService::kJobs;
  return Invalid("--service must be DATA, CREDENTIAL_PROVIDER or JOBS");
}

absl::StatusOr<EndpointStatus> StatusOf(std::string_view name) {
  if (name.empty() || name == "ENABLED") return EndpointStatus::kEnabled;
  if (name == "DISABLED") return EndpointStatus::kDisabled;
  return Invalid("--status must be ENABLED or DISABLED");
}

JsonObject DescriptionOf(const chainkeep::CaDescription& ca) {
  return JsonObject()
      .Text("certificateArn", ca.arn)
      .Text("certificateId", ca.id.ToHex())
      .Text("status", chainkeep::CaStatusName(ca.status))
      .Text("certificatePem", ca.pem)
      .Text("ownedBy", ca.owned_by.text())
      .Integer("creationDate", ca.creation_date)
      .Text("autoRegistrationStatus",
            ca.auto_registration ? "ENABLE" : "DISABLE")
      .Integer("lastModifiedDate", ca.last_modified_date)
      .Integer("customerVersion", ca.customer_version)
      .Text("generationId", ca.generation_id)
      .Object("validity", JsonObject()
                              .Integer("notBefore", ca.not_before)
                              .Integer("notAfter", ca.not_after))
      .Text("certificateMode", chainkeep::ModeName(ca.mode));
}

// What an error adds to the answer.
JsonObject ErrorOf(const absl::Status& status) {
  const ErrorCode code = chainkeep::ErrorCodeOf(status);
  JsonObject result = JsonObject()
                          .Integer("status", chainkeep::ErrorHttpStatus(code))
                          .Text("error", chainkeep::ErrorName(code))
                          .Text("message", status.message());
  if (auto resource = chainkeep::ResourceOf(status); resource.has_value()) {
    result.Text("resourceId", resource->id).Text("resourceArn", resource->arn);
  }
  return result;
}

}  // namespace

std::string ControlPlane::Execute(std::string_view line) {
  absl::StatusOr<Arguments> arguments = Arguments::Parse(line);
  if (!arguments.ok()) return Refuse(arguments.status().message());
  JsonObject answer = JsonObject()
                          .TextOrNull("id", arguments->Find("--id"))
                          .Text("command", arguments->command());
  Result result = Run(*arguments);
  if (!result.ok()) return answer.Append(ErrorOf(result.status())).Finish();
  return answer.Integer("status", 200).Append(*result).Finish();
}

std::string ControlPlane::Refuse(std::string_view message) {
  return JsonObject()
      .TextOrNull("id", std::nullopt)
      .TextOrNull("command", std::nullopt)
      .Append(ErrorOf(Invalid(message)))
      .Finish();
}

ControlPlane::Result ControlPlane::Run(const Arguments& arguments) {
  struct Command {
    std::string_view name;
    Result (ControlPlane::*run)(const Arguments&);
    std::span<const std::string_view> options;
  };
  static constexpr std::string_view kCaller[] = {"--account", "--region"};
  static constexpr std::string_view kRegister[] = {
      "--account",
      "--region",
      "--ca-certificate",
      "--verification-certificate",
      "--certificate-mode",
      "--set-as-active",
      "--no-set-as-active",
      "--allow-auto-registration",
      "--no-allow-auto-registration"};
  static constexpr std::string_view kCertificate[] = {"--account", "--region",
                                                      "--certificate-id"};
  static constexpr std::string_view kUpdate[] = {
      "--account",
      "--region",
      "--certificate-id",
      "--new-status",
      "--new-auto-registration-status",
      "--remove-auto-registration",
      "--no-remove-auto-registration"};
  static constexpr std::string_view kEndpoint[] = {
      "--account", "--region", "--host-name", "--service", "--status"};
  static constexpr std::string_view kEndpointName[] = {"--account", "--region",
                                                       "--host-name"};
  static constexpr Command kCommands[] = {
      {"get-registration-code", &ControlPlane::GetRegistrationCode, kCaller},
      {"delete-registration-code", &ControlPlane::DeleteRegistrationCode,
       kCaller},
      {"register-ca-certificate", &ControlPlane::RegisterCaCertificate,
       kRegister},
      {"describe-ca-certificate", &ControlPlane::DescribeCaCertificate,
       kCertificate},
      {"update-ca-certificate", &ControlPlane::UpdateCaCertificate, kUpdate},
      {"delete-ca-certificate", &ControlPlane::DeleteCaCertificate,
       kCertificate},
      {"put-endpoint", &ControlPlane::PutEndpoint, kEndpoint},
      {"delete-endpoint", &ControlPlane::DeleteEndpoint, kEndpointName},
      {"stats", &ControlPlane::GetStats, {}},
  };
  for (const Command& command : kCommands) {
    if (command.name != arguments.command()) continue;
    absl::Status known = arguments.CheckKnown(command.options);
    if (!known.ok()) return known;
    return (this->*command.run)(arguments);
  }
  return Invalid("there is no such command");
}

ControlPlane::Result ControlPlane::GetRegistrationCode(
    const Arguments& arguments) {
  absl::StatusOr<Caller> caller = CallerOf(arguments);
  if (!caller.ok()) return caller.status();
  absl::StatusOr<std::string> code =
      engine_->registry().GetRegistrationCode(caller->account, caller->region);
  if (!code.ok()) return code.status();
  return JsonObject().Text("registrationCode", *code);
}

ControlPlane::Result ControlPlane::DeleteRegistrationCode(
    const Arguments& arguments) {
  absl::StatusOr<Caller> caller = CallerOf(arguments);
  if (!caller.ok()) return caller.status();
  absl::Status status = engine_->registry().DeleteRegistrationCode(
      caller->account, caller->region);
  if (!status.ok()) return status;
  return JsonObject();
}

ControlPlane::Result ControlPlane::RegisterCaCertificate(
    const Arguments& arguments) {
  absl::StatusOr<Caller> caller = CallerOf(arguments);
  if (!caller.ok()) return caller.status();
  absl::StatusOr<std::string_view> named =
      arguments.Require("--ca-certificate");
  if (!named.ok()) return named.status();
  absl::StatusOr<std::string> ca = FileArgument(arguments, "--ca-certificate");
  if (!ca.ok()) return ca.status();
  absl::StatusOr<std::string> verification =
      FileArgument(arguments, "--verification-certificate");
  if (!verification.ok()) return verification.status();
  auto registered = engine_->registry().RegisterCaCertificate(
      {.account = caller->account,
       .region = caller->region,
       .ca_certificate = *ca,
       .verification_certificate = *verification,
       .certificate_mode = arguments.Get("--certificate-mode"),
       .set_as_active = arguments.Find("--set-as-active").has_value(),
       .allow_auto_registration =
           arguments.Find("--allow-auto-registration").has_value()});
  if (!registered.ok()) return registered.status();
  return JsonObject()
      .Text("certificateArn", registered->arn)
      .Text("certificateId", registered->id.ToHex());
}

ControlPlane::Result ControlPlane::DescribeCaCertificate(
    const Arguments& arguments) {
  absl::StatusOr<Caller> caller = CallerOf(arguments);
  if (!caller.ok()) return caller.status();
  absl::StatusOr<std::string_view> id = arguments.Require("--certificate-id");
  if (!id.ok()) return id.status();
  auto ca = engine_->registry().DescribeCaCertificate(caller->account,
                                                      caller->region, *id);
  if (!ca.ok()) return ca.status();
  return JsonObject().Object("certificateDescription", DescriptionOf(*ca));
}

ControlPlane::Result ControlPlane::UpdateCaCertificate(
    const Arguments& arguments) {
  absl::StatusOr<Caller> caller = CallerOf(arguments);
  if (!caller.ok()) return caller.status();
  absl::StatusOr<std::string_view> id = arguments.Require("--certificate-id");
  if (!id.ok()) return id.status();
  absl::Status status = engine_->registry().UpdateCaCertificate(
      {.account = caller->account,
       .region = caller->region,
       .ca_certificate_id = *id,
       .new_status = arguments.Get("--new-status"),
       .new_auto_registration_status =
           arguments.Get("--new-auto-registration-status"),
       .remove_auto_registration =
           arguments.Find("--remove-auto-registration").has_value()});
  if (!status.ok()) return status;
  return JsonObject();
}

ControlPlane::Result ControlPlane::DeleteCaCertificate(
    const Arguments& arguments) {
  absl::StatusOr<Caller> caller = CallerOf(arguments);
  if (!caller.ok()) return caller.status();
  absl::StatusOr<std::string_view> id = arguments.Require("--certificate-id");
  if (!id.ok()) return id.status();
  absl::Status status = engine_->registry().DeleteCaCertificate(
      caller->account, caller->region, *id);
  if (!status.ok()) return status;
  return JsonObject();
}

ControlPlane::Result ControlPlane::PutEndpoint(const Arguments& arguments) {
  absl::StatusOr<Caller> caller = CallerOf(arguments);
  if (!caller.ok()) return caller.status();
  absl::StatusOr<std::string_view> name = arguments.Require("--host-name");
  if (!name.ok()) return name.status();
  absl::StatusOr<EndpointService> service =
      ServiceOf(arguments.Get("--service"));
  if (!service.ok()) return service.status();
  absl::StatusOr<EndpointStatus> status = StatusOf(arguments.Get("--status"));
  if (!status.ok()) return status.status();
  absl::Status put =
      engine_->registry().PutEndpoint({.host_name = std::string(*name),
                                       .account = caller->account,
                                       .region = caller->region,
                                       .service = *service,
                                       .status = *status});
  if (!put.ok()) return put;
  return JsonObject();
}

ControlPlane::Result ControlPlane::DeleteEndpoint(const Arguments& arguments) {
  absl::StatusOr<Caller> caller = CallerOf(arguments);
  if (!caller.ok()) return caller.status();
  absl::StatusOr<std::string_view> name = arguments.Require("--host-name");
  if (!name.ok()) return name.status();
  absl::Status status = engine_->registry().DeleteEndpoint(
      caller->account, caller->region, *name);
  if (!status.ok()) return status;
  return JsonObject();
}

ControlPlane::Result ControlPlane::GetStats(const Arguments&) {
  const chainkeep::Stats stats = engine_->GetStats();
  const chainkeep::PreparedKeyStats& keys = stats.prepared_keys;
  return JsonObject()
      .Integer("accepted", static_cast<int64_t>(stats.accepted))
      .Integer("refused", static_cast<int64_t>(stats.refused))
      .Integer("registrations", static_cast<int64_t>(stats.registrations))
      .Integer("caRecords", static_cast<int64_t>(stats.ca_records))
      .Integer("endpoints", static_cast<int64_t>(stats.endpoints))
      .Integer("preparedKeys",
               static_cast<int64_t>(keys.small + keys.medium + keys.large))
      .Integer("preparedKeyBytes", static_cast<int64_t>(keys.bytes))
      .Integer("verifiedByTables",
               static_cast<int64_t>(keys.by_portable + keys.by_ifma))
      .Integer("verifiedByLibrary", static_cast<int64_t>(keys.by_library))
      .Integer("disagreements", static_cast<int64_t>(keys.disagreements))
      .Append(gateway_stats_());
}

}  // namespace gateway
