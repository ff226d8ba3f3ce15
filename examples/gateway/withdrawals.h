// Withdrawals: what has lost trust since the loop looked last.
//
// The engine tells of one record at a time, and may tell of a million: a tenant
// that revokes, or registers, as many is not to make the loop walk all
// connections as often. So events are collected, and one walk serves all that
// have come by then.
//
//   if (withdrawals_.AddDevice(event) == Withdrawals::Added::kFirst) {
//     ... have the loop call Take() and end connections by it ...
//   }
//
// Thread-safety: any thread.

#ifndef CHAINKEEP_EXAMPLES_GATEWAY_WITHDRAWALS_H_
#define CHAINKEEP_EXAMPLES_GATEWAY_WITHDRAWALS_H_

#include <cstdint>
#include <mutex>
#include <optional>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "chainkeep/events.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"

namespace gateway {

class Withdrawals {
 public:
  // What has come together.
  class Batch {
   public:
    // Why a connection that was let in by `verdict` is to end; nothing: it may
    // stay.
    std::optional<chainkeep::Reason> ReasonToEnd(
        const chainkeep::Verdict& verdict) const;

    // Whether it came by a CA that may refuse it now: the engine knows.
    bool MayConcernIntermediate(const chainkeep::Verdict& verdict) const;

   private:
    friend class Withdrawals;
    template <typename Id>
    using KeyOf = std::tuple<chainkeep::Account, chainkeep::Region, Id>;
    // A registration; a CA, whichever certificate of it; and a device,
    // likewise.
    using Key = KeyOf<chainkeep::CertificateId>;
    using CaKey = KeyOf<chainkeep::CaId>;
    using DeviceKey = KeyOf<chainkeep::SignedId>;

    // CAs that were registered or deactivated, and the registrations and modes
    // in which the latter were.
    absl::flat_hash_set<CaKey> cas_;
    absl::flat_hash_set<std::pair<Key, chainkeep::Mode>> deactivated_;
    absl::flat_hash_map<DeviceKey, chainkeep::DeviceStatus> devices_;
  };

  // Whether it is the first since Take was called.
  enum class Added : uint8_t { kFirst, kMore };
  Added AddRegistered(const chainkeep::CaEvent& event);
  Added AddDeactivated(const chainkeep::CaEvent& event);
  Added AddDevice(const chainkeep::DeviceEvent& event);

  Batch Take();

 private:
  // Under the lock.
  Added Note();

  std::mutex mutex_;  // guards what follows
  Batch batch_;
  bool is_empty_ = true;
};

}  // namespace gateway

#endif  // CHAINKEEP_EXAMPLES_GATEWAY_WITHDRAWALS_H_
