// Change says which row a transaction changed: not how, for who follows a store
// reads what is there now. So changes may be seen twice, or late, and do no
// harm.

#ifndef CHAINKEEP_ENGINE_STORE_CHANGE_H_
#define CHAINKEEP_ENGINE_STORE_CHANGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/store/tenant.h"

namespace chainkeep::store {

// Revision counts a store's changes. 0 is before the first.
using Revision = int64_t;

enum class ChangeKind : uint8_t { kCa, kDevice, kEndpoint, kCrls };

struct Change {
  Revision revision = 0;
  ChangeKind kind = ChangeKind::kCa;
  Tenant tenant;          // of an endpoint: whose it is, or was
  CertificateId id;       // kCa; kCrls: the id of CrlRow::key
  SignedId device;        // kDevice: also of what is gone
  std::string host_name;  // kEndpoint

  friend bool operator==(const Change&, const Change&) = default;
};

// Changes are those after a revision, oldest first.
struct Changes {
  std::vector<Change> changes;
  // The revision up to which they tell all. Where the store has forgotten what
  // came right after the revision that was asked for, `complete` is false and
  // there are none: whoever follows must read everything again.
  Revision up_to = 0;
  bool complete = true;
  // The store's last when they were read.
  Revision last = 0;
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_CHANGE_H_
