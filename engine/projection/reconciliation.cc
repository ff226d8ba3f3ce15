#include "engine/projection/reconciliation.h"

#include <string>
#include <utility>

#include "chainkeep/status.h"
#include "engine/projection/stored_certificate.h"
#include "engine/registry/crl_rules.h"
#include "engine/sni/endpoint_name.h"

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

void Reconciliation::PublishCa(const CaRow& row) {
  std::vector<Tell> tell = {[event = EventOf(row.key, row.mode)](
                                EventObserver& o) { o.OnCaRegistered(event); }};
  if (row.status == CaStatus::kActive) {
    tell.push_back([event = EventOf(row.key, row.mode)](EventObserver& o) {
      o.OnCaActivated(event);
    });
  }
  Add(kGiveTrust,
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
  if (!shown) {
    if (row) PublishCa(*row);
    return;
  }
  std::vector<Tell> ended;
  if (shown->status == CaStatus::kActive) {
    ended.push_back([event = EventOf(key, shown->mode)](EventObserver& o) {
      o.OnCaDeactivated(event);
    });
  }
  if (!row || row->mode != shown->mode) {
    Add(kTakeTrust, {.change =
                         [this, key] {
                           return catalog_.Withdraw(key.tenant.account,
                                                    key.tenant.region, key.id);
                         },
                     .tell = std::move(ended),
                     .record = About(Kind::kCa, key)});
    if (row) PublishCa(*row);
    return;
  }
  if (AutoRegistrationOf(*row) != shown->auto_registration) {
    SetAutoRegistration(*row);
  }
  if (row->status == shown->status && touched == Touched::kOnce) return;
  Step step{.change =
                [this, key, status = row->status] {
                  return catalog_.SetStatus(key.tenant.account,
                                            key.tenant.region, key.id, status);
                },
            .tell = {},
            .record = About(Kind::kCa, key)};
  step.tell = std::move(ended);
  if (row->status == CaStatus::kInactive) {
    Add(kTakeTrust, std::move(step));
    return;
  }
  step.tell.push_back([event = EventOf(key, row->mode)](EventObserver& o) {
    o.OnCaActivated(event);
  });
  Add(kGiveTrust, std::move(step));
}

// Whether no account of the region is shown with the device in a way that
// `row` cannot be beside.
bool Reconciliation::IsFreeForDevice(const DeviceRow& row) const {
  if (row.mode == Mode::kSniOnly) return true;
  const catalog::Catalog::Pin pin = catalog_.Acquire();
  const auto holder = pin.FindDevice(row.key.tenant.region, row.key.id);
  return !holder || *holder->account == row.key.tenant.account;
}

void Reconciliation::PutDevice(Phase phase, const DeviceRow& row,
                               std::vector<Tell> tell) {
  Add(phase, {.change =
                  [this, key = row.key, mode = row.mode, status = row.status,
                   ca = row.ca] {
                    return catalog_.PutDevice(
                        {key.tenant.account, key.tenant.region, mode}, key.id,
                        status, ca);
                  },
              .tell = std::move(tell),
              .record = About(Kind::kDevice, row.key)});
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
    PutDevice(is_active ? kGiveTrust : kTakeTrust, *row, std::move(tell));
    return;
  }
  if (shown) {
    Add(was_active ? kTakeTrust : kRelease,
        {.change =
             [this, key] {
               return catalog_.RemoveDevice(key.tenant.account,
                                            key.tenant.region, key.id);
             },
         .tell = std::move(tell),
         .record = About(Kind::kDevice, key)});
    tell.clear();
  }
  if (!row) {
    if (tell.empty()) return;
    // It came and went.
    Add(kTakeTrust, {.change = [] { return absl::OkStatus(); },
                     .tell = std::move(tell),
                     .record = About(Kind::kDevice, key)});
    return;
  }
  const bool takes = !is_active && !shown && IsFreeForDevice(*row);
  PutDevice(takes ? kTakeTrust : kGiveTrust, *row, std::move(tell));
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
  if (!row) {
    if (!shown) return;
    Add(kTakeTrust, {.change =
                         [this, region, name = *name] {
                           catalog_.endpoints().Remove(region, name);
                           return absl::OkStatus();
                         },
                     .tell = {},
                     .record = std::move(record)});
    return;
  }
  if (shown && *shown == row->endpoint && touched == Touched::kOnce) return;
  const bool is_off = row->endpoint.status == EndpointStatus::kDisabled;
  Add(is_off ? kTakeTrust : kGiveTrust,
      {.change =
           [this, name = *name, endpoint = row->endpoint] {
             catalog_.endpoints().Put(name, endpoint, catalog_.NextVersion());
             return absl::OkStatus();
           },
       .tell = {},
       .record = std::move(record)});
}

void Reconciliation::AddCrls(const CertificateKey& ca,
                             const std::optional<CrlRow>& row) {
  ++added_;
  if (!row) {
    Add(kGiveTrust, {.change =
                         [this, ca] {
                           catalog_.RemoveCrls(ca.tenant.account,
                                               ca.tenant.region, ca.id);
                           return absl::OkStatus();
                         },
                     .tell = {},
                     .record = About(Kind::kCrls, ca)});
    return;
  }
  Add(kTakeTrust, {.change =
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

Reconciliation::Outcome Reconciliation::Apply() {
  Outcome outcome;
  for (std::vector<Step>& phase : steps_) {
    for (Step& step : phase) {
      step.record.status = step.change();
      if (step.record.status.ok()) {
        std::move(step.tell.begin(), step.tell.end(),
                  std::back_inserter(outcome.events));
      } else {
        outcome.skipped.push_back(std::move(step.record));
        outcome.skipped_at.push_back(step.at);
      }
    }
    phase.clear();
  }
  added_ = 0;
  return outcome;
}

}  // namespace chainkeep::projection
