// What the catalog shows follows what is stored, whoever changed it.

#include "engine/projection/projection.h"

#include <atomic>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/signature/signed_id.h"
#include "engine/x509/certificate.h"
#include "tests/projection/projection_fixture.h"
#include "tests/support/test_crls.h"

namespace chainkeep::test {
namespace {

using Lines = std::vector<std::string>;
using store::CaRow;
using store::CrlRow;
using store::DeviceRow;
using store::Transaction;

constexpr Mode kDefault = Mode::kDefault;
constexpr Mode kSniOnly = Mode::kSniOnly;

class ProjectionTest : public ProjectionFixture {};

// Each row: what is committed, and what is told. Whatever it is, the catalog
// shows what is stored afterwards.
TEST_F(ProjectionTest, FollowsEachChangeAndTellsOfIt) {
  const CaRow a = Ca(a_, ca_, kDefault, CaStatus::kInactive);
  CaRow a_active = a;
  a_active.status = CaStatus::kActive;
  CaRow a_automatic = a_active;
  a_automatic.auto_registration = true;
  CaRow a_sni_only = a_automatic;
  a_sni_only.mode = kSniOnly;
  const CaRow b = Ca(b_, ca_, kDefault);
  const DeviceRow on = Device(a_, device_, DeviceStatus::kActive, kDefault);
  DeviceRow off = on;
  off.status = DeviceStatus::kRevoked;
  DeviceRow moved = Device(b_, device_, DeviceStatus::kInactive, kDefault);
  store::EndpointRow name = Name(a_, "h.example");
  store::EndpointRow taken = Name(b_, "h.example");
  store::EndpointRow disabled = taken;
  disabled.endpoint.status = EndpointStatus::kDisabled;

  const struct {
    const char* what;
    std::function<void()> change;
    Lines told;
  } kRows[] = {
      {"nothing", [] {}, {}},
      {"a CA", [&] { Put(a); }, {"registered a"}},
      {"active", [&] { Put(a_active); }, {"activated a"}},
      {"again", [&] { Put(a_active); }, {}},
      {"auto-registration", [&] { Put(a_automatic); }, {}},
      {"and INACTIVE with it",
       [&] {
         a_automatic.status = CaStatus::kInactive;
         Put(a_automatic);
       },
       {"deactivated a"}},
      {"both back", [&] { Put(a_active); }, {"activated a"}},
      {"the other mode",
       [&] { Put(a_sni_only); },
       {"deactivated a", "registered a", "activated a"}},
      {"the slot that became free",
       [&] { Put(b); },
       {"registered b", "activated b"}},
      {"moves from b to a",
       [&] {
         Commit([&](Transaction& t) {
           t.DeleteCa(b.key);
           t.PutCa(a_active);
           return absl::OkStatus();
         });
       },
       {"deactivated b", "deactivated a", "registered a", "activated a"}},
      {"gone, unseen while it was inactive",
       [&] {
         Put(a);
         Delete(a);
       },
       {"deactivated a"}},
      {"came and went", [&] { Put(a), Delete(a); }, {}},
      {"a device", [&] { Put(on); }, {}},
      {"revoked", [&] { Put(off); }, {"device REVOKED a"}},
      {"revoked again", [&] { Put(off); }, {}},
      {"gone", [&] { Delete(off); }, {}},
      {"back", [&] { Put(on); }, {}},
      {"gone while active", [&] { Delete(on); }, {"device INACTIVE a"}},
      {"one that might be in already", [&] { Put(off); }, {"device REVOKED a"}},
      {"transferred",
       [&] {
         Commit([&](Transaction& t) {
           t.DeleteDevice(off.key);
           t.PutDevice(moved);
           return absl::OkStatus();
         });
       },
       {"device INACTIVE b"}},
      {"a name", [&] { Put(name); }, {}},
      {"another's", [&] { Put(taken); }, {}},
      {"switched off", [&] { Put(disabled); }, {}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);
    row.change();
    CatchUp();
    EXPECT_EQ(Shown(), Stored());
    EXPECT_EQ(log_.Take(), row.told);
    CatchUp();  // nothing is left to do
    EXPECT_TRUE(log_.Take().empty());
  }
  EXPECT_EQ(Shown().size(), 2u);
}

uint64_t VersionOf(const catalog::Catalog& catalog, const CaRow& row) {
  return catalog
      .FindRegistration(row.key.tenant.account, row.key.tenant.region,
                        row.key.id)
      ->version;
}

TEST_F(ProjectionTest, VersionsAreKeptUnlessSomethingMayHaveHappened) {
  CaRow row = Ca(a_, ca_);
  Put(row);
  CatchUp();
  const uint64_t version = VersionOf(catalog_, row);
  row.auto_registration = true;  // which no acceptance rests on
  Put(row);
  CatchUp();
  EXPECT_EQ(VersionOf(catalog_, row), version);
  EXPECT_EQ(Shown(), Stored());
  // Deleted and made again between two looks: the same to see, and another.
  Delete(row);
  Put(row);
  CatchUp();
  EXPECT_GT(VersionOf(catalog_, row), version);
}

TEST_F(ProjectionTest, TakesCrlsFromTheStoreAndGivesThemUp) {
  const std::string crl = MakeCrl({}, ca_);
  const CrlRow row = Crls(a_, ca_, {crl});
  const auto put = [&](const CrlRow& what) {
    Commit([&](Transaction& t) {
      t.PutCrls(what);
      return absl::OkStatus();
    });
    CatchUp();
  };
  put(row);
  EXPECT_EQ(Shown(), Stored());
  EXPECT_EQ(Shown().size(), 1u);
  CrlRow other = row;
  other.crls = {MakeCrl({}, MakeCertificate(CaSpec("CA"), nullptr))};
  put(other);  // not signed by the CA: somebody has been at the file
  EXPECT_EQ(log_.Take(), Lines{"skipped a"});
  CrlRow none = row;
  none.crls.clear();
  put(none);
  EXPECT_TRUE(Shown().empty());
}

TEST_F(ProjectionTest, WhereChangesAreForgottenEverythingIsCompared) {
  const TestCertificate other = MakeCertificate(CaSpec("other"), nullptr);
  const TestCertificate third = MakeCertificate(CaSpec("third"), nullptr);
  const CaRow stays = Ca(a_, ca_);
  const CaRow goes = Ca(a_, other);
  Put(stays);
  Put(goes);
  Put(Device(a_, device_, DeviceStatus::kActive, kSniOnly));
  Put(Name(a_, "old.example"));
  Commit([&](Transaction& t) {
    t.PutCrls(Crls(a_, ca_, {MakeCrl({}, ca_)}));
    return absl::OkStatus();
  });
  CatchUp();
  log_.Take();
  const uint64_t version = VersionOf(catalog_, stays);

  Delete(goes);
  Delete(Device(a_, device_, DeviceStatus::kActive, kSniOnly));
  CaRow younger = Ca(b_, third);
  younger.creation_date = 1;
  Put(younger);
  Commit([&](Transaction& t) {
    t.DeleteEndpoint(region_, "old.example");
    t.PutEndpoint(Name(b_, "new.example"));
    t.PutCrls(Crls(a_, ca_, {}));
    return absl::OkStatus();
  });
  store_.Forget();
  CatchUp();
  EXPECT_EQ(Shown(), Stored());
  EXPECT_EQ(Shown().size(), 3u);
  EXPECT_EQ(
      log_.Take(),
      (Lines{"device INACTIVE a", "deactivated a", "registered b",
             "activated b",
             // What stays might have been INACTIVE, or deleted and made
             // again: who it let in must ask anew. It waited for its CRLs.
             "deactivated a", "activated a"}));
  EXPECT_GT(VersionOf(catalog_, stays), version);
  // From here on changes are followed again.
  Delete(stays);
  CatchUp();
  EXPECT_EQ(Shown(), Stored());
}

// While everything is compared a handshake must find what is registered all
// along.
TEST_F(ProjectionTest, ComparingNeverHidesWhatIsThere) {
  const CaRow stays = Ca(a_, ca_);
  Put(stays);
  CatchUp();
  std::atomic<bool> is_over{false};
  std::atomic<int> missed{0};
  std::atomic<int> looked{0};
  std::thread reader([&] {
    while (!is_over) {
      const auto shown = catalog_.FindRegistration(a_, region_, stays.key.id);
      if (!shown || shown->status != CaStatus::kActive) ++missed;
      ++looked;
    }
  });
  for (int i = 0; i < 200 || looked < 1000; ++i) {
    store_.Forget();
    CatchUp();
  }
  is_over = true;
  reader.join();
  EXPECT_EQ(missed, 0);
}

TEST_F(ProjectionTest, ADamagedRecordIsToldAndTheRestGoesOn) {
  const TestCertificate other = MakeCertificate(CaSpec("other"), nullptr);
  CaRow another_certificate = Ca(a_, ca_);
  another_certificate.der = other.der;
  CaRow cut = Ca(b_, other);
  cut.der.resize(cut.der.size() / 2);
  Put(another_certificate);
  Put(cut);
  Put(Ca(a_, other));
  CatchUp();
  EXPECT_EQ(log_.Take(),
            (Lines{"registered a", "activated a", "skipped a", "skipped b"}));
  EXPECT_EQ(catalog_.registrations(), 1u);
  // Mended, it is shown.
  Put(Ca(a_, ca_));
  CatchUp();
  EXPECT_EQ(catalog_.registrations(), 2u);
}

// What random changes are about.
struct Certificates {
  Certificates() {
    for (int i = 0; i < 4; ++i) {
      cas.push_back(MakeCertificate(CaSpec(absl::StrCat("CA ", i)), nullptr));
      devices.push_back(
          MakeCertificate(LeafSpec(absl::StrCat("device ", i)), &cas[i]));
    }
  }

