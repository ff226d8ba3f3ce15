#include "engine/catalog/catalog.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/catalog/registration_index.h"
#include "engine/memory/hash.h"
#include "gtest/gtest.h"
#include "tests/sni/resolved.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::catalog {
namespace {

using test::CaSpec;
using test::CertificateSpec;
using test::MakeCertificate;
using test::TestCertificate;

const Region kEast = *Region::Parse("us-east-1");
const Region kWest = *Region::Parse("eu-west-1");

Account AccountOf(int i) { return *Account::Parse("a" + std::to_string(i)); }

Scope DefaultScope(const Account& account, const Region& region = kEast) {
  return {account, region, Mode::kDefault};
}
Scope SniOnlyScope(const Account& account, const Region& region = kEast) {
  return {account, region, Mode::kSniOnly};
}

class CatalogTest : public testing::Test {
 protected:
  void Publish(const Scope& scope, const TestCertificate& ca,
               CaStatus status = CaStatus::kActive) {
    auto record = catalog_.Record(ca.der);
    ASSERT_TRUE(record.ok());
    ASSERT_TRUE(catalog_.Publish(scope, *record, status).ok());
  }

  // The accounts of what a view shows for the issuer `ca`, in its order.
  std::vector<std::string> Issuers(const path::AnchorSource& view,
                                   const TestCertificate& ca,
                                   Bytes key_id = {}) {
    std::array<path::Anchor, 8> anchors;
    const auto parsed = x509::Certificate::Parse(ca.bytes());
    const size_t count = view.FindIssuers(parsed->subject(), key_id, anchors);
    std::vector<std::string> accounts;
    for (size_t i = 0; i < count; ++i) {
      accounts.emplace_back(anchors[i].account->text());
    }
    return accounts;
  }

  std::vector<std::string> InDefault(const TestCertificate& ca,
                                     const Region& region = kEast) {
    const Catalog::Pin pin = catalog_.Acquire();
    return Issuers(pin.View(region), ca);
  }

  // As a handshake gets there: by a name that resolves to the account.
  std::vector<std::string> InTenant(const Account& account,
                                    const TestCertificate& ca) {
    const auto name = sni::HostName::Parse("x.example");
    catalog_.endpoints().Put(*name, {.account = account, .region = kEast},
                             catalog_.NextVersion());
    const test::Resolved resolution = test::Resolve(catalog_, kEast, *name);
    const Catalog::Pin pin = catalog_.Acquire();
    return Issuers(pin.View(*resolution.tenant), ca);
  }

  Catalog catalog_;
  const TestCertificate ca_ = MakeCertificate(CaSpec("CA"), nullptr);
  const CertificateId id_ = ComputeCertificateId(ca_.bytes());
};

using Accounts = std::vector<std::string>;

TEST_F(CatalogTest, R82_SniOnlyIsNotShownWithoutATenant) {
  Publish(SniOnlyScope(AccountOf(1)), ca_);
  EXPECT_EQ(InDefault(ca_), Accounts());
  EXPECT_EQ(InTenant(AccountOf(1), ca_), Accounts{"a1"});
  EXPECT_EQ(InTenant(AccountOf(2), ca_), Accounts());
  Publish(DefaultScope(AccountOf(2)), ca_);
  EXPECT_EQ(InDefault(ca_), Accounts{"a2"});
  EXPECT_EQ(InTenant(AccountOf(2), ca_), Accounts{"a2"});
  EXPECT_EQ(InTenant(AccountOf(1), ca_), Accounts{"a1"});

  const Catalog::Pin pin = catalog_.Acquire();
  path::Anchor anchor;
  EXPECT_TRUE(pin.View(kEast).FindById(id_, &anchor));
  EXPECT_EQ(anchor.state().mode, Mode::kDefault);
  EXPECT_FALSE(pin.View(kWest).FindById(id_, &anchor));
}

TEST_F(CatalogTest, DefaultRegistrationIsACheckedConversion) {
  const RegionRecord region{kEast, 1};
  const Tenant tenant(AccountOf(1), &region, 2);
  const auto converts = [&](Mode mode) {
    const Registration registration({
        .tenant = &tenant,
        .record = nullptr,
        .subject = nullptr,
        .age = 1,
        .state_word = RegistrationState{.mode = mode, .version = 1}.Pack(),
    });
    return DefaultRegistration::From(&registration).has_value();
  };
  EXPECT_FALSE(converts(Mode::kSniOnly));
  EXPECT_TRUE(converts(Mode::kDefault));
}

TEST_F(CatalogTest, SniOnlyIsToldToTheOperator) {
  const auto has = [&](const Region& region) {
    const Catalog::Pin pin = catalog_.Acquire();
    return pin.HasSniOnlyIssuer(
        region, x509::Certificate::Parse(ca_.bytes())->subject());
  };
  EXPECT_FALSE(has(kEast));
  Publish(SniOnlyScope(AccountOf(1)), ca_);
  Publish(SniOnlyScope(AccountOf(2)), ca_);
  EXPECT_TRUE(has(kEast));
  EXPECT_FALSE(has(kWest));
  ASSERT_TRUE(catalog_.Withdraw(AccountOf(1), kEast, id_).ok());
  EXPECT_TRUE(has(kEast));
  ASSERT_TRUE(catalog_.Withdraw(AccountOf(2), kEast, id_).ok());
  EXPECT_FALSE(has(kEast));
}

TEST_F(CatalogTest, RecordsAreSharedAndGoWithTheLastRegistration) {
  for (int i = 0; i < 1000; ++i) Publish(SniOnlyScope(AccountOf(i)), ca_);
  EXPECT_EQ(catalog_.registrations(), 1000u);
  EXPECT_EQ(catalog_.records(), 1u);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(catalog_.Withdraw(AccountOf(i), kEast, id_).ok());
  }
  EXPECT_EQ(catalog_.registrations(), 0u);
  EXPECT_EQ(catalog_.records(), 0u);
}

