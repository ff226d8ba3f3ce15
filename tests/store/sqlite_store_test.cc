// What a file has that memory has not: a path, other processes, and a disk.

#include "engine/store/sqlite_store.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "chainkeep/store.h"
#include "gtest/gtest.h"
#include "tests/store/store_fixture.h"

namespace chainkeep::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// What several processes share: a page of zeros.
struct Shared {
  std::atomic<int> ready{0};
  std::atomic<int> acknowledged{0};
  std::atomic<int> round{0};
  std::atomic<int> wins[128] = {};
  std::atomic<int> refused[128] = {};

  static Shared* Make() {
    void* page = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return new (page) Shared;
  }
};

// For half a minute: another process may have died.
void AwaitAtLeast(const std::atomic<int>& number, int value) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(30);
  while (number.load() < value && steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

class SqliteStoreTest : public ::testing::Test {
 protected:
  TempFolder folder_;
  const std::string path_ = folder_.File("store");
  const Tenant a_ = TenantOf("a", "r1");
};

// ---- Opening

TEST_F(SqliteStoreTest, OpensWhatItMayOpen) {
  using IfMissing = StoreOptions::IfMissing;
  std::filesystem::create_directory(folder_.File("folder"));
  std::ofstream(folder_.File("text")) << std::string(5000, 'x');
  std::ofstream(folder_.File("short")) << "SQLite format 3";
  OpenSqlite(folder_.File("there"));
  const struct {
    std::string path;
    IfMissing if_missing;
    ErrorCode wanted;
  } kCases[] = {
      {"", IfMissing::kCreate, ErrorCode::kInvalidRequest},
      {folder_.File("new"), IfMissing::kRefuse, ErrorCode::kInvalidRequest},
      {folder_.File("new"), IfMissing::kCreate, ErrorCode::kOk},
      {folder_.File("new"), IfMissing::kRefuse, ErrorCode::kOk},
      {folder_.File("there"), IfMissing::kCreate, ErrorCode::kOk},
      {folder_.File("no/such/folder"), IfMissing::kCreate,
       ErrorCode::kServiceUnavailable},
      {folder_.File("folder"), IfMissing::kCreate,
       ErrorCode::kServiceUnavailable},
      {folder_.File("text"), IfMissing::kCreate, ErrorCode::kInternalFailure},
      {folder_.File("short"), IfMissing::kRefuse, ErrorCode::kInternalFailure},
  };
  for (const auto& example : kCases) {
    SCOPED_TRACE(example.path);
    const auto store =
        OpenStore({.path = example.path, .if_missing = example.if_missing});
    EXPECT_EQ(ErrorCodeOf(store.status()), example.wanted) << store.status();
    if (!store.ok()) {
      EXPECT_TRUE(absl::StrContains(store.status().message(), example.path));
    }
  }
  EXPECT_FALSE(std::filesystem::exists(folder_.File("no")));
}

TEST_F(SqliteStoreTest, APathIsAFileWhateverItLooksLike) {
  const std::string before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.File("."));
  for (const char* path : {":memory:", "file:x?mode=memory", "a b%20"}) {
    OpenSqlite(path);
    EXPECT_TRUE(std::filesystem::exists(folder_.File(path))) << path;
  }
  std::filesystem::current_path(before);
}