  std::vector<TestCertificate> cas;
  std::vector<TestCertificate> devices;
};

// RandomChanges writes a few random rows in a transaction.
class RandomChanges {
 public:
  RandomChanges(const Certificates& certificates, unsigned seed)
      : cas_(certificates.cas), devices_(certificates.devices), random_(seed) {}

  // Each write is one that the constraints of the store allow.
  absl::Status Write(Transaction& t) {
    for (unsigned i = 0; i <= random_() % 4; ++i) WriteOne(t);
    return absl::OkStatus();
  }

 private:
  void WriteOne(Transaction& t) {
    const Region region = *Region::Parse("us-east-1");
    const Account account =
        *Account::Parse(absl::StrCat("account-", random_() % 3));
    const TestCertificate& ca = cas_[random_() % cas_.size()];
    const TestCertificate& device = devices_[random_() % devices_.size()];
    const Mode mode = random_() % 2 == 0 ? kDefault : kSniOnly;
    const std::string host = absl::StrCat("h", random_() % 3, ".example");
    switch (random_() % 6) {
      case 0: {
        CaRow row;
        row.key = {{account, region}, ComputeCertificateId(ca.bytes())};
        row.mode = mode;
        row.status =
            random_() % 2 == 0 ? CaStatus::kActive : CaStatus::kInactive;
        row.auto_registration = random_() % 2 == 0;
        row.der = ca.der;
        const auto holder = t.FindDefaultHolder(region, row.key.id);
        if (mode == kDefault && holder && *holder != account) return;
        return t.PutCa(row);
      }
      case 1:
        return t.DeleteCa(
            {{account, region}, ComputeCertificateId(ca.bytes())});
      case 2:
      case 3: {
        DeviceRow row;
        row.key = {{account, region}, ComputeCertificateId(device.bytes())};
        row.signed_id = signature::ComputeSignedId(
            *x509::Certificate::Parse(device.bytes()));
        row.mode = mode;
        row.status = static_cast<DeviceStatus>(random_() % 5);
        if (random_() % 2 == 0) row.ca = ComputeCertificateId(ca.bytes());
        row.der = device.der;
        const auto holders = t.FindDefaultDevices(region, row.signed_id);
        if (mode == kDefault && !holders.empty() &&
            holders[0].key.tenant.account != account) {
          return;
        }
        return t.PutDevice(row);
      }
      case 4:
        return t.DeleteDevice(
            {{account, region}, ComputeCertificateId(device.bytes())});
      case 5: {
        if (random_() % 2 == 0) return t.DeleteEndpoint(region, host);
        store::EndpointRow row;
        row.endpoint = {
            .host_name = host, .account = account, .region = region};
        if (random_() % 2 == 0) row.endpoint.status = EndpointStatus::kDisabled;
        return t.PutEndpoint(row);
      }
    }
  }

