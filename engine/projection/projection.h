// The projection: keeps the catalog, which handshakes read, equal to a store,
// which is where records are kept.
//
//   Projection projection({&store, &catalog, observer, policy});
//   absl::Status status = projection.Load({.threads = 2});
//   ...
//   status = projection.CatchUp();   // after each command, and when others
//                                    // have changed something
//
// It remembers one number, the store's revision up to which it has followed.
// Changes name records; the projection looks at what the records are *now* and
// makes the catalog say the same (reconciliation.h). So it does not matter
// whose changes they are, in which order threads come across them, or whether
// one is seen twice.
//
// INVARIANTS
//  1. What a call to CatchUp finds committed when it begins is shown when it
//     returns OK.
//  2. Within one batch what takes trust away is shown first, what gives it
//     last.
//  3. Where the store has forgotten changes, everything is compared: records
//     that are valid all along are shown all along.
//  4. Registrations of one subject are shown in the order of their age (who
//     came first is found first, see registration_index.h). Those that were
//     made in one millisecond go by certificate id.
//  5. The observer is called without a lock.
//
// A record that cannot be shown is told to the observer and left out; the rest
// goes on.
//
// Thread-safety: any thread; after fork() the child's too, as far as the store
// allows.

#ifndef CHAINKEEP_ENGINE_PROJECTION_PROJECTION_H_
#define CHAINKEEP_ENGINE_PROJECTION_PROJECTION_H_

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "chainkeep/engine.h"
#include "chainkeep/events.h"
#include "chainkeep/options.h"
#include "engine/catalog/catalog.h"
#include "engine/memory/fork_safe_mutex.h"
#include "engine/projection/reconciliation.h"
#include "engine/registry/follower.h"
#include "engine/store/change.h"
#include "engine/store/registry_store.h"
#include "engine/store/tenant.h"

namespace chainkeep::projection {

// None is owned; all outlive the projection. Nobody else publishes into the
// catalog.
struct Uses {
  store::RegistryStore* store;
  catalog::Catalog* catalog;
  EventObserver* observer;
  // Of CRLs that are read from the store.
  AlgorithmPolicy algorithms;
};

// What a change is about: a certificate of a tenant, or a host name of a
// region.
struct Subject {
  store::ChangeKind kind;
  store::CertificateKey key;
  std::string host_name;

  friend bool operator==(const Subject&, const Subject&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Subject& subject) {
    return H::combine(std::move(h), subject.kind, subject.key,
                      subject.host_name);
  }
};

class Projection final : public registry::Follower {
 public:
  explicit Projection(const Uses& uses) : uses_(uses) {}
  Projection(const Projection&) = delete;
  Projection& operator=(const Projection&) = delete;

  // Load shows all that is stored, and tells no events of it: nothing has
  // happened. Once, before the first CatchUp, into an empty catalog. Errors:
  // the store's; then not all of it may be shown.
  absl::Status Load(const LoadOptions& options);

  // The same for what one handshake can come to, and nothing else
  // (reachable.h): who loads so does not CatchUp.
  absl::Status LoadReachable(const ListenerOptions& listener,
                             const Handshake& handshake);

  absl::Status CatchUp() override;

  // The revision of the store that is shown.
  store::Revision seen() const { return seen_.load(); }

 private:
  using Outcome = Reconciliation::Outcome;

  absl::Status CatchUpLocked(Outcome* outcome);
  absl::Status Follow(const std::vector<store::Change>& changes,
                      Outcome* outcome);
  absl::Status FollowOne(const Subject& subject, Touched touched,
                         Outcome* outcome);
  absl::Status CompareAll(Outcome* outcome);
  absl::Status Sweep(const store::RegistryView& view, Outcome* outcome);
  void Tell(const Outcome& outcome);

  const Uses uses_;
  memory::ForkSafeMutex mutex_;  // orders what changes the catalog
  std::atomic<store::Revision> seen_{0};
};

}  // namespace chainkeep::projection

#endif  // CHAINKEEP_ENGINE_PROJECTION_PROJECTION_H_