TEST_F(SqliteStoreTest, OnlyItsOwnerCanReadANewFile) {
  const std::unique_ptr<SqliteStore> store = OpenSqlite(path_);
  ASSERT_TRUE(Try(*store, [&](Transaction& t) {
                t.PutRegistrationCode(a_, "secret");
              }).ok());
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat file = {};
    ASSERT_EQ(stat(absl::StrCat(path_, suffix).c_str(), &file), 0) << suffix;
    EXPECT_EQ(file.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(SqliteStoreTest, IsThereAgainWhenItIsOpenedAgain) {
  const CaRow row = RichCa(a_, '1');
  ASSERT_TRUE(
      Try(*OpenSqlite(path_), [&](Transaction& t) { t.PutCa(row); }).ok());
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
  EXPECT_TRUE(Look(*OpenSqlite(path_), [&](const RegistryView& view) {
                EXPECT_EQ(view.FindCa(row.key), row);
                EXPECT_EQ(view.revision(), 1);
              }).ok());
}

// A CA's certificate is kept once, and not longer than it is registered.
TEST_F(SqliteStoreTest, ACertificateIsKeptOnce) {
  constexpr int kAccounts = 1000;
  const std::unique_ptr<SqliteStore> store = OpenSqlite(path_);
  CaRow row = CaOf(a_, '1', Mode::kSniOnly);
  row.der = std::string(50'000, 'x');
  const auto tenant = [](int i) {
    return TenantOf(absl::StrCat("account", i), "r1");
  };
  ASSERT_TRUE(Try(*store, [&](Transaction& t) {
                for (int i = 0; i < kAccounts; ++i) {
                  row.key.tenant = tenant(i);
                  t.PutCa(row);
                }
              }).ok());
  EXPECT_LT(std::filesystem::file_size(path_) +
                std::filesystem::file_size(path_ + "-wal"),
            50'000u + kAccounts * 800);
  CaRow other = row;
  other.der = "another";
  EXPECT_EQ(ErrorCodeOf(Try(*store, [&](Transaction& t) { t.PutCa(other); })),
            ErrorCode::kInternalFailure);
  ASSERT_TRUE(Try(*store, [&](Transaction& t) {
                for (int i = 0; i < kAccounts; ++i) {
                  t.DeleteCa({tenant(i), row.key.id});
                }
                t.PutCa(other);
              }).ok());
  EXPECT_TRUE(Look(*store, [&](const RegistryView& view) {
                EXPECT_EQ(view.FindCa(other.key), other);
              }).ok());
}

// ---- Threads and other stores of the file

TEST_F(SqliteStoreTest, ReadersDoNotWaitForAWriter) {
  const std::unique_ptr<SqliteStore> store = OpenSqlite(path_);
  ASSERT_TRUE(Try(*store, [&](Transaction& t) {
                t.PutRegistrationCode(a_, "old");
              }).ok());
  std::promise<void> written;
  std::promise<void> looked;
  std::thread writer([&] {
    EXPECT_TRUE(Try(*store, [&](Transaction& t) {
                  t.PutRegistrationCode(a_, "new");
                  written.set_value();
                  looked.get_future().wait();
                }).ok());
  });
  written.get_future().wait();
  // Many at once, more than are kept for later.
  std::vector<std::thread> readers;
  for (int i = 0; i < 20; ++i) {
    readers.emplace_back([&] {
      EXPECT_TRUE(Look(*store, [&](const RegistryView& view) {
                    EXPECT_EQ(view.FindRegistrationCode(a_), "old");
                  }).ok());
    });
  }
  for (std::thread& reader : readers) reader.join();
  looked.set_value();
  writer.join();
  EXPECT_TRUE(Look(*store, [&](const RegistryView& view) {
                EXPECT_EQ(view.FindRegistrationCode(a_), "new");
              }).ok());
}

TEST_F(SqliteStoreTest, AWriterWaitsForAnotherOnlySoLong) {
  const std::unique_ptr<SqliteStore> store = OpenSqlite(path_);
  auto impatient =
      SqliteStore::Open({.path = path_, .busy_timeout_millis = 30});
  ASSERT_TRUE(impatient.ok());
  const auto put = [&](Transaction& t) { t.PutRegistrationCode(a_, "x"); };
  ASSERT_TRUE(Try(*store, [&](Transaction&) {
                const absl::Status refused = Try(**impatient, put);
                EXPECT_EQ(ErrorCodeOf(refused), ErrorCode::kServiceUnavailable);
              }).ok());
  EXPECT_TRUE(Try(**impatient, put).ok());
}

// fcntl(2): whoever closes a file gives up all locks that its process has on
// it. To look at a file that is open must not do that.
TEST_F(SqliteStoreTest, OpeningItAgainKeepsTheLocks) {
  Shared* const shared = Shared::Make();
  Child other([&] {
    AwaitAtLeast(shared->ready, 1);
    auto store = SqliteStore::Open({.path = path_, .busy_timeout_millis = 0});
    const absl::Status status =
        store.ok()
            ? Try(**store,
                  [&](Transaction& t) { t.PutRegistrationCode(a_, "theirs"); })
            : store.status();
    return ErrorCodeOf(status) == ErrorCode::kServiceUnavailable ? 7 : 0;
  });
  const std::unique_ptr<SqliteStore> store = OpenSqlite(path_);
  EXPECT_TRUE(Try(*store, [&](Transaction& t) {
                OpenSqlite(path_);
                EXPECT_TRUE(TryToOpen(path_, StoreOptions::Check::kWhole).ok());
                t.PutRegistrationCode(a_, "ours");
                shared->ready = 1;
                EXPECT_EQ(other.Wait(), 7);
              }).ok());
}

// ---- Other processes

// R12: of several accounts that register one CA in mode DEFAULT at once, one
// does, whichever of them looks first.
TEST_F(SqliteStoreTest, R12_OneOfManyProcessesGetsTheDefaultRow) {
  constexpr int kProcesses = 4;
  constexpr int kRounds = 100;
  Shared* const shared = Shared::Make();
  std::vector<std::unique_ptr<Child>> children;
  for (int process = 0; process < kProcesses; ++process) {
    children.push_back(std::make_unique<Child>([&, process] {
      const auto store = SqliteStore::Open({.path = path_});
      if (!store.ok()) {
        ADD_FAILURE() << store.status();
        return 1;
      }
      const Tenant tenant = TenantOf(absl::StrCat("account", process), "r1");
      for (int round = 0; round < kRounds; ++round) {
        ++shared->ready;
        AwaitAtLeast(shared->round, round + 1);
        const CaRow row = CaOf(tenant, IdOfNumber(static_cast<uint64_t>(round)),
                               Mode::kDefault);
        // In every other round nobody looks: the store's constraint decides.
        const absl::Status status =
            (*store)->Transact([&](Transaction& t) -> absl::Status {
              if (round % 2 == 0 &&
                  t.FindDefaultHolder(tenant.region, row.key.id)) {
                return MakeError(ErrorCode::kResourceAlreadyExists, "taken");
              }
              t.PutCa(row);
              return absl::OkStatus();
            });
        const ErrorCode lost = round % 2 == 0
                                   ? ErrorCode::kResourceAlreadyExists
                                   : ErrorCode::kInternalFailure;
        if (status.ok()) ++shared->wins[round];
        if (ErrorCodeOf(status) == lost) ++shared->refused[round];
      }
      return 0;
    }));
  }
  // All have opened the file, which none of them found there, and all are at
  // the start of the same round.
  for (int round = 0; round < kRounds; ++round) {
    AwaitAtLeast(shared->ready, (round + 1) * kProcesses);
    ASSERT_EQ(shared->ready.load(), (round + 1) * kProcesses);
    shared->round = round + 1;
  }
  for (auto& child : children) EXPECT_EQ(child->Wait(), 0);
  for (int round = 0; round < kRounds; ++round) {
    EXPECT_EQ(shared->wins[round].load(), 1) << round;
    EXPECT_EQ(shared->refused[round].load(), kProcesses - 1) << round;
  }
  int rows = 0;
  const std::unique_ptr<SqliteStore> store =
      OpenSqlite(path_, StoreOptions::Check::kQuick);
  EXPECT_TRUE(Look(*store, [&](const RegistryView& view) {
                EXPECT_TRUE(view.ForEachCa([&](const CaRow&) {
                                  ++rows;
                                  return absl::OkStatus();
                                })
                                .ok());
              }).ok());
  EXPECT_EQ(rows, kRounds);
}

TEST_F(SqliteStoreTest, AnotherProcessesChangesAreSeenOneByOne) {
  constexpr int kRounds = 10;
  Shared* const shared = Shared::Make();
  Child writer([&] {
    const auto store = SqliteStore::Open({.path = path_});
    if (!store.ok()) return 1;
    for (int round = 0; round < kRounds; ++round) {
      AwaitAtLeast(shared->round, round + 1);
      std::this_thread::sleep_for(milliseconds(7 * round));
      if (!Try(**store, [&](Transaction& t) {
             t.PutCa(CaOf(a_, '1', Mode::kDefault));
           }).ok()) {
        return 2;
      }
      ++shared->acknowledged;
    }
    return 0;
  });
  const std::unique_ptr<SqliteStore> store = OpenSqlite(path_);
  for (int round = 0; round < kRounds; ++round) {
    shared->round = round + 1;
    const absl::StatusOr<bool> there = store->AwaitChange(round, 60'000);
    ASSERT_TRUE(there.ok() && *there);
    const auto changes = store->ReadChanges(round, 10);
    ASSERT_TRUE(changes.ok());
    ASSERT_EQ(changes->changes.size(), 1u);
    EXPECT_EQ(changes->changes[0].revision, round + 1);
    AwaitAtLeast(shared->acknowledged, round + 1);
  }
  EXPECT_EQ(writer.Wait(), 0);
}

// ---- fork()

TEST_F(SqliteStoreTest, AChildGetsErrorsAndTheParentGoesOn) {
  std::unique_ptr<SqliteStore> store = OpenSqlite(path_);
  ASSERT_TRUE(Try(*store, [&](Transaction& t) {
                t.PutCa(CaOf(a_, '1', Mode::kDefault));
              }).ok());
  ASSERT_TRUE(Look(*store, [](const RegistryView&) {}).ok());
  // One who waits and one who writes while it is forked.
  std::thread waiter(
      [&] { EXPECT_TRUE(store->AwaitChange(1, 60'000).value_or(false)); });
  std::promise<void> begun;
  std::promise<void> forked;
  std::thread writer([&] {
    EXPECT_TRUE(Try(*store, [&](Transaction& t) {
                  t.PutCa(CaOf(a_, '2', Mode::kDefault));
                  begun.set_value();
                  forked.get_future().wait();
                }).ok());
  });
  begun.get_future().wait();
  Child child([&] {
    const auto failed = [](const absl::Status& status) {
      return ErrorCodeOf(status) == ErrorCode::kInternalFailure;
    };
    int wrong = 0;
    wrong += !failed(Try(*store, [](Transaction&) { _exit(99); }));
    wrong += !failed(Look(*store, [](const RegistryView&) { _exit(98); }));
    wrong += !failed(store->ReadChanges(0, 1).status());
    wrong += !failed(store->AwaitChange(0, 60'000).status());
    store->Wake();
    wrong += !failed(TryToOpen(path_, StoreOptions::Check::kQuick));
    store.reset();
    wrong +=
        !failed(TryToOpen(folder_.File("new"), StoreOptions::Check::kQuick));
    return wrong;
  });
  EXPECT_EQ(child.Wait(), 0);
  forked.set_value();
  writer.join();
  waiter.join();
  EXPECT_TRUE(std::filesystem::exists(path_ + "-wal"));
  EXPECT_TRUE(Try(*store, [&](Transaction& t) {
                t.PutCa(CaOf(a_, '3', Mode::kDefault));
              }).ok());
  store.reset();
  EXPECT_TRUE(TryToOpen(path_, StoreOptions::Check::kQuick).ok());
}

TEST_F(SqliteStoreTest, AChildThatInheritedNoneOpensItsOwn) {
  OpenSqlite(path_);
  Child child([&] {
    return TryToOpen(path_, StoreOptions::Check::kQuick).ok() ? 0 : 1;
  });
  EXPECT_EQ(child.Wait(), 0);
}

}  // namespace
}  // namespace chainkeep::store
