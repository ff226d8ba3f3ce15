// What the status of a device's record says of its connection (R74).

#ifndef CHAINKEEP_ENGINE_REGISTRY_DEVICE_STATUS_H_
#define CHAINKEEP_ENGINE_REGISTRY_DEVICE_STATUS_H_

#include "chainkeep/types.h"
#include "chainkeep/verdict.h"

namespace chainkeep::registry {

// ReasonOf returns what a status refuses for; kAccepted for an ACTIVE one.
Reason ReasonOf(DeviceStatus status);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_DEVICE_STATUS_H_
