#include "engine/registry/device_rules.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/registry/arn.h"
#include "engine/registry/certificate_rules.h"
#include "engine/registry/text_rules.h"
#include "engine/signature/public_key.h"
#include "engine/signature/signed_id.h"

namespace chainkeep::registry {
namespace {

absl::Status InvalidRequest(std::string_view message) {
  return MakeError(ErrorCode::kInvalidRequest, message);
}

absl::Status WrongState(std::string_view message) {
  return MakeError(ErrorCode::kCertificateState, message);
}

}  // namespace

absl::StatusOr<DeviceStatus> CheckNewStatus(std::string_view status) {
  const absl::StatusOr<DeviceStatus> parsed = ParseDeviceStatus(status);
  if (parsed.ok() &&
      (*parsed == DeviceStatus::kActive || *parsed == DeviceStatus::kInactive ||
       *parsed == DeviceStatus::kRevoked)) {
    return parsed;
  }
  return InvalidRequest(
      "a certificate is set ACTIVE, INACTIVE or REVOKED, and nothing else");
}

absl::StatusOr<DeviceStatus> CheckInitialStatus(std::string_view status) {
  if (status.empty()) return DeviceStatus::kInactive;
  return CheckNewStatus(status);
}

absl::StatusOr<DeviceStatus> CheckInitialStatus(
    const RegisterCertificateRequest& request) {
  const absl::StatusOr<DeviceStatus> status =
      CheckInitialStatus(request.status);
  if (!status.ok() || !request.set_as_active) return status;
  if (!request.status.empty() && *status != DeviceStatus::kActive) {
    return InvalidRequest("the status contradicts setAsActive");
  }
  return DeviceStatus::kActive;
}

absl::Status CheckPolicyName(std::string_view name) {
  return CheckName("the policy's name", name, {1, 128}, "_+=,.@-");
}

absl::Status CheckThingName(std::string_view name) {
  return CheckName("the thing's name", name, {1, 128}, ":_-");
}

absl::Status CheckTransferText(std::string_view what, std::string_view text) {
  return CheckText(what, text, {0, 128});
}

absl::Status CheckDeviceCertificate(const x509::Certificate& leaf,
                                    const AlgorithmPolicy& policy,
                                    SerialRule serials, UnixSeconds now) {
  constexpr std::string_view kWhat = "the certificate";
  absl::Status status = CheckBasicFields(kWhat, leaf, serials);
  if (status.ok()) status = CheckValidity(kWhat, leaf, now);
  if (!status.ok()) return status;
  const der::Result<signature::KeyInfo> key =
      signature::InspectKey(leaf.spki());
  if (!key.ok() || !signature::IsStrongEnough(policy, *key)) {
    // The words AWS answers with, which provisioning scripts look for.
    const std::string key_name =
        key.ok() ? signature::KeyName(*key) : std::string(key.fault().what);
    return MakeError(
        ErrorCode::kCertificateValidation,
        absl::StrCat("The key in the certificate is not valid: ", key_name));
  }
  return CheckAlgorithm(kWhat, leaf, policy).status();
}

absl::StatusOr<store::DeviceRow> FindOwnDevice(const store::RegistryView& view,
                                               const store::DeviceKey& key) {
  std::optional<store::DeviceRow> row = view.FindDevice(key);
  if (!row.has_value()) return NoSuchCertificate();
  return *std::move(row);
}

absl::Status CheckDeviceNotHeld(const store::RegistryView& view,
                                const store::DeviceRow& row) {
  constexpr std::string_view kMessage =
      "The certificate is already provisioned or registered";
  const store::Tenant& tenant = row.key.tenant;
  if (const auto held = view.FindDevice(tenant, row.signed_id)) {
    return MakeError(
        ErrorCode::kResourceAlreadyExists, kMessage,
        Resource{.id = held->key.id.ToHex(), .arn = DeviceArn(held->key)});
  }
  if (row.mode != Mode::kDefault) return absl::OkStatus();
  for (const store::DeviceRow& held :
       view.FindDefaultDevices(tenant.region, row.signed_id)) {
    if (signature::MayBeSame(held.issuer, row.issuer)) {
      return MakeError(ErrorCode::kResourceAlreadyExists, kMessage);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTransition(DeviceStatus from, DeviceStatus to) {
  switch (from) {
    case DeviceStatus::kInactive:
    case DeviceStatus::kActive:
    case DeviceStatus::kPendingActivation:
      return absl::OkStatus();
    case DeviceStatus::kRevoked:
      if (to == from) return absl::OkStatus();
      return WrongState("a REVOKED certificate stays so");
    case DeviceStatus::kPendingTransfer:
      return WrongState("the certificate is being transferred");
  }
  return WrongState("the certificate is in no known state");
}

absl::Status CheckDeletable(const store::DeviceRow& row,
                            const DeleteCertificateRequest& request) {
  if (row.status == DeviceStatus::kActive) {
    return WrongState(
        "an ACTIVE certificate cannot be deleted: set it INACTIVE first");
  }
  if (row.status == DeviceStatus::kPendingTransfer) {
    return WrongState("the certificate is being transferred");
  }
  if (!row.things.empty()) {
    return MakeError(ErrorCode::kDeleteConflict,
                     "things are attached to the certificate");
  }
  if (!row.policies.empty() && !request.force_delete) {
    return MakeError(ErrorCode::kDeleteConflict,
                     "policies are attached to the certificate");
  }
  return absl::OkStatus();
}

}  // namespace chainkeep::registry
