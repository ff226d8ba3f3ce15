// The CRLs of tenants, as the catalog shows them: whose, of which CA, and under
// which trust version.

#include <array>
#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/catalog/catalog.h"
#include "engine/revocation/crl_set.h"
#include "engine/revocation/loaded_crl.h"
#include "engine/signature/signed_id.h"
#include "gtest/gtest.h"
#include "tests/support/test_certificates.h"
#include "tests/support/test_crls.h"

namespace chainkeep::catalog {
namespace {

using revocation::CrlSet;
using revocation::LoadedCrl;
using test::CaSpec;
using test::CertificateSpec;
using test::MakeCertificate;
using test::TestCertificate;

const Region kEast = *Region::Parse("us-east-1");
const Region kWest = *Region::Parse("eu-west-1");
const Account kA = *Account::Parse("a");
const Account kB = *Account::Parse("b");

using Crls = std::vector<std::shared_ptr<const LoadedCrl>>;

// Each list of these tests names one serial number, and is known by it.
std::string SerialOf(int list) { return std::string(1, char(list)); }

class CatalogCrls : public testing::Test {
 protected:
  std::shared_ptr<const CaRecord> RecordOf(const TestCertificate& ca) {
    return *CaRecord::Make(ca.der);
  }
  Crls MakeList(const TestCertificate& ca, int list) {
    const auto record = RecordOf(ca);
    test::CrlSpec spec;
    spec.revoked = {{.serial = SerialOf(list)}};
    revocation::CrlLoad load = LoadedCrl::Load(
        test::MakeCrl(spec, ca), {record->certificate(), record->key()}, {});
    EXPECT_NE(load.crl, nullptr) << load.what;
    return {std::move(load.crl)};
  }
  absl::Status Replace(const Account& account, const TestCertificate& ca,
                       int list, const Region& region = kEast) {
    return catalog_.ReplaceCrls(account, region, RecordOf(ca),
                                MakeList(ca, list));
  }

  // Which list a set is; 0: none.
  static int ListOf(const CrlSet* set, const x509::Certificate& issuer) {
    if (set == nullptr) return 0;
    for (int list = 1; list <= kLists; ++list) {
      const std::string serial = SerialOf(list);
      if (set->Ask({.issuer = issuer.subject(),
                    .serial = AsBytes(serial),
                    .distribution_points = std::nullopt,
                    .now = test::kTestNow,
                    .max_age_seconds = std::nullopt})
              .status == revocation::RevocationStatus::kRevoked) {
        return list;
      }
    }
    return -1;
  }
  int Shown(const Account& account, const TestCertificate& ca,
            const Region& region = kEast) {
    const x509::Certificate issuer = *x509::Certificate::Parse(ca.bytes());
    path::Anchor anchor;
    anchor.account = &account;
    const Catalog::Pin pin = catalog_.Acquire();
    const CrlView view = pin.Crls(region);
    return ListOf(view.FindCrls(anchor, issuer).set, issuer);
  }
  uint64_t Version(const Account& account, const Region& region = kEast) {
    const Catalog::Pin pin = catalog_.Acquire();
    return pin.Crls(region).Version(account);
  }
  void Remove(const Account& account, const TestCertificate& ca,
              const Region& region = kEast) {
    catalog_.RemoveCrls(
        account, region,
        signature::ComputeCaId(*x509::Certificate::Parse(ca.bytes())));
  }

  static constexpr int kLists = 6;

