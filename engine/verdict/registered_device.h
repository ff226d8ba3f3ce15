// RegisteredDevice is the proof that a device certificate is registered, ACTIVE
// and valid at one moment. It is to kRegisteredDevice what a VerifiedPath is to
// kTrustedChain.

#ifndef CHAINKEEP_ENGINE_VERDICT_REGISTERED_DEVICE_H_
#define CHAINKEEP_ENGINE_VERDICT_REGISTERED_DEVICE_H_

#include <algorithm>
#include <optional>

#include "chainkeep/types.h"
#include "chainkeep/verdict.h"
#include "engine/catalog/device_table.h"
#include "engine/path/anchor_source.h"
#include "engine/path/rules.h"
#include "engine/x509/certificate.h"

namespace chainkeep {

// Valid as long as the pin under which `record` was found.
class RegisteredDevice {
 public:
  // From returns the proof, or nothing: the record is not ACTIVE, or `now` lies
  // outside of the validity. `leaf` is the certificate that `record` is of.
  static std::optional<RegisteredDevice> From(const catalog::DeviceView& record,
                                              const x509::Certificate& leaf,
                                              UnixSeconds now) {
    if (record.status != DeviceStatus::kActive ||
        path::CheckValidity(leaf, now) != Reason::kAccepted) {
      return std::nullopt;
    }
    return RegisteredDevice(record, leaf.not_after());
  }

  // Under(anchor) is the same, resting on its CA's registration too.
  RegisteredDevice Under(const path::Anchor& anchor) const {
    RegisteredDevice device = *this;
    device.anchor_version_ = anchor.state().version;
    device.ca_ = anchor.ca->id;
    device.not_after_ =
        std::min(not_after_, anchor.ca->certificate.not_after());
    return device;
  }

  const catalog::DeviceView& record() const { return record_; }
  UnixSeconds not_after() const { return not_after_; }
  // The CA of the record, or the registration of it that this rests on.
  const CertificateId& ca() const { return ca_; }
  uint64_t anchor_version() const { return anchor_version_; }  // 0: none

 private:
  RegisteredDevice(const catalog::DeviceView& record, UnixSeconds not_after)
      : record_(record), ca_(record.ca), not_after_(not_after) {}

  catalog::DeviceView record_;
  CertificateId ca_;
  UnixSeconds not_after_;
  uint64_t anchor_version_ = 0;
};

}  // namespace chainkeep

#endif  // CHAINKEEP_ENGINE_VERDICT_REGISTERED_DEVICE_H_
