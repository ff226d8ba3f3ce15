#include "engine/projection/reconciliation.h"

#include <algorithm>
#include <string>
#include <utility>

#include "chainkeep/status.h"
#include "engine/projection/stored_certificate.h"
#include "engine/registry/crl_rules.h"
#include "engine/signature/signed_id.h"
#include "engine/sni/endpoint_name.h"
#include "engine/x509/certificate.h"

namespace chainkeep::projection {
namespace {

using catalog::DeviceData;
using store::CaRow;
using store::CertificateKey;
using store::CrlRow;
using store::DeviceRow;
using store::EndpointRow;

using Kind = SkippedRecord::Kind;

using Tell = std::function<void(EventObserver&)>;

// A CA's certificate of a tenant, and the CA.
struct NamedCa {
  CertificateKey key;
  CaId ca_id;
};

CaEvent EventOf(const NamedCa& ca, Mode mode) {
  const store::Tenant& tenant = ca.key.tenant;
  return {{tenant.account, tenant.region, mode}, ca.key.id, ca.ca_id};
}

Tell Registered(const NamedCa& ca, Mode mode) {
  return [event = EventOf(ca, mode)](EventObserver& observer) {
    observer.OnCaRegistered(event);
  };
}

Tell Activated(const NamedCa& ca, Mode mode) {
  return [event = EventOf(ca, mode)](EventObserver& observer) {
    observer.OnCaActivated(event);
  };
}

Tell Deactivated(const NamedCa& ca, Mode mode) {
  return [event = EventOf(ca, mode)](EventObserver& observer) {
    observer.OnCaDeactivated(event);
  };
}

// Empty of a row whose certificate cannot be read, and which is not shown.
CaId CaIdOf(const CaRow& row) {
  const auto parsed = x509::Certificate::Parse(
      {reinterpret_cast<const uint8_t*>(row.der.data()), row.der.size()});
  return parsed.ok() ? signature::ComputeCaId(*parsed) : CaId();
}

Tell Deactivated(const store::Tenant& tenant, const DeviceData& device,
                 DeviceStatus status) {
  return [event = DeviceEvent{.account = tenant.account,
                              .region = tenant.region,
                              .device = device.id,
                              .signed_id = device.signed_id,
                              .status = status}](EventObserver& observer) {
    observer.OnDeviceDeactivated(event);
  };
}
}  // namespace

std::optional<Reconciliation::Holder> Reconciliation::FindCaHolder(
    const store::CaKey& key, Mode mode) const {
  if (mode != Mode::kDefault) return std::nullopt;
  const catalog::Catalog::Pin pin = catalog_.Acquire();
  path::Anchor holder;
  if (!pin.View(key.tenant.region).FindById(key.id, &holder) ||
      *holder.account == key.tenant.account) {
    return std::nullopt;
  }
  return Holder{{{*holder.account, key.tenant.region}, key.id},
                holder.state().status == CaStatus::kActive};
}

std::optional<Reconciliation::Holder> Reconciliation::FindDeviceHolder(
    const store::Tenant& tenant, const DeviceData& device) const {
  if (device.mode != Mode::kDefault) return std::nullopt;
  const catalog::Catalog::Pin pin = catalog_.Acquire();
  const auto holder =
      pin.FindDevice(tenant.region, device.signed_id, device.issuer);
  if (!holder || *holder->account == tenant.account) return std::nullopt;
  return Holder{{{*holder->account, tenant.region}, holder->id},
                holder->status == DeviceStatus::kActive};
}

Reconciliation::Phase Reconciliation::PhaseToRefuse(
    const std::optional<Holder>& holder) {
  return holder && !holder->is_active ? kExchange : kTakeTrust;
}

void Reconciliation::ShowCa(Phase phase, const CaRow& row, CaStatus status,
                            std::vector<Tell> tell) {
  Add(phase,
      {.change =
           [this, row, status] {
             auto record = RecordOf(catalog_, row.key, row.der);
             if (!record.ok()) return record.status();
             catalog_.Replace(
                 {row.key.tenant.account, row.key.tenant.region, row.mode},
                 *std::move(record), status, AutoRegistrationOf(row));
             return absl::OkStatus();
           },
       .holder = [this, key = row.key,
                  mode = row.mode]() -> std::optional<Tell> {
         const std::optional<Holder> holder = FindCaHolder(key, mode);
         if (!holder || !holder->is_active) return std::nullopt;
         return Deactivated(
             {holder->key, catalog_.FindCaId(holder->key.id).value_or(CaId())},
             mode);
       },
       .tell = std::move(tell),
       .record = About(Kind::kCa, row.key)});
}

void Reconciliation::RefuseCa(const store::CaKey& key, std::vector<Tell> tell) {
  Add(kTakeTrust, {.change =
                       [this, key] {
                         return catalog_.SetStatus(key.tenant.account,
                                                   key.tenant.region, key.id,
                                                   CaStatus::kInactive);
                       },
                   .tell = std::move(tell),
                   .record = About(Kind::kCa, key),
                   .may_fail = true});
}

void Reconciliation::SetStatus(Phase phase, const store::CaKey& key,
                               CaStatus status, std::vector<Tell> tell) {
  Add(phase, {.change =
                  [this, key, status] {
                    return catalog_.SetStatus(
                        key.tenant.account, key.tenant.region, key.id, status);
                  },
              .tell = std::move(tell),
              .record = About(Kind::kCa, key)});
}

void Reconciliation::SetAutoRegistration(const CaRow& row) {
  Add(row.auto_registration ? kGiveTrust : kTakeTrust,
      {.change =
           [this, key = row.key, value = AutoRegistrationOf(row)] {
             return catalog_.SetAutoRegistration(
                 key.tenant.account, key.tenant.region, key.id, value);
           },
       .tell = {},
       .record = About(Kind::kCa, row.key)});
}

void Reconciliation::AddCa(const store::CaKey& key,
                           const std::optional<CaRow>& row, Touched touched) {
  ++added_;
  const auto shown =
      catalog_.FindRegistration(key.tenant.account, key.tenant.region, key.id);
  const bool is_active = row && row->status == CaStatus::kActive;
  const bool was_active = shown && shown->status == CaStatus::kActive;
  NamedCa ca{key, {}};
  if (shown) {
    ca.ca_id = catalog_.FindCaId(key.id).value_or(CaId());
  } else if (row && is_watched_) {
    ca.ca_id = CaIdOf(*row);
  }
  std::vector<Tell> tell;
  if (was_active) tell.push_back(Deactivated(ca, shown->mode));
  if (row && shown && row->mode == shown->mode) {
    if (AutoRegistrationOf(*row) != shown->auto_registration) {
      SetAutoRegistration(*row);
    }
    if (row->status == shown->status && touched == Touched::kOnce) return;
    if (is_active) tell.push_back(Activated(ca, row->mode));
    SetStatus(is_active ? kGiveTrust : kTakeTrust, key, row->status,
              std::move(tell));
    return;
  }
  // Without a server name it is not seen any more, and refuses nobody.
  const bool goes_out_of_sight = row && shown &&
                                 shown->mode == Mode::kDefault &&
                                 row->mode == Mode::kSniOnly;
  const bool gives = !row || is_active || goes_out_of_sight;
  if (was_active && gives) RefuseCa(key, std::exchange(tell, {}));
  if (!row) {
    if (!shown) return;
    Add(kGiveTrust,
        {.change =
             [this, key] {
               // Another may have come in its place.
               catalog_.Withdraw(key.tenant.account, key.tenant.region, key.id)
                   .IgnoreError();
               return absl::OkStatus();
             },
         .tell = {},
         .record = About(Kind::kCa, key)});
    return;
  }
  const Phase to_refuse = PhaseToRefuse(FindCaHolder(key, row->mode));
  // What it takes does not wait for what another gives up.
  if (was_active && !gives && to_refuse != kTakeTrust) {
    RefuseCa(key, std::exchange(tell, {}));
  }
  tell.push_back(Registered(ca, row->mode));
  if (!is_active) {
    ShowCa(gives ? kGiveTrust : to_refuse, *row, CaStatus::kInactive,
           std::move(tell));
    return;
  }
  // Of its age, among those of its subject, it is when it comes first.
  const bool keeps_order = is_watched_ && !shown && row->mode == Mode::kDefault;
  if (keeps_order) {
    ShowCa(to_refuse, *row, CaStatus::kInactive, std::exchange(tell, {}));
  }
  tell.push_back(Activated(ca, row->mode));
  ShowCa(kGiveTrust, *row, CaStatus::kActive, std::move(tell));
}

void Reconciliation::ShowDevice(Phase phase, const store::Tenant& tenant,
                                const DeviceData& device,
                                std::vector<Tell> tell) {
  Add(phase,
      {.change =
           [this, tenant, device] {
             catalog_.ReplaceDevice(tenant.account, tenant.region, device);
             return absl::OkStatus();
           },
       .holder = [this, tenant, device]() -> std::optional<Tell> {
         const std::optional<Holder> holder = FindDeviceHolder(tenant, device);
         if (!holder || !holder->is_active) return std::nullopt;
         return Deactivated(
             holder->key.tenant,
             {.signed_id = device.signed_id, .id = holder->key.id},
             DeviceStatus::kInactive);
       },
       .tell = std::move(tell),
       .record = About(Kind::kDevice, {tenant, device.id})});
}

void Reconciliation::RefuseDevice(const store::Tenant& tenant,
                                  DeviceData device, std::vector<Tell> tell) {
  device.status = DeviceStatus::kInactive;
  Add(kTakeTrust, {.change =
                       [this, tenant, device] {
                         return catalog_.PutDevice(tenant.account,
                                                   tenant.region, device);
                       },
                   .tell = std::move(tell),
                   .record = About(Kind::kDevice, {tenant, device.id}),
                   .may_fail = true});
}

void Reconciliation::AddDevice(const store::Tenant& tenant, const SignedId& id,
                               const std::optional<DeviceRow>& row,
                               Touched touched) {
  ++added_;
  const auto shown = catalog_.FindDevice(tenant.account, tenant.region, id);
  DeviceData now = shown.value_or(DeviceData{.signed_id = id, .id = {}});
  if (row) {
    now = {.signed_id = id,
           .id = row->key.id,
           .mode = row->mode,
           .status = row->status,
           .ca = row->ca,
           .issuer = row->issuer};
  }
  const bool is_active = row && now.status == DeviceStatus::kActive;
  const bool was_active = shown && shown->status == DeviceStatus::kActive;
  const bool is_same_place = row && shown && now.IsBesidesStatus(*shown);
  const bool may_be_another = touched == Touched::kMoreThanOnce;
  // Where no record was seen a device may have been let in for its CA's sake.
  const bool was_unseen = !shown || (row && row->mode == Mode::kDefault &&
                                     shown->mode == Mode::kSniOnly);
  std::vector<Tell> tell;
  if (was_active
          ? !is_active || !is_same_place || may_be_another
          : (row && !is_active && was_unseen) || (!shown && may_be_another)) {
    tell.push_back(
        Deactivated(tenant, now, row ? row->status : DeviceStatus::kInactive));
  }
  if (is_same_place && row->status == shown->status &&
      touched == Touched::kOnce) {
    return;
  }
  // Without a server name it is not seen any more, and refuses less.
  const bool goes_out_of_sight = row && shown &&
                                 shown->mode == Mode::kDefault &&
                                 row->mode == Mode::kSniOnly;
  const bool gives = !row || is_active || goes_out_of_sight;
  if (was_active && !is_same_place && gives) {
    RefuseDevice(tenant, *shown, std::exchange(tell, {}));
  }
  if (!row) {
    if (!shown && tell.empty()) return;
    if (!shown) {
      // It came and went.
      Add(kTakeTrust, {.change = [] { return absl::OkStatus(); },
                       .tell = std::move(tell),
                       .record = About(Kind::kDevice, {tenant, now.id})});
      return;
    }
    Add(kGiveTrust, {.change =
                         [this, tenant, id] {
                           return catalog_.RemoveDevice(tenant.account,
                                                        tenant.region, id);
                         },
                     .tell = std::move(tell),
                     .record = About(Kind::kDevice, {tenant, now.id}),
                     .may_fail = true});
    return;
  }
  const Phase to_refuse = PhaseToRefuse(FindDeviceHolder(tenant, now));
  // What it takes does not wait for what another gives up.
  if (was_active && !gives && to_refuse != kTakeTrust) {
    RefuseDevice(tenant, *shown, std::exchange(tell, {}));
  }
  ShowDevice(gives ? kGiveTrust : to_refuse, tenant, now, std::move(tell));
}

void Reconciliation::AddEndpoint(const Region& region,
                                 std::string_view host_name,
                                 const std::optional<EndpointRow>& row,
                                 Touched touched) {
  ++added_;
  SkippedRecord record{.kind = Kind::kEndpoint,
                       .account = row ? row->endpoint.account : Account(),
                       .region = region,
                       .name = std::string(host_name),
                       .status = {}};
  const auto name = sni::EndpointName::Parse(host_name);
  if (!name) {
    if (!row) return;
    Add(kGiveTrust, {.change =
                         [] {
                           return MakeError(
                               ErrorCode::kInternalFailure,
                               "no endpoint can have the stored host name");
                         },
                     .tell = {},
                     .record = std::move(record)});
    return;
  }
  const auto shown = catalog_.endpoints().Find(region, *name);
  if (row ? shown == row->endpoint && touched == Touched::kOnce : !shown) {
    return;
  }
  const auto put = [&](Phase phase, Endpoint endpoint) {
    Add(phase, {.change =
                    [this, name = *name, endpoint = std::move(endpoint)] {
                      catalog_.endpoints().Put(name, endpoint,
                                               catalog_.NextVersion());
                      return absl::OkStatus();
                    },
                .tell = {},
                .record = record});
  };
  // Before it stands for something else it stands for nothing: an account's
  // wildcard may have stood for it, or may be about to.
  const bool stays = row && shown && shown->account == row->endpoint.account &&
                     shown->service == row->endpoint.service;
  if ((is_watched_ && !stays) ||
      (row && row->endpoint.status == EndpointStatus::kDisabled)) {
    Endpoint off = row ? row->endpoint : *shown;
    off.status = EndpointStatus::kDisabled;
    put(kTakeTrust, std::move(off));
  }
  if (!row) {
    Add(kGiveTrust, {.change =
                         [this, region, name = *name] {
                           catalog_.endpoints().Remove(region, name);
                           return absl::OkStatus();
                         },
                     .tell = {},
                     .record = std::move(record)});
  } else if (row->endpoint.status == EndpointStatus::kEnabled) {
    put(kGiveTrust, row->endpoint);
  }
}

void Reconciliation::AddCrls(const CertificateKey& ca, const CrlRow& row) {
  ++added_;
  Add(kGiveTrust, {.change =
                       [this, row] {
                         auto record = CrlIssuerOf(catalog_, row);
                         if (!record.ok()) return record.status();
                         const std::vector<std::string_view> lists(
                             row.crls.begin(), row.crls.end());
                         auto crls =
                             registry::LoadCrls(lists, **record, policy_);
                         if (!crls.ok()) return crls.status();
                         return catalog_.ReplaceCrls(
                             row.key.tenant.account, row.key.tenant.region,
                             *std::move(record), *std::move(crls));
                       },
                   .tell = {},
                   .record = About(Kind::kCrls, ca)});
}

Reconciliation::Outcome Reconciliation::TakeTrust() {
  std::vector<size_t> exchanged_at;
  for (const Step& step : steps_[kExchange]) exchanged_at.push_back(step.at);
  Outcome outcome = ApplyUntil(kExchange);
  return {.events = std::move(outcome.events),
          .skipped = {},
          .skipped_at = {},
          .exchanged_at = std::move(exchanged_at)};
}

Reconciliation::Outcome Reconciliation::Exchange() {
  return {
      .events = ApplyUntil(kGiveTrust).events, .skipped = {}, .skipped_at = {}};
}

Reconciliation::Outcome Reconciliation::ApplyUntil(Phase end) {
  Outcome outcome;
  for (size_t phase = 0; phase < end; ++phase) {
    for (Step& step : steps_[phase]) {
      const std::optional<Tell> holder =
          step.holder == nullptr ? std::nullopt : step.holder();
      step.record.status = step.change();
      if (step.record.status.ok()) {
        if (holder) outcome.events.push_back(*holder);
        std::move(step.tell.begin(), step.tell.end(),
                  std::back_inserter(outcome.events));
      } else if (!step.may_fail) {
        outcome.skipped.push_back(std::move(step.record));
        outcome.skipped_at.push_back(step.at);
      }
    }
  }
  for (std::vector<Step>& steps : steps_) steps.clear();
  added_ = 0;
  return outcome;
}

}  // namespace chainkeep::projection
