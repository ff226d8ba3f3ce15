// A file of which rows are damaged while it is followed: what can be read is
// followed, what cannot is told and stays as it was shown.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/store/sqlite_connection.h"
#include "tests/projection/projection_fixture.h"
#include "tests/store/store_fixture.h"

namespace chainkeep::test {
namespace {

using Lines = std::vector<std::string>;
using store::Connection;
using store::DeviceRow;
using store::SqliteStore;
using store::Transaction;

// Keeps what is skipped.
class SkippedLog final : public EventObserver {
 public:
  void OnRecordSkipped(const SkippedRecord& record) override {
    EXPECT_EQ(ErrorCodeOf(record.status), ErrorCode::kInternalFailure);
    records.push_back(record);
  }
  void OnDeviceDeactivated(const DeviceEvent& event) override {
    deactivated.push_back(event.device);
  }

  std::vector<SkippedRecord> Take() { return std::exchange(records, {}); }

  std::vector<SkippedRecord> records;
  std::vector<CertificateId> deactivated;
};

class DamagedStoreTest : public ProjectionFixture {
 protected:
  DamagedStoreTest() {
    Commit([&](Transaction& t) {
      t.PutCa(Ca(a_, ca_));
      for (int i = 0; i < kDevices; ++i) t.PutDevice(Number(i));
      t.PutEndpoint(Name(a_, "h.example"));
      return absl::OkStatus();
    });
    EXPECT_TRUE(followed_.Load({}).ok());
    EXPECT_TRUE(log_.Take().empty());
  }

  void Commit(const store::RegistryStore::Command& command) {
    const absl::Status status = file_->Transact(command);
    ASSERT_TRUE(status.ok()) << status;
  }
  void Put(const DeviceRow& row) {
    Commit([&](Transaction& t) {
      t.PutDevice(row);
      return absl::OkStatus();
    });
  }
  void CatchUp() {
    const absl::Status status = followed_.CatchUp();
    ASSERT_TRUE(status.ok()) << status;
  }

  // The notes of some changes are gone: all is compared, and the sixth device
  // shown as it is.
  void CatchUpByComparing() {
    Put(Number(6, DeviceStatus::kInactive));
    Put(Number(6, DeviceStatus::kRevoked));
    Damage(
        "DELETE FROM change WHERE revision <"
        " (SELECT max(revision) FROM change)");
    CatchUp();
    EXPECT_EQ(Shown(6), DeviceStatus::kRevoked);
  }

  // As an editor of the file, or a disk, would.
  void Damage(const std::string& sql) {
    auto editor = Connection::Open(
        {.path = path_, .busy_timeout_millis = 5000, .vfs = nullptr});
    ASSERT_TRUE(editor.ok()) << editor.status();
    const absl::Status status = (*editor)->Execute(sql);
    ASSERT_TRUE(status.ok()) << status;
  }

  // The `i`th device, of which only the id is a certificate's.
  DeviceRow Number(int i, DeviceStatus status = DeviceStatus::kActive) const {
    DeviceRow row = Device(a_, device_, status, Mode::kSniOnly);
    CertificateId::Array id = {};
    id[0] = static_cast<uint8_t>(i);
    row.key.id = CertificateId(id);
    row.signed_id = SignedId(id);
    return row;
  }
  std::optional<DeviceStatus> Shown(int i) const {
    const auto shown = catalog_.FindDevice(a_, region_, Number(i).signed_id);
    if (!shown) return std::nullopt;
    return shown->status;
  }
  static std::string Blob(int i) {
    return absl::StrCat("x'", absl::Hex(i, absl::kZeroPad2),
                        std::string(62, '0'), "'");
  }

