// Arithmetic modulo a prime, in portable C++.
//
// A Residue has signed limbs, and is itself signed: nothing is reduced further
// than it must be. Two bounds keep it from overflowing. They are stated with
// each function and hold for both curves; the tests try their extremes.
//
//   limbs  Mul, MulSub and Square take limbs below 2^55 in size. A column is a
//          sum of at most 2 kLimbs products of limbs, kLimbs products of q and
//          a digit (below 2^104), and a carry below 2^63:
//          16 * 2^110 + 8 * 2^104 + 2^63 < 2^115, so that a column fits 128
//          bits and its carry, column / 2^52, fits 64.
//   value  |x| <= A m and |y| <= B m give |Mul(x, y)| <= (A B m / R + 1) m.
//          m / R is below 2^-4 for P-256, 2^-5 for p25519 and less for the
//          others, so with A B <= 16 a product is at most 2 m. Mul needs |x y|
//          < R m 2^7, so that the last limb fits: it takes a product of A B
//          <= 64.
//
// What Mul and Square return has limbs in [0, B), but for the last one, which
// has the sign. Sums and differences of up to seven such are within the limb
// bound.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_RESIDUE_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_RESIDUE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/signature/prepared/curves.h"
#include "engine/signature/prepared/words.h"

namespace chainkeep::signature::prepared {

template <class Modulus>
struct Residue {
  std::array<int64_t, Modulus::kLimbs> limbs = {};
};

template <class M>
Residue<M> operator+(const Residue<M>& a, const Residue<M>& b) {
  Residue<M> sum;
  for (int i = 0; i < M::kLimbs; ++i) sum.limbs[i] = a.limbs[i] + b.limbs[i];
  return sum;
}

template <class M>
Residue<M> operator-(const Residue<M>& a, const Residue<M>& b) {
  Residue<M> difference;
  for (int i = 0; i < M::kLimbs; ++i) {
    difference.limbs[i] = a.limbs[i] - b.limbs[i];
  }
  return difference;
}

template <class M>
Residue<M> operator-(const Residue<M>& a) {
  return Residue<M>() - a;
}

template <class M>
constexpr Residue<M> FromWords(const Words<M::kWords>& a) {
  return {ToLimbs<M::kLimbs, M::kWords>(a)};
}

namespace internal {

// The loops over limbs are folds over index sequences: g++ 12 leaves loops, at
// -O2, and so would keep the columns in memory.

template <class M, int kColumn, int kLimb>
[[gnu::always_inline]] inline void AddProduct(const Residue<M>& a,
                                              const Residue<M>& b,
                                              Int128* column) {
  constexpr int kOther = kColumn - kLimb;
  if constexpr (kOther >= 0 && kOther < M::kLimbs) {
    *column += static_cast<Int128>(a.limbs[kLimb]) * b.limbs[kOther];
  }
}

template <class M, int kColumn, int kLimb>
[[gnu::always_inline]] inline void AddSquare(const Residue<M>& a,
                                             const Residue<M>& doubled,
                                             Int128* column) {
  constexpr int kOther = kColumn - kLimb;
  if constexpr (kOther == kLimb) {
    *column += static_cast<Int128>(a.limbs[kLimb]) * a.limbs[kLimb];
  } else if constexpr (kOther > kLimb && kOther < M::kLimbs) {
    *column += static_cast<Int128>(doubled.limbs[kLimb]) * a.limbs[kOther];
  }
}

template <class M, int kColumn, int kLimb>
[[gnu::always_inline]] inline void AddMultiple(
    const std::array<int64_t, M::kLimbs>& q, Int128* column) {
  constexpr int kOther = kColumn - kLimb;
  if constexpr (kOther > 0 && kOther < M::kLimbs) {
    constexpr int64_t kDigit = M::kDigits[kOther];
    if constexpr (kDigit == -1) {
      *column -= q[kLimb];
    } else if constexpr (kDigit != 0) {
      *column += static_cast<Int128>(q[kLimb]) * kDigit;
    }
  }
}

// Finishes a column of the product: adds the carry and the multiples of the
// modulus that earlier columns asked for. A low column then asks for its own,
// q m with column + q m = 0 modulo B; a high one is a limb of the result.
template <class M, int kColumn, size_t... kLimb>
[[gnu::always_inline]] inline void Reduce(Int128 column, int64_t* carry,
                                          std::array<int64_t, M::kLimbs>* q,
                                          Residue<M>* result,
                                          std::index_sequence<kLimb...>) {
  column += *carry;
  (AddMultiple<M, kColumn, static_cast<int>(kLimb)>(*q, &column), ...);
  const uint64_t low = static_cast<uint64_t>(column);
  if constexpr (kColumn < M::kLimbs) {
    const uint64_t multiple = low * M::kNegatedInverse & kLimbMask;
    (*q)[kColumn] = static_cast<int64_t>(multiple);
    // Where the digit is -1, q is the low limb and its removal is no work.
    if constexpr (M::kDigits[0] != -1) {
      column += static_cast<Int128>((*q)[kColumn]) * M::kDigits[0];
    }
  } else if constexpr (kColumn < 2 * M::kLimbs - 1) {
    result->limbs[kColumn - M::kLimbs] = static_cast<int64_t>(low & kLimbMask);
  } else {
    result->limbs[M::kLimbs - 1] = static_cast<int64_t>(low);
  }
  // column >> 52, in two operations on halves.
  *carry = static_cast<int64_t>(
      (static_cast<uint64_t>(column >> 64) << (64 - kLimbBits)) +
      (static_cast<uint64_t>(column) >> kLimbBits));
}

template <class M, int kColumn, size_t... kLimb>
[[gnu::always_inline]] inline Int128 ProductColumn(
    const Residue<M>& a, const Residue<M>& b, std::index_sequence<kLimb...>) {
  Int128 column = 0;
  (AddProduct<M, kColumn, static_cast<int>(kLimb)>(a, b, &column), ...);
  return column;
}

template <class M, int kColumn, size_t... kLimb>
[[gnu::always_inline]] inline Int128 SquareColumn(
    const Residue<M>& a, const Residue<M>& doubled,
    std::index_sequence<kLimb...>) {
  Int128 column = 0;
  (AddSquare<M, kColumn, static_cast<int>(kLimb)>(a, doubled, &column), ...);
  return column;
}

template <class M, size_t... kColumn>
[[gnu::always_inline]] inline Residue<M> Mul(const Residue<M>& a,
                                             const Residue<M>& b,
                                             std::index_sequence<kColumn...>) {
  constexpr std::make_index_sequence<M::kLimbs> kAll;
  Residue<M> result;
  std::array<int64_t, M::kLimbs> q;
  int64_t carry = 0;
  (Reduce<M, kColumn>(ProductColumn<M, kColumn>(a, b, kAll), &carry, &q,
                      &result, kAll),
   ...);
  return result;
}

template <class M, size_t... kColumn>
[[gnu::always_inline]] inline Residue<M> MulSub(
    const Residue<M>& a, const Residue<M>& b, const Residue<M>& c,
    const Residue<M>& d, std::index_sequence<kColumn...>) {
  constexpr std::make_index_sequence<M::kLimbs> kAll;
  Residue<M> result;
  std::array<int64_t, M::kLimbs> q;
  int64_t carry = 0;
  (Reduce<M, kColumn>(ProductColumn<M, kColumn>(a, b, kAll) -
                          ProductColumn<M, kColumn>(c, d, kAll),
                      &carry, &q, &result, kAll),
   ...);
  return result;
}

template <class M, size_t... kColumn>
[[gnu::always_inline]] inline Residue<M> Square(
    const Residue<M>& a, std::index_sequence<kColumn...>) {
  constexpr std::make_index_sequence<M::kLimbs> kAll;
  const Residue<M> doubled = a + a;
  Residue<M> result;
  std::array<int64_t, M::kLimbs> q;
  int64_t carry = 0;
  (Reduce<M, kColumn>(SquareColumn<M, kColumn>(a, doubled, kAll), &carry, &q,
                      &result, kAll),
   ...);
  return result;
}

}  // namespace internal

// a b / R.
template <class M>
[[gnu::noinline]] Residue<M> Mul(const Residue<M>& a, const Residue<M>& b) {
  return internal::Mul<M>(a, b, std::make_index_sequence<2 * M::kLimbs>());
}

// (a b - c d) / R, with one reduction: (A B + C D) m / R + 1.
template <class M>
[[gnu::noinline]] Residue<M> MulSub(const Residue<M>& a, const Residue<M>& b,
                                    const Residue<M>& c, const Residue<M>& d) {
  return internal::MulSub<M>(a, b, c, d,
                             std::make_index_sequence<2 * M::kLimbs>());
}

// a^2 / R. Half of the products, with one limb doubled.
template <class M>
[[gnu::noinline]] Residue<M> Square(const Residue<M>& a) {
  return internal::Square<M>(a, std::make_index_sequence<2 * M::kLimbs>());
}

// Where in the last limb the bits from 2^kBits on begin.
template <class M>
inline constexpr int kTopShift = M::kBits - kLimbBits*(M::kLimbs - 1);

// The same residue, of |a| <= 64 m, near [0, 2^kBits): off by less than
// 2^(kBits-15), for limbs below 2^57. Takes off as many m as the bits from
// kBits on say, k of them, which adds less than k times the largest digit to a
// limb.
template <class M>
Residue<M> Fold(Residue<M> a) {
  const int64_t multiple = a.limbs[M::kLimbs - 1] >> kTopShift<M>;
  for (int i = 0; i < M::kLimbs; ++i) {
    a.limbs[i] -= multiple * M::kDigits[i];
  }
  return a;
}

// The same residue, of |a| <= 8 m, as small as formulas need it: at most 1.01 m
// for P-256, whose digits below 2^48 keep the limb bound. For P-384 values have
// room to be what they are.
template <class M>
Residue<M> Trim(const Residue<M>& a) {
  constexpr int kRoom = kLimbBits * M::kLimbs - M::kBits;
  if constexpr (kRoom < 16) {
    return Fold(a);
  } else {
    return a;
  }
}

// The one number in [0, m) that a is, of |a| <= 64 m.
template <class M>
Words<M::kWords> Canonical(const Residue<M>& a) {
  Residue<M> folded = Fold(a);
  int64_t carry = 0;
  for (int i = 0; i < M::kLimbs; ++i) {
    const int64_t sum = folded.limbs[i] + carry;
    const bool last = i == M::kLimbs - 1;
    folded.limbs[i] =
        last ? sum
             : static_cast<int64_t>(static_cast<uint64_t>(sum) & kLimbMask);
    carry = sum >> kLimbBits;
  }
  // Now above -m and below 2 m. Below 0 it is, modulo 2^(64 kWords), m less
  // than what it shall be; the other case is a number of kBits + 1 bits.
  if (folded.limbs[M::kLimbs - 1] < 0) {
    std::array<int64_t, M::kLimbs> limbs = folded.limbs;
    for (int64_t& limb : limbs) {
      limb = static_cast<int64_t>(static_cast<uint64_t>(limb) & kLimbMask);
    }
    Words<M::kWords> words = ToWords<M::kLimbs, M::kWords>(limbs);
    AddTo<M::kWords>(&words, M::kValue);
    return words;
  }
  const bool is_longer = M::kBits == 64 * M::kWords &&
                         (folded.limbs[M::kLimbs - 1] >> kTopShift<M>) != 0;
  Words<M::kWords> words = ToWords<M::kLimbs, M::kWords>(folded.limbs);
  if (is_longer || !IsLess<M::kWords>(words, M::kValue)) {
    SubtractFrom<M::kWords>(&words, M::kValue);
  }
  return words;
}

template <class M>
bool IsZero(const Residue<M>& a) {
  return IsZero<M::kWords>(Canonical(a));
}

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_RESIDUE_H_
