// Prepared keys of Ed25519 accept exactly what the library accepts, and their
// arithmetic is that of Big.

#include "engine/signature/prepared/ed25519_key.h"

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "chainkeep/certificate.h"
#include "engine/signature/prepared/edwards_point.h"
#include "engine/signature/prepared/edwards_sum.h"
#include "engine/signature/prepared/edwards_table.h"
#include "engine/signature/prepared/prepared_key.h"
#include "engine/signature/prepared/terms.h"
#include "gtest/gtest.h"
#include "openssl/curve25519.h"
#include "tests/signature/prepared/all_ways.h"
#include "tests/signature/prepared/big.h"
#include "tests/signature/prepared/ed25519_forger.h"

namespace chainkeep::signature::prepared {
namespace {

using test::AllWays;
using test::Big;
using test::Ed25519Forger;
using test::Ed25519Verifies;
using test::kArithmetics;
using test::kLevels;
using test::PrepareEd25519;
namespace slow = test::slow;

// A key that the library made.
struct LibraryKey {
  LibraryKey() {
    ED25519_keypair(reinterpret_cast<uint8_t*>(key.data()), secret.data());
  }
  std::string Sign(const std::string& message) const {
    std::string signature(ED25519_SIGNATURE_LEN, '\0');
    EXPECT_EQ(
        ED25519_sign(reinterpret_cast<uint8_t*>(signature.data()),
                     AsBytes(message).data(), message.size(), secret.data()),
        1);
    return signature;
  }

