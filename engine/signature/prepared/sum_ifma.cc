// The sum of terms with AVX-512 IFMA: eight sums of an eighth of the terms each
// grow in eight lanes, and are added up in the end, four, two and one at a
// time.

#include "engine/signature/prepared/arithmetic.h"
#include "engine/signature/prepared/lane_points.h"
#include "engine/signature/prepared/lane_terms.h"
#include "engine/signature/prepared/residue.h"
#include "engine/signature/prepared/terms.h"

namespace chainkeep::signature::prepared {

#if defined(__x86_64__)

namespace {

template <class Curve>
CHAINKEEP_IFMA LaneAffine<Curve, Eight> Load(const Terms<Curve>& terms,
                                             int first) {
  EightCoordinates<Curve> coordinates[2];
  LoadCoordinates(terms, first, coordinates);
  return {coordinates[0], coordinates[1]};
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
  return {Half<kHalf>(a.x), Half<kHalf>(a.y), Half<kHalf>(a.zz),
          Half<kHalf>(a.zzz)};
}

// Lanes in another order.
template <int kOrder, class Curve>
CHAINKEEP_IFMA LaneXyzz<Curve, Four> Permute(const LaneXyzz<Curve, Four>& a) {
  return {Permute<kOrder>(a.x), Permute<kOrder>(a.y), Permute<kOrder>(a.zz),
          Permute<kOrder>(a.zzz)};
}

template <class Curve>
CHAINKEEP_IFMA_CALL void AddFour(const LaneXyzz<Curve, Four>& a,
                                 const LaneXyzz<Curve, Four>& b,
                                 LaneXyzz<Curve, Four>* sum) {
  *sum = Add(a, b);
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
