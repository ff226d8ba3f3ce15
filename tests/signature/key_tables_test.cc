// Which keys get tables, inside which budget, at whose cost; and that the
// library is the judge.

#include "engine/signature/key_tables.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "chainkeep/certificate.h"
#include "engine/memory/epochs.h"
#include "engine/signature/prepared/ecdsa_key.h"
#include "engine/signature/prepared/ed25519_key.h"
#include "gtest/gtest.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::signature {

namespace prepared {

class TableForTests {
 public:
  // Makes the table say something else of every multiple: a point of the curve
  // still, and the wrong one.
  template <class Curve>
  static void Spoil(const Table<Curve>& table) {
    auto& points = const_cast<Table<Curve>&>(table).points_;
    std::reverse(points.begin(), points.end());
  }
};

}  // namespace prepared

class KeyTablesForTests {
 public:
  static const prepared::PreparedKey* TableOf(const TableSlot& slot) {
    const TableSlot::Table* const table = slot.table_.load();
    return table == nullptr ? nullptr : table->key.get();
  }
};

namespace {

using prepared::Arithmetic;
using prepared::Level;
using test::DigestType;
using test::KeyType;
using test::MakeKey;
using test::RsaPadding;
using What = PreparedKeyDisagreement::What;

constexpr SignatureAlgorithm kEcdsa = {Scheme::kEcdsa, Digest::kSha256};

// What a small table takes beside what is shared, and one more that is built.
constexpr size_t kSmallBytes = 4 * 1024 + 512;
constexpr size_t kBuilding = 64 * 1024;

// A CA of which only the key matters, and a signature of it.
struct Ca {
  explicit Ca(KeyType type = KeyType::kP256) : Ca(*MakeKey(type)) {}
  explicit Ca(EVP_PKEY& pair)
      : key(*PublicKey::Parse(AsBytes(test::EncodeSpki(&pair)))),
        signature(test::Sign(&pair, DigestType::kSha256, RsaPadding::kPkcs1,
                             "message")) {}

  SignatureAlgorithm algorithm() const {
    switch (key.info().kind) {
      case KeyKind::kRsa:
        return {Scheme::kRsaPkcs1, Digest::kSha256};
      case KeyKind::kEd25519:
        return {Scheme::kEd25519, Digest::kNone};
      default:
        return kEcdsa;
    }
  }

  PublicKey key;
  std::string signature;
  CertificateId id = ComputeCertificateId(AsBytes(signature));
  TableSlot slot;
};

class KeyTablesTest : public testing::Test {
 protected:
  void Make(Arithmetic arithmetic, size_t bytes = size_t{64} << 20,
            uint32_t compare_one_in = 1 << 20) {
    cas_.clear();
    tables_ = std::make_unique<KeyTables>(
        &epochs_, KeyTableOptions{.arithmetic = *prepared::Choose(arithmetic),
                                  .bytes = bytes,
                                  .compare_one_in = compare_one_in,
                                  .on_disagreement = [this](const auto& event) {
                                    events_.push_back(event);
                                  }});
  }

  ~KeyTablesTest() override { cas_.clear(); }

  Ca& AddCa(KeyType type = KeyType::kP256) {
    return Attached(cas_.emplace_back(type));
  }
  // Another CA of the same key, which costs no key generation.
  Ca& AddCa(EVP_PKEY& pair) { return Attached(cas_.emplace_back(pair)); }

  Ca& Attached(Ca& ca) {
    tables_->Attach(&ca.slot, ca.key);
    return ca;
  }

  bool Verify(Ca& ca, std::string_view message = "message") {
    ExtraVerification extra;
    return Verify(ca, message, &extra);
  }
  bool Verify(Ca& ca, std::string_view message, ExtraVerification* extra) {
    const memory::Epochs::Pin pin = epochs_.Acquire();
    return signature::Verify({ca.key, ca.slot, ca.id, ca.algorithm(),
                              AsBytes(message), AsBytes(ca.signature)},
                             extra);
  }
  void Use(Ca& ca, int times) {
    for (int i = 0; i < times; ++i) ASSERT_TRUE(Verify(ca));
  }

