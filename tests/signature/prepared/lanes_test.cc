// Arithmetic in lanes, against Big: another number in each lane.

#include "engine/signature/prepared/lanes.h"

#include <array>
#include <vector>

#include "engine/signature/prepared/arithmetic.h"
#include "engine/signature/prepared/curves.h"
#include "engine/signature/prepared/lane_points.h"
#include "gtest/gtest.h"
#include "tests/signature/prepared/big.h"

#if defined(__x86_64__)

namespace chainkeep::signature::prepared {
namespace {

using test::Big;

template <class M>
using Limbs = std::array<int64_t, M::kLimbs>;

template <class M>
using Many = std::vector<Limbs<M>>;

template <class M, class W>
CHAINKEEP_IFMA Lanes<M, W> Load(const Limbs<M>* numbers) {
  Lanes<M, W> lanes;
  alignas(64) int64_t row[W::kCount];
  for (int i = 0; i < M::kLimbs; ++i) {
    for (int j = 0; j < W::kCount; ++j) row[j] = numbers[j][i];
    lanes.limbs[i] = *reinterpret_cast<const typename W::Int*>(row);
  }
  return lanes;
}

template <class M, class W>
CHAINKEEP_IFMA void Store(const Lanes<M, W>& lanes, Limbs<M>* numbers) {
  alignas(64) int64_t row[W::kCount];
  for (int i = 0; i < M::kLimbs; ++i) {
    *reinterpret_cast<typename W::Int*>(row) = lanes.limbs[i];
    for (int j = 0; j < W::kCount; ++j) numbers[j][i] = row[j];
  }
}

// What is tried, of a register's worth of numbers.
enum class Operation : uint8_t {
  kMul,
  kSquare,
  kFirstOfPair,
  kSecondOfPair,
  kFirstSquare,
  kSecondSquare,
  kMulAdd,
  kTrim,
  kSubtract2,
  kSumX,
};

// Whether its points are added by lane_points.h.
template <class M>
inline constexpr bool kIsWeierstrass = M::kBits != 255;

template <class M, class W>
CHAINKEEP_IFMA_CALL void Compute(Operation operation, const Limbs<M>* a,
                                 const Limbs<M>* b, Limbs<M>* result) {
  const Lanes<M, W> x = Load<M, W>(a);
  const Lanes<M, W> y = Load<M, W>(b);
  Lanes<M, W> first, second;
  switch (operation) {
    case Operation::kFirstOfPair:
    case Operation::kSecondOfPair:
      // x y, and y y.
      MulPair(x, y, y, y, &first, &second);
      return Store(operation == Operation::kFirstOfPair ? first : second,
                   result);
    case Operation::kFirstSquare:
    case Operation::kSecondSquare:
      SquarePair(x, y, &first, &second);
      return Store(operation == Operation::kFirstSquare ? first : second,
                   result);
    case Operation::kMulAdd:
      // x y + x x, with limbs as large as they come.
      if constexpr (kIsWeierstrass<M>) {
        return Store(Trim(MulAdd(x, y, x, x)), result);
      }
      return Store(Carry(MulAdd(x, y, x, x)), result);
    case Operation::kMul:
      return Store(Mul(x, y), result);
    case Operation::kSquare:
      return Store(Square(x), result);
    case Operation::kSubtract2:
      return Store(Subtract<2>(x, y), result);
    case Operation::kTrim:
    case Operation::kSumX:
      if constexpr (kIsWeierstrass<M>) {
        return Store(operation == Operation::kTrim ? Trim(x) : SumX(x, y, y),
                     result);
      }
      return;
  }
}

template <class Types>
class LanesTest : public testing::Test {
 protected:
  using M = typename Types::Modulus;
  using W = typename Types::Width;

  void SetUp() override {
    if (!Choose(Arithmetic::kIfma).has_value()) {
      GTEST_SKIP() << "the processor has no AVX-512 IFMA";
    }
  }

  static Big Modulus() { return Big::OfWords(M::kValue); }
  static Big ValueOf(const Limbs<M>& a) { return Big::OfLimbs(a); }

  static Limbs<M> Of(Big a) {
    Limbs<M> limbs;
    for (int64_t& limb : limbs) {
      limb = static_cast<int64_t>(
          a.Modulo(Big::TwoTo(kLimbBits)).template Words<1>()[0]);
      BN_rshift(a.get(), a.get(), kLimbBits);
    }
    return limbs;
  }

  // Carried numbers up to `times` m: the corners, and at random.
  static Many<M> Numbers(int times) {
    const Big limit = Modulus() * times;
    std::vector<Big> values = {
        0, 1, limit - 1, limit, Modulus(), Modulus() - 1, Modulus() + 1};
    for (int bit = 50; bit < M::kBits; bit += bit % 52 < 3 ? 1 : 25) {
      values.push_back(Big::TwoTo(bit));
      values.push_back(Big::TwoTo(bit) - 1);
      values.push_back(limit - Big::TwoTo(bit));
    }
    while (values.size() % 8 != 0 || values.size() < 48) {
      values.push_back(Big::Below(limit));
    }
    Many<M> numbers;
    for (const Big& value : values) numbers.push_back(Of(value));
    // All limbs as large as can be, below the last one.
    numbers[8].fill((int64_t{1} << kLimbBits) - 1);
    numbers[8].back() = numbers[3].back() - 1;
    return numbers;
  }

