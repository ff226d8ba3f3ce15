#include "engine/store/sqlite_store.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/store/sqlite_check.h"
#include "engine/store/sqlite_queries.h"
#include "engine/store/sqlite_rows.h"
#include "engine/store/sqlite_schema.h"

namespace chainkeep::store {
namespace {

// A bulk import touches pages all over the file.
constexpr int64_t kWriterCacheKib = 128 << 10;
constexpr int64_t kReaderCacheKib = 8 << 10;

// How many connections wait for the next reader.
constexpr size_t kMaxIdleReaders = 8;

// How often another process's changes are looked for. The interface promises
// 50 ms.
constexpr auto kPollInterval = std::chrono::milliseconds(20);

absl::Status InChild() {
  return MakeError(ErrorCode::kInternalFailure,
                   "store: it belongs to the process that forked this one");
}

absl::StatusOr<uint64_t> FindSeed(Connection& connection) {
  Statement find(connection, kSubjectSeed);
  if (find.Step()) return ReadSeed(find);
  if (!find.status().ok()) return find.status();
  return connection.Damaged("damaged: it has no seed");
}

// Ends a transaction that is not to be committed. SQLite has ended it by itself
// after some errors.
void RollBack(Connection& connection) {
  if (sqlite3_get_autocommit(connection.handle()) == 0) {
    connection.Execute("ROLLBACK").IgnoreError();
  }
}

}  // namespace

SqliteStore::SqliteStore(Connection::Options options, ConnectionPtr writer,
                         uint64_t subject_seed)
    : owner_(getpid()),
      options_(std::move(options)),
      subject_seed_(subject_seed),
      writer_(std::move(writer)) {}

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(
    const StoreOptions& options, const char* vfs) {
  if (options.path.empty()) {
    return MakeError(ErrorCode::kInvalidRequest, "a store needs a path");
  }
  const bool must_exist =
      options.if_missing == StoreOptions::IfMissing::kRefuse;
  if (must_exist && access(options.path.c_str(), F_OK) != 0) {
    return MakeError(ErrorCode::kInvalidRequest,
                     absl::StrCat("store ", options.path, ": not there"));
  }
  Connection::Options writer_options;
  writer_options.path = options.path;
  writer_options.if_missing = must_exist
                                  ? Connection::Options::IfMissing::kRefuse
                                  : Connection::Options::IfMissing::kCreate;
  writer_options.busy_timeout_millis = options.busy_timeout_millis;
  writer_options.cache_kib = kWriterCacheKib;
  writer_options.vfs = vfs;
  absl::StatusOr<ConnectionPtr> writer = Connection::Open(writer_options);
  if (!writer.ok()) return writer.status();
  absl::Status status = CheckLength(**writer);
  if (status.ok()) {
    status = PrepareSchema(**writer, options.busy_timeout_millis);
  }
  if (status.ok() && options.check == StoreOptions::Check::kWhole) {
    status = CheckWhole(**writer);
  }
  if (!status.ok()) return status;
  const absl::StatusOr<uint64_t> seed = FindSeed(**writer);
  if (!seed.ok()) return seed.status();

  Connection::Options reader_options = writer_options;
  reader_options.if_missing = Connection::Options::IfMissing::kRefuse;
  reader_options.cache_kib = kReaderCacheKib;
  return std::unique_ptr<SqliteStore>(
      new SqliteStore(std::move(reader_options), *std::move(writer), *seed));
}

SqliteStore::~SqliteStore() {
  if (!IsChild()) return;
  // To close a file is to touch it.
  static_cast<void>(writer_.release());
  for (ConnectionPtr& reader : idle_readers_) {
    static_cast<void>(reader.release());
  }
}

bool SqliteStore::IsChild() const { return getpid() != owner_; }

absl::Status SqliteStore::Transact(const Command& command) {
  if (IsChild()) return InChild();
  const std::lock_guard lock(writer_mutex_);
  absl::Status status = writer_->Execute("BEGIN IMMEDIATE");
  if (!status.ok()) return status;
  SqliteTransaction transaction(*writer_, subject_seed_);
  status = command(transaction);
  if (status.ok()) transaction.ForgetOldChanges();
  if (!transaction.failure().ok()) status = transaction.failure();
  if (status.ok()) status = writer_->Execute("COMMIT");
  if (!status.ok()) {
    RollBack(*writer_);
  } else if (transaction.changed()) {
    changed_.Raise();
  }
  return status;
}

absl::StatusOr<SqliteStore::ConnectionPtr> SqliteStore::TakeReader() const {
  {
    const std::lock_guard lock(readers_mutex_);
    if (!idle_readers_.empty()) {
      ConnectionPtr reader = std::move(idle_readers_.back());
      idle_readers_.pop_back();
      return reader;
    }
  }
  return Connection::Open(options_);
}

void SqliteStore::GiveBack(ConnectionPtr reader) const {
  const std::lock_guard lock(readers_mutex_);
  if (idle_readers_.size() < kMaxIdleReaders) {
    idle_readers_.push_back(std::move(reader));
  }
}

absl::Status SqliteStore::ReadWith(const Look& look) const {
  if (IsChild()) return InChild();
  absl::StatusOr<ConnectionPtr> reader = TakeReader();
  if (!reader.ok()) return reader.status();
  absl::Status status = (*reader)->Execute("BEGIN");
  if (!status.ok()) return status;
  {
    SqliteTransaction view(**reader, subject_seed_);
    status = look(view);
    if (!view.failure().ok()) status = view.failure();
  }
  RollBack(**reader);
  GiveBack(*std::move(reader));
  return status;
}

absl::Status SqliteStore::Read(const Query& query) const {
  return ReadWith([&](const SqliteTransaction& view) { return query(view); });
}

absl::Status SqliteStore::Follow(Revision after, size_t limit,
                                 const FollowQuery& query) const {
  return ReadWith([&](const SqliteTransaction& view) {
    const Changes changes = view.ReadChanges(after, limit);
    return view.failure().ok() ? query(view, changes) : view.failure();
  });
}

absl::StatusOr<Revision> SqliteStore::LastRevision() const {
  Revision last = 0;
  absl::Status status = ReadWith([&](const SqliteTransaction& view) {
    last = view.revision();
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return last;
}

absl::StatusOr<bool> SqliteStore::AwaitChange(Revision after,
                                              int64_t timeout_millis) {
  const ChangeSignal::Deadline deadline =
      ChangeSignal::DeadlineAfter(timeout_millis);
  const uint64_t wakes = wakes_.load();
  while (true) {
    const ChangeSignal::Ticket ticket = changed_.Take();
    const absl::StatusOr<Revision> last = LastRevision();
    if (!last.ok()) return last.status();
    if (*last != after) return true;
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline || wakes_.load() != wakes) return false;
    changed_.Wait(ticket, std::min(deadline, now + kPollInterval));
  }
}

void SqliteStore::Wake() {
  ++wakes_;
  changed_.Raise();
}

}  // namespace chainkeep::store
