// What somebody has written into the file is not believed: each of these edits
// is told by its table, row and column, and by nothing worse.

#include "engine/store/sqlite_rows.h"

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/registry/crl_rules.h"
#include "engine/store/row_checksum.h"
#include "engine/store/sqlite_connection.h"
#include "gtest/gtest.h"
#include "tests/store/store_fixture.h"

namespace chainkeep::store {
namespace {

std::unique_ptr<Connection> Connect(const std::string& path) {
  auto connection = Connection::Open({.path = path});
  EXPECT_TRUE(connection.ok()) << connection.status();
  return *std::move(connection);
}

// A file with a row in every table.
void Fill(const std::string& path) {
  const Tenant a = TenantOf("a", "r1");
  EndpointRow endpoint = EndpointOf(a, "h.example");
  endpoint.configuration = "conf";
  ASSERT_TRUE(Try(*OpenSqlite(path), [&](Transaction& t) {
                t.PutCa(RichCa(a, '1'));
                t.PutDevice(RichDevice(a, '2'));
                t.PutEndpoint(endpoint);
                t.PutTemplate(TemplateOf(a, "t"));
                t.PutCrls(CrlsOf(a, '3'));
                t.PutRegistrationCode(a, "code");
              }).ok());
}

struct Edit {
  const char* sql;
  const char* table;
  const char* column;
};

constexpr Edit kEdits[] = {
    // Identifiers
    {"UPDATE tenant SET account = ''", "ca", "account"},
    {"UPDATE tenant SET account = 'a b'", "ca", "account"},
    {"UPDATE tenant SET account = printf('%065d', 1)", "ca", "account"},
    {"UPDATE region SET name = 'r/1'", "ca", "region"},
    {"UPDATE device SET previous_owner = '.'", "device", "previous_owner"},
    {"UPDATE device SET transfer_to = '?'", "device", "transfer_to"},
    // Ids
    {"UPDATE ca SET id = x'00'", "ca", "id"},
    {"UPDATE ca SET id = zeroblob(32)", "ca", "numbers"},
    {"UPDATE device SET id = zeroblob(33)", "device", "id"},
    {"UPDATE device SET ca = zeroblob(31)", "device", "ca"},
    {"UPDATE crls SET id = x''", "crls", "id"},
    // Numbers that lead nowhere, or elsewhere
    {"DELETE FROM ca_certificate", "ca", "numbers"},
    {"DELETE FROM tenant", "ca", "account"},
    {"DELETE FROM region", "ca", "region"},
    {"UPDATE ca SET region = 2", "ca", "numbers"},
    {"UPDATE device SET region = 2", "device", "numbers"},
    {"UPDATE endpoint SET region = 2", "endpoint", "numbers"},
    {"UPDATE registration_code SET tenant = 7", "registration_code", "account"},
    {"UPDATE template SET tenant = 7", "template", "account"},
    // Enumerations and flags
    {"UPDATE ca SET mode = 2", "ca", "mode"},
    {"UPDATE ca SET mode = -1", "ca", "mode"},
    {"UPDATE ca SET mode = 256", "ca", "mode"},
    {"UPDATE ca SET status = 2", "ca", "status"},
    {"UPDATE ca SET proof = 3", "ca", "proof"},
    {"UPDATE ca SET auto_registration = 2", "ca", "auto_registration"},
    {"UPDATE device SET mode = 2", "device", "mode"},
    {"UPDATE device SET status = 5", "device", "status"},
    {"UPDATE device SET status = 9223372036854775807", "device", "status"},
    {"UPDATE endpoint SET service = 3", "endpoint", "service"},
    {"UPDATE endpoint SET status = 2", "endpoint", "status"},
    {"UPDATE endpoint SET type = 3", "endpoint", "type"},
    {"UPDATE template SET type = 2", "template", "type"},
    {"UPDATE template SET enabled = -1", "template", "enabled"},
    // Host names
    {"UPDATE endpoint SET host_name = ''", "endpoint", "host_name"},
    {"UPDATE endpoint SET host_name = 'UPPER.example'", "endpoint",
     "host_name"},
    {"UPDATE endpoint SET host_name = '-x'", "endpoint", "host_name"},
    {"UPDATE endpoint SET host_name = printf('%0300d', 1)", "endpoint",
     "host_name"},
    // Lists
    {"UPDATE ca SET tags = x'04'", "ca", "tags"},
    {"UPDATE ca SET tags = x'0401'", "ca", "tags"},
    {"UPDATE ca SET tags = x'040161'", "ca", "tags"},
    {"UPDATE ca SET tags = x'30020400'", "ca", "tags"},
    {"UPDATE device SET policies = x'0484ffffffff'", "device", "policies"},
    {"UPDATE device SET things = x'ff'", "device", "things"},
    {"UPDATE crls SET lists = x'00'", "crls", "lists"},
    // All of it or nothing
    {"UPDATE ca SET template_name = NULL", "ca", "template_body"},
    {"UPDATE ca SET role_arn = NULL", "ca", "role_arn"},
    {"UPDATE device SET transfer_to = NULL", "device", "transfer_message"},
    {"UPDATE device SET accept_date = NULL", "device", "accept_date"},
    // What is possible, and is not what was written
    {"UPDATE ca SET status = 0", "ca", "checksum"},
    {"UPDATE ca SET checksum = checksum + 1", "ca", "checksum"},
    {"UPDATE ca SET subject_hash = 1", "ca", "checksum"},
    {"UPDATE ca SET tags = x''", "ca", "checksum"},
    {"UPDATE ca_certificate SET der = x'3000fe'", "ca", "checksum"},
    {"UPDATE ca_certificate SET not_after = 5", "ca", "checksum"},
    {"UPDATE tenant SET account = 'b'", "ca", "checksum"},
    {"UPDATE region SET name = 'r2'", "ca", "checksum"},
    {"UPDATE device SET status = 1", "device", "checksum"},
    {"UPDATE device SET ca = NULL", "device", "checksum"},
    {"UPDATE device SET things = x''", "device", "checksum"},
    {"UPDATE endpoint SET status = 1", "endpoint", "checksum"},
    {"UPDATE endpoint SET host_name = 'x.example'", "endpoint", "checksum"},
    {"UPDATE template SET body = ''", "template", "checksum"},
    {"UPDATE crls SET lists = x'0400'", "crls", "checksum"},
    {"UPDATE registration_code SET code = 'mine'", "registration_code",
     "checksum"},
};

class SqliteRowsTest : public ::testing::TestWithParam<Edit> {};

INSTANTIATE_TEST_SUITE_P(All, SqliteRowsTest, ::testing::ValuesIn(kEdits),
                         [](const auto& info) {
                           return absl::StrCat(info.index, "_",
                                               info.param.table, "_",
                                               info.param.column);
                         });

TEST_P(SqliteRowsTest, AnEditedRowIsToldByTableRowAndColumn) {
  const Edit& edit = GetParam();
  TempFolder folder;
  const std::string path = folder.File("store");
  Fill(path);
  {
    const std::unique_ptr<Connection> connection = Connect(path);
    const absl::Status edited = connection->Execute(
        absl::StrCat("PRAGMA foreign_keys = OFF;"
                     "PRAGMA ignore_check_constraints = ON;",
                     edit.sql));
    ASSERT_TRUE(edited.ok()) << edited;
  }
  const std::unique_ptr<SqliteStore> store = OpenSqlite(path);
  const std::string dump = Dump(*store);
  EXPECT_TRUE(absl::StartsWith(dump, "unreadable")) << dump;
  EXPECT_TRUE(absl::StrContains(
      dump, absl::StrCat("damaged row in table ", edit.table)))
      << dump;
  EXPECT_TRUE(absl::StrContains(dump, absl::StrCat("column ", edit.column)))
      << dump;
  EXPECT_EQ(ErrorCodeOf(TryToOpen(path, StoreOptions::Check::kWhole)),
            ErrorCode::kInternalFailure);
  // A command ends so too, whatever it made of what it was told.
  const absl::Status command = store->Transact([](Transaction& t) {
    const auto ignore = [](const auto&) { return absl::OkStatus(); };
    t.ForEachCa(ignore).IgnoreError();
    t.ForEachDevice(ignore).IgnoreError();
    t.ForEachEndpoint(ignore).IgnoreError();
    t.ForEachTemplate(ignore).IgnoreError();
    t.ForEachCrls(ignore).IgnoreError();
    t.ForEachCode(ignore).IgnoreError();
    EXPECT_TRUE(t.ListCas(TenantOf("a", "r1"), "", {}).empty());
    t.PutRegistrationCode(TenantOf("a", "r1"), "lost");
    return absl::OkStatus();
  });
  EXPECT_EQ(ErrorCodeOf(command), ErrorCode::kInternalFailure) << command;
  EXPECT_EQ(Dump(*store), dump);
}

TEST(SqliteRows, TheMessageNamesTheRow) {
  TempFolder folder;
  const std::string path = folder.File("store");
  Fill(path);
  ASSERT_TRUE(Connect(path)->Execute("UPDATE ca SET mode = 7").ok());
  absl::Status status = OpenSqlite(path)->Read([](const RegistryView& view) {
    EXPECT_FALSE(view.FindCa({TenantOf("a", "r1"), IdOf('1')}).has_value());
    return absl::OkStatus();
  });
  EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kInternalFailure);
  EXPECT_EQ(status.message(),
            absl::StrCat("store ", path,
                         ": damaged row in table ca, account a, region "
                         "r1, id ",
                         IdOf('1').ToHex(), ": column mode"));
}

// Tables are STRICT, but a file need not have been written by SQLite.
TEST(SqliteRows, ValuesOfAnotherTypeAreRefused) {
  const auto connection = Connection::OpenInMemory();
  ASSERT_TRUE(connection.ok());
  const auto read = [&](const char* sql) {
    Statement statement(**connection, sql);
    EXPECT_TRUE(statement.Step());
    return ReadCode(statement).status();
  };
  EXPECT_EQ(ErrorCodeOf(read("SELECT 'a', 'r', 'code', 7")),
            ErrorCode::kInternalFailure);
  const std::string good = absl::StrCat(
      "SELECT 'a', 'r', 'code', ",
      ChecksumOf(RegistryView::CodeRow{TenantOf("a", "r"), "code"}));
  EXPECT_TRUE(read(good.c_str()).ok());
  for (const char* sql :
       {"SELECT NULL, 'r', 'code'", "SELECT 1, 'r', 'code'",
        "SELECT x'61', 'r', 'code'", "SELECT 'a', 1.5, 'code'",
        "SELECT 'a', 'r', NULL", "SELECT 'a', 'r', x'00'", "SELECT 'a', 'r', 7",
        "SELECT 'a', 'r'", "SELECT 'a'"}) {
    EXPECT_EQ(ErrorCodeOf(read(sql)), ErrorCode::kInternalFailure) << sql;
  }
}

TEST(SqliteRows, AStoreWithAnotherSeedIsRefused) {
  TempFolder folder;
  const std::string path = folder.File("store");
  for (const char* sql :
       {"UPDATE store SET subject_seed = 1", "UPDATE store SET checksum = 1",
        "DELETE FROM store"}) {
    Fill(path);
    ASSERT_TRUE(Connect(path)->Execute(sql).ok());
    EXPECT_EQ(ErrorCodeOf(TryToOpen(path, StoreOptions::Check::kQuick)),
              ErrorCode::kInternalFailure)
        << sql;
    std::filesystem::remove(path);
  }
}

// The limit that is told to tenants is one that a row has room for.
TEST(SqliteRows, TheMostThatACaMayHaveOfCrlsFitsARow) {
  const TempFolder folder;
  const auto store = OpenSqlite(folder.File("store"));
  CrlRow row = CrlsOf(TenantOf("a", "r1"), '1');
  row.ca = std::string(64 << 10, 'c');
  row.crls.assign(
      registry::kMaxCrls,
      std::string(registry::kMaxCrlBytes / registry::kMaxCrls, 'x'));
  ASSERT_TRUE(registry::CheckCrlLimits(row.crls).ok());
  ASSERT_TRUE(Try(*store, [&](Transaction& t) { t.PutCrls(row); }).ok());
  EXPECT_TRUE(Look(*store, [&](const RegistryView& view) {
                EXPECT_EQ(view.FindCrls(row.key), row);
              }).ok());
  // One byte more is refused, before any store is asked.
  row.crls.back().push_back('x');
  EXPECT_EQ(ErrorCodeOf(registry::CheckCrlLimits(row.crls)),
            ErrorCode::kInvalidRequest);
  row.crls.assign(registry::kMaxCrls + 1, "x");
  EXPECT_EQ(ErrorCodeOf(registry::CheckCrlLimits(row.crls)),
            ErrorCode::kInvalidRequest);
}

TEST(SqliteRows, ChangesAreCheckedToo) {
  TempFolder folder;
  for (const char* sql :
       {"UPDATE change SET kind = 4", "UPDATE change SET tenant = 9",
        "UPDATE change SET id = x'00' WHERE kind = 0",
        "UPDATE change SET host_name = '-' WHERE kind = 2",
        "UPDATE change SET host_name = NULL WHERE kind = 2",
        "UPDATE change SET host_name = 'x' WHERE kind = 0",
        "UPDATE change SET kind = 1 WHERE kind = 0",
        "DELETE FROM change WHERE revision = 2"}) {
    const std::string path = folder.File(absl::StrCat("store", sql));
    Fill(path);
    ASSERT_TRUE(Connect(path)
                    ->Execute(absl::StrCat("PRAGMA foreign_keys = OFF;", sql))
                    .ok());
    const auto changes = OpenSqlite(path)->ReadChanges(0, 100);
    EXPECT_EQ(ErrorCodeOf(changes.status()), ErrorCode::kInternalFailure)
        << sql;
  }
}

}  // namespace
}  // namespace chainkeep::store
