// SqliteStore is a RegistryStore in one file, a SQLite database.
//
// A transaction is one of SQLite's, written ahead to a log and synchronized
// with the disk before it is acknowledged. One connection writes, under a lock;
// readers have connections of their own, and neither waits for the other.
// Several processes may have the file open.
//
// ANOTHER FILE may come to be in the place of the one that is open, or another
// store in it: sqlite_file.h finds that out before each use, and a change that
// was committed to a file that has gone is no success. From then on what is
// there now is read and written; where that cannot be told, all members answer
// kServiceUnavailable until it can.
//
// WHAT A FAILURE LEAVES. A disk that is full or fails makes commands end with
// kServiceUnavailable, while queries go on; once it is well again, so are the
// commands. A command that failed while it was being synchronized has not
// happened for anybody who looks, but if the machine dies right then it may
// turn up as a whole: its log was written, and nothing could be done about it.
//
// FORK. A child must not touch the parent's connections. There all members
// answer kInternalFailure, and the destructor leaves everything as it is.
//
// Thread-safety: any thread.

#ifndef CHAINKEEP_ENGINE_STORE_SQLITE_STORE_H_
#define CHAINKEEP_ENGINE_STORE_SQLITE_STORE_H_

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/store.h"
#include "engine/store/change_signal.h"
#include "engine/store/registry_store.h"
#include "engine/store/sqlite_file.h"
#include "engine/store/sqlite_transaction.h"

namespace chainkeep::store {

class SqliteStore final : public RegistryStore {
 public:
  // See OpenStore. `vfs` is the name of what stands between SQLite and the
  // disk; tests have some that fail.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(
      const StoreOptions& options, const char* vfs = nullptr);
  ~SqliteStore() override;
  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  absl::Status Transact(const Command& command) override;
  absl::Status Read(const Query& query) const override;
  absl::Status Follow(const Position& after, size_t limit,
                      const FollowQuery& query) const override;
  absl::StatusOr<bool> AwaitChange(const Position& after,
                                   int64_t timeout_millis) override;
  void Wake() override;
  std::vector<std::string> FileNames() const override;

 private:
  explicit SqliteStore(std::unique_ptr<SqliteFile> file);

  bool IsChild() const;
  // Runs `look` on one state.
  using Look = std::function<absl::Status(const SqliteTransaction&)>;
  absl::Status ReadWith(const Look& look) const;
  absl::StatusOr<Position> LastPosition() const;

  const pid_t owner_;
  const std::unique_ptr<SqliteFile> file_;
  ChangeSignal changed_;
  std::atomic<uint64_t> wakes_{0};
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_SQLITE_STORE_H_
