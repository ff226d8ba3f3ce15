// The projection: keeps the catalog, which handshakes read, equal to a store,
// which is where records are kept.
//
//   Projection projection({&store, &catalog, observer, policy});
//   absl::Status status = projection.Load({.threads = 2});
//   ...
//   status = projection.CatchUp(tenant);  // after each command
//   status = projection.CatchUp();        // when others have changed something
//
// It remembers up to which revision of the store it has noted what changed, and
// what of that it has not shown yet (backlog.h). Changes name records; the
// projection looks at what the records are *now* and makes the catalog say the
// same (reconciliation.h). CRLs, which may be large, wait in lanes of their own
// (crl_lanes.h), and are read and verified outside of the lock. So it does not
// matter whose changes they are, in
// which order threads come across them, or whether one is seen twice.
//
// INVARIANTS
//  1. What a call to CatchUp finds committed when it begins is shown when it
//     returns OK; but, if it is for one tenant, the CRLs of others and what
//     waits for them. What is committed later is the next call's, so that a
//     busy writer keeps nobody here.
//  2. Trust is given by a record as it was at some revision after all trust is
//     taken away that changes up to that revision took: what is accepted in
//     between would have been accepted at some revision of the meantime. CRLs
//     bind their own tenant only: who else gives does not wait for them.
//     Exceptions: while changes cannot be read, though all has been compared;
//     where CRLs cease to name what other CRLs, or a record that another
//     account makes room for, come to refuse; where a record that refuses goes
//     from mode DEFAULT to SNI_ONLY and another account takes its place; and an
//     ACTIVE device of mode DEFAULT, which refuses for other accounts, comes
//     with what gives trust.
//  3. What waits is shown in small batches: between two the lock is free, and
//     the observer is told. Only who writes faster than can be looked at makes
//     them larger.
//  4. When a record is read to be shown, all its changes up to that state are
//     noted: that it stopped being ACTIVE is told, however soon it was ACTIVE
//     again.
//  5. Where the store has forgotten changes, or a note of one is damaged,
//     everything is compared: records that are valid all along are shown all
//     along, and of those that are ACTIVE it is told that they may not have
//     been.
//  6. Registrations of one subject are shown in the order of their age (who
//     came first is found first, see registration_index.h). Those that were
//     made in one millisecond go by certificate id. One that refuses, waits for
//     room, or was made anew while none looked, may stand elsewhere until the
//     next Load.
//  7. The observer is called, and CRLs are read and verified, without a lock.
//  8. What a tenant's CRLs need keeps no other tenant's trust from being taken
//     away, or given: not even by the thread that verifies them, which looks
//     after the others between two lists. Who follows a store by two threads
//     does not wait for one list either.
//  9. Where the store does not continue from what is noted (change.h: a copy
//  was
//     restored, or it is another store's file), that is told, and everything is
//     compared as in 5.
//
// A record that cannot be shown is told to the observer and left out; the rest
// goes on. One that cannot be read is told too, and what is shown of it stays.
// Load is stricter: there a row that cannot be read is an error (load.h), for
// nothing is shown that could stay, and half of a registry would let in whom
// the other half revokes.
//
// Thread-safety: any thread; after fork() the child's too, as far as the store
// allows.

#ifndef CHAINKEEP_ENGINE_PROJECTION_PROJECTION_H_
#define CHAINKEEP_ENGINE_PROJECTION_PROJECTION_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/engine.h"
#include "chainkeep/events.h"
#include "chainkeep/options.h"
#include "engine/catalog/catalog.h"
#include "engine/memory/fork_safe_mutex.h"
#include "engine/projection/backlog.h"
#include "engine/projection/crl_lanes.h"
#include "engine/projection/crl_preparation.h"
#include "engine/projection/reconciliation.h"
#include "engine/registry/follower.h"
#include "engine/store/change.h"
#include "engine/store/registry_store.h"

