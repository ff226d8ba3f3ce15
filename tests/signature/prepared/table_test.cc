// Recoding, tables and sums of points, against Big and the library's points.

#include "engine/signature/prepared/table.h"

#include <array>
#include <vector>

#include "engine/signature/prepared/arithmetic.h"
#include "engine/signature/prepared/ecdsa_key.h"
#include "engine/signature/prepared/lane_points.h"
#include "engine/signature/prepared/layout.h"
#include "engine/signature/prepared/point.h"
#include "gtest/gtest.h"
#include "openssl/ec.h"
#include "openssl/nid.h"
#include "tests/signature/prepared/big.h"
#include "tests/signature/prepared/forger.h"

namespace chainkeep::signature::prepared {
namespace {

using test::Big;
using test::Forger;

constexpr Level kLevels[] = {Level::kSmall, Level::kMedium, Level::kLarge};

template <class Curve>
class TableTest : public testing::Test {
 protected:
  static constexpr int kNid =
      Curve::kBits == 256 ? NID_X9_62_prime256v1 : NID_secp384r1;
  using Field = FieldOf<Curve>;

  static Big Order() { return Big::OfWords(Curve::kOrder); }
  static Big Prime() { return Big::OfWords(Curve::kPrime); }

  static std::vector<const Layout<Curve>*> Layouts() {
    std::vector<const Layout<Curve>*> layouts = {&GeneratorLayout<Curve>()};
    for (const Level level : kLevels) {
      layouts.push_back(&KeyLayout<Curve>(level));
    }
    return layouts;
  }

  // k G, by the library.
  PlainPoint<Curve> Times(const Big& k) const {
    const bssl::UniquePtr<EC_POINT> point(EC_POINT_new(group_.get()));
    EC_POINT_mul(group_.get(), point.get(), k.Modulo(Order()).get(), nullptr,
                 nullptr, nullptr);
    Big x, y;
    EXPECT_EQ(EC_POINT_get_affine_coordinates_GFp(group_.get(), point.get(),
                                                  x.get(), y.get(), nullptr),
              1);
    return {x.Words<Curve::kWords>(), y.Words<Curve::kWords>()};
  }

  static Coordinate<Curve> ToMontgomery(const Big& x) {
    const Big r = Big::TwoTo(kLimbBits * Curve::kLimbs);
    return FromWords<Field>((x * r).Modulo(Prime()).Words<Curve::kWords>());
  }
  Affine<Curve> AffineTimes(const Big& k) const {
    const PlainPoint<Curve> point = Times(k);
    return {ToMontgomery(Big::OfWords(point.x)),
            ToMontgomery(Big::OfWords(point.y))};
  }
  // k G with a Z of one's choice.
  Xyzz<Curve> XyzzTimes(const Big& k, const Big& z) const {
    const PlainPoint<Curve> point = Times(k);
    return {ToMontgomery(Big::OfWords(point.x) * z * z),
            ToMontgomery(Big::OfWords(point.y) * z * z * z),
            ToMontgomery(z * z), ToMontgomery(z * z * z)};
  }

  void ExpectTimes(const Big& k, const Xyzz<Curve>& sum) const {
    const PlainPoint<Curve> expected = Times(k);
    EXPECT_FALSE(IsZero(sum.zz));
    EXPECT_TRUE(
        IsZero(sum.x - Mul(sum.zz, ToMontgomery(Big::OfWords(expected.x)))));
    EXPECT_TRUE(
        IsZero(sum.y - Mul(sum.zzz, ToMontgomery(Big::OfWords(expected.y)))));
  }

  // Multiples of which sums are tried: never two of the same size.
  std::vector<Big> Multiples() const {
    return {1,
            2,
            Order() - 3,
            4,
            Big::TwoTo(200),
            Order() - Big::TwoTo(100),
            Big::Below(Order()),
            7};
  }

