#include "engine/sni/admission.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/sni/sni_fixture.h"

namespace chainkeep::sni {
namespace {

// Nobody counts its shares here.
const RegionName kRegionEast = {.region = kEast, .hash = 0};
const TenantName kTenantA = {.region = &kRegionEast, .account = kA};

class AdmissionTest : public testing::Test {
 protected:
  // Room for a hundred names of six bytes.
  static constexpr size_t kRoom = 100;
  static AdmissionLimits Limits() {
    return {.bytes = kRoom * CachedName::BytesFor(6),
            .negative_bytes = 10 * CachedName::BytesFor(6),
            .remembered = 1024};
  }

  ~AdmissionTest() override {
    for (const auto& [text, name] : names_) CachedName::Delete(name);
  }

  // Admits `text`, and forgets what has to go.
  CachedName* Admit(const std::string& text, bool is_known = true) {
    std::optional<SourcedEndpoint> answer;
    if (is_known) answer = SourcedEndpoint{.account = kA};
    CachedName* const name = CachedName::New({.name = text,
                                              .hash = TestHasher()(text),
                                              .answer = answer,
                                              .tenant = &kTenantA,
                                              .version = 1},
                                             &ledger_);
    EXPECT_EQ(names_.count(text), 0u);
    std::vector<CachedName*> evicted;
    admission_.Admit(name, &evicted);
    names_[text] = name;
    for (CachedName* gone : evicted) {
      names_.erase(std::string(gone->name()));
      CachedName::Delete(gone);
    }
    return name;
  }
  bool Has(const std::string& text) const { return names_.contains(text); }

  static std::string Text(char kind, int i) {
    std::string digits = std::to_string(100'000 + i);
    digits[0] = kind;
    return digits;
  }

  Ledger ledger_;
  Admission admission_{Limits()};
  std::map<std::string, CachedName*> names_;
};

TEST_F(AdmissionTest, KeepsToItsBytes) {
  for (int i = 0; i < 1000; ++i) {
    Admit(Text('a', i));
    ASSERT_LE(ledger_.bytes, Limits().bytes);
  }
  EXPECT_EQ(names_.size(), kRoom);
}

TEST_F(AdmissionTest, WhatWasUsedOutlivesAFloodOfWhatWasNot) {
  for (int i = 0; i < 50; ++i) Admit(Text('h', i))->MarkUsed();
  for (int i = 0; i < 10'000; ++i) Admit(Text('f', i));
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(Has(Text('h', i))) << i;
}

TEST_F(AdmissionTest, WhatComesBackSoonIsNotOnProbationAgain) {
  for (int i = 0; i < 150; ++i) Admit(Text('a', i));
  ASSERT_FALSE(Has(Text('a', 20)));
  Admit(Text('a', 20));
  for (int i = 0; i < 1000; ++i) Admit(Text('f', i));
  EXPECT_TRUE(Has(Text('a', 20)));
  EXPECT_FALSE(Has(Text('a', 149)));
}

TEST_F(AdmissionTest, InTheMainQueueUseGivesAnotherTurn) {
  for (int i = 0; i < 300; ++i) Admit(Text('m', i))->MarkUsed();
  // All of them were used; now only some are, and they stay.
  std::set<std::string> used;
  for (const auto& [text, name] : names_) {
    if (used.size() < 30) used.insert(text);
  }
  for (int i = 0; i < 200; ++i) {
    for (const std::string& text : used) {
      if (Has(text)) names_[text]->MarkUsed();
    }
    Admit(Text('n', i))->MarkUsed();
  }
  size_t kept = 0;
  for (const std::string& text : used) kept += Has(text);
  EXPECT_GE(kept, 28u);
}

// What one more name costs is bounded, though all were used: then the oldest
// but 256 goes.
TEST_F(AdmissionTest, WhereAllWereUsedOneGoesAllTheSame) {
  for (int i = 0; i < 100; ++i) Admit(Text('a', i));
  for (int i = 0; i < 100; ++i) {
    for (const auto& [text, name] : names_) name->MarkUsed();
    Admit(Text('b', i));
    ASSERT_LE(ledger_.bytes, Limits().bytes);
  }
  EXPECT_EQ(names_.size(), kRoom);
}

TEST(Admission, OneMoreNameCostsABoundedNumberOfTurns) {
  constexpr int kNames = 2000;
  Ledger ledger;
  Admission admission({.bytes = kNames * CachedName::BytesFor(6),
                       .negative_bytes = 0,
                       .remembered = 1024});
  std::vector<CachedName*> evicted;
  std::vector<CachedName*> names;
  for (int i = 0; i <= kNames; ++i) {
    const std::string text = std::to_string(100'000 + i);
    names.push_back(CachedName::New({.name = text,
                                     .hash = TestHasher()(text),
                                     .answer = SourcedEndpoint{.account = kA},
                                     .tenant = &kTenantA,
                                     .version = 1},
                                    &ledger));
    names.back()->MarkUsed();
    admission.Admit(names.back(), &evicted);
  }
  ASSERT_EQ(evicted.size(), 1u);
  EXPECT_EQ(evicted[0], names[256]);
  for (CachedName* name : names) CachedName::Delete(name);
}

TEST_F(AdmissionTest, WhatNobodyHasPushesOutOnlyItsLike) {
  for (int i = 0; i < 100; ++i) Admit(Text('a', i));
  for (int i = 0; i < 1000; ++i) Admit(Text('n', i), false);
  EXPECT_EQ(names_.size(), kRoom + 10);
  EXPECT_TRUE(Has(Text('n', 999)));
  EXPECT_FALSE(Has(Text('n', 989)));
  for (int i = 0; i < 1000; ++i) Admit(Text('b', i));
  EXPECT_TRUE(Has(Text('n', 990)));
}

TEST_F(AdmissionTest, RemovesAndReplacesWhereverANameStands) {
  for (int i = 0; i < 100; ++i) {
    CachedName* const name = Admit(Text('a', i), i % 3 != 0);
    if (i % 2 == 0) name->MarkUsed();
  }
  for (int i = 0; i < 100; ++i) Admit(Text('b', i));
  std::vector<std::string> texts;
  for (const auto& [text, name] : names_) texts.push_back(text);
  for (const std::string& text : texts) {
    CachedName* const old = names_[text];
    if (old->is_known()) {
      CachedName* const made =
          CachedName::New({.name = text,
                           .hash = old->hash(),
                           .answer = SourcedEndpoint{.account = kA},
                           .tenant = &kTenantA,
                           .version = 2},
                          &ledger_);
      const auto queue = NameQueue::QueueOf(*old);
      admission_.Replace(old, made);
      EXPECT_EQ(NameQueue::QueueOf(*made), queue);
      EXPECT_EQ(NameQueue::QueueOf(*old), CachedName::Queue::kNone);
      CachedName::Delete(old);
      names_[text] = made;
    }
    admission_.Remove(names_[text]);
    CachedName::Delete(names_[text]);
    names_.erase(text);
  }
  EXPECT_EQ(ledger_.bytes, 0u);
  for (int i = 0; i < 100; ++i) Admit(Text('c', i));
  EXPECT_EQ(names_.size(), kRoom);
}

}  // namespace
}  // namespace chainkeep::sni
