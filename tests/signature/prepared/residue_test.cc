// Arithmetic modulo the primes and the orders, against Big.

#include "engine/signature/prepared/residue.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/signature/prepared/curves.h"
#include "engine/signature/prepared/edwards_point.h"
#include "engine/signature/prepared/inverse.h"
#include "gtest/gtest.h"
#include "openssl/ec.h"
#include "openssl/nid.h"
#include "tests/signature/prepared/big.h"
#include "tests/signature/prepared/ed25519_forger.h"

namespace chainkeep::signature::prepared {
namespace {

using test::Big;

template <class M>
class ResidueTest : public testing::Test {
 protected:
  using Number = Residue<M>;

  static Big Modulus() { return Big::OfWords(M::kValue); }
  static Big R() { return Big::TwoTo(kLimbBits * M::kLimbs); }
  static Big ValueOf(const Number& a) { return Big::OfLimbs(a.limbs); }
  static Big DividedByR(const Big& a) {
    static const Big& inverse = *new Big(R().InverseModulo(Modulus()));
    return (a * inverse).Modulo(Modulus());
  }
  static Number Of(const Big& a) {
    return FromWords<M>(a.Modulo(Modulus()).template Words<M::kWords>());
  }

  // Numbers that carries and borrows like least.
  static std::vector<Big> Corners() {
    std::vector<Big> corners;
    for (int i = 0; i < 3; ++i) {
      corners.push_back(i);
      corners.push_back(Modulus() - (1 + i));
    }
    for (int bit = 1; bit < M::kBits; bit += bit % 52 < 3 ? 1 : 13) {
      corners.push_back(Big::TwoTo(bit));
      corners.push_back(Big::TwoTo(bit) - 1);
      corners.push_back(Modulus() - Big::TwoTo(bit));
    }
    for (int i = 0; i < 20; ++i) corners.push_back(Big::Below(Modulus()));
    return corners;
  }

  // Limbs as large as Mul takes them, of either sign, in numbers of at most 4 m
  // in size: what sums and differences of products can be, and more.
  static std::vector<Number> Extremes() {
    constexpr int64_t kMost = (int64_t{1} << 55) - 1;
    constexpr int64_t kLast =
        (int64_t{1} << (M::kBits - kLimbBits * (M::kLimbs - 1) + 2)) - 16;
    std::vector<Number> extremes;
    for (const int64_t limb : {kMost, -kMost, int64_t{0}}) {
      for (const int64_t last : {kLast, -kLast, int64_t{0}}) {
        Number number;
        number.limbs.fill(limb);
        number.limbs.back() = last;
        extremes.push_back(number);
        for (int i = 0; i < M::kLimbs - 1; i += 2) number.limbs[i] = -limb;
        extremes.push_back(number);
      }
    }
    return extremes;
  }

  static std::vector<Number> All() {
    std::vector<Number> all = Extremes();
    for (const Big& corner : Corners()) all.push_back(Of(corner));
    return all;
  }

  static void ExpectProduct(const Number& a, const Number& b,
                            const Number& product) {
    const Big exact = ValueOf(a) * ValueOf(b);
    EXPECT_EQ(ValueOf(product).Modulo(Modulus()), DividedByR(exact));
    EXPECT_LE(ValueOf(product).Magnitude() * R(),
              exact.Magnitude() + Modulus() * R());
    for (int i = 0; i < M::kLimbs - 1; ++i) {
      EXPECT_EQ(product.limbs[i] >> kLimbBits, 0) << "limb " << i;
    }
  }
};

using Moduli =
    testing::Types<FieldOf<P256>, OrderOf<P256>, FieldOf<P384>, OrderOf<P384>,
                   FieldOf<Ed25519>, OrderOf<Ed25519>>;
TYPED_TEST_SUITE(ResidueTest, Moduli);

TYPED_TEST(ResidueTest, Multiplies) {
  const auto all = this->All();
  for (const auto& a : all) {
    for (const auto& b : all) {
      this->ExpectProduct(a, b, Mul(a, b));
      if (this->HasFailure()) return;
    }
  }
}

TYPED_TEST(ResidueTest, Squares) {
  for (const auto& a : this->All()) this->ExpectProduct(a, a, Square(a));
}

TYPED_TEST(ResidueTest, SubtractsProducts) {
  const Big m = this->Modulus();
  const auto all = this->All();
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t j = 0; j < all.size(); ++j) {
      const auto& a = all[i];
      const auto& b = all[j];
      // Also of the same sign, so that nothing cancels.
      for (const auto& [c, d] : {std::pair(a, -b), std::pair(b, all[i / 2])}) {
        const Big exact = this->ValueOf(a) * this->ValueOf(b) -
                          this->ValueOf(c) * this->ValueOf(d);
        const auto result = MulSub(a, b, c, d);
        ASSERT_EQ(this->ValueOf(result).Modulo(m), this->DividedByR(exact));
        ASSERT_LE(this->ValueOf(result).Magnitude() * this->R(),
                  exact.Magnitude() + m * this->R());
      }
    }
  }
}

