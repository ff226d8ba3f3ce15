// SqliteFile is the file under a store's path, and the connections to it: one
// that writes and several that read.
//
// Every use begins by looking whether the path still leads to the file that is
// open, and the file says what SQLite has written there (sqlite_files.h). If
// not, all connections are closed, without a byte written, and what is there
// now is opened.
//
// WHAT CANNOT BE TOLD. While changes stand in the log beside the file, and not
// yet in the file itself, the two belong together. If another file is then put
// in the place of the first, or written over it, SQLite would apply the log of
// one store to the pages of another. That is found out by what the file says
// without its log (change.h): it must be a past of what it says with it, and
// not an older one than was seen there before. If it is not, every use is
// refused until the files belong together again. So that there is rarely a log,
// it is written back to the file and emptied once nobody has written for a
// moment (ShrinkLog).
//
// READING ALONE. Who may not write the file reads it nevertheless: by the log
// where there is one, and else by the file alone.
//
// Thread-safety: any thread. A use holds up nothing but the closing of all
// connections. Not after fork().

#ifndef CHAINKEEP_ENGINE_STORE_SQLITE_FILE_H_
#define CHAINKEEP_ENGINE_STORE_SQLITE_FILE_H_

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/store.h"
#include "engine/store/change.h"
#include "engine/store/sqlite_connection.h"
#include "engine/store/sqlite_files.h"
#include "engine/store/sqlite_schema.h"

namespace chainkeep::store {

class SqliteFile {
  using ConnectionPtr = std::unique_ptr<Connection>;

 public:
  // See OpenStore. `vfs` as Connection::Options.
  static absl::StatusOr<std::unique_ptr<SqliteFile>> Open(
      const StoreOptions& options, const char* vfs);

  // A connection that is in use, to the file that the path led to when the use
  // began.
  class Use {
   public:
    Use(Use&&) = default;
    ~Use();
    Connection& connection() const { return *connection_; }

   private:
    friend class SqliteFile;
    explicit Use(SqliteFile* file) : file_(file) {}

    SqliteFile* const file_;
    std::shared_lock<std::shared_mutex> lock_;
    std::unique_lock<std::mutex> writing_;  // of the one that writes
    ConnectionPtr connection_;
  };
  absl::StatusOr<Use> BeginReading();
  // Of the one connection that writes, in a transaction.
  absl::StatusOr<Use> BeginTransaction();
  // Says why what was read by a use may not be what was ever stored: it was
  // read without a log, and changed meanwhile.
  absl::Status CheckRead() const;

  // Whether the files are those that are open, and as they were.
  bool IsCurrent() const { return Look() == State::kCurrent; }

  // After a commit at `position`: whether it is part of what the path leads to.
  absl::Status Confirm(const Position& position);

  // Writes what the log holds back to the file: after a commit, if it has grown
  // large; and all of it, if nobody has written for a moment or reads what was
  // there before.
  void LimitLog(Connection& writer);
  void ShrinkLog();

  // As SQLite names them.
  std::vector<std::string> names();

  // For a child after fork(): forgets the connections without closing them.
  void Forget();

 private:
  enum class State : uint8_t {
    kCurrent,
    kUnsettled,  // it may have been written right after it was found
    kReplaced,
  };

  SqliteFile(const StoreOptions& options, const char* vfs);

  State Look() const;
  absl::StatusOr<Use> BeginWriting();
  // Locks `lock` while the files are current.
  absl::Status Enter(std::shared_lock<std::shared_mutex>& lock);
  // Opens what the path leads to now.
  absl::Status Renew();
  // All from here on with all uses locked out.
  bool IsAsRemembered();
  void CloseAll();
  absl::Status OpenFirst(const StoreOptions& options);
  absl::Status Prepare(Connection& connection, IfEmpty if_empty) const;
  // Takes a connection opened after `before` was found: checks the file, and
  // remembers it.
  enum class When : uint8_t { kFirst, kAgain };
  absl::Status Adopt(Connection& connection, const FoundFiles& before,
                     When when);
  absl::Status CheckLog(Connection& connection, const FoundFiles& found,
                        When when);
  absl::StatusOr<Position> ReadFileAlone() const;

  absl::StatusOr<ConnectionPtr> OpenReader() const;
  absl::StatusOr<ConnectionPtr> OpenWriter() const;
  void Checkpoint(Connection& writer, int mode);
  absl::Status Unavailable(std::string_view why) const;

  const Connection::Options options_;  // of readers

  std::shared_mutex files_mutex_;  // shared by uses
  std::mutex writer_mutex_;        // of who writes; after files_mutex_
  ConnectionPtr writer_;           // guarded by both
  // When the log was last in vain tried to be emptied.
  FoundFile tried_;
  std::chrono::steady_clock::time_point tried_at_;

  // What follows is changed with all uses locked out, or within one under
  // mutex_, and read within one under it.
  mutable std::mutex mutex_;
  FileNames names_;
  FoundFiles found_;
  bool is_valid_ = false;               // whether found_ is what is open
  bool is_alone_ = false;               // whether it is read without a log
  Position in_file_;                    // where the file was without its log
  std::vector<ConnectionPtr> readers_;  // idle
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_SQLITE_FILE_H_
