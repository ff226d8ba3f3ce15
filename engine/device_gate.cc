#include "engine/device_gate.h"

#include <string_view>

#include "engine/path/rules.h"
#include "engine/signer_search.h"
#include "engine/verdict/mint.h"
#include "engine/verdict/registered_device.h"

namespace chainkeep {
namespace {

using catalog::DeviceView;

Verdict Refuse(VerdictFields fields, Reason reason,
               std::string_view detail = {}) {
  fields.reason = reason;
  fields.detail = detail;
  return VerdictMint::Refuse(fields);
}

// The registration of the CA that a record names, in the view of the record's
// account.
std::optional<path::Anchor> FindCa(const Asker& asker,
                                   const DeviceView& record) {
  path::Anchor anchor;
  const bool is_found =
      asker.tenant && asker.tenant->account() == *record.account
          ? asker.pin.View(*asker.tenant).FindById(record.ca, &anchor)
          : asker.pin.View(asker.listener.options().region)
                .FindById(record.ca, &anchor);
  if (!is_found || *anchor.account != *record.account) return std::nullopt;
  return anchor;
}

Verdict AcceptUnderCa(const Asker& asker, const RegisteredDevice& device,
                      UnixSeconds now, VerdictFields fields) {
  const std::optional<path::Anchor> anchor = FindCa(asker, device.record());
  if (!anchor) return Refuse(fields, Reason::kNoRegisteredCa);
  if (anchor->status != CaStatus::kActive) {
    return Refuse(fields, Reason::kCaInactive);
  }
  const Reason validity = path::CheckValidity(*anchor->certificate, now);
  if (validity != Reason::kAccepted) {
    fields.failing_certificate = 1;
    return Refuse(fields, validity);
  }
  return VerdictMint::Accept(fields, device.Under(*anchor));
}

Verdict JudgeFound(const Asker& asker, const DeviceView& record,
                   const x509::Certificate& leaf, UnixSeconds now,
                   VerdictFields fields) {
  const ValidationOptions& options = asker.listener.options().validation;
  fields.trust_versions.device = record.version;
  if (record.status == DeviceStatus::kPendingActivation) {
    fields.ca = record.ca;
    fields.completion = Completion::kFirstConnect;
  }
  const Reason status = ReasonOf(record.status);
  if (status != Reason::kAccepted) return Refuse(fields, status);
  fields.failing_certificate = 0;
  const Reason validity = path::CheckValidity(leaf, now);
  if (validity != Reason::kAccepted) return Refuse(fields, validity);
  const Reason key = path::CheckSubjectKey(leaf, options.algorithms);
  if (key != Reason::kAccepted) return Refuse(fields, key);
  fields.failing_certificate = -1;
  const auto device = RegisteredDevice::From(record, leaf, now);
  if (!device) return Refuse(fields, Reason::kDeviceInactive);
  return options.registered_ca == RegisteredCa::kMustBeActive
             ? AcceptUnderCa(asker, *device, now, fields)
             : VerdictMint::Accept(fields, *device);
}

SignerResult FindSignerFor(const Asker& asker, const Handshake& handshake,
                           const x509::Certificate& leaf, UnixSeconds now) {
  const ListenerOptions& options = asker.listener.options();
  const bool leaf_suffices =
      asker.tenant || options.validation.first_connect_issuer ==
                          FirstConnectIssuer::kLeafSuffices;
  const auto find = [&](const path::AnchorSource& view) {
    return FindSigner({.leaf = leaf,
                       .presented = handshake.presented,
                       .view = view,
                       .choice = leaf_suffices ? SignerChoice::kAllOfTheName
                                               : SignerChoice::kPresented,
                       .algorithms = options.validation.algorithms,
                       .budgets = options.validation.budgets,
                       .now = now});
  };
  return asker.tenant ? find(asker.pin.View(*asker.tenant))
                      : find(asker.pin.View(options.region));
}

Verdict JudgeUnknown(const Asker& asker, const Handshake& handshake,
                     const x509::Certificate& leaf, UnixSeconds now,
                     VerdictFields fields) {
  const SignerResult found = FindSignerFor(asker, handshake, leaf, now);
  fields.spent = found.spent;
  if (found.leaf != Reason::kAccepted) {
    fields.failing_certificate = 0;
    return Refuse(fields, found.leaf);
  }
  if (found.signer) {
    fields.ca = *found.signer->id;
    fields.completion = Completion::kFirstConnect;
    return Refuse(fields, Reason::kDeviceNotRegistered);
  }
  if (IsAnothers(asker, fields.device)) {
    return Refuse(fields, Reason::kServerNameMisused);
  }
  if (!asker.tenant && asker.pin.HasSniOnlyIssuer(
                           asker.listener.options().region, leaf.issuer())) {
    return Refuse(fields, Reason::kServerNameRequired);
  }
  return Refuse(fields, Reason::kDeviceNotRegistered);
}

}  // namespace

std::optional<DeviceView> FindRecord(const Asker& asker,
                                     const CertificateId& id) {
  const ListenerOptions& options = asker.listener.options();
  if (!asker.tenant) return asker.pin.FindDevice(options.region, id);
  std::optional<DeviceView> record = asker.pin.FindDevice(*asker.tenant, id);
  if (!record && options.legacy_default_routing) {
    record = asker.pin.FindDevice(options.region, id);
  }
  return record;
}

bool IsAnothers(const Asker& asker, const CertificateId& id) {
  if (!asker.tenant) return false;
  const std::optional<DeviceView> record =
      asker.pin.FindDevice(asker.listener.options().region, id);
  return record && *record->account != asker.tenant->account();
}

Reason ReasonOf(DeviceStatus status) {
  switch (status) {
    case DeviceStatus::kActive:
      return Reason::kAccepted;
    case DeviceStatus::kRevoked:
      return Reason::kDeviceRevoked;
    case DeviceStatus::kPendingActivation:
      return Reason::kDevicePendingActivation;
    case DeviceStatus::kInactive:
    case DeviceStatus::kPendingTransfer:
      return Reason::kDeviceInactive;
  }
  return Reason::kDeviceInactive;
}

Verdict JudgeRecord(const Asker& asker, const Handshake& handshake,
                    const x509::Certificate& leaf, UnixSeconds now,
                    VerdictFields fields) {
  const std::optional<DeviceView> record = FindRecord(asker, fields.device);
  return record ? JudgeFound(asker, *record, leaf, now, fields)
                : JudgeUnknown(asker, handshake, leaf, now, fields);
}

}  // namespace chainkeep
