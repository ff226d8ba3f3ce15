#include "engine/registry/first_connect.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "chainkeep/status.h"
#include "engine/path/rules.h"
#include "engine/registry/arn.h"
#include "engine/registry/device_commands.h"
#include "engine/registry/device_rules.h"
#include "engine/registry/device_status.h"
#include "engine/store/template_row.h"

namespace chainkeep::registry {
namespace {

using store::CaRow;
using store::DeviceRow;
using store::RegistryView;
using store::Transaction;

// What a record that is there refuses for; kAccepted where first connect has
// something to do.
Reason RefusalOf(DeviceStatus status) {
  if (status == DeviceStatus::kPendingActivation) return Reason::kAccepted;
  // Somebody activated it between the two looks at it.
  if (status == DeviceStatus::kActive) return Reason::kDeviceProvisioned;
  return ReasonOf(status);
}

absl::StatusOr<std::string> BodyOf(const RegistryView& view, const CaRow& ca) {
  const RegistrationConfig& config = *ca.registration_config;
  if (config.template_name.empty()) return config.template_body;
  const std::optional<store::TemplateRow> row =
      view.FindTemplate(ca.key.tenant, config.template_name);
  if (!row || row->type != TemplateType::kJitp || !row->enabled) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "the template is gone, disabled or of another type");
  }
  return row->body;
}

bool MayRegister(const CaRow& ca, UnixSeconds now) {
  return ca.status == CaStatus::kActive && ca.auto_registration &&
         ca.not_before <= now && now <= ca.not_after;
}

// Adds those names that are not there yet, and keeps them in order.
void Attach(const std::vector<std::string>& names,
            std::vector<std::string>* to) {
  to->insert(to->end(), names.begin(), names.end());
  std::sort(to->begin(), to->end());
  to->erase(std::unique(to->begin(), to->end()), to->end());
}

}  // namespace

DeviceRow FirstConnect::NewRow(const Request& request, const CaRow& ca) const {
  DeviceRow row =
      NewDeviceRow({request.tenant, request.device}, request.leaf, ca.mode,
                   DeviceStatus::kPendingActivation, context_.NowMillis());
  SetIssuer(row, ca);
  return row;
}

FirstConnect::Found FirstConnect::Look(const RegistryView& view,
                                       const Request& request) const {
  const auto is_hidden = [&](Mode mode) {
    return request.sight == Sight::kDefaultOnly && mode != Mode::kDefault;
  };
  Found found;
  found.device = view.FindDevice(request.tenant, request.signed_id);
  if (found.device && is_hidden(found.device->mode)) {
    found.device.reset();
    found.refusal = Reason::kDeviceNotRegistered;
    return found;
  }
  if (found.device) {
    found.refusal = RefusalOf(found.device->status);
    if (found.refusal != Reason::kAccepted) return found;
  }
  const std::optional<CaRow> ca = view.FindCa(
      {request.tenant, found.device ? found.device->ca : request.ca});
  if (ca) found.ca = *ca;
  if (!ca || is_hidden(ca->mode) || !MayRegister(*ca, context_.Now())) {
    if (!found.device) {
      found.refusal = Reason::kDeviceNotRegistered;
    } else if (ca && ca->registration_config) {
      // Its template waits until the CA may register again.
      found.refusal = Reason::kDevicePendingActivation;
    }
    // Otherwise the owner is told as long as the device waits: what becomes of
    // the CA does not touch devices that are registered (R42).
    return found;
  }
  if (!found.device && ca->mode == Mode::kDefault &&
      !CheckDeviceNotHeld(view, NewRow(request, found.ca)).ok()) {
    found.refusal = Reason::kServerNameMisused;
    return found;
  }
  if (ca->registration_config) {
    found.body = BodyOf(view, *ca);
  }
  return found;
}

absl::StatusOr<FirstConnect::Found> FirstConnect::Register(
    const Request& request) {
  Found found;
  const store::DeviceKey key{request.tenant, request.device};
  absl::Status status = context_.Commit(
      {.operation = "AutoRegisterCertificate",
       .tenant = request.tenant,
       .arn = DeviceArn(key)},
      [&](Transaction& t) -> Outcome {
        found = Look(t, request);
        if (found.refusal != Reason::kAccepted || found.device) {
          return Effect::kNone;
        }
        found.device = NewRow(request, found.ca);
        t.PutDevice(*found.device);
        return Effect::kChanged;
      });
  if (!status.ok()) return status;
  return found;
}

