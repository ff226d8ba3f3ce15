#include "engine/registry/transfer_commands.h"

#include <optional>
#include <string_view>
#include <utility>

#include "chainkeep/status.h"
#include "engine/registry/arn.h"
#include "engine/registry/certificate_rules.h"
#include "engine/registry/device_commands.h"
#include "engine/registry/device_rules.h"
#include "engine/store/device_row.h"
#include "engine/store/registry_view.h"

namespace chainkeep::registry {
namespace {

using store::DeviceKey;
using store::DeviceRow;
using store::RegistryView;
using store::Tenant;
using store::Transaction;

absl::StatusOr<DeviceKey> KeyOf(const CertificateRequest& request) {
  return CheckCertificateKey(request.account, request.region,
                             request.certificate_id);
}

absl::Status Conflict(std::string_view message) {
  return MakeError(ErrorCode::kTransferConflict, message);
}

// Only an INACTIVE one can be offered: it comes back INACTIVE if it is not
// accepted, and nothing must be gained by that.
absl::Status CheckTransferable(const RegistryView& view, const DeviceRow& row,
                               const Tenant& target) {
  if (row.status != DeviceStatus::kInactive) {
    return MakeError(ErrorCode::kCertificateState,
                     "only an INACTIVE certificate can be transferred");
  }
  if (!row.policies.empty()) {
    return Conflict("policies are attached to the certificate");
  }
  if (view.FindDevice({target, row.key.id}).has_value() ||
      view.FindTransferTo(target, row.key.id).has_value()) {
    return Conflict("the other account has the certificate, or is offered it");
  }
  return absl::OkStatus();
}

// What `target` is offered. Errors: kResourceNotFound.
absl::StatusOr<DeviceRow> FindOffer(const RegistryView& view,
                                    const DeviceKey& target) {
  std::optional<DeviceRow> row = view.FindTransferTo(target.tenant, target.id);
  if (!row.has_value()) return NoSuchCertificate();
  return *std::move(row);
}

// The certificate stays where it is.
void Return(Transaction& t, DeviceRow row, UnixMillis now) {
  row.status = DeviceStatus::kInactive;
  Touch(row, now);
  t.PutDevice(row);
}

}  // namespace

absl::StatusOr<std::string> TransferCertificate(
    const CommandContext& context, const TransferCertificateRequest& request) {
  const absl::StatusOr<DeviceKey> key = KeyOf(request.certificate);
  if (!key.ok()) return key.status();
  const absl::StatusOr<Account> target = Account::Parse(request.target_account);
  if (!target.ok()) return target.status();
  if (*target == key->tenant.account) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "the certificate is this account's already");
  }
  const absl::Status text =
      CheckTransferText("the transfer's message", request.message);
  if (!text.ok()) return text;
  const absl::Status status = context.Commit(
      {"TransferCertificate", key->tenant, DeviceArn(*key)},
      [&](Transaction& t) -> Outcome {
        absl::StatusOr<DeviceRow> row = FindOwnDevice(t, *key);
        if (!row.ok()) return row.status();
        const absl::Status check =
            CheckTransferable(t, *row, {*target, key->tenant.region});
        if (!check.ok()) return check;
        const UnixMillis now = context.NowMillis();
        row->status = DeviceStatus::kPendingTransfer;
        row->transfer = Transfer{.to = *target,
                                 .message = std::string(request.message),
                                 .reject_reason = "",
                                 .transfer_date = now};
        Touch(*row, now);
        t.PutDevice(*row);
        return Effect::kChanged;
      });
  if (!status.ok()) return status;
  return DeviceArn(*key);
}

absl::Status AcceptCertificateTransfer(const CommandContext& context,
                                       const AcceptTransferRequest& request) {
  const absl::StatusOr<DeviceKey> key = KeyOf(request.certificate);
  if (!key.ok()) return key.status();
  return context.Commit(
      {"AcceptCertificateTransfer", key->tenant, DeviceArn(*key)},
      [&](Transaction& t) -> Outcome {
        absl::StatusOr<DeviceRow> row = FindOffer(t, *key);
        if (!row.ok()) return row.status();
        if (t.FindDevice(*key).has_value()) {
          return Conflict("the account has the certificate by now");
        }
        const UnixMillis now = context.NowMillis();
        t.DeleteDevice(row->key);
        row->previous_owner = row->key.tenant.account;
        row->key = *key;
        row->status = request.set_as_active ? DeviceStatus::kActive
                                            : DeviceStatus::kInactive;
        row->transfer->accept_date = now;
        row->policies.clear();
        row->things.clear();
        Touch(*row, now);
        t.PutDevice(*row);
        return Effect::kChanged;
      });
}

absl::Status RejectCertificateTransfer(const CommandContext& context,
                                       const RejectTransferRequest& request) {
  const absl::StatusOr<DeviceKey> key = KeyOf(request.certificate);
  if (!key.ok()) return key.status();
  const absl::Status text =
      CheckTransferText("the reason of the rejection", request.reason);
  if (!text.ok()) return text;
  return context.Commit(
      {"RejectCertificateTransfer", key->tenant, DeviceArn(*key)},
      [&](Transaction& t) -> Outcome {
        absl::StatusOr<DeviceRow> row = FindOffer(t, *key);
        if (!row.ok()) return row.status();
        row->transfer->reject_reason = request.reason;
        row->transfer->reject_date = context.NowMillis();
        Return(t, *std::move(row), context.NowMillis());
        return Effect::kChanged;
      });
}

absl::Status CancelCertificateTransfer(const CommandContext& context,
                                       const CertificateRequest& request) {
  const absl::StatusOr<DeviceKey> key = KeyOf(request);
  if (!key.ok()) return key.status();
  return context.Commit(
      {"CancelCertificateTransfer", key->tenant, DeviceArn(*key)},
      [&](Transaction& t) -> Outcome {
        absl::StatusOr<DeviceRow> row = FindOwnDevice(t, *key);
        if (!row.ok() && t.HasMovedFrom(key->tenant, key->id)) {
          return MakeError(ErrorCode::kTransferAlreadyCompleted,
                           "the transfer was accepted");
        }
        if (!row.ok()) return row.status();
        if (row->status != DeviceStatus::kPendingTransfer) {
          return MakeError(ErrorCode::kTransferAlreadyCompleted,
                           "there is no transfer to cancel");
        }
        row->transfer.reset();
        Return(t, *std::move(row), context.NowMillis());
        return Effect::kChanged;
      });
}

}  // namespace chainkeep::registry
