#include "engine/store/sqlite_schema.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/store/change_signal.h"
#include "engine/store/row_checksum.h"
#include "openssl/rand.h"

namespace chainkeep::store {
namespace {

// "ckep", big-endian, as in the file.
constexpr int64_t kApplicationId = 0x636b6570;

// Every row of something that is stored bears a checksum (row_checksum.h).
// Columns in the order in which queries want them; `place` indexes are the
// order of lists (Page). Enumerations are numbered as in the C++ headers, so
// mode 0 is DEFAULT, and status 3 of a device PENDING_TRANSFER.
constexpr char kCasAndEndpoints[] = R"sql(
CREATE TABLE store(
  store INTEGER PRIMARY KEY CHECK(store = 1),
  subject_seed INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

CREATE TABLE region(
  region INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE tenant(
  tenant INTEGER PRIMARY KEY,
  region INTEGER NOT NULL REFERENCES region,
  account TEXT NOT NULL,
  UNIQUE(region, account)
) STRICT;

CREATE TABLE ca_certificate(
  certificate INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE CHECK(length(id) = 32),
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
  subject BLOB NOT NULL,
  der BLOB NOT NULL
) STRICT;

CREATE TABLE ca(
  certificate INTEGER NOT NULL REFERENCES ca_certificate,
  tenant INTEGER NOT NULL REFERENCES tenant,
  region INTEGER NOT NULL REFERENCES region,
  id BLOB NOT NULL CHECK(length(id) = 32),
  mode INTEGER NOT NULL,
  status INTEGER NOT NULL,
  proof INTEGER NOT NULL,
  auto_registration INTEGER NOT NULL,
  subject_hash INTEGER NOT NULL,
  creation_date INTEGER NOT NULL,
  last_modified_date INTEGER NOT NULL,
  customer_version INTEGER NOT NULL,
  generation_id TEXT NOT NULL,
  template_name TEXT,
  template_body TEXT,
  role_arn TEXT,
  tags BLOB NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY(certificate, tenant)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX ca_default ON ca(certificate, region) WHERE mode = 0;
CREATE INDEX ca_place ON ca(tenant, creation_date, id);
CREATE INDEX ca_subject ON ca(tenant, subject_hash);
CREATE INDEX ca_template ON ca(tenant, template_name, creation_date, id)
  WHERE template_name IS NOT NULL;

CREATE TABLE registration_code(
  tenant INTEGER PRIMARY KEY REFERENCES tenant,
  code TEXT NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

CREATE TABLE endpoint(
  region INTEGER NOT NULL REFERENCES region,
  host_name TEXT NOT NULL,
  parent TEXT NOT NULL,
  tenant INTEGER NOT NULL REFERENCES tenant,
  service INTEGER NOT NULL,
  status INTEGER NOT NULL,
  configuration TEXT,
  type INTEGER NOT NULL,
  creation_date INTEGER NOT NULL,
  last_status_change_date INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY(region, host_name)
) STRICT, WITHOUT ROWID;
CREATE INDEX endpoint_below ON endpoint(region, parent, tenant);
CREATE UNIQUE INDEX endpoint_configuration ON endpoint(tenant, configuration)
  WHERE configuration IS NOT NULL;

CREATE TABLE crls(
  tenant INTEGER NOT NULL REFERENCES tenant,
  id BLOB NOT NULL CHECK(length(id) = 32),
  ca BLOB NOT NULL,
  given_with BLOB NOT NULL,
  lists BLOB NOT NULL,
  checksum INTEGER NOT NULL,
  UNIQUE(tenant, id)
) STRICT;

CREATE TABLE change(
  revision INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  tenant INTEGER NOT NULL REFERENCES tenant,
  id BLOB,
  host_name TEXT,
  checksum INTEGER NOT NULL
) STRICT;
)sql";

constexpr char kDevicesAndTemplates[] = R"sql(
CREATE TABLE device(
  device INTEGER PRIMARY KEY,
  id BLOB NOT NULL CHECK(length(id) = 32),
  signed_id BLOB NOT NULL CHECK(length(signed_id) = 32),
  tenant INTEGER NOT NULL REFERENCES tenant,
  region INTEGER NOT NULL REFERENCES region,
  mode INTEGER NOT NULL,
  status INTEGER NOT NULL,
  ca BLOB CHECK(length(ca) = 32),
  issuer BLOB NOT NULL CHECK(length(issuer) = 32),
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
  creation_date INTEGER NOT NULL,
  last_modified_date INTEGER NOT NULL,
  customer_version INTEGER NOT NULL,
  generation_id TEXT NOT NULL,
  previous_owner TEXT NOT NULL,
  transfer_to TEXT,
  transfer_message TEXT,
  reject_reason TEXT,
  transfer_date INTEGER,
  accept_date INTEGER,
  reject_date INTEGER,
  policies BLOB NOT NULL,
  things BLOB NOT NULL,
  checksum INTEGER NOT NULL,
  der BLOB NOT NULL,
  UNIQUE(id, tenant),
  UNIQUE(signed_id, tenant)
) STRICT;
CREATE UNIQUE INDEX device_default ON device(signed_id, region, issuer)
  WHERE mode = 0;
CREATE INDEX device_place ON device(tenant, creation_date, id);
CREATE INDEX device_ca ON device(tenant, ca, creation_date, id)
  WHERE ca IS NOT NULL;
CREATE INDEX device_transfer ON device(region, transfer_to, id)
  WHERE status = 3;

CREATE TABLE template(
  tenant INTEGER NOT NULL REFERENCES tenant,
  name TEXT NOT NULL,
  type INTEGER NOT NULL,
  enabled INTEGER NOT NULL,
  description TEXT NOT NULL,
  body TEXT NOT NULL,
  role_arn TEXT NOT NULL,
  creation_date INTEGER NOT NULL,
  last_modified_date INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  UNIQUE(tenant, name)
) STRICT;
)sql";

// For looks into a whole region: who has a CA of a subject there, and whose a
// certificate was before.
constexpr char kLooksIntoARegion[] = R"sql(
DROP INDEX ca_subject;
CREATE INDEX ca_subject ON ca(region, subject_hash, mode, tenant);
CREATE INDEX device_moved ON device(region, previous_owner, id)
  WHERE previous_owner <> '';
)sql";

// Which history the changes belong to, and who committed each (change.h). Notes
// without a stamp are not kept: whoever knows them compares everything.
constexpr char kHistories[] = R"sql(
CREATE TABLE history(
  history INTEGER PRIMARY KEY CHECK(history = 1),
  store INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;
DROP TABLE change;
CREATE TABLE change(
  revision INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  tenant INTEGER NOT NULL REFERENCES tenant,
  id BLOB,
  host_name TEXT,
  checksum INTEGER NOT NULL,
  stamp INTEGER NOT NULL
) STRICT;
)sql";

constexpr int64_t kFirstWithHistory = 4;
constexpr std::array kSteps = {kCasAndEndpoints, kDevicesAndTemplates,
                               kLooksIntoARegion, kHistories};

// The whole schema as one text. Tables that SQLite keeps for itself have no
// SQL, and are there if and only if others ask for them.
constexpr char kSchemaText[] =
    "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name";

absl::StatusOr<std::string> SchemaText(Connection& connection) {
  Statement rows(connection, kSchemaText);
  std::string text;
  while (rows.Step()) {
    for (int column = 0; column < 4; ++column) {
      absl::StrAppend(&text, rows.BytesAt(column), "\n");
    }
  }
  if (!rows.status().ok()) return rows.status();
  return text;
}

uint64_t RandomNumber() {
  uint64_t number = 0;
  RAND_bytes(reinterpret_cast<uint8_t*>(&number), sizeof(number));
  return number;
}

// A migration begins an epoch. Within a transaction.
absl::Status BeginEpoch(Connection& connection, int64_t from) {
  History history = {RandomNumber(), RandomNumber()};
  if (from >= kFirstWithHistory) {
    const absl::StatusOr<int64_t> store =
        connection.Ask("SELECT store FROM history");
    if (!store.ok()) return store.status();
    history.store = static_cast<uint64_t>(*store);
  }
  return connection.Execute(absl::StrCat(
      "REPLACE INTO history VALUES(1, ", static_cast<int64_t>(history.store),
      ", ", static_cast<int64_t>(history.epoch), ", ", ChecksumOf(history),
      ");"));
}

// Takes the steps from `from` to `to`. Within a transaction.
absl::Status TakeSteps(Connection& connection, int64_t from, int64_t to) {
  for (int64_t step = from; step < to; ++step) {
    absl::Status status = connection.Execute(kSteps[static_cast<size_t>(step)]);
    if (!status.ok()) return status;
  }
  if (from == 0) {
    const uint64_t seed = RandomNumber();
    absl::Status status = connection.Execute(absl::StrCat(
        "PRAGMA application_id = ", kApplicationId,
        ";INSERT INTO store VALUES(1, ", static_cast<int64_t>(seed), ", ",
        ChecksumOfSeed(seed), ");"));
    if (!status.ok()) return status;
  }
  if (to >= kFirstWithHistory) {
    absl::Status status = BeginEpoch(connection, from);
    if (!status.ok()) return status;
  }
  return connection.Execute(absl::StrCat("PRAGMA user_version = ", to, ";"));
}

absl::Status IsEmpty(const Connection& connection) {
  return MakeError(
      ErrorCode::kInvalidRequest,
      absl::StrCat("store ", connection.path(), ": the file is empty"));
}

// What the header says that the file is.
struct Identity {
  int64_t application = 0;
  int64_t version = 0;
  int64_t tables = 0;

  bool is_empty() const {
    return application == 0 && version == 0 && tables == 0;
  }
};

absl::StatusOr<Identity> ReadIdentity(Connection& connection) {
  Identity identity;
  for (const auto& [sql, value] :
       {std::pair<const char*, int64_t*>{"PRAGMA application_id",
                                         &identity.application},
        {"PRAGMA user_version", &identity.version},
        {"SELECT count(*) FROM sqlite_schema", &identity.tables}}) {
    absl::StatusOr<int64_t> answer = connection.Ask(sql);
    if (!answer.ok()) return answer.status();
    *value = *answer;
  }
  return identity;
}

// Of one state of the file: another process may be making it between two of the
// questions, and it would seem to be a database of something else.
absl::StatusOr<Identity> ReadIdentityAtOnce(Connection& connection) {
  absl::Status status = connection.Execute("BEGIN");
  if (!status.ok()) return status;
  absl::StatusOr<Identity> identity = ReadIdentity(connection);
  connection.Execute("ROLLBACK").IgnoreError();
  return identity;
}

// Whether the steps that are missing may be taken.
absl::Status CheckIdentity(const Connection& connection,
                           const Identity& identity) {
  if (identity.is_empty()) return absl::OkStatus();
  if (identity.application != kApplicationId) {
    return connection.Damaged(
        "it is a SQLite database, but not a store of this library");
  }
  if (identity.version > SchemaVersion()) {
    return connection.Damaged(absl::StrCat(
        "it has schema version ", identity.version,
        ", made by a newer version of this library, which knows versions up "
        "to ",
        SchemaVersion()));
  }
  if (identity.version < 1) {
    return connection.Damaged("it has no schema version");
  }
  return absl::OkStatus();
}

// Looks again now that nobody else can change the file, and takes the steps.
absl::Status MigrateAlone(Connection& connection) {
  absl::StatusOr<Identity> identity = ReadIdentity(connection);
  if (!identity.ok()) return identity.status();
  absl::Status fit = CheckIdentity(connection, *identity);
  if (!fit.ok()) return fit;
  return TakeSteps(connection, identity->version, SchemaVersion());
}

absl::Status CreateNewest(Connection& connection) {
  return TakeSteps(connection, 0, SchemaVersion());
}

absl::Status InTransaction(Connection& connection,
                           absl::Status (*work)(Connection&)) {
  absl::Status status = connection.Execute("BEGIN IMMEDIATE");
  if (!status.ok()) return status;
  status = work(connection);
  if (status.ok()) status = connection.Execute("COMMIT");
  if (!status.ok()) connection.Execute("ROLLBACK").IgnoreError();
  return status;
}

// SQLite does not wait for others where the journal is changed.
absl::Status WriteAhead(Connection& connection, int64_t patience_millis) {
  const auto deadline = ChangeSignal::DeadlineAfter(patience_millis);
  while (true) {
    absl::Status status = connection.Execute("PRAGMA journal_mode = WAL");
    if (ErrorCodeOf(status) != ErrorCode::kServiceUnavailable ||
        std::chrono::steady_clock::now() >= deadline) {
      return status;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

absl::StatusOr<std::string> MakeExpectedSchema() {
  absl::StatusOr<std::unique_ptr<Connection>> scratch =
      Connection::OpenInMemory();
  if (!scratch.ok()) return scratch.status();
  absl::Status made = InTransaction(**scratch, &CreateNewest);
  if (!made.ok()) return made;
  return SchemaText(**scratch);
}

absl::Status CompareSchema(Connection& connection) {
  const absl::StatusOr<std::string> expected = MakeExpectedSchema();
  if (!expected.ok()) return expected.status();
  const absl::StatusOr<std::string> found = SchemaText(connection);
  if (!found.ok()) return found.status();
  if (*found == *expected) return absl::OkStatus();
  return connection.Damaged("its tables are not those of a store");
}

}  // namespace

int64_t SchemaVersion() { return kSteps.size(); }

absl::Status PrepareSchema(Connection& connection, IfEmpty if_empty,
                           int64_t patience_millis) {
  const absl::StatusOr<Identity> identity = ReadIdentityAtOnce(connection);
  if (!identity.ok()) return identity.status();
  if (identity->is_empty() && if_empty == IfEmpty::kRefuse) {
    return IsEmpty(connection);
  }
  absl::Status status = CheckIdentity(connection, *identity);
  if (status.ok()) status = WriteAhead(connection, patience_millis);
  if (status.ok() && identity->version < SchemaVersion()) {
    status = InTransaction(connection, &MigrateAlone);
  }
  if (!status.ok()) return status;
  return CompareSchema(connection);
}

absl::Status CheckSchema(Connection& connection) {
  const absl::StatusOr<Identity> identity = ReadIdentityAtOnce(connection);
  if (!identity.ok()) return identity.status();
  if (identity->is_empty()) return IsEmpty(connection);
  absl::Status status = CheckIdentity(connection, *identity);
  if (!status.ok()) return status;
  if (identity->version < SchemaVersion()) {
    return connection.Damaged(
        "it comes from an older version of this library, and has to be opened "
        "by one who may write it");
  }
  return CompareSchema(connection);
}

absl::Status CreateSchema(Connection& connection, int64_t version) {
  return TakeSteps(connection, 0, version);
}

}  // namespace chainkeep::store
