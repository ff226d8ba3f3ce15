// Readers and writers of the same devices at full speed.
//
// What a reader may rely on, whatever the writers do at that moment:
//
//  1. Account, mode, status and CA are those that were put under the version
//     that they are seen with (decision 8).
//  2. What a change has put an end to is not seen once it has returned.
//  3. Without a tenant only mode DEFAULT is seen, and with one only its own
//     (R82), of a device that a region may have once and many accounts more.
//
// Readers keep what they saw and the writers what they put; the two are
// compared when all have come to their end.

#include <malloc.h>

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "engine/catalog/catalog.h"
#include "gtest/gtest.h"
#include "tests/memory/sanitizer.h"
#include "tests/sni/resolved.h"

namespace chainkeep::catalog {
namespace {

constexpr auto kDuration = std::chrono::seconds(1);
constexpr int kAccounts = 2;
constexpr int kDevices = 3;

SignedId SignedOf(const CertificateId& id) { return SignedId(id.bytes()); }

CertificateId IdOf(std::string_view text) {
  return ComputeCertificateId(AsBytes(text));
}

struct Put {
  int account;
  int device;
  Mode mode;
  DeviceStatus status;
  CertificateId ca;

  friend bool operator==(const Put&, const Put&) = default;
};
using Puts = std::map<uint64_t, Put>;  // by version

class DeviceStress : public testing::Test {
 protected:
  DeviceStress() {
    for (int i = 0; i < kDevices; ++i) {
      devices_.push_back(IdOf(absl::StrCat("device ", i)));
    }
    for (int i = 0; i < kAccounts; ++i) {
      accounts_.push_back(*Account::Parse(absl::StrCat("a", i)));
      const auto host = *sni::HostName::Parse(absl::StrCat("h", i, ".example"));
      catalog_.endpoints().Put(host,
                               {.account = accounts_[i], .region = region_}, 1);
      tenants_.push_back(*test::Resolve(catalog_, region_, host).tenant);
    }
  }

  // One thread for each account, all about the same devices.
  void Write(int account, Puts* puts) {
    constexpr DeviceStatus kStatuses[] = {
        DeviceStatus::kActive, DeviceStatus::kInactive, DeviceStatus::kRevoked,
        DeviceStatus::kPendingActivation};
    std::mt19937 dice(account);
    std::array<std::optional<Put>, kDevices> held;
    while (!stop_) {
      const int device = static_cast<int>(dice() % kDevices);
      std::optional<Put>& own = held[device];
      if (own && dice() % 3 == 0) {
        const uint64_t before = catalog_.NextVersion();
        if (!catalog_
                 .RemoveDevice(accounts_[account], region_,
                               SignedOf(devices_[device]))
                 .ok()) {
          ++wrong_;
        }
        own.reset();
        gone_[account][device] = before;
        continue;
      }
      Put put{.account = account,
              .device = device,
              .mode = dice() % 2 == 0 ? Mode::kDefault : Mode::kSniOnly,
              .status = kStatuses[dice() % std::size(kStatuses)],
              .ca = {}};
      if (dice() % 2 == 0) put.ca = IdOf(absl::StrCat("CA ", dice() % 2));
      if (own) {
        put.mode = own->mode;
        put.ca = own->ca;
      }
      const uint64_t before = catalog_.NextVersion();
      const absl::Status is_put =
          catalog_.PutDevice(accounts_[account], region_,
                             {.signed_id = SignedOf(devices_[device]),
                              .id = devices_[device],
                              .mode = put.mode,
                              .status = put.status,
                              .ca = put.ca});
      // Another account may have it in mode DEFAULT.
      if (!is_put.ok()) {
        if (own || put.mode == Mode::kSniOnly) ++wrong_;
        continue;
      }
      own = put;
      const Catalog::Pin pin = catalog_.Acquire();
      const auto view =
          pin.FindDevice(tenants_[account], SignedOf(devices_[device]));
      if (!view || view->version <= before) {
        ++wrong_;
        continue;
      }
      puts->emplace(view->version, put);
      gone_[account][device] = before;
    }
  }

