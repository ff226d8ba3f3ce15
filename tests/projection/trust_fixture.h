// What a catalog lets in, counted up: for tests that compare it with what a
// store would have let in.

#ifndef CHAINKEEP_TESTS_PROJECTION_TRUST_FIXTURE_H_
#define CHAINKEEP_TESTS_PROJECTION_TRUST_FIXTURE_H_

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/projection/projection.h"
#include "engine/sni/endpoint_name.h"
#include "tests/projection/projection_fixture.h"
#include "tests/support/test_crls.h"

namespace chainkeep::test {

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
    const absl::Status status = store_.Read([&](const store::RegistryView&
                                                    view) {
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
      const auto device = catalog_.FindDevice(accounts_[account], region_,
                                              SignedOf(*devices_[i]));
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
      AddAccepted(world, account, Mode::kDefault,
                  absl::StrCat("nameless ", account), &accepted);
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

  // The CRLs of the root in the first account.
  void PutCrls(std::vector<std::string> crls) {
    Commit([&](store::Transaction& t) {
      t.PutCrls(Crls(a_, ca_, std::move(crls)));
      return absl::OkStatus();
    });
  }
  int ShownCrls() const {
    int crls = 0;
    catalog_.ForEachCrls(
        [&](const Account&, const Region&, const CaId&) { ++crls; });
    return crls;
  }

  // While all waits, a device is revoked and the CRL that names it emptied, and
  // what `lose` does follows: one of the two refuses it all the time.
  void ExpectCrlsStayUntilTheRecordIsThere(const std::function<void()>& lose) {
    Change(Ca(a_, ca_, Mode::kDefault));
    PutCrls({MakeCrl({}, ca_)});  // names the device, say
    CatchUp();
    Fill();
    PutCrls({MakeCrl({}, ca_)});
    bool done = false;
    int reads = 0;
    const auto check = [&] {
      const auto device = catalog_.FindDevice(a_, region_, SignedOf(device_));
      EXPECT_FALSE(done && ShownCrls() == 0 && !device)
          << "neither the CRL nor the record refuses it";
    };
    store_.BeforeReads([&] {
      check();
      if (++reads != 2) return;
      Put(Device(a_, device_, DeviceStatus::kRevoked, Mode::kDefault));
      PutCrls({});
      lose();
      done = true;
    });
    log_.OnEvent(check);
    CatchUp();
    store_.BeforeReads(nullptr);
    log_.OnEvent(nullptr);
    EXPECT_TRUE(done);
  }

  // More records change than are shown at once, which nobody here asks for.
  void Fill() {
    const auto status =
        filled_++ % 2 == 0 ? DeviceStatus::kInactive : DeviceStatus::kActive;
    Commit([&](store::Transaction& t) {
      for (int i = 0; i <= static_cast<int>(GetParam()); ++i) {
        store::DeviceRow row = Device(b_, device_, status, Mode::kSniOnly);
        CertificateId::Array id = row.key.id.bytes();
        id[0] = static_cast<uint8_t>(i);
        id[1] = static_cast<uint8_t>(i >> 8);
        row.key.id = CertificateId(id);
        row.signed_id = SignedId(id);
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
    // Asked for is data.
    return {endpoint.account == a_ ? 0 : 1,
            endpoint.service == EndpointService::kData
                ? endpoint.status
                : EndpointStatus::kDisabled};
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

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_PROJECTION_TRUST_FIXTURE_H_