TYPED_TEST(ResidueTest, AddsAndSubtracts) {
  const auto all = this->All();
  for (const auto& a : all) {
    const auto& b = all[3];
    EXPECT_EQ(this->ValueOf(a + b), this->ValueOf(a) + this->ValueOf(b));
    EXPECT_EQ(this->ValueOf(a - b), this->ValueOf(a) - this->ValueOf(b));
    EXPECT_EQ(this->ValueOf(-a), Big(0) - this->ValueOf(a));
  }
}

TYPED_TEST(ResidueTest, FoldsNearTheModulus) {
  const Big m = this->Modulus();
  for (const auto& a : this->All()) {
    for (const auto& sum : {a, a + a, a - (-a - a)}) {
      const auto folded = Fold(sum);
      const Big value = this->ValueOf(folded);
      EXPECT_EQ(value.Modulo(m), this->ValueOf(sum).Modulo(m));
      const Big slack = Big::TwoTo(TypeParam::kBits - 15);
      EXPECT_LE(value, Big::TwoTo(TypeParam::kBits) + slack);
      EXPECT_LE(Big(0) - slack, value);
    }
  }
}

TYPED_TEST(ResidueTest, HasOneCanonicalForm) {
  const Big m = this->Modulus();
  for (const auto& a : this->All()) {
    const Big value = this->ValueOf(a);
    EXPECT_EQ(Big::OfWords(Canonical(a)), value.Modulo(m));
    // With multiples of m on top, as differences have them.
    auto shifted = a;
    for (int i = 0; i < TypeParam::kLimbs; ++i) {
      shifted.limbs[i] += 12 * TypeParam::kDigits[i];
    }
    EXPECT_EQ(Big::OfWords(Canonical(shifted)), value.Modulo(m));
    EXPECT_EQ(IsZero(shifted), value.Modulo(m) == Big(0));
  }
  typename TestFixture::Number zero;
  for (int times = -4; times <= 4; ++times) {
    for (int i = 0; i < TypeParam::kLimbs; ++i) {
      zero.limbs[i] = times * TypeParam::kDigits[i];
    }
    EXPECT_TRUE(IsZero(zero)) << times;
    zero.limbs[0] += 1;
    EXPECT_FALSE(IsZero(zero)) << times;
  }
}

TYPED_TEST(ResidueTest, Divides) {
  using M = TypeParam;
  const Big m = this->Modulus();
  const auto corners = this->Corners();
  for (size_t i = 0; i < corners.size(); ++i) {
    const Big x = corners[i].Modulo(m);
    for (const Big& scale : {Big(1), Big::OfWords(kR<M>), corners[i / 2]}) {
      const auto quotient =
          kInverter<M>.Divide(scale.Modulo(m).template Words<M::kWords>(),
                              x.template Words<M::kWords>());
      const Big expected =
          x == Big(0) ? Big(0) : (scale * x.InverseModulo(m)).Modulo(m);
      EXPECT_EQ(Big::OfWords(quotient), expected) << x;
    }
  }
}

TYPED_TEST(ResidueTest, DividesAtRandom) {
  using M = TypeParam;
  const Big m = this->Modulus();
  for (int i = 0; i < 2000; ++i) {
    const Big x = Big::Below(m);
    const auto inverse = kInverter<M>.Divide({1}, x.Words<M::kWords>());
    EXPECT_EQ((Big::OfWords(inverse) * x).Modulo(m), Big(x == Big(0) ? 0 : 1));
  }
}

