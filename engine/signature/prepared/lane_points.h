// Points of a curve in lanes, and their addition: see point.h for the formulas
// and for what becomes of two points with the same x.
//
// Sizes, in units of p. What is kept between additions is carried, with
//
//            X       Y       ZZ, ZZZ
//   P-256    1.01    1.01    1.5       trimmed; products are A B / 16 + 1
//   P-384    5.1     3.1     1.01      products are 1 and next to nothing
//
// The lines below give P-256's, then P-384's where they matter. kAbove times p
// is more than an X or a Y, and is added where one is subtracted.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_LANE_POINTS_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_LANE_POINTS_H_

#include "engine/signature/prepared/lanes.h"

#if defined(__x86_64__)

namespace chainkeep::signature::prepared {

template <class Curve, class W>
struct LaneAffine {
  Lanes<FieldOf<Curve>, W> x, y;  // at most 1
};

template <class Curve, class W>
struct LaneXyzz {
  Lanes<FieldOf<Curve>, W> x, y, zz, zzz;
};

template <class M>
inline constexpr int kAbove = kIsTight<M> ? 2 : 8;

// a - b + kTimes p; requires b <= kTimes p.
template <int kTimes, class M, class W>
CHAINKEEP_IFMA Lanes<M, W> Subtract(const Lanes<M, W>& a,
                                    const Lanes<M, W>& b) {
  return Carry(AddMultiple<kTimes>(SubLimbs(a, b)));
}

// The x of a sum: r^2 - ppp - 2 q, of ppp + 2 q <= 4.
template <class M, class W>
CHAINKEEP_IFMA Lanes<M, W> SumX(const Lanes<M, W>& rr, const Lanes<M, W>& ppp,
                                const Lanes<M, W>& q) {
  return Trim(AddMultiple<4>(SubLimbs(SubLimbs(SubLimbs(rr, ppp), q), q)));
}

// The y of a sum: r (q - x) - s t, of r <= 4, s <= 2 and t <= 2 (8 and 8 where
// there is room). The opposite of s is multiplied, so that one reduction is
// enough: 4 * 3.2 + 4 * 2 and less than 2.4 in the end, before it is trimmed.
template <class M, class W>
CHAINKEEP_IFMA Lanes<M, W> SumY(const Lanes<M, W>& r, const Lanes<M, W>& q,
                                const Lanes<M, W>& x, const Lanes<M, W>& s,
                                const Lanes<M, W>& t) {
  Lanes<M, W> zero;
  for (int i = 0; i < M::kLimbs; ++i) zero.limbs[i] = W::Set(0);
  return Trim(
      MulAdd(r, Subtract<kAbove<M>>(q, x), Subtract<kAbove<M>>(zero, s), t));
}

template <class Curve, class W>
CHAINKEEP_IFMA LaneXyzz<Curve, W> Add(const LaneAffine<Curve, W>& a,
                                      const LaneAffine<Curve, W>& b) {
  const auto p = Subtract<2>(b.x, a.x);  // 3
  const auto r = Subtract<2>(b.y, a.y);  // 3
  Lanes<FieldOf<Curve>, W> pp, rr, ppp, q;
  SquarePair(p, r, &pp, &rr);         // 1.6, 1.6
  MulPair(p, pp, a.x, pp, &ppp, &q);  // 1.3, 1.1
  const auto x = SumX(rr, ppp, q);
  return {x, SumY(r, q, x, a.y, ppp), pp, ppp};
}

// a + b where `negative` has no bit, a - b where it has.
template <class Curve>
CHAINKEEP_IFMA LaneXyzz<Curve, Eight> Add(const LaneXyzz<Curve, Eight>& a,
                                          const LaneAffine<Curve, Eight>& b,
                                          __mmask8 negative) {
  using Field = FieldOf<Curve>;
  constexpr int kMore = kAbove<Field>;
  constexpr auto kOnce = internal::Multiple<Field, kMore>();
  constexpr auto kTwice = internal::Multiple<Field, 2 * kMore>();
  Lanes<Field, Eight> u, s, pp, rr, ppp, q, zz, zzz;
  MulPair(b.x, a.zz, b.y, a.zzz, &u, &s);  // 1.1, 1.1
  const auto p = Subtract<kMore>(u, a.x);  // 1.1 + 2
  Lanes<Field, Eight> r;                   // s - y + 2 or -s - y + 4
  for (int i = 0; i < Field::kLimbs; ++i) {
    const __m512i sum = Eight::Sub(
        _mm512_mask_set1_epi64(Eight::Set(kOnce[i]), negative, kTwice[i]),
        a.y.limbs[i]);
    r.limbs[i] = _mm512_mask_sub_epi64(Eight::Add(sum, s.limbs[i]), negative,
                                       sum, s.limbs[i]);
  }
  r = Carry(r);                       // 4
  SquarePair(p, r, &pp, &rr);         // 1.6, 2
  MulPair(p, pp, a.x, pp, &ppp, &q);  // 1.4, 1.2
  const auto x = SumX(rr, ppp, q);    // 2, 1.4 + 2.4
  MulPair(a.zz, pp, a.zzz, ppp, &zz, &zzz);
  return {x, SumY(r, q, x, a.y, ppp), zz, zzz};
}

template <class Curve, class W>
CHAINKEEP_IFMA LaneXyzz<Curve, W> Add(const LaneXyzz<Curve, W>& a,
                                      const LaneXyzz<Curve, W>& b) {
  Lanes<FieldOf<Curve>, W> u, v, s, t, pp, rr, ppp, q, zz, zzz;
  MulPair(a.x, b.zz, b.x, a.zz, &u, &v);    // 1.1
  MulPair(a.y, b.zzz, b.y, a.zzz, &s, &t);  // 1.1
  const auto p = Subtract<2>(v, u);         // 1.1 + 2
  const auto r = Subtract<2>(t, s);         // 1.1 + 2
  SquarePair(p, r, &pp, &rr);               // 1.6
  MulPair(a.zz, b.zz, a.zzz, b.zzz, &zz, &zzz);
  MulPair(p, pp, u, pp, &ppp, &q);  // 1.4, 1.2
  const auto x = SumX(rr, ppp, q);  // 1.6, 1.4 + 2.4
  MulPair(zz, pp, zzz, ppp, &zz, &zzz);
  return {x, SumY(r, q, x, s, ppp), zz, zzz};
}

template <class Curve, class W>
CHAINKEEP_IFMA LaneXyzz<Curve, W> Double(const LaneXyzz<Curve, W>& a) {
  using Field = FieldOf<Curve>;
  Lanes<Field, W> w, s, zz, zzz, product, mm;
  const auto u = Carry(AddLimbs(a.y, a.y));  // 2.1; 6.2
  const auto v = Square(u);                  // 1.3
  MulPair(u, v, a.x, v, &w, &s);             // 1.2, 1.1
  MulPair(Subtract<2>(a.x, a.zz), Carry(AddLimbs(a.x, a.zz)), v, a.zz, &product,
          &zz);  // 1.5
  const auto m = Trim(AddLimbs(AddLimbs(product, product), product));
  mm = Square(m);  // 1.1
  const auto x = Trim(AddMultiple<4>(SubLimbs(SubLimbs(mm, s), s)));
  zzz = Mul(w, a.zzz);
  return {x, SumY(m, s, x, w, a.y), zz, zzz};
}

}  // namespace chainkeep::signature::prepared

#endif  // defined(__x86_64__)

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_LANE_POINTS_H_
