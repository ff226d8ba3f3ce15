// Files that are cut short or of which bits have turned: they are told, or they
// say what they always said.

#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "chainkeep/status.h"
#include "gtest/gtest.h"
#include "tests/store/store_fixture.h"

namespace chainkeep::store {
namespace {

using Check = StoreOptions::Check;

std::string Contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void Write(const std::string& path, std::string_view contents) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << contents;
}

// A store with a few hundred rows, closed.
void Fill(const std::string& path) {
  const std::unique_ptr<SqliteStore> store = OpenSqlite(path);
  for (int account = 0; account < 8; ++account) {
    const Tenant tenant = TenantOf(absl::StrCat("account", account), "r1");
    ASSERT_TRUE(Try(*store, [&](Transaction& t) {
                  for (uint64_t i = 0; i < 40; ++i) {
                    t.PutCa(CaOf(tenant, IdOfNumber(i), Mode::kSniOnly));
                  }
                  for (const char digit : {'1', '2', '3', '4'}) {
                    const std::string name(1, digit);
                    t.PutCa(RichCa(tenant, digit));
                    DeviceRow device = RichDevice(tenant, digit);
                    device.mode = Mode::kSniOnly;
                    t.PutDevice(device);
                    t.PutCrls(CrlsOf(tenant, digit));
                    t.PutEndpoint(EndpointOf(
                        tenant, absl::StrCat("h", account, name, ".example")));
                    t.PutTemplate(TemplateOf(tenant, absl::StrCat("t", name)));
                  }
                  t.PutRegistrationCode(tenant, "code");
                }).ok());
  }
}

TEST(Damage, ATruncatedFileIsNotOpened) {
  TempFolder folder;
  const std::string path = folder.File("store");
  Fill(path);
  const std::string whole = Contents(path);
  ASSERT_GT(whole.size(), 100'000u);
  const std::string dump = Dump(*OpenSqlite(path));
  for (const size_t size :
       {whole.size() - 1, whole.size() - 4096, whole.size() / 2, size_t{8192},
        size_t{4097}, size_t{4096}, size_t{4095}, size_t{512}, size_t{100},
        size_t{99}, size_t{16}, size_t{2}}) {
    SCOPED_TRACE(size);
    for (const Check check : {Check::kQuick, Check::kWhole}) {
      Write(path, std::string_view(whole).substr(0, size));
      const absl::Status status = TryToOpen(path, check);
      EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kInternalFailure) << status;
      EXPECT_TRUE(absl::StrContains(status.message(), path)) << status;
    }
    // Nor is it made worse.
    EXPECT_TRUE(Contents(path) == whole.substr(0, size));
  }
  Write(path, whole);
  EXPECT_EQ(Dump(*OpenSqlite(path)), dump);
}

TEST(Damage, TurnedBitsAreFoundOrMeanNothing) {
  TempFolder folder;
  const std::string path = folder.File("store");
  Fill(path);
  const std::string whole = Contents(path);
  const std::string dump = Dump(*OpenSqlite(path));
  std::mt19937_64 random(99);
  int found = 0;
  int harmless = 0;
  constexpr int kFlips = 400;
  for (int flip = 0; flip < kFlips; ++flip) {
    std::string damaged = whole;
    // The header is small, and half of the trouble.
    const size_t at =
        flip % 4 == 0 ? random() % 100 : random() % damaged.size();
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
    SCOPED_TRACE(at);
    Write(path, damaged);
    std::filesystem::remove(path + "-wal");
    std::filesystem::remove(path + "-shm");
    auto store = SqliteStore::Open({.path = path, .check = Check::kWhole});
    if (!store.ok()) {
      EXPECT_EQ(ErrorCodeOf(store.status()), ErrorCode::kInternalFailure)
          << store.status();
      ++found;
      continue;
    }
    EXPECT_EQ(Dump(**store), dump);
    ++harmless;
  }
  // Most of a file is used.
  EXPECT_GT(found, kFlips / 4);
  RecordProperty("found", found);
  RecordProperty("harmless", harmless);
}

// Without the whole check rows may be missing, but whatever is read is right.
TEST(Damage, WhatIsReadOfADamagedFileIsRight) {
  TempFolder folder;
  const std::string path = folder.File("store");
  Fill(path);
  const std::string whole = Contents(path);
  const std::string dump = Dump(*OpenSqlite(path));
  const std::set<std::string> lines = absl::StrSplit(dump, '\n');
  std::mt19937_64 random(101);
  int told = 0;
  for (int flip = 0; flip < 200; ++flip) {
    std::string damaged = whole;
    const size_t at = 100 + random() % (damaged.size() - 100);
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
    SCOPED_TRACE(at);
    Write(path, damaged);
    auto store = SqliteStore::Open({.path = path});
    if (!store.ok()) continue;
    const std::string read = Dump(**store);
    if (absl::StartsWith(read, "unreadable: INTERNAL")) {
      ++told;
    } else {
      for (const std::string_view line : absl::StrSplit(read, '\n')) {
        EXPECT_TRUE(lines.contains(std::string(line))) << line;
      }
    }
    // A command on it ends in one way or the other.
    const Tenant tenant = TenantOf("account3", "r1");
    Try(**store, [&](Transaction& t) {
      t.PutCa(CaOf(tenant, IdOfNumber(999), Mode::kDefault));
      t.DeleteCa({tenant, IdOfNumber(random() % 40)});
    }).IgnoreError();
  }
  EXPECT_GT(told, 20);
}

}  // namespace
}  // namespace chainkeep::store