uint32_t FirstConnect::LooksFor(uint32_t registrations) {
  constexpr uint32_t kMost = std::numeric_limits<uint32_t>::max() / kLooks;
  return kLooks * std::clamp<uint32_t>(registrations, 1, kMost);
}

bool FirstConnect::Admit(const Account& account, Kind kind) {
  const UnixMillis now = context_.NowMillis();
  if (kind == Kind::kWaiting) return looks_at_waiting_.Take(account, now);
  return registrations_.Has(account, now) &&
         looks_at_unknown_.Take(account, now);
}

path::Finding FirstConnect::Run(const Request& request) {
  // The listener's policy has been asked. What may not be registered by hand is
  // not registered here either.
  const path::Finding fault = path::CheckRegistrable(
      request.leaf,
      {context_.policy(), context_.encoding(), context_.serials()},
      context_.Now());
  if (!fault.ok()) return fault;
  return {.reason = Proceed(request)};
}

Reason FirstConnect::Proceed(const Request& request) {
  Found found;
  absl::Status status = context_.Read([&](const RegistryView& view) {
    found = Look(view, request);
    return absl::OkStatus();
  });
  if (!status.ok()) return Reason::kProvisioningFailed;
  if (found.refusal != Reason::kAccepted) return found.refusal;
  // Telling again of who waits already costs the account nothing.
  const bool is_counted = !found.device || found.body;
  if (is_counted &&
      !registrations_.Take(request.tenant.account, context_.NowMillis())) {
    return Reason::kRegistrationThrottled;
  }
  if (!found.device) {
    absl::StatusOr<Found> registered = Register(request);
    if (!registered.ok()) return Reason::kProvisioningFailed;
    found = *std::move(registered);
    if (found.refusal != Reason::kAccepted) return found.refusal;
  }
  if (found.body) return Provision(request, found);
  Announce(found);
  return Reason::kDevicePendingActivation;
}

void FirstConnect::Announce(const Found& found) const {
  if (observer_ == nullptr) return;
  observer_->OnFirstConnect({.account = found.device->key.tenant.account,
                             .region = found.device->key.tenant.region,
                             .device = found.device->key.id,
                             .ca = found.device->ca,
                             .status = found.device->status,
                             .time = context_.NowMillis(),
                             .registration_time = found.device->creation_date});
}

Reason FirstConnect::Provision(const Request& request, const Found& found) {
  if (!found.body->ok()) return Reason::kProvisioningFailed;
  const absl::StatusOr<ProvisioningTemplate> parsed =
      ProvisioningTemplate::Parse(**found.body);
  if (!parsed.ok()) return Reason::kProvisioningFailed;
  const absl::StatusOr<ProvisioningPlan> plan = parsed->Resolve(
      SubjectParameters(request.leaf.subject(), found.device->key.id));
  if (!plan.ok()) return Reason::kProvisioningFailed;
  if (provisioning_ != nullptr) {
    const absl::Status status = provisioning_->OnProvision(
        {.account = request.tenant.account,
         .region = request.tenant.region,
         .device = found.device->key.id,
         .ca = found.ca.key.id,
         .template_name = found.ca.registration_config->template_name,
         .resources = plan->resources});
    if (!status.ok()) return Reason::kProvisioningFailed;
  }
  return Activate(found, *plan).ok() ? Reason::kDeviceProvisioned
                                     : Reason::kProvisioningFailed;
}

absl::Status FirstConnect::Activate(const Found& found,
                                    const ProvisioningPlan& plan) {
  const store::DeviceKey& key = found.device->key;
  return context_.Commit(
      {.operation = "RegisterThing",
       .tenant = key.tenant,
       .arn = DeviceArn(key)},
      [&](Transaction& t) -> Outcome {
        std::optional<DeviceRow> row = t.FindDevice(key);
        // Its owner may have decided otherwise meanwhile: revoked it, or
        // switched the CA off.
        const std::optional<CaRow> ca = t.FindCa(found.ca.key);
        if (!row || row->status != DeviceStatus::kPendingActivation || !ca ||
            !MayRegister(*ca, context_.Now())) {
          return MakeError(ErrorCode::kCertificateState,
                           "the device is not to be provisioned any more");
        }
        row->status = plan.status;
        Attach(plan.things, &row->things);
        Attach(plan.policies, &row->policies);
        if (row->things.size() > kMaxThings ||
            row->policies.size() > kMaxPolicies) {
          return MakeError(ErrorCode::kLimitExceeded,
                           "more is attached to the device than may be");
        }
        Touch(*row, context_.NowMillis());
        t.PutDevice(*row);
        return Effect::kChanged;
      });
}

}  // namespace chainkeep::registry
