// s^65537 modulo an RSA modulus, with AVX-512 IFMA.
//
// Numbers have 8 kRows limbs in radix B = 2^52 and stand in kRows registers of
// eight lanes: limb i is in lane i / kRows of register i % kRows. To divide by
// B is then to rename registers, and to move the lanes of one of them.
//
//   bits    registers    limbs    R
//   2048       5           40     2^2080
//   3072       8           64     2^3328
//   4096      10           80     2^4160
//
// Value. Montgomery's product (a b + q n) / R of a, b <= 2 n is below
// 4 n^2 / R + n: R is at least 2^32 n, so that is below n + n / 2^30. All
// products are within that, and only the last one is brought below n.
//
// Overflow. A limb of a sum takes in each of 8 kRows rows at most four halves
// of products, each below 2^52, and one carry below 2^12: at most
// 80 (4 2^52 + 2^12) < 2^61. Nothing is negative.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_RSA_POWER_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_RSA_POWER_H_

#include <array>
#include <cstdint>

#include "engine/signature/prepared/words.h"

namespace chainkeep::signature::prepared {

template <int kBits>
inline constexpr int kRsaWords = kBits / 64;
template <int kBits>
inline constexpr int kRsaRows = kBits == 2048   ? 5
                                : kBits == 3072 ? 8
                                                : 10;

// Limbs in [0, B), in the order of the registers.
template <int kRows>
struct RsaNumber {
  alignas(64) std::array<uint64_t, 8 * kRows> limbs;
};

// Of a number that has room in the limbs.
template <int kRows, int kWords>
RsaNumber<kRows> ToRsaNumber(const Words<kWords>& a) {
  RsaNumber<kRows> number;
  for (int i = 0; i < 8 * kRows; ++i) {
    number.limbs[i % kRows * 8 + i / kRows] = BitsAt(a, i * 52, 52);
  }
  return number;
}

// Of a number of less than 64 kWords bits.
template <int kRows, int kWords>
Words<kWords> FromRsaNumber(const RsaNumber<kRows>& number) {
  Words<kWords> a = {};
  for (int i = 0; i < 8 * kRows; ++i) {
    const uint64_t limb = number.limbs[i % kRows * 8 + i / kRows];
    const int word = i * 52 / 64;
    const int shift = i * 52 % 64;
    if (word < kWords) a[word] |= limb << shift;
    if (shift > 12 && word + 1 < kWords) a[word + 1] |= limb >> (64 - shift);
  }
  return a;
}

template <int kRows>
struct RsaModulus {
  RsaNumber<kRows> n;          // odd
  RsaNumber<kRows> r_squared;  // R^2 modulo n
  uint64_t negated_inverse;    // -1/n modulo B
};

// Both functions require a processor that has the instructions: see Choose.

// a b / R modulo n, as above.
template <int kRows>
void Multiply(const RsaModulus<kRows>& modulus, const RsaNumber<kRows>& a,
              const RsaNumber<kRows>& b, RsaNumber<kRows>* product);

// s^65537 modulo n, of s < n; below n + n / 2^30.
template <int kRows>
RsaNumber<kRows> RaiseTo65537(const RsaModulus<kRows>& modulus,
                              const RsaNumber<kRows>& s);

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_RSA_POWER_H_
