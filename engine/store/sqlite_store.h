// SqliteStore is a RegistryStore in one file, a SQLite database.
//
// A transaction is one of SQLite's, written ahead to a log and synchronized
// with the disk before it is acknowledged. One connection writes, under a lock;
// readers have connections of their own, and neither waits for the other.
// Several processes may have the file open.
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
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/store.h"
#include "engine/store/change_signal.h"
#include "engine/store/registry_store.h"
#include "engine/store/sqlite_connection.h"
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
  absl::Status Follow(Revision after, size_t limit,
                      const FollowQuery& query) const override;
  absl::StatusOr<bool> AwaitChange(Revision after,
                                   int64_t timeout_millis) override;
  void Wake() override;

 private:
  using ConnectionPtr = std::unique_ptr<Connection>;

  SqliteStore(Connection::Options options, ConnectionPtr writer,
              uint64_t subject_seed);

  bool IsChild() const;
  absl::StatusOr<ConnectionPtr> TakeReader() const;
  void GiveBack(ConnectionPtr reader) const;
  // Runs `look` on one state.
  using Look = std::function<absl::Status(const SqliteTransaction&)>;
  absl::Status ReadWith(const Look& look) const;
  absl::StatusOr<Revision> LastRevision() const;

  const pid_t owner_;
  const Connection::Options options_;  // of readers
  const uint64_t subject_seed_;
  ChangeSignal changed_;
  std::atomic<uint64_t> wakes_{0};

  std::mutex writer_mutex_;
  ConnectionPtr writer_;  // guarded by writer_mutex_

  mutable std::mutex readers_mutex_;
  mutable std::vector<ConnectionPtr> idle_readers_;  // guarded by it
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_SQLITE_STORE_H_
