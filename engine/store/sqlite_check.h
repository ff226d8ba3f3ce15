// Whether a file is whole: what can be told when it is opened.
//
// Thread-safety: as the connection's. Errors: those of Connection, and
// kInternalFailure for a file that is damaged.

#ifndef CHAINKEEP_ENGINE_STORE_SQLITE_CHECK_H_
#define CHAINKEEP_ENGINE_STORE_SQLITE_CHECK_H_

#include "absl/status/status.h"
#include "engine/store/sqlite_connection.h"

namespace chainkeep::store {

// CheckLength compares the file's length with the number of pages that its own
// header speaks of: a truncated one, such as a copy that was not finished, is
// found without reading it. Not where a process was interrupted and left its
// log, in which pages may be that the file has not yet. Constant cost.
absl::Status CheckLength(const Connection& connection);

// CheckWhole reads every page, index and row of a store.
absl::Status CheckWhole(Connection& connection);

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_SQLITE_CHECK_H_