TYPED_TEST(ResidueTest, HasItsConstants) {
  using M = TypeParam;
  const Big m = this->Modulus();
  EXPECT_EQ(Big::OfWords(kR<M>), this->R().Modulo(m));
  EXPECT_EQ(Big::OfWords(kRSquared<M>), (this->R() * this->R()).Modulo(m));
  EXPECT_EQ(Big::OfLimbs(M::kDigits), m);
  Big negated;
  BN_set_u64(negated.get(), M::kNegatedInverse);
  EXPECT_EQ((negated * m + 1).Modulo(Big::TwoTo(kLimbBits)), Big(0));
}

template <class Curve>
void ExpectLibrarysCurve(int nid) {
  const bssl::UniquePtr<EC_GROUP> group(EC_GROUP_new_by_curve_name(nid));
  Big p, a, b;
  ASSERT_EQ(
      EC_GROUP_get_curve_GFp(group.get(), p.get(), a.get(), b.get(), nullptr),
      1);
  EXPECT_EQ(Big::OfWords(Curve::kPrime), p);
  EXPECT_EQ(p - a, Big(3));  // the formula for doubling is for -3
  EXPECT_EQ(Big::OfWords(Curve::kOrder),
            Big::Copy(EC_GROUP_get0_order(group.get())));
}

TEST(Curves, AreTheLibrarys) {
  ExpectLibrarysCurve<P256>(NID_X9_62_prime256v1);
  ExpectLibrarysCurve<P384>(NID_secp384r1);
}

TEST(Curves, AreThatOfRfc8032) {
  const Big p = Big::TwoTo(255) - 19;
  EXPECT_EQ(Big::OfWords(Ed25519::kPrime), p);
  EXPECT_EQ(Big::OfWords(Ed25519::kOrder), test::slow::Order());
  const Big d = (Big(-121665) * Big(121666).InverseModulo(p)).Modulo(p);
  EXPECT_EQ(Big::OfWords(kEdwardsD), d);
  EXPECT_EQ(Big::OfWords(kEdwardsOverD), d.InverseModulo(p));
  const Big root = Big::OfWords(kSquareRootOfMinusOne);
  EXPECT_EQ((root * root).Modulo(p), p - 1);
  EXPECT_EQ(Big::OfWords(kEdwardsTwoD), (d + d).Modulo(p));
  EXPECT_EQ(Big(static_cast<int64_t>(kAddendFactor)),
            Big::TwoTo(260).Modulo(p));
}

TEST(Words, Compute) {
  const Big m = Big::OfWords(P256::kOrder);
  for (int i = 0; i < 300; ++i) {
    const Big a = i < 2 ? m - 1 : Big::Below(m);
    const Big b = i < 3 ? m - 1 : Big::Below(m);
    const auto a_words = a.Words<4>();
    const auto b_words = b.Words<4>();
    EXPECT_EQ(Big::OfWords(AddModulo<4>(a_words, b_words, P256::kOrder)),
              (a + b).Modulo(m));
    EXPECT_EQ(Big::OfWords(HalveModulo<4>(a_words, P256::kOrder)),
              (a * Big(2).InverseModulo(m)).Modulo(m));
    EXPECT_EQ(Big::OfWords(MulModulo<4>(a_words, b_words, P256::kOrder)),
              (a * b).Modulo(m));
    EXPECT_EQ(IsLess<4>(a_words, b_words), a < b);
    auto reversed = ToBytes<4>(a_words);
    std::reverse(reversed.begin(), reversed.end());
    EXPECT_EQ(FromLittleEndian<4>(reversed), a_words);
    EXPECT_EQ((FromBytes<4>(ToBytes<4>(a_words))), a_words);
    EXPECT_EQ((ToWords<5, 4>(ToLimbs<5, 4>(a_words))), a_words);
    const int at = i % 270;
    EXPECT_EQ(Big(static_cast<int64_t>(BitsAt(a_words, at, 11))).TimesTwoTo(at),
              (a.Modulo(Big::TwoTo(at + 11)) - a.Modulo(Big::TwoTo(at))));
    EXPECT_EQ(Big::OfWords(PowerOfTwo<4>(i, P256::kOrder)),
              Big::TwoTo(i).Modulo(m));
  }
}

}  // namespace
}  // namespace chainkeep::signature::prepared
