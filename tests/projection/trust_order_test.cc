// What a follower lets in while it catches up: nothing that the store would
// have refused all along.

#include <array>
#include <random>
#include <utility>

#include "engine/store/registry_store.h"
#include "tests/projection/trust_fixture.h"

namespace chainkeep::test {
namespace {

using store::CaRow;
using store::DeviceRow;
using store::EndpointRow;
using store::Transaction;

constexpr Mode kDefault = Mode::kDefault;
constexpr Mode kSniOnly = Mode::kSniOnly;

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
    if (below(4) == 0) name.endpoint.service = EndpointService::kJobs;
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
