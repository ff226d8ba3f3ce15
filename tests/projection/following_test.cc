// What a follower of a busy store tells, and when.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/projection/projection.h"
#include "engine/x509/certificate.h"
#include "tests/projection/projection_fixture.h"

namespace chainkeep::test {
namespace {

using Lines = std::vector<std::string>;
using store::CaRow;
using store::DeviceRow;
using store::Transaction;

constexpr Mode kDefault = Mode::kDefault;
constexpr Mode kSniOnly = Mode::kSniOnly;

class FollowingTest : public ProjectionFixture {
 protected:
  static Account Other(int i) {
    return *Account::Parse(absl::StrCat("m-", 100'000 + i));
  }

  // The device in as many other accounts, in one transaction.
  void PutInOthers(int count, DeviceStatus status) {
    Commit([&](Transaction& t) {
      for (int i = 0; i < count; ++i) {
        t.PutDevice(Device(Other(i), device_, status, kSniOnly));
      }
      return absl::OkStatus();
    });
  }

  // Catches up; at no moment is there no record of the device.
  void CatchUpWithADeviceAtAllTimes() {
    store_.BeforeReads([&] {
      const catalog::Catalog::Pin pin = catalog_.Acquire();
      EXPECT_TRUE(pin.FindDevice(region_, SignedOf(device_), IdOf(device_))
                      .has_value());
    });
    CatchUp();
    store_.BeforeReads(nullptr);
    EXPECT_EQ(Shown(), Stored());
  }

  // So many devices of account a, of which only the ids are certificates'.
  void PutMany(int count, DeviceStatus status) {
    Commit([&](Transaction& t) {
      for (int i = 0; i < count; ++i) {
        t.PutDevice(Numbered(i, status));
      }
      return absl::OkStatus();
    });
  }
  DeviceRow Numbered(int i, DeviceStatus status) {
    DeviceRow row = Device(a_, device_, status, kSniOnly);
    CertificateId::Array id = row.key.id.bytes();
    for (int byte = 0; byte < 4; ++byte) {
      id[byte] = static_cast<uint8_t>(i >> 8 * byte);
    }
    row.key.id = CertificateId(id);
    row.signed_id = SignedId(id);
    return row;
  }
};

// ---- A busy writer

// Another process never stops writing: what it commits during a call is the
// next call's.
TEST_F(FollowingTest, ABusyWriterIsNotChased) {
  int written = 0;
  store_.AfterChanges([&] {
    constexpr int kForever = 2000;
    if (written < kForever) Put(Numbered(written++, DeviceStatus::kActive));
  });
  Put(Ca(a_, ca_));
  CatchUp();
  EXPECT_LT(written, 10);
  EXPECT_EQ(log_.Take(), (Lines{"registered a", "activated a"}));
  // What is there meanwhile is known to be missing.
  const int before = written;
  bool is_behind = false;
  ASSERT_TRUE(store_
                  .Read([&](const store::RegistryView& view) {
                    is_behind = projection_.seen().revision < view.revision();
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_TRUE(is_behind);
  store_.AfterChanges(nullptr);
  CatchUp();
  EXPECT_EQ(Shown(), Stored());
  EXPECT_EQ(Shown().size(), static_cast<size_t>(before) + 1);
}

// A lot has changed: who is to be dropped first is told before all of it is
// shown, and holding no lock that a handshake might need.
TEST_F(FollowingTest, R58_EachBatchIsToldBeforeTheNext) {
  constexpr int kMany = 5000;
  PutMany(kMany, DeviceStatus::kActive);
  CatchUp();
  PutMany(kMany, DeviceStatus::kInactive);
  const auto is_active = [&](int i) {
    return catalog_
               .FindDevice(a_, region_,
                           Numbered(i, DeviceStatus::kActive).signed_id)
               ->status == DeviceStatus::kActive;
  };
  int told = 0;
  bool was_last_active = false;
  log_.OnEvent([&] {
    if (++told > 1) return;
    EXPECT_FALSE(is_active(0));
    was_last_active = is_active(kMany - 1);
    // A handshake that needs to catch up itself.
    auto other = std::async(std::launch::async,
                            [&] { return projection_.CatchUp().ok(); });
    ASSERT_EQ(other.wait_for(std::chrono::seconds(60)),
              std::future_status::ready);
    EXPECT_TRUE(other.get());
    EXPECT_FALSE(is_active(kMany - 1));
  });
  // The other thread tells too, one after the other: while it does, this one
  // waits for it.
  CatchUp();
  EXPECT_TRUE(was_last_active);
  EXPECT_EQ(log_.Take().size(), static_cast<size_t>(kMany));
  EXPECT_EQ(Shown(), Stored());
}

// ---- Leaving ACTIVE, and being back before anybody looks

// Each row: what happens to a device that is ACTIVE and to its CA, all of it
// before anybody looks, and what is told.
TEST_F(FollowingTest, R58_WhoIsActiveAgainWasNotInBetween) {
  const DeviceRow on = Device(a_, device_, DeviceStatus::kActive, kDefault);
  DeviceRow off = on;
  off.status = DeviceStatus::kInactive;
  DeviceRow sni_only = on;
  sni_only.mode = kSniOnly;
  DeviceRow of_ca = on;
  of_ca.ca = IdOf(ca_);
  const CaRow ca = Ca(a_, ca_, kDefault);
  CaRow ca_off = ca;
  ca_off.status = CaStatus::kInactive;
  CaRow ca_sni_only = ca;
  ca_sni_only.mode = kSniOnly;
  const Lines device_told = {"device ACTIVE a"};
  const Lines ca_told = {"deactivated a", "activated a"};

  const struct {
    const char* what;
    std::function<void()> change;
    Lines told;
  } kRows[] = {
      {"nothing", [] {}, {}},
      {"touched", [&] { Put(on); }, {}},
      {"INACTIVE and back", [&] { Put(off), Put(on); }, device_told},
      {"deleted and registered again", [&] { Delete(on), Put(on); },
       device_told},
      {"the same in one transaction",
       [&] {
         Commit([&](Transaction& t) {
           t.DeleteDevice(on.key);
           t.PutDevice(on);
           return absl::OkStatus();
         });
       },
       device_told},
      {"the other mode and back", [&] { Put(sni_only), Put(on); }, device_told},
      {"the other mode", [&] { Put(sni_only); }, device_told},
      {"and back", [&] { Put(on); }, device_told},
      {"under another CA", [&] { Put(of_ca); }, device_told},
      {"under none", [&] { Put(on); }, device_told},
      {"revoked at the end",
       [&] { Put(off), Put(on), Put(off); },
       {"device INACTIVE a"}},
      {"was not in, is not in", [&] { Put(on), Put(off); }, {}},
      {"active at last", [&] { Put(on); }, {}},
      {"the CA touched", [&] { Put(ca); }, {}},
      {"the CA INACTIVE and back", [&] { Put(ca_off), Put(ca); }, ca_told},
      {"the CA deleted and registered again",
       [&] { Put(ca_off), Delete(ca), Put(ca); }, ca_told},
      {"the CA in the other mode and back", [&] { Put(ca_sni_only), Put(ca); },
       ca_told},
      {"the CA INACTIVE at the end",
       [&] { Put(ca_off), Put(ca), Put(ca_off); },
       {"deactivated a"}},
      {"the CA was not in, is not in", [&] { Put(ca), Put(ca_off); }, {}},
  };
  Put(on);
  Put(ca);
  CatchUp();
  log_.Take();
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);
    row.change();
    CatchUp();
    EXPECT_EQ(log_.Take(), row.told);
    EXPECT_EQ(Shown(), Stored());
    CatchUp();
    EXPECT_TRUE(log_.Take().empty());
  }
}

// A device without a record may be in for its CA's sake.
TEST_F(FollowingTest, R58_ARecordThatCameAndWentMayHaveRefused) {
  const DeviceRow off = Device(a_, device_, DeviceStatus::kInactive, kSniOnly);
  Put(off);
  Delete(off);
  CatchUp();
  EXPECT_EQ(log_.Take(), Lines{"device INACTIVE a"});
  Put(off);
  Put(Device(a_, device_, DeviceStatus::kActive, kSniOnly));
  CatchUp();
  EXPECT_EQ(log_.Take(), Lines{"device ACTIVE a"});
}

// Its first change is noted, the second is not, but what the second made of it
// is read. Each row: when the second is committed.
TEST_F(FollowingTest, R58_ARecordIsNotReadLaterThanItsChangesAreKnown) {
  const DeviceRow on = Device(a_, device_, DeviceStatus::kActive, kSniOnly);
  DeviceRow off = on;
  off.status = DeviceStatus::kInactive;
  const struct {
    const char* when;
    void (ForgetfulStore::*hook)(std::function<void()>);
  } kRows[] = {
      {"after the first look at changes", &ForgetfulStore::AfterChanges},
      {"before the record is read", &ForgetfulStore::BeforeReads},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.when);
    Put(on);
    CatchUp();
    log_.Take();
    const uint64_t version = catalog_.NextVersion();
    Put(off);
    bool is_back = false;
    (store_.*row.hook)([&] {
      if (!std::exchange(is_back, true)) Put(on);
    });
    CatchUp();
    (store_.*row.hook)(nullptr);
    CatchUp();
    EXPECT_TRUE(is_back);
    EXPECT_EQ(log_.Take(), Lines{"device ACTIVE a"});
    // Verdicts that rest on it do not hold either.
    const catalog::Catalog::Pin pin = catalog_.Acquire();
    EXPECT_GT(catalog_.NextVersion(), version + 1);
  }
}

// So many others have changed in between that the two changes are far apart.
TEST_F(FollowingTest, R58_AHundredBatchesLaterItIsNotForgotten) {
  const DeviceRow on = Device(a_, device_, DeviceStatus::kActive, kSniOnly);
  DeviceRow off = on;
  off.status = DeviceStatus::kInactive;
  Put(on);
  CatchUp();
  Put(off);
  PutInOthers(20'000, DeviceStatus::kActive);
  Put(on);
  CatchUp();
  EXPECT_EQ(log_.Take(), Lines{"device ACTIVE a"});
}

// ---- Room

// The mode DEFAULT goes from the last account to the first; between them, in
// every order, lie more records than are shown at once.
TEST_F(FollowingTest, WhoIsInTheWayOfAnotherIsGoneByTheEnd) {
  const Account z = *Account::Parse("z");
  enum class Meanwhile { kNothing, kForgotten, kWritten };
  for (const Meanwhile meanwhile :
       {Meanwhile::kNothing, Meanwhile::kForgotten, Meanwhile::kWritten}) {
    SCOPED_TRACE(static_cast<int>(meanwhile));
    Put(Device(z, device_, DeviceStatus::kActive, kDefault));
    Put(Ca(z, ca_, kDefault));
    CatchUp();
    log_.Take();
    // The first account has changed before the last, and is DEFAULT after it.
    Put(Device(a_, device_, DeviceStatus::kActive, kSniOnly));
    Put(Ca(a_, ca_, kSniOnly));
    Commit([&](Transaction& t) {
      for (int i = 0; i < 11'000; ++i) {
        t.PutDevice(Device(Other(i), device_, DeviceStatus::kActive, kSniOnly));
        t.PutCa(Ca(Other(i), ca_, kSniOnly, CaStatus::kInactive));
      }
      return absl::OkStatus();
    });
    Put(Device(z, device_, DeviceStatus::kActive, kSniOnly));
    Put(Ca(z, ca_, kSniOnly));
    Put(Device(a_, device_, DeviceStatus::kActive, kDefault));
    Put(Ca(a_, ca_, kDefault));
    if (meanwhile == Meanwhile::kForgotten) store_.Forget();
    if (meanwhile == Meanwhile::kWritten) {
      store_.AfterChanges([&, written = 0]() mutable {
        Put(Numbered(written++, DeviceStatus::kActive));
      });
    }
    CatchUp();
    EXPECT_EQ(catalog_.FindDevice(a_, region_, SignedOf(device_))->mode,
              kDefault);
    EXPECT_EQ(catalog_.FindRegistration(a_, region_, IdOf(ca_))->mode,
              kDefault);
    store_.AfterChanges(nullptr);
    if (meanwhile == Meanwhile::kWritten) CatchUp();
    EXPECT_TRUE(Shown() == Stored());
    for (const std::string& line : log_.Take()) {
      EXPECT_EQ(line.find("skipped"), std::string::npos) << line;
    }
    // Back to where it was.
    Put(Device(a_, device_, DeviceStatus::kActive, kSniOnly));
    Put(Ca(a_, ca_, kSniOnly));
    CatchUp();
  }
}

// What nobody takes out of the way stays in it, and is told once.
TEST_F(FollowingTest, WhatIsInTheWayForGoodIsTold) {
  CaRow damaged = Ca(b_, ca_);
  damaged.der = device_.der;
  Put(damaged);
  PutMany(3000, DeviceStatus::kActive);
  CatchUp();
  EXPECT_EQ(log_.Take(), Lines{"skipped b"});
  EXPECT_EQ(Shown().size(), 3000u);
  CatchUp();
  EXPECT_TRUE(log_.Take().empty());
}

// From one account to another, across what would be the border of two batches:
// at no moment is there no record that refuses.
TEST_F(FollowingTest, ATransferIsNotTornApart) {
  const DeviceRow here = Device(a_, device_, DeviceStatus::kRevoked, kDefault);
  const DeviceRow there =
      Device(b_, device_, DeviceStatus::kInactive, kDefault);
  for (const int before : {498, 499, 500, 999}) {
    SCOPED_TRACE(before);
    Put(here);
    CatchUp();
    for (int i = 0; i < before; ++i) {
      Put(Numbered(i, DeviceStatus::kInactive));
    }
    Commit([&](Transaction& t) {
      t.DeleteDevice(here.key);
      t.PutDevice(there);
      return absl::OkStatus();
    });
    CatchUpWithADeviceAtAllTimes();
    Delete(there);
    CatchUp();
  }
}

// The same where the one that gives has changed long before, or where changes
// are forgotten and a comparison puts what is not stored any more first.
TEST_F(FollowingTest, ATransferOfLongAgoIsNotTornApart) {
  const DeviceRow here = Device(a_, device_, DeviceStatus::kInactive, kDefault);
  const DeviceRow there =
      Device(b_, device_, DeviceStatus::kInactive, kDefault);
  enum class Way { kOffered, kForgotten };
  for (const Way way : {Way::kOffered, Way::kForgotten}) {
    SCOPED_TRACE(static_cast<int>(way));
    Put(here);
    CatchUp();
    // TransferCertificate
    DeviceRow offered = here;
    offered.status = DeviceStatus::kPendingTransfer;
    Put(offered);
    for (int i = 0; i < 1000; ++i) {
      Put(Numbered(i, DeviceStatus::kInactive));
      Put(Ca(Other(i), ca_));
    }
    // AcceptCertificateTransfer
    Commit([&](Transaction& t) {
      t.DeleteDevice(here.key);
      t.PutDevice(there);
      return absl::OkStatus();
    });
    if (way == Way::kForgotten) store_.Forget();
    CatchUpWithADeviceAtAllTimes();
    Delete(there);
    CatchUp();
  }
}

// One thread finds another account in the way and puts the record off, while a
// second one is in its own call: that one, too, is to leave it shown.
TEST_F(FollowingTest, WhatOneThreadPutsOffAnotherStillShows) {
  const Account z = *Account::Parse("z");
  Put(Ca(z, ca_, kDefault));
  CatchUp();
  PutMany(600, DeviceStatus::kInactive);
  Put(Ca(a_, ca_, kSniOnly));
  const auto put_more = [&](int from, int to) {
    Commit([&](Transaction& t) {
      for (int i = from; i < to; ++i) {
        t.PutDevice(Numbered(i, DeviceStatus::kInactive));
      }
      return absl::OkStatus();
    });
  };
  put_more(1000, 2000);
  Put(Ca(z, ca_, kSniOnly));
  Put(Ca(a_, ca_, kDefault));
  // Each thread stops at the first event of its first batch.
  std::promise<void> come[2], go[2];
  std::atomic<int> threads = 0;
  log_.OnEvent([&] {
    thread_local bool has_stopped = false;
    if (std::exchange(has_stopped, true)) return;
    const int i = threads++;
    come[i].set_value();
    go[i].get_future().wait();
  });
  auto first = std::async(std::launch::async, [&] { CatchUp(); });
  come[0].get_future().wait();
  put_more(2000, 4000);
  auto second = std::async(std::launch::async, [&] { CatchUp(); });
  come[1].get_future().wait();
  go[0].set_value();
  first.wait();
  const auto shown = catalog_.FindRegistration(a_, region_, IdOf(ca_));
  EXPECT_TRUE(shown && shown->mode == kDefault);
  go[1].set_value();
  second.wait();
  EXPECT_EQ(Shown(), Stored());
}

// ---- A store that cannot be read for a moment

// What was revoked meanwhile is revoked once it can be read.
TEST_F(FollowingTest, R58_WhatCouldNotBeReadOnceIsReadTheNextTime) {
  Put(Device(a_, device_, DeviceStatus::kActive, kDefault));
  CatchUp();
  Put(Device(a_, device_, DeviceStatus::kRevoked, kDefault));
  // After the changes have been noted, with a look at changes and without.
  store_.FailReads({false, true, true});
  projection_.CatchUp().IgnoreError();
  CatchUp();
  EXPECT_EQ(Shown(), Stored());
}

// ---- Changes that can never be read

// Everything is compared when something has changed, once a call, and only
// then.
TEST_F(FollowingTest, WithoutNotesOfChangesEverythingIsCompared) {
  const DeviceRow on = Device(a_, device_, DeviceStatus::kActive, kSniOnly);
  Put(on);
  PutMany(2000, DeviceStatus::kInactive);
  CatchUp();
  log_.Take();
  store_.FailChanges();
  for (int i = 0; i < 3; ++i) CatchUp();
  EXPECT_TRUE(log_.Take().empty());

  DeviceRow off = on;
  off.status = DeviceStatus::kRevoked;
  Put(off);
  CatchUp();
  Lines told = log_.Take();
  std::sort(told.begin(), told.end());
  EXPECT_EQ(told, (Lines{"device REVOKED a", "skipped "}));
  EXPECT_EQ(Shown(), Stored());
  for (int i = 0; i < 3; ++i) CatchUp();
  EXPECT_TRUE(log_.Take().empty());

  // Beside somebody who writes all the time.
  int written = 0;
  store_.BeforeReads([&] {
    if (written < 1000) Put(Numbered(written++, DeviceStatus::kRevoked));
  });
  CatchUp();
  EXPECT_GT(written, 4);
  EXPECT_LT(written, 50);
  store_.BeforeReads(nullptr);
  CatchUp();
  EXPECT_EQ(Shown(), Stored());
}

// ---- The order of age

// Who registered first is found first, also after a comparison: those of which
// nothing was known are shown oldest first, whatever their certificates.
TEST_F(FollowingTest, AComparisonKeepsTheOrderOfAge) {
  constexpr int kCas = 30;
  std::vector<CertificateId> by_age;
  for (int i = 0; i < kCas; ++i) {
    const TestCertificate ca = MakeCertificate(CaSpec("same name"), nullptr);
    CaRow row = Ca(a_, ca, kDefault);
    row.creation_date = i;
    Put(row);
    by_age.push_back(row.key.id);
  }
  store_.Forget();
  CatchUp();
  std::vector<path::Anchor> anchors(kCas);
  const TestCertificate named = MakeCertificate(CaSpec("same name"), nullptr);
  const auto issuer = x509::Certificate::Parse(named.bytes());
  ASSERT_TRUE(issuer.ok());
  const catalog::Catalog::Pin pin = catalog_.Acquire();
  const size_t count =
      pin.View(region_).FindIssuers(issuer->subject(), {}, anchors);
  std::vector<CertificateId> found;
  for (size_t i = 0; i < count; ++i) found.push_back(anchors[i].ca->id);
  EXPECT_EQ(found, by_age);
}

}  // namespace
}  // namespace chainkeep::test
