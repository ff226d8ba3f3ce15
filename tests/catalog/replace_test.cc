// What comes in another's place: after any of it the catalog shows what a map
// would hold, and who looks meanwhile finds the one or the other.

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <tuple>
#include <utility>

#include "chainkeep/certificate.h"
#include "engine/catalog/catalog.h"
#include "engine/x509/certificate.h"
#include "gtest/gtest.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::catalog {
namespace {

using test::CaSpec;
using test::LeafSpec;
using test::MakeCertificate;
using test::TestCertificate;

class ReplaceTest : public testing::Test {
 protected:
  static constexpr size_t kAccounts = 3;
  // Two of one subject, and one.
  static constexpr size_t kCas = 3;

  Scope ScopeOf(size_t account, Mode mode) const {
    return {accounts_[account], region_, mode};
  }
  CertificateId IdOf(size_t ca) const {
    return ComputeCertificateId(cas_[ca]->bytes());
  }
  // Where CAs do for devices.
  SignedId SignedOf(size_t ca) const { return SignedId(IdOf(ca).bytes()); }
  DeviceData DeviceOf(size_t device, Mode mode, DeviceStatus status,
                      const CertificateId& ca) const {
    return {.signed_id = SignedOf(device),
            .id = IdOf(device),
            .mode = mode,
            .status = status,
            .ca = ca};
  }
  std::shared_ptr<const CaRecord> RecordOf(size_t ca) {
    return *catalog_.Record(cas_[ca]->der);
  }

