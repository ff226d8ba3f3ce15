#include "engine/store/sqlite_store.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/store/sqlite_connection.h"

namespace chainkeep::store {
namespace {

// How often another process's changes are looked for. The interface promises
// 50 ms.
constexpr auto kPollInterval = std::chrono::milliseconds(20);

absl::Status InChild() {
  return MakeError(ErrorCode::kInternalFailure,
                   "store: it belongs to the process that forked this one");
}

// Ends a transaction that is not to be committed. SQLite has ended it by itself
// after some errors.
void RollBack(Connection& connection) {
  if (sqlite3_get_autocommit(connection.handle()) == 0) {
    connection.Execute("ROLLBACK").IgnoreError();
  }
}

}  // namespace

SqliteStore::SqliteStore(std::unique_ptr<SqliteFile> file)
    : owner_(getpid()), file_(std::move(file)) {}

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(
    const StoreOptions& options, const char* vfs) {
  if (options.path.empty()) {
    return MakeError(ErrorCode::kInvalidRequest, "a store needs a path");
  }
  if (options.if_missing == StoreOptions::IfMissing::kRefuse &&
      access(options.path.c_str(), F_OK) != 0) {
    return MakeError(ErrorCode::kInvalidRequest,
                     absl::StrCat("store ", options.path, ": not there"));
  }
  absl::StatusOr<std::unique_ptr<SqliteFile>> file =
      SqliteFile::Open(options, vfs);
  if (!file.ok()) return file.status();
  std::unique_ptr<SqliteStore> store(new SqliteStore(*std::move(file)));
  // Whether what every transaction needs can be read.
  absl::Status status = store->Read([](const RegistryView& view) {
    view.subject_seed();
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return store;
}

SqliteStore::~SqliteStore() {
  // To close a file is to touch it.
  if (IsChild()) file_->Forget();
}

bool SqliteStore::IsChild() const { return getpid() != owner_; }

absl::Status SqliteStore::Transact(const Command& command) {
  if (IsChild()) return InChild();
  Position position;
  {
    absl::StatusOr<SqliteFile::Use> use = file_->BeginTransaction();
    if (!use.ok()) return use.status();
    Connection& writer = use->connection();
    SqliteTransaction transaction(writer);
    absl::Status status = command(transaction);
    if (status.ok()) transaction.ForgetOldChanges();
    position = transaction.position();
    if (!transaction.failure().ok()) status = transaction.failure();
    if (status.ok()) status = writer.Execute("COMMIT");
    if (!status.ok()) {
      RollBack(writer);
      return status;
    }
    if (transaction.changed()) changed_.Raise();
    if (file_->IsCurrent()) {
      file_->LimitLog(writer);
      return absl::OkStatus();
    }
  }
  return file_->Confirm(position);
}

absl::Status SqliteStore::ReadWith(const Look& look) const {
  if (IsChild()) return InChild();
  absl::StatusOr<SqliteFile::Use> use = file_->BeginReading();
  if (!use.ok()) return use.status();
  Connection& reader = use->connection();
  absl::Status status = reader.Execute("BEGIN");
  if (!status.ok()) return status;
  {
    SqliteTransaction view(reader);
    status = look(view);
    if (!view.failure().ok()) status = view.failure();
  }
  RollBack(reader);
  absl::Status read = file_->CheckRead();
  return read.ok() ? status : read;
}

absl::Status SqliteStore::Read(const Query& query) const {
  return ReadWith([&](const SqliteTransaction& view) { return query(view); });
}

absl::Status SqliteStore::Follow(const Position& after, size_t limit,
                                 const FollowQuery& query) const {
  return ReadWith([&](const SqliteTransaction& view) {
    const Changes changes = view.ReadChanges(after, limit);
    return view.failure().ok() ? query(view, changes) : view.failure();
  });
}

absl::StatusOr<Position> SqliteStore::LastPosition() const {
  Position last;
  absl::Status status = ReadWith([&](const SqliteTransaction& view) {
    last = view.position();
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return last;
}

absl::StatusOr<bool> SqliteStore::AwaitChange(const Position& after,
                                              int64_t timeout_millis) {
  const ChangeSignal::Deadline deadline =
      ChangeSignal::DeadlineAfter(timeout_millis);
  const uint64_t wakes = wakes_.load();
  while (true) {
    const ChangeSignal::Ticket ticket = changed_.Take();
    const absl::StatusOr<Position> last = LastPosition();
    if (!last.ok()) return last.status();
    if (after.is_anywhere() ? last->revision != after.revision
                            : *last != after) {
      return true;
    }
    file_->ShrinkLog();
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline || wakes_.load() != wakes) return false;
    changed_.Wait(ticket, std::min(deadline, now + kPollInterval));
  }
}

void SqliteStore::Wake() {
  ++wakes_;
  changed_.Raise();
}

std::vector<std::string> SqliteStore::FileNames() const {
  return IsChild() ? std::vector<std::string>() : file_->names();
}

}  // namespace chainkeep::store