  void Read(int seed, Puts* seen) {
    std::mt19937 dice(seed);
    while (!stop_) {
      ++looks_;
      const int device = static_cast<int>(dice() % kDevices);
      const int account = static_cast<int>(dice() % kAccounts);
      const bool without_tenant = dice() % 2 == 0;
      // Of either account: whose it is, is only known when it has been found.
      std::array<uint64_t, kAccounts> gone;
      for (int i = 0; i < kAccounts; ++i) gone[i] = gone_[i][device];
      const Catalog::Pin pin = catalog_.Acquire();
      const auto view =
          without_tenant
              ? pin.FindDevice(region_, SignedOf(devices_[device]),
                               devices_[device])
              : pin.FindDevice(tenants_[account], SignedOf(devices_[device]));
      if (!view) continue;
      const Put put{.account = *view->account == accounts_[0] ? 0 : 1,
                    .device = device,
                    .mode = view->mode,
                    .status = view->status,
                    .ca = view->ca};
      if (view->version <= gone[put.account]) ++wrong_;
      if (without_tenant ? put.mode != Mode::kDefault
                         : put.account != account) {
        ++wrong_;
      }
      if (seen->emplace(view->version, put).first->second != put) ++wrong_;
    }
  }

  const Region region_ = *Region::Parse("us-east-1");
  std::vector<Account> accounts_;
  std::vector<CertificateId> devices_;
  std::vector<sni::ResolvedTenant> tenants_;
  Catalog catalog_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> wrong_ = 0;
  std::atomic<int> looks_ = 0;
  // A version of before the last change: what was seen under it, or an earlier
  // one, is not to be seen again.
  std::array<std::array<std::atomic<uint64_t>, kDevices>, kAccounts> gone_ = {};
};

TEST_F(DeviceStress, R103_ReadersBesideTwoWritersOfTheSameDevices) {
  std::array<Puts, kAccounts> puts;
  std::array<Puts, 2> seen;
  std::vector<std::thread> threads;
  for (int i = 0; i < kAccounts; ++i) {
    threads.emplace_back([&, i] { Write(i, &puts[i]); });
  }
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] { Read(i, &seen[i]); });
  }
  const auto end = std::chrono::steady_clock::now() + kDuration;
  while (std::chrono::steady_clock::now() < end || looks_ < 1000) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  stop_ = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong_, 0);
  for (const Puts& own : seen) {
    for (const auto& [version, put] : own) {
      const auto found = puts[put.account].find(version);
      ASSERT_NE(found, puts[put.account].end()) << version;
      EXPECT_EQ(found->second, put) << version;
    }
  }
  for (const Puts& own : puts) EXPECT_GT(own.size(), 100u);
}

// Devices outlive the registrations of their CAs, and so do the ids of those:
// as long as a device does, and no longer.
TEST_F(DeviceStress, IdsOfCasGoWithTheirLastDevice) {
  if (memory::kSanitizer != memory::Sanitizer::kNone) {
    GTEST_SKIP() << "another allocator";
  }
  const auto come_and_go = [&](int from, int to) {
    for (int i = from; i < to; ++i) {
      ASSERT_TRUE(catalog_
                      .PutDevice(accounts_[0], region_,
                                 {.signed_id = SignedOf(devices_[0]),
                                  .id = devices_[0],
                                  .mode = Mode::kSniOnly,
                                  .status = DeviceStatus::kActive,
                                  .ca = IdOf(absl::StrCat("CA ", i))})
                      .ok());
      ASSERT_TRUE(
          catalog_.RemoveDevice(accounts_[0], region_, SignedOf(devices_[0]))
              .ok());
    }
  };
  come_and_go(0, 1000);
  const size_t before = mallinfo2().uordblks;
  come_and_go(1000, 21000);
  // A tenth of what 20 000 ids are.
  EXPECT_LT(mallinfo2().uordblks, before + 20000 * 32 / 10);
  EXPECT_EQ(catalog_.devices(), 0u);
}

}  // namespace
}  // namespace chainkeep::catalog
