// The wire form of chainkeep/events.h's FirstConnectEvent.

#include <string>

#include "absl/strings/str_cat.h"
#include "chainkeep/events.h"

namespace chainkeep {

std::string FirstConnectTopic(const FirstConnectEvent& event) {
  return absl::StrCat("$aws/events/certificates/registered/", event.ca.ToHex());
}

// Ids, accounts and names of statuses have nothing in them that JSON escapes.
std::string FirstConnectPayload(const FirstConnectEvent& event) {
  return absl::StrCat(
      "{\"certificateId\":\"", event.device.ToHex(),
      "\",\"caCertificateId\":\"", event.ca.ToHex(),
      "\",\"timestamp\":", event.time, ",\"certificateStatus\":\"",
      DeviceStatusName(event.status), "\",\"awsAccountId\":\"",
      event.account.text(), "\",\"certificateRegistrationTimestamp\":\"",
      event.registration_time, "\"}");
}

}  // namespace chainkeep
