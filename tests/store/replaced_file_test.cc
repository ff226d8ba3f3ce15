// A store's file that becomes another while it is open: whatever is done to it,
// who follows learns that the store does not go on from where he is, sees what
// it says now, and loses no change that was acknowledged.

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/store/sqlite_connection.h"
#include "gtest/gtest.h"
#include "tests/store/store_fixture.h"

namespace chainkeep::store {
namespace {

namespace fs = std::filesystem;

// SQLite's own copy of `from`, over `to` if that is there.
void Backup(const std::string& from, const std::string& to) {
  sqlite3* source = nullptr;
  sqlite3* target = nullptr;
  ASSERT_EQ(sqlite3_open(from.c_str(), &source), SQLITE_OK);
  ASSERT_EQ(sqlite3_open(to.c_str(), &target), SQLITE_OK);
  sqlite3_busy_timeout(target, 20'000);
  sqlite3_backup* const backup =
      sqlite3_backup_init(target, "main", source, "main");
  ASSERT_NE(backup, nullptr);
  int code = SQLITE_OK;
  do {
    code = sqlite3_backup_step(backup, -1);
  } while (code == SQLITE_BUSY || code == SQLITE_LOCKED);
  ASSERT_EQ(code, SQLITE_DONE) << sqlite3_errmsg(target);
  ASSERT_EQ(sqlite3_backup_finish(backup), SQLITE_OK);
  sqlite3_close(source);
  sqlite3_close(target);
}

// As cp does it: the file stays the same file.
void WriteOver(const std::string& from, const std::string& to) {
  std::ofstream out(to, std::ios::binary | std::ios::trunc);
  out << std::ifstream(from, std::ios::binary).rdbuf();
  ASSERT_TRUE(out.good());
}

void RenameOver(const std::string& from, const std::string& to) {
  fs::copy_file(from, from + ".moving");
  fs::rename(from + ".moving", to);
}

void Swap(const std::string& one, const std::string& other) {
  fs::rename(one, one + ".aside");
  fs::rename(other, one);
  fs::rename(one + ".aside", other);
}

// Whether `is_so` comes to be, in half a minute.
bool Soon(const std::function<bool()>& is_so) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

class ReplacedFileTest : public ::testing::Test {
 protected:
  void Put(SqliteStore& store, char digit) {
    const absl::Status status = Try(store, [&](Transaction& t) {
      t.PutCa(CaOf(a_, digit, Mode::kSniOnly));
    });
    ASSERT_TRUE(status.ok()) << status;
  }

  // Who follows the store looks now and then.
  static Position PositionOf(SqliteStore& store) {
    Position position;
    const absl::Status status = Look(
        store, [&](const RegistryView& view) { position = view.position(); });
    EXPECT_TRUE(status.ok()) << status;
    return position;
  }

  // All that is committed stands in the file.
  void AwaitEmptyLog(SqliteStore& store) {
    ASSERT_TRUE(Soon([&] {
      EXPECT_TRUE(store.AwaitChange(PositionOf(store), 1).ok());
      return !fs::exists(path_ + "-wal") || fs::file_size(path_ + "-wal") == 0;
    }));
  }

  // The store is not what it was at `before`; what it says is what the file
  // says, and what is committed is in the file.
  void ExpectNoticed(SqliteStore& store, const Position& before,
                     const std::string& wanted) {
    ASSERT_TRUE(Soon([&] {
      const auto changed = store.AwaitChange(before, 1);
      return changed.ok() && *changed;
    })) << store.AwaitChange(before, 1).status();
    const auto changes = store.ReadChanges(before, 10);
    ASSERT_TRUE(changes.ok()) << changes.status();
    EXPECT_FALSE(changes->complete());
    EXPECT_NE(changes->continuity, Continuity::kForgotten);
    EXPECT_EQ(Dump(store), wanted);
    Put(store, '9');
    EXPECT_TRUE(Look(*OpenSqlite(path_), [&](const RegistryView& view) {
                  EXPECT_TRUE(view.FindCa({a_, IdOf('9')}).has_value());
                }).ok());
  }

  TempFolder folder_;
  const std::string path_ = folder_.File("store");
  const std::string copy_ = folder_.File("copy");
  const Tenant a_ = TenantOf("a", "r1");
};

struct Way {
  const char* name;
  void (*replace)(const std::string& from, const std::string& to);
};
constexpr Way kWays[] = {{"backup", &Backup},
                         {"written over", &WriteOver},
                         {"renamed", &RenameOver},
                         {"swapped", &Swap}};

// What is put in the place of a store at revision 2.
struct Copy {
  const char* name;
  Revision copied_at;
  int changes_since;
};
constexpr Copy kCopies[] = {{"an older one", 1, 0},
                            {"one of the same revision", 1, 1},
                            {"one that went further", 1, 3},
                            {"another store of the same revision", 0, 2},
                            {"another store that is behind", 0, 1}};

TEST_F(ReplacedFileTest, EveryCopyPutInPlaceInEveryWayIsNoticed) {
  int number = 0;
  for (const Way& way : kWays) {
    for (const Copy& copy : kCopies) {
      SCOPED_TRACE(absl::StrCat(copy.name, ", ", way.name));
      fs::remove(path_);
      fs::remove(copy_);
      std::unique_ptr<SqliteStore> store = OpenSqlite(path_);
      for (Revision at = 0; at < 2; ++at) {
        if (at == copy.copied_at && at > 0) Backup(path_, copy_);
        Put(*store, static_cast<char>('1' + at));
      }
      {
        const auto other = OpenSqlite(copy_);
        for (int i = 0; i < copy.changes_since; ++i) {
          Put(*other, static_cast<char>('3' + i));
        }
      }
      AwaitEmptyLog(*store);
      const Position before = PositionOf(*store);
      ASSERT_EQ(before.revision, 2);
      const std::string wanted =
          Dump(*OpenSqlite(copy_, StoreOptions::Check::kWhole));
      // At various distances from the last write.
      std::this_thread::sleep_for(std::chrono::milliseconds(number++ % 8));
      way.replace(copy_, path_);
      ExpectNoticed(*store, before, wanted);
      store.reset();
      EXPECT_TRUE(TryToOpen(path_, StoreOptions::Check::kWhole).ok());
    }
  }
}

// Its hashes of subjects are under another seed.
TEST_F(ReplacedFileTest, TheSeedIsThatOfTheStoreThatIsThere) {
  const auto seed = [](SqliteStore& store) {
    uint64_t found = 0;
    EXPECT_TRUE(Look(store, [&](const RegistryView& view) {
                  found = view.subject_seed();
                }).ok());
    return found;
  };
  const uint64_t theirs = seed(*OpenSqlite(copy_));
  const auto store = OpenSqlite(path_);
  ASSERT_NE(seed(*store), theirs);
  AwaitEmptyLog(*store);
  RenameOver(copy_, path_);
  EXPECT_EQ(seed(*store), theirs);
}

TEST_F(ReplacedFileTest, NothingIsAcknowledgedForAFileThatIsGone) {
  const auto store = OpenSqlite(path_);
  Put(*store, '1');
  fs::remove(path_);
  const auto put = [&](Transaction& t) {
    t.PutCa(CaOf(a_, '2', Mode::kSniOnly));
  };
  EXPECT_EQ(ErrorCodeOf(Try(*store, put)), ErrorCode::kServiceUnavailable);
  EXPECT_EQ(ErrorCodeOf(Look(*store, [](const RegistryView&) {})),
            ErrorCode::kServiceUnavailable);
  EXPECT_EQ(ErrorCodeOf(store->AwaitChange(1, 0).status()),
            ErrorCode::kServiceUnavailable);
  EXPECT_FALSE(fs::exists(path_));
}

// In the middle of a command: it has been committed to a file without a name.
TEST_F(ReplacedFileTest, NothingIsAcknowledgedThatWentToTheFileBefore) {
  Put(*OpenSqlite(copy_), '7');
  for (const Way& way : {Way{"renamed", &RenameOver}, Way{"swapped", &Swap}}) {
    SCOPED_TRACE(way.name);
    fs::remove(path_);
    const auto store = OpenSqlite(path_);
    Put(*store, '1');
    AwaitEmptyLog(*store);
    const absl::Status status = Try(*store, [&](Transaction& t) {
      t.PutCa(CaOf(a_, '2', Mode::kSniOnly));
      way.replace(copy_, path_);
    });
    EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kServiceUnavailable) << status;
  }
}

// The side files are removed beside an open store, as recipes for a restore
// say: what is committed after that is in the files that have the names.
TEST_F(ReplacedFileTest, SideFilesMayBeRemoved) {
  const auto store = OpenSqlite(path_);
  Put(*store, '1');
  AwaitEmptyLog(*store);
  fs::remove(path_ + "-wal");
  fs::remove(path_ + "-shm");
  Put(*store, '2');
  EXPECT_TRUE(Look(*OpenSqlite(path_), [&](const RegistryView& view) {
                EXPECT_TRUE(view.FindCa({a_, IdOf('2')}).has_value());
              }).ok());
}

// Who reads keeps the log from being emptied. The log of one store and the file
// of another make no store, and it is said that they do not.
TEST_F(ReplacedFileTest, ALogOfAnotherFileIsNotApplied) {
  Put(*OpenSqlite(copy_), '7');
  const auto store = OpenSqlite(path_);
  Put(*store, '1');
  AwaitEmptyLog(*store);
  for (const Way& way :
       {Way{"written over", &WriteOver}, Way{"renamed", &RenameOver}}) {
    SCOPED_TRACE(way.name);
    sqlite3* reader = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &reader), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM ca", nullptr,
                           nullptr, nullptr),
              SQLITE_OK);
    Put(*store, '2');
    way.replace(copy_, path_);
    const absl::Status refused = Try(*store, [&](Transaction& t) {
      t.DeleteCa({a_, IdOf('1')});
    });
    EXPECT_EQ(ErrorCodeOf(refused), ErrorCode::kServiceUnavailable);
    EXPECT_TRUE(absl::StrContains(refused.message(), "cannot be told"))
        << refused;
    EXPECT_EQ(ErrorCodeOf(store->AwaitChange(1, 0).status()),
              ErrorCode::kServiceUnavailable);
    // What it says to do helps.
    sqlite3_db_config(reader, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_close(reader);
    fs::remove(path_ + "-wal");
    fs::remove(path_ + "-shm");
    WriteOver(copy_, path_);
    EXPECT_EQ(Dump(*store), Dump(*OpenSqlite(copy_)));
    Put(*store, '1');
    AwaitEmptyLog(*store);
  }
}