  std::string key = std::string(ED25519_PUBLIC_KEY_LEN, '\0');
  std::array<uint8_t, ED25519_PRIVATE_KEY_LEN> secret;
};

// Checks that all say what the library says, and returns what that is.
bool ExpectAgreement(const std::string& key, const AllWays& ways,
                     const std::string& message, const std::string& signature) {
  const bool verifies = Ed25519Verifies(key, message, signature);
  EXPECT_EQ(ways.Count(verifies ? Outcome::kValid : Outcome::kInvalid, message,
                       signature),
            ways.size())
      << "the library says " << verifies;
  return verifies;
}

slow::EdwardsPoint SlowOf(const EdwardsPoint& point) {
  const auto value = [](const Field51& number) {
    return Big::OfWords(Canonical(number));
  };
  const Big over_z = value(point.z).InverseModulo(slow::Prime());
  EXPECT_EQ((value(point.t) * value(point.z)).Modulo(slow::Prime()),
            (value(point.x) * value(point.y)).Modulo(slow::Prime()));
  return {(value(point.x) * over_z).Modulo(slow::Prime()),
          (value(point.y) * over_z).Modulo(slow::Prime())};
}

EdwardsPoint FastOf(const slow::EdwardsPoint& point) {
  return *DecodePoint(AsBytes(slow::Encode(point)));
}

// Points at random, of small order, and sums of both.
std::vector<slow::EdwardsPoint> Points() {
  std::vector<slow::EdwardsPoint> points;
  for (int i = 0; i < 8; ++i) points.push_back(slow::Torsion(i));
  const auto any = slow::Multiply(Big::Below(slow::Order()), slow::Generator());
  points.push_back(any);
  points.push_back(slow::Negate(any));
  points.push_back(slow::Add(any, slow::Torsion(1)));
  points.push_back(slow::Add(any, slow::Torsion(4)));
  points.push_back(slow::Generator());
  return points;
}

TEST(EdwardsPoints, AreAdded) {
  for (const auto& a : Points()) {
    const EdwardsPoint fast_a = FastOf(a);
    EXPECT_EQ(SlowOf(fast_a), a);
    EXPECT_EQ(SlowOf(Double(fast_a)), slow::Add(a, a));
    EXPECT_EQ(IsNeutral(fast_a), a == slow::EdwardsPoint());
    for (const auto& b : Points()) {
      const EdwardsPoint fast_b = FastOf(b);
      // With a Z other than 1, as well.
      const EdwardsPoint doubled = Double(fast_b);
      const auto addends = ToAddends({fast_b, doubled});
      const auto sum = slow::Add(a, b);
      EXPECT_EQ(SlowOf(Add(fast_a, fast_b)), sum);
      EXPECT_EQ(SlowOf(Add(fast_a, addends[0])), sum);
      EXPECT_EQ(SlowOf(Add(fast_a, Negate(addends[0]))),
                slow::Add(a, slow::Negate(b)));
      EXPECT_EQ(SlowOf(Add(doubled, fast_a)), slow::Add(sum, b));
      EXPECT_EQ(SlowOf(Add(Double(fast_a), addends[1])), slow::Add(sum, sum));
      EXPECT_EQ(SlowOf(ToPoint(addends[1])), slow::Add(b, b));
    }
  }
}

// Every kind of encoding: beyond p, of no point, with a sign of 0.
TEST(EdwardsPoints, AreDecodedAsTheLibraryDoes) {
  const Big p = slow::Prime();
  std::vector<std::string> all;
  for (int i = 0; i < 20; ++i) {
    for (const bool is_odd : {false, true}) {
      all.push_back(slow::Encode(Big(i), is_odd));
      all.push_back(slow::Encode(p - i, is_odd));
      if (i < 19) all.push_back(slow::Encode(p + i, is_odd));
      all.push_back(slow::Encode(Big::Below(Big::TwoTo(255)), is_odd));
    }
  }
  size_t points = 0;
  for (const std::string& encoded : all) {
    const auto expected = slow::Decode(encoded);
    const auto found = DecodePoint(AsBytes(encoded));
    ASSERT_EQ(found.has_value(), expected.has_value());
    if (!found.has_value()) continue;
    ++points;
    EXPECT_EQ(SlowOf(*found), *expected);
    // What is written is the one encoding of it.
    EXPECT_EQ(HasEncoding(*found, AsBytes(encoded)),
              slow::Encode(*expected) == encoded);
    EXPECT_TRUE(HasEncoding(Double(*found), AsBytes(slow::Encode(slow::Add(
                                                *expected, *expected)))));
  }
  EXPECT_GT(points, 40u);
  EXPECT_LT(points, all.size());
}

TEST(Ed25519Key, ReducesHashes) {
  const Big order = slow::Order();
  std::vector<Big> numbers = {0,
                              1,
                              order - 1,
                              order,
                              order + 1,
                              Big::TwoTo(256) - 1,
                              Big::TwoTo(256),
                              Big::TwoTo(512) - 1,
                              Big::TwoTo(512) - order};
  for (int bit = 240; bit < 512; bit += 7) {
    numbers.push_back(Big::TwoTo(bit));
    numbers.push_back(Big::TwoTo(bit) - 1);
  }
  for (int bit = 0; bit < 512 - 253; bit += 7) {
    numbers.push_back(order.TimesTwoTo(bit));
    numbers.push_back(order.TimesTwoTo(bit) - 1);
  }
  for (int i = 0; i < 500; ++i) numbers.push_back(Big::Below(Big::TwoTo(512)));
  for (const Big& number : numbers) {
    EXPECT_EQ(Big::OfWords(ReduceHash(AsBytes(slow::LittleEndian(number, 64)))),
              number.Modulo(order));
  }
}

// Each point of each table, by the slow arithmetic: for each index, the sum of
// the points that have it in their sub-tables.
TEST(Ed25519Key, SumsAllPointsOfItsTables) {
  const LibraryKey library;
  const auto opposite = slow::Negate(*slow::Decode(library.key));
  for (const Level level : kLevels) {
    const auto prepared =
        PrepareEd25519(library.key, level, Arithmetic::kPortable);
    const auto& table = static_cast<const Ed25519Key&>(*prepared).table();
    const Shape& shape = table.layout().shape();
    for (int index = 0; index < shape.points_per_table(); ++index) {
      const int pattern = index | shape.points_per_table();
      Big digits;
      for (int i = 0; i < shape.tables; ++i) {
        for (int column = 0; column < shape.columns; ++column) {
          for (int tooth = 0; tooth < shape.teeth; ++tooth) {
            if ((pattern >> tooth & 1) == 0) continue;
            digits = digits + Big::TwoTo(shape.PlaceOf(tooth, i) + column);
          }
        }
      }
      // Σ (2 b - 1) 2^i.
      const Big k = digits + digits - Big::TwoTo(shape.digits()) + 1;
      const auto expected = slow::Multiply(k.Modulo(slow::Order()), opposite);
      Terms<Ed25519> terms;
      terms.AppendDigits(table, digits.Words<5>());
      ASSERT_EQ(SlowOf(SumPortable(terms)), expected) << index;
      if (!Choose(Arithmetic::kIfma).has_value()) continue;
      ASSERT_EQ(SlowOf(SumIfma(terms)), expected) << index;
    }
  }
}

TEST(Ed25519Key, SumsStructuredScalars) {
  const Big order = slow::Order();
  std::vector<Big> scalars = {0, 1, 2, 3, 8, order - 1, order - 2, order - 8};
  for (int bit = 3; bit < 252; bit += 23) {
    scalars.push_back(Big::TwoTo(bit));
    scalars.push_back(Big::TwoTo(bit) - 1);
    scalars.push_back(order - Big::TwoTo(bit));
  }
  // A point with a part of small order: multiples are not modulo the order.
  const auto point = slow::Add(slow::Generator(), slow::Torsion(1));
  struct Case {
    Big g, k;
    slow::EdwardsPoint expected;
  };
  std::vector<Case> cases;
  const auto append = [&](const Big& g, const Big& k) {
    cases.push_back({g, k,
                     slow::Add(slow::Multiply(g, slow::Generator()),
                               slow::Negate(slow::Multiply(k, point)))});
  };
  for (size_t i = 0; i < scalars.size(); ++i) {
    append(scalars[i], scalars[(i * 7 + 3) % scalars.size()]);
  }
  for (const Big& k : {order, order + 1, order + order, order * 7,
                       Big::TwoTo(255) - 1, Big::TwoTo(255) - 2}) {
    append(0, k);
  }
  for (const auto arithmetic : kArithmetics) {
    if (!Choose(arithmetic).has_value()) continue;
    for (const Level level : kLevels) {
      const auto prepared =
          PrepareEd25519(slow::Encode(point), level, arithmetic);
      ASSERT_NE(prepared, nullptr);
      const auto& key = static_cast<const Ed25519Key&>(*prepared);
      for (const Case& c : cases) {
        EXPECT_EQ(SlowOf(key.Sum(c.g.Words<4>(), c.k.Words<4>())), c.expected)
            << c.g << " " << c.k;
      }
    }
  }
}

// Points of all parts of the generator's table. (The library's generator it is,
// since what the library signs is right.)
TEST(Ed25519Key, HasATableOfTheGenerator) {
  const Table<Ed25519>& table = Ed25519GeneratorTable();
  const Shape& shape = table.layout().shape();
  for (int i = 0; i < shape.tables; ++i) {
    for (uint32_t index = 0;
         index < static_cast<uint32_t>(shape.points_per_table());
         index += i % 5 == 0 ? 37 : 337) {
      const Big multiple = Big::OfWords(table.layout().MultipleOf(i, index));
      EXPECT_EQ(SlowOf(ToPoint(ToAddend(table.At(i, index)))),
                slow::Multiply(multiple, slow::Generator()));
    }
  }
}

TEST(Ed25519Key, AcceptsWhatIsSignedAndNothingElse) {
  const LibraryKey library;
  const AllWays ways(library.key);
  for (const size_t size : {0u, 1u, 63u, 64u, 300u, 5000u}) {
    std::string message(size, 'm');
    const std::string good = library.Sign(message);
    EXPECT_TRUE(ExpectAgreement(library.key, ways, message, good));
    for (size_t bit = 0; bit < 8 * good.size(); bit += size == 64 ? 1 : 11) {
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
      EXPECT_FALSE(ExpectAgreement(library.key, ways, message, bad)) << bit;
    }
    EXPECT_FALSE(ExpectAgreement(library.key, ways, message + '\0', good));
    for (const std::string& other :
         {std::string(), good.substr(1), good.substr(0, 63), good + '\0',
          good + good, std::string(64, '\0'), std::string(64, '\xff')}) {
      EXPECT_FALSE(ExpectAgreement(library.key, ways, message, other));
    }
  }
}

TEST(Ed25519Key, HoldsToTheRangeOfS) {
  const Big order = slow::Order();
  // R + h A = S B for chosen S: of the key (0, 1), whatever h is.
  const Ed25519Forger neutral(0);
  const AllWays ways(neutral.key());
  for (const Big& s : {Big(0), Big(1), Big(2), order - 2, order - 1,
                       Big::TwoTo(251), Big::TwoTo(252) - 1, Big::TwoTo(252)}) {
    const std::string signature = neutral.Sign("m", s);
    EXPECT_TRUE(ExpectAgreement(neutral.key(), ways, "m", signature)) << s;
    for (const int times : {1, 2, 8, 15}) {
      const Big larger = s + order * times;
      if (Big::TwoTo(256) <= larger) continue;
      EXPECT_FALSE(ExpectAgreement(
          neutral.key(), ways, "m",
          signature.substr(0, 32) + slow::LittleEndian(larger, 32)))
          << larger;
    }
  }
  // Any S of a usual key.
  const LibraryKey library;
  const AllWays usual(library.key);
  const std::string good = library.Sign("m");
  for (const Big& s :
       {Big(0), Big(1), order - 1, order, order + 1, order + order,
        Big::TwoTo(253) - 1, Big::TwoTo(253), Big::TwoTo(255),
        Big::TwoTo(256) - 1, slow::FromLittleEndian(good.substr(32)) + order}) {
    EXPECT_FALSE(
        ExpectAgreement(library.key, usual, "m",
                        good.substr(0, 32) + slow::LittleEndian(s, 32)));
  }
}

// Keys and R with parts of small order: right for about one message in eight
// where both fit, which is not for us to judge but for the library.
TEST(Ed25519Key, TreatsPartsOfSmallOrderAsTheLibraryDoes) {
  for (const Big& a : {Big(0), Big(1), Big::Below(slow::Order())}) {
    for (int of_key = 0; of_key < 8; of_key += a == Big(0) ? 1 : 3) {
      const Ed25519Forger forger(a, of_key);
      const AllWays ways(forger.key());
      size_t accepted = 0;
      for (int of_r = 0; of_r < 8; ++of_r) {
        for (const char* message : {"a", "b", "c"}) {
          const std::string signature = forger.Sign(message, 12345, of_r);
          accepted += ExpectAgreement(forger.key(), ways, message, signature);
        }
      }
      if (of_key == 0) {
        EXPECT_EQ(accepted, 3u);  // of_r = 0
      } else {
        EXPECT_LT(accepted, 24u);
      }
      // Of eight points for R one is right; three messages are not enough to be
      // sure of one, hundred are.
      for (int i = 0; accepted == 0 && i < 100; ++i) {
        const std::string message = std::to_string(i);
        accepted += ExpectAgreement(forger.key(), ways, message,
                                    forger.Sign(message, 1, i % 8));
      }
      EXPECT_GT(accepted, 0u);
    }
  }
}

// Encodings of a y near 0 and near p. Those of A are prepared if they are the
// one of their point, those of R are never right if they are not.
TEST(Ed25519Key, TreatsOtherEncodingsAsTheLibraryDoes) {
  const Big p = slow::Prime();
  const std::string zero(32, '\0');
  size_t accepted = 0;
  size_t keys = 0;
  size_t other_encodings = 0;
  for (int i = 0; i < 3 * 19 * 2; ++i) {
    const int y = i / 6;
    const Big number = i % 3 == 0 ? Big(y) : i % 3 == 1 ? p + y : p - 1 - y;
    const std::string key = slow::Encode(number, i / 3 % 2 == 0);
    const auto point = slow::Decode(key);
    const bool is_one = point.has_value() && slow::Encode(*point) == key;
    EXPECT_EQ(StartPreparingEd25519(AsBytes(key), Level::kSmall,
                                    Arithmetic::kBest) != nullptr,
              is_one);
    other_encodings += point.has_value() && !is_one;
    if (!is_one) continue;
    ++keys;
    const AllWays ways(key);
    // S = 0, and R any of small order: right where h is a multiple of 8.
    for (int torsion = 0; torsion < 8; ++torsion) {
      std::string r = slow::Encode(slow::Torsion(torsion));
      accepted += ExpectAgreement(key, ways, "m", r + zero);
      accepted += ExpectAgreement(key, ways, "n", r + zero);
      r[31] = static_cast<char>(r[31] ^ 0x80);
      ExpectAgreement(key, ways, "m", r + zero);
      ExpectAgreement(key, ways, "m", key + zero);
    }
    for (int beyond = 0; beyond < 19; ++beyond) {
      EXPECT_FALSE(ExpectAgreement(key, ways, "m",
                                   slow::Encode(p + beyond, i % 2 == 0) +
                                       slow::LittleEndian(beyond, 32)));
    }
  }
  EXPECT_GT(accepted, 0u);
  EXPECT_GT(keys, 20u);
  EXPECT_GT(other_encodings, 10u);
}

TEST(Ed25519Key, IsNotForOtherBytes) {
  const std::string key = LibraryKey().key;
  const auto starts = [](const std::string& bytes, Arithmetic arithmetic) {
    return StartPreparingEd25519(AsBytes(bytes), Level::kSmall, arithmetic) !=
           nullptr;
  };
  EXPECT_TRUE(starts(key, Arithmetic::kPortable));
  EXPECT_FALSE(starts(key, Arithmetic::kOff));
  EXPECT_FALSE(starts("", Arithmetic::kBest));
  EXPECT_FALSE(starts(key.substr(1), Arithmetic::kBest));
  EXPECT_FALSE(starts(key + '\0', Arithmetic::kBest));
  EXPECT_FALSE(starts(slow::Encode(Big(2), false), Arithmetic::kBest))
      << "no point has a y of 2";
}

TEST(Ed25519Key, TakesTheMemoryThatItsLevelSays) {
  const std::string key = LibraryKey().key;
  const size_t kib[] = {6, 77, 222};
  for (const Level level : kLevels) {
    const auto prepared = PrepareEd25519(key, level, Arithmetic::kBest);
    const size_t expected = kib[static_cast<size_t>(level)] * 1024;
    EXPECT_GE(prepared->bytes() + 1024, expected);
    EXPECT_LE(prepared->bytes(), expected + 1024);
  }
}

TEST(Ed25519Key, IsBuiltInSteps) {
  const std::string key = LibraryKey().key;
  std::vector<size_t> steps;
  for (const Level level : kLevels) {
    const auto builder =
        StartPreparingEd25519(AsBytes(key), level, Arithmetic::kPortable);
    steps.push_back(1);
    while (builder->Step() == BuildState::kWorking) ++steps.back();
  }
  EXPECT_GE(steps[0], 7u);
  EXPECT_GE(steps[1], 13u);
  EXPECT_GE(steps[2], 25u);
}

// What the library's multiple is not, is found when the table is built.
TEST(IsLibrarysMultiple, FindsAWrongTable) {
  const std::string key = LibraryKey().key;
  const std::string other = LibraryKey().key;
  const auto prepared =
      PrepareEd25519(key, Level::kSmall, Arithmetic::kPortable);
  const auto& found = static_cast<const Ed25519Key&>(*prepared);
  const std::array<uint8_t, 32> scalar = {1, 2, 3};
  EXPECT_TRUE(IsLibrarysMultiple(found, scalar, AsBytes(key)));
  EXPECT_FALSE(IsLibrarysMultiple(found, scalar, AsBytes(other)));
}

}  // namespace
}  // namespace chainkeep::signature::prepared