TEST_F(CatalogTest, KeyIdFirstThenOldestFirst) {
  std::vector<TestCertificate> cas;
  for (int i = 0; i < 4; ++i) {
    CertificateSpec spec = CaSpec("shared");
    spec.subject_key_id = i == 2 ? "wanted" : "other";
    cas.push_back(MakeCertificate(spec, nullptr));
    Publish(DefaultScope(AccountOf(i)), cas.back());
  }
  const auto order = [&](std::string_view key_id) {
    const Catalog::Pin pin = catalog_.Acquire();
    return Issuers(pin.View(kEast), cas[0], AsBytes(key_id));
  };
  EXPECT_EQ(order(""), (Accounts{"a0", "a1", "a2", "a3"}));
  EXPECT_EQ(order("wanted"), (Accounts{"a2", "a0", "a1", "a3"}));
  EXPECT_EQ(order("other"), (Accounts{"a0", "a1", "a3", "a2"}));
}

// Decision 5: who registers later cannot push out who came first.
TEST_F(CatalogTest, AFloodOfSameSubjectsDoesNotHideTheOldest) {
  CertificateSpec spec = CaSpec("victim");
  spec.subject_key_id = "id";
  const TestCertificate victim = MakeCertificate(spec, nullptr);
  Publish(DefaultScope(AccountOf(0)), victim);
  for (int i = 1; i <= 100; ++i) {
    Publish(DefaultScope(AccountOf(i)), MakeCertificate(spec, nullptr));
  }
  const Catalog::Pin pin = catalog_.Acquire();
  EXPECT_EQ(Issuers(pin.View(kEast), victim, AsBytes("id"))[0], "a0");
}

// A registration of mode SNI_ONLY has no memory of its own until it is changed,
// or another CA of its subject comes. Nobody sees that.
class SniOnlyOfOneSubject : public CatalogTest {
 protected:
  SniOnlyOfOneSubject() {
    for (int i = 0; i < 3; ++i) {
      cas_.push_back(MakeCertificate(CaSpec("shared"), nullptr));
      ids_.push_back(ComputeCertificateId(cas_.back().bytes()));
    }
    const auto name = sni::HostName::Parse("x.example");
    catalog_.endpoints().Put(*name, {.account = account_, .region = kEast},
                             catalog_.NextVersion());
    tenant_ = test::Resolve(catalog_, kEast, *name).tenant;
  }