  bssl::UniquePtr<EC_GROUP> group_{EC_GROUP_new_by_curve_name(kNid)};
};

using Curves = testing::Types<P256, P384>;
TYPED_TEST_SUITE(TableTest, Curves);

// Scalars that have the same digits everywhere, and corners.
template <class Curve>
std::vector<Big> Scalars() {
  const Big n = Big::OfWords(Curve::kOrder);
  std::vector<Big> scalars = {0, 1, 2, 3, n - 1, n - 2, n - 3};
  for (int bit = 2; bit < Curve::kBits; bit += 5) {
    scalars.push_back(Big::TwoTo(bit));
    scalars.push_back(Big::TwoTo(bit) - 1);
    scalars.push_back(n - Big::TwoTo(bit));
  }
  for (int i = 0; i < 30; ++i) scalars.push_back(Big::Below(n));
  return scalars;
}

TYPED_TEST(TableTest, RecodesToTheSameNumber) {
  const Big n = this->Order();
  for (const auto* layout : this->Layouts()) {
    const Shape& shape = layout->shape();
    for (const Big& k : Scalars<TypeParam>()) {
      const auto digits = layout->Recode(k.Words<TypeParam::kWords>());
      Big sum;
      for (int column = 0; column < shape.columns; ++column) {
        for (int i = 0; i < shape.tables; ++i) {
          const auto term = layout->TermOf(digits, i, column);
          ASSERT_LT(term.index, 1u << (shape.teeth - 1));
          const Big multiple = Big::OfWords(layout->MultipleOf(i, term.index))
                                   .TimesTwoTo(column);
          sum = term.is_negative ? sum - multiple : sum + multiple;
        }
      }
      EXPECT_EQ(sum.Modulo(n), k) << shape.teeth;
    }
  }
}

TYPED_TEST(TableTest, EveryDigitIsServedOnce) {
  for (const auto* layout : this->Layouts()) {
    const Shape& shape = layout->shape();
    std::vector<int> served(static_cast<size_t>(shape.digits()));
    for (int tooth = 0; tooth < shape.teeth; ++tooth) {
      for (int i = 0; i < shape.tables; ++i) {
        for (int column = 0; column < shape.columns; ++column) {
          const int place = shape.PlaceOf(tooth, i) + column;
          ASSERT_LT(place, shape.digits());
          ++served[static_cast<size_t>(place)];
        }
      }
    }
    EXPECT_EQ(served, std::vector<int>(served.size(), 1));
    EXPECT_GE(shape.digits(), TypeParam::kBits);
  }
}

// All points of small tables; of others the first and last of each sub-table,
// and some between.
template <class Curve>
void ExpectMultiples(const Table<Curve>& table, const EC_GROUP& group,
                     const EC_POINT& point) {
  const Shape& shape = table.layout().shape();
  const int count = shape.points_per_table();
  for (int i = 0; i < shape.tables; ++i) {
    const int step = shape.points() <= 64 ? 1 : count / 3 + 1;
    for (int index = i % step; index < count; index += step) {
      ASSERT_TRUE(
          IsMultiple(table, i, static_cast<uint32_t>(index), group, point))
          << i << ", " << index;
    }
    ASSERT_TRUE(
        IsMultiple(table, i, static_cast<uint32_t>(count) - 1, group, point))
        << i;
  }
}

TYPED_TEST(TableTest, HoldsMultiplesOfAKey) {
  const Forger forger(this->kNid);
  for (const Level level : kLevels) {
    const auto builder =
        StartPreparing(forger.key(), level, Arithmetic::kPortable);
    ASSERT_NE(builder, nullptr);
    BuildState state = BuildState::kWorking;
    while (state == BuildState::kWorking) state = builder->Step();
    ASSERT_EQ(state, BuildState::kDone);
    const auto key = builder->Take();
    const auto& table = static_cast<const EcdsaKey<TypeParam>&>(*key).table();
    ExpectMultiples(table, forger.group(),
                    *EC_KEY_get0_public_key(&forger.key()));
  }
}

TYPED_TEST(TableTest, HoldsMultiplesOfTheGenerator) {
  ExpectMultiples(GeneratorTable<TypeParam>(), *this->group_,
                  *EC_GROUP_get0_generator(this->group_.get()));
}

TYPED_TEST(TableTest, AddsAndDoubles) {
  const auto multiples = this->Multiples();
  for (const Big& a : multiples) {
    const auto a_affine = this->AffineTimes(a);
    const auto a_xyzz = this->XyzzTimes(a, Big::Below(this->Prime()));
    this->ExpectTimes(a + a, Double(a_xyzz));
    for (const Big& b : multiples) {
      if (a == b) continue;
      const auto b_affine = this->AffineTimes(b);
      this->ExpectTimes(a + b, Add(a_affine, b_affine));
      this->ExpectTimes(a + b, Add(a_xyzz, b_affine));
    }
  }
}

// The exception: what has met it stays without a ZZ.
TYPED_TEST(TableTest, SameXLeavesNoZz) {
  const Big z = Big::Below(this->Prime());
  for (const Big& k : this->Multiples()) {
    for (const Big& same : {k, this->Order() - k}) {
      const auto point = this->AffineTimes(same);
      const auto other = this->AffineTimes(k + 1);
      for (const auto& sum : {Add(this->AffineTimes(k), point),
                              Add(this->XyzzTimes(k, z), point)}) {
        EXPECT_TRUE(IsZero(sum.zz));
        EXPECT_TRUE(IsZero(Add(sum, other).zz));
        EXPECT_TRUE(IsZero(Double(sum).zz));
        EXPECT_TRUE(IsZero(Add(Double(Add(sum, other)), other).zz));
      }
    }
  }
}

#if defined(__x86_64__)

// The same in lanes: other points in each.
enum class LaneSum : uint8_t { kAffine, kMixed, kFull, kDouble };

template <class Curve>
using EightXyzz = std::array<Xyzz<Curve>, 8>;

template <class Curve>
CHAINKEEP_IFMA Lanes<FieldOf<Curve>, Eight> LoadCoordinate(
    const EightXyzz<Curve>& points,
    Coordinate<Curve> Xyzz<Curve>::*coordinate) {
  Lanes<FieldOf<Curve>, Eight> lanes;
  for (int i = 0; i < Curve::kLimbs; ++i) {
    alignas(64) int64_t row[8];
    for (int j = 0; j < 8; ++j) row[j] = (points[j].*coordinate).limbs[i];
    lanes.limbs[i] = *reinterpret_cast<const __m512i*>(row);
  }
  return lanes;
}

template <class Curve>
CHAINKEEP_IFMA void StoreCoordinate(const Lanes<FieldOf<Curve>, Eight>& lanes,
                                    Coordinate<Curve> Xyzz<Curve>::*coordinate,
                                    EightXyzz<Curve>* points) {
  for (int i = 0; i < Curve::kLimbs; ++i) {
    alignas(64) int64_t row[8];
    *reinterpret_cast<__m512i*>(row) = lanes.limbs[i];
    for (int j = 0; j < 8; ++j) ((*points)[j].*coordinate).limbs[i] = row[j];
  }
}

template <class Curve>
CHAINKEEP_IFMA LaneXyzz<Curve, Eight> LoadPoints(
    const EightXyzz<Curve>& points) {
  return {LoadCoordinate(points, &Xyzz<Curve>::x),
          LoadCoordinate(points, &Xyzz<Curve>::y),
          LoadCoordinate(points, &Xyzz<Curve>::zz),
          LoadCoordinate(points, &Xyzz<Curve>::zzz)};
}

template <class Curve>
CHAINKEEP_IFMA_CALL void ComputeSum(LaneSum kind, const EightXyzz<Curve>& a,
                                    const EightXyzz<Curve>& b, uint8_t negative,
                                    EightXyzz<Curve>* result) {
  const LaneXyzz<Curve, Eight> x = LoadPoints(a);
  const LaneXyzz<Curve, Eight> y = LoadPoints(b);
  const LaneAffine<Curve, Eight> x_affine = {x.x, x.y};
  const LaneAffine<Curve, Eight> y_affine = {y.x, y.y};
  LaneXyzz<Curve, Eight> sum;
  switch (kind) {
    case LaneSum::kAffine:
      sum = Add(x_affine, y_affine);
      break;
    case LaneSum::kMixed:
      sum = Add(x, y_affine, negative);
      break;
    case LaneSum::kFull:
      sum = Add(x, y);
      break;
    case LaneSum::kDouble:
      sum = Double(x);
      break;
  }
  StoreCoordinate(sum.x, &Xyzz<Curve>::x, result);
  StoreCoordinate(sum.y, &Xyzz<Curve>::y, result);
  StoreCoordinate(sum.zz, &Xyzz<Curve>::zz, result);
  StoreCoordinate(sum.zzz, &Xyzz<Curve>::zzz, result);
}

TYPED_TEST(TableTest, AddsAndDoublesInLanes) {
  if (!Choose(Arithmetic::kIfma).has_value()) {
    GTEST_SKIP() << "the processor has no AVX-512 IFMA";
  }
  const auto multiples = this->Multiples();
  ASSERT_EQ(multiples.size(), 8u);
  EightXyzz<TypeParam> affine, other, a, b, sum;
  for (size_t turn = 0; turn < 8; ++turn) {
    // In one turn each point meets itself, which is the exception.
    for (size_t i = 0; i < 8; ++i) {
      const Big& second = multiples[(i + turn) % 8];
      affine[i] = this->XyzzTimes(multiples[i], 1);
      other[i] = this->XyzzTimes(second, 1);
      a[i] = this->XyzzTimes(multiples[i], Big::Below(this->Prime()));
      b[i] = this->XyzzTimes(second, Big::Below(this->Prime()));
    }
    constexpr uint8_t kNegative = 0b01101001;
    for (const LaneSum kind : {LaneSum::kAffine, LaneSum::kMixed,
                               LaneSum::kFull, LaneSum::kDouble}) {
      const bool is_affine = kind == LaneSum::kAffine;
      ComputeSum(kind, is_affine ? affine : a,
                 is_affine || kind == LaneSum::kMixed ? other : b, kNegative,
                 &sum);
      for (size_t i = 0; i < 8; ++i) {
        const Big& first = multiples[i];
        const Big& second = multiples[(i + turn) % 8];
        if (kind == LaneSum::kDouble) {
          this->ExpectTimes(first + first, sum[i]);
        } else if (turn == 0) {
          EXPECT_TRUE(IsZero(sum[i].zz));
        } else if (kind == LaneSum::kMixed && (kNegative >> i & 1) != 0) {
          this->ExpectTimes(first - second, sum[i]);
        } else {
          this->ExpectTimes(first + second, sum[i]);
        }
      }
    }
  }
}

#endif  // defined(__x86_64__)

}  // namespace
}  // namespace chainkeep::signature::prepared
