// Where the registry's records are kept for good: one file.
//
//   auto store = chainkeep::OpenStore({.path = "registry.db"});
//   if (!store.ok()) return store.status();
//   auto engine = chainkeep::Engine::Create(options, *std::move(store));
//
// The file is a SQLite database. Several processes may have it open: what one
// changes, the others see (Engine::Follow). An acknowledged change is on the
// disk; one that was not acknowledged is there as a whole or not at all,
// whenever the process or the machine dies.
//
// A Store is opaque. It is given to an engine or a registry, which then owns
// it. Thread-safety: as what owns it. After fork() the child must not use it:
// commands answer with kInternalFailure there, look-ups go on. Nor can it open
// a store of its own, while it has inherited one, before it calls exec().

#ifndef CHAINKEEP_API_CHAINKEEP_STORE_H_
#define CHAINKEEP_API_CHAINKEEP_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace chainkeep {

struct StoreOptions {
  std::string path = {};

  enum class IfMissing : uint8_t { kCreate, kRefuse };
  IfMissing if_missing = IfMissing::kCreate;

  // How thoroughly the file is looked at when it is opened. kQuick, whose cost
  // does not depend on the size: its header, its length against what it says of
  // itself, the schema. kWhole reads every page and index.
  enum class Check : uint8_t { kQuick, kWhole };
  Check check = Check::kQuick;

  // How long a command waits for another process's transaction.
  int64_t busy_timeout_millis = 5000;
};

class Store {
 public:
  // Defined in engine/store, seen by the library alone.
  class Impl;

  explicit Store(std::unique_ptr<Impl> impl);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // The files it is kept in, by their full names, also those that are there
  // only now and then: nobody else is to write to them. Before it is given
  // away.
  std::vector<std::string> FileNames() const;

  Impl& impl() { return *impl_; }

 private:
  const std::unique_ptr<Impl> impl_;
};

// OpenStore opens the file, creating it if it may, and brings an older schema
// up to date. Who may only read it opens it, too, and changes are refused with
// kServiceUnavailable. Errors: kInvalidRequest (no path; nothing or an empty
// file there and kRefuse),
// kServiceUnavailable (it cannot be opened, read or written),
// kInternalFailure (it is not a store, is damaged or truncated, or a newer
// version of this library made it; a child that has inherited a store); the
// message names the file and what is wrong with it.
//
// A file that is created is its owner's alone to read (mode 0600), and so are
// the two beside it that SQLite keeps while it is open ("-wal", "-shm"). A copy
// is whole only if it is made by SQLite's backup, or while nobody has it open.
//
// A copy, or another store, may be put in the place of the file while it is
// open: by SQLite's backup, by renaming, or written over it. Whoever has it
// open notices within 100 ms, goes on with what is there (EventObserver::
// OnStoreReplaced), and acknowledges no change that went elsewhere. If changes
// were in "-wal" and not in the file yet, SQLite would apply them to the copy:
// then everything is refused with kServiceUnavailable, which says what to do,
// until the files belong together again. Only SQLite's backup is never met by
// that.
absl::StatusOr<std::unique_ptr<Store>> OpenStore(const StoreOptions& options);

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_STORE_H_
