// Readers and writers of one catalog at full speed.
//
// What a reader may rely on (R103, and the catalog's contract), whatever the
// writers do at that moment:
//
//  1. What is registered all the time is found every time, in its order, and
//     nobody who registers later takes its place where room is short.
//  2. Mode and status belong together: with the version they are seen with,
//     they are what the writer published under it.
//  3. The versions that a thread sees of one registration never go backwards,
//     by whichever index it comes to it.
//  4. Without a tenant only DEFAULT registrations are seen (R82).
//  5. What was found can be read until the pin is gone.
//
// Readers keep what they saw and the writers what they published; the two are
// compared when all have come to their end.

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "chainkeep/certificate.h"
#include "engine/catalog/catalog.h"
#include "gtest/gtest.h"
#include "tests/sni/resolved.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::catalog {
namespace {

using test::CaSpec;
using test::CertificateSpec;
using test::MakeCertificate;
using test::TestCertificate;

constexpr auto kDuration = std::chrono::seconds(2);
constexpr auto kSlowPause = std::chrono::milliseconds(1);
constexpr int kReaders = 2;
constexpr size_t kRoom = 32;

// All CAs have one subject. The first four are registered all the time, before
// any other; the others come and go.
constexpr const char* kKeyIds[] = {"wanted", "",      "wanted", "other",
                                   "wanted", "other", "",       "wanted"};
constexpr int kCas = std::size(kKeyIds);
constexpr int kStable = 4;

// A slot is one CA of one account: a registration that is there or not.
struct Slot {
  int account;
  int ca;
};
// Account 0 has the stable CAs, odd ones SNI_ONLY, and two accounts the others.
constexpr Slot kSlots[] = {{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5},
                           {0, 6}, {0, 7}, {1, 4}, {1, 5}, {1, 6}, {1, 7}};
constexpr int kSlotCount = std::size(kSlots);

// What is published under one version.
using Published = std::map<uint64_t, std::pair<Mode, CaStatus>>;
// What an endpoint is under one version.
using PublishedEndpoint = std::map<uint64_t, std::pair<int, EndpointStatus>>;

class CatalogStress : public testing::Test {
 protected:
  CatalogStress() {
    for (const char* key_id : kKeyIds) {
      CertificateSpec spec = CaSpec("stress");
      spec.subject_key_id = key_id;
      cas_.push_back(MakeCertificate(spec, nullptr));
      ids_.push_back(ComputeCertificateId(cas_.back().bytes()));
    }
    for (int account = 0; account < 2; ++account) {
      catalog_.endpoints().Put(
          OwnHost(account), {.account = accounts_[account], .region = region_},
          catalog_.NextVersion());
    }
    for (int slot = 0; slot < kStable; ++slot) {
      Publish(slot, slot % 2 == 0 ? Mode::kDefault : Mode::kSniOnly,
              CaStatus::kActive, &stable_);
    }
  }

  static sni::HostName OwnHost(int account) {
    return *sni::HostName::Parse(absl::StrCat("own", account, ".example"));
  }

  test::Resolved Resolve(const sni::HostName& host) const {
    return test::Resolve(catalog_, region_, host);
  }

  // The only writer of a slot sees what it has published.
  uint64_t VersionOf(int slot) const {
    const test::Resolved own = Resolve(OwnHost(kSlots[slot].account));
    path::Anchor anchor;
    const Catalog::Pin pin = catalog_.Acquire();
    if (!pin.View(*own.tenant).FindById(ids_[kSlots[slot].ca], &anchor)) {
      Fault("a writer does not see what it has published");
    }
    return anchor.state().version;
  }

  void Publish(int slot, Mode mode, CaStatus status, Published* published) {
    const Slot& s = kSlots[slot];
    const auto record = catalog_.Record(cas_[s.ca].der);
    if (!record.ok() ||
        !catalog_
             .Publish({accounts_[s.account], region_, mode}, *record, status)
             .ok()) {
      return Fault("Publish failed");
    }
    (*published)[VersionOf(slot)] = {mode, status};
  }