  struct Shown {
    int ca;
    Mode mode;
    CaStatus status;
    friend bool operator==(const Shown&, const Shown&) = default;
  };
  // What the account's view shows for the subject, in order. FindById must say
  // the same of each.
  std::vector<Shown> Show() {
    const Catalog::Pin pin = catalog_.Acquire();
    const TenantView view = pin.View(*tenant_);
    std::array<path::Anchor, 8> anchors;
    const size_t count = view.FindIssuers(
        x509::Certificate::Parse(cas_[0].bytes())->subject(), {}, anchors);
    std::vector<Shown> shown;
    for (size_t i = 0; i < count; ++i) {
      const path::Anchor& anchor = anchors[i];
      const auto at = std::find(ids_.begin(), ids_.end(), anchor.ca->id);
      shown.push_back({static_cast<int>(at - ids_.begin()), anchor.state().mode,
                       anchor.state().status});
      EXPECT_EQ(anchor.account->text(), account_.text());
      path::Anchor by_id;
      EXPECT_TRUE(view.FindById(anchor.ca->id, &by_id));
      EXPECT_EQ(by_id.ca, anchor.ca);
      EXPECT_EQ(by_id.state().version, anchor.state().version);
      EXPECT_EQ(by_id.state().status, anchor.state().status);
    }
    return shown;
  }

  absl::Status SetStatus(int ca, CaStatus status) {
    return catalog_.SetStatus(account_, kEast, ids_[ca], status);
  }
  absl::Status Withdraw(int ca) {
    return catalog_.Withdraw(account_, kEast, ids_[ca]);
  }

  static constexpr Mode kSni = Mode::kSniOnly;
  static constexpr CaStatus kOn = CaStatus::kActive;
  static constexpr CaStatus kOff = CaStatus::kInactive;

  const Account account_ = AccountOf(1);
  std::vector<TestCertificate> cas_;
  std::vector<CertificateId> ids_;
  std::optional<sni::ResolvedTenant> tenant_;
};

TEST_F(SniOnlyOfOneSubject, R99_AreAllShownOldestFirstWhateverIsChanged) {
  using All = std::vector<Shown>;
  Publish(SniOnlyScope(account_), cas_[0], kOff);
  EXPECT_EQ(Show(), (All{{0, kSni, kOff}}));
  // Its age stays what it was.
  ASSERT_TRUE(SetStatus(0, kOn).ok());
  EXPECT_EQ(Show(), (All{{0, kSni, kOn}}));
  Publish(SniOnlyScope(account_), cas_[1]);
  Publish(DefaultScope(account_), cas_[2], kOff);
  EXPECT_EQ(Show(),
            (All{{0, kSni, kOn}, {1, kSni, kOn}, {2, Mode::kDefault, kOff}}));
  ASSERT_TRUE(SetStatus(1, kOff).ok());
  ASSERT_TRUE(Withdraw(0).ok());
  EXPECT_EQ(Show(), (All{{1, kSni, kOff}, {2, Mode::kDefault, kOff}}));
  // Who comes again is the youngest.
  Publish(SniOnlyScope(account_), cas_[0]);
  ASSERT_TRUE(Withdraw(2).ok());
  EXPECT_EQ(Show(), (All{{1, kSni, kOff}, {0, kSni, kOn}}));
  ASSERT_TRUE(Withdraw(1).ok());
  EXPECT_EQ(Show(), (All{{0, kSni, kOn}}));
  ASSERT_TRUE(Withdraw(0).ok());
  EXPECT_EQ(Show(), All());
  EXPECT_EQ(catalog_.records(), 0u);
}

TEST_F(SniOnlyOfOneSubject, OneThatWasNeverChangedGoesAlone) {
  Publish(SniOnlyScope(account_), cas_[0]);
  EXPECT_FALSE(Withdraw(1).ok());
  EXPECT_FALSE(SetStatus(1, kOff).ok());
  EXPECT_EQ(Show(), (std::vector<Shown>{{0, kSni, kOn}}));
  ASSERT_TRUE(Withdraw(0).ok());
  EXPECT_EQ(Show(), std::vector<Shown>());
}

// A CA of another account with the same subject is nothing to it.
TEST_F(SniOnlyOfOneSubject, OfAnotherAccountAreNotShown) {
  Publish(SniOnlyScope(AccountOf(2)), cas_[1]);
  EXPECT_EQ(Show(), std::vector<Shown>());
  Publish(SniOnlyScope(account_), cas_[0]);
  EXPECT_EQ(Show(), (std::vector<Shown>{{0, kSni, kOn}}));
  EXPECT_FALSE(SetStatus(1, kOff).ok());
}

