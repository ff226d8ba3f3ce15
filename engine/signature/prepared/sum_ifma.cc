// The sum of terms with AVX-512 IFMA: eight sums of an eighth of the terms each
// grow in eight lanes, and are added up in the end, four, two and one at a
// time.

#include "engine/signature/prepared/arithmetic.h"
#include "engine/signature/prepared/lane_points.h"
#include "engine/signature/prepared/residue.h"
#include "engine/signature/prepared/terms.h"

namespace chainkeep::signature::prepared {

#if defined(__x86_64__)

namespace {

// kWords words of each of eight points, word by word.
template <class Curve>
struct EightPoints {
  __m512i words[2 * Curve::kWords];
};

// Rows of eight words to columns.
CHAINKEEP_IFMA void Transpose(const __m512i (&rows)[8], __m512i* columns) {
  __m512i pairs[8];
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = _mm512_unpacklo_epi64(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_epi64(rows[i], rows[i + 1]);
  }
  // pairs[i] has the even columns of rows i and i + 1, pairs[i + 1] the odd.
  for (int odd = 0; odd < 2; ++odd) {
    const __m512i a = _mm512_shuffle_i64x2(pairs[odd], pairs[2 + odd], 0x88);
    const __m512i b = _mm512_shuffle_i64x2(pairs[odd], pairs[2 + odd], 0xdd);
    const __m512i c =
        _mm512_shuffle_i64x2(pairs[4 + odd], pairs[6 + odd], 0x88);
    const __m512i d =
        _mm512_shuffle_i64x2(pairs[4 + odd], pairs[6 + odd], 0xdd);
    columns[odd] = _mm512_shuffle_i64x2(a, c, 0x88);
    columns[4 + odd] = _mm512_shuffle_i64x2(a, c, 0xdd);
    columns[2 + odd] = _mm512_shuffle_i64x2(b, d, 0x88);
    columns[6 + odd] = _mm512_shuffle_i64x2(b, d, 0xdd);
  }
}

// The points of the terms from `first` on; what is beyond the last term is any
// point.
template <class Curve>
CHAINKEEP_IFMA EightPoints<Curve> LoadWords(const Terms<Curve>& terms,
                                            int first) {
  const char* points[8];
  for (int i = 0; i < 8; ++i) {
    const int term = first + i < terms.count() ? first + i : 0;
    points[i] = reinterpret_cast<const char*>(&terms.point(term));
  }
  EightPoints<Curve> result;
  __m512i rows[8];
  for (int i = 0; i < 8; ++i) rows[i] = _mm512_loadu_si512(points[i]);
  Transpose(rows, result.words);
  if constexpr (Curve::kWords == 6) {
    __m512i columns[8];
    for (int i = 0; i < 8; ++i) {
      rows[i] = _mm512_castsi256_si512(
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(points[i] + 64)));
    }
    Transpose(rows, columns);
    for (int i = 0; i < 4; ++i) result.words[8 + i] = columns[i];
  }
  return result;
}

template <class Curve, int kLimb>
CHAINKEEP_IFMA __m512i LimbOf(const __m512i* words) {
  constexpr int kWord = kLimb * kLimbBits / 64;
  constexpr int kShift = kLimb * kLimbBits % 64;
  __m512i limb = Eight::Set(0);
  if constexpr (kWord < Curve::kWords) {
    limb = _mm512_srli_epi64(words[kWord], kShift);
  }
  if constexpr (kShift + kLimbBits > 64 && kWord + 1 < Curve::kWords) {
    limb =
        _mm512_or_si512(limb, _mm512_slli_epi64(words[kWord + 1], 64 - kShift));
  }
  return Eight::And(limb, Eight::Set(static_cast<int64_t>(kLimbMask)));
}

template <class Curve, size_t... kLimb>
CHAINKEEP_IFMA LaneAffine<Curve, Eight> ToLanes(
    const EightPoints<Curve>& points, std::index_sequence<kLimb...>) {
  return {{{LimbOf<Curve, kLimb>(points.words)...}},
          {{LimbOf<Curve, kLimb>(points.words + Curve::kWords)...}}};
}

template <class Curve>
CHAINKEEP_IFMA LaneAffine<Curve, Eight> Load(const Terms<Curve>& terms,
                                             int first) {
  return ToLanes(LoadWords(terms, first), internal::AllLimbs<Curve::kLimbs>());
}

template <class Curve>
CHAINKEEP_IFMA __mmask8 Negative(const Terms<Curve>& terms, int first) {
  unsigned mask = 0;
  for (int i = 0; i < 8 && first + i < terms.count(); ++i) {
    mask |= static_cast<unsigned>(terms.is_negative(first + i)) << i;
  }
  return static_cast<__mmask8>(mask);
}

// The opposite of the points that `negative` says: p - y.
template <class Curve>
CHAINKEEP_IFMA LaneAffine<Curve, Eight> Negate(LaneAffine<Curve, Eight> point,
                                               __mmask8 negative) {
  constexpr auto kPrime = internal::Multiple<FieldOf<Curve>, 1>();
  for (int i = 0; i < Curve::kLimbs; ++i) {
    __m512i* const limb = &point.y.limbs[i];
    *limb =
        _mm512_mask_sub_epi64(*limb, negative, Eight::Set(kPrime[i]), *limb);
  }
  return {point.x, Carry(point.y)};
}

// Each of these is called in a loop, and too long to stand in several places.

template <class Curve>
CHAINKEEP_IFMA_CALL void StartTwo(const Terms<Curve>& terms,
                                  LaneXyzz<Curve, Eight>* sum) {
  *sum = Add(Negate(Load(terms, 0), Negative(terms, 0)),
             Negate(Load(terms, 8), Negative(terms, 8)));
}

template <class Curve>
CHAINKEEP_IFMA_CALL void StartOne(const Terms<Curve>& terms,
                                  LaneXyzz<Curve, Eight>* sum) {
  constexpr auto kOne =
      ToLimbs<Curve::kLimbs, Curve::kWords>(kR<FieldOf<Curve>>);
  const auto point = Negate(Load(terms, 0), Negative(terms, 0));
  sum->x = point.x;
  sum->y = point.y;
  for (int i = 0; i < Curve::kLimbs; ++i) {
    sum->zz.limbs[i] = sum->zzz.limbs[i] = Eight::Set(kOne[i]);
  }
}

template <class Curve>
CHAINKEEP_IFMA_CALL void DoubleLanes(LaneXyzz<Curve, Eight>* sum) {
  *sum = Double(*sum);
}

template <class M>
CHAINKEEP_IFMA Lanes<M, Eight> Choose(__mmask8 mask, const Lanes<M, Eight>& no,
                                      const Lanes<M, Eight>& yes) {
  Lanes<M, Eight> result;
  for (int i = 0; i < M::kLimbs; ++i) {
    result.limbs[i] = _mm512_mask_mov_epi64(no.limbs[i], mask, yes.limbs[i]);
  }
  return result;
}

// Adds the terms from `first` on, to as many lanes as there are terms.
template <class Curve>
CHAINKEEP_IFMA_CALL void AddTerms(const Terms<Curve>& terms, int first,
                                  LaneXyzz<Curve, Eight>* sum) {
  const LaneXyzz<Curve, Eight> more =
      Add(*sum, Load(terms, first), Negative(terms, first));
  const int count = terms.count() - first;
  if (count >= 8) {
    *sum = more;
    return;
  }
  const __mmask8 mask = static_cast<__mmask8>((1u << count) - 1);
  sum->x = Choose(mask, sum->x, more.x);
  sum->y = Choose(mask, sum->y, more.y);
  sum->zz = Choose(mask, sum->zz, more.zz);
  sum->zzz = Choose(mask, sum->zzz, more.zzz);
}

// The lower or the upper half of eight lanes.
template <int kHalf, class Curve>
CHAINKEEP_IFMA LaneXyzz<Curve, Four> Half(const LaneXyzz<Curve, Eight>& a) {
  LaneXyzz<Curve, Four> half;
  for (int i = 0; i < Curve::kLimbs; ++i) {
    half.x.limbs[i] = _mm512_extracti64x4_epi64(a.x.limbs[i], kHalf);
    half.y.limbs[i] = _mm512_extracti64x4_epi64(a.y.limbs[i], kHalf);
    half.zz.limbs[i] = _mm512_extracti64x4_epi64(a.zz.limbs[i], kHalf);
    half.zzz.limbs[i] = _mm512_extracti64x4_epi64(a.zzz.limbs[i], kHalf);
  }
  return half;
}

// Lanes in another order.
template <int kOrder, class Curve>
CHAINKEEP_IFMA LaneXyzz<Curve, Four> Permute(const LaneXyzz<Curve, Four>& a) {
  LaneXyzz<Curve, Four> result;
  for (int i = 0; i < Curve::kLimbs; ++i) {
    result.x.limbs[i] = _mm256_permutex_epi64(a.x.limbs[i], kOrder);
    result.y.limbs[i] = _mm256_permutex_epi64(a.y.limbs[i], kOrder);
    result.zz.limbs[i] = _mm256_permutex_epi64(a.zz.limbs[i], kOrder);
    result.zzz.limbs[i] = _mm256_permutex_epi64(a.zzz.limbs[i], kOrder);
  }
  return result;
}

template <class Curve>
CHAINKEEP_IFMA_CALL void AddFour(const LaneXyzz<Curve, Four>& a,
                                 const LaneXyzz<Curve, Four>& b,
                                 LaneXyzz<Curve, Four>* sum) {
  *sum = Add(a, b);
}

template <class M>
CHAINKEEP_IFMA Residue<M> FirstLane(const Lanes<M, Four>& a) {
  Residue<M> result;
  for (int i = 0; i < M::kLimbs; ++i) {
    result.limbs[i] = _mm256_extract_epi64(a.limbs[i], 0);
  }
  return result;
}

template <class Curve>
struct XAndZz {
  Residue<FieldOf<Curve>> x, zz;
};

template <class Curve>
CHAINKEEP_IFMA_CALL XAndZz<Curve> SumOf(const Terms<Curve>& terms) {
  LaneXyzz<Curve, Eight> sum;
  int next = 8;
  if (terms.DoublesBefore(8)) {
    StartOne(terms, &sum);
  } else {
    StartTwo(terms, &sum);
    next = 16;
  }
  for (; next < terms.count(); next += 8) {
    if (terms.DoublesBefore(next)) DoubleLanes(&sum);
    AddTerms(terms, next, &sum);
  }
  LaneXyzz<Curve, Four> four;
  AddFour(Half<0>(sum), Half<1>(sum), &four);
  AddFour(four, Permute<0b11'10'11'10>(four), &four);
  AddFour(four, Permute<0b01'01'01'01>(four), &four);
  return {FirstLane(four.x), FirstLane(four.zz)};
}

}  // namespace

template <class Curve>
Outcome HasXIfma(const Terms<Curve>& terms, const Words<Curve::kWords>& r) {
  const XAndZz<Curve> sum = SumOf(terms);
  return CompareX<Curve>(sum.x, sum.zz, r);
}

#else  // defined(__x86_64__)

// Never called: Choose does not choose it.
template <class Curve>
Outcome HasXIfma(const Terms<Curve>&, const Words<Curve::kWords>&) {
  return Outcome::kNotDecided;
}

#endif  // defined(__x86_64__)

template Outcome HasXIfma(const Terms<P256>&, const Words<4>&);
template Outcome HasXIfma(const Terms<P384>&, const Words<6>&);

}  // namespace chainkeep::signature::prepared
