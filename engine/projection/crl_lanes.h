// CrlLanes are the CRLs that have changed and are not shown yet, a lane for
// each tenant, beside the backlog of everything else.
//
// To read and verify CRLs takes as long as their account likes. So it is done
// outside of the projection's lock, by one thread for each tenant, and what
// waits for it is of that tenant alone: its records that may give trust are
// held in its lane until its CRLs are shown. What takes trust away waits for
// nothing here.
//
// Thread-safety: none; guarded by the projection's lock.

#ifndef CHAINKEEP_ENGINE_PROJECTION_CRL_LANES_H_
#define CHAINKEEP_ENGINE_PROJECTION_CRL_LANES_H_

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/projection/backlog.h"
#include "engine/store/change.h"
#include "engine/store/tenant.h"

namespace chainkeep::projection {

class CrlLanes {
 public:
  // One CA's CRLs that wait.
  struct Waiting {
    store::CertificateKey key;
    store::Revision first = 0;  // changes since they were last all shown
    store::Revision last = 0;
    // That of the state that has been shown meanwhile.
    store::Revision shown = 0;
    Backlog::Attempt attempt = Backlog::Attempt::kFirst;
  };

  // Notes a change.
  void Note(const store::CertificateKey& key, store::Revision revision);

  // Whether CRLs of the tenant wait.
  bool Blocks(const store::Tenant& tenant) const {
    return lanes_.contains(tenant);
  }
  // Holds a record of a tenant whose CRLs wait.
  void Hold(const store::Tenant& tenant, Backlog::Entry entry);

  // The last revision of which nothing waits here: of all tenants, and of one.
  store::Revision Shown() const;
  store::Revision ShownOf(const store::Tenant& tenant) const;

  // Claim takes a lane of which something waits that is as old as `goal`: the
  // tenant's, or of any tenant if it is null. Nothing: other threads have them.
  // A claim ends with Unclaim; that of a parent process is none.
  std::optional<Waiting> Claim(const store::Tenant* tenant,
                               store::Revision goal);
  void Unclaim(const store::Tenant& tenant);
  // Whether this thread has a claim, and so must not wait for one: an observer
  // may have called back.
  bool HasOwnClaim() const;

  // Null if it does not wait any more.
  Waiting* Find(const store::CertificateKey& key);
  // Puts it behind the others of its tenant; false if there are none.
  bool PutOff(const store::CertificateKey& key);
  // It is shown. Returns what the lane has held, if it was the last.
  std::deque<Backlog::Entry> Remove(const store::CertificateKey& key);

 private:
  struct Claimer {
    pid_t process;
    std::thread::id thread;
    friend bool operator==(const Claimer&, const Claimer&) = default;
  };
  struct Lane {
    std::deque<Waiting> crls;
    std::deque<Backlog::Entry> held;
    std::optional<Claimer> claimed_by;
  };

  static store::Revision ShownOf(const Lane& lane);

  absl::flat_hash_map<store::Tenant, Lane> lanes_;
};

}  // namespace chainkeep::projection

#endif  // CHAINKEEP_ENGINE_PROJECTION_CRL_LANES_H_
