#include "engine/store/sqlite_check.h"

#include <sys/stat.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/store/sqlite_queries.h"
#include "engine/store/sqlite_rows.h"

namespace chainkeep::store {
namespace {

// The header of a database file, sqlite.org/fileformat.html §1.3.
constexpr int kHeaderSize = 100;
constexpr size_t kPageSizeAt = 16;
constexpr size_t kChangeCounterAt = 24;
constexpr size_t kPageCountAt = 28;
constexpr size_t kVersionValidForAt = 92;

using Header = std::array<uint8_t, kHeaderSize>;

uint32_t BigEndian(const Header& header, size_t at, size_t size) {
  uint32_t value = 0;
  for (size_t i = 0; i < size; ++i) value = value << 8 | header[at + i];
  return value;
}

// Reads all rows of `sql`, and believes none.
template <typename Read>
absl::Status CheckRows(Connection& connection, const char* sql, Read read) {
  Statement rows(connection, sql);
  while (rows.Step()) {
    if (const auto row = read(rows); !row.ok()) return row.status();
  }
  return rows.status();
}

bool HasLog(const Connection& connection) {
  struct stat log = {};
  return stat(connection.LogName().c_str(), &log) == 0 && log.st_size > 0;
}

}  // namespace

absl::Status CheckLength(const Connection& connection) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_FILE_POINTER,
                       &file);
  if (file == nullptr || file->pMethods == nullptr) return absl::OkStatus();
  sqlite3_int64 length = 0;
  int code = file->pMethods->xFileSize(file, &length);
  if (code != SQLITE_OK) return connection.Error(code);
  // An empty one is to become a store; what is no database SQLite finds out.
  if (length == 0) return absl::OkStatus();
  if (length < kHeaderSize) return connection.Damaged("truncated header");
  Header header;
  code = file->pMethods->xRead(file, header.data(), kHeaderSize, 0);
  if (code != SQLITE_OK) return connection.Error(code);
  // Old versions of SQLite did not keep the count of pages.
  if (BigEndian(header, kChangeCounterAt, 4) !=
      BigEndian(header, kVersionValidForAt, 4)) {
    return absl::OkStatus();
  }
  uint64_t page_size = BigEndian(header, kPageSizeAt, 2);
  if (page_size == 1) page_size = 65536;
  const uint64_t wanted = page_size * BigEndian(header, kPageCountAt, 4);
  if (static_cast<uint64_t>(length) >= wanted || HasLog(connection)) {
    return absl::OkStatus();
  }
  return connection.Damaged(
      absl::StrCat("truncated: it has ", length, " bytes of ", wanted));
}

absl::Status CheckWhole(Connection& connection) {
  static constexpr char kCheck[] = "PRAGMA integrity_check(1)";
  Statement check(connection, kCheck);
  if (check.Step() && check.BytesAt(0) != "ok") {
    return connection.Damaged(absl::StrCat("damaged: ", check.BytesAt(0)));
  }
  absl::Status status = check.status();
  status.Update(CheckRows(connection, kEachCa, ReadCa));
  status.Update(CheckRows(connection, kEachDevice, ReadDevice));
  status.Update(CheckRows(connection, kEachCode, ReadCode));
  status.Update(CheckRows(connection, kEachEndpoint, ReadEndpoint));
  status.Update(CheckRows(connection, kEachTemplate, ReadTemplate));
  status.Update(CheckRows(connection, kEachCrls, ReadCrls));
  status.Update(CheckRows(connection, kEachChange, ReadChange));
  return status;
}

}  // namespace chainkeep::store
