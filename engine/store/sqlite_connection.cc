#include "engine/store/sqlite_connection.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <climits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "chainkeep/status.h"

namespace chainkeep::store {
namespace {

// No row comes near it; a damaged file may say that one is larger than memory.
constexpr int kMaxValueBytes = 256 << 20;

bool IsForLater(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_PERM:
    case SQLITE_NOMEM:
      return code != SQLITE_IOERR_CORRUPTFS;
    default:
      return false;
  }
}

absl::Status ErrorOf(const std::string& path, int code, const char* message) {
  return MakeError(
      IsForLater(code) ? ErrorCode::kServiceUnavailable
                       : ErrorCode::kInternalFailure,
      absl::StrCat("store ", path, ": ", message, " (SQLite code ", code, ")"));
}

// SQLite's own names for what is not a file (":memory:") are none of ours.
std::string FileNameOf(const std::string& path) {
  return path.front() == '/' ? path : absl::StrCat("./", path);
}

// SQLite knows for the whole process which files are open and locked (fcntl(2)
// locks are the process's). A child that inherits open connections inherits
// that knowledge, but not the locks: it must not open a file.
class OpenConnections {
 public:
  // Whether this process may open one; if so, counts it.
  static bool Add() {
    const pid_t process = getpid();
    if (count_.load() > 0 && owner_.load() != process) return false;
    owner_.store(process);
    ++count_;
    return true;
  }
  static void Remove() { --count_; }

 private:
  static inline std::atomic<int> count_{0};
  static inline std::atomic<pid_t> owner_{0};
};

// The name as SQLite takes options with it.
std::string FileAloneUri(const std::string& name) {
  std::string uri = "file:";
  for (const char c : name) {
    if (absl::ascii_isalnum(c) || c == '/' || c == '.' || c == '_') {
      uri += c;
    } else {
      absl::StrAppendFormat(&uri, "%%%02x", static_cast<unsigned char>(c));
    }
  }
  return uri + "?immutable=1";
}

// If it fails, so does opening, which says why.
void CreatePrivately(const std::string& name) {
  // A file that was there before is not touched: to close it would give up the
  // locks of another connection of this process (fcntl(2)).
  const int file =
      open(name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) close(file);
}

// Nothing in the file may make SQLite do what we have not asked for.
constexpr char kConfiguration[] =
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA temp_store = MEMORY;"
    // Before a change is acknowledged, it is on the disk.
    "PRAGMA synchronous = FULL;"
    // A log that a long reader let grow does not stay so.
    "PRAGMA journal_size_limit = 67108864;"
    // SqliteStore does it, which knows the file before and after.
    "PRAGMA wal_autocheckpoint = 0;";

}  // namespace

Connection::Connection(sqlite3* handle, std::string path)
    : handle_(handle), path_(std::move(path)) {}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(
    const Options& options) {
  const std::string name = FileNameOf(options.path);
  int flags = SQLITE_OPEN_READWRITE;
  if (options.if_missing == Options::IfMissing::kCreate) {
    CreatePrivately(name);
    flags |= SQLITE_OPEN_CREATE;
  }
  if (options.reads == Options::Reads::kFileAlone) {
    return OpenNamed(FileAloneUri(name), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
                     options);
  }
  return OpenNamed(name, flags, options);
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::OpenInMemory() {
  Options options;
  options.path = "(memory)";
  return OpenNamed(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                   options);
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::OpenNamed(
    const std::string& name, int flags, const Options& options) {
  if (!OpenConnections::Add()) {
    return MakeError(ErrorCode::kInternalFailure,
                     absl::StrCat("store ", options.path,
                                  ": this process was forked by one that had "
                                  "a store open"));
  }
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(
      name.c_str(), &handle,
      flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, options.vfs);
  if (handle == nullptr) {
    OpenConnections::Remove();
    return ErrorOf(options.path, code, sqlite3_errstr(code));
  }
  auto connection =
      std::unique_ptr<Connection>(new Connection(handle, options.path));
  if (code != SQLITE_OK) return connection->Error(code);
  connection->reads_alone_ = options.reads == Options::Reads::kFileAlone;
  if (!connection->reads_alone_ && connection->is_read_only() &&
      access(connection->LogName().c_str(), F_OK) != 0 &&
      access(connection->IndexName().c_str(), F_OK) != 0) {
    // SQLite would make a log to read it, which its owner could not write, or
    // fail to.
    Options alone = options;
    alone.reads = Options::Reads::kFileAlone;
    return Open(alone);
  }
  // First of all: what follows may read the file, and so wait for others.
  sqlite3_busy_timeout(handle, static_cast<int>(std::clamp<int64_t>(
                                   options.busy_timeout_millis, 0, INT_MAX)));
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kMaxValueBytes);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  const absl::Status configured = connection->Execute(absl::StrCat(
      kConfiguration, "PRAGMA cache_size = -", options.cache_kib, ";"));
  if (!configured.ok()) return configured;
  sqlite3_wal_hook(
      handle,
      [](void* pages, sqlite3*, const char*, int count) {
        *static_cast<int*>(pages) = count;
        return SQLITE_OK;
      },
      &connection->log_pages_);
  return connection;
}

Connection::~Connection() {
  for (const auto& [sql, statements] : idle_) {
    for (sqlite3_stmt* statement : statements) sqlite3_finalize(statement);
  }
  sqlite3_close(handle_);
  OpenConnections::Remove();
}

std::string Connection::LogName() const {
  return sqlite3_filename_wal(sqlite3_db_filename(handle_, "main"));
}

std::string Connection::IndexName() const {
  return absl::StrCat(sqlite3_db_filename(handle_, "main"), "-shm");
}

std::vector<std::string> Connection::FileNames() const {
  const char* const name = sqlite3_db_filename(handle_, "main");
  return {name, LogName(), IndexName(), sqlite3_filename_journal(name)};
}

void Connection::Abandon() {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

absl::Status Connection::Execute(const std::string& sql) {
  return Error(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr));
}

absl::StatusOr<int64_t> Connection::Ask(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr);
  if (code != SQLITE_OK) return Error(code);
  code = sqlite3_step(statement);
  const int64_t answer =
      code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  const absl::Status status = code == SQLITE_ROW ? absl::OkStatus()
                              : code == SQLITE_DONE
                                  ? Damaged("a value is missing")
                                  : Error(code);
  sqlite3_finalize(statement);
  if (!status.ok()) return status;
  return answer;
}

