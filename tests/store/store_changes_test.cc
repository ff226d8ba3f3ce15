// What a store tells those who follow it.

#include <chrono>
#include <future>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/store/registry_store.h"
#include "gtest/gtest.h"
#include "tests/store/every_store.h"
#include "tests/store/store_fixture.h"

namespace chainkeep::store {
namespace {

using StoreChangesTest = EveryStoreTest;

INSTANTIATE_TEST_SUITE_P(All, StoreChangesTest, kEveryStore, StoreKindName);

// ---- Changes

std::string IdText(const Change& change) {
  if (change.kind == ChangeKind::kEndpoint) return "-";
  return (change.kind == ChangeKind::kDevice ? change.device.ToHex()
                                             : change.id.ToHex())
      .substr(0, 1);
}

TEST_P(StoreChangesTest, NotesEachChangeUnderARevision) {
  Commit([&](Transaction& t) {
    t.PutCa(CaOf(a_, '1', Mode::kDefault));
    t.PutRegistrationCode(a_, "not a change");
    t.PutTemplate(TemplateOf(a_, "nor this"));
    t.PutDevice(DeviceOf(b_, '2', Mode::kDefault));
  });
  Commit([&](Transaction& t) {
    t.PutEndpoint(EndpointOf(a_, "h.example"));
    t.PutCrls(CrlsOf(a_, '3'));
  });
  // The name changes hands: both are told.
  Commit([&](Transaction& t) { t.PutEndpoint(EndpointOf(b_, "h.example")); });
  Commit([&](Transaction& t) {
    t.DeleteEndpoint(a_.region, "h.example");
    t.DeleteEndpoint(a_.region, "never.example");
    t.DeleteCa({a_, IdOf('1')});
    t.DeleteDevice({b_, IdOf('2')});
  });
  const auto name = [](const Change& change) {
    return absl::StrCat(change.revision, " ", static_cast<int>(change.kind),
                        " ", change.tenant.account.text(), "/",
                        change.tenant.region.text(), " ", IdText(change), " ",
                        change.host_name);
  };
  const std::vector<std::string> wanted = {
      "1 0 a/r1 1 ",          "2 1 b/r1 2 ",          "3 2 a/r1 - h.example",
      "4 3 a/r1 3 ",          "5 2 a/r1 - h.example", "6 2 b/r1 - h.example",
      "7 2 b/r1 - h.example", "8 0 a/r1 1 ",          "9 1 b/r1 2 "};
  for (size_t limit : {1, 4, 100}) {
    std::vector<std::string> seen;
    Revision at = 0;
    while (true) {
      const auto changes = store_->ReadChanges(at, limit);
      ASSERT_TRUE(changes.ok());
      EXPECT_TRUE(changes->complete());
      for (const Change& change : changes->changes)
        seen.push_back(name(change));
      if (changes->changes.empty()) break;
      at = changes->up_to.revision;
    }
    EXPECT_EQ(seen, wanted);
    EXPECT_EQ(at, 9);
  }
  See(*store_,
      [&](const RegistryView& view) { EXPECT_EQ(view.revision(), 9); });
}

TEST_P(StoreChangesTest, SaysHowManyThereAreWhateverTheLimit) {
  EXPECT_EQ(store_->ReadChanges(0, 1)->last.revision, 0);
  Commit([&](Transaction& t) {
    for (const char digit : {'1', '2', '3'}) t.DeleteCa({a_, IdOf(digit)});
  });
  EXPECT_EQ(store_->ReadChanges(0, 1)->up_to.revision, 1);
  EXPECT_EQ(store_->ReadChanges(0, 1)->last.revision, 3);
  EXPECT_EQ(store_->ReadChanges(3, 1)->last.revision, 3);
}

// All that a follower compares, in the order in which it is to be shown: those
// who registered first come first.
TEST_P(StoreChangesTest, KeysAreThoseOfAllRowsInOrder) {
  const auto aged = [](CaRow row, UnixMillis date) {
    row.creation_date = date;
    return row;
  };
  Commit([&](Transaction& t) {
    t.PutCa(aged(CaOf(a_, '1', Mode::kDefault), 30));
    t.PutCa(aged(CaOf(a_, '2', Mode::kDefault), 10));
    t.PutCa(aged(CaOf(b_, '3', Mode::kSniOnly), 10));
    t.PutCa(aged(CaOf(b_, '1', Mode::kSniOnly), 20));
    t.PutCa(CaOf(a_elsewhere_, '4', Mode::kDefault));
    t.DeleteCa({a_elsewhere_, IdOf('4')});
    t.PutDevice(DeviceOf(b_, '7', Mode::kDefault));
    t.PutDevice(DeviceOf(a_elsewhere_, '6', Mode::kDefault));
    t.PutEndpoint(EndpointOf(a_, "h.example"));
    t.PutCrls(CrlsOf(a_, '3'));
    t.PutTemplate(TemplateOf(a_, "not a handshake's"));
    t.PutRegistrationCode(a_, "nor this");
  });
  std::vector<std::string> keys;
  See(*store_, [&](const RegistryView& view) {
    const absl::Status status = view.ForEachKey(
        [&](const Change& key) {
          EXPECT_EQ(key.revision, 0);
          keys.push_back(absl::StrCat(
              static_cast<int>(key.kind), " ", key.tenant.account.text(), "/",
              key.tenant.region.text(), " ", IdText(key), " ", key.host_name));
          return absl::OkStatus();
        },
        [](ChangeKind, const absl::Status& status) {
          ADD_FAILURE() << status;
        });
    EXPECT_TRUE(status.ok()) << status;
  });
  EXPECT_EQ(keys,
            (std::vector<std::string>{"0 a/r1 2 ", "0 b/r1 3 ", "0 b/r1 1 ",
                                      "0 a/r1 1 ", "1 a/r2 6 ", "1 b/r1 7 ",
                                      "3 a/r1 3 ", "2 a/r1 - h.example"}));
  // Who has seen enough says so.
  int seen = 0;
  EXPECT_TRUE(absl::IsAborted(store_->Read([&](const RegistryView& view) {
    return view.ForEachKey(
        [&](const Change&) {
          return ++seen == 6 ? absl::AbortedError("enough") : absl::OkStatus();
        },
        [](ChangeKind, const absl::Status&) {});
  })));
  EXPECT_EQ(seen, 6);
}

TEST_P(StoreChangesTest, WhatDidNotHappenIsNoChange) {
  EXPECT_FALSE(store_
                   ->Transact([&](Transaction& t) {
                     t.PutCa(CaOf(a_, '1', Mode::kDefault));
                     return absl::AbortedError("no");
                   })
                   .ok());
  const auto changes = store_->ReadChanges(0, 10);
  ASSERT_TRUE(changes.ok());
  EXPECT_TRUE(changes->complete());
  EXPECT_TRUE(changes->changes.empty());
  // Its revision is not lost either.
  Commit([&](Transaction& t) { t.PutCa(CaOf(a_, '1', Mode::kDefault)); });
  EXPECT_EQ(store_->ReadChanges(0, 10)->up_to.revision, 1);
}

TEST_P(StoreChangesTest, RemembersTheLast100000Changes) {
  Commit([&](Transaction& t) {
    for (int i = 0; i < 100'000; ++i) t.DeleteCa({a_, IdOf('1')});
  });
  EXPECT_TRUE(store_->ReadChanges(0, 1)->complete());
  Commit([&](Transaction& t) { t.DeleteCa({a_, IdOf('1')}); });
  const auto forgotten = store_->ReadChanges(0, 1);
  EXPECT_FALSE(forgotten->complete());
  EXPECT_TRUE(forgotten->changes.empty());
  EXPECT_TRUE(store_->ReadChanges(1, 1)->complete());
  EXPECT_EQ(store_->ReadChanges(1, 1)->changes[0].revision, 2);
  // And nobody has seen what has not happened.
  EXPECT_FALSE(store_->ReadChanges(100'002, 1)->complete());
  EXPECT_TRUE(store_->ReadChanges(100'001, 1)->complete());
}

TEST_P(StoreChangesTest, AwaitingEndsWithAChangeATimeoutOrAWake) {
  // Whoever waits for so long in vain is ended by the test's own deadline.
  constexpr int64_t kForever = 3'600'000;
  const auto await = [&](Revision after, int64_t timeout) {
    const absl::StatusOr<bool> there = store_->AwaitChange(after, timeout);
    EXPECT_TRUE(there.ok());
    return there.ok() && *there;
  };
  EXPECT_FALSE(await(0, 60));
  EXPECT_FALSE(await(0, -1));
  // It does wait, however long a look may show that it has not ended.
  std::future<bool> woken = std::async(std::launch::async, await, 0, kForever);
  EXPECT_EQ(woken.wait_for(std::chrono::milliseconds(50)),
            std::future_status::timeout);
  // A wake before it waits would be in vain.
  while (woken.wait_for(std::chrono::milliseconds(20)) !=
         std::future_status::ready) {
    store_->Wake();
  }
  EXPECT_FALSE(woken.get());
  std::future<bool> told = std::async(std::launch::async, await, 0, kForever);
  Commit([&](Transaction& t) { t.PutCa(CaOf(a_, '1', Mode::kDefault)); });
  EXPECT_TRUE(told.get());
  EXPECT_TRUE(await(0, kForever));
  // What a handshake cannot see is not waited for.
  Commit([&](Transaction& t) { t.PutRegistrationCode(a_, "code"); });
  EXPECT_FALSE(await(1, 30));
}

}  // namespace
}  // namespace chainkeep::store
