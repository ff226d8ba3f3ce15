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
// found without reading it. Pages that are in the log only are not missed. A
// connection that has not been used yet; constant cost, but where there is a
// log of an interrupted process and the file is short of pages: that log's
// length.
absl::Status CheckLength(const Connection& connection);

// CheckWhole reads every page, index and row. It finds what does not fit
// together: not a number that was changed into another that is possible.
absl::Status CheckWhole(Connection& connection);

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_SQLITE_CHECK_H_