// Names of any length: those of common length lie in a pool.
TEST_F(CatalogTest, SubjectsOfAnyLength) {
  for (size_t length : {1, 20, 60, 137, 138, 139, 200, 1000}) {
    SCOPED_TRACE(length);
    const TestCertificate ca =
        MakeCertificate(CaSpec(std::string(length, 'n')), nullptr);
    for (int round = 0; round < 2; ++round) {
      Publish(SniOnlyScope(AccountOf(1)), ca);
      EXPECT_EQ(InTenant(AccountOf(1), ca), Accounts{"a1"});
      ASSERT_TRUE(
          catalog_
              .Withdraw(AccountOf(1), kEast, ComputeCertificateId(ca.bytes()))
              .ok());
      EXPECT_EQ(InTenant(AccountOf(1), ca), Accounts());
    }
  }
}

// The flood of the oldest, the other way round: of more than a look-up walks,
// the one with the right key id is found.
TEST_F(CatalogTest, AFloodOfOlderSubjectsDoesNotHideTheRightKeyId) {
  CertificateSpec spec = CaSpec("victim");
  spec.subject_key_id = "another";
  for (int i = 1; i <= 100; ++i) {
    Publish(DefaultScope(AccountOf(i)), MakeCertificate(spec, nullptr));
  }
  spec.subject_key_id = "id";
  const TestCertificate victim = MakeCertificate(spec, nullptr);
  Publish(DefaultScope(AccountOf(0)), victim);
  const Catalog::Pin pin = catalog_.Acquire();
  const Accounts order = Issuers(pin.View(kEast), victim, AsBytes("id"));
  EXPECT_EQ(order[0], "a0");
  EXPECT_EQ(order[1], "a1");
  EXPECT_EQ(std::set<std::string>(order.begin(), order.end()).size(), 8u);
}

TEST_F(CatalogTest, FindsByKeyIdAlone) {
  for (int i = 0; i < 3; ++i) {
    CertificateSpec spec = CaSpec("CA " + std::to_string(i));
    if (i != 1) spec.subject_key_id = "wanted";
    Publish(DefaultScope(AccountOf(i)), MakeCertificate(spec, nullptr));
  }
  const auto find = [&](const Region& region, std::string_view key_id) {
    const Catalog::Pin pin = catalog_.Acquire();
    std::array<path::Anchor, 8> anchors;
    const size_t count = pin.View(region).FindByKeyId(AsBytes(key_id), anchors);
    Accounts accounts;
    for (size_t i = 0; i < count; ++i) {
      accounts.emplace_back(anchors[i].account->text());
    }
    return accounts;
  };
  EXPECT_EQ(find(kEast, "wanted"), (Accounts{"a0", "a2"}));
  EXPECT_EQ(find(kEast, "unknown"), Accounts());
  EXPECT_EQ(find(kEast, ""), Accounts());
  EXPECT_EQ(find(kWest, "wanted"), Accounts());
}

// R101, C2: a look-up walks so many of one name and no more. Who has no key id
// is told before those who have another, unless a look-up does not get there.
TEST_F(CatalogTest, AFloodOfOneSubjectIsWalkedSoFarAndNoFurther) {
  constexpr size_t kMost = RegistrationIndex<DefaultEntry>::kMaxWalk;
  for (const size_t before : {kMost - 1, kMost}) {
    CertificateSpec spec = CaSpec("flood of " + std::to_string(before));
    spec.key = ca_.key.get();
    spec.subject_key_id = "another";
    for (size_t i = 0; i < before; ++i) {
      Publish(DefaultScope(AccountOf(static_cast<int>(i))),
              MakeCertificate(spec, nullptr));
    }
    spec.subject_key_id = "";
    const TestCertificate last = MakeCertificate(spec, nullptr);
    Publish(DefaultScope(AccountOf(1000)), last);
    const Catalog::Pin pin = catalog_.Acquire();
    const Accounts order = Issuers(pin.View(kEast), last, AsBytes("id"));
    EXPECT_EQ(order.size(), 8u);
    EXPECT_EQ(order[0], before < kMost ? "a1000" : "a0");
  }
}