  // The first one counts; then all stop.
  void Fault(const std::string& what) const {
    absl::MutexLock lock(&mutex_);
    if (fault_.empty()) fault_ = what;
    stop_ = true;
  }

  const Region region_ = *Region::Parse("us-east-1");
  const std::array<Account, 2> accounts_ = {*Account::Parse("a0"),
                                            *Account::Parse("a1")};
  const sni::HostName moving_ = *sni::HostName::Parse("moving.example");
  std::vector<TestCertificate> cas_;
  std::vector<CertificateId> ids_;
  Catalog catalog_;
  Published stable_;

  mutable std::atomic<bool> stop_{false};
  mutable absl::Mutex mutex_;
  mutable std::string fault_;

  friend class Writer;
  friend class Reader;
};

// Writer registers, switches and removes what is in its slots.
class Writer {
 public:
  Writer(CatalogStress& stress, std::vector<int> slots, int seed)
      : stress_(stress), slots_(std::move(slots)), dice_(seed) {}

  void Run(std::chrono::microseconds pause, bool moves_endpoint) {
    while (!stress_.stop_) {
      Step();
      if (moves_endpoint) MoveEndpoint();
      if (pause.count() > 0) std::this_thread::sleep_for(pause);
    }
  }

  std::array<Published, kSlotCount> published;
  PublishedEndpoint endpoint;
  int changes = 0;

 private:
  CaStatus AnyStatus() {
    return dice_() % 2 == 0 ? CaStatus::kActive : CaStatus::kInactive;
  }

  void Step() {
    const int slot = slots_[dice_() % slots_.size()];
    const Account& account = stress_.accounts_[kSlots[slot].account];
    const CertificateId& id = stress_.ids_[kSlots[slot].ca];
    ++changes;
    std::optional<Mode>& mode = modes_[slot];
    if (!mode) {
      // A region has one DEFAULT registration of a CA: account 0's.
      mode = kSlots[slot].account == 0 && dice_() % 2 == 0 ? Mode::kDefault
                                                           : Mode::kSniOnly;
      return stress_.Publish(slot, *mode, AnyStatus(), &published[slot]);
    }
    if (dice_() % 3 == 0) {
      mode.reset();
      if (!stress_.catalog_.Withdraw(account, stress_.region_, id).ok()) {
        stress_.Fault("Withdraw failed");
      }
      return;
    }
    const CaStatus status = AnyStatus();
    if (!stress_.catalog_.SetStatus(account, stress_.region_, id, status)
             .ok()) {
      return stress_.Fault("SetStatus failed");
    }
    published[slot][stress_.VersionOf(slot)] = {*mode, status};
  }

  void MoveEndpoint() {
    sni::EndpointTable& endpoints = stress_.catalog_.endpoints();
    if (dice_() % 4 == 0) {
      endpoints.Remove(stress_.region_, stress_.moving_);
      return;
    }
    const int account = dice_() % 2;
    const EndpointStatus status =
        dice_() % 4 == 0 ? EndpointStatus::kDisabled : EndpointStatus::kEnabled;
    const uint64_t version = stress_.catalog_.NextVersion();
    endpoint[version] = {account, status};
    endpoints.Put(stress_.moving_,
                  {.account = stress_.accounts_[account],
                   .region = stress_.region_,
                   .status = status},
                  version);
  }

  CatalogStress& stress_;
  const std::vector<int> slots_;
  std::mt19937 dice_;
  std::array<std::optional<Mode>, kSlotCount> modes_;
};

class Reader {
 public:
  explicit Reader(const CatalogStress& stress)
      : stress_(stress),
        subject_(x509::Certificate::Parse(stress.cas_[0].bytes())->subject()) {}

  void Run() {
    while (!stress_.stop_) {
      LookAtEndpoints();
      LookAtRegistrations();
      ++rounds;
    }
  }

