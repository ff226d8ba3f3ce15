#include "engine/registry/device_status.h"

#include "gtest/gtest.h"

namespace chainkeep::registry {
namespace {

TEST(DeviceStatusRules, R74_OnlyActiveRefusesNothing) {
  const struct {
    DeviceStatus status;
    Reason reason;
  } kRows[] = {
      {DeviceStatus::kActive, Reason::kAccepted},
      {DeviceStatus::kInactive, Reason::kDeviceInactive},
      {DeviceStatus::kRevoked, Reason::kDeviceRevoked},
      {DeviceStatus::kPendingTransfer, Reason::kDeviceInactive},
      {DeviceStatus::kPendingActivation, Reason::kDevicePendingActivation},
      // A byte that no status has.
      {static_cast<DeviceStatus>(99), Reason::kDeviceInactive},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(ReasonOf(row.status), row.reason) << static_cast<int>(row.status);
  }
}

}  // namespace
}  // namespace chainkeep::registry
