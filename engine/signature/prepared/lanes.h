// Arithmetic modulo the prime of a curve, in lanes: 8 numbers at a time with
// AVX-512 IFMA, or 4 of them with its 256-bit form.
//
// VPMADD52LUQ and VPMADD52HUQ multiply the low 52 bits of two words, and add
// the low or high 52 bits of the product to a third one: hence radix 2^52, and
// hence that what is multiplied must be carried, with limbs in [0, B). That is
// the form of everything here; values are not negative. So, other than in
// residue.h, a difference has a multiple of p added to it.
//
// Overflow. Between its carries a column takes at most 2 kLimbs terms of each
// of two products, 2 kLimbs of the reduction, each below 2^52, and a carry:
// below 2^52 (6 * 8 + 1) < 2^58 in size. It may be negative in between, where a
// digit is -1 or -19 (19 q < 2^57); carries are signed shifts.
//
// Values. Mul of a <= A p and b <= B p gives at most (A B p / R + 1) p, for
// P-256 A B / 16 + 1 and for p25519 A B / 32 + 1, as in residue.h. Every
// function says what it needs.
//
// These functions are compiled for processors that may not be there: each has
// the attribute, and what calls them has been chosen by Choose (arithmetic.h).

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_LANES_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_LANES_H_

#if defined(__x86_64__)

// g++ 12 takes its own undefined vectors for a mistake (GCC bug 105593).
#if !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#if !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/signature/prepared/curves.h"

// Functions that are part of others, and ones that are called.
#define CHAINKEEP_IFMA_TARGET \
  __attribute__((target("avx512f,avx512dq,avx512vl,avx512ifma")))
#define CHAINKEEP_IFMA \
  CHAINKEEP_IFMA_TARGET __attribute__((always_inline)) inline
#define CHAINKEEP_IFMA_CALL CHAINKEEP_IFMA_TARGET __attribute__((noinline))

