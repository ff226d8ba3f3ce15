// The curves, and their two moduli in the form that the arithmetic wants.
//
// A number modulo m is a Residue: kLimbs limbs in radix B = 2^52, in Montgomery
// form, that is x stands for x/R with R = B^kLimbs. One radix serves the
// portable code and AVX-512 IFMA, whose multiplication is 52 bits wide, and one
// table serves both.
//
// A modulus is written as digits: m = Σ digits[i] B^i, where a digit may be
// anything in [-19, B). The primes of the curves are sparse in that form, so a
// step of Montgomery's reduction, which adds q m, takes few multiplications:
//
//   p256 = 2^256 - 2^224 + 2^192 + 2^96 - 1
//        = (2^48 - 2^16) B^4 + 2^36 B^3 + 2^44 B - 1
//   p384 = 2^384 - 2^128 - 2^96 + 2^32 - 1
//        = 2^20 B^7 - B^3 + (B - 1 - 2^24) B^2 + (B - 2^44) B + 2^32 - 1
//   p25519 = 2^255 - 19 = 2^47 B^4 - 19
//
// The static_asserts below say so again, and the tests compare p and n with the
// library's. Source of the curves: FIPS 186-4 D.1.2, SEC 2 (no generator here:
// it is asked of the library), RFC 8032 §5.1.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_CURVES_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_CURVES_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/signature/prepared/words.h"

namespace chainkeep::signature::prepared {

inline constexpr int kLimbBits = 52;
inline constexpr uint64_t kLimbMask = (uint64_t{1} << kLimbBits) - 1;

// The limbs of a number: each in [0, B).
template <int kLimbs, int kWords>
constexpr std::array<int64_t, kLimbs> ToLimbs(const Words<kWords>& a) {
  std::array<int64_t, kLimbs> limbs = {};
  for (int i = 0; i < kLimbs; ++i) {
    limbs[i] = static_cast<int64_t>(BitsAt(a, i * kLimbBits, kLimbBits));
  }
  return limbs;
}

// The number of `limbs` in [0, B), of less than 64 kWords bits.
template <int kLimbs, int kWords>
constexpr Words<kWords> ToWords(const std::array<int64_t, kLimbs>& limbs) {
  Words<kWords> a = {};
  for (int i = 0; i < kLimbs; ++i) {
    const uint64_t limb = static_cast<uint64_t>(limbs[i]);
    const int word = i * kLimbBits / 64;
    const int shift = i * kLimbBits % 64;
    if (word < kWords) a[word] |= limb << shift;
    if (shift > 64 - kLimbBits && word + 1 < kWords) {
      a[word + 1] |= limb >> (64 - shift);
    }
  }
  return a;
}

// -1/m modulo B, of an odd m: x (2 - m x) doubles the bits that are right.
constexpr uint64_t NegatedInverse(uint64_t m) {
  uint64_t x = m;  // right in 3 bits
  for (int i = 0; i < 5; ++i) x *= 2 - m * x;
  return -x & kLimbMask;
}

// Whether the digits say the number `m`, modulo 2^(64 kWords), which tells
// since m < B^kLimbs and digits are below B.
template <int kLimbs, int kWords>
constexpr bool Say(const std::array<int64_t, kLimbs>& digits,
                   const Words<kWords>& m) {
  std::array<int64_t, kLimbs> limbs = {};
  int64_t carry = 0;
  for (int i = 0; i < kLimbs; ++i) {
    const int64_t sum = digits[i] + carry;
    limbs[i] = static_cast<int64_t>(static_cast<uint64_t>(sum) & kLimbMask);
    carry = sum >> kLimbBits;
  }
  return carry == 0 && ToWords<kLimbs, kWords>(limbs) == m;
}

struct P256 {
  static constexpr int kBits = 256;
  static constexpr int kOrderBits = 256;
  static constexpr int kWords = 4;
  static constexpr int kLimbs = 5;
  static constexpr Words<kWords> kPrime = {
      0xffffffffffffffff, 0x00000000ffffffff, 0, 0xffffffff00000001};
  static constexpr Words<kWords> kOrder = {
      0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff,
      0xffffffff00000000};
  static constexpr std::array<int64_t, kLimbs> kPrimeDigits = {
      -1, int64_t{1} << 44, 0, int64_t{1} << 36,
      (int64_t{1} << 48) - (int64_t{1} << 16)};
};

struct P384 {
  static constexpr int kBits = 384;
  static constexpr int kOrderBits = 384;
  static constexpr int kWords = 6;
  static constexpr int kLimbs = 8;
  static constexpr Words<kWords> kPrime = {
      0x00000000ffffffff, 0xffffffff00000000, 0xfffffffffffffffe,
      0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff};
  static constexpr Words<kWords> kOrder = {
      0xecec196accc52973, 0x581a0db248b0a77a, 0xc7634d81f4372ddf,
      0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff};
  static constexpr std::array<int64_t, kLimbs> kPrimeDigits = {
      (int64_t{1} << 32) - 1,
      (int64_t{1} << 52) - (int64_t{1} << 44),
      (int64_t{1} << 52) - 1 - (int64_t{1} << 24),
      -1,
      0,
      0,
      0,
      int64_t{1} << 20};
};

// -x^2 + y^2 = 1 + d x^2 y^2, with 8 points of small order: kOrder is that of
// the generator.
struct Ed25519 {
  static constexpr int kBits = 255;
  static constexpr int kOrderBits = 252;  // and next to nothing above it
  static constexpr int kWords = 4;
  static constexpr int kLimbs = 5;
  static constexpr Words<kWords> kPrime = {
      0xffffffffffffffed, 0xffffffffffffffff, 0xffffffffffffffff,
      0x7fffffffffffffff};
  static constexpr Words<kWords> kOrder = {
      0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000};
  static constexpr std::array<int64_t, kLimbs> kPrimeDigits = {
      -19, 0, 0, 0, int64_t{1} << 47};
};

// A modulus m, as what the arithmetic is a template of. m is 2^kBits, more or
// less: off by at most 2^(kBits - 32).
template <class Curve>
struct FieldOf {
  static constexpr int kBits = Curve::kBits;
  static constexpr int kWords = Curve::kWords;
  static constexpr int kLimbs = Curve::kLimbs;
  static constexpr Words<kWords> kValue = Curve::kPrime;
  static constexpr std::array<int64_t, kLimbs> kDigits = Curve::kPrimeDigits;
  static constexpr uint64_t kNegatedInverse = NegatedInverse(kValue[0]);
  static_assert(Say<kLimbs, kWords>(kDigits, kValue));
};

template <class Curve>
struct OrderOf {
  static constexpr int kBits = Curve::kOrderBits;
  static constexpr int kWords = Curve::kWords;
  static constexpr int kLimbs = Curve::kLimbs;
  static constexpr Words<kWords> kValue = Curve::kOrder;
  static constexpr std::array<int64_t, kLimbs> kDigits =
      ToLimbs<kLimbs, kWords>(kValue);
  static constexpr uint64_t kNegatedInverse = NegatedInverse(kValue[0]);
};

// R and R^2 modulo the modulus.
template <class Modulus>
inline constexpr Words<Modulus::kWords> kR =
    PowerOfTwo<Modulus::kWords>(kLimbBits* Modulus::kLimbs, Modulus::kValue);
template <class Modulus>
inline constexpr Words<Modulus::kWords> kRSquared = PowerOfTwo<Modulus::kWords>(
    2 * kLimbBits * Modulus::kLimbs, Modulus::kValue);

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_CURVES_H_