// C1: of key ids too, keys decide and not hashes.
TEST(CatalogKeyIds, OfAnotherRegionAreNotFoundThoughHashesCollide) {
  Catalog catalog([] { return int64_t{0}; },
                  memory::Hasher::CollidingForTests(1));
  const auto find = [&](const Region& region, std::string_view key_id) {
    const Catalog::Pin pin = catalog.Acquire();
    std::array<path::Anchor, 8> anchors;
    const size_t count = pin.View(region).FindByKeyId(AsBytes(key_id), anchors);
    std::vector<std::string> accounts;
    for (size_t i = 0; i < count; ++i) {
      accounts.emplace_back(anchors[i].account->text());
    }
    return accounts;
  };
  const struct {
    int account;
    Region region;
    std::string_view key_id;
  } kPublished[] = {{1, kEast, "k"},
                    {2, kWest, "k"},
                    {3, kEast, "other"},
                    {4, kEast, "k"},
                    {5, kWest, "k"}};
  for (const auto& p : kPublished) {
    CertificateSpec spec = CaSpec("CA " + std::to_string(p.account));
    spec.subject_key_id = p.key_id;
    const auto record = catalog.Record(MakeCertificate(spec, nullptr).der);
    ASSERT_TRUE(catalog
                    .Publish(DefaultScope(AccountOf(p.account), p.region),
                             *record, CaStatus::kActive)
                    .ok());
  }
  EXPECT_EQ(find(kEast, "k"), (Accounts{"a1", "a4"}));
  EXPECT_EQ(find(kWest, "k"), (Accounts{"a2", "a5"}));
  EXPECT_EQ(find(kEast, "other"), Accounts{"a3"});
  EXPECT_EQ(find(kWest, "other"), Accounts());
}

// Of more than a look-up walks, key ids find those of the issuer's name alone.
TEST_F(CatalogTest, AKeyIdMakesNobodyAnIssuerOfAnotherName) {
  CertificateSpec spec = CaSpec("victim");
  spec.subject_key_id = "another";
  const TestCertificate victim = MakeCertificate(spec, nullptr);
  for (int i = 1; i <= 64; ++i) {
    Publish(DefaultScope(AccountOf(i)), MakeCertificate(spec, nullptr));
  }
  CertificateSpec stranger = CaSpec("stranger");
  stranger.subject_key_id = "id";
  Publish(DefaultScope(AccountOf(0)), MakeCertificate(stranger, nullptr));
  spec.subject_key_id = "id";
  Publish(DefaultScope(AccountOf(65)), MakeCertificate(spec, nullptr));
  const Catalog::Pin pin = catalog_.Acquire();
  const Accounts order = Issuers(pin.View(kEast), victim, AsBytes("id"));
  EXPECT_EQ(order[0], "a65");
  EXPECT_EQ(order[1], "a1");
}

TEST_F(CatalogTest, LoadsByManyThreadsAndSaysWhatItCouldNot) {
  constexpr size_t kCount = 20000;
  const auto record = *catalog_.Record(ca_.der);
  const auto errors = catalog_.Load(
      kCount,
      [&](size_t i) -> NewRegistration {
        if (i == 7) return {SniOnlyScope(AccountOf(7)), nullptr};
        // 9 says the same as 8.
        const Account account = AccountOf(i == 9 ? 8 : i);
        return {SniOnlyScope(account), record, CaStatus::kActive};
      },
      3);
  ASSERT_EQ(errors.size(), 2u);
  for (const Catalog::LoadError& error : errors) {
    EXPECT_EQ(ErrorCodeOf(error.status), ErrorCode::kInternalFailure);
    EXPECT_TRUE(error.index >= 7 && error.index <= 9) << error.index;
  }
  EXPECT_EQ(catalog_.registrations(), kCount - 2);
  EXPECT_EQ(catalog_.records(), 1u);
  for (int i : {0, 8, 10, 19999}) {
    EXPECT_EQ(InTenant(AccountOf(i), ca_), Accounts{"a" + std::to_string(i)});
  }
  EXPECT_EQ(InTenant(AccountOf(7), ca_), Accounts());
}