  Catalog catalog_;
  const TestCertificate ca_ = MakeCertificate(CaSpec("CA"), nullptr);
  const TestCertificate same_name_ = MakeCertificate(CaSpec("CA"), nullptr);
};

TEST_F(CatalogCrls, AreShownToTheirTenantAlone) {
  EXPECT_EQ(Shown(kA, ca_), 0);
  ASSERT_TRUE(Replace(kA, ca_, 1).ok());
  ASSERT_TRUE(Replace(kB, ca_, 2).ok());
  ASSERT_TRUE(Replace(kA, ca_, 3, kWest).ok());
  EXPECT_EQ(Shown(kA, ca_), 1);
  EXPECT_EQ(Shown(kB, ca_), 2);
  EXPECT_EQ(Shown(kA, ca_, kWest), 3);
  EXPECT_EQ(Shown(kB, ca_, kWest), 0);
  Remove(kA, ca_);
  EXPECT_EQ(Shown(kA, ca_), 0);
  EXPECT_EQ(Shown(kB, ca_), 2);
  EXPECT_EQ(Shown(kA, ca_, kWest), 3);
}

// What was found before a change bears the version of before: an answer that is
// made of it cannot be taken for one of the lists that have come since, at
// whatever moment they come.
TEST_F(CatalogCrls, AreFoundWithTheVersionOfTheirOwnState) {
  const x509::Certificate issuer = *x509::Certificate::Parse(ca_.bytes());
  const Catalog::Pin pin = catalog_.Acquire();
  const CrlView view = pin.Crls(kEast);
  path::Anchor anchor;
  anchor.account = &kA;
  path::FoundCrls before = view.FindCrls(anchor, issuer);
  EXPECT_EQ(before.set, nullptr);
  EXPECT_EQ(before.version, 0u);
  for (int list = 1; list <= kLists; ++list) {
    ASSERT_TRUE(Replace(kA, list % 2 == 0 ? ca_ : same_name_, list).ok());
    EXPECT_NE(view.Version(kA), before.version);
    const path::FoundCrls now = view.FindCrls(anchor, issuer);
    EXPECT_EQ(now.version, view.Version(kA));
    EXPECT_EQ(ListOf(now.set, issuer), list / 2 * 2);
    before = now;
  }
}

// A CA is its name and its key: neither alone, and whatever the certificate.
TEST_F(CatalogCrls, BelongToANameAndAKey) {
  CertificateSpec spec = CaSpec("CA");
  spec.key = ca_.key.get();
  const TestCertificate reissued = MakeCertificate(spec, nullptr);
  spec = CaSpec("another CA");
  spec.key = ca_.key.get();
  const TestCertificate same_key = MakeCertificate(spec, nullptr);
  ASSERT_TRUE(Replace(kA, ca_, 1).ok());
  EXPECT_EQ(Shown(kA, reissued), 1);
  EXPECT_EQ(Shown(kA, same_name_), 0);
  EXPECT_EQ(Shown(kA, same_key), 0);
  ASSERT_TRUE(Replace(kA, same_name_, 2).ok());
  ASSERT_TRUE(Replace(kA, same_key, 3).ok());
  ASSERT_TRUE(Replace(kA, reissued, 4).ok());
  EXPECT_EQ(Shown(kA, ca_), 4);
  EXPECT_EQ(Shown(kA, same_name_), 2);
  EXPECT_EQ(Shown(kA, same_key), 3);
  Remove(kA, ca_);
  EXPECT_EQ(Shown(kA, ca_), 0);
  EXPECT_EQ(Shown(kA, reissued), 0);
  EXPECT_EQ(Shown(kA, same_name_), 2);
}

// Decision 8: also when what is shown becomes what it was before.
TEST_F(CatalogCrls, EveryChangeOfATenantsHasAVersionOfItsOwn) {
  EXPECT_EQ(Version(kA), 0u);
  uint64_t last = 0;
  const auto expect_new = [&] {
    EXPECT_GT(Version(kA), last);
    last = Version(kA);
  };
  ASSERT_TRUE(Replace(kA, ca_, 1).ok());
  expect_new();
  ASSERT_TRUE(Replace(kA, ca_, 1).ok());
  expect_new();
  ASSERT_TRUE(Replace(kA, same_name_, 2).ok());
  expect_new();
  Remove(kA, ca_);
  expect_new();
  ASSERT_TRUE(catalog_.ReplaceCrls(kA, kEast, RecordOf(same_name_), {}).ok());
  expect_new();
  // Nobody else's, and nothing that changes nothing.
  Remove(kA, ca_);
  ASSERT_TRUE(Replace(kB, ca_, 1).ok());
  ASSERT_TRUE(Replace(kA, ca_, 1, kWest).ok());
  EXPECT_EQ(Version(kA), last);
}

TEST_F(CatalogCrls, OfSoManyCasAndNoMore) {
  const auto record_of = [&](size_t i) {
    CertificateSpec spec = CaSpec(absl::StrCat("CA ", i));
    spec.key = ca_.key.get();
    return MakeCertificate(spec, nullptr);
  };
  for (size_t i = 0; i < Catalog::kMaxCasWithCrls; ++i) {
    ASSERT_TRUE(Replace(kA, record_of(i), 1).ok()) << i;
  }
  const uint64_t version = Version(kA);
  EXPECT_EQ(ErrorCodeOf(Replace(kA, ca_, 2)), ErrorCode::kLimitExceeded);
  EXPECT_EQ(Version(kA), version);
  EXPECT_EQ(Shown(kA, ca_), 0);
  // What is there can be replaced, and makes room when it goes.
  const TestCertificate last = record_of(Catalog::kMaxCasWithCrls - 1);
  EXPECT_TRUE(Replace(kA, last, 3).ok());
  EXPECT_EQ(Shown(kA, last), 3);
  EXPECT_TRUE(Replace(kB, ca_, 1).ok());
  ASSERT_TRUE(catalog_.ReplaceCrls(kA, kEast, RecordOf(last), {}).ok());
  EXPECT_TRUE(Replace(kA, ca_, 2).ok());
}

// What a reader finds between two looks at the version that are the same, is
// what was published under it; and it can be read until the pin is gone.
TEST_F(CatalogCrls, ReadersSeeWhatTheVersionSays) {
  const x509::Certificate issuer = *x509::Certificate::Parse(ca_.bytes());
  const auto record = RecordOf(ca_);
  std::vector<Crls> lists(kLists + 1);
  for (int list = 1; list <= kLists; ++list) lists[list] = MakeList(ca_, list);
  std::atomic<bool> stop = false;
  std::atomic<int> looks = 0;
  std::atomic<uint64_t> done = 0;  // the version of a change that has returned
  struct Seen {
    std::map<uint64_t, int> lists;
    int wrong = 0;
  };
  std::array<Seen, 2> seen;
  std::vector<std::thread> readers;
  for (Seen& own : seen) {
    readers.emplace_back([&] {
      path::Anchor anchor;
      anchor.account = &kA;
      while (!stop) {
        const uint64_t before = done;
        const Catalog::Pin pin = catalog_.Acquire();
        const CrlView view = pin.Crls(kEast);
        const path::FoundCrls found = view.FindCrls(anchor, issuer);
        ++looks;
        if (found.version < before) ++own.wrong;
        const int list = ListOf(found.set, issuer);
        const auto known = own.lists.emplace(found.version, list).first;
        if (known->second != list) ++own.wrong;
      }
    });
  }
  std::map<uint64_t, int> published = {{0, 0}};
  for (int i = 0; i < 2000 || looks < 2000; ++i) {
    // The lists themselves are freed with the last set that has them.
    const int list = i % (kLists + 1);
    if (list == 0) {
      Remove(kA, ca_);
    } else {
      if (i % 50 == 0) lists[list] = MakeList(ca_, list);
      ASSERT_TRUE(catalog_.ReplaceCrls(kA, kEast, record, lists[list]).ok());
    }
    const uint64_t version = Version(kA);
    published[version] = list;
    done = version;
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  for (const Seen& own : seen) {
    EXPECT_EQ(own.wrong, 0);
    for (const auto& [version, list] : own.lists) {
      const auto found = published.find(version);
      ASSERT_NE(found, published.end()) << version;
      EXPECT_EQ(found->second, list) << version;
    }
  }
}

// L7: what waits for readers counts the bytes of the lists, and of those alone
// that go.
TEST_F(CatalogCrls, WhatIsReplacedCountsItsBytes) {
  Crls lists;
  for (const int list : {1, 2}) {
    lists.push_back(MakeList(ca_, list).front());
  }
  const size_t first = lists[0]->memory();
  const auto record = RecordOf(ca_);
  ASSERT_TRUE(catalog_.ReplaceCrls(kA, kEast, record, lists).ok());
  const uint64_t before = catalog_.GetHeld().bytes;
  std::thread reader;
  std::promise<void> is_pinned, may_go;
  reader = std::thread([&] {
    const Catalog::Pin pin = catalog_.Acquire();
    is_pinned.set_value();
    may_go.get_future().wait();
  });
  is_pinned.get_future().wait();
  // One of the two stays.
  ASSERT_TRUE(catalog_.ReplaceCrls(kA, kEast, record, {lists[1]}).ok());
  const uint64_t one = catalog_.GetHeld().bytes;
  EXPECT_GE(one, before + first);
  EXPECT_LT(one, before + first + lists[1]->memory() + record->memory() + 1000);
  Remove(kA, ca_);
  EXPECT_GE(catalog_.GetHeld().bytes, one + lists[1]->memory());
  may_go.set_value();
  reader.join();
  EXPECT_EQ(catalog_.GetHeld().bytes, 0u);
}

// Likewise a certificate, with its name and its key.
TEST_F(CatalogCrls, AWithdrawnCaCountsItsCertificate) {
  const auto record = RecordOf(ca_);
  ASSERT_TRUE(
      catalog_.Publish({kA, kEast, Mode::kSniOnly}, record, CaStatus::kActive)
          .ok());
  std::promise<void> is_pinned, may_go;
  std::thread reader([&] {
    const Catalog::Pin pin = catalog_.Acquire();
    is_pinned.set_value();
    may_go.get_future().wait();
  });
  is_pinned.get_future().wait();
  const uint64_t before = catalog_.GetHeld().bytes;
  ASSERT_TRUE(catalog_.Withdraw(kA, kEast, record->id()).ok());
  EXPECT_GE(catalog_.GetHeld().bytes, before + record->memory());
  EXPECT_GE(record->memory(), ca_.der.size());
  may_go.set_value();
  reader.join();
}

}  // namespace
}  // namespace chainkeep::catalog
