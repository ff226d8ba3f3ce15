#include "engine/store/sqlite_file.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/store/sqlite_check.h"
#include "engine/store/sqlite_schema.h"
#include "engine/store/sqlite_transaction.h"

namespace chainkeep::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A bulk import touches pages all over the file.
constexpr int64_t kWriterCacheKib = 128 << 10;
constexpr int64_t kReaderCacheKib = 8 << 10;

// How many connections wait for the next reader.
constexpr size_t kMaxIdleReaders = 8;

// SQLite's own default.
constexpr int kMaxLogPages = 1000;

// How long nobody has written when a log is emptied, and how long it is left
// alone if somebody reads what was there before.
constexpr int64_t kQuietNanos = 15'000'000;
constexpr milliseconds kTryAgain{200};

// How often a file that is replaced again and again is opened.
constexpr int kAttempts = 5;

// Where `connection` finds the store.
absl::StatusOr<Position> PositionOf(Connection& connection) {
  absl::Status status = connection.Execute("BEGIN");
  if (!status.ok()) return status;
  Position position;
  {
    const SqliteTransaction view(connection);
    position = view.position();
    status = view.failure();
  }
  connection.Execute("ROLLBACK").IgnoreError();
  if (!status.ok()) return status;
  return position;
}

// Whether what `connection` finds goes on from `position`.
absl::StatusOr<bool> GoesOnFrom(Connection& connection,
                                const Position& position) {
  absl::Status status = connection.Execute("BEGIN");
  if (!status.ok()) return status;
  bool does = false;
  {
    const SqliteTransaction view(connection);
    const Continuity continuity = view.ContinuityFrom(position);
    does = continuity == Continuity::kContinues ||
           continuity == Continuity::kForgotten;
    status = view.failure();
  }
  connection.Execute("ROLLBACK").IgnoreError();
  if (!status.ok()) return status;
  return does;
}

Connection::Options ReaderOptions(const StoreOptions& options,
                                  const char* vfs) {
  Connection::Options reader;
  // What the process makes its working folder later does not matter.
  std::error_code ignored;
  reader.path = std::filesystem::absolute(options.path, ignored).string();
  if (reader.path.empty()) reader.path = options.path;
  reader.busy_timeout_millis = options.busy_timeout_millis;
  reader.cache_kib = kReaderCacheKib;
  reader.vfs = vfs;
  return reader;
}

}  // namespace

SqliteFile::SqliteFile(const StoreOptions& options, const char* vfs)
    : options_(ReaderOptions(options, vfs)) {
  names_.main = options_.path;
}

absl::StatusOr<std::unique_ptr<SqliteFile>> SqliteFile::Open(
    const StoreOptions& options, const char* vfs) {
  std::unique_ptr<SqliteFile> file(new SqliteFile(options, vfs));
  absl::Status status = file->OpenFirst(options);
  if (!status.ok()) return status;
  return file;
}

absl::Status SqliteFile::OpenFirst(const StoreOptions& options) {
  const bool must_exist =
      options.if_missing == StoreOptions::IfMissing::kRefuse;
  Connection::Options first = options_;
  first.cache_kib = kWriterCacheKib;
  first.if_missing = must_exist ? Connection::Options::IfMissing::kRefuse
                                : Connection::Options::IfMissing::kCreate;
  const FoundFiles before = FoundFiles::Find(names_);
  absl::StatusOr<ConnectionPtr> writer = Connection::Open(first);
  if (!writer.ok()) return writer.status();
  ConnectionPtr connection = *std::move(writer);
  absl::Status status = CheckLength(*connection);
  if (!status.ok()) return status;
  status =
      Prepare(*connection, must_exist ? IfEmpty::kRefuse : IfEmpty::kCreate);
  if (status.ok()) status = Adopt(*connection, before, When::kFirst);
  if (status.ok() && options.check == StoreOptions::Check::kWhole) {
    status = CheckWhole(*connection);
  }
  if (!status.ok()) return status;
  if (connection->is_read_only()) {
    readers_.push_back(std::move(connection));
  } else {
    writer_ = std::move(connection);
  }
  return absl::OkStatus();
}