namespace chainkeep::signature::prepared {

// A register of 8 words, and what is done with it.
struct Eight {
  using Int = __m512i;
  static constexpr int kCount = 8;
  CHAINKEEP_IFMA static Int Set(int64_t a) { return _mm512_set1_epi64(a); }
  CHAINKEEP_IFMA static Int MulLow(Int sum, Int a, Int b) {
    return _mm512_madd52lo_epu64(sum, a, b);
  }
  CHAINKEEP_IFMA static Int MulHigh(Int sum, Int a, Int b) {
    return _mm512_madd52hi_epu64(sum, a, b);
  }
  CHAINKEEP_IFMA static Int Add(Int a, Int b) { return _mm512_add_epi64(a, b); }
  CHAINKEEP_IFMA static Int Sub(Int a, Int b) { return _mm512_sub_epi64(a, b); }
  CHAINKEEP_IFMA static Int And(Int a, Int b) { return _mm512_and_si512(a, b); }
  template <int kBits>
  CHAINKEEP_IFMA static Int ShiftLeft(Int a) {
    return _mm512_slli_epi64(a, kBits);
  }
  template <int kBits>
  CHAINKEEP_IFMA static Int ShiftRight(Int a) {  // keeps the sign
    return _mm512_srai_epi64(a, kBits);
  }
};

struct Four {
  using Int = __m256i;
  static constexpr int kCount = 4;
  CHAINKEEP_IFMA static Int Set(int64_t a) { return _mm256_set1_epi64x(a); }
  CHAINKEEP_IFMA static Int MulLow(Int sum, Int a, Int b) {
    return _mm256_madd52lo_epu64(sum, a, b);
  }
  CHAINKEEP_IFMA static Int MulHigh(Int sum, Int a, Int b) {
    return _mm256_madd52hi_epu64(sum, a, b);
  }
  CHAINKEEP_IFMA static Int Add(Int a, Int b) { return _mm256_add_epi64(a, b); }
  CHAINKEEP_IFMA static Int Sub(Int a, Int b) { return _mm256_sub_epi64(a, b); }
  CHAINKEEP_IFMA static Int And(Int a, Int b) { return _mm256_and_si256(a, b); }
  template <int kBits>
  CHAINKEEP_IFMA static Int ShiftLeft(Int a) {
    return _mm256_slli_epi64(a, kBits);
  }
  template <int kBits>
  CHAINKEEP_IFMA static Int ShiftRight(Int a) {
    return _mm256_srai_epi64(a, kBits);
  }
};

// A number modulo M in each lane.
template <class M, class W>
struct Lanes {
  typename W::Int limbs[M::kLimbs];
};

namespace internal {

template <int kLimbs>
using AllLimbs = std::make_index_sequence<kLimbs>;

// The limbs of kTimes times the modulus.
template <class M, int kTimes>
constexpr std::array<int64_t, M::kLimbs> Multiple() {
  std::array<int64_t, M::kLimbs> limbs =
      ToLimbs<M::kLimbs, M::kWords>(M::kValue);
  int64_t carry = 0;
  for (int64_t& limb : limbs) {
    limb = limb * kTimes + carry;
    carry = limb >> kLimbBits;
    limb &= static_cast<int64_t>(kLimbMask);
  }
  return limbs;
}

template <class W, int kLimb, size_t... kOther>
CHAINKEEP_IFMA void AddRow(typename W::Int a, const typename W::Int* b,
                           typename W::Int* columns,
                           std::index_sequence<kOther...>) {
  ((columns[kLimb + kOther] = W::MulLow(columns[kLimb + kOther], a, b[kOther])),
   ...);
  ((columns[kLimb + kOther + 1] =
        W::MulHigh(columns[kLimb + kOther + 1], a, b[kOther])),
   ...);
}

// The products of a limb with those above it, without a factor of 2: limbs have
// no bit to spare for it.
template <class W, int kLimb, size_t... kAbove>
CHAINKEEP_IFMA void AddCrossRow([[maybe_unused]] const typename W::Int* a,
                                [[maybe_unused]] typename W::Int* columns,
                                std::index_sequence<kAbove...>) {
  ((columns[2 * kLimb + 1 + kAbove] = W::MulLow(
        columns[2 * kLimb + 1 + kAbove], a[kLimb], a[kLimb + 1 + kAbove])),
   ...);
  ((columns[2 * kLimb + 2 + kAbove] = W::MulHigh(
        columns[2 * kLimb + 2 + kAbove], a[kLimb], a[kLimb + 1 + kAbove])),
   ...);
}

template <class W, int kLimb>
CHAINKEEP_IFMA void AddOwnSquare(const typename W::Int* a,
                                 typename W::Int* columns) {
  columns[2 * kLimb] = W::MulLow(columns[2 * kLimb], a[kLimb], a[kLimb]);
  columns[2 * kLimb + 1] =
      W::MulHigh(columns[2 * kLimb + 1], a[kLimb], a[kLimb]);
}

template <class M, class W, int kLimb, int kOther>
CHAINKEEP_IFMA void AddDigit(typename W::Int q, typename W::Int* columns) {
  constexpr int64_t kDigit = M::kDigits[kOther];
  constexpr int kColumn = kLimb + kOther;
  if constexpr (kDigit == -1) {
    if constexpr (kOther > 0) columns[kColumn] = W::Sub(columns[kColumn], q);
  } else if constexpr (kDigit == -19) {  // 16 + 2 + 1
    columns[kColumn] = W::Sub(
        W::Sub(columns[kColumn], q),
        W::Add(W::template ShiftLeft<4>(q), W::template ShiftLeft<1>(q)));
  } else if constexpr (kDigit != 0) {
    const typename W::Int digit = W::Set(kDigit);
    columns[kColumn] = W::MulLow(columns[kColumn], q, digit);
    columns[kColumn + 1] = W::MulHigh(columns[kColumn + 1], q, digit);
  }
}

// Makes a column 0 modulo B by adding q m, and gives its carry to the next. A
// first digit of -1 takes the low limb away, which the shift does anyway.
template <class M, class W, int kLimb, size_t... kOther>
CHAINKEEP_IFMA void ReduceColumn(typename W::Int* columns,
                                 std::index_sequence<kOther...>) {
  typename W::Int q = columns[kLimb];
  if constexpr (M::kNegatedInverse != 1) {
    q = W::MulLow(W::Set(0), q,
                  W::Set(static_cast<int64_t>(M::kNegatedInverse)));
  }
  (AddDigit<M, W, kLimb, static_cast<int>(kOther)>(q, columns), ...);
  columns[kLimb + 1] = W::Add(
      columns[kLimb + 1], W::template ShiftRight<kLimbBits>(columns[kLimb]));
}

template <class M, class W, size_t... kLimb>
CHAINKEEP_IFMA Lanes<M, W> Carry(Lanes<M, W> a, std::index_sequence<kLimb...>) {
  const typename W::Int mask = W::Set(static_cast<int64_t>(kLimbMask));
  ((a.limbs[kLimb + 1] = W::Add(
        a.limbs[kLimb + 1], W::template ShiftRight<kLimbBits>(a.limbs[kLimb])),
    a.limbs[kLimb] = W::And(a.limbs[kLimb], mask)),
   ...);
  return a;
}

template <class M, class W, size_t... kLimb>
CHAINKEEP_IFMA void StartSquare(const Lanes<M, W>& a, typename W::Int* columns,
                                std::index_sequence<kLimb...>) {
  (AddCrossRow<W, kLimb>(a.limbs, columns, AllLimbs<M::kLimbs - 1 - kLimb>()),
   ...);
  for (int i = 1; i < 2 * M::kLimbs - 1; ++i) {
    columns[i] = W::Add(columns[i], columns[i]);
  }
  (AddOwnSquare<W, kLimb>(a.limbs, columns), ...);
}

template <class M, class W, size_t... kLimb>
CHAINKEEP_IFMA Lanes<M, W> Finish(const typename W::Int* columns,
                                  std::index_sequence<kLimb...>) {
  return Carry(Lanes<M, W>{{columns[M::kLimbs + kLimb]...}},
               AllLimbs<M::kLimbs - 1>());
}

template <class M, class W, size_t... kLimb>
CHAINKEEP_IFMA Lanes<M, W> Square(const Lanes<M, W>& a,
                                  std::index_sequence<kLimb...> all) {
  typename W::Int columns[2 * M::kLimbs] = {((void)kLimb, W::Set(0))...,
                                            ((void)kLimb, W::Set(0))...};
  StartSquare(a, columns, all);
  (ReduceColumn<M, W, kLimb>(columns, all), ...);
  return Finish<M, W>(columns, all);
}

template <class M, class W, size_t... kLimb>
CHAINKEEP_IFMA void MulPair(const Lanes<M, W>& a, const Lanes<M, W>& b,
                            const Lanes<M, W>& c, const Lanes<M, W>& d,
                            Lanes<M, W>* ab, Lanes<M, W>* cd,
                            std::index_sequence<kLimb...> all) {
  typename W::Int one[2 * M::kLimbs] = {((void)kLimb, W::Set(0))...,
                                        ((void)kLimb, W::Set(0))...};
  typename W::Int two[2 * M::kLimbs] = {((void)kLimb, W::Set(0))...,
                                        ((void)kLimb, W::Set(0))...};
  ((AddRow<W, kLimb>(a.limbs[kLimb], b.limbs, one, all),
    AddRow<W, kLimb>(c.limbs[kLimb], d.limbs, two, all),
    ReduceColumn<M, W, kLimb>(one, all), ReduceColumn<M, W, kLimb>(two, all)),
   ...);
  *ab = Finish<M, W>(one, all);
  *cd = Finish<M, W>(two, all);
}

template <class M, class W, size_t... kLimb>
CHAINKEEP_IFMA void SquarePair(const Lanes<M, W>& a, const Lanes<M, W>& b,
                               Lanes<M, W>* aa, Lanes<M, W>* bb,
                               std::index_sequence<kLimb...> all) {
  typename W::Int one[2 * M::kLimbs] = {((void)kLimb, W::Set(0))...,
                                        ((void)kLimb, W::Set(0))...};
  typename W::Int two[2 * M::kLimbs] = {((void)kLimb, W::Set(0))...,
                                        ((void)kLimb, W::Set(0))...};
  StartSquare(a, one, all);
  StartSquare(b, two, all);
  ((ReduceColumn<M, W, kLimb>(one, all), ReduceColumn<M, W, kLimb>(two, all)),
   ...);
  *aa = Finish<M, W>(one, all);
  *bb = Finish<M, W>(two, all);
}

// a b + c d, with one reduction, to be carried.
template <class M, class W, size_t... kLimb>
CHAINKEEP_IFMA Lanes<M, W> MulAdd(const Lanes<M, W>& a, const Lanes<M, W>& b,
                                  const Lanes<M, W>& c, const Lanes<M, W>& d,
                                  std::index_sequence<kLimb...>) {
  typename W::Int columns[2 * M::kLimbs] = {((void)kLimb, W::Set(0))...,
                                            ((void)kLimb, W::Set(0))...};
  ((AddRow<W, kLimb>(a.limbs[kLimb], b.limbs, columns, AllLimbs<M::kLimbs>()),
    AddRow<W, kLimb>(c.limbs[kLimb], d.limbs, columns, AllLimbs<M::kLimbs>()),
    ReduceColumn<M, W, kLimb>(columns, AllLimbs<M::kLimbs>())),
   ...);
  return {{columns[M::kLimbs + kLimb]...}};
}

template <class M, class W, size_t... kLimb>
CHAINKEEP_IFMA Lanes<M, W> Mul(const Lanes<M, W>& a, const Lanes<M, W>& b,
                               std::index_sequence<kLimb...>) {
  typename W::Int columns[2 * M::kLimbs] = {((void)kLimb, W::Set(0))...,
                                            ((void)kLimb, W::Set(0))...};
  ((AddRow<W, kLimb>(a.limbs[kLimb], b.limbs, columns, AllLimbs<M::kLimbs>()),
    ReduceColumn<M, W, kLimb>(columns, AllLimbs<M::kLimbs>())),
   ...);
  return Carry(Lanes<M, W>{{columns[M::kLimbs + kLimb]...}},
               AllLimbs<M::kLimbs - 1>());
}

}  // namespace internal

// a with its limbs in [0, B), of a >= 0 with limbs of less than 62 bits.
template <class M, class W>
CHAINKEEP_IFMA Lanes<M, W> Carry(const Lanes<M, W>& a) {
  return internal::Carry(a, internal::AllLimbs<M::kLimbs - 1>());
}

// a b / R.
template <class M, class W>
CHAINKEEP_IFMA Lanes<M, W> Mul(const Lanes<M, W>& a, const Lanes<M, W>& b) {
  return internal::Mul(a, b, internal::AllLimbs<M::kLimbs>());
}

// a b and c d. Two products side by side keep the multiplier busy, where one
// waits for its own columns: 5 limbs are too few.
template <class M, class W>
CHAINKEEP_IFMA void MulPair(const Lanes<M, W>& a, const Lanes<M, W>& b,
                            const Lanes<M, W>& c, const Lanes<M, W>& d,
                            Lanes<M, W>* ab, Lanes<M, W>* cd) {
  internal::MulPair(a, b, c, d, ab, cd, internal::AllLimbs<M::kLimbs>());
}

template <class M, class W>
CHAINKEEP_IFMA void SquarePair(const Lanes<M, W>& a, const Lanes<M, W>& b,
                               Lanes<M, W>* aa, Lanes<M, W>* bb) {
  internal::SquarePair(a, b, aa, bb, internal::AllLimbs<M::kLimbs>());
}

// (a b + c d) / R, at most ((A B + C D) p / R + 1) p, to be carried.
template <class M, class W>
CHAINKEEP_IFMA Lanes<M, W> MulAdd(const Lanes<M, W>& a, const Lanes<M, W>& b,
                                  const Lanes<M, W>& c, const Lanes<M, W>& d) {
  return internal::MulAdd(a, b, c, d, internal::AllLimbs<M::kLimbs>());
}

template <class M, class W>
CHAINKEEP_IFMA Lanes<M, W> Square(const Lanes<M, W>& a) {
  return internal::Square(a, internal::AllLimbs<M::kLimbs>());
}

// Sums and differences, to be carried.
template <class M, class W>
CHAINKEEP_IFMA Lanes<M, W> AddLimbs(Lanes<M, W> a, const Lanes<M, W>& b) {
  for (int i = 0; i < M::kLimbs; ++i) {
    a.limbs[i] = W::Add(a.limbs[i], b.limbs[i]);
  }
  return a;
}

template <class M, class W>
CHAINKEEP_IFMA Lanes<M, W> SubLimbs(Lanes<M, W> a, const Lanes<M, W>& b) {
  for (int i = 0; i < M::kLimbs; ++i) {
    a.limbs[i] = W::Sub(a.limbs[i], b.limbs[i]);
  }
  return a;
}

template <int kTimes, class M, class W>
CHAINKEEP_IFMA Lanes<M, W> AddMultiple(Lanes<M, W> a) {
  constexpr auto kMultiple = internal::Multiple<M, kTimes>();
  for (int i = 0; i < M::kLimbs; ++i) {
    a.limbs[i] = W::Add(a.limbs[i], W::Set(kMultiple[i]));
  }
  return a;
}

// Whether there is so little room above p that sums must be made smaller.
template <class M>
inline constexpr bool kIsTight = kLimbBits* M::kLimbs - M::kBits < 16;

// Carries a, of 0 <= a <= 16 p with limbs below 2^58 in size. Where the room
// is tight, what is left is at most 1.01 p: as many p are taken off as the bits
// from 2^256 on say, k <= 17. If k is right, between 0 and 2^256 + k 2^224 is
// left; if the carries that are not made yet would have changed k by one, at
// most 2^212 is missing, which k 2^224 makes up for, or there is too much by
// that.
template <class M, class W>
CHAINKEEP_IFMA Lanes<M, W> Trim(Lanes<M, W> a) {
  if constexpr (kIsTight<M>) {
    static_assert(M::kLimbs == 5 && M::kBits == 256);  // p256, digit by digit
    typename W::Int* const limbs = a.limbs;
    const typename W::Int k = W::template ShiftRight<48>(limbs[4]);
    limbs[0] = W::Add(limbs[0], k);
    limbs[1] = W::Sub(limbs[1], W::template ShiftLeft<44>(k));
    limbs[3] = W::Sub(limbs[3], W::template ShiftLeft<36>(k));
    limbs[4] = W::Add(W::Sub(limbs[4], W::template ShiftLeft<48>(k)),
                      W::template ShiftLeft<16>(k));
  }
  return Carry(a);
}

}  // namespace chainkeep::signature::prepared

#endif  // defined(__x86_64__)

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_LANES_H_