  // Calls check(a, b, result) for each of `a` with many of `b`.
  template <class Check>
  static void ForAll(Operation operation, const Many<M>& a, const Many<M>& b,
                     Check check) {
    constexpr size_t kCount = W::kCount;
    for (size_t turn = 0; turn < b.size(); ++turn) {
      for (size_t i = 0; i + kCount <= a.size(); i += kCount) {
        std::array<Limbs<M>, kCount> turned, result;
        for (size_t j = 0; j < kCount; ++j) {
          turned[j] = b[(i + j + turn) % b.size()];
        }
        Compute<M, W>(operation, &a[i], turned.data(), result.data());
        for (size_t j = 0; j < kCount; ++j) {
          for (int limb = 0; limb < M::kLimbs; ++limb) {
            ASSERT_EQ(result[j][limb] >> kLimbBits, 0) << "not carried";
          }
          check(ValueOf(a[i + j]), ValueOf(turned[j]), ValueOf(result[j]));
        }
      }
    }
  }
};

template <class M, class W>
struct Case {
  using Modulus = M;
  using Width = W;
};

using Cases =
    testing::Types<Case<FieldOf<P256>, Eight>, Case<FieldOf<P256>, Four>,
                   Case<FieldOf<P384>, Eight>, Case<FieldOf<P384>, Four>,
                   Case<FieldOf<Ed25519>, Eight>, Case<FieldOf<Ed25519>, Four>>;
TYPED_TEST_SUITE(LanesTest, Cases);

TYPED_TEST(LanesTest, Multiplies) {
  using M = typename TypeParam::Modulus;
  const Big m = this->Modulus();
  const Big r = Big::TwoTo(kLimbBits * M::kLimbs);
  const Big r_inverse = r.InverseModulo(m);
  // The largest that are multiplied: see the files about points.
  const auto numbers = this->Numbers(kIsWeierstrass<M> ? 4 : 6);
  this->ForAll(Operation::kMul, numbers, numbers,
               [&](const Big& a, const Big& b, const Big& product) {
                 ASSERT_EQ(product.Modulo(m), (a * b * r_inverse).Modulo(m));
                 ASSERT_LE(product * r, a * b + m * r);
               });
  for (const Operation square : {Operation::kSquare, Operation::kFirstSquare}) {
    this->ForAll(square, numbers, {numbers[0]},
                 [&](const Big& a, const Big&, const Big& result) {
                   ASSERT_EQ(result.Modulo(m), (a * a * r_inverse).Modulo(m));
                   ASSERT_LE(result * r, a * a + m * r);
                 });
  }
  for (const Operation square :
       {Operation::kSecondSquare, Operation::kSecondOfPair}) {
    this->ForAll(square, {numbers.begin(), numbers.begin() + 8}, numbers,
                 [&](const Big&, const Big& b, const Big& result) {
                   ASSERT_EQ(result.Modulo(m), (b * b * r_inverse).Modulo(m));
                   ASSERT_LE(result * r, b * b + m * r);
                 });
  }
  this->ForAll(Operation::kFirstOfPair, numbers, numbers,
               [&](const Big& a, const Big& b, const Big& product) {
                 ASSERT_EQ(product.Modulo(m), (a * b * r_inverse).Modulo(m));
               });
  this->ForAll(Operation::kMulAdd, numbers, numbers,
               [&](const Big& a, const Big& b, const Big& sum) {
                 ASSERT_EQ(sum.Modulo(m),
                           ((a * b + a * a) * r_inverse).Modulo(m));
                 if (kIsWeierstrass<M>) {
                   ASSERT_LE(sum * 100, m * (kIsTight<M> ? 101 : 200));
                 }
               });
}

TYPED_TEST(LanesTest, Subtracts) {
  const Big twice = this->Modulus() * 2;
  this->ForAll(Operation::kSubtract2, this->Numbers(4), this->Numbers(2),
               [&](const Big& a, const Big& b, const Big& difference) {
                 ASSERT_EQ(difference, a - b + twice);
               });
}

TYPED_TEST(LanesTest, Trims) {
  using M = typename TypeParam::Modulus;
  const Big m = this->Modulus();
  if (!kIsWeierstrass<M>) GTEST_SKIP() << "there are no such sums";
  const auto check = [&](const Big& exact, const Big& trimmed) {
    ASSERT_EQ(trimmed.Modulo(m), exact.Modulo(m));
    if (kIsTight<M>) {
      ASSERT_LE(trimmed * 100, m * 101);
    } else {
      ASSERT_EQ(trimmed, exact);
    }
  };
  this->ForAll(
      Operation::kTrim, this->Numbers(16), {this->Numbers(1)[0]},
      [&](const Big& a, const Big&, const Big& trimmed) { check(a, trimmed); });
  // b, twice of which and once more is at most 4 m: limbs below 0 before.
  this->ForAll(Operation::kSumX, this->Numbers(4), this->Numbers(1),
               [&](const Big& a, const Big& b, const Big& trimmed) {
                 check(a - b - b - b + m * 4, trimmed);
               });
}

}  // namespace
}  // namespace chainkeep::signature::prepared

#endif  // defined(__x86_64__)