  // What was seen under each version, apart from the stable slots.
  std::array<Published, kSlotCount> seen;
  PublishedEndpoint endpoint;
  int rounds = 0;

 private:
  void Require(bool holds, const char* what) {
    if (!holds) stress_.Fault(what);
  }

  void LookAtEndpoints() {
    const test::Resolved own = stress_.Resolve(CatalogStress::OwnHost(0));
    Require(own.tenant && own.account == stress_.accounts_[0],
            "a stable endpoint does not resolve");
    const test::Resolved is = stress_.Resolve(stress_.moving_);
    if (is.version == 0) return;
    Require(is.version >= last_endpoint_, "an endpoint's version went back");
    last_endpoint_ = is.version;
    const std::pair now(
        is.account == stress_.accounts_[0] ? 0 : 1,
        is.tenant ? EndpointStatus::kEnabled : EndpointStatus::kDisabled);
    Require(endpoint.emplace(is.version, now).first->second == now,
            "an endpoint is two things under one version");
    Require(!is.tenant || is.tenant->account() == is.account,
            "an endpoint leads to one account and names another");
  }

  void LookAtRegistrations() {
    const test::Resolved own = stress_.Resolve(CatalogStress::OwnHost(0));
    const test::Resolved other = stress_.Resolve(CatalogStress::OwnHost(1));
    const Catalog::Pin pin = stress_.catalog_.Acquire();
    const DefaultView by_default = pin.View(stress_.region_);
    const TenantView of_own = pin.View(*own.tenant);
    const TenantView of_other = pin.View(*other.tenant);
    Require(pin.HasSniOnlyIssuer(stress_.region_, subject_),
            "a stable SNI_ONLY registration is not told of");
    std::vector<path::Anchor> found;
    for (int round = 0; round < 4; ++round) {
      for (const path::AnchorSource* view :
           std::initializer_list<const path::AnchorSource*>{
               &by_default, &of_own, &of_other}) {
        const bool without_tenant = view == &by_default;
        LookInOrder(*view, without_tenant    ? std::vector{0, 2}
                           : view == &of_own ? std::vector{0, 1, 2, 3}
                                             : std::vector<int>{});
        for (int ca = 0; ca < kCas; ++ca) {
          path::Anchor anchor;
          if (!view->FindById(stress_.ids_[ca], &anchor)) continue;
          Keep(anchor);
          found.push_back(anchor);
          Require(!without_tenant || anchor.state().mode == Mode::kDefault,
                  "SNI_ONLY is seen without a tenant");
        }
      }
    }
    for (const path::Anchor& anchor : found) ReadAll(anchor);
  }

  // `stable` are the CAs which this view shows all the time.
  void LookInOrder(const path::AnchorSource& view,
                   const std::vector<int>& stable) {
    std::array<path::Anchor, kRoom> anchors;
    const size_t count = view.FindIssuers(subject_, AsBytes("wanted"), anchors);
    // Those that do not say another key id, then the others; the oldest of
    // each part first, which the stable ones are.
    std::vector<int> cas;
    for (size_t i = 0; i < count; ++i) {
      Keep(anchors[i]);
      ReadAll(anchors[i]);
      cas.push_back(CaOf(anchors[i]));
    }
    const auto says_other = [](int ca) {
      return std::string_view(kKeyIds[ca]) == "other";
    };
    Require(std::ranges::is_partitioned(
                cas, [&](int ca) { return !says_other(ca); }),
            "who says another key id does not come last");
    for (const bool other : {false, true}) {
      std::vector<int> expected, part;
      for (int ca : stable) {
        if (says_other(ca) == other) expected.push_back(ca);
      }
      for (int ca : cas) {
        if (says_other(ca) == other) part.push_back(ca);
      }
      Require(part.size() >= expected.size() &&
                  std::equal(expected.begin(), expected.end(), part.begin()),
              "a stable registration is missing or was overtaken");
      if (other || expected.empty()) continue;
      // Where there is room for the oldest only.
      std::array<path::Anchor, kStable> few;
      const std::span room = std::span(few).first(expected.size());
      Require(view.FindIssuers(subject_, AsBytes("wanted"), room) ==
                  expected.size(),
              "a stable registration is missing where room is short");
      for (size_t i = 0; i < expected.size(); ++i) {
        Require(CaOf(few[i]) == expected[i],
                "a younger registration took the place of a stable one");
      }
    }
  }

