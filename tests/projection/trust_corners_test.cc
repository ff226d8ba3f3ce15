// Corners of the order in which a follower takes and gives trust, each of which
// was wrong once.

#include <algorithm>
#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/x509/certificate.h"
#include "tests/projection/trust_fixture.h"
#include "tests/support/test_crls.h"

namespace chainkeep::test {
namespace {

using store::CaRow;
using store::DeviceRow;
using store::EndpointRow;
using store::Transaction;

constexpr Mode kDefault = Mode::kDefault;
constexpr Mode kSniOnly = Mode::kSniOnly;

class TrustCornersTest : public TrustOrderTest {};

// CRLs, and something else, that are noted when rows are read.
TEST_P(TrustCornersTest, CrlsNotedWhileRowsAreReadAreTakenFirst) {
  Change(Ca(a_, ca_, kDefault, CaStatus::kInactive));
  CatchUp();
  Change(Ca(a_, ca_, kDefault, CaStatus::kInactive));
  bool done = false;
  int reads = 0;
  const auto check = [&] {
    const auto ca = catalog_.FindRegistration(a_, region_, IdOf(ca_));
    EXPECT_FALSE(ca && ca->status == CaStatus::kActive && ShownCrls() == 0)
        << "ACTIVE without the CRLs that came first";
  };
  store_.BeforeReads([&] {
    check();
    if (++reads != 2 || std::exchange(done, true)) return;
    Put(Device(b_, device_, DeviceStatus::kInactive, kSniOnly));
    PutCrls({MakeCrl({}, ca_)});
    Put(Ca(a_, ca_, kDefault));
  });
  log_.OnEvent(check);
  CatchUp();
  store_.BeforeReads(nullptr);
  log_.OnEvent(nullptr);
  EXPECT_TRUE(done);
}

// The notes of changes go while records are shown.
class LostChangesTest : public TrustOrderTest {
 protected:
  void ExpectNoTrustBeforeAllAreCompared(void (ForgetfulStore::*lose)()) {
    Change(Ca(a_, ca_, kDefault, CaStatus::kInactive));
    CatchUp();
    was_accepted_ = AcceptedIn(StoredWorld());
    Change(Ca(a_, ca_, kDefault, CaStatus::kInactive));
    int reads = 0;
    store_.BeforeReads([&] {
      Check();
      if (++reads != 2) return;
      Change(Device(a_, device_, DeviceStatus::kRevoked, kDefault));
      Change(Ca(a_, ca_, kDefault));
      (store_.*lose)();
    });
    log_.OnEvent([&] { Check(); });
    CatchUp();
    Check();
    store_.BeforeReads(nullptr);
    log_.OnEvent(nullptr);
  }
};

TEST_P(LostChangesTest, WhereTheyCannotBeReadNoTrustIsGivenUnseen) {
  ExpectNoTrustBeforeAllAreCompared(&ForgetfulStore::FailChanges);
}

TEST_P(LostChangesTest, NorWhereTheyAreForgotten) {
  ExpectNoTrustBeforeAllAreCompared(&ForgetfulStore::Forget);
}

INSTANTIATE_TEST_SUITE_P(Batches, LostChangesTest, testing::Values(1, 2, 500));

// Refusals for which another account has to make room.
TEST_P(TrustCornersTest, ADeviceThatMovesRefusesInTime) {
  Change(Device(a_, device_, DeviceStatus::kActive, kDefault));
  Change(Ca(b_, ca_, kSniOnly, CaStatus::kInactive));
  Change(Name(b_, kNames[0]));
  CatchUpChecking();
  Change(Ca(b_, ca_, kSniOnly, CaStatus::kInactive));
  Fill();
  Commit([&](Transaction& t) {
    t.DeleteDevice({tenant(0), IdOf(device_)});
    t.PutDevice(Device(b_, device_, DeviceStatus::kRevoked, kDefault));
    return absl::OkStatus();
  });
  Remember();
  Change(Ca(b_, ca_, kSniOnly));
  CatchUpChecking();
}

// The mode of an INACTIVE CA.
TEST_P(TrustCornersTest, AnInactiveCaOfAnotherModeRefusesInTime) {
  Change(Ca(a_, below_ca_, kSniOnly, CaStatus::kInactive));
  Change(Ca(a_, ca_, kDefault, CaStatus::kInactive));
  CatchUpChecking();
  Change(Ca(a_, ca_, kDefault, CaStatus::kInactive));
  Fill();
  Delete(Ca(a_, below_ca_));
  Remember();
  Change(Ca(a_, below_ca_, kDefault, CaStatus::kInactive));
  Change(Ca(a_, ca_, kDefault));
  CatchUpChecking();
}

// Nothing of it has changed before the root.
TEST_P(TrustCornersTest, AnInactiveCaThatMovesLateRefusesInTime) {
  Change(Ca(a_, below_ca_, kDefault, CaStatus::kInactive));
  Change(Ca(b_, ca_, kDefault, CaStatus::kInactive));
  CatchUpChecking();
  Change(Ca(b_, ca_, kDefault, CaStatus::kInactive));
  Fill();
  Delete(Ca(a_, below_ca_));
  Remember();
  Change(Ca(b_, below_ca_, kDefault, CaStatus::kInactive));
  Change(Ca(b_, ca_, kDefault));
  CatchUpChecking();
}

// A name that is not shown yet, and a wildcard that comes to be on.
TEST_P(TrustCornersTest, ANameIsNotAWildcardsThatIsOnLater) {
  Change(Ca(a_, ca_, kSniOnly));
  CatchUpChecking();
  EndpointRow off = Name(a_, kNames[1]);
  off.endpoint.status = EndpointStatus::kDisabled;
  Change(off);
  Fill();
  Change(Name(b_, kNames[0]));
  Change(Name(a_, kNames[1]));
  CatchUpChecking();
}

// CRLs that are emptied after a device is revoked.
TEST_P(TrustCornersTest, CrlsDoNotGoBeforeTheRecordThatCameBefore) {
  ExpectCrlsStayUntilTheRecordIsThere([] {});
}

// The same, where the notes of that go as well.
TEST_P(LostChangesTest, CrlsDoNotGoBeforeAllAreCompared) {
  ExpectCrlsStayUntilTheRecordIsThere([&] { store_.Forget(); });
}

// A CA that refuses where another account has to make room for it, and CRLs
// that are emptied then.
TEST_P(TrustCornersTest, ACaThatWaitsForRoomTrustsNobodyMeanwhile) {
  Change(Ca(a_, ca_, kSniOnly));
  Change(Ca(b_, ca_, kDefault, CaStatus::kInactive));
  PutCrls({MakeCrl({}, ca_)});
  CatchUp();
  PutCrls({MakeCrl({}, ca_)});
  Fill();
  Delete(Ca(b_, ca_));
  Change(Ca(a_, ca_, kDefault, CaStatus::kInactive));
  PutCrls({});
  const auto check = [&] {
    const auto ca = catalog_.FindRegistration(a_, region_, IdOf(ca_));
    EXPECT_FALSE(ca && ca->status == CaStatus::kActive && ShownCrls() == 0)
        << "ACTIVE without the CRLs that it was never without";
  };
  store_.BeforeReads(check);
  log_.OnEvent(check);
  CatchUp();
  store_.BeforeReads(nullptr);
  log_.OnEvent(nullptr);
}

// A REVOKED device moves from account to account, while others look.
TEST_P(TrustCornersTest, AMoveHasNoMomentWithoutARecord) {
  std::atomic<bool> stop{false};
  std::atomic<int> absent{0};
  std::atomic<bool> started{false};
  Change(Device(a_, device_, DeviceStatus::kRevoked, kDefault));
  CatchUp();
  std::thread reader([&] {
    while (!stop) {
      const catalog::Catalog::Pin pin = catalog_.Acquire();
      if (!pin.FindDevice(region_, SignedOf(device_), IdOf(device_))) ++absent;
      started = true;
    }
  });
  while (!started) std::this_thread::yield();
  for (int i = 0; i < 200; ++i) {
    const Account& from = i % 2 == 0 ? a_ : b_;
    const Account& to = i % 2 == 0 ? b_ : a_;
    Commit([&](Transaction& t) {
      t.DeleteDevice({{from, region_}, IdOf(device_)});
      t.PutDevice(Device(to, device_, DeviceStatus::kRevoked, kDefault));
      // Others that change.
      for (int j = 0; j < 200; ++j) {
        DeviceRow row =
            Device(b_, device_,
                   i % 2 == 0 ? DeviceStatus::kActive : DeviceStatus::kInactive,
                   kSniOnly);
        CertificateId::Array id = row.key.id.bytes();
        id[0] = static_cast<uint8_t>(j);
        id[1] ^= 1;
        row.key.id = CertificateId(id);
        row.signed_id = SignedId(id);
        t.PutDevice(row);
      }
      return absl::OkStatus();
    });
    CatchUp();
  }
  stop = true;
  reader.join();
  EXPECT_EQ(absent.load(), 0)
      << "looks without a record, which all revisions have";
}

// Registrations of strangers that are made later do not come before the
// victim's because they are INACTIVE at first.
TEST_P(TrustCornersTest, StrangersInactiveCasDoNotComeFirst) {
  Put(Ca(a_, ca_, kDefault));
  std::vector<TestCertificate> others;
  for (int i = 0; i < 20; ++i) {
    others.push_back(MakeCertificate(CaSpec("CA"), nullptr));
    CaRow row = Ca(b_, others.back(), kDefault, CaStatus::kInactive);
    Put(row);
  }
  CatchUp();
  for (const TestCertificate& other : others) Put(Ca(b_, other, kDefault));
  CatchUp();
  const auto leaf = x509::Certificate::Parse(device_.bytes());
  ASSERT_TRUE(leaf.ok());
  std::array<path::Anchor, 17> anchors;
  const catalog::Catalog::Pin pin = catalog_.Acquire();
  pin.View(region_).FindIssuers(leaf->issuer(), {}, anchors);
  size_t at = 0;
  while (at < 17 && anchors[at].ca->id != IdOf(ca_)) ++at;
  EXPECT_EQ(at, 0u) << "the oldest is not the first (16 are tried)";
}

// A wildcard, then a name of another account.
TEST_P(TrustCornersTest, ANewNameIsTakenFromItsNewWildcard) {
  Change(Ca(a_, ca_, kSniOnly, CaStatus::kInactive));
  CatchUpChecking();
  Change(Ca(a_, ca_, kSniOnly, CaStatus::kInactive));
  Change(Name(a_, kNames[1]));  // *.example.com is a's
  Fill();
  Change(Name(b_, kNames[0]));  // n.example.com is b's
  Change(Ca(a_, ca_, kSniOnly));
  CatchUpChecking();
}

// Of as many CAs as may be, the one that makes room comes later in the same
// batch.
TEST_P(TrustCornersTest, CrlsForWhichRoomIsMadeInTheSameBatchAreShown) {
  std::vector<TestCertificate> cas;
  for (size_t i = 0; i <= catalog::Catalog::kMaxCasWithCrls; ++i) {
    cas.push_back(MakeCertificate(CaSpec(absl::StrCat("CA ", i)), nullptr));
  }
  const auto put = [&](const TestCertificate& ca, bool has) {
    Commit([&](Transaction& t) {
      std::vector<std::string> crls;
      if (has) crls.push_back(MakeCrl({}, ca));
      t.PutCrls(Crls(a_, ca, std::move(crls)));
      return absl::OkStatus();
    });
  };
  for (size_t i = 1; i < cas.size(); ++i) put(cas[i], true);
  CatchUp();
  ASSERT_EQ(Shown(), Stored());
  log_.Take();
  // Never more than may be.
  put(cas[1], false);
  put(cas[0], true);
  put(cas[2], false);
  put(cas[1], true);
  CatchUp();
  CatchUp();
  EXPECT_EQ(Shown(), Stored());
  EXPECT_TRUE(log_.Take().empty());
}

// Who has another record now, of mode DEFAULT and INACTIVE, came without a
// server name and without a record until then.
TEST_P(TrustCornersTest, R58_AnotherModeRefusesWhoHadNoRecordThere) {
  Put(Ca(a_, ca_, kDefault));
  Put(Device(a_, device_, DeviceStatus::kInactive, kSniOnly));
  CatchUp();
  log_.Take();
  Delete(Device(a_, device_, DeviceStatus::kInactive, kSniOnly));
  Put(Device(a_, device_, DeviceStatus::kInactive, kDefault));
  CatchUp();
  const auto lines = log_.Take();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "device INACTIVE a"), 1);
}

INSTANTIATE_TEST_SUITE_P(Batches, TrustCornersTest, testing::Values(1, 2, 500));

}  // namespace
}  // namespace chainkeep::test