  PreparedKeyStats Stats() const { return tables_->GetStats(); }

  memory::Epochs epochs_;
  std::unique_ptr<KeyTables> tables_;
  std::deque<Ca> cas_;
  std::vector<PreparedKeyDisagreement> events_;
};

TEST_F(KeyTablesTest, AKeyIsUsedAFewTimesBeforeItHasATable) {
  Make(Arithmetic::kBest);
  Ca& ca = AddCa();
  Use(ca, KeyTables::kSmallAt - 1);
  EXPECT_EQ(Stats().building, 0u);
  EXPECT_EQ(Stats().bytes, prepared::SharedBytes());
  Use(ca, 1);
  EXPECT_EQ(Stats().building, 1u);
  Use(ca, 20);
  EXPECT_EQ(Stats().building, 0u);
  EXPECT_EQ(Stats().small, 1u);
  EXPECT_EQ(Stats().by_library, Stats().comparisons + 12);
  EXPECT_LE(Stats().bytes, prepared::SharedBytes() + kSmallBytes);
}

TEST_F(KeyTablesTest, LevelsFollowUse) {
  for (const KeyType type :
       {KeyType::kP256, KeyType::kP384, KeyType::kEd25519}) {
    Make(Arithmetic::kBest);
    Ca& ca = AddCa(type);
    Use(ca, KeyTables::kMediumAt);
    EXPECT_EQ(Stats().small, 1u);
    Use(ca, 500);
    EXPECT_EQ(Stats().medium, 1u);
    EXPECT_EQ(Stats().small, 0u);
    Use(ca, KeyTables::kLargeAt + 3000);
    EXPECT_EQ(Stats().large, 1u);
    EXPECT_EQ(Stats().medium, 0u);
    EXPECT_EQ(Stats().evicted, 0u);
    EXPECT_EQ(Stats().disagreements, 0u);
  }
}

TEST_F(KeyTablesTest, WithoutTablesTheLibraryVerifies) {
  Make(Arithmetic::kBest);
  Ca& p521 = AddCa(KeyType::kP521);
  Use(p521, 100);
  EXPECT_EQ(Stats().by_library, 100u);
  EXPECT_EQ(Stats().bytes, prepared::SharedBytes());
  Make(Arithmetic::kOff);
  Use(AddCa(), 100);
  EXPECT_EQ(Stats().by_library, 100u);
  EXPECT_EQ(Stats().bytes, 0u);
  EXPECT_EQ(Stats().arithmetic, PreparedKeys::kOff);
}

TEST_F(KeyTablesTest, RsaHasOneLevelWithIfma) {
  Make(Arithmetic::kBest);
  Use(AddCa(KeyType::kRsa2048), 3000);
  const bool has_ifma = Stats().arithmetic == PreparedKeys::kIfma;
  EXPECT_EQ(Stats().small, has_ifma ? 1u : 0u);
  EXPECT_EQ(Stats().by_ifma > 2900, has_ifma);
  EXPECT_EQ(Stats().medium + Stats().large + Stats().building, 0u);
}

TEST_F(KeyTablesTest, EachAcceptanceIsCountedOnce) {
  for (const Arithmetic arithmetic :
       {Arithmetic::kPortable, Arithmetic::kBest}) {
    Make(arithmetic);
    Use(AddCa(), 1000);
    const PreparedKeyStats stats = Stats();
    EXPECT_EQ(stats.by_portable + stats.by_ifma + stats.by_library, 1000u);
    EXPECT_EQ(stats.by_portable == 0, stats.arithmetic == PreparedKeys::kIfma);
    EXPECT_GE(stats.by_portable + stats.by_ifma, 960u);
    EXPECT_GE(stats.comparisons, static_cast<uint64_t>(KeyTables::kFirstUses));
  }
}

TEST_F(KeyTablesTest, FirstUsesOfATableAreCompared) {
  Make(Arithmetic::kBest);
  Ca& ca = AddCa();
  ASSERT_TRUE(tables_->Prepare(&ca.slot, ca.key, Level::kSmall));
  Use(ca, KeyTables::kFirstUses);
  EXPECT_EQ(Stats().comparisons, static_cast<uint64_t>(KeyTables::kFirstUses));
  Use(ca, 10);
  EXPECT_LE(Stats().comparisons, KeyTables::kFirstUses + 1u);  // 1 in 2^20
}

TEST_F(KeyTablesTest, OneInSoManyIsCompared) {
  Make(Arithmetic::kBest, size_t{64} << 20, 1);
  Ca& ca = AddCa();
  ASSERT_TRUE(tables_->Prepare(&ca.slot, ca.key, Level::kSmall));
  Use(ca, 50);
  EXPECT_EQ(Stats().comparisons, 50u);
  EXPECT_EQ(Stats().by_library, 50u);
}

// The library confirms what a table refuses, and is not asked twice.
TEST_F(KeyTablesTest, ARefusalIsConfirmed) {
  Make(Arithmetic::kBest);
  Ca& ca = AddCa();
  ASSERT_TRUE(tables_->Prepare(&ca.slot, ca.key, Level::kSmall));
  EXPECT_FALSE(Verify(ca, "another message"));
  EXPECT_EQ(Stats().confirmations, 1u);
  EXPECT_EQ(Stats().by_library, 1u);
  EXPECT_EQ(Stats().disagreements, 0u);
}

// Whatever happens in a handshake, only one thing is done for tables: the rest
// of it costs what the library does.
TEST_F(KeyTablesTest, AHandshakePaysForOneVerificationMore) {
  Make(Arithmetic::kBest);
  Ca& ca = AddCa();
  ASSERT_TRUE(tables_->Prepare(&ca.slot, ca.key, Level::kSmall));
  ExtraVerification extra;
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(Verify(ca, "forged", &extra));
  EXPECT_EQ(Stats().confirmations, 1u);
  EXPECT_EQ(Stats().by_library, 10u);

  Ca& other = AddCa();
  ExtraVerification spent;
  spent.Take();
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(Verify(other, "message", &spent));
  EXPECT_EQ(Stats().building, 0u);
  EXPECT_EQ(Stats().small, 1u);
}

// Nobody who only sends bad signatures has a table built, or keeps one warm.
TEST_F(KeyTablesTest, OnlyWhatVerifiesCounts) {
  Make(Arithmetic::kBest);
  Ca& ca = AddCa();
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Verify(ca, "forged"));
  EXPECT_EQ(Stats().building + Stats().small, 0u);
}

