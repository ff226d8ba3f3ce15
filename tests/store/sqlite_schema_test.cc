// The tables of a SQLite store: what is asked of them by index, what becomes of
// older ones, and what is not taken for a store.

#include "engine/store/sqlite_schema.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/store/row_checksum.h"
#include "engine/store/sqlite_connection.h"
#include "engine/store/sqlite_queries.h"
#include "gtest/gtest.h"
#include "tests/store/store_fixture.h"

namespace chainkeep::store {
namespace {

using Options = Connection::Options;

std::unique_ptr<Connection> Connect(const std::string& path) {
  auto connection = Connection::Open({.path = path,
                                      .if_missing = Options::IfMissing::kCreate,
                                      .busy_timeout_millis = 1000});
  EXPECT_TRUE(connection.ok()) << connection.status();
  return *std::move(connection);
}

// Runs `sql` on the file at `path`, which nobody has open.
void Edit(const std::string& path, const std::string& sql) {
  const absl::Status status = Connect(path)->Execute(sql);
  ASSERT_TRUE(status.ok()) << status;
}

absl::Status Open(const std::string& path) {
  return TryToOpen(path, StoreOptions::Check::kQuick);
}

// How SQLite would run `sql`.
std::vector<std::string> PlanOf(Connection& connection, const char* sql) {
  const std::string explain = absl::StrCat("EXPLAIN QUERY PLAN ", sql);
  std::vector<std::string> plan;
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(connection.handle(), explain.c_str(), -1,
                               &statement, nullptr),
            SQLITE_OK)
      << sqlite3_errmsg(connection.handle()) << " in " << sql;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    plan.emplace_back(
        reinterpret_cast<const char*>(sqlite3_column_text(statement, 3)));
  }
  sqlite3_finalize(statement);
  return plan;
}

bool Scans(const std::string& step) {
  return absl::StartsWith(step, "SCAN ") && step != "SCAN CONSTANT ROW";
}

class SqliteSchemaTest : public ::testing::Test {
 protected:
  TempFolder folder_;
  const std::string path_ = folder_.File("store");
};

TEST_F(SqliteSchemaTest, NoLookupScansATable) {
  OpenSqlite(path_);
  const std::unique_ptr<Connection> connection = Connect(path_);
  for (const char* sql : kLookups) {
    for (const std::string& step : PlanOf(*connection, sql)) {
      EXPECT_FALSE(Scans(step)) << step << " in " << sql;
    }
  }
  // The test can fail: what walks everything is told apart.
  for (const char* sql : kWalks) {
    bool scans = false;
    for (const std::string& step : PlanOf(*connection, sql)) {
      scans = scans || Scans(step);
    }
    EXPECT_TRUE(scans) << sql;
  }
}

TEST_F(SqliteSchemaTest, PagesAreReadInTheOrderOfAnIndex) {
  OpenSqlite(path_);
  const std::unique_ptr<Connection> connection = Connect(path_);
  for (const char* sql : {static_cast<const char*>(kListCas),
                          static_cast<const char*>(kListCasDown),
                          static_cast<const char*>(kListCasOfTemplate),
                          static_cast<const char*>(kListCasOfTemplateDown),
                          static_cast<const char*>(kListDevices),
                          static_cast<const char*>(kListDevicesDown),
                          static_cast<const char*>(kListDevicesOfCa),
                          static_cast<const char*>(kListDevicesOfCaDown),
                          static_cast<const char*>(kListConfigurations),
                          static_cast<const char*>(kListChanges),
                          static_cast<const char*>(kEachCa)}) {
    for (const std::string& step : PlanOf(*connection, sql)) {
      EXPECT_FALSE(absl::StrContains(step, "TEMP B-TREE")) << sql;
    }
  }
}

// Makes a file as the library of version 1 did, which had no devices.
void MakeVersion1(const std::string& path) {
  const std::unique_ptr<Connection> connection = Connect(path);
  ASSERT_TRUE(CreateSchema(*connection, 1).ok());
  ASSERT_TRUE(
      connection
          ->Execute(absl::StrCat(
              "INSERT INTO region VALUES(1, 'r1');"
              "INSERT INTO tenant VALUES(1, 1, 'a');"
              "INSERT INTO registration_code VALUES(1, 'code', ",
              ChecksumOf(RegistryView::CodeRow{TenantOf("a", "r1"), "code"}),
              ")"))
          .ok());
}

TEST_F(SqliteSchemaTest, AnOlderFileIsMigratedAndKeepsWhatItHad) {
  MakeVersion1(path_);
  const std::unique_ptr<SqliteStore> store =
      OpenSqlite(path_, StoreOptions::Check::kWhole);
  const Tenant a = TenantOf("a", "r1");
  EXPECT_TRUE(Look(*store, [&](const RegistryView& view) {
                EXPECT_EQ(view.FindRegistrationCode(a), "code");
                EXPECT_FALSE(view.FindDevice({a, IdOf('1')}).has_value());
              }).ok());
  EXPECT_TRUE(Try(*store, [&](Transaction& t) {
                t.PutDevice(DeviceOf(a, '1', Mode::kDefault));
                t.PutTemplate(TemplateOf(a, "t"));
              }).ok());
  EXPECT_EQ(*Connect(path_)->Ask("PRAGMA user_version"), SchemaVersion());
}

