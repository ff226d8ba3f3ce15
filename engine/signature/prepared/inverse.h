// scale / x modulo an odd prime, by variable-time "safegcd".
//
// Source: D. J. Bernstein, B.-Y. Yang, "Fast constant-time gcd computation and
// modular inversion", 2019. A division step takes (delta, f, g), f odd, to
//
//   (1 - delta, g, (g - f) / 2)              if delta > 0 and g is odd
//   (1 + delta, f, (g + (g mod 2) f) / 2)    otherwise
//
// and for inputs of d bits g is 0 after (49 d + 57) / 17 steps (theorem 11.2
// there, d >= 46), where f is 1 or -1. What 62 steps do to f and g depends on
// their low 62 bits and on delta alone, and is a matrix with entries of at most
// 2^62; it is found in words and applied to the whole numbers after that.
//
// Beside f and g go d and e, with f = d x / scale and g = e x / scale modulo m:
// where f ends as 1 or -1, d is scale / x, or its opposite.
//
// Here in variable time: the values are public.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_INVERSE_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_INVERSE_H_

#include <array>
#include <cstdint>

#include "engine/signature/prepared/words.h"

namespace chainkeep::signature::prepared {

namespace internal {

inline constexpr int kSteps = 62;  // division steps a batch, and bits a limb

// The matrix of a batch, times 2^62:
//   f' = (u f + v g) / 2^62,  g' = (q f + r g) / 2^62,
// where |u| + |v| <= 2^62 and |q| + |r| <= 2^62.
struct Transition {
  int64_t u = 1, v = 0, q = 0, r = 1;
};

// The matrix of the next 62 steps from the low bits of f and g.
Transition NextBatch(uint64_t f, uint64_t g, int64_t* delta);

// -1/m modulo 2^62, of an odd m.
constexpr uint64_t NegatedInverse62(uint64_t m) {
  uint64_t x = m;
  for (int i = 0; i < 5; ++i) x *= 2 - m * x;
  return -x & ((uint64_t{1} << kSteps) - 1);
}

// A signed number: limbs of 62 bits, but for the last one, which has the sign.
template <int kSize>
using Signed62 = std::array<int64_t, kSize>;

template <int kSize, int kWords>
constexpr Signed62<kSize> ToSigned62(const Words<kWords>& a) {
  Signed62<kSize> limbs = {};
  for (int i = 0; i < kSize; ++i) {
    limbs[i] = static_cast<int64_t>(BitsAt(a, i * kSteps, kSteps));
  }
  return limbs;
}

// Adds `sign` times m to *a and carries.
template <int kSize>
void AddMultiple(int64_t sign, const Signed62<kSize>& m, Signed62<kSize>* a) {
  constexpr int64_t kMask = (int64_t{1} << kSteps) - 1;
  int64_t carry = 0;
  for (int i = 0; i < kSize; ++i) {
    const int64_t sum = (*a)[i] + sign * m[i] + carry;
    (*a)[i] = i == kSize - 1 ? sum : sum & kMask;
    carry = sum >> kSteps;
  }
}

}  // namespace internal

// Inverter divides modulo the odd prime that it was made of.
template <int kWords>
class Inverter {
 public:
  explicit constexpr Inverter(const Words<kWords>& modulus)
      : modulus_(internal::ToSigned62<kSize, kWords>(modulus)),
        negated_inverse_(internal::NegatedInverse62(modulus[0])) {}

  // scale / x modulo the modulus, of x and scale below it; 0 for x = 0.
  Words<kWords> Divide(const Words<kWords>& scale,
                       const Words<kWords>& x) const;

 private:
  // Room for the sign and for what d and e grow to: see Apply.
  static constexpr int kSize = 64 * kWords / internal::kSteps + 1;
  static constexpr int kMaxBatches =
      ((49 * 64 * kWords + 57) / 17 + internal::kSteps - 1) / internal::kSteps;
  using Number = internal::Signed62<kSize>;

  // f and g after a batch. They shrink: only the first `size` limbs count.
  static void ApplyExactly(const internal::Transition& t, int size, Number* f,
                           Number* g);

  // d and e after a batch: (u d + v e) / 2^62 modulo m, and likewise e. A
  // multiple of m below 2^61 in size makes the division exact, so |d| and |e|
  // grow by at most m / 2 each time, from below m to at most 10 m in the end.
  void ApplyModulo(const internal::Transition& t, Number* d, Number* e) const;

  Number modulus_;
  uint64_t negated_inverse_;
};

template <class Modulus>
inline constexpr Inverter<Modulus::kWords> kInverter(Modulus::kValue);

extern template class Inverter<4>;
extern template class Inverter<6>;

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_INVERSE_H_