// ---- Side files are SQLite's to name

TEST_F(ReplacedFileTest, BehindALinkAnInterruptedStoreIsWhole) {
  const std::string link = folder_.File("link");
  fs::create_symlink(path_, link);
  Child child([&] {
    const auto store = SqliteStore::Open({.path = link});
    if (!store.ok()) return 1;
    for (char digit = '1'; digit <= '9'; ++digit) {
      if (!Try(**store, [&](Transaction& t) {
             CaRow row = CaOf(a_, digit, Mode::kSniOnly);
             row.der = std::string(50'000, digit);
             t.PutCa(row);
           }).ok()) {
        return 2;
      }
    }
    _exit(0);  // its log stays
  });
  ASSERT_EQ(child.Wait(), 0);
  ASSERT_GT(fs::file_size(path_ + "-wal"), 0u);
  // A checkpoint was cut short: the file says that it is longer.
  {
    const auto writer = Connection::Open({.path = path_});
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->Execute("PRAGMA wal_checkpoint(PASSIVE)").ok());
    (*writer)->Abandon();
  }
  fs::resize_file(path_, fs::file_size(path_) - 4096);
  for (const std::string& path : {path_, link}) {
    EXPECT_TRUE(TryToOpen(path, StoreOptions::Check::kWhole).ok()) << path;
  }
}