absl::Status SqliteFile::Prepare(Connection& connection,
                                 IfEmpty if_empty) const {
  return connection.is_read_only()
             ? CheckSchema(connection)
             : PrepareSchema(connection, if_empty,
                             options_.busy_timeout_millis);
}

SqliteFile::Use::~Use() {
  if (connection_ == nullptr) return;
  if (writing_.owns_lock()) {
    file_->writer_ = std::move(connection_);
    return;
  }
  const std::lock_guard lock(file_->mutex_);
  if (file_->readers_.size() < kMaxIdleReaders) {
    file_->readers_.push_back(std::move(connection_));
  }
}

SqliteFile::State SqliteFile::Look() const {
  const std::lock_guard lock(mutex_);
  const FoundFiles now = FoundFiles::Find(names_);
  if (!is_valid_ || !now.main.exists()) return State::kReplaced;
  if (is_alone_) {
    // Others may come to have it open, and have not written.
    return now.main == found_.main && now.log.size == 0 ? State::kCurrent
                                                        : State::kReplaced;
  }
  if (!now.AreUnchanged(found_)) return State::kReplaced;
  return found_.is_settled() || !now.is_settled() ? State::kCurrent
                                                  : State::kUnsettled;
}

absl::Status SqliteFile::Enter(std::shared_lock<std::shared_mutex>& lock) {
  lock = std::shared_lock(files_mutex_, std::defer_lock);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    lock.lock();
    if (IsCurrent()) return absl::OkStatus();
    lock.unlock();
    absl::Status status = Renew();
    if (!status.ok()) return status;
  }
  return Unavailable("its file is replaced again and again");
}

absl::StatusOr<SqliteFile::Use> SqliteFile::BeginReading() {
  Use use(this);
  absl::Status status = Enter(use.lock_);
  if (!status.ok()) return status;
  {
    const std::lock_guard lock(mutex_);
    if (!readers_.empty()) {
      use.connection_ = std::move(readers_.back());
      readers_.pop_back();
      return use;
    }
  }
  absl::StatusOr<ConnectionPtr> reader = OpenReader();
  if (!reader.ok()) return reader.status();
  use.connection_ = *std::move(reader);
  return use;
}

absl::StatusOr<SqliteFile::Use> SqliteFile::BeginWriting() {
  Use use(this);
  absl::Status status = Enter(use.lock_);
  if (!status.ok()) return status;
  use.writing_ = std::unique_lock(writer_mutex_);
  if (writer_ == nullptr) {
    absl::StatusOr<ConnectionPtr> writer = OpenWriter();
    if (!writer.ok()) return writer.status();
    if ((*writer)->is_read_only()) {
      return Unavailable("this process may read it, but not write it");
    }
    writer_ = *std::move(writer);
  }
  use.connection_ = std::move(writer_);
  return use;
}

absl::StatusOr<SqliteFile::Use> SqliteFile::BeginTransaction() {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    absl::StatusOr<Use> use = BeginWriting();
    if (!use.ok()) return use;
    Connection& writer = use->connection();
    absl::Status status = writer.Execute("BEGIN IMMEDIATE");
    if (!status.ok()) return status;
    // It may have waited for another.
    if (IsCurrent()) return use;
    writer.Execute("ROLLBACK").IgnoreError();
  }
  return Unavailable("its file is replaced again and again");
}

absl::Status SqliteFile::CheckRead() const {
  if (!is_alone_ || IsCurrent()) return absl::OkStatus();
  return Unavailable("its file was changed while it was read");
}

absl::Status SqliteFile::Renew() {
  const std::unique_lock lock(files_mutex_);
  const State state = Look();
  if (state == State::kCurrent) return absl::OkStatus();
  if (state == State::kUnsettled && IsAsRemembered()) return absl::OkStatus();
  CloseAll();
  const FoundFiles before = FoundFiles::Find(names_);
  if (!before.main.exists())
    return Unavailable("its file is not there any more");
  is_alone_ = false;
  absl::StatusOr<ConnectionPtr> reader = OpenReader();
  if (!reader.ok()) return reader.status();
  absl::Status status = CheckLength(**reader);
  if (status.ok()) status = Prepare(**reader, IfEmpty::kRefuse);
  if (status.ok()) status = Adopt(**reader, before, When::kAgain);
  if (!status.ok()) {
    (*reader)->Abandon();
    return status;
  }
  readers_.push_back(*std::move(reader));
  return absl::OkStatus();
}

