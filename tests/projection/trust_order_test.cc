// What a follower lets in while it catches up: nothing that the store would
// have refused all along.

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/projection/projection.h"
#include "engine/sni/endpoint_name.h"
#include "tests/projection/projection_fixture.h"

namespace chainkeep::test {
namespace {

using store::CaRow;
using store::DeviceRow;
using store::EndpointRow;
using store::RegistryView;
using store::Transaction;

constexpr Mode kDefault = Mode::kDefault;
constexpr Mode kSniOnly = Mode::kSniOnly;

// Two accounts, a root with an intermediate, two devices under them, and names:
// few enough that all that can be accepted is counted up.
// The parameter: how many records are shown at once.
class TrustOrderTest : public ProjectionFixture,
                       public testing::WithParamInterface<size_t> {
 protected:
  TrustOrderTest() : ProjectionFixture(GetParam()) {}

  static constexpr std::array<const char*, 2> kNames = {"n.example.com",
                                                        "*.example.com"};
  static constexpr std::array<const char*, 2> kAsked = {"n.example.com",
                                                        "m.example.com"};

  struct World {
    // By account and certificate.
    std::map<std::pair<size_t, size_t>, std::pair<Mode, CaStatus>> cas;
    std::map<std::pair<size_t, size_t>, std::pair<Mode, DeviceStatus>> devices;
    // By name: whose it is, if it is on.
    std::array<std::optional<std::pair<size_t, EndpointStatus>>, 2> names;
  };
  using Accepted = std::set<std::string>;

  World StoredWorld() const {
    World world;
    const absl::Status status = store_.Read([&](const RegistryView& view) {
      ForEachKey([&](size_t account, size_t i) {
        const auto ca = view.FindCa({tenant(account), IdOf(*cas_[i])});
        if (ca) world.cas[{account, i}] = {ca->mode, ca->status};
        const auto d = view.FindDevice({tenant(account), IdOf(*devices_[i])});
        if (d) world.devices[{account, i}] = {d->mode, d->status};
      });
      for (size_t i = 0; i < kNames.size(); ++i) {
        const auto row = view.FindEndpoint(region_, kNames[i]);
        if (row) world.names[i] = NameOf(row->endpoint);
      }
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return world;
  }

  World ShownWorld() const {
    World world;
    ForEachKey([&](size_t account, size_t i) {
      const auto ca = catalog_.FindRegistration(accounts_[account], region_,
                                                IdOf(*cas_[i]));
      if (ca) world.cas[{account, i}] = {ca->mode, ca->status};
      const auto device =
          catalog_.FindDevice(accounts_[account], region_, IdOf(*devices_[i]));
      if (device) {
        world.devices[{account, i}] = {device->mode, device->status};
      }
    });
    for (size_t i = 0; i < kNames.size(); ++i) {
      const auto shown = catalog_.endpoints().Find(
          region_, *sni::EndpointName::Parse(kNames[i]));
      if (shown) world.names[i] = NameOf(*shown);
    }
    return world;
  }

  // All that is accepted, in words: who asks by what name, for which device,
  // under the root itself or by its intermediate, or for its record's sake.
  static Accepted AcceptedIn(const World& world) {
    Accepted accepted;
    for (const char* asked : kAsked) {
      const auto& own = world.names[asked == kAsked[0] ? 0 : 1];
      const auto& endpoint = own ? own : world.names[1];
      if (!endpoint || endpoint->second != EndpointStatus::kEnabled) continue;
      AddAccepted(world, endpoint->first, std::nullopt,
                  absl::StrCat(asked, " ", endpoint->first), &accepted);
    }
    for (size_t account = 0; account < 2; ++account) {
      AddAccepted(world, account, kDefault, absl::StrCat("nameless ", account),
                  &accepted);
    }
    return accepted;
  }

  // Checks what is shown at this moment.
  void Check() {
    for (const std::string& what : AcceptedIn(ShownWorld())) {
      EXPECT_TRUE(was_accepted_.contains(what))
          << what << ", which was refused at each revision since";
    }
  }

  // Called after each change.
  void Remember() { was_accepted_.merge(AcceptedIn(StoredWorld())); }

  void CatchUpChecking() {
    store_.BeforeReads([&] { Check(); });
    store_.AfterChanges([&] { Check(); });
    log_.OnEvent([&] { Check(); });
    CatchUp();
    store_.BeforeReads(nullptr);
    store_.AfterChanges(nullptr);
    log_.OnEvent(nullptr);
    EXPECT_EQ(Shown(), Stored());
    was_accepted_ = AcceptedIn(StoredWorld());
  }

  template <typename Row>
  void Change(const Row& row) {
    Put(row);
    Remember();
  }

  // More records change than are shown at once, which nobody here asks for.
  void Fill() {
    const auto status =
        filled_++ % 2 == 0 ? DeviceStatus::kInactive : DeviceStatus::kActive;
    Commit([&](Transaction& t) {
      for (int i = 0; i <= static_cast<int>(GetParam()); ++i) {
        DeviceRow row = Device(b_, device_, status, kSniOnly);
        CertificateId::Array id = row.key.id.bytes();
        id[0] = static_cast<uint8_t>(i);
        id[1] = static_cast<uint8_t>(i >> 8);
        row.key.id = CertificateId(id);
        t.PutDevice(row);
      }
      return absl::OkStatus();
    });
  }

  store::Tenant tenant(size_t account) const {
    return {accounts_[account], region_};
  }

  const std::array<Account, 2> accounts_ = {a_, b_};
  const TestCertificate below_ca_ =
      MakeCertificate(CaSpec("intermediate"), &ca_);
  const TestCertificate device2_ = MakeCertificate(LeafSpec("another"), &ca_);
  const std::array<const TestCertificate*, 2> cas_ = {&ca_, &below_ca_};
  const std::array<const TestCertificate*, 2> devices_ = {&device_, &device2_};
  Accepted was_accepted_;

 private:
  template <typename Visit>
  static void ForEachKey(Visit visit) {
    for (size_t account = 0; account < 2; ++account) {
      for (size_t i = 0; i < 2; ++i) visit(account, i);
    }
  }

  std::pair<size_t, EndpointStatus> NameOf(const Endpoint& endpoint) const {
    return {endpoint.account == a_ ? 0 : 1, endpoint.status};
  }

  // What `account` accepts. With `only`, records of that mode alone are seen,
  // and the devices of all accounts.
  static void AddAccepted(const World& world, size_t account,
                          std::optional<Mode> only, const std::string& who,
                          Accepted* accepted) {
    const auto ca = [&](size_t i) -> std::optional<CaStatus> {
      const auto found = world.cas.find({account, i});
      if (found == world.cas.end()) return std::nullopt;
      if (only && found->second.first != *only) return std::nullopt;
      return found->second.second;
    };
    for (size_t device = 0; device < 2; ++device) {
      bool is_refused = false;
      for (size_t of = 0; of < 2; ++of) {
        const auto found = world.devices.find({of, device});
        if (found == world.devices.end()) continue;
        if (only ? found->second.first != *only : of != account) continue;
        const bool is_on = found->second.second == DeviceStatus::kActive;
        // (An ACTIVE one of another account refuses it, too, which no order of
        // showing cares for.)
        if (!is_on) is_refused = true;
        if (is_on && of == account) {
          accepted->insert(absl::StrCat(who, " record of device ", device));
        }
      }
      if (is_refused) continue;
      if (ca(0) == CaStatus::kActive) {
        accepted->insert(absl::StrCat(who, " device ", device, " by the root"));
        if (ca(1) != CaStatus::kInactive) {
          accepted->insert(
              absl::StrCat(who, " device ", device, " by both CAs"));
        }
      }
    }
  }

  int filled_ = 0;
};

// ---- One by one

TEST_P(TrustOrderTest, ACaIsNotActiveBeforeTheRevocationsThatCameFirst) {
  for (const bool forgets : {false, true}) {
    SCOPED_TRACE(forgets);
    Change(Ca(a_, ca_, kDefault, CaStatus::kInactive));
    Delete(Device(a_, device_, DeviceStatus::kActive, kDefault));
    CatchUpChecking();
    Change(Ca(a_, ca_, kDefault, CaStatus::kInactive));
    Fill();
    Change(Device(a_, device_, DeviceStatus::kRevoked, kDefault));
    Change(Ca(a_, ca_, kDefault));
    if (forgets) store_.Forget();
    CatchUpChecking();
  }
}

TEST_P(TrustOrderTest, ACaIsNotActiveBeforeTheInactiveOnesBelowIt) {
  Change(Ca(a_, ca_, kDefault, CaStatus::kInactive));
  CatchUpChecking();
  Change(Ca(a_, ca_, kDefault, CaStatus::kInactive));
  Fill();
  Change(Ca(a_, below_ca_, kDefault, CaStatus::kInactive));
  Change(Ca(a_, ca_, kDefault));
  CatchUpChecking();
}

TEST_P(TrustOrderTest, AnInactiveCaRefusesUntilWhatCameBeforeItsEndIsShown) {
  Change(Ca(a_, ca_, kDefault));
  Change(Ca(a_, below_ca_, kDefault, CaStatus::kInactive));
  CatchUpChecking();
  Change(Ca(a_, below_ca_, kDefault, CaStatus::kInactive));
  Fill();
  Change(Device(a_, device_, DeviceStatus::kRevoked, kDefault));
  Delete(Ca(a_, below_ca_));
  Remember();
  CatchUpChecking();
}

// From one account to another, which has switched its root on afterwards.
TEST_P(TrustOrderTest, AnInactiveCaThatMovesIsNotTornApart) {
  Change(Ca(a_, below_ca_, kDefault, CaStatus::kInactive));
  Change(Ca(b_, ca_, kDefault, CaStatus::kInactive));
  CatchUpChecking();
  Change(Ca(a_, below_ca_, kDefault, CaStatus::kInactive));
  Change(Ca(b_, ca_, kDefault, CaStatus::kInactive));
  Fill();
  Delete(Ca(a_, below_ca_));
  Remember();
  Change(Ca(b_, below_ca_, kDefault, CaStatus::kInactive));
  Change(Ca(b_, ca_, kDefault));
  CatchUpChecking();
}

TEST_P(TrustOrderTest, ANameIsNotAnothersBeforeTheOtherHasChanged) {
  for (const char* name : kNames) {
    SCOPED_TRACE(name);
    Change(Ca(a_, ca_, kSniOnly, CaStatus::kInactive));
    Change(Name(a_, name));
    CatchUpChecking();
    Change(Ca(a_, ca_, kSniOnly, CaStatus::kInactive));
    Fill();
    Change(Name(b_, name));
    Change(Ca(a_, ca_, kSniOnly));
    CatchUpChecking();
    Change(Ca(b_, ca_, kSniOnly));
    Change(Name(b_, kNames[1]));
    CatchUpChecking();
    // The wildcard is b's: what is no name of a's any more is a name of b's.
    Change(Name(b_, name));
    Fill();
    Change(Device(b_, device_, DeviceStatus::kRevoked, kSniOnly));
    Commit([&](Transaction& t) {
      t.DeleteEndpoint(region_, kNames[0]);
      return absl::OkStatus();
    });
    Remember();
    CatchUpChecking();
    Delete(Device(b_, device_, DeviceStatus::kRevoked, kSniOnly));
    Remember();
  }
}

// ---- At random

// Any changes, as far apart as may be, also while they are being shown, and
// with changes forgotten.
TEST_P(TrustOrderTest, NothingIsAcceptedThatWasRefusedAllAlong) {
#ifdef NDEBUG
  constexpr int kRounds = 5000;
#else
  constexpr int kRounds = 500;
#endif
  std::mt19937 random(20261128);
  const auto below = [&](size_t end) { return random() % end; };
  const auto change = [&] {
    const World world = StoredWorld();
    const size_t account = below(2), i = below(2);
    const bool is_sni_only = below(2) == 0;
    const auto mode_in = [&](const auto& records) {
      const auto other = records.find({1 - account, i});
      const bool is_taken =
          other != records.end() && other->second.first == kDefault;
      return is_sni_only || is_taken ? kSniOnly : kDefault;
    };
    const CaRow ca =
        Ca(accounts_[account], *cas_[i], mode_in(world.cas),
           below(2) == 0 ? CaStatus::kInactive : CaStatus::kActive);
    const DeviceRow device =
        Device(accounts_[account], *devices_[i],
               std::array{DeviceStatus::kActive, DeviceStatus::kInactive,
                          DeviceStatus::kRevoked}[below(3)],
               mode_in(world.devices));
    EndpointRow name = Name(accounts_[account], kNames[i]);
    if (below(4) == 0) name.endpoint.status = EndpointStatus::kDisabled;
    // Another account's goes in the same moment: a transfer.
    const bool moves = below(3) == 0;
    Commit([&](Transaction& t) {
      switch (below(6)) {
        case 0:
          t.DeleteCa(ca.key);
          break;
        case 1:
          if (moves) t.DeleteCa({tenant(1 - account), ca.key.id});
          t.PutCa(ca);
          break;
        case 2:
          t.DeleteDevice(device.key);
          break;
        case 3:
          if (moves) t.DeleteDevice({tenant(1 - account), device.key.id});
          t.PutDevice(device);
          break;
        case 4:
          t.DeleteEndpoint(region_, kNames[i]);
          break;
        default:
          t.PutEndpoint(name);
      }
      return absl::OkStatus();
    });
    Remember();
  };
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    SCOPED_TRACE(round);
    for (size_t changes = 1 + below(8); changes > 0; --changes) {
      change();
      if (below(4) == 0) Fill();
    }
    if (below(8) == 0) store_.Forget();
    const bool is_busy = below(3) == 0;
    bool is_checking = false;  // which looks at the store, too
    const auto check = [&] {
      if (std::exchange(is_checking, true)) return;
      Check();
      if (is_busy && below(3) == 0) change();
      is_checking = false;
    };
    store_.BeforeReads(check);
    store_.AfterChanges(check);
    log_.OnEvent([&] { Check(); });
    CatchUp();
    CatchUpChecking();
  }
}

INSTANTIATE_TEST_SUITE_P(Batches, TrustOrderTest,
                         testing::Values(1, 2, 3, 500));

}  // namespace
}  // namespace chainkeep::test