  const std::array<Account, kAccounts> accounts_ = {
      *Account::Parse("a"), *Account::Parse("b"), *Account::Parse("c")};
  const Region region_ = *Region::Parse("us-east-1");
  const TestCertificate one_ = MakeCertificate(CaSpec("CA"), nullptr);
  const TestCertificate other_ = MakeCertificate(CaSpec("CA"), nullptr);
  const TestCertificate third_ = MakeCertificate(CaSpec("third"), nullptr);
  const std::array<const TestCertificate*, kCas> cas_ = {&one_, &other_,
                                                         &third_};
  Catalog catalog_;
};

// The account that has a certificate in mode DEFAULT loses it to who comes.
template <typename Map>
void TakeDefault(Map* map, size_t account, size_t certificate) {
  std::erase_if(*map, [&](const auto& entry) {
    return entry.first.second == certificate && entry.first.first != account &&
           entry.second.first == Mode::kDefault;
  });
}

TEST_F(ReplaceTest, AfterAnyChangesRegistrationsAreWhatAMapHolds) {
  std::map<std::pair<size_t, size_t>, std::pair<Mode, CaStatus>> expected;
  std::mt19937 random(7);
  const auto below = [&](size_t end) { return random() % end; };
  for (int round = 0; round < 3000; ++round) {
    SCOPED_TRACE(round);
    const size_t account = below(kAccounts), ca = below(kCas);
    const Mode mode = below(2) == 0 ? Mode::kDefault : Mode::kSniOnly;
    const CaStatus status =
        below(2) == 0 ? CaStatus::kActive : CaStatus::kInactive;
    if (below(4) == 0) {
      EXPECT_EQ(catalog_.Withdraw(accounts_[account], region_, IdOf(ca)).ok(),
                expected.erase({account, ca}) == 1);
    } else {
      catalog_.Replace(ScopeOf(account, mode), RecordOf(ca), status);
      if (mode == Mode::kDefault) TakeDefault(&expected, account, ca);
      expected[{account, ca}] = {mode, status};
    }
    EXPECT_EQ(catalog_.registrations(), expected.size());
    const Catalog::Pin pin = catalog_.Acquire();
    for (size_t c = 0; c < kCas; ++c) {
      std::optional<size_t> holder;
      bool is_sni_only = false;
      for (size_t a = 0; a < kAccounts; ++a) {
        const auto found = expected.find({a, c});
        const auto shown =
            catalog_.FindRegistration(accounts_[a], region_, IdOf(c));
        ASSERT_EQ(shown.has_value(), found != expected.end());
        if (!shown) continue;
        EXPECT_EQ(shown->mode, found->second.first);
        EXPECT_EQ(shown->status, found->second.second);
        if (shown->mode == Mode::kDefault) holder = a;
        is_sni_only |= shown->mode == Mode::kSniOnly;
      }
      path::Anchor anchor;
      ASSERT_EQ(pin.View(region_).FindById(IdOf(c), &anchor),
                holder.has_value());
      if (holder) {
        EXPECT_EQ(*anchor.account, accounts_[*holder]);
      }
      const auto parsed = x509::Certificate::Parse(cas_[c]->bytes());
      if (c == 2) {
        EXPECT_EQ(pin.HasSniOnlyIssuer(region_, parsed->subject()),
                  is_sni_only);
      }
      std::array<path::Anchor, 8> anchors;
      size_t defaults = 0;
      for (const auto& [key, value] : expected) {
        defaults +=
            value.first == Mode::kDefault && (key.second < 2) == (c < 2);
      }
      EXPECT_EQ(pin.View(region_).FindIssuers(parsed->subject(), {}, anchors),
                defaults);
    }
  }
}

TEST_F(ReplaceTest, AfterAnyChangesDevicesAreWhatAMapHolds) {
  using Value = std::pair<Mode, std::pair<DeviceStatus, size_t>>;
  std::map<std::pair<size_t, size_t>, Value> expected;
  std::mt19937 random(8);
  const auto below = [&](size_t end) { return random() % end; };
  constexpr DeviceStatus kStatuses[] = {DeviceStatus::kActive,
                                        DeviceStatus::kRevoked};
  for (int round = 0; round < 3000; ++round) {
    SCOPED_TRACE(round);
    // The ids of CAs do for devices.
    const size_t account = below(kAccounts), device = below(2);
    const Mode mode = below(2) == 0 ? Mode::kDefault : Mode::kSniOnly;
    const DeviceStatus status = kStatuses[below(2)];
    const size_t ca = below(kCas);
    if (below(4) == 0) {
      EXPECT_EQ(
          catalog_.RemoveDevice(accounts_[account], region_, SignedOf(device))
              .ok(),
          expected.erase({account, device}) == 1);
    } else {
      catalog_.ReplaceDevice(accounts_[account], region_,
                             DeviceOf(device, mode, status, IdOf(ca)));
      if (mode == Mode::kDefault) TakeDefault(&expected, account, device);
      expected[{account, device}] = {mode, {status, ca}};
    }
    EXPECT_EQ(catalog_.devices(), expected.size());
    for (size_t a = 0; a < kAccounts; ++a) {
      for (size_t d = 0; d < 2; ++d) {
        const auto found = expected.find({a, d});
        const auto shown =
            catalog_.FindDevice(accounts_[a], region_, SignedOf(d));
        ASSERT_EQ(shown.has_value(), found != expected.end());
        if (!shown) continue;
        EXPECT_EQ(shown->mode, found->second.first);
        EXPECT_EQ(shown->status, found->second.second.first);
        EXPECT_EQ(shown->ca, IdOf(found->second.second.second));
      }
    }
  }
}

// From account to account and back: the region has one all the time.
TEST_F(ReplaceTest, WhoLooksMeanwhileFindsTheOneOrTheOther) {
  catalog_.Replace(ScopeOf(0, Mode::kDefault), RecordOf(0),
                   CaStatus::kInactive);
  catalog_.ReplaceDevice(
      accounts_[0], region_,
      DeviceOf(0, Mode::kDefault, DeviceStatus::kRevoked, {}));
  std::atomic<bool> is_over = false;
  std::atomic<int> looks = 0, missing = 0;
  std::thread reader([&] {
    while (!is_over) {
      const Catalog::Pin pin = catalog_.Acquire();
      path::Anchor anchor;
      if (!pin.View(region_).FindById(IdOf(0), &anchor)) ++missing;
      if (!pin.FindDevice(region_, SignedOf(0), IdOf(0))) ++missing;
      ++looks;
    }
  });
  while (looks == 0) std::this_thread::yield();
  for (size_t i = 1; i < 3000; ++i) {
    catalog_.Replace(ScopeOf(i % kAccounts, Mode::kDefault), RecordOf(0),
                     CaStatus::kInactive);
    catalog_.ReplaceDevice(
        accounts_[i % kAccounts], region_,
        DeviceOf(0, Mode::kDefault, DeviceStatus::kRevoked, IdOf(i % kCas)));
  }
  is_over = true;
  reader.join();
  EXPECT_EQ(missing, 0);
  EXPECT_EQ(catalog_.registrations(), 1u);
  EXPECT_EQ(catalog_.records(), 1u);
  EXPECT_EQ(catalog_.devices(), 1u);
}

// From mode to mode: the account has one all the time.
TEST_F(ReplaceTest, AnAccountFindsItsDeviceWhileItsModeChanges) {
  const auto replace = [&](size_t i) {
    catalog_.ReplaceDevice(
        accounts_[0], region_,
        DeviceOf(0, i % 2 == 0 ? Mode::kDefault : Mode::kSniOnly,
                 DeviceStatus::kRevoked, {}));
  };
  replace(0);
  std::atomic<bool> is_over = false;
  std::atomic<int> looks = 0, missing = 0;
  std::thread reader([&] {
    while (!is_over) {
      if (!catalog_.FindDevice(accounts_[0], region_, SignedOf(0))) ++missing;
      ++looks;
    }
  });
  while (looks == 0) std::this_thread::yield();
  for (size_t i = 1; i < 100'000; ++i) replace(i);
  is_over = true;
  reader.join();
  EXPECT_EQ(missing, 0);
}

}  // namespace
}  // namespace chainkeep::catalog
