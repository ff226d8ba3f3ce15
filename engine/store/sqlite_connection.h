// One connection to a SQLite database, and its prepared statements.
//
//   Statement find(connection, "SELECT der FROM t WHERE id = ?", Blob{id});
//   while (find.Step()) Use(find.BlobAt(0));
//   if (!find.status().ok()) return find.status();
//
// Thread-safety: one thread at a time. Errors: what the disk or another process
// is to blame for is kServiceUnavailable; the rest, a damaged file among it,
// kInternalFailure. The text names the file. Cost: a statement is prepared when
// it is first used.

#ifndef CHAINKEEP_ENGINE_STORE_SQLITE_CONNECTION_H_
#define CHAINKEEP_ENGINE_STORE_SQLITE_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sqlite3.h"

namespace chainkeep::store {

class Connection {
 public:
  struct Options {
    std::string path = {};
    enum class IfMissing : uint8_t { kCreate, kRefuse };
    IfMissing if_missing = IfMissing::kRefuse;
    // kFileAlone: as the file is, whatever its log says, and without a lock.
    // Who reads so sees to it that the file has not changed meanwhile. A file
    // that can only be read, and has no log, is read so in any case.
    enum class Reads : uint8_t { kShared, kFileAlone };
    Reads reads = Reads::kShared;
    int64_t busy_timeout_millis = 0;
    // How much of the file it keeps in memory.
    int64_t cache_kib = 2000;
    const char* vfs = nullptr;  // SQLite's default
  };

  // A file is created with nobody else allowed to read it.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(
      const Options& options);
  // A database of its own, without a file.
  static absl::StatusOr<std::unique_ptr<Connection>> OpenInMemory();
  // Closes it. In a child after fork() a connection must not be destroyed.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs SQL that is needed once. Rows that it returns are dropped.
  absl::Status Execute(const std::string& sql);

  // Runs SQL that is needed once, and returns the integer that it returns.
  absl::StatusOr<int64_t> Ask(const std::string& sql);

  // Why `code` came back from a call, as a status of ours.
  absl::Status Error(int code) const;
  // Says that the file is damaged, or not what it should be.
  absl::Status Damaged(std::string_view what) const;

  // Whether the file can be read and not written.
  bool is_read_only() const { return sqlite3_db_readonly(handle_, "main") > 0; }
  bool reads_alone() const { return reads_alone_; }
  // What SQLite calls the file's log and the log's index: behind a symbolic
  // link these lie beside what it leads to.
  std::string LogName() const;
  std::string IndexName() const;
  std::vector<std::string> FileNames() const;
  // How many pages the log had after the last commit by this connection.
  int log_pages() const { return log_pages_; }
  // Closing it writes nothing from the log to the file, which has become
  // another.
  void Abandon();

  const std::string& path() const { return path_; }
  sqlite3* handle() const { return handle_; }

 private:
  friend class Statement;

  Connection(sqlite3* handle, std::string path);
  static absl::StatusOr<std::unique_ptr<Connection>> OpenNamed(
      const std::string& name, int flags, const Options& options);

  sqlite3* const handle_;
  const std::string path_;
  bool reads_alone_ = false;
  int log_pages_ = 0;
  // Idle statements, by the address of their SQL.
  absl::flat_hash_map<const char*, std::vector<sqlite3_stmt*>> idle_;
};

// Bytes that SQLite is to take as bytes, not as text.
struct Blob {
  std::string_view bytes;
};
struct Null {};

// Statement is one use of a prepared statement. Several uses of the same SQL
// may go on at once.
class Statement {
 public:
  // `sql` has static storage: its address is what it is known by. `values` are
  // those of its parameters, as many, in order: integers, texts, Blobs, Null,
  // or optional ones of them, which are Null without a value. They must outlive
  // the statement.
  template <typename... Values>
  Statement(Connection& connection, const char* sql, const Values&... values)
      : Statement(connection, sql,
                  Prepared{static_cast<int>(sizeof...(values))}) {
    int parameter = 0;
    (Bind(++parameter, values), ...);
  }
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Whether there is a further row. Not if anything has failed: see status().
  bool Step();
  // Steps to the end.
  const absl::Status& Run();
  const absl::Status& status() const { return status_; }

  // Connection::Damaged of its connection.
  absl::Status Damaged(std::string_view what) const {
    return connection_.Damaged(what);
  }

  // Of the row that Step came to. Views live until the next Step.
  int type(int column) const { return sqlite3_column_type(handle_, column); }
  std::string_view ColumnName(int column) const;
  int64_t IntegerAt(int column) const {
    return sqlite3_column_int64(handle_, column);
  }
  // Of a text or a blob; "" of anything else.
  std::string_view BytesAt(int column) const;

 private:
  struct Prepared {
    int parameters;
  };
  Statement(Connection& connection, const char* sql, Prepared prepared);

  void Bind(int parameter, int64_t value);
  void Bind(int parameter, std::string_view text);
  void Bind(int parameter, Blob blob);
  void Bind(int parameter, Null);
  template <typename Value>
  void Bind(int parameter, const std::optional<Value>& value) {
    value ? Bind(parameter, *value) : Bind(parameter, Null{});
  }
  void Check(int code);

  Connection& connection_;
  const char* const sql_;
  sqlite3_stmt* handle_ = nullptr;
  absl::Status status_;
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_SQLITE_CONNECTION_H_
