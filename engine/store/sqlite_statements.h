// Shared by the two sources of SqliteTransaction: how it runs a statement.

#ifndef CHAINKEEP_ENGINE_STORE_SQLITE_STATEMENTS_H_
#define CHAINKEEP_ENGINE_STORE_SQLITE_STATEMENTS_H_

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/store/sqlite_connection.h"
#include "engine/store/sqlite_transaction.h"

namespace chainkeep::store {

template <typename Tag>
inline Blob AsBlob(const Sha256Id<Tag>& id) {
  return {{reinterpret_cast<const char*>(id.bytes().data()), id.kSize}};
}

template <typename... Values>
int64_t SqliteTransaction::AskFor(const char* sql,
                                  const Values&... values) const {
  if (failed()) return 0;
  Statement statement(connection_, sql, values...);
  const int64_t answer = statement.Step() ? statement.IntegerAt(0) : 0;
  Fail(statement.status());
  return answer;
}

template <typename Read, typename... Values>
auto SqliteTransaction::ReadOne(Read read, const char* sql,
                                const Values&... values) const {
  using Row =
      typename decltype(read(std::declval<const Statement&>()))::value_type;
  std::optional<Row> found;
  if (failed()) return found;
  Statement statement(connection_, sql, values...);
  if (statement.Step()) {
    absl::StatusOr<Row> row = read(statement);
    Fail(row.status());
    if (row.ok()) found = *std::move(row);
  }
  Fail(statement.status());
  return found;
}

template <typename Read, typename... Values>
auto SqliteTransaction::ReadAll(Read read, const char* sql,
                                const Values&... values) const {
  using Row =
      typename decltype(read(std::declval<const Statement&>()))::value_type;
  std::vector<Row> rows;
  if (failed()) return rows;
  Statement statement(connection_, sql, values...);
  while (!failed() && statement.Step()) {
    absl::StatusOr<Row> row = read(statement);
    Fail(row.status());
    if (row.ok()) rows.push_back(*std::move(row));
  }
  Fail(statement.status());
  if (failed()) rows.clear();
  return rows;
}

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_SQLITE_STATEMENTS_H_
