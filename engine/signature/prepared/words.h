// Whole numbers of a fixed size, in words of 64 bits, least significant first.
//
// What is not worth being fast is computed here: constants (at compile time),
// range checks, the recoding of scalars. Everything is constexpr and total, and
// takes a time that depends on the values: nothing here is secret.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_WORDS_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_WORDS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "chainkeep/types.h"

namespace chainkeep::signature::prepared {

// Extensions of the compilers that we build with, on x86-64 and ARM alike.
using Int128 = __int128;
using Uint128 = unsigned __int128;

template <int kWords>
using Words = std::array<uint64_t, kWords>;

// *a += b; returns the carry.
template <int kWords>
constexpr uint64_t AddTo(Words<kWords>* a, const Words<kWords>& b) {
  Uint128 sum = 0;
  for (int i = 0; i < kWords; ++i) {
    sum += static_cast<Uint128>((*a)[i]) + b[i];
    (*a)[i] = static_cast<uint64_t>(sum);
    sum >>= 64;
  }
  return static_cast<uint64_t>(sum);
}

// *a -= b; returns the borrow.
template <int kWords>
constexpr uint64_t SubtractFrom(Words<kWords>* a, const Words<kWords>& b) {
  uint64_t borrow = 0;
  for (int i = 0; i < kWords; ++i) {
    const Uint128 difference = static_cast<Uint128>((*a)[i]) - b[i] - borrow;
    (*a)[i] = static_cast<uint64_t>(difference);
    borrow = static_cast<uint64_t>(difference >> 64) & 1;
  }
  return borrow;
}

template <int kWords>
constexpr bool IsLess(const Words<kWords>& a, const Words<kWords>& b) {
  for (int i = kWords - 1; i > 0; --i) {
    if (a[i] != b[i]) return a[i] < b[i];
  }
  return a[0] < b[0];
}

template <int kWords>
constexpr bool IsZero(const Words<kWords>& a) {
  for (const uint64_t word : a) {
    if (word != 0) return false;
  }
  return true;
}

// a + b modulo m, of a, b < m.
template <int kWords>
constexpr Words<kWords> AddModulo(Words<kWords> a, const Words<kWords>& b,
                                  const Words<kWords>& m) {
  const uint64_t carry = AddTo<kWords>(&a, b);
  if (carry != 0 || !IsLess<kWords>(a, m)) SubtractFrom<kWords>(&a, m);
  return a;
}

// a b modulo m, of a, b < m; slow.
template <int kWords>
constexpr Words<kWords> MulModulo(const Words<kWords>& a,
                                  const Words<kWords>& b,
                                  const Words<kWords>& m) {
  Words<kWords> product = {};
  for (int bit = 64 * kWords - 1; bit >= 0; --bit) {
    product = AddModulo<kWords>(product, product, m);
    if ((b[bit / 64] >> bit % 64 & 1) != 0) {
      product = AddModulo<kWords>(product, a, m);
    }
  }
  return product;
}

// a / 2 modulo m, of a < m, m odd.
template <int kWords>
constexpr Words<kWords> HalveModulo(Words<kWords> a, const Words<kWords>& m) {
  uint64_t carry = (a[0] & 1) != 0 ? AddTo<kWords>(&a, m) : 0;
  for (int i = kWords - 1; i >= 0; --i) {
    const uint64_t low = a[i] & 1;
    a[i] = a[i] >> 1 | carry << 63;
    carry = low;
  }
  return a;
}

// 2^exponent modulo m, of m > 1.
template <int kWords>
constexpr Words<kWords> PowerOfTwo(int exponent, const Words<kWords>& m) {
  Words<kWords> power = {1};
  for (int i = 0; i < exponent; ++i) power = AddModulo<kWords>(power, power, m);
  return power;
}

// `size` bits from bit `at` on, of a number that has zeros above; size < 64.
template <size_t kWords>
constexpr uint64_t BitsAt(const std::array<uint64_t, kWords>& a, int at,
                          int size) {
  const size_t word = static_cast<size_t>(at) / 64;
  const int shift = at % 64;
  uint64_t bits = word < kWords ? a[word] >> shift : 0;
  if (shift + size > 64 && word + 1 < kWords) {
    bits |= a[word + 1] << (64 - shift);
  }
  return bits & ((uint64_t{1} << size) - 1);
}

// The number that `bytes` are, most significant first. Requires that they are
// at most 8 kWords. Whole words apart, which are one load each.
template <int kWords>
constexpr Words<kWords> FromBytes(Bytes bytes) {
  Words<kWords> a = {};
  size_t word = 0;
  for (; bytes.size() >= 8; bytes = bytes.first(bytes.size() - 8), ++word) {
    const uint8_t* const last = bytes.data() + bytes.size() - 8;
    for (int i = 0; i < 8; ++i) a[word] = a[word] << 8 | last[i];
  }
  for (const uint8_t byte : bytes) a[word] = a[word] << 8 | byte;
  return a;
}

// The same, least significant first.
template <int kWords>
constexpr Words<kWords> FromLittleEndian(Bytes bytes) {
  Words<kWords> a = {};
  for (size_t i = 0; i < bytes.size(); ++i) {
    a[i / 8] |= static_cast<uint64_t>(bytes[i]) << (i % 8 * 8);
  }
  return a;
}

template <int kWords>
constexpr std::array<uint8_t, 8 * kWords> ToBytes(const Words<kWords>& a) {
  std::array<uint8_t, 8 * kWords> bytes = {};
  for (size_t word = 0; word < kWords; ++word) {
    uint8_t* const first = bytes.data() + 8 * (kWords - 1 - word);
    for (int i = 0; i < 8; ++i) {
      first[i] = static_cast<uint8_t>(a[word] >> (56 - 8 * i));
    }
  }
  return bytes;
}

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_WORDS_H_
