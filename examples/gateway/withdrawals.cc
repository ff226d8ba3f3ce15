#include "examples/gateway/withdrawals.h"

#include <algorithm>
#include <utility>

namespace gateway {

using chainkeep::Reason;
using chainkeep::Verdict;

std::optional<Reason> Withdrawals::Batch::ReasonToEnd(
    const Verdict& verdict) const {
  if (!devices_.empty()) {
    const auto device = devices_.find(
        DeviceKey(verdict.account(), verdict.region(), verdict.signed_id()));
    if (device != devices_.end()) {
      return device->second == chainkeep::DeviceStatus::kRevoked
                 ? Reason::kDeviceRevoked
                 : Reason::kDeviceInactive;
    }
  }
  const Key ca(verdict.account(), verdict.region(), verdict.ca());
  if (!deactivated_.empty() && deactivated_.contains({ca, verdict.mode()})) {
    return Reason::kCaInactive;
  }
  return std::nullopt;
}

bool Withdrawals::Batch::MayConcernIntermediate(const Verdict& verdict) const {
  const auto& intermediates = verdict.intermediates();
  return !cas_.empty() &&
         std::any_of(
             intermediates.begin(), intermediates.end(),
             [&](const chainkeep::Intermediate& intermediate) {
               return cas_.contains(
                   CaKey(verdict.account(), verdict.region(), intermediate.ca));
             });
}

Withdrawals::Added Withdrawals::AddRegistered(const chainkeep::CaEvent& event) {
  const std::lock_guard lock(mutex_);
  batch_.cas_.emplace(event.scope.account, event.scope.region, event.ca_id);
  return Note();
}

Withdrawals::Added Withdrawals::AddDeactivated(
    const chainkeep::CaEvent& event) {
  const std::lock_guard lock(mutex_);
  const Batch::Key key(event.scope.account, event.scope.region, event.ca);
  batch_.cas_.emplace(event.scope.account, event.scope.region, event.ca_id);
  batch_.deactivated_.emplace(key, event.scope.mode);
  return Note();
}

Withdrawals::Added Withdrawals::AddDevice(const chainkeep::DeviceEvent& event) {
  const std::lock_guard lock(mutex_);
  batch_.devices_[Batch::DeviceKey(event.account, event.region,
                                   event.signed_id)] = event.status;
  return Note();
}

Withdrawals::Batch Withdrawals::Take() {
  const std::lock_guard lock(mutex_);
  is_empty_ = true;
  return std::exchange(batch_, {});
}

Withdrawals::Added Withdrawals::Note() {
  return std::exchange(is_empty_, false) ? Added::kFirst : Added::kMore;
}

}  // namespace gateway
