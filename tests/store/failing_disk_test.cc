// A disk that fails at any of the changes that a command makes: what was
// acknowledged stays, what was not is there as a whole or not at all, queries
// go on, and so do commands once the disk is well.

#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "gtest/gtest.h"
#include "tests/store/faulty_disk.h"
#include "tests/store/store_fixture.h"

namespace chainkeep::store {
namespace {

using Check = StoreOptions::Check;
using Fault = FaultyDisk::Fault;
using Lasting = FaultyDisk::Lasting;

// Change `n` is a CA and its number as a registration code: both or neither.
// `rows` CAs more make it larger.
absl::Status Write(SqliteStore& store, uint64_t n, uint64_t rows = 0) {
  const Tenant tenant = TenantOf("a", "r1");
  return Try(store, [&](Transaction& t) {
    t.PutCa(CaOf(tenant, IdOfNumber(n), Mode::kDefault));
    for (uint64_t i = 0; i < rows; ++i) {
      t.PutCa(CaOf(tenant, IdOfNumber(n * 1'000'000 + i), Mode::kSniOnly));
    }
    t.PutRegistrationCode(tenant, absl::StrCat(n));
  });
}

// The number of the last change that is there, 0 for none. It must be there as
// a whole, as all before it.
uint64_t LastOf(const SqliteStore& store) {
  const Tenant tenant = TenantOf("a", "r1");
  uint64_t last = 0;
  const absl::Status status = Look(store, [&](const RegistryView& view) {
    const auto code = view.FindRegistrationCode(tenant);
    last = code ? std::stoull(*code) : 0;
    for (uint64_t n = 1; n <= last; ++n) {
      EXPECT_TRUE(view.FindCa({tenant, IdOfNumber(n)}).has_value()) << n;
    }
    EXPECT_FALSE(view.FindCa({tenant, IdOfNumber(last + 1)}).has_value());
  });
  EXPECT_TRUE(status.ok()) << status;
  return last;
}

struct Case {
  const char* name;
  Fault fault;
  Lasting lasting;
};

constexpr Case kCases[] = {
    {"FullOnce", Fault::kFull, Lasting::kOnce},
    {"FullForAWhile", Fault::kFull, Lasting::kUntilEased},
    {"ErrorOnce", Fault::kWriteError, Lasting::kOnce},
    {"ErrorForAWhile", Fault::kWriteError, Lasting::kUntilEased},
};

class FailingDiskTest : public ::testing::TestWithParam<Case> {
 protected:
  TempFolder folder_;
  const std::string path_ = folder_.File("store");
  FaultyDisk disk_;
};

INSTANTIATE_TEST_SUITE_P(All, FailingDiskTest, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

TEST_P(FailingDiskTest, ACommandHasHappenedOrNot) {
  std::unique_ptr<SqliteStore> store =
      OpenSqlite(path_, Check::kQuick, disk_.vfs());
  uint64_t last = 0;
  int failed = 0;
  // From the first change that a command makes to the last.
  for (int n = 1;; ++n) {
    SCOPED_TRACE(n);
    disk_.FailAt(n, GetParam().fault, GetParam().lasting);
    const absl::Status status = Write(*store, last + 1);
    const bool reached = disk_.failures() > 0;
    // Queries go on, whatever has happened.
    EXPECT_EQ(LastOf(*store), status.ok() ? last + 1 : last);
    disk_.Ease();
    if (status.ok()) {
      ++last;
    } else {
      ++failed;
      EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kServiceUnavailable) << status;
    }
    // And so do commands.
    ASSERT_TRUE(Write(*store, last + 1).ok());
    ++last;
    EXPECT_EQ(LastOf(*store), last);
    if (!reached) break;
  }
  EXPECT_GT(failed, 2);
  store.reset();
  EXPECT_EQ(LastOf(*OpenSqlite(path_, Check::kWhole)), last);
}

// The same where moving the log into the file is what fails.
TEST_P(FailingDiskTest, MovingTheLogMayFail) {
  std::unique_ptr<SqliteStore> store =
      OpenSqlite(path_, Check::kQuick, disk_.vfs());
  uint64_t last = 0;
  int moves_failed = 0;
  constexpr uint64_t kRows = 4000;  // more than a thousand pages
  for (int n = 1; n < 4000; n += 1 + n / 3) {
    SCOPED_TRACE(n);
    disk_.FailAt(n, GetParam().fault, GetParam().lasting);
    const absl::Status status = Write(*store, last + 1, kRows);
    if (status.ok()) {
      ++last;
      if (disk_.failures() > 0) ++moves_failed;
    }
    EXPECT_EQ(LastOf(*store), last);
    disk_.Ease();
  }
  // The command was acknowledged by then.
  EXPECT_GT(moves_failed, 0);
  ASSERT_TRUE(Write(*store, last + 1).ok());
  store.reset();
  EXPECT_EQ(LastOf(*OpenSqlite(path_, Check::kWhole)), last + 1);
}

TEST_P(FailingDiskTest, OpeningFailsAsAWhole) {
  for (int n = 1;; ++n) {
    SCOPED_TRACE(n);
    const std::string path = folder_.File(absl::StrCat("new", n));
    disk_.FailAt(n, GetParam().fault, GetParam().lasting);
    const absl::Status status =
        SqliteStore::Open({.path = path, .busy_timeout_millis = 0}, disk_.vfs())
            .status();
    const bool reached = disk_.failures() > 0;
    disk_.Ease();
    if (!status.ok()) {
      EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kServiceUnavailable) << status;
    }
    const auto store = OpenSqlite(path, Check::kWhole, disk_.vfs());
    EXPECT_TRUE(Write(*store, 1).ok());
    if (!reached) {
      EXPECT_TRUE(status.ok());
      EXPECT_GT(n, 5);
      break;
    }
  }
}

// Power may go before any change of the disk. What had been acknowledged by
// then is there afterwards.
TEST(PowerLoss, LosesNothingThatWasAcknowledged) {
  std::mt19937_64 random(20240229);
  int losses = 0;
  int unacknowledged = 0;
  for (int round = 0; round < 6; ++round) {
    TempFolder folder;
    const std::string path = folder.File("store");
    FaultyDisk disk;
    std::unique_ptr<SqliteStore> store =
        OpenSqlite(path, Check::kQuick, disk.vfs());
    uint64_t last = 0;
    for (int n = 1; n < 16; ++n) {
      SCOPED_TRACE(absl::StrCat(round, " ", n));
      // The disk stops in the middle of a command.
      disk.FailAt(n, Fault::kWriteError, Lasting::kUntilEased);
      const absl::Status status =
          Write(*store, last + 1, round % 3 == 2 ? 300 : 3);
      for (int copy = 0; copy < 3; ++copy) {
        const std::string left =
            folder.File(absl::StrCat("left", n, "_", copy));
        ASSERT_TRUE(disk.LosePower(path, left, random));
        ++losses;
        const uint64_t found = LastOf(*OpenSqlite(left, Check::kWhole));
        EXPECT_GE(found, status.ok() ? last + 1 : last);
        EXPECT_LE(found, last + 1);
        if (!status.ok() && found == last + 1) ++unacknowledged;
      }
      disk.Ease();
      if (status.ok()) ++last;
      ASSERT_TRUE(Write(*store, last + 1).ok());
      ++last;
    }
  }
  RecordProperty("losses", losses);
  RecordProperty("unacknowledged_but_there", unacknowledged);
}

}  // namespace
}  // namespace chainkeep::store
