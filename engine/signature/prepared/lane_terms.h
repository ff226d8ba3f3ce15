// From points in tables to lanes, eight terms at a time, and from lanes to one
// point.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_LANE_TERMS_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_LANE_TERMS_H_

#include "engine/signature/prepared/lanes.h"
#include "engine/signature/prepared/residue.h"
#include "engine/signature/prepared/terms.h"

#if defined(__x86_64__)

namespace chainkeep::signature::prepared {

// A coordinate of eight points.
template <class Curve>
using EightCoordinates = Lanes<FieldOf<Curve>, Eight>;

namespace internal {

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
CHAINKEEP_IFMA EightCoordinates<Curve> ToLanes(const __m512i* words,
                                               std::index_sequence<kLimb...>) {
  return {{LimbOf<Curve, kLimb>(words)...}};
}

}  // namespace internal

// The coordinates of the terms from `first` on, as many as a table's points
// have; what is beyond the last term is any point.
template <class Curve>
CHAINKEEP_IFMA void LoadCoordinates(const Terms<Curve>& terms, int first,
                                    EightCoordinates<Curve>* coordinates) {
  constexpr size_t kBytes = sizeof(TablePoint<Curve>);
  static_assert(kBytes == 64 || kBytes == 96);
  const char* points[8];
  for (int i = 0; i < 8; ++i) {
    const int term = first + i < terms.count() ? first + i : 0;
    points[i] = reinterpret_cast<const char*>(&terms.point(term));
  }
  // Word by word.
  __m512i words[16];
  __m512i rows[8];
  for (int i = 0; i < 8; ++i) rows[i] = _mm512_loadu_si512(points[i]);
  internal::Transpose(rows, words);
  if constexpr (kBytes == 96) {
    for (int i = 0; i < 8; ++i) {
      rows[i] = _mm512_castsi256_si512(
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(points[i] + 64)));
    }
    internal::Transpose(rows, words + 8);
  }
  for (size_t i = 0; i < kBytes / 8 / Curve::kWords; ++i) {
    coordinates[i] = internal::ToLanes<Curve>(
        words + i * Curve::kWords, internal::AllLimbs<Curve::kLimbs>());
  }
}

template <class Curve>
CHAINKEEP_IFMA __mmask8 Negative(const Terms<Curve>& terms, int first) {
  unsigned mask = 0;
  for (int i = 0; i < 8 && first + i < terms.count(); ++i) {
    mask |= static_cast<unsigned>(terms.is_negative(first + i)) << i;
  }
  return static_cast<__mmask8>(mask);
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

// The lower or the upper half of eight lanes.
template <int kHalf, class M>
CHAINKEEP_IFMA Lanes<M, Four> Half(const Lanes<M, Eight>& a) {
  Lanes<M, Four> half;
  for (int i = 0; i < M::kLimbs; ++i) {
    half.limbs[i] = _mm512_extracti64x4_epi64(a.limbs[i], kHalf);
  }
  return half;
}

// Lanes in another order.
template <int kOrder, class M>
CHAINKEEP_IFMA Lanes<M, Four> Permute(const Lanes<M, Four>& a) {
  Lanes<M, Four> result;
  for (int i = 0; i < M::kLimbs; ++i) {
    result.limbs[i] = _mm256_permutex_epi64(a.limbs[i], kOrder);
  }
  return result;
}

template <class M>
CHAINKEEP_IFMA Residue<M> FirstLane(const Lanes<M, Four>& a) {
  Residue<M> result;
  for (int i = 0; i < M::kLimbs; ++i) {
    result.limbs[i] = _mm256_extract_epi64(a.limbs[i], 0);
  }
  return result;
}

}  // namespace chainkeep::signature::prepared

#endif  // defined(__x86_64__)

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_LANE_TERMS_H_
