#include "engine/catalog/subject_table.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "chainkeep/certificate.h"
#include "gtest/gtest.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::catalog {
namespace {

// A name and the bytes that it views.
class OwnedName {
 public:
  explicit OwnedName(std::string_view text)
      : der_(test::EncodeName(test::CommonName(text))),
        name_(*x509::Name::Parse(AsBytes(der_))) {}
  OwnedName(const OwnedName&) = delete;

  const x509::Name& get() const { return name_; }

 private:
  const std::string der_;
  const x509::Name name_;
};

class SubjectTableTest : public testing::Test {
 protected:
  // Spellings that wait for readers lie in the table's memory.
  ~SubjectTableTest() override { epochs_.Collect(); }

  FoundSpelling FindWhole(Bytes der) const {
    return table_.FindSpelling(der, table_.HashOf(der));
  }
  const Spelling* Find(const OwnedName& name) const {
    return FindWhole(name.get().der()).spelling;
  }

  memory::Epochs epochs_;
  const memory::Hasher hasher_ = memory::Hasher(memory::Hasher::Secret{7});
  SubjectTable table_{&epochs_, &hasher_, 5};
  const OwnedName lower_{"factory"};
  const OwnedName upper_{"FACTORY"};
  const OwnedName mixed_{"Factory"};
  const OwnedName other_{"other"};
};

TEST_F(SubjectTableTest, ASpellingIsThereWhileItIsHeld) {
  const memory::Epochs::Pin pin = epochs_.Acquire();
  EXPECT_EQ(Find(lower_), nullptr);
  const Spelling* const first = table_.Acquire(lower_.get());
  EXPECT_EQ(table_.Acquire(lower_.get()), first);
  EXPECT_EQ(Find(lower_), first);
  EXPECT_EQ(Find(upper_), nullptr);
  EXPECT_EQ(table_.Find(upper_.get()), &first->subject());
  EXPECT_EQ(table_.Find(other_.get()), nullptr);
  table_.Release(first);
  EXPECT_EQ(Find(lower_), first);
  table_.Release(first);
  EXPECT_EQ(Find(lower_), nullptr);
  EXPECT_EQ(table_.Find(lower_.get()), nullptr);
}

// Who is the only one is told at once, in whatever order they come and go:
// look-ups by one spelling stop there.
TEST_F(SubjectTableTest, KnowsWhetherASpellingIsTheOnlyOne) {
  const OwnedName* const names[] = {&lower_, &upper_, &mixed_};
  std::vector<int> order = {0, 1, 2};
  do {
    SCOPED_TRACE(testing::PrintToString(order));
    const memory::Epochs::Pin pin = epochs_.Acquire();
    std::vector<const Spelling*> held;
    const auto check = [&] {
      const Subject* const subject = table_.Find(mixed_.get());
      ASSERT_EQ(subject == nullptr, held.empty());
      if (subject == nullptr) return;
      const Spelling* const first = Find(lower_);
      EXPECT_EQ(subject->first(), first);
      for (const Spelling* spelling : held) {
        EXPECT_EQ(FindWhole(spelling->der()).is_only_one, held.size() == 1);
        EXPECT_EQ(&spelling->subject(), subject);
        EXPECT_EQ(spelling->is_first(), spelling == first);
      }
    };
    const Spelling* const another = table_.Acquire(other_.get());
    for (const OwnedName* name : names) {
      held.push_back(table_.Acquire(name->get()));
      check();
    }
    const std::vector<const Spelling*> all = held;
    for (int gone : order) {
      table_.Release(all[gone]);
      std::erase(held, all[gone]);
      check();
    }
    EXPECT_TRUE(FindWhole(another->der()).is_only_one);
    table_.Release(another);
  } while (std::next_permutation(order.begin(), order.end()));
}

// Short names, common ones and long ones lie in different places.
TEST_F(SubjectTableTest, NamesOfAnyLengthAreFound) {
  const memory::Epochs::Pin pin = epochs_.Acquire();
  std::vector<std::unique_ptr<OwnedName>> names;
  std::vector<const Spelling*> held;
  for (size_t i = 1; i < 400; ++i) {
    // Two each, which differ in their last byte.
    for (const char last : {'a', 'b'}) {
      names.push_back(
          std::make_unique<OwnedName>(std::string(i - 1, 'n') + last));
      EXPECT_EQ(Find(*names.back()), nullptr);
      held.push_back(table_.Acquire(names.back()->get()));
    }
  }
  for (size_t i = 0; i < names.size(); ++i) {
    const Bytes der = names[i]->get().der();
    EXPECT_TRUE(der::Equal(held[i]->der(), der));
    EXPECT_EQ(FindWhole(der).spelling, held[i]) << der.size();
    EXPECT_TRUE(FindWhole(der).is_only_one) << der.size();
    const Spelling* const glanced =
        SubjectTable::IsUsual(der)
            ? table_.GlanceAtOnlySpelling(der, table_.HashOf(der))
            : held[i];
    // A glance may overlook it, and here nothing is that full.
    EXPECT_EQ(glanced, held[i]) << der.size();
  }
  EXPECT_FALSE(SubjectTable::IsUsual({}));
  for (const Spelling* spelling : held) table_.Release(spelling);
  for (const auto& name : names) EXPECT_EQ(Find(*name), nullptr);
}

// Counts of a region go by it (subject_counts.h).
TEST_F(SubjectTableTest, TheIdOfASubjectIsNeverAnothers) {
  std::set<uint32_t> ids;
  for (int i = 0; i < 10; ++i) {
    const Spelling* const spelling =
        table_.Acquire(i % 2 == 0 ? lower_.get() : other_.get());
    EXPECT_TRUE(ids.insert(spelling->subject().id()).second);
    table_.Release(spelling);
  }
  EXPECT_FALSE(ids.contains(0));
}

// A reader that has found a spelling compares its bytes and follows it to its
// subject: neither is freed, nor used for another, before it has unpinned.
TEST_F(SubjectTableTest, WhatWasFoundStaysUntilThePinIsGone) {
  std::vector<std::unique_ptr<OwnedName>> others;
  for (int i = 0; i < 300; ++i) {
    others.push_back(std::make_unique<OwnedName>(std::to_string(1000000 + i)));
  }
  const OwnedName long_name(std::string(500, 'n'));
  for (const OwnedName* name : {&lower_, &long_name}) {
    const Spelling* const held = table_.Acquire(name->get());
    const uint32_t id = held->subject().id();
    {
      const memory::Epochs::Pin pin = epochs_.Acquire();
      const Spelling* const found = Find(*name);
      ASSERT_EQ(found, held);
      table_.Release(held);
      std::vector<const Spelling*> made;
      for (const auto& other : others) {
        made.push_back(table_.Acquire(other->get()));
        EXPECT_NE(made.back(), found);
      }
      EXPECT_TRUE(der::Equal(found->der(), name->get().der()));
      EXPECT_EQ(found->subject().id(), id);
      for (const Spelling* spelling : made) table_.Release(spelling);
      EXPECT_GE(epochs_.GetHeld().objects, 2u);
    }
    epochs_.Collect();
    EXPECT_EQ(epochs_.GetHeld().objects, 0u);
  }
}

// Two hold and give up the same bytes: who holds them finds them, and what is
// found is what is held.
TEST_F(SubjectTableTest, WhatIsHeldIsFoundWhileOthersComeAndGo) {
  std::atomic<bool> is_over = false;
  std::atomic<int> turns = 0, lost = 0;
  const auto come_and_go = [&] {
    const Spelling* const held = table_.Acquire(lower_.get());
    {
      const memory::Epochs::Pin pin = epochs_.Acquire();
      const FoundSpelling found = FindWhole(lower_.get().der());
      const Subject* const subject = table_.Find(upper_.get());
      if (found.spelling != held || !found.is_only_one ||
          subject != &held->subject() || subject->first() != held) {
        ++lost;
      }
    }
    table_.Release(held);
  };
  std::thread other([&] {
    for (; !is_over; ++turns) come_and_go();
  });
  while (turns == 0) std::this_thread::yield();
  for (int i = 0; i < 50'000; ++i) come_and_go();
  is_over = true;
  other.join();
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(Find(lower_), nullptr);
  EXPECT_EQ(table_.Find(lower_.get()), nullptr);
}

// One comes and goes beside one that is held: as long as it is found, so is the
// other beside it.
TEST_F(SubjectTableTest, ASpellingThatGoesHidesNoOther) {
  std::atomic<bool> is_over = false;
  std::atomic<int> turns = 0;
  std::thread other([&] {
    while (!is_over) {
      table_.Release(table_.Acquire(lower_.get()));
      ++turns;
    }
  });
  while (turns == 0) std::this_thread::yield();
  int found = 0, hidden = 0;
  for (int i = 0; i < 20'000 || (found == 0 && i < 2'000'000); ++i) {
    const Spelling* const held = table_.Acquire(upper_.get());
    {
      const memory::Epochs::Pin pin = epochs_.Acquire();
      const FoundSpelling going = FindWhole(lower_.get().der());
      if (going.spelling != nullptr) {
        ++found;
        if (&going.spelling->subject() != &held->subject() ||
            going.is_only_one) {
          ++hidden;
        }
      }
    }
    table_.Release(held);
  }
  is_over = true;
  other.join();
  EXPECT_GT(found, 0);
  EXPECT_EQ(hidden, 0);
}

}  // namespace
}  // namespace chainkeep::catalog