  static constexpr int kDevices = 8;
  store::TempFolder folder_;
  const std::string path_ = folder_.File("store");
  const std::unique_ptr<SqliteStore> file_ = store::OpenSqlite(path_);
  SkippedLog log_;
  projection::Projection followed_{{.store = file_.get(),
                                    .catalog = &catalog_,
                                    .observer = &log_,
                                    .algorithms = {},
                                    .records_at_once = 3}};
};

// Each row: what is done to the notes of changes.
TEST_F(DamagedStoreTest, ADamagedNoteOfAChangeStopsNobody) {
  const char* const kDamages[] = {
      "UPDATE change SET checksum = checksum + 1"
      " WHERE revision = (SELECT max(revision) FROM change)",
      "UPDATE change SET kind = 77"
      " WHERE revision = (SELECT max(revision) FROM change)",
      "UPDATE change SET id = x'00'"
      " WHERE revision = (SELECT max(revision) FROM change)",
      // A gap in the middle.
      "DELETE FROM change"
      " WHERE revision = (SELECT max(revision) FROM change) - 1",
      "UPDATE change SET checksum = 0",
  };
  DeviceStatus status = DeviceStatus::kActive;
  for (const char* const damage : kDamages) {
    SCOPED_TRACE(damage);
    status = status == DeviceStatus::kActive ? DeviceStatus::kRevoked
                                             : DeviceStatus::kActive;
    Put(Number(1, status));
    Put(Number(2, status));
    Put(Number(3, status));
    Damage(damage);
    log_.deactivated.clear();
    CatchUp();
    EXPECT_EQ(Shown(1), status);
    EXPECT_EQ(Shown(2), status);
    EXPECT_EQ(Shown(3), status);
    EXPECT_EQ(Shown(4), DeviceStatus::kActive);
    const std::vector<SkippedRecord> told = log_.Take();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].kind, SkippedRecord::Kind::kChange);
    EXPECT_TRUE(absl::StrContains(told[0].status.message(), "table change"))
        << told[0].status;
    EXPECT_TRUE(absl::StrContains(told[0].status.message(), path_));
    // It is not known which of them was INACTIVE for a moment (R58).
    EXPECT_GE(log_.deactivated.size(), 4u);
    // From here on changes are followed again, and damage is no news.
    log_.deactivated.clear();
    Put(Number(5, status));
    CatchUp();
    EXPECT_EQ(Shown(5), status);
    EXPECT_LE(log_.deactivated.size(), 1u);
    EXPECT_TRUE(log_.Take().empty());
    CatchUp();
    EXPECT_TRUE(log_.Take().empty());
  }
}

// Each row: how many others have changed between the damaged one and the two
// beside it: none, or more than are shown at once.
TEST_F(DamagedStoreTest, ARowThatCannotBeReadLeavesTheOthersAlone) {
  for (const int others : {0, 7}) {
    SCOPED_TRACE(others);
    const auto put_others = [&] {
      Commit([&](Transaction& t) {
        for (int i = 0; i < others; ++i) {
          DeviceRow row = Number(100);
          CertificateId::Array id = row.key.id.bytes();
          id[1] = static_cast<uint8_t>(i);
          id[2] = static_cast<uint8_t>(i >> 8);
          row.key.id = CertificateId(id);
          row.signed_id = SignedId(id);
          t.PutDevice(row);
        }
        return absl::OkStatus();
      });
    };
    Put(Number(1, DeviceStatus::kInactive));
    put_others();
    Put(Number(2, DeviceStatus::kInactive));
    put_others();
    Put(Number(3, DeviceStatus::kInactive));
    Damage(absl::StrCat("UPDATE device SET checksum = 1 WHERE id = ", Blob(2)));
    CatchUp();
    EXPECT_EQ(Shown(1), DeviceStatus::kInactive);
    EXPECT_EQ(Shown(3), DeviceStatus::kInactive);
    // What was shown of it stays.
    EXPECT_EQ(Shown(2), DeviceStatus::kActive);
    const std::vector<SkippedRecord> told = log_.Take();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].name, Number(2).key.id.ToHex());
    CatchUp();
    EXPECT_TRUE(log_.Take().empty());
    // Mended, it is shown.
    for (int i : {1, 2, 3}) Put(Number(i));
    CatchUp();
    for (int i : {1, 2, 3}) EXPECT_EQ(Shown(i), DeviceStatus::kActive);
  }
}