// Whether the connections remember what the file says.
bool SqliteFile::IsAsRemembered() {
  const FoundFiles before = FoundFiles::Find(names_);
  if (!before.AreUnchanged(found_)) return false;
  Connection* const old = writer_ != nullptr  ? writer_.get()
                          : !readers_.empty() ? readers_.back().get()
                                              : nullptr;
  if (old != nullptr) {
    const absl::StatusOr<ConnectionPtr> fresh = OpenReader();
    if (!fresh.ok()) return false;
    const absl::StatusOr<Position> now = PositionOf(**fresh);
    const absl::StatusOr<Position> remembered = PositionOf(*old);
    if (!now.ok() || !remembered.ok() || *now != *remembered) {
      (*fresh)->Abandon();
      return false;
    }
  }
  found_ = before;
  return true;
}

void SqliteFile::CloseAll() {
  is_valid_ = false;
  if (writer_ != nullptr) writer_->Abandon();
  writer_ = nullptr;
  for (const ConnectionPtr& reader : readers_) reader->Abandon();
  readers_.clear();
}

absl::StatusOr<SqliteFile::ConnectionPtr> SqliteFile::OpenReader() const {
  Connection::Options options = options_;
  if (is_alone_) options.reads = Connection::Options::Reads::kFileAlone;
  return Connection::Open(options);
}

absl::StatusOr<SqliteFile::ConnectionPtr> SqliteFile::OpenWriter() const {
  Connection::Options options = options_;
  options.cache_kib = kWriterCacheKib;
  return Connection::Open(options);
}

absl::Status SqliteFile::Adopt(Connection& connection, const FoundFiles& before,
                               When when) {
  // The first look opens the log.
  const absl::StatusOr<Position> position = PositionOf(connection);
  if (!position.ok()) return position.status();
  is_alone_ = connection.reads_alone();
  names_.log = connection.LogName();
  names_.index = connection.IndexName();
  FoundFiles found = FoundFiles::Find(names_);
  int has_moved = 0;
  sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_HAS_MOVED,
                       &has_moved);
  if (has_moved != 0 ||
      (before.main.exists() && !before.main.IsSameFile(found.main))) {
    return Unavailable("its file is being replaced");
  }
  // What was written since then may be in no page that it remembers.
  if (before.main.exists()) {
    found.main = before.main;
    found.found_at = before.found_at;
  }
  absl::Status status = CheckLog(connection, found, when);
  if (!status.ok()) return status;
  found_ = found;
  is_valid_ = true;
  return absl::OkStatus();
}

absl::Status SqliteFile::CheckLog(Connection& connection,
                                  const FoundFiles& found, When when) {
  if (found.log.size == 0) {
    const absl::StatusOr<Position> position = PositionOf(connection);
    if (!position.ok()) return position.status();
    in_file_ = *position;
    // While others have it open the index says how long the file was before.
    const absl::StatusOr<int64_t> pages = connection.Ask("PRAGMA page_count");
    const absl::StatusOr<int64_t> size = connection.Ask("PRAGMA page_size");
    if (!pages.ok()) return pages.status();
    if (!size.ok()) return size.status();
    return *pages * *size == FoundFile::Find(names_.main).size ||
                   FoundFile::Find(names_.log).size != 0
               ? absl::OkStatus()
               : Unavailable("its file is being replaced");
  }
  // What it says may have become another's by SQLite's own backup.
  if (when == When::kAgain && found.main == found_.main) {
    return absl::OkStatus();
  }
  const absl::StatusOr<Position> in_file = ReadFileAlone();
  // Of a checkpoint that was cut short the log makes a whole.
  if (!in_file.ok()) return CheckWhole(connection);
  const absl::StatusOr<bool> goes_on = GoesOnFrom(connection, *in_file);
  if (!goes_on.ok()) return goes_on.status();
  const bool went_back =
      (in_file->is_anywhere() || in_file->history == in_file_.history) &&
      in_file->revision < in_file_.revision;
  if (*goes_on && !went_back) {
    in_file_ = *in_file;
    return absl::OkStatus();
  }
  // Of a backup that was interrupted right after it, too.
  if (when == When::kFirst && CheckWhole(connection).ok()) {
    return absl::OkStatus();
  }
  return Unavailable(absl::StrCat(
      "its file was replaced or written over while ", names_.log,
      " held changes of what was there before: what it says cannot be told. "
      "End all processes that have it open, remove that file and ",
      names_.index, ", and put the copy in its place once more"));
}

