// DeviceRow is one device certificate of one tenant, as the store keeps it.

#ifndef CHAINKEEP_ENGINE_STORE_DEVICE_ROW_H_
#define CHAINKEEP_ENGINE_STORE_DEVICE_ROW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chainkeep/device_certificates.h"
#include "chainkeep/types.h"
#include "engine/store/tenant.h"

namespace chainkeep::store {

using DeviceKey = CertificateKey;

struct DeviceRow {
  DeviceKey key;
  // What the device is known by: no two rows of a tenant have the same, nor two
  // of mode DEFAULT in a region that are of one issuer.
  SignedId signed_id;
  Mode mode = Mode::kDefault;
  DeviceStatus status = DeviceStatus::kInactive;
  CertificateId ca;  // empty if it was registered without one
  // The CA that signed it, whether or not it is registered still. Empty where
  // nobody has looked: that may be any.
  CaId issuer;
  std::string der;
  UnixSeconds not_before = 0;
  UnixSeconds not_after = 0;
  UnixMillis creation_date = 0;
  UnixMillis last_modified_date = 0;
  int64_t customer_version = 1;
  std::string generation_id;
  // Whose it was before it was transferred.
  Account previous_owner;
  // Of the last transfer. While the status is kPendingTransfer it says to whom,
  // an account of the same region.
  std::optional<Transfer> transfer;
  // Names of what is attached, in order and each once.
  std::vector<std::string> policies;
  std::vector<std::string> things;

  friend bool operator==(const DeviceRow&, const DeviceRow&) = default;
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_DEVICE_ROW_H_