// A wrong table: what it refuses is accepted by the library.
TEST_F(KeyTablesTest, ADisagreementEndsTheUseOfTables) {
  for (const Arithmetic arithmetic :
       {Arithmetic::kPortable, Arithmetic::kBest}) {
    Make(arithmetic);
    events_.clear();
    Ca& ca = AddCa();
    Ca& good = AddCa();
    ASSERT_TRUE(tables_->Prepare(&ca.slot, ca.key, Level::kSmall));
    ASSERT_TRUE(tables_->Prepare(&good.slot, good.key, Level::kSmall));
    Use(good, 10);
    const uint64_t before = Stats().by_library;
    const PreparedKeys used = Stats().arithmetic;
    prepared::TableForTests::Spoil(
        static_cast<const prepared::EcdsaKey<prepared::P256>*>(
            KeyTablesForTests::TableOf(ca.slot))
            ->table());
    EXPECT_TRUE(Verify(ca));
    ASSERT_EQ(events_.size(), 1u);
    EXPECT_EQ(events_[0].ca, ca.id);
    EXPECT_EQ(events_[0].what, What::kRefused);
    EXPECT_EQ(events_[0].arithmetic, used);
    EXPECT_EQ(Stats().disagreements, 1u);
    EXPECT_EQ(Stats().arithmetic, PreparedKeys::kOff);
    Use(ca, 10);
    Use(good, 10);
    EXPECT_EQ(Stats().by_library, before + 21);
    EXPECT_EQ(events_.size(), 1u);
  }
}