TEST_F(CatalogTest, EveryChangeHasAVersionOfItsOwn) {
  const auto version = [&] {
    path::Anchor anchor;
    const Catalog::Pin pin = catalog_.Acquire();
    EXPECT_TRUE(pin.View(kEast).FindById(id_, &anchor));
    return anchor.state().version;
  };
  std::vector<uint64_t> seen;
  Publish(DefaultScope(AccountOf(1)), ca_);
  seen.push_back(version());
  for (CaStatus status : {CaStatus::kInactive, CaStatus::kActive}) {
    ASSERT_TRUE(catalog_.SetStatus(AccountOf(1), kEast, id_, status).ok());
    seen.push_back(version());
  }
  ASSERT_TRUE(catalog_.Withdraw(AccountOf(1), kEast, id_).ok());
  Publish(DefaultScope(AccountOf(1)), ca_);
  seen.push_back(version());
  for (size_t i = 0; i < seen.size(); ++i) {
    EXPECT_NE(seen[i], 0u);
    for (size_t j = 0; j < i; ++j) EXPECT_NE(seen[i], seen[j]);
  }
}

TEST_F(CatalogTest, RefusesWhatWouldBreakItsInvariants) {
  Publish(DefaultScope(AccountOf(1)), ca_);
  const auto record = catalog_.Record(ca_.der);
  const auto code = [&](const absl::Status& status) {
    return ErrorCodeOf(status);
  };
  EXPECT_EQ(code(catalog_.Publish(SniOnlyScope(AccountOf(1)), *record,
                                  CaStatus::kActive)),
            ErrorCode::kInternalFailure);
  EXPECT_EQ(code(catalog_.Publish(DefaultScope(AccountOf(2)), *record,
                                  CaStatus::kActive)),
            ErrorCode::kInternalFailure);
  EXPECT_EQ(
      code(catalog_.SetStatus(AccountOf(2), kEast, id_, CaStatus::kActive)),
      ErrorCode::kInternalFailure);
  EXPECT_EQ(code(catalog_.Withdraw(AccountOf(2), kEast, id_)),
            ErrorCode::kInternalFailure);
  EXPECT_EQ(catalog_.registrations(), 1u);
  EXPECT_EQ(InDefault(ca_), Accounts{"a1"});
  // The refused account left nothing behind.
  EXPECT_EQ(InTenant(AccountOf(2), ca_), Accounts());
}

TEST_F(CatalogTest, NoRecordOfWhatIsNoCertificate) {
  EXPECT_FALSE(catalog_.Record("garbage").ok());
  EXPECT_FALSE(catalog_.Record("").ok());
  EXPECT_EQ(catalog_.records(), 0u);
}

// R103: a reader sees mode and status of one moment, and what it found stays
// alive, while writers publish, change and withdraw.
TEST_F(CatalogTest, R103_ReadersAndWritersTogether) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  std::atomic<uint64_t> found{0};
  for (int t = 0; t < 2; ++t) {
    readers.emplace_back([&] {
      const auto parsed = x509::Certificate::Parse(ca_.bytes());
      while (!stop) {
        const Catalog::Pin pin = catalog_.Acquire();
        std::array<path::Anchor, 4> anchors;
        const size_t count =
            pin.View(kEast).FindIssuers(parsed->subject(), {}, anchors);
        for (size_t i = 0; i < count; ++i) {
          // In this test DEFAULT is always ACTIVE.
          EXPECT_EQ(anchors[i].state().mode, Mode::kDefault);
          EXPECT_EQ(anchors[i].state().status, CaStatus::kActive);
          EXPECT_TRUE(anchors[i].ca->certificate.subject() ==
                      parsed->subject());
          ++found;
        }
      }
    });
  }
  for (int i = 0; i < 500 || found == 0; ++i) {
    Publish(DefaultScope(AccountOf(1)), ca_);
    Publish(SniOnlyScope(AccountOf(2)), ca_, CaStatus::kInactive);
    ASSERT_TRUE(catalog_.Withdraw(AccountOf(1), kEast, id_).ok());
    ASSERT_TRUE(catalog_.Withdraw(AccountOf(2), kEast, id_).ok());
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(found, 0u);
}

class DeviceTest : public CatalogTest {
 protected:
  absl::Status Put(const Scope& scope, DeviceStatus status,
                   const CertificateId& ca = CertificateId()) {
    return catalog_.PutDevice(scope.account, scope.region,
                              {.signed_id = device_,
                               .id = id_,
                               .mode = scope.mode,
                               .status = status,
                               .ca = ca});
  }