absl::StatusOr<Position> SqliteFile::ReadFileAlone() const {
  Connection::Options options = options_;
  options.reads = Connection::Options::Reads::kFileAlone;
  const absl::StatusOr<ConnectionPtr> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  // While it is made, or migrated, all that there is stands in the log.
  const absl::StatusOr<int64_t> has_history =
      (*connection)
          ->Ask("SELECT count(*) FROM sqlite_schema WHERE name = 'history'");
  if (!has_history.ok()) return has_history.status();
  return *has_history > 0 ? PositionOf(**connection) : Position();
}

absl::Status SqliteFile::Confirm(const Position& position) {
  const absl::StatusOr<Use> use = BeginReading();
  if (!use.ok()) {
    return MakeError(
        ErrorCode::kServiceUnavailable,
        absl::StrCat("the change may be lost: ", use.status().message()));
  }
  const absl::StatusOr<bool> goes_on = GoesOnFrom(use->connection(), position);
  if (!goes_on.ok()) return goes_on.status();
  if (*goes_on) return absl::OkStatus();
  return Unavailable(
      "its file was replaced while the change was committed: it is lost");
}

void SqliteFile::Checkpoint(Connection& writer, int mode) {
  if (!IsCurrent()) return;
  // Nobody is waited for.
  sqlite3_busy_timeout(writer.handle(), 0);
  sqlite3_wal_checkpoint_v2(writer.handle(), "main", mode, nullptr, nullptr);
  sqlite3_busy_timeout(writer.handle(),
                       static_cast<int>(options_.busy_timeout_millis));
  const absl::StatusOr<Position> position = PositionOf(writer);
  const std::lock_guard lock(mutex_);
  const FoundFiles now = FoundFiles::Find(names_);
  if (!now.AreSameFiles(found_)) return;
  found_ = now;
  if (now.log.size == 0 && position.ok()) in_file_ = *position;
}

void SqliteFile::LimitLog(Connection& writer) {
  if (writer.log_pages() > kMaxLogPages) {
    Checkpoint(writer, SQLITE_CHECKPOINT_PASSIVE);
  }
}

void SqliteFile::ShrinkLog() {
  const std::shared_lock lock(files_mutex_, std::try_to_lock);
  if (!lock || !is_valid_ || is_alone_) return;
  const FoundFiles now = FoundFiles::Find(names_);
  if (now.log.size == 0 || now.found_at - now.log.changed_at < kQuietNanos) {
    return;
  }
  const std::unique_lock writing(writer_mutex_, std::try_to_lock);
  if (!writing) return;
  if (tried_ == now.log && steady_clock::now() < tried_at_ + kTryAgain) return;
  tried_ = now.log;
  tried_at_ = steady_clock::now();
  if (writer_ == nullptr) {
    absl::StatusOr<ConnectionPtr> writer = OpenWriter();
    if (!writer.ok() || (*writer)->is_read_only()) return;
    writer_ = *std::move(writer);
  }
  Checkpoint(*writer_, SQLITE_CHECKPOINT_TRUNCATE);
}

std::vector<std::string> SqliteFile::names() {
  const absl::StatusOr<Use> use = BeginReading();
  if (!use.ok()) return {};
  return use->connection().FileNames();
}

void SqliteFile::Forget() {
  static_cast<void>(writer_.release());
  for (ConnectionPtr& reader : readers_) static_cast<void>(reader.release());
  readers_.clear();
}

absl::Status SqliteFile::Unavailable(std::string_view why) const {
  return MakeError(ErrorCode::kServiceUnavailable,
                   absl::StrCat("store ", options_.path, ": ", why));
}

}  // namespace chainkeep::store
