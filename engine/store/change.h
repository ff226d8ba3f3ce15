// Change says which row a transaction changed: not how, for who follows a store
// reads what is there now. So changes may be seen twice, or late, and do no
// harm.
//
// WHERE IN WHICH HISTORY. A revision alone does not say what a store holds: a
// copy may have been restored over it, and have gone on to the same number. So
// a follower keeps a Position, and it is compared in the transaction that reads
// the changes:
//  - a store has an identity, made with it, which its copies share;
//  - its history has an epoch, made anew by a migration and by an import into
//    an empty store;
//  - each transaction that notes changes puts a random stamp beside them. The
//    change at a revision bears the same stamp in two files only if both come
//    from the file in which that transaction was committed, and the changes up
//    to it are the same in both. So a copy that has gone its own way, even to
//    the same revision, has another stamp there, and one that is behind has
//    none.
// Who made the file what it is now, and how, does not matter.

#ifndef CHAINKEEP_ENGINE_STORE_CHANGE_H_
#define CHAINKEEP_ENGINE_STORE_CHANGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/store/tenant.h"

namespace chainkeep::store {

// Revision counts a store's changes. 0 is before the first.
using Revision = int64_t;

// Random numbers; 0 where none is known.
struct History {
  uint64_t store = 0;
  uint64_t epoch = 0;

  friend bool operator==(const History&, const History&) = default;
};

struct Position {
  History history = {};
  Revision revision = 0;
  uint64_t stamp = 0;  // of the change at `revision`; 0 at revision 0

  // In whatever history: of one that is not known the revision alone counts.
  constexpr Position(Revision at = 0) : revision(at) {}  // NOLINT
  constexpr Position(const History& of, Revision at, uint64_t with)
      : history(of), revision(at), stamp(with) {}

  bool is_anywhere() const { return history == History(); }
  friend bool operator==(const Position&, const Position&) = default;
};

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

// How what a store holds goes on from a position.
enum class Continuity : uint8_t {
  kContinues,
  kForgotten,       // the changes right after it are not kept any more
  kAnotherHistory,  // a copy of the store has been there, and is not now
  kAnotherStore,
};

// Changes are those after a position, oldest first.
struct Changes {
  std::vector<Change> changes;
  // The position up to which they tell all.
  Position up_to;
  // Unless it continues there are no changes: whoever follows must read
  // everything again.
  Continuity continuity = Continuity::kContinues;
  // The store's last when they were read.
  Position last;

  bool complete() const { return continuity == Continuity::kContinues; }
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_CHANGE_H_
