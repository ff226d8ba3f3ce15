// s^65537 modulo an RSA modulus, with AVX-512 IFMA.
//
// Numbers have 8 kRegisters limbs in radix B = 2^52 and stand in kRegisters
// registers of eight lanes: limb i is in lane i / kRegisters of register i %
// kRegisters. To divide by B is then to rename registers, and to move the lanes
// of one of them.
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
// Overflow. A limb of a sum takes in each of 8 kRegisters rows, one for each
// limb of b, at most four halves of products, each below 2^52, and one carry
// below 2^12: at most 80 (4 2^52 + 2^12) < 2^61. Nothing is negative.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_RSA_POWER_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_RSA_POWER_H_

#include <array>
#include <cstdint>

#include "engine/signature/prepared/words.h"

namespace chainkeep::signature::prepared {

template <int kBits>
inline constexpr int kRsaWords = kBits / 64;
template <int kBits>
inline constexpr int kRsaRegisters = kBits == 2048   ? 5
                                     : kBits == 3072 ? 8
                                                     : 10;

// Limbs in [0, B), in the order of the registers.
template <int kRegisters>
struct RsaNumber {
  alignas(64) std::array<uint64_t, 8 * kRegisters> limbs;
};

// Of a number that has room in the limbs.
template <int kRegisters, int kWords>
RsaNumber<kRegisters> ToRsaNumber(const Words<kWords>& a) {
  RsaNumber<kRegisters> number;
  for (int i = 0; i < 8 * kRegisters; ++i) {
    number.limbs[i % kRegisters * 8 + i / kRegisters] = BitsAt(a, i * 52, 52);
  }
  return number;
}

// Of a number of less than 64 kWords bits.
template <int kRegisters, int kWords>
Words<kWords> FromRsaNumber(const RsaNumber<kRegisters>& number) {
  Words<kWords> a = {};
  for (int i = 0; i < 8 * kRegisters; ++i) {
    const uint64_t limb = number.limbs[i % kRegisters * 8 + i / kRegisters];
    const int word = i * 52 / 64;
    const int shift = i * 52 % 64;
    if (word < kWords) a[word] |= limb << shift;
    if (shift > 12 && word + 1 < kWords) a[word + 1] |= limb >> (64 - shift);
  }
  return a;
}

template <int kRegisters>
struct RsaModulus {
  RsaNumber<kRegisters> n;          // odd
  RsaNumber<kRegisters> r_squared;  // R^2 modulo n
  uint64_t negated_inverse;         // -1/n modulo B
};

// Both functions require a processor that has the instructions: see Choose.

// a b / R modulo n, as above.
template <int kRegisters>
void Multiply(const RsaModulus<kRegisters>& modulus,
              const RsaNumber<kRegisters>& a, const RsaNumber<kRegisters>& b,
              RsaNumber<kRegisters>* product);

// s^65537 modulo n, of s < n; below n + n / 2^30.
template <int kRegisters>
RsaNumber<kRegisters> RaiseTo65537(const RsaModulus<kRegisters>& modulus,
                                   const RsaNumber<kRegisters>& s);

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_RSA_POWER_H_
