// A process that is killed at any moment leaves what it had acknowledged, and
// of what it was at, all or nothing.

#include <unistd.h>

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/store/store_fixture.h"

namespace chainkeep::store {
namespace {

constexpr uint64_t kRegistrations = 1000;

Tenant TheTenant() { return TenantOf("a", "r1"); }

// Registration `n` is a CA, its number as a registration code, and a change;
// each twentieth comes with more CAs, so that it takes its time.
absl::Status Register(SqliteStore& store, uint64_t n) {
  return Try(store, [&](Transaction& t) {
    t.PutCa(CaOf(TheTenant(), IdOfNumber(n), Mode::kDefault));
    if (n % 20 == 0) {
      for (uint64_t i = 1; i < 100; ++i) {
        t.PutCa(CaOf(TheTenant(), IdOfNumber(n * 1000 + i), Mode::kSniOnly));
      }
    }
    t.PutRegistrationCode(TheTenant(), absl::StrCat(n));
  });
}

uint64_t CasOf(uint64_t registrations) {
  return registrations + registrations / 20 * 99;
}

// Registers from `first` on, and writes the number of each to `pipe` once it is
// acknowledged.
int RegisterFrom(const std::string& path, uint64_t first, int pipe) {
  const auto store = SqliteStore::Open({.path = path});
  if (!store.ok()) return 1;
  for (uint64_t n = first; n <= kRegistrations; ++n) {
    if (!Register(**store, n).ok()) return 2;
    if (write(pipe, &n, sizeof(n)) != sizeof(n)) return 3;
  }
  return 0;
}

// How many registrations are there: whole ones, and nothing else.
uint64_t CountRegistrations(const std::string& path) {
  uint64_t count = 0;
  uint64_t cas = 0;
  const std::unique_ptr<SqliteStore> store =
      OpenSqlite(path, StoreOptions::Check::kQuick);
  if (store == nullptr) return 0;
  EXPECT_TRUE(
      Look(*store, [&](const RegistryView& view) {
        const auto code = view.FindRegistrationCode(TheTenant());
        if (code) count = std::stoull(*code);
        for (uint64_t n = 1; n <= count; ++n) {
          EXPECT_TRUE(view.FindCa({TheTenant(), IdOfNumber(n)}).has_value());
        }
        EXPECT_TRUE(view.ForEachCa([&](const CaRow&) {
                          ++cas;
                          return absl::OkStatus();
                        })
                        .ok());
        EXPECT_EQ(view.revision(), CasOf(count));
      }).ok());
  EXPECT_EQ(cas, CasOf(count));
  return count;
}

TEST(Crash, AKilledProcessLosesNothingItAcknowledged) {
  TempFolder folder;
  const std::string path = folder.File("store");
  std::mt19937_64 random(7);
  uint64_t there = 0;
  int kills = 0;
  while (there < kRegistrations) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    uint64_t acknowledged = there;
    {
      Child child([&] { return RegisterFrom(path, there + 1, ends[1]); });
      close(ends[1]);
      // From before it has opened the file to some registrations later; if it
      // is slow, ever later.
      std::this_thread::sleep_for(
          std::chrono::microseconds(random() % (8000 + 20 * kills)));
      child.Kill();
      kills += child.Wait() == -1;
    }
    uint64_t n = 0;
    while (read(ends[0], &n, sizeof(n)) == sizeof(n)) acknowledged = n;
    close(ends[0]);
    there = CountRegistrations(path);
    ASSERT_GE(there, acknowledged);
    // One may have happened that nobody was told of.
    ASSERT_LE(there, acknowledged + 1);
  }
  EXPECT_GT(kills, 20);
  EXPECT_TRUE(TryToOpen(path, StoreOptions::Check::kWhole).ok());
  RecordProperty("kills", kills);
}

}  // namespace
}  // namespace chainkeep::store
