// Prepared keys answer as the library does, or not at all: through every
// arithmetic and every level of table.

#include "engine/signature/prepared/ecdsa_key.h"

#include <string>
#include <vector>

#include "chainkeep/certificate.h"
#include "engine/signature/prepared/arithmetic.h"
#include "engine/signature/prepared/layout.h"
#include "engine/signature/prepared/prepared_key.h"
#include "gtest/gtest.h"
#include "openssl/ec.h"
#include "openssl/ec_key.h"
#include "openssl/ecdsa.h"
#include "openssl/nid.h"
#include "tests/signature/prepared/all_ways.h"
#include "tests/signature/prepared/big.h"
#include "tests/signature/prepared/forger.h"

namespace chainkeep::signature::prepared {
namespace {

using test::AllWays;
using test::Big;
using test::Forger;
using test::Forgery;
using test::kArithmetics;
using test::kLevels;
using test::Prepare;

// Checks that all give the library's answer or none, and returns how many give
// none.
size_t ExpectAgreement(const Forger& forger, const AllWays& ways,
                       const std::string& digest,
                       const std::string& signature) {
  const bool verifies = forger.Verifies(digest, signature);
  EXPECT_EQ(ways.Count(verifies ? Outcome::kInvalid : Outcome::kValid, digest,
                       signature),
            0u)
      << "the library says " << verifies;
  return ways.Count(Outcome::kNotDecided, digest, signature);
}

class EcdsaKeyTest : public testing::TestWithParam<int> {
 protected:
  int nid() const { return GetParam(); }
  int bits() const { return nid() == NID_secp384r1 ? 384 : 256; }

  Big RandomScalar(const Forger& forger) const {
    return Big::Below(forger.order() - 1) + 1;
  }