namespace chainkeep::projection {

// None is owned; all outlive the projection. Nobody else publishes into the
// catalog.
struct Uses {
  store::RegistryStore* store;
  catalog::Catalog* catalog;
  EventObserver* observer;
  // Of CRLs that are read from the store.
  AlgorithmPolicy algorithms;
  // How many records are shown under the lock at a time: some 10 ms.
  size_t records_at_once = 500;
  // Called before a list of CRLs is verified, without a lock. For tests.
  std::function<void(const store::CertificateKey&)> before_verifying = nullptr;
};

// A record as it is stored; nothing: it is not.
using Row = std::variant<std::monostate, store::CaRow, store::DeviceRow,
                         store::EndpointRow>;

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
                             const Attempt& handshake);

  absl::Status CatchUp() override;
  absl::Status CatchUp(const store::Tenant& tenant,
                       registry::VerifiedCrls verified) override;

  // The position of the store that is shown; its revision is less than any if
  // that is not known.
  store::Position seen() const {
    const std::lock_guard lock(seen_mutex_);
    return seen_;
  }

 private:
  using Outcome = Reconciliation::Outcome;

  // What is read together, of one state.
  struct Batch {
    // Those that are wanted.
    std::vector<Row> rows = {};
    // If there are any behind them: all that may have lost trust since it was
    // last taken.
    std::vector<Backlog::Number> untaken = {};
    std::vector<Row> untaken_rows = {};
    // False: those are so many that it is better to take their trust first.
    bool is_read = false;
    // Whether all changes up to this state have been noted; why not, if that is
    // known.
    bool all_noted = false;
    absl::Status damage = {};
  };

  // Whether all changes were noted. If not, the store has forgotten some, or
  // `damage` says what is wrong.
  struct Noted {
    bool is_all = false;
    absl::Status damage = {};
  };

  // What there is to do next: a step of what is in the backlog, CRLs to prepare
  // for, or to wait for another thread that does.
  enum class Next : uint8_t { kDone, kStep, kPrepare, kWait };

  // CatchUp for one tenant, or for all if it is null.
  absl::Status CatchUp(const store::Tenant* tenant,
                       registry::VerifiedCrls verified);
  // One step under the lock, of what has changed up to now; and tells.
  absl::Status LookAfterOthers();
  // Reads, verifies and shows the CRLs of a lane that has been claimed.
  // `replacements` as when they were claimed.
  absl::Status ShowCrls(CrlPreparation crls, int64_t replacements);

  // All under the lock.
  Next FindNext(const store::Tenant* tenant, store::Revision goal,
                std::optional<CrlLanes::Waiting>* claimed);
  // False: trust has to be taken before, of which it has taken some.
  absl::StatusOr<bool> ShowPrepared(CrlPreparation* crls, Outcome* outcome);
  // Whose CRLs what a record gives has to wait for; nothing: nobody's.
  std::optional<store::Tenant> WaitsFor(const Subject& subject,
                                        const Row& row) const;
  // Puts what a lane has held into the backlog.
  void Release(std::deque<Backlog::Entry> held);

  // Up to where a call is to show what has changed: the revision of its
  // beginning, found by its first step, in the history of that moment.
  struct Goal {
    store::Revision revision;
    int64_t replacements;
  };
  absl::Status Step(const store::Tenant* tenant, std::optional<Goal>* goal,
                    Outcome* outcome);
  // The last revision of which nothing waits, and of which nothing waits in the
  // backlog.
  store::Revision Shown() const;
  store::Revision ShownOfBacklog() const;
  void SetSeen();
  // Notes the changes up to the last that there is now.
  absl::StatusOr<Noted> NoteChanges();
  // False if they are not those after what is noted.
  bool Note(const store::Changes& changes);
  // Takes away the trust of some that wait.
  absl::Status TakeTrust(std::span<const Backlog::Number> numbers,
                         Outcome* outcome);
  void TakeTrust(std::span<const Backlog::Number> numbers,
                 std::span<const Row> rows, Outcome* outcome);
  // The same of one that may give some by that.
  absl::Status Exchange(Outcome* outcome);
  // Reads `wanted`, and those that wait behind the first `count` if their trust
  // is to be taken.
  absl::Status ReadTogether(std::span<const Backlog::Number> wanted,
                            size_t count, Batch* batch);
  // Shows the first `count` of the backlog, if they can be read together.
  absl::Status Show(size_t count, Outcome* outcome);
  absl::Status ShowDamaged(Outcome* outcome);
  Backlog::Entry Pop();
  // Puts a record behind the others, to be tried once more; false if it has
  // been already.
  bool PutOff(Backlog::Entry* entry);
  void Skip(const Subject& subject, absl::Status status,
            Outcome* outcome) const;
  // Notes everything that is stored or shown as changed.
  absl::Status Compare(const absl::Status& damage, Outcome* outcome);

  // Of a store that is at `now`, and does not continue from what is noted.
  void NoteReplacement(const store::Position& now, Outcome* outcome);

  void Tell(const Outcome& outcome);

  const Uses uses_;
  // Taken within mutex_, and so made before it (fork_aware.h).
  mutable memory::ForkSafeMutex seen_mutex_;
  memory::ForkSafeMutex mutex_;  // orders what changes the catalog
  store::Position seen_;         // guarded by seen_mutex_
  // Guarded by mutex_.
  store::Position noted_;
  // How the store went on when its changes were last read.
  store::Continuity continuity_ = store::Continuity::kContinues;
  // How often it did not.
  int64_t replacements_ = 0;
  std::unique_ptr<Backlog> backlog_ = std::make_unique<Backlog>();
  CrlLanes lanes_;
  // How many of the first of them have to be read one by one.
  size_t singly_ = 0;
  int impatience_ = 0;
  // How often this call has found that not all changes can be noted.
  int comparisons_ = 0;
  // Since when those wait that have been put off.
  std::multiset<store::Revision> put_off_;
};

}  // namespace chainkeep::projection

#endif  // CHAINKEEP_ENGINE_PROJECTION_PROJECTION_H_