  const std::vector<TestCertificate>& cas_;
  const std::vector<TestCertificate>& devices_;
  std::mt19937 random_;
};

TEST_F(ProjectionTest, AfterAnyChangesTheCatalogShowsWhatIsStored) {
  const Certificates certificates;
  for (unsigned seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    RandomChanges changes(certificates, seed);
    std::mt19937 random(seed);
    for (int step = 0; step < 150; ++step) {
      Commit([&](Transaction& t) { return changes.Write(t); });
      if (random() % 10 == 0) store_.Forget();
      if (random() % 3 != 0) continue;
      CatchUp();
      ASSERT_EQ(Shown(), Stored()) << step;
    }
    CatchUp();
    ASSERT_EQ(Shown(), Stored());
    for (const std::string& line : log_.Take()) {
      EXPECT_EQ(line.find("skipped"), std::string::npos) << line;
    }
  }
}

TEST_F(ProjectionTest, ThreadsMayCommitAndCatchUpAtWill) {
  const Certificates certificates;
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([this, &certificates, seed] {
      RandomChanges changes(certificates, seed);
      for (int step = 0; step < 100; ++step) {
        EXPECT_TRUE(
            store_.Transact([&](Transaction& t) { return changes.Write(t); })
                .ok());
        EXPECT_TRUE(projection_.CatchUp().ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Shown(), Stored());
}

}  // namespace
}  // namespace chainkeep::test
