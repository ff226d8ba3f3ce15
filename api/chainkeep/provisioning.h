// What happens when a device connects for the first time.
//
// Under ValidationPolicy::kRegisteredDevice a device that is not registered,
// and whose certificate was signed by a registered, ACTIVE CA with
// auto-registration, is registered when it connects and has proven its key, as
// PENDING_ACTIVATION. That connection is refused, and so is every later one
// until the device is ACTIVE. Where the CA has no RegistrationConfig the host
// decides, which is told of each such connection
// (EventObserver::OnFirstConnect). Where it has one, the provisioning template
// does: it is run, at each connection until it succeeds, and then the device is
// ACTIVE.
//
// Things and policies are names to this library. What a template wants created
// is told to a ProvisioningObserver of the host, which creates it, or says why
// not: then the device stays PENDING_ACTIVATION, and its next connection tries
// again.
//
//   class Devices : public chainkeep::ProvisioningObserver {
//     absl::Status OnProvision(
//         const chainkeep::ProvisioningRequest& request) override {
//       for (const auto& resource : request.resources) { ... }
//     }
//   };

#ifndef CHAINKEEP_API_CHAINKEEP_PROVISIONING_H_
#define CHAINKEEP_API_CHAINKEEP_PROVISIONING_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "chainkeep/types.h"

namespace chainkeep {

// ProvisionedResource is one of a template's resources, with everything that
// refers to the device replaced by what it says.
struct ProvisionedResource {
  std::string name;               // in the template
  std::string type;               // "AWS::IoT::Thing", "AWS::IoT::Policy", …
  std::string properties;         // a JSON object
  std::string override_settings;  // a JSON object; "" if there are none
};

struct ProvisioningRequest {
  Account account;
  Region region;
  CertificateId device;
  CertificateId ca;
  std::string template_name;  // "" of a template without a name
  std::vector<ProvisionedResource> resources;
};

class ProvisioningObserver {
 public:
  virtual ~ProvisioningObserver() = default;

  // OnProvision creates what `request` names. It may be asked again for what it
  // has created already: when the record could not be written afterwards.
  // Called on the thread that called Handshake::Finish, which waits; by several
  // at once.
  virtual absl::Status OnProvision(const ProvisioningRequest& request) = 0;
};

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_PROVISIONING_H_
