#include "engine/registry/transfer_commands.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/registry/arn.h"
#include "engine/registry/certificate_rules.h"
#include "engine/registry/device_commands.h"
#include "engine/registry/device_rules.h"
#include "engine/registry/list_rules.h"
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
// What the other account has, or is offered by others, is not asked: the answer
// would tell.
absl::Status CheckTransferable(const DeviceRow& row) {
  if (row.status != DeviceStatus::kInactive) {
    return MakeError(ErrorCode::kCertificateState,
                     "only an INACTIVE certificate can be transferred");
  }
  if (!row.policies.empty()) {
    return Conflict("policies are attached to the certificate");
  }
  return absl::OkStatus();
}

// An empty account if the request names none. Errors: kInvalidRequest.
absl::StatusOr<Account> CheckSource(std::string_view source) {
  if (source.empty()) return Account();
  return Account::Parse(source);
}

// What `target` is offered by `source`; by anybody if that is empty. Errors:
// kResourceNotFound, kTransferConflict (several accounts offer it).
absl::StatusOr<DeviceRow> FindOffer(const RegistryView& view,
                                    const DeviceKey& target,
                                    const Account& source) {
  if (!source.empty()) {
    std::optional<DeviceRow> row =
        view.FindDevice({{source, target.tenant.region}, target.id});
    if (!row.has_value() || row->status != DeviceStatus::kPendingTransfer ||
        row->transfer->to != target.tenant.account) {
      return NoSuchCertificate();
    }
    return *std::move(row);
  }
  std::vector<DeviceRow> rows = view.ListTransfersTo(
      target.tenant, {.id = target.id, .from = Account()}, 2);
  std::erase_if(rows,
                [&](const DeviceRow& row) { return row.key.id != target.id; });
  if (rows.empty()) return NoSuchCertificate();
  if (rows.size() > 1) {
    return Conflict(
        "several accounts offer the certificate: name the one that is meant");
  }
  return std::move(rows.front());
}

// The place behind an offer, which is no secret: who makes one up has made up a
// place in a list of their own. 64 hex digits, a dot and the account.
std::string MakeMarker(const RegistryView::Offer& last) {
  return absl::StrCat(last.id.ToHex(), ".", last.from.text());
}

absl::StatusOr<RegistryView::Offer> ReadMarker(std::string_view marker) {
  if (marker.empty()) return RegistryView::Offer();
  constexpr size_t kIdDigits = 2 * CertificateId::kSize;
  const absl::StatusOr<CertificateId> id =
      CertificateId::Parse(marker.substr(0, kIdDigits));
  if (id.ok() && marker.size() > kIdDigits && marker[kIdDigits] == '.') {
    const absl::StatusOr<Account> from =
        Account::Parse(marker.substr(kIdDigits + 1));
    if (from.ok()) return RegistryView::Offer{.id = *id, .from = *from};
  }
  return MakeError(ErrorCode::kInvalidRequest,
                   "the marker is not one that this list gave");
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
        const absl::Status check = CheckTransferable(*row);
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
  const absl::StatusOr<Account> source = CheckSource(request.source_account);
  if (!source.ok()) return source.status();
  return context.Commit(
      {"AcceptCertificateTransfer", key->tenant, DeviceArn(*key)},
      [&](Transaction& t) -> Outcome {
        absl::StatusOr<DeviceRow> row = FindOffer(t, *key, *source);
        if (!row.ok()) return row.status();
        if (t.FindDevice(key->tenant, row->signed_id).has_value()) {
          return Conflict("the account has the certificate already");
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
  const absl::StatusOr<Account> source = CheckSource(request.source_account);
  if (!source.ok()) return source.status();
  return context.Commit(
      {"RejectCertificateTransfer", key->tenant, DeviceArn(*key)},
      [&](Transaction& t) -> Outcome {
        absl::StatusOr<DeviceRow> row = FindOffer(t, *key, *source);
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

absl::StatusOr<List<IncomingTransfer>> ListIncomingTransfers(
    const CommandContext& context,
    const ListIncomingTransfersRequest& request) {
  const absl::StatusOr<Tenant> tenant =
      CheckTenant(request.account, request.region);
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<size_t> size = CheckPageSize(request.page_size);
  if (!size.ok()) return size.status();
  const absl::StatusOr<RegistryView::Offer> after = ReadMarker(request.marker);
  if (!after.ok()) return after.status();
  List<IncomingTransfer> list;
  const absl::Status status = context.Read([&](const RegistryView& view) {
    for (const DeviceRow& row :
         view.ListTransfersTo(*tenant, *after, *size + 1)) {
      if (list.items.size() == *size) {
        const IncomingTransfer& last = list.items.back();
        list.next_marker = MakeMarker({.id = last.id, .from = last.from});
        break;
      }
      list.items.push_back({.id = row.key.id,
                            .from = row.key.tenant.account,
                            .mode = row.mode,
                            .message = row.transfer->message,
                            .transfer_date = row.transfer->transfer_date});
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return list;
}

}  // namespace chainkeep::registry
