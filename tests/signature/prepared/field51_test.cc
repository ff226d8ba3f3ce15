// Arithmetic modulo 2^255 - 19, against Big.

#include "engine/signature/prepared/field51.h"

#include <array>
#include <vector>

#include "gtest/gtest.h"
#include "tests/signature/prepared/big.h"

namespace chainkeep::signature::prepared {
namespace {

using test::Big;

constexpr uint64_t kTight = (uint64_t{1} << 51) + (uint64_t{1} << 13);
constexpr uint64_t kLoose = 51 * (uint64_t{1} << 51) / 10;

Big Prime() { return Big::TwoTo(255) - 19; }

Big ValueOf(const Field51& a) {
  Big sum;
  for (size_t i = 5; i-- > 0;) {
    sum = sum.TimesTwoTo(51) + Big::OfWords<1>({a.limbs[i]});
  }
  return sum;
}

void ExpectTight(const Field51& a, const Big& value) {
  for (const uint64_t limb : a.limbs) EXPECT_LE(limb, kTight);
  EXPECT_EQ(ValueOf(a).Modulo(Prime()), value.Modulo(Prime()));
}

// Limbs of up to `most`, all in all combinations with 0, and numbers about p.
std::vector<Field51> Numbers(uint64_t most) {
  std::vector<Field51> numbers;
  for (unsigned mask = 0; mask < 32; ++mask) {
    Field51 number;
    for (size_t i = 0; i < 5; ++i) number.limbs[i] = mask >> i & 1 ? most : 0;
    numbers.push_back(number);
  }
  for (const Big& value : {Big(1), Big(18), Big(19), Prime() - 1, Prime(),
                           Prime() + 1, Big::TwoTo(255) - 1}) {
    numbers.push_back(ToField51(value.Words<4>()));
    EXPECT_EQ(ValueOf(numbers.back()), value);
  }
  for (int i = 0; i < 20; ++i) {
    numbers.push_back(ToField51(Big::Below(Prime()).Words<4>()));
  }
  return numbers;
}

TEST(Field51, MultipliesLooseNumbers) {
  const auto numbers = Numbers(kLoose);
  for (const Field51& a : numbers) {
    ExpectTight(Square(a), ValueOf(a) * ValueOf(a));
    ExpectTight(Carry(a), ValueOf(a));
    for (const Field51& b : numbers) {
      ExpectTight(Mul(a, b), ValueOf(a) * ValueOf(b));
    }
  }
}

TEST(Field51, AddsTightNumbers) {
  const auto numbers = Numbers(kTight);
  for (const Field51& a : numbers) {
    for (const Field51& b : numbers) {
      EXPECT_EQ(ValueOf(a + b), ValueOf(a) + ValueOf(b));
      EXPECT_EQ(ValueOf(a - b), ValueOf(a) - ValueOf(b) + Prime() * 2);
      // The longest sum: see Double of points.
      for (const uint64_t limb : (a - b + a + b).limbs) EXPECT_LE(limb, kLoose);
    }
    ExpectTight(Times(a, 1216), ValueOf(a) * 1216);
    // As addends are made: of a sum and of a difference.
    ExpectTight(Times(a + a, 608), ValueOf(a) * 1216);
    ExpectTight(Times(a - numbers[0], 608), ValueOf(a) * 608);
  }
}

TEST(Field51, HasOneCanonicalForm) {
  for (const uint64_t most : {kTight, kLoose}) {
    for (const Field51& a : Numbers(most)) {
      const Big value = ValueOf(a).Modulo(Prime());
      EXPECT_EQ(Big::OfWords(Canonical(a)), value);
      EXPECT_EQ(IsZero(a), value == Big(0));
    }
  }
}

}  // namespace
}  // namespace chainkeep::signature::prepared