// The budget holds at every moment, however many CAs there are, and the hot
// ones keep their tables. CHAINKEEP_CAS=100000 for the whole.
TEST_F(KeyTablesTest, TheBudgetHoldsWithManyCas) {
  const char* const asked = std::getenv("CHAINKEEP_CAS");
  const int count = asked == nullptr ? 300 : std::atoi(asked);
  const size_t room =
      count < 10'000 ? 40 * (kSmallBytes) + 2 * kBuilding : size_t{48} << 20;
  const size_t bytes = prepared::SharedBytes() + room;
  Make(Arithmetic::kBest, bytes);
  Ca& hot = AddCa();
  Use(hot, 200);
  ASSERT_EQ(Stats().small, 1u);
  const prepared::PreparedKey* const table =
      KeyTablesForTests::TableOf(hot.slot);
  const auto pair = MakeKey(KeyType::kP256);
  for (int i = 0; i < count; ++i) {
    Ca& ca = AddCa(*pair);
    for (int use = 0; use < 20; ++use) {
      ASSERT_TRUE(Verify(ca));
      ASSERT_LE(Stats().bytes, bytes);
    }
  }
  EXPECT_GT(Stats().small, 20u);
  EXPECT_LT(Stats().small, static_cast<uint64_t>(count));
  EXPECT_EQ(KeyTablesForTests::TableOf(hot.slot), table);
  EXPECT_EQ(Stats().disagreements, 0u);
}

TEST_F(KeyTablesTest, TheColdestMakesRoom) {
  // For one table, and one that is built.
  Make(Arithmetic::kBest, prepared::SharedBytes() + kBuilding + 1024);
  Ca& warm = AddCa();
  Use(warm, 60);
  Ca& cold = AddCa();
  Use(cold, 16);
  ASSERT_EQ(Stats().small, 2u);
  Ca& hot = AddCa();
  Use(hot, 28);
  EXPECT_EQ(Stats().evicted, 0u);  // not twice as hot
  Use(hot, 60);
  EXPECT_EQ(Stats().evicted, 1u);
  EXPECT_EQ(KeyTablesForTests::TableOf(cold.slot), nullptr);
  EXPECT_NE(KeyTablesForTests::TableOf(warm.slot), nullptr);
  EXPECT_NE(KeyTablesForTests::TableOf(hot.slot), nullptr);
}

TEST_F(KeyTablesTest, ACaThatGoesTakesItsTableAlong) {
  Make(Arithmetic::kBest);
  Use(AddCa(), 8);  // in the midst of building
  Use(AddCa(), 100);
  EXPECT_GT(Stats().bytes, prepared::SharedBytes());
  cas_.clear();
  EXPECT_EQ(Stats().bytes, prepared::SharedBytes());
  EXPECT_EQ(Stats().small + Stats().building, 0u);
}

// Threads use a few keys, with room for fewer: tables are built, used, evicted
// and retired all the time.
TEST_F(KeyTablesTest, ThreadsVerifyBuildAndEvict) {
  constexpr int kThreads = 3;
  constexpr int kRounds = 300;
  const size_t bytes = prepared::SharedBytes() + kBuilding + 2 * kSmallBytes;
  Make(Arithmetic::kBest, bytes);
  for (int i = 0; i < 6; ++i) AddCa();
  std::atomic<bool> has_failed = false;
  std::atomic<bool> is_over = false;
  std::thread watcher([&] {
    while (!is_over) {
      if (Stats().bytes > bytes) has_failed = true;
    }
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        // Each key is the hottest for a while.
        Ca& ca = cas_[static_cast<size_t>(i * i / 7000 + t) % cas_.size()];
        for (int use = 0; use < 1 + i / 50; ++use) {
          if (!Verify(ca)) has_failed = true;
        }
        if (Verify(ca, "forged")) has_failed = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  is_over = true;
  watcher.join();
  EXPECT_FALSE(has_failed);
  EXPECT_EQ(Stats().disagreements, 0u);
  EXPECT_GT(Stats().small + Stats().evicted, 0u);
}

}  // namespace
}  // namespace chainkeep::signature
