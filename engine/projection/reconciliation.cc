#include "engine/projection/reconciliation.h"

#include <string>
#include <utility>

#include "chainkeep/status.h"
#include "engine/projection/stored_certificate.h"
#include "engine/registry/crl_rules.h"
#include "engine/sni/endpoint_name.h"
#include "engine/sni/host_name.h"

namespace chainkeep::projection {
namespace {

using store::CaRow;
using store::CertificateKey;
using store::CrlRow;
using store::DeviceRow;
using store::EndpointRow;

using Kind = SkippedRecord::Kind;

CaEvent EventOf(const CertificateKey& key, Mode mode) {
  return {{key.tenant.account, key.tenant.region, mode}, key.id};
}

}  // namespace

// Whether no account of the region is shown with the CA in a way that `row`
// cannot be beside.
bool Reconciliation::IsFreeForCa(const CaRow& row) const {
  if (row.mode == Mode::kSniOnly) return true;
  const catalog::Catalog::Pin pin = catalog_.Acquire();
  path::Anchor holder;
  return !pin.View(row.key.tenant.region).FindById(row.key.id, &holder);
}

void Reconciliation::PublishCa(Phase phase, const CaRow& row) {
  std::vector<Tell> tell = {[event = EventOf(row.key, row.mode)](
                                EventObserver& o) { o.OnCaRegistered(event); }};
  if (row.status == CaStatus::kActive) {
    tell.push_back([event = EventOf(row.key, row.mode)](EventObserver& o) {
      o.OnCaActivated(event);
    });
  }
  Add(phase,
      {.change =
           [this, row] {
             auto record = RecordOf(catalog_, row.key, row.der);
             if (!record.ok()) return record.status();
             return catalog_.Publish(
                 {row.key.tenant.account, row.key.tenant.region, row.mode},
                 *std::move(record), row.status, AutoRegistrationOf(row));
           },
       .tell = std::move(tell),
       .record = About(Kind::kCa, row.key)});
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
  if (!shown) {
    if (!row) return;
    // One that is INACTIVE refuses who comes by it.
    PublishCa(is_active           ? kGiveTrust
              : IsFreeForCa(*row) ? kTakeTrust
                                  : kRefuse,
              *row);
    return;
  }
  std::vector<Tell> tell;
  if (shown->status == CaStatus::kActive) {
    tell.push_back([event = EventOf(key, shown->mode)](EventObserver& o) {
      o.OnCaDeactivated(event);
    });
  }
  if (!row || row->mode != shown->mode) {
    // Until it goes it refuses.
    if (shown->status == CaStatus::kActive) {
      SetStatus(kTakeTrust, key, CaStatus::kInactive, std::move(tell));
    }
    Add(kRelease, {.change =
                       [this, key] {
                         return catalog_.Withdraw(key.tenant.account,
                                                  key.tenant.region, key.id);
                       },
                   .tell = {},
                   .record = About(Kind::kCa, key)});
    if (row) PublishCa(is_active ? kGiveTrust : kRefuse, *row);
    return;
  }
  if (AutoRegistrationOf(*row) != shown->auto_registration) {
    SetAutoRegistration(*row);
  }
  if (row->status == shown->status && touched == Touched::kOnce) return;
  if (is_active) {
    tell.push_back([event = EventOf(key, row->mode)](EventObserver& o) {
      o.OnCaActivated(event);
    });
  }
  SetStatus(is_active ? kGiveTrust : kTakeTrust, key, row->status,
            std::move(tell));
}

// Whether no account of the region is shown with the device in a way that
// `row` cannot be beside.
bool Reconciliation::IsFreeForDevice(const DeviceRow& row) const {
  if (row.mode == Mode::kSniOnly) return true;
  const catalog::Catalog::Pin pin = catalog_.Acquire();
  const auto holder = pin.FindDevice(row.key.tenant.region, row.key.id);
  return !holder || *holder->account == row.key.tenant.account;
}

void Reconciliation::PutDevice(Phase phase, const store::DeviceKey& key,
                               const catalog::Catalog::ShownDevice& device,
                               std::vector<Tell> tell) {
  Add(phase, {.change =
                  [this, key, device] {
                    return catalog_.PutDevice(
                        {key.tenant.account, key.tenant.region, device.mode},
                        key.id, device.status, device.ca);
                  },
              .tell = std::move(tell),
              .record = About(Kind::kDevice, key)});
}

void Reconciliation::AddDevice(const store::DeviceKey& key,
                               const std::optional<DeviceRow>& row,
                               Touched touched) {
  ++added_;
  const auto shown =
      catalog_.FindDevice(key.tenant.account, key.tenant.region, key.id);
  const bool is_active = row && row->status == DeviceStatus::kActive;
  const bool was_active = shown && shown->status == DeviceStatus::kActive;
  const bool is_same_place =
      row && shown && row->mode == shown->mode && row->ca == shown->ca;
  const bool may_be_another = touched == Touched::kMoreThanOnce;
  std::vector<Tell> tell;
  // Without a record a device may have been let in for its CA's sake.
  if (was_active ? !is_active || !is_same_place || may_be_another
                 : !shown && ((row && !is_active) || may_be_another)) {
    const DeviceEvent event{
        .account = key.tenant.account,
        .region = key.tenant.region,
        .device = key.id,
        .status = row ? row->status : DeviceStatus::kInactive};
    tell.push_back([event](EventObserver& o) { o.OnDeviceDeactivated(event); });
  }
  if (is_same_place) {
    if (row->status == shown->status && touched == Touched::kOnce) return;
    PutDevice(is_active ? kGiveTrust : kTakeTrust, key,
              {row->mode, row->status, row->ca}, std::move(tell));
    return;
  }
  if (was_active) {
    // Until it goes it refuses: all who could come under it.
    PutDevice(kTakeTrust, key,
              {shown->mode, DeviceStatus::kInactive, shown->ca},
              std::exchange(tell, {}));
  }
  // One of mode DEFAULT refuses the devices of all others too, even if it is
  // ACTIVE: it comes first, and comes to be ACTIVE later.
  const bool is_default = row && row->mode == Mode::kDefault;
  const bool takes =
      row && (is_default || (!is_active && !shown)) && IsFreeForDevice(*row);
  if (shown) {
    Add(takes ? kTakeTrust : kRelease, {.change =
                                            [this, key] {
                                              return catalog_.RemoveDevice(
                                                  key.tenant.account,
                                                  key.tenant.region, key.id);
                                            },
                                        .tell = std::exchange(tell, {}),
                                        .record = About(Kind::kDevice, key)});
  }
  if (!row) {
    if (tell.empty()) return;
    // It came and went.
    Add(kTakeTrust, {.change = [] { return absl::OkStatus(); },
                     .tell = std::move(tell),
                     .record = About(Kind::kDevice, key)});
    return;
  }
  if (takes || !is_active) {
    PutDevice(
        takes ? kTakeTrust : kRefuse, key,
        {row->mode, is_active ? DeviceStatus::kInactive : row->status, row->ca},
        std::exchange(tell, {}));
  }
  if (is_active) {
    PutDevice(kGiveTrust, key, {row->mode, row->status, row->ca},
              std::move(tell));
  }
}

// Whether a host name leads to somebody: by a wildcard, if it is not shown.
bool Reconciliation::IsServed(const Region& region,
                              std::string_view host_name) const {
  const std::optional<sni::HostName> name = sni::HostName::Parse(host_name);
  return name && catalog_.endpoints()
                         .Resolve(region, *name, EndpointService::kData)
                         .refusal != Reason::kServerNameUnknown;
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
  // Before it stands for another account it stands for none.
  const bool stays = row && (shown ? shown->account == row->endpoint.account
                                   : !IsServed(region, host_name));
  if (!stays || row->endpoint.status == EndpointStatus::kDisabled) {
    Endpoint off = row ? row->endpoint : *shown;
    off.status = EndpointStatus::kDisabled;
    put(kTakeTrust, std::move(off));
  }
  if (!row) {
    Add(kRelease, {.change =
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

void Reconciliation::AddCrls(const CertificateKey& ca,
                             const std::optional<CrlRow>& row) {
  ++added_;
  if (!row) {
    Add(kReplaceCrls, {.change =
                           [this, ca] {
                             catalog_.RemoveCrls(ca.tenant.account,
                                                 ca.tenant.region, ca.id);
                             return absl::OkStatus();
                           },
                       .tell = {},
                       .record = About(Kind::kCrls, ca)});
    return;
  }
  Add(kReplaceCrls, {.change =
                         [this, row = *row] {
                           auto record = RecordOf(catalog_, row.key, row.ca);
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
  Outcome outcome = ApplyUntil(kRelease);
  outcome.skipped.clear();
  outcome.skipped_at.clear();
  return outcome;
}

Reconciliation::Outcome Reconciliation::ApplyUntil(Phase end) {
  Outcome outcome;
  for (size_t phase = 0; phase < end; ++phase) {
    for (Step& step : steps_[phase]) {
      step.record.status = step.change();
      if (step.record.status.ok()) {
        std::move(step.tell.begin(), step.tell.end(),
                  std::back_inserter(outcome.events));
      } else {
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
