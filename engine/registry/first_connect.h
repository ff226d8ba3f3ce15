// First connect: what happens when a device that is not registered, or waits to
// be activated, has proven its key (R83 to R95).
//
// Before a run its account is asked for leave, from memory: whoever has proven
// a key may be one of very many, and a look at the store is dear. Two limits
// are each account's own:
//   - registrations and runs of templates, `per_second`: what remains (R94);
//   - looks, kLooks times as many, for devices that wait and for unknown ones
//     apart, so that neither keeps the other out.
// So a flood costs an account's limit of looks, and then a look into a map.
//
// One run goes these steps:
//   1. one look at the store: is the CA there, ACTIVE, valid, with
//      auto-registration; is there a record already? Most runs that register
//      nobody end here, and lock nothing;
//   2. if there is none, one transaction asks all of that again and makes the
//      record, PENDING_ACTIVATION, in the CA's mode;
//   3. the follower catches up;
//   4. a CA without a RegistrationConfig: the observer is told (R84, R85). One
//      with it: the template runs, what it would create goes to the host, and
//      if all went well a second transaction makes the device ACTIVE (R92).
//
// Of two that run for one device at the same time one makes the record, and
// both go on from there (R86). Nothing is done for an account but the CA's own
// (R95).
//
// Thread-safety: any thread; no lock is held while the host is called.

#ifndef CHAINKEEP_ENGINE_REGISTRY_FIRST_CONNECT_H_
#define CHAINKEEP_ENGINE_REGISTRY_FIRST_CONNECT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/events.h"
#include "chainkeep/provisioning.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"
#include "engine/path/finding.h"
#include "engine/registry/command_context.h"
#include "engine/registry/provisioning_template.h"
#include "engine/registry/rate_limit.h"
#include "engine/store/ca_row.h"
#include "engine/store/device_row.h"
#include "engine/store/registry_view.h"
#include "engine/x509/certificate.h"

namespace chainkeep::registry {

class FirstConnect {
 public:
  // `observer` and `provisioning` may be null; none is owned.
  FirstConnect(CommandContext context, EventObserver* observer,
               ProvisioningObserver* provisioning, uint32_t per_second)
      : context_(std::move(context)),
        observer_(observer),
        provisioning_(provisioning),
        registrations_(per_second),
        looks_at_unknown_(LooksFor(per_second)),
        looks_at_waiting_(LooksFor(per_second)) {}

  // What the catalog has said of the device.
  enum class Kind : uint8_t { kUnknown, kWaiting };

  // Admit asks for leave: to be called once before each Run, and before
  // anything else is done for the device. False: kRegistrationThrottled.
  bool Admit(const Account& account, Kind kind);

  // Sight says whether the device has sent a server name: without one nothing
  // of mode SNI_ONLY is there for it (R69).
  enum class Sight : uint8_t { kDefaultOnly, kBothModes };

  struct Request {
    store::Tenant tenant;
    Sight sight;
    // The CA that was found to have signed the leaf.
    CertificateId ca;
    CertificateId device;
    SignedId signed_id;
    const x509::Certificate& leaf;
  };

  // Run returns why the connection is refused now; it always is.
  path::Finding Run(const Request& request);

 private:
  // What the store says of a request.
  struct Found {
    Reason refusal = Reason::kAccepted;  // kAccepted: none
    store::CaRow ca;
    std::optional<store::DeviceRow> device;
    // The template's body, where the CA has a configuration; an error if there
    // is none that can be run.
    std::optional<absl::StatusOr<std::string>> body;
  };

  // A look costs a read, where a registration is a write to a disk. At least
  // this many: who waits is told of even where nobody may register.
  static constexpr uint32_t kLooks = 10;
  static uint32_t LooksFor(uint32_t registrations);

  // Of a leaf that may be registered.
  Reason Proceed(const Request& request);
  // What would be registered.
  store::DeviceRow NewRow(const Request& request, const store::CaRow& ca) const;
  Found Look(const store::RegistryView& view, const Request& request) const;
  absl::StatusOr<Found> Register(const Request& request);
  void Announce(const Found& found) const;
  Reason Provision(const Request& request, const Found& found);
  absl::Status Activate(const Found& found, const ProvisioningPlan& plan);

  const CommandContext context_;
  EventObserver* const observer_;
  ProvisioningObserver* const provisioning_;
  RateLimit registrations_;
  RateLimit looks_at_unknown_;
  RateLimit looks_at_waiting_;
};

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_FIRST_CONNECT_H_