  void Keep(const path::Anchor& anchor) {
    const int slot = SlotOf(anchor);
    if (slot < 0) return stress_.Fault("a registration of nobody is seen");
    Require(anchor.state().version >= last_[slot], "a version went backwards");
    last_[slot] = anchor.state().version;
    const std::pair now(anchor.state().mode, anchor.state().status);
    Require(
        seen[slot].emplace(anchor.state().version, now).first->second == now,
        "mode or status changed under one version");
  }

  // Everything that an anchor points to.
  void ReadAll(const path::Anchor& anchor) {
    Require(anchor.ca->certificate.subject() == subject_ &&
                SlotOf(anchor) >= 0 &&
                anchor.ca->key.info().kind == signature::KeyKind::kP256,
            "what was found cannot be read any more");
  }

  int CaOf(const path::Anchor& anchor) const {
    for (int ca = 0; ca < kCas; ++ca) {
      if (anchor.ca->id == stress_.ids_[ca]) return ca;
    }
    return -1;
  }
  int SlotOf(const path::Anchor& anchor) const {
    const int ca = CaOf(anchor);
    for (int slot = 0; slot < kSlotCount; ++slot) {
      if (kSlots[slot].ca == ca &&
          *anchor.account == stress_.accounts_[kSlots[slot].account]) {
        return slot;
      }
    }
    return -1;
  }

  const CatalogStress& stress_;
  const x509::Name subject_;
  std::array<uint64_t, kSlotCount> last_ = {};
  uint64_t last_endpoint_ = 0;
};

TEST_F(CatalogStress, R103_ReadersBesideAFastAndASlowWriter) {
  Writer fast(*this, {4, 5, 8, 9}, 1);
  Writer slow(*this, {6, 7, 10, 11}, 2);
  std::vector<Reader> readers(kReaders, Reader(*this));
  std::vector<std::thread> threads;
  threads.emplace_back([&] { fast.Run({}, true); });
  threads.emplace_back([&] { slow.Run(kSlowPause, false); });
  for (Reader& reader : readers) {
    threads.emplace_back([&reader] { reader.Run(); });
  }
  const auto end = std::chrono::steady_clock::now() + kDuration;
  while (!stop_ && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  stop_ = true;
  for (std::thread& thread : threads) thread.join();
  {
    absl::MutexLock lock(&mutex_);
    ASSERT_EQ(fault_, "");
  }

  size_t changes_seen = 0;
  for (const Reader& reader : readers) {
    EXPECT_GT(reader.rounds, 10);
    EXPECT_GT(reader.endpoint.size(), 1u);
    for (const auto& [version, what] : reader.endpoint) {
      const auto put = fast.endpoint.find(version);
      ASSERT_NE(put, fast.endpoint.end());
      EXPECT_EQ(put->second, what) << "endpoint, version " << version;
    }
    for (int slot = 0; slot < kSlotCount; ++slot) {
      changes_seen += reader.seen[slot].size();
      for (const auto& [version, what] : reader.seen[slot]) {
        const Published* published = &stable_;
        if (slot >= kStable) {
          published = &fast.published[slot];
          if (published->empty()) published = &slow.published[slot];
        }
        const auto found = published->find(version);
        ASSERT_NE(found, published->end()) << "slot " << slot;
        EXPECT_EQ(found->second, what) << "slot " << slot;
      }
    }
  }
  EXPECT_GT(fast.changes, 100);
  EXPECT_GT(slow.changes, 10);
  EXPECT_GT(changes_seen, 100u);
}

}  // namespace
}  // namespace chainkeep::catalog
