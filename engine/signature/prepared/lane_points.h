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

// The y of a sum: r (q - x) - s ppp, of s ppp / R <= 2.
template <class M, class W>
CHAINKEEP_IFMA Lanes<M, W> SumY(const Lanes<M, W>& r, const Lanes<M, W>& q,
                                const Lanes<M, W>& x, const Lanes<M, W>& s,
                                const Lanes<M, W>& ppp) {
  const auto product = Mul(r, Subtract<kAbove<M>>(q, x));
  return Trim(AddMultiple<2>(SubLimbs(product, Mul(s, ppp))));
}

template <class Curve, class W>
CHAINKEEP_IFMA LaneXyzz<Curve, W> Add(const LaneAffine<Curve, W>& a,
                                      const LaneAffine<Curve, W>& b) {
  const auto p = Subtract<2>(b.x, a.x);    // 3
  const auto r = Subtract<2>(b.y, a.y);    // 3
  const auto pp = Square(p);               // 1.6
  const auto ppp = Mul(p, pp);             // 1.3
  const auto q = Mul(a.x, pp);             // 1.1
  const auto x = SumX(Square(r), ppp, q);  // 1.6, 1.3 + 2.2
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
  const auto p = Subtract<kMore>(Mul(b.x, a.zz), a.x);  // 1.1 + 2
  const auto s = Mul(b.y, a.zzz);                       // 1.1
  Lanes<Field, Eight> r;  // s - y + 2 or -s - y + 4
  for (int i = 0; i < Field::kLimbs; ++i) {
    const __m512i sum = Eight::Sub(
        _mm512_mask_set1_epi64(Eight::Set(kOnce[i]), negative, kTwice[i]),
        a.y.limbs[i]);
    r.limbs[i] = _mm512_mask_sub_epi64(Eight::Add(sum, s.limbs[i]), negative,
                                       sum, s.limbs[i]);
  }
  r = Carry(r);                            // 4
  const auto pp = Square(p);               // 1.6
  const auto ppp = Mul(p, pp);             // 1.4
  const auto q = Mul(a.x, pp);             // 1.2
  const auto x = SumX(Square(r), ppp, q);  // 2, 1.4 + 2.4
  return {x, SumY(r, q, x, a.y, ppp), Mul(a.zz, pp), Mul(a.zzz, ppp)};
}

template <class Curve, class W>
CHAINKEEP_IFMA LaneXyzz<Curve, W> Add(const LaneXyzz<Curve, W>& a,
                                      const LaneXyzz<Curve, W>& b) {
  const auto u = Mul(a.x, b.zz);                   // 1.1
  const auto p = Subtract<2>(Mul(b.x, a.zz), u);   // 1.1 + 2
  const auto s = Mul(a.y, b.zzz);                  // 1.1
  const auto r = Subtract<2>(Mul(b.y, a.zzz), s);  // 1.1 + 2
  const auto pp = Square(p);                       // 1.6
  const auto ppp = Mul(p, pp);                     // 1.4
  const auto q = Mul(u, pp);                       // 1.2
  const auto x = SumX(Square(r), ppp, q);          // 1.6, 1.4 + 2.4
  return {x, SumY(r, q, x, s, ppp), Mul(Mul(a.zz, b.zz), pp),
          Mul(Mul(a.zzz, b.zzz), ppp)};
}

template <class Curve, class W>
CHAINKEEP_IFMA LaneXyzz<Curve, W> Double(const LaneXyzz<Curve, W>& a) {
  using Field = FieldOf<Curve>;
  const auto u = Carry(AddLimbs(a.y, a.y));  // 2.1; 6.2
  const auto v = Square(u);                  // 1.3
  const auto w = Mul(u, v);                  // 1.2
  const auto s = Mul(a.x, v);                // 1.1
  const auto product =
      Mul(Subtract<2>(a.x, a.zz), Carry(AddLimbs(a.x, a.zz)));  // 1.5
  const auto m = Trim(AddLimbs(AddLimbs(product, product), product));
  // 1.1 - 2.2
  const auto x = Trim(AddMultiple<4>(SubLimbs(SubLimbs(Square(m), s), s)));
  const auto y = Mul(m, Subtract<kAbove<Field>>(s, x));
  return {x, Trim(AddMultiple<2>(SubLimbs(y, Mul(w, a.y)))), Mul(v, a.zz),
          Mul(w, a.zzz)};
}

}  // namespace chainkeep::signature::prepared

#endif  // defined(__x86_64__)

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_LANE_POINTS_H_