// Version 2 could not be asked about a whole region. What its rows say is found
// by the new questions as well.
TEST_F(SqliteSchemaTest, RowsOfVersion2AreFoundByWhatCameLater) {
  const Tenant a = TenantOf("a", "r1");
  DeviceRow moved = DeviceOf(TenantOf("b", "r1"), '1', Mode::kSniOnly);
  moved.previous_owner = a.account;
  {
    const std::unique_ptr<SqliteStore> store = OpenSqlite(path_);
    ASSERT_TRUE(Try(*store, [&](Transaction& t) {
                  t.PutCa(CaOf(a, '1', Mode::kDefault));
                  t.PutCa(CaOf(a, '2', Mode::kSniOnly));
                  t.PutDevice(moved);
                }).ok());
  }
  Edit(path_,
       "DROP INDEX ca_subject; DROP INDEX device_moved; DROP TABLE history;"
       "CREATE INDEX ca_subject ON ca(tenant, subject_hash);"
       "PRAGMA user_version = 2");
  const std::unique_ptr<SqliteStore> store =
      OpenSqlite(path_, StoreOptions::Check::kWhole);
  EXPECT_TRUE(Look(*store, [&](const RegistryView& view) {
                EXPECT_TRUE(view.HasMovedFrom(a, IdOf('1')));
                EXPECT_EQ(view.FindCasBySubject(a, 7).size(), 2u);
                std::vector<CertificateId> found;
                view.VisitCasBySubject(a.region, Mode::kDefault, 7,
                                       [&](const CaRow& row) {
                                         found.push_back(row.key.id);
                                         return RegistryView::Seen::kTooLittle;
                                       });
                EXPECT_EQ(found, std::vector<CertificateId>{IdOf('1')});
              }).ok());
  EXPECT_EQ(*Connect(path_)->Ask("PRAGMA user_version"), SchemaVersion());
}

TEST_F(SqliteSchemaTest, AMigrationThatFailsChangesNothing) {
  MakeVersion1(path_);
  // A table that is in the way of the second step.
  Edit(path_, "CREATE TABLE template(x)");
  EXPECT_EQ(ErrorCodeOf(Open(path_)), ErrorCode::kInternalFailure);
  EXPECT_EQ(*Connect(path_)->Ask("PRAGMA user_version"), 1);
  EXPECT_EQ(*Connect(path_)->Ask(
                "SELECT count(*) FROM sqlite_schema WHERE name = 'device'"),
            0);
  Edit(path_, "DROP TABLE template");
  EXPECT_TRUE(Open(path_).ok());
}

struct Foreign {
  const char* name;
  const char* sql;
  const char* wanted;  // in the text of the error
};

TEST_F(SqliteSchemaTest, WhatIsNoStoreOfThisVersionIsRefused) {
  const std::string future =
      absl::StrCat("PRAGMA user_version = ", SchemaVersion() + 1);
  const Foreign kCases[] = {
      {"future", future.c_str(), "newer version"},
      {"far future", "PRAGMA user_version = 2147483647", "newer version"},
      {"no version", "PRAGMA user_version = 0", "no schema version"},
      {"negative", "PRAGMA user_version = -1", "no schema version"},
      {"application", "PRAGMA application_id = 1", "not a store"},
      {"no application", "PRAGMA application_id = 0", "not a store"},
      {"table", "CREATE TABLE x(y)", "tables are not"},
      {"trigger",
       "CREATE TRIGGER x AFTER INSERT ON ca BEGIN DELETE FROM change; END",
       "tables are not"},
      {"view", "CREATE VIEW x AS SELECT 1", "tables are not"},
      {"index", "DROP INDEX ca_default", "tables are not"},
      {"column", "ALTER TABLE device ADD COLUMN x TEXT", "tables are not"},
  };
  int files = 0;
  for (const Foreign& foreign : kCases) {
    SCOPED_TRACE(foreign.name);
    const std::string path = folder_.File(absl::StrCat("foreign", ++files));
    OpenSqlite(path);
    Edit(path, foreign.sql);
    const absl::Status status = Open(path);
    EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kInternalFailure);
    EXPECT_TRUE(absl::StrContains(status.message(), foreign.wanted)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), path)) << status;
  }
}

TEST_F(SqliteSchemaTest, SomebodyElsesDatabaseIsLeftAsItIs) {
  Edit(path_, "CREATE TABLE theirs(x); INSERT INTO theirs VALUES(1)");
  const absl::Status status = Open(path_);
  EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kInternalFailure);
  EXPECT_TRUE(absl::StrContains(status.message(), "not a store")) << status;
  const std::unique_ptr<Connection> connection = Connect(path_);
  EXPECT_EQ(*connection->Ask("SELECT count(*) FROM sqlite_schema"), 1);
  EXPECT_EQ(*connection->Ask("SELECT count(*) FROM pragma_journal_mode"
                             " WHERE journal_mode = 'delete'"),
            1);
}

TEST_F(SqliteSchemaTest, AnEmptyFileBecomesAStore) {
  ASSERT_TRUE(Connect(path_)->Execute("PRAGMA journal_mode = WAL").ok());
  EXPECT_TRUE(Open(path_).ok());
  EXPECT_EQ(*Connect(path_)->Ask("PRAGMA user_version"), SchemaVersion());
}

TEST_F(SqliteSchemaTest, EachStoreHasASeedOfItsOwnForGood) {
  const auto seed = [](const std::string& path) {
    uint64_t found = 0;
    EXPECT_TRUE(Look(*OpenSqlite(path), [&](const RegistryView& view) {
                  found = view.subject_seed();
                }).ok());
    return found;
  };
  const uint64_t first = seed(path_);
  EXPECT_EQ(seed(path_), first);
  EXPECT_NE(seed(folder_.File("other")), first);
}

}  // namespace
}  // namespace chainkeep::store
