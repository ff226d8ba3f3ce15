#include "engine/gate/record_gate.h"

#include <algorithm>
#include <array>

#include "engine/gate/signer_search.h"
#include "engine/path/path_builder.h"
#include "engine/path/rules.h"
#include "engine/path/work.h"
#include "engine/registry/device_status.h"
#include "engine/verdict/mint.h"
#include "engine/verdict/registered_device.h"

namespace chainkeep::gate {
namespace {

using catalog::DeviceView;

// Asks the view in which the asker sees the registrations of `account`.
template <typename Ask>
auto WithView(const Asker& asker, const Account& account, const Ask& ask) {
  return asker.tenant && asker.tenant->account() == account
             ? ask(asker.pin.View(*asker.tenant))
             : ask(asker.pin.View(asker.options.region));
}

// The registration of the CA that signed a device: of its record's certificate,
// or where that is not ACTIVE, of another one of the same name and key that is.
std::optional<path::Anchor> FindCaOf(const Asker& asker,
                                     const x509::Certificate& leaf,
                                     path::Budget& budget,
                                     const DeviceView& record) {
  const std::optional<path::Anchor> own =
      FindAnchor(asker, *record.account, record.ca);
  if (record.issuer.empty() ||
      (own && own->state().status == CaStatus::kActive) ||
      !budget.TakeWork(path::LookUpWork(leaf.issuer()))) {
    return own;
  }
  std::array<path::Anchor, path::kMaxCandidates> anchors;
  const size_t count =
      WithView(asker, *record.account, [&](const path::AnchorSource& view) {
        return view.FindIssuers(leaf.issuer(), {}, anchors);
      });
  for (const path::Anchor& anchor : std::span(anchors).first(count)) {
    if (anchor.ca->ca_id == record.issuer &&
        *anchor.account == *record.account &&
        anchor.state().status == CaStatus::kActive) {
      return anchor;
    }
  }
  return own;
}

Verdict AcceptUnderCa(const Asker& asker, const x509::Certificate& leaf,
                      const RegisteredDevice& device, path::Budget& budget,
                      UnixSeconds now, VerdictFields fields) {
  const std::optional<path::Anchor> anchor =
      FindCaOf(asker, leaf, budget, device.record());
  fields.spent = budget.spent();
  if (!anchor) return VerdictMint::Refuse(fields, Reason::kNoRegisteredCa);
  if (anchor->state().status != CaStatus::kActive) {
    return VerdictMint::Refuse(fields, Reason::kCaInactive);
  }
  const x509::Certificate& ca = anchor->ca->certificate;
  path::Finding fault =
      path::CheckEncoding(ca, asker.options.validation.encoding);
  if (fault.ok()) fault.reason = path::CheckValidity(ca, now);
  if (!fault.ok()) {
    fields.failing_certificate = 1;
    return VerdictMint::Refuse(fields, fault.reason, fault.detail);
  }
  return VerdictMint::Accept(fields, device.Under(*anchor));
}

// What may not be registered is not activated either (R91).
Verdict JudgePending(const DeviceView& record, const x509::Certificate& leaf,
                     const ValidationOptions& options, UnixSeconds now,
                     VerdictFields fields) {
  fields.ca = record.ca;
  path::Finding fault =
      path::CheckRegistrable(leaf, path::RulesOf(options), now);
  if (fault.ok()) fault.reason = path::CheckCriticalExtensions(leaf, options);
  if (!fault.ok()) {
    fields.failing_certificate = 0;
    return VerdictMint::Refuse(fields, fault.reason, fault.detail);
  }
  fields.completion = Completion::kFirstConnect;
  return VerdictMint::Refuse(fields, registry::ReasonOf(record.status));
}

Verdict JudgeFound(const Asker& asker, const DeviceView& record,
                   const x509::Certificate& leaf, path::Budget& budget,
                   UnixSeconds now, VerdictFields fields) {
  const ValidationOptions& options = asker.options.validation;
  fields.spent = budget.spent();
  fields.trust_versions.device = record.version;
  fields.disclosure = Disclosure::kReason;
  if (record.status == DeviceStatus::kPendingActivation) {
    return JudgePending(record, leaf, options, now, fields);
  }
  const Reason status = registry::ReasonOf(record.status);
  if (status != Reason::kAccepted) return VerdictMint::Refuse(fields, status);
  fields.failing_certificate = 0;
  const path::Finding form = path::CheckBasicFields(leaf, options.serial_rule);
  if (!form.ok()) return VerdictMint::Refuse(fields, form.reason, form.detail);
  const Reason validity = path::CheckValidity(leaf, now);
  if (validity != Reason::kAccepted)
    return VerdictMint::Refuse(fields, validity);
  const Reason key = path::CheckSubjectKey(leaf, options.algorithms);
  if (key != Reason::kAccepted) {
    return VerdictMint::Refuse(fields, key,
                               path::DescribeWeakKey(leaf, options.algorithms));
  }
  // What its issuer says nobody may overlook does not depend on the policy.
  const Reason critical = path::CheckCriticalExtensions(leaf, options);
  if (critical != Reason::kAccepted)
    return VerdictMint::Refuse(fields, critical);
  fields.failing_certificate = -1;
  const auto device = RegisteredDevice::From(record, leaf, now);
  if (!device) return VerdictMint::Refuse(fields, Reason::kDeviceInactive);
  return options.registered_ca == RegisteredCa::kMustBeActive
             ? AcceptUnderCa(asker, leaf, *device, budget, now, fields)
             : VerdictMint::Accept(fields, *device);
}

SignerResult FindSignerFor(const Asker& asker, std::span<const Bytes> presented,
                           const x509::Certificate& leaf,
                           const SignedId& leaf_id, path::Budget& budget,
                           UnixSeconds now) {
  const ListenerOptions& options = asker.options;
  const bool leaf_suffices =
      asker.tenant || options.validation.first_connect_issuer ==
                          FirstConnectIssuer::kLeafSuffices;
  const auto find = [&](const path::AnchorSource& view) {
    return FindSigner({.leaf = leaf,
                       .leaf_id = leaf_id,
                       .presented = presented,
                       .view = view,
                       .choice = leaf_suffices ? SignerChoice::kAllOfTheName
                                               : SignerChoice::kPresented,
                       .options = options.validation,
                       .budget = budget,
                       .now = now});
  };
  return asker.tenant ? find(asker.pin.View(*asker.tenant))
                      : find(asker.pin.View(options.region));
}

Verdict JudgeUnknown(const Asker& asker, std::span<const Bytes> presented,
                     const x509::Certificate& leaf, path::Budget& budget,
                     UnixSeconds now, VerdictFields fields) {
  SignerResult found =
      FindSignerFor(asker, presented, leaf, fields.signed_id, budget, now);
  fields.spent = budget.spent();
  if (!found.signer && budget.exhausted()) {
    return VerdictMint::Refuse(fields, *budget.exhausted());
  }
  if (found.signer && found.leaf.ok()) {
    found.leaf.reason =
        path::CheckCriticalExtensions(leaf, asker.options.validation);
  }
  if (!found.leaf.ok()) {
    fields.failing_certificate = 0;
    if (found.signer) fields.disclosure = Disclosure::kReason;
    return VerdictMint::Refuse(fields, found.leaf.reason, found.leaf.detail);
  }
  if (found.signer) {
    // In mode DEFAULT it is one account's of the region.
    const std::optional<DeviceView> holder = asker.pin.FindDevice(
        asker.options.region, fields.signed_id, found.signer->ca->ca_id);
    if (!holder || *holder->account == *found.signer->account ||
        found.signer->state().mode != Mode::kDefault) {
      fields.ca = found.signer->ca->id;
      fields.completion = Completion::kFirstConnect;
      return VerdictMint::Refuse(fields, Reason::kDeviceNotRegistered);
    }
  }
  if (IsAnothers(asker, {fields.signed_id, fields.device})) {
    return VerdictMint::Refuse(fields, Reason::kServerNameMisused);
  }
  if (!asker.tenant && budget.TakeWork(path::LookUpWork(leaf.issuer())) &&
      asker.pin.HasSniOnlyIssuer(asker.options.region, leaf.issuer())) {
    return VerdictMint::Refuse(fields, Reason::kServerNameRequired);
  }
  return VerdictMint::Refuse(fields, Reason::kDeviceNotRegistered);
}

}  // namespace

std::optional<path::Anchor> FindAnchor(const Asker& asker,
                                       const Account& account,
                                       const CertificateId& ca) {
  path::Anchor anchor;
  const bool is_found =
      WithView(asker, account, [&](const path::AnchorSource& view) {
        return view.FindById(ca, &anchor);
      });
  if (!is_found || *anchor.account != account) return std::nullopt;
  return anchor;
}

catalog::DenialView DenialsOf(const Asker& asker, const Account& account) {
  using Sight = catalog::DenialView::Sight;
  const bool is_own = asker.tenant && asker.tenant->account() == account;
  return asker.pin.Denials(asker.options.region,
                           is_own ? Sight::kBothModes : Sight::kDefaultOnly);
}

bool HasInactive(const Asker& asker, const Verdict& verdict) {
  const catalog::DenialView denials = DenialsOf(asker, verdict.account());
  const auto is_denied = [&](const CaId& ca) {
    return denials.FindDenial(verdict.account(), ca) != path::CaDenial::kNone;
  };
  const std::vector<Intermediate>& intermediates = verdict.intermediates();
  return (!verdict.leaf_ca().empty() && is_denied(verdict.leaf_ca())) ||
         std::any_of(intermediates.begin(), intermediates.end(),
                     [&](const Intermediate& intermediate) {
                       return is_denied(intermediate.ca);
                     });
}

std::optional<DeviceView> FindRecord(const Asker& asker,
                                     const DeviceName& device) {
  const ListenerOptions& options = asker.options;
  std::optional<DeviceView> record;
  if (asker.tenant) {
    record = asker.pin.FindDevice(*asker.tenant, device.signed_id);
  }
  if (!record && (!asker.tenant || options.legacy_default_routing)) {
    record = asker.pin.FindDevice(options.region, device.signed_id,
                                  device.presented);
  }
  return record;
}

bool IsAnothers(const Asker& asker, const DeviceName& device) {
  if (!asker.tenant) return false;
  const std::optional<DeviceView> record = asker.pin.FindDevice(
      asker.options.region, device.signed_id, device.presented);
  return record && *record->account != asker.tenant->account();
}

Verdict JudgeRecord(const Asker& asker, std::span<const Bytes> presented,
                    const x509::Certificate& leaf, path::Budget& budget,
                    UnixSeconds now, VerdictFields fields) {
  const std::optional<DeviceView> record =
      FindRecord(asker, {fields.signed_id, fields.device});
  return record ? JudgeFound(asker, *record, leaf, budget, now, fields)
                : JudgeUnknown(asker, presented, leaf, budget, now, fields);
}

}  // namespace chainkeep::gate