absl::Status Connection::Error(int code) const {
  if (code == SQLITE_OK) return absl::OkStatus();
  return ErrorOf(path_, code, sqlite3_errmsg(handle_));
}

absl::Status Connection::Damaged(std::string_view what) const {
  return MakeError(ErrorCode::kInternalFailure,
                   absl::StrCat("store ", path_, ": ", what));
}

Statement::Statement(Connection& connection, const char* sql, Prepared prepared)
    : connection_(connection), sql_(sql) {
  std::vector<sqlite3_stmt*>& idle = connection.idle_[sql];
  if (!idle.empty()) {
    handle_ = idle.back();
    idle.pop_back();
    return;
  }
  Check(sqlite3_prepare_v3(connection.handle_, sql, -1,
                           SQLITE_PREPARE_PERSISTENT, &handle_, nullptr));
  // One that is forgotten would keep the value of the use before.
  if (status_.ok() &&
      sqlite3_bind_parameter_count(handle_) != prepared.parameters) {
    status_ =
        connection.Damaged(absl::StrCat("wrong number of parameters: ", sql));
  }
}

Statement::~Statement() {
  if (handle_ == nullptr) return;
  // What it returns was said by the last step.
  sqlite3_reset(handle_);
  connection_.idle_[sql_].push_back(handle_);
}

void Statement::Check(int code) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE ||
      !status_.ok()) {
    return;
  }
  status_ = connection_.Error(code);
}

bool Statement::Step() {
  if (!status_.ok()) return false;
  const int code = sqlite3_step(handle_);
  Check(code);
  return code == SQLITE_ROW;
}

const absl::Status& Statement::Run() {
  while (Step()) {
  }
  return status_;
}

std::string_view Statement::ColumnName(int column) const {
  const char* name = sqlite3_column_name(handle_, column);
  return name == nullptr ? "" : name;
}

std::string_view Statement::BytesAt(int column) const {
  // The order of the two calls is SQLite's rule.
  const void* bytes = sqlite3_column_blob(handle_, column);
  const int size = sqlite3_column_bytes(handle_, column);
  if (bytes == nullptr || size <= 0) return {};
  return {static_cast<const char*>(bytes), static_cast<size_t>(size)};
}

void Statement::Bind(int parameter, int64_t value) {
  if (status_.ok()) Check(sqlite3_bind_int64(handle_, parameter, value));
}

void Statement::Bind(int parameter, std::string_view text) {
  if (!status_.ok()) return;
  // A null pointer would be NULL.
  const char* bytes = text.data() == nullptr ? "" : text.data();
  Check(sqlite3_bind_text64(handle_, parameter, bytes, text.size(),
                            SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::Bind(int parameter, Blob blob) {
  if (!status_.ok()) return;
  const char* bytes = blob.bytes.data() == nullptr ? "" : blob.bytes.data();
  Check(sqlite3_bind_blob64(handle_, parameter, bytes, blob.bytes.size(),
                            SQLITE_STATIC));
}

void Statement::Bind(int parameter, Null) {
  if (status_.ok()) Check(sqlite3_bind_null(handle_, parameter));
}

}  // namespace chainkeep::store