TEST_F(ReplacedFileTest, ALinkThatLeadsElsewhereIsFollowed) {
  const std::string link = folder_.File("link");
  Put(*OpenSqlite(copy_), '7');
  fs::create_symlink(path_, link);
  const auto store = OpenSqlite(link);
  Put(*store, '1');
  fs::remove(link);
  fs::create_symlink(copy_, link);
  EXPECT_EQ(Dump(*store), Dump(*OpenSqlite(copy_)));
}

// ---- Who may read, and not write

constexpr int kCannotDrop = 99;

// Runs `work` in a child that may do nothing that others may not.
int AsNobody(const std::function<int()>& work) {
  return Child([&] {
           if (geteuid() == 0 && (setgroups(0, nullptr) != 0 ||
                                  setgid(65534) != 0 || setuid(65534) != 0)) {
             return kCannotDrop;
           }
           return work();
         })
      .Wait();
}

TEST_F(ReplacedFileTest, WhoMayOnlyReadReads) {
  const fs::path folder = fs::path(path_).parent_path();
  for (fs::path above = folder; above != above.root_path();
       above = above.parent_path()) {
    if ((fs::status(above).permissions() & fs::perms::others_exec) ==
            fs::perms::none &&
        geteuid() == 0) {
      chmod(above.c_str(), 0755);
    }
  }
  { Put(*OpenSqlite(path_), '1'); }
  chmod(path_.c_str(), 0444);
  chmod(folder.c_str(), 0555);
  const int outcome = AsNobody([&] {
    const auto store = SqliteStore::Open(
        {.path = path_, .if_missing = StoreOptions::IfMissing::kRefuse});
    if (!store.ok()) return 1;
    bool found = false;
    if (!Look(**store, [&](const RegistryView& view) {
           found = view.FindCa({a_, IdOf('1')}).has_value();
         }).ok()) {
      return 2;
    }
    if (!found) return 3;
    const absl::Status written = Try(**store, [&](Transaction& t) {
      t.DeleteCa({a_, IdOf('1')});
    });
    return ErrorCodeOf(written) == ErrorCode::kServiceUnavailable ? 0 : 4;
  });
  chmod(folder.c_str(), 0755);
  if (outcome == kCannotDrop) GTEST_SKIP() << "this user may do everything";
  EXPECT_EQ(outcome, 0);
  EXPECT_FALSE(fs::exists(path_ + "-wal"));
  EXPECT_FALSE(fs::exists(path_ + "-shm"));
}

}  // namespace
}  // namespace chainkeep::store
