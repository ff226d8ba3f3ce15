// How rows lie in the tables of a SQLite store, and what is believed of them.
//
// A stored row is input like any other: somebody may have edited the file.
// Whatever the columns hold, reading gives a row whose identifiers are
// well-formed, whose enumerations have a name and whose host names are
// canonical, and that bears the checksum of all that (row_checksum.h);
// or kInternalFailure that names the table, the row and the column. What is
// merely untrue is believed.
//
//   Statement find(connection, kFindCa, Blob{id}, tenant);
//   if (find.Step()) { absl::StatusOr<CaRow> row = ReadCa(find); … }
//
// Thread-safety: as the statement's.

#ifndef CHAINKEEP_ENGINE_STORE_SQLITE_ROWS_H_
#define CHAINKEEP_ENGINE_STORE_SQLITE_ROWS_H_

#include "absl/status/statusor.h"
#include "engine/store/ca_row.h"
#include "engine/store/change.h"
#include "engine/store/crl_row.h"
#include "engine/store/device_row.h"
#include "engine/store/endpoint_row.h"
#include "engine/store/registry_view.h"
#include "engine/store/sqlite_connection.h"
#include "engine/store/template_row.h"

namespace chainkeep::store {

// Each reads the row that `statement` is at, whose columns are those of the
// list of the same name in sqlite_queries.h.
absl::StatusOr<CaRow> ReadCa(const Statement& statement);
absl::StatusOr<DeviceRow> ReadDevice(const Statement& statement);
absl::StatusOr<EndpointRow> ReadEndpoint(const Statement& statement);
absl::StatusOr<TemplateRow> ReadTemplate(const Statement& statement);
absl::StatusOr<CrlRow> ReadCrls(const Statement& statement);
absl::StatusOr<RegistryView::CrlCa> ReadCrlCa(const Statement& statement);
absl::StatusOr<RegistryView::CodeRow> ReadCode(const Statement& statement);
absl::StatusOr<Change> ReadChange(const Statement& statement);
// The key of a row, which may itself be damaged: it has no checksum of its own.
absl::StatusOr<Change> ReadKey(const Statement& statement, ChangeKind kind);
// An account, and nothing else.
absl::StatusOr<Account> ReadAccount(const Statement& statement);
// A signed id, likewise.
absl::StatusOr<SignedId> ReadSignedId(const Statement& statement);
absl::StatusOr<History> ReadHistory(const Statement& statement);
// A subject seed.
absl::StatusOr<uint64_t> ReadSeed(const Statement& statement);

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_SQLITE_ROWS_H_