// Rows that are damaged when everything is compared.
TEST_F(DamagedStoreTest, AComparisonPassesOverDamagedRows) {
  Damage(absl::StrCat("UPDATE device SET status = 0 WHERE id = ", Blob(1),
                      ";UPDATE device SET checksum = 1 WHERE id = ", Blob(2),
                      ";UPDATE endpoint SET status = 1;"));
  Put(Number(6, DeviceStatus::kInactive));
  Put(Number(9));
  Commit([&](Transaction& t) {
    t.DeleteDevice(Number(7).key);
    return absl::OkStatus();
  });
  // Changes are forgotten: the first of them are not there any more.
  Damage(
      "DELETE FROM change WHERE revision <"
      " (SELECT max(revision) FROM change)");
  CatchUp();
  // What was shown of them stays.
  EXPECT_EQ(Shown(1), DeviceStatus::kActive);
  EXPECT_EQ(Shown(2), DeviceStatus::kActive);
  EXPECT_EQ(catalog_.endpoints().size(), 1u);
  EXPECT_EQ(Shown(6), DeviceStatus::kInactive);
  EXPECT_EQ(Shown(7), std::nullopt);
  EXPECT_EQ(Shown(9), DeviceStatus::kActive);
  Lines names;
  for (const SkippedRecord& record : log_.Take()) names.push_back(record.name);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (Lines{Number(1).key.id.ToHex(), Number(2).key.id.ToHex(),
                          "h.example"}));
  // Mended, it is shown.
  Put(Number(1, DeviceStatus::kRevoked));
  CatchUp();
  EXPECT_EQ(Shown(1), DeviceStatus::kRevoked);
}

// A row that does not even say whose it is.
TEST_F(DamagedStoreTest, AComparisonTellsOfARowWithoutAKey) {
  Damage(
      "PRAGMA foreign_keys = OFF;"
      "INSERT INTO tenant(tenant, region, account)"
      " SELECT 900, region, 'not an account!' FROM region;"
      "INSERT INTO endpoint SELECT region, 'i.example', parent, 900, service,"
      " status, NULL, type, creation_date, last_status_change_date, checksum"
      " FROM endpoint;");
  CatchUpByComparing();
  const std::vector<SkippedRecord> told = log_.Take();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, SkippedRecord::Kind::kEndpoint);
  EXPECT_TRUE(told[0].account.empty());
  EXPECT_TRUE(absl::StrContains(told[0].status.message(), "table endpoint"))
      << told[0].status;
}

// What refuses may lie in a row whose key is damaged: it is not taken for gone.
TEST_F(DamagedStoreTest, WhatRefusesStaysBesideARowWithoutAKey) {
  Put(Number(7, DeviceStatus::kRevoked));
  CatchUp();
  Damage(
      absl::StrCat("PRAGMA ignore_check_constraints = ON;"
                   "UPDATE device SET signed_id = x'00' WHERE id = ",
                   Blob(7)));
  CatchUpByComparing();
  EXPECT_EQ(Shown(7), DeviceStatus::kRevoked);
}

// To start is another matter: half of a registry is no registry.
TEST_F(DamagedStoreTest, ADamagedRowIsNotHalfLoaded) {
  const struct {
    const char* table;
    std::string damage;
    std::string key;
  } kRows[] = {
      {"device",
       absl::StrCat("UPDATE device SET status = 0 WHERE id = ", Blob(1)),
       Number(1).key.id.ToHex()},
      {"ca", "UPDATE ca SET auto_registration = 1", IdOf(ca_).ToHex()},
      {"endpoint", "UPDATE endpoint SET status = 1", "h.example"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.damage);
    Damage(row.damage);
    catalog::Catalog empty;
    projection::Projection starting({.store = file_.get(),
                                     .catalog = &empty,
                                     .observer = nullptr,
                                     .algorithms = {}});
    const absl::Status status = starting.Load({});
    EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kInternalFailure);
    for (const std::string& part : {path_, absl::StrCat("table ", row.table),
                                    row.key, std::string("column checksum")}) {
      EXPECT_TRUE(absl::StrContains(status.message(), part))
          << status << " has no " << part;
    }
    // Mended, it is loaded.
    Commit([&](Transaction& t) {
      t.PutCa(Ca(a_, ca_));
      t.PutDevice(Number(1));
      t.PutEndpoint(Name(a_, "h.example"));
      return absl::OkStatus();
    });
    EXPECT_TRUE(starting.Load({}).ok());
  }
}

}  // namespace
}  // namespace chainkeep::test