  // Scalars with long runs of equal digits, and small and large ones.
  std::vector<Big> Corners(const Forger& forger) const {
    const Big n = forger.order();
    const Big half = Big(2).InverseModulo(n);
    std::vector<Big> corners = {1, 2, 3, n - 1, n - 2, n - 3, half, n - half};
    for (int bit = 4; bit < bits(); bit += 21) {
      corners.push_back(Big::TwoTo(bit));
      corners.push_back(Big::TwoTo(bit) - 1);
      corners.push_back(n - Big::TwoTo(bit));
    }
    return corners;
  }
};

INSTANTIATE_TEST_SUITE_P(Curves, EcdsaKeyTest,
                         testing::Values(NID_X9_62_prime256v1, NID_secp384r1),
                         [](const auto& parameter) {
                           return parameter.param == NID_secp384r1 ? "P384"
                                                                   : "P256";
                         });

TEST_P(EcdsaKeyTest, AcceptsWhatIsSignedAndNothingElse) {
  const Forger forger(nid());
  const AllWays ways(forger.key());
  for (int i = 0; i < 50; ++i) {
    const Forgery good =
        *forger.Forge(Big::Below(forger.order()), RandomScalar(forger));
    EXPECT_TRUE(forger.Verifies(good.digest, good.signature));
    EXPECT_EQ(ways.Count(Outcome::kValid, good.digest, good.signature),
              ways.size());
    const Big z = Big::Below(forger.order());
    for (const Forgery& bad :
         {forger.Write(z, good.r, good.s), forger.Write(z, z, good.s),
          forger.Write(z, good.r, z)}) {
      EXPECT_EQ(ways.Count(Outcome::kInvalid, bad.digest, bad.signature),
                ways.size());
    }
  }
}

TEST_P(EcdsaKeyTest, TakesDigestsOfAnyLength) {
  const Forger forger(nid());
  const AllWays ways(forger.key());
  const size_t size = static_cast<size_t>(bits()) / 8;
  for (const size_t length :
       {size_t{0}, size_t{1}, size_t{20}, size - 1, size, size + 1, 2 * size}) {
    std::string digest(length, '\xff');
    unsigned written = 0;
    std::string signature(ECDSA_size(&forger.key()), '\0');
    ASSERT_EQ(ECDSA_sign(0, AsBytes(digest).data(), length,
                         reinterpret_cast<uint8_t*>(signature.data()), &written,
                         &forger.key()),
              1);
    signature.resize(written);
    // All ones are more than the order; no byte is a number of 0.
    EXPECT_EQ(ways.Count(Outcome::kValid, digest, signature), ways.size())
        << length;
    digest.push_back('\0');
    EXPECT_EQ(ExpectAgreement(forger, ways, digest, signature), 0u);
  }
}

TEST_P(EcdsaKeyTest, SumsStructuredScalars) {
  const Forger forger(nid());
  const AllWays ways(forger.key());
  const auto corners = Corners(forger);
  for (size_t i = 0; i < corners.size(); ++i) {
    for (const Big& other :
         {corners[(i * 7 + 3) % corners.size()], RandomScalar(forger)}) {
      for (const auto& forgery :
           {forger.Forge(corners[i], other), forger.Forge(other, corners[i])}) {
        ASSERT_TRUE(forgery.has_value());
        EXPECT_EQ(
            ways.Count(Outcome::kValid, forgery->digest, forgery->signature),
            ways.size());
      }
    }
    // A hash of 0: the generator's part of the sum is infinity.
    const auto zero = forger.Forge(0, corners[i]);
    EXPECT_EQ(ways.Count(Outcome::kValid, zero->digest, zero->signature),
              ways.size());
  }
}

// Keys that are related to the generator, and signatures of which the two parts
// are the same point, opposite points, or nearly so.
TEST_P(EcdsaKeyTest, IsNotWrongForRelatedKeys) {
  const Big n = Forger(nid()).order();
  for (const Big& d :
       {Big(1), n - 1, Big(2), n - 2, Big(3), Big::TwoTo(8), n - Big::TwoTo(11),
        Big::TwoTo(bits() / 2), Big::TwoTo(bits() - 1)}) {
    const Forger forger(nid(), d);
    const AllWays ways(forger.key());
    const Big over_d = d.InverseModulo(n);
    const auto corners = Corners(forger);
    for (size_t i = 0; i < corners.size(); i += 4) {
      const Big& u = corners[i];
      for (const auto& forgery :
           {forger.Forge(u, (u * over_d).Modulo(n)),      // u1 G = u2 Q
            forger.Forge(u, (u * over_d + 1).Modulo(n)),  // almost
            forger.Forge((u * d * 2).Modulo(n), u),       // u1 G = 2 u2 Q
            forger.Forge(u, u), forger.Forge(u, n - u)}) {
        if (!forgery.has_value()) continue;
        EXPECT_TRUE(forger.Verifies(forgery->digest, forgery->signature));
        ExpectAgreement(forger, ways, forgery->digest, forgery->signature);
      }
    }
  }
}

// The multiples of the key and of the generator that an arithmetic with some
// number of lanes adds, lane by lane, in its order.
struct Lane {
  Big key;                      // the sum of all of them
  std::vector<Big> generators;  // one by one
  Big Generator() const {
    Big sum;
    for (const Big& multiple : generators) sum = sum + multiple;
    return sum;
  }
};

template <class Curve>
std::vector<Lane> LanesOf(const Layout<Curve>& layout, const Big& u1,
                          const Big& u2, size_t count) {
  std::vector<Lane> lanes(count);
  size_t next = 0;
  const auto append = [&](const Layout<Curve>& of, const Big& k, bool is_key) {
    const auto digits = of.Recode(k.Words<Curve::kWords>());
    for (int column = of.shape().columns - 1; column >= 0; --column) {
      for (int i = 0; i < of.shape().tables; ++i) {
        const auto term = of.TermOf(digits, i, column);
        Big multiple =
            Big::OfWords(of.MultipleOf(i, term.index)).TimesTwoTo(column);
        if (term.is_negative) multiple = Big(0) - multiple;
        Lane& lane = lanes[next++ % count];
        if (is_key) {
          lane.key = lane.key + multiple;
        } else {
          lane.generators.push_back(multiple);
        }
      }
    }
  };
  append(layout, u2, true);
  append(GeneratorLayout<Curve>(), u1, false);
  return lanes;
}

// For each level and arithmetic a key that is made for one signature: the sum
// of the key's points in a lane is the generator's next point, or its opposite,
// or two lanes come to the same. The point is noticed, and not decided.
template <class Curve>
void TryExceptions(int nid) {
  const Big n = Forger(nid).order();
  for (const Arithmetic arithmetic : kArithmetics) {
    if (!Choose(arithmetic).has_value()) continue;
    const size_t count = arithmetic == Arithmetic::kIfma ? 8 : 1;
    for (const Level level : kLevels) {
      for (size_t lane = 0; lane < count; lane += 3) {
        const Big u1 = Big::Below(n);
        const Big u2 = Big::Below(n);
        const auto lanes = LanesOf(KeyLayout<Curve>(level), u1, u2, count);
        const Lane& one = lanes[lane];
        const Lane& other = lanes[lane ^ (count / 2)];
        const Big over_key = one.key.InverseModulo(n);
        std::vector<Big> keys = {one.generators[0] * over_key,
                                 (n - over_key) * one.generators[0]};
        if (count > 1) {
          // The same point, and opposite points, from two lanes.
          keys.push_back((other.Generator() - one.Generator()) *
                         (one.key - other.key).InverseModulo(n));
          keys.push_back((n - (one.key + other.key).InverseModulo(n)) *
                         (one.Generator() + other.Generator()));
        }
        for (size_t i = 0; i < keys.size(); ++i) {
          const Forger forger(nid, keys[i]);
          const auto forgery = forger.Forge(u1, u2);
          ASSERT_TRUE(forgery.has_value());
          ASSERT_TRUE(forger.Verifies(forgery->digest, forgery->signature));
          const auto key = Prepare(forger.key(), level, arithmetic);
          EXPECT_EQ(key->Verify(AsBytes(forgery->digest),
                                AsBytes(forgery->signature)),
                    Outcome::kNotDecided)
              << "case " << i << ", lane " << lane;
        }
      }
    }
  }
}

TEST_P(EcdsaKeyTest, NoticesExceptionalAdditions) {
  if (nid() == NID_secp384r1) {
    TryExceptions<P384>(nid());
  } else {
    TryExceptions<P256>(nid());
  }
}

TEST_P(EcdsaKeyTest, DoesNotAcceptInfinity) {
  const Forger forger(nid());
  const AllWays ways(forger.key());
  const Big n = forger.order();
  for (int i = 0; i < 20; ++i) {
    const Big r = RandomScalar(forger);
    const Big s = i == 0 ? Big(1) : RandomScalar(forger);
    // u1 + u2 d = 0, and u1 - u2 d = 0, the first sum being infinity.
    const Big z = (r * forger.d()).Modulo(n);
    for (const Big& hashed : {n - z, z}) {
      const Forgery forgery = forger.Write(hashed, r, s);
      EXPECT_FALSE(forger.Verifies(forgery.digest, forgery.signature));
      ExpectAgreement(forger, ways, forgery.digest, forgery.signature);
    }
    const Forgery infinite = forger.Write(n - z, r, s);
    EXPECT_EQ(ways.Count(Outcome::kValid, infinite.digest, infinite.signature),
              0u);
  }
}

// r is the x of a point modulo the order, and some x are above the order.
TEST_P(EcdsaKeyTest, AcceptsAnXFromTheOrderOn) {
  for (int i = 0; i < 3; ++i) {
    Forgery forgery;
    const Forger forger = Forger::WithLargeX(nid(), &forgery);
    ASSERT_TRUE(forger.Verifies(forgery.digest, forgery.signature));
    const AllWays ways(forger.key());
    EXPECT_EQ(ways.Count(Outcome::kValid, forgery.digest, forgery.signature),
              ways.size());
    // The same point with the whole x for r: not below the order.
    const Big z = forgery.r + 1;
    const Forgery other =
        forger.Write(z, forgery.r + forger.order(), forgery.s);
    EXPECT_EQ(ways.Count(Outcome::kInvalid, other.digest, other.signature),
              ways.size());
  }
}

TEST_P(EcdsaKeyTest, HoldsToTheRange) {
  const Forger forger(nid());
  const AllWays ways(forger.key());
  const Big n = forger.order();
  const Forgery good = *forger.Forge(5, 7);
  Big z = Big(5) * good.s;
  z = z.Modulo(n);
  const Big whole = Big::TwoTo(bits());
  for (const Big& bad : {Big(0), n, n + 1, whole - 1, whole, whole + good.r,
                         good.r + n, good.s + n, good.s.TimesTwoTo(64)}) {
    for (const Forgery& forgery :
         {forger.Write(z, bad, good.s), forger.Write(z, good.r, bad)}) {
      EXPECT_FALSE(forger.Verifies(good.digest, forgery.signature));
      EXPECT_EQ(ways.Count(Outcome::kInvalid, good.digest, forgery.signature),
                ways.size())
          << bad;
    }
  }
  // In the range, near its ends: s = 1, 2, n - 1 with z to match, and the
  // other s of each signature.
  for (const Big& s : {Big(1), Big(2), n - 1, n - 2, n - good.s}) {
    const Big u2 = (good.r * s.InverseModulo(n)).Modulo(n);
    const Forgery forgery = forger.Write(z, good.r, s);
    ExpectAgreement(forger, ways, forgery.digest, forgery.signature);
    const auto valid = forger.Forge(s, u2);
    EXPECT_EQ(ways.Count(Outcome::kValid, valid->digest, valid->signature),
              ways.size());
  }
}

TEST_P(EcdsaKeyTest, ReadsSignaturesAsTheLibraryDoes) {
  const Forger forger(nid());
  const AllWays ways(forger.key());
  const Forgery good = *forger.Forge(5, 7);
  std::vector<std::string> changed = {"", good.signature + '\0'};
  for (size_t i = 0; i < good.signature.size(); ++i) {
    changed.push_back(good.signature.substr(0, i));
    changed.push_back(good.signature.substr(i));
    for (const int flip : {1, 0x80, 0xff}) {
      changed.push_back(good.signature);
      changed.back()[i] = static_cast<char>(changed.back()[i] ^ flip);
    }
    changed.push_back(good.signature);
    changed.back().insert(i, 1, '\0');
    changed.back()[1] = static_cast<char>(changed.back()[1] + 1);
  }
  for (const std::string& signature : changed) {
    EXPECT_EQ(ExpectAgreement(forger, ways, good.digest, signature), 0u);
  }
}

// Scalars that have the same digits in each window: together they meet every
// point of every window of a table, and its opposite.
template <class Curve>
void TryAllPoints(int nid, bool of_generator) {
  const Forger forger(nid);
  const AllWays ways(forger.key());
  std::vector<const Layout<Curve>*> layouts = {&GeneratorLayout<Curve>()};
  if (!of_generator) {
    layouts = {&KeyLayout<Curve>(Level::kSmall),
               &KeyLayout<Curve>(Level::kMedium),
               &KeyLayout<Curve>(Level::kLarge)};
  }
  const Big n = forger.order();
  for (const auto* layout : layouts) {
    const Shape& shape = layout->shape();
    for (int pattern = 0; pattern < 1 << shape.teeth; ++pattern) {
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
      const Big scalar =
          (digits + digits - Big::TwoTo(shape.digits()) + 1).Modulo(n);
      const auto forgery = of_generator ? forger.Forge(scalar, 12345)
                                        : forger.Forge(12345, scalar);
      if (!forgery.has_value()) continue;
      EXPECT_EQ(
          ways.Count(Outcome::kValid, forgery->digest, forgery->signature),
          ways.size())
          << pattern;
    }
  }
}

TEST_P(EcdsaKeyTest, SumsAllPointsOfTheKeysTables) {
  if (nid() == NID_secp384r1) {
    TryAllPoints<P384>(nid(), false);
  } else {
    TryAllPoints<P256>(nid(), false);
  }
}

TEST_P(EcdsaKeyTest, SumsAllPointsOfTheGeneratorsTable) {
  if (nid() == NID_secp384r1) {
    TryAllPoints<P384>(nid(), true);
  } else {
    TryAllPoints<P256>(nid(), true);
  }
}

TEST_P(EcdsaKeyTest, TakesTheMemoryThatItsLevelSays) {
  const Forger forger(nid());
  const bool is_384 = nid() == NID_secp384r1;
  const size_t kib[] = {is_384 ? 6u : 4u, is_384 ? 116u : 52u,
                        is_384 ? 330u : 256u};
  for (const Level level : kLevels) {
    const auto key = Prepare(forger.key(), level, Arithmetic::kBest);
    const size_t expected = kib[static_cast<size_t>(level)] * 1024;
    EXPECT_GE(key->bytes() + 1024, expected);
    EXPECT_LE(key->bytes(), expected + 1024);
  }
  EXPECT_GT(SharedBytes(), size_t{1} << 20);
}

// No step does more than its share: the work of a table is spread evenly.
TEST_P(EcdsaKeyTest, IsBuiltInSteps) {
  const Forger forger(nid());
  size_t steps[3] = {};
  for (const Level level : kLevels) {
    const auto builder =
        StartPreparing(forger.key(), level, Arithmetic::kPortable);
    size_t count = 1;
    while (builder->Step() == BuildState::kWorking) ++count;
    steps[static_cast<size_t>(level)] = count;
  }
  EXPECT_GE(steps[0], 7u);
  EXPECT_GE(steps[1], 10u);
  EXPECT_GE(steps[2], 30u);
}

TEST(PreparedKey, IsNotForOtherCurves) {
  const bssl::UniquePtr<EC_KEY> key(EC_KEY_new_by_curve_name(NID_secp521r1));
  ASSERT_EQ(EC_KEY_generate_key(key.get()), 1);
  EXPECT_EQ(StartPreparing(*key, Level::kSmall, Arithmetic::kBest), nullptr);
  WarmUp(*key);
  // A key without a point, and one without a curve.
  const bssl::UniquePtr<EC_KEY> empty(
      EC_KEY_new_by_curve_name(NID_X9_62_prime256v1));
  EXPECT_EQ(StartPreparing(*empty, Level::kSmall, Arithmetic::kBest), nullptr);
  const bssl::UniquePtr<EC_KEY> none(EC_KEY_new());
  EXPECT_EQ(StartPreparing(*none, Level::kSmall, Arithmetic::kBest), nullptr);
}

TEST(PreparedKey, CanBeOff) {
  const Forger forger(NID_X9_62_prime256v1);
  EXPECT_EQ(StartPreparing(forger.key(), Level::kSmall, Arithmetic::kOff),
            nullptr);
}

TEST(Arithmetic, IsChosen) {
  EXPECT_EQ(Choose(Arithmetic::kOff), Arithmetic::kOff);
  EXPECT_EQ(Choose(Arithmetic::kPortable), Arithmetic::kPortable);
  const auto ifma = Choose(Arithmetic::kIfma);
  EXPECT_EQ(Choose(Arithmetic::kBest), ifma.value_or(Arithmetic::kPortable));
}

// What the library's multiple is not, is found when the table is built.
TEST(IsMultiple, FindsAWrongPoint) {
  const Forger forger(NID_X9_62_prime256v1);
  const Forger other(NID_X9_62_prime256v1);
  const auto key = Prepare(forger.key(), Level::kSmall, Arithmetic::kPortable);
  const auto& table = static_cast<const EcdsaKey<P256>&>(*key).table();
  EXPECT_TRUE(IsMultiple(table, 0, 0, forger.group(),
                         *EC_KEY_get0_public_key(&forger.key())));
  EXPECT_FALSE(IsMultiple(table, 0, 0, forger.group(),
                          *EC_KEY_get0_public_key(&other.key())));
}

}  // namespace
}  // namespace chainkeep::signature::prepared
