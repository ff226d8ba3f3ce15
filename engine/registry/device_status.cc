#include "engine/registry/device_status.h"

namespace chainkeep::registry {

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

}  // namespace chainkeep::registry
