// Arithmetic modulo p = 2^255 - 19, in portable C++.
//
// Five limbs in radix 2^51, so that 2^255 = 19 folds the upper half of a
// product onto the lower one. Limbs are not negative. Two sizes of limbs:
//
//   tight  at most 2^51 + 2^13: what Mul, Square, Times, Carry and FromWords
//   give loose  at most 5.1 2^51: what Mul, Square and Carry take. A sum of two
//   tight
//          numbers has 2.1 2^51, a difference 3.1 2^51 (2 p is added), and a
//          difference with two more tight ones 5.1 2^51.
//
// Overflow. A column is at most 77 products (1 + 4 * 19) of two limbs, 77 (5.1
// 2^51)^2 < 2^113, and a carry: its own carry, column / 2^51, is below 2^63.
// The last column has no 19: below 2^110, so that 19 times its carry is below
// 2^64. Then the first limb is below 2^64, and what it gives to the second is
// below 2^13.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_FIELD51_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_FIELD51_H_

#include <array>
#include <cstdint>

#include "engine/signature/prepared/curves.h"
#include "engine/signature/prepared/words.h"

namespace chainkeep::signature::prepared {

struct Field51 {
  static constexpr uint64_t kMask = (uint64_t{1} << 51) - 1;

  std::array<uint64_t, 5> limbs = {};
};

// Of a number below 2^255.
constexpr Field51 ToField51(const Words<4>& a) {
  Field51 number;
  for (int i = 0; i < 5; ++i) number.limbs[i] = BitsAt(a, 51 * i, 51);
  return number;
}

inline Field51 operator+(const Field51& a, const Field51& b) {
  Field51 sum;
  for (int i = 0; i < 5; ++i) sum.limbs[i] = a.limbs[i] + b.limbs[i];
  return sum;
}

// a - b + 2 p, of a tight b.
inline Field51 operator-(const Field51& a, const Field51& b) {
  constexpr uint64_t kMost = 2 * Field51::kMask;
  Field51 difference;
  difference.limbs[0] = a.limbs[0] + (kMost - 36) - b.limbs[0];
  for (int i = 1; i < 5; ++i) {
    difference.limbs[i] = a.limbs[i] + kMost - b.limbs[i];
  }
  return difference;
}

// a times a small factor, of a product below 2^64 in each limb.
inline Field51 Times(const Field51& a, uint64_t factor) {
  Field51 product;
  uint64_t carry = 0;
  for (int i = 0; i < 5; ++i) {
    const uint64_t limb = a.limbs[i] * factor + carry;
    product.limbs[i] = limb & Field51::kMask;
    carry = limb >> 51;
  }
  product.limbs[0] += 19 * carry;  // below 19 * 2^13
  product.limbs[1] += product.limbs[0] >> 51;
  product.limbs[0] &= Field51::kMask;
  return product;
}

inline Field51 Carry(const Field51& a) { return Times(a, 1); }

namespace internal {

// Written out: g++ 12 leaves loops, at -O2, and keeps the columns in memory.
[[gnu::always_inline]] inline Field51 Reduce(Uint128 c0, Uint128 c1, Uint128 c2,
                                             Uint128 c3, Uint128 c4) {
  constexpr uint64_t kMask = Field51::kMask;
  c1 += static_cast<uint64_t>(c0 >> 51);
  c2 += static_cast<uint64_t>(c1 >> 51);
  c3 += static_cast<uint64_t>(c2 >> 51);
  c4 += static_cast<uint64_t>(c3 >> 51);
  const uint64_t low = (static_cast<uint64_t>(c0) & kMask) +
                       19 * static_cast<uint64_t>(c4 >> 51);
  return {{low & kMask, (static_cast<uint64_t>(c1) & kMask) + (low >> 51),
           static_cast<uint64_t>(c2) & kMask, static_cast<uint64_t>(c3) & kMask,
           static_cast<uint64_t>(c4) & kMask}};
}

}  // namespace internal

[[gnu::noinline]] inline Field51 Mul(const Field51& a, const Field51& b) {
  const auto [a0, a1, a2, a3, a4] = a.limbs;
  const auto [b0, b1, b2, b3, b4] = b.limbs;
  const uint64_t n1 = 19 * b1, n2 = 19 * b2, n3 = 19 * b3, n4 = 19 * b4;
  using Wide = Uint128;
  return internal::Reduce(Wide{a0} * b0 + Wide{a1} * n4 + Wide{a2} * n3 +
                              Wide{a3} * n2 + Wide{a4} * n1,
                          Wide{a0} * b1 + Wide{a1} * b0 + Wide{a2} * n4 +
                              Wide{a3} * n3 + Wide{a4} * n2,
                          Wide{a0} * b2 + Wide{a1} * b1 + Wide{a2} * b0 +
                              Wide{a3} * n4 + Wide{a4} * n3,
                          Wide{a0} * b3 + Wide{a1} * b2 + Wide{a2} * b1 +
                              Wide{a3} * b0 + Wide{a4} * n4,
                          Wide{a0} * b4 + Wide{a1} * b3 + Wide{a2} * b2 +
                              Wide{a3} * b1 + Wide{a4} * b0);
}

[[gnu::noinline]] inline Field51 Square(const Field51& a) {
  const auto [a0, a1, a2, a3, a4] = a.limbs;
  const uint64_t d0 = 2 * a0, d1 = 2 * a1, d2 = 2 * a2;
  const uint64_t n3 = 19 * a3, n4 = 19 * a4;
  using Wide = Uint128;
  return internal::Reduce(Wide{a0} * a0 + Wide{d1} * n4 + Wide{d2} * n3,
                          Wide{d0} * a1 + Wide{d2} * n4 + Wide{a3} * n3,
                          Wide{d0} * a2 + Wide{a1} * a1 + Wide{2 * a3} * n4,
                          Wide{d0} * a3 + Wide{d1} * a2 + Wide{a4} * n4,
                          Wide{d0} * a4 + Wide{d1} * a3 + Wide{a2} * a2);
}

// The one number in [0, p) that a is.
inline Words<4> Canonical(const Field51& a) {
  const Field51 tight = Carry(a);
  // Below 2^255 + 2^115: at most one p too many, or two. Limbs overlap by a
  // bit.
  Words<4> sum = {};
  for (int i = 0; i < 5; ++i) {
    const int shift = 51 * i % 64;
    Words<4> limb = {};
    limb[51 * i / 64] = tight.limbs[i] << shift;
    if (i < 4 && shift > 11) {
      limb[51 * i / 64 + 1] = tight.limbs[i] >> (64 - shift);
    }
    AddTo<4>(&sum, limb);
  }
  while (!IsLess<4>(sum, Ed25519::kPrime)) {
    SubtractFrom<4>(&sum, Ed25519::kPrime);
  }
  return sum;
}

inline bool IsZero(const Field51& a) { return IsZero<4>(Canonical(a)); }

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_FIELD51_H_