  std::optional<DeviceView> InRegion(const Region& region) {
    const Catalog::Pin pin = catalog_.Acquire();
    return pin.FindDevice(region, device_, id_);
  }
  std::optional<DeviceView> OfTenant(const Account& account) {
    const auto name = sni::HostName::Parse("x.example");
    catalog_.endpoints().Put(*name, {.account = account, .region = kEast},
                             catalog_.NextVersion());
    const test::Resolved resolution = test::Resolve(catalog_, kEast, *name);
    const Catalog::Pin pin = catalog_.Acquire();
    return pin.FindDevice(*resolution.tenant, device_);
  }

  const SignedId device_ = SignedId(id_.bytes());
};

TEST_F(DeviceTest, R82_SniOnlyIsNotShownWithoutATenant) {
  ASSERT_TRUE(Put(SniOnlyScope(AccountOf(1)), DeviceStatus::kActive).ok());
  EXPECT_FALSE(InRegion(kEast).has_value());
  EXPECT_FALSE(OfTenant(AccountOf(2)).has_value());
  const auto device = OfTenant(AccountOf(1));
  ASSERT_TRUE(device.has_value());
  EXPECT_EQ(device->mode, Mode::kSniOnly);
  EXPECT_EQ(device->status, DeviceStatus::kActive);
  EXPECT_TRUE(device->ca.empty());
}

TEST_F(DeviceTest, R56_OneDefaultInARegionAndManySniOnly) {
  ASSERT_TRUE(Put(DefaultScope(AccountOf(1)), DeviceStatus::kActive, id_).ok());
  ASSERT_TRUE(Put(SniOnlyScope(AccountOf(2)), DeviceStatus::kRevoked).ok());
  ASSERT_TRUE(Put(SniOnlyScope(AccountOf(3)), DeviceStatus::kInactive).ok());
  EXPECT_EQ(ErrorCodeOf(Put(DefaultScope(AccountOf(4)), DeviceStatus::kActive)),
            ErrorCode::kInternalFailure);
  EXPECT_EQ(ErrorCodeOf(Put(SniOnlyScope(AccountOf(1)), DeviceStatus::kActive)),
            ErrorCode::kInternalFailure);
  EXPECT_EQ(catalog_.devices(), 3u);

  const auto shown = InRegion(kEast);
  ASSERT_TRUE(shown.has_value());
  EXPECT_EQ(shown->account->text(), "a1");
  EXPECT_EQ(shown->ca, id_);
  EXPECT_EQ(OfTenant(AccountOf(1))->mode, Mode::kDefault);
  EXPECT_EQ(OfTenant(AccountOf(2))->status, DeviceStatus::kRevoked);
  EXPECT_EQ(OfTenant(AccountOf(3))->status, DeviceStatus::kInactive);
  EXPECT_FALSE(OfTenant(AccountOf(4)).has_value());
  EXPECT_FALSE(InRegion(kWest).has_value());
}

TEST_F(DeviceTest, EveryChangeHasAVersionOfItsOwn) {
  std::set<uint64_t> versions;
  for (DeviceStatus status :
       {DeviceStatus::kPendingActivation, DeviceStatus::kActive,
        DeviceStatus::kInactive, DeviceStatus::kPendingTransfer,
        DeviceStatus::kRevoked}) {
    ASSERT_TRUE(Put(DefaultScope(AccountOf(1)), status).ok());
    EXPECT_EQ(InRegion(kEast)->status, status);
    EXPECT_TRUE(versions.insert(InRegion(kEast)->version).second);
  }
  ASSERT_TRUE(catalog_.RemoveDevice(AccountOf(1), kEast, device_).ok());
  EXPECT_FALSE(InRegion(kEast).has_value());
  EXPECT_EQ(ErrorCodeOf(catalog_.RemoveDevice(AccountOf(1), kEast, device_)),
            ErrorCode::kInternalFailure);
  ASSERT_TRUE(Put(DefaultScope(AccountOf(1)), DeviceStatus::kActive).ok());
  EXPECT_TRUE(versions.insert(InRegion(kEast)->version).second);
  EXPECT_EQ(catalog_.devices(), 1u);
}

TEST_F(DeviceTest, RemovesOnlyTheAccountsOwn) {
  ASSERT_TRUE(Put(DefaultScope(AccountOf(1)), DeviceStatus::kActive).ok());
  for (int other : {2, 3}) {
    EXPECT_FALSE(catalog_.RemoveDevice(AccountOf(other), kEast, device_).ok());
  }
  EXPECT_TRUE(InRegion(kEast).has_value());
}

}  // namespace
}  // namespace chainkeep::catalog
