// The tables of a SQLite store, and how older ones become them.
//
// A schema is the outcome of its steps: version n is what the first n of them
// make. A new file takes all, an older one those that it lacks, each within one
// transaction. Steps are never changed once they are released.
//
// The file says what it is in its header (application_id, user_version). What
// its tables are is compared with what the steps would have made, text by text,
// so that no trigger, view or constraint of somebody else's is ever run.
//
// WHAT IS STORED. Tenants and regions are numbers, and so is a CA certificate,
// which is kept once for all who have registered it: ten thousand accounts with
// one CA cost ten thousand short rows. Constraints 1 and 2 of registry_store.h
// are unique indexes.

#ifndef CHAINKEEP_ENGINE_STORE_SQLITE_SCHEMA_H_
#define CHAINKEEP_ENGINE_STORE_SQLITE_SCHEMA_H_

#include <cstdint>

#include "absl/status/status.h"
#include "engine/store/sqlite_connection.h"

namespace chainkeep::store {

// The version that this library makes and reads.
int64_t SchemaVersion();

enum class IfEmpty : uint8_t { kCreate, kRefuse };

// Brings an open database to SchemaVersion(): makes the tables in an empty one,
// migrates an older one, and compares the schema of the result. Also has it
// write ahead to a log, so that readers and the writer do not wait for each
// other. Several processes may do so at once; one waits for another up to
// `patience_millis`. Errors: those of Connection; kInvalidRequest for an empty
// one that is refused; kInternalFailure for a database that is something else,
// or comes from a newer version.
absl::Status PrepareSchema(Connection& connection, IfEmpty if_empty,
                           int64_t patience_millis);

// Says whether it is a store of SchemaVersion(), and changes nothing. Errors:
// as PrepareSchema.
absl::Status CheckSchema(Connection& connection);

// Makes the tables of a version, 1 to SchemaVersion(), in an empty database;
// those of an older one are what tests migrate.
absl::Status CreateSchema(Connection& connection, int64_t version);

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_SQLITE_SCHEMA_H_
