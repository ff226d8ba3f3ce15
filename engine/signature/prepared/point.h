// Points of y^2 = x^3 - 3 x + b, and their addition.
//
// An Xyzz point (X, Y, ZZ, ZZZ), ZZ^3 = ZZZ^2, stands for (X/ZZ, Y/ZZZ).
// Formulas: D. J. Bernstein, T. Lange, Explicit-Formulas Database, "XYZZ
// coordinates for short Weierstrass curves": add-2008-s, madd-2008-s,
// mmadd-2008-s, dbl-2008-s-1.
//
// The formulas have one exception: two points with the same x. Then ZZ is 0,
// and stays 0 in everything that is computed from it, since each ZZ is a
// product with the one before. So it is enough to look at the last ZZ: what
// has a ZZ of 0 is no result. Infinity cannot be written otherwise either.
//
// Bounds. In units of p, with A for the largest size: X <= 1.01 and X, Y limbs
// as residue.h wants, Y <= 3, ZZ and ZZZ <= 2; affine coordinates <= 1.01. Each
// function keeps them; the lines say the size of P-256's values, which have the
// less room: Mul gives A B / 16 + 1.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_POINT_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_POINT_H_

#include "engine/signature/prepared/curves.h"
#include "engine/signature/prepared/residue.h"

namespace chainkeep::signature::prepared {

template <class Curve>
using Coordinate = Residue<FieldOf<Curve>>;

template <class Curve>
struct Affine {
  Coordinate<Curve> x, y;
};

template <class Curve>
struct Xyzz {
  Coordinate<Curve> x, y, zz, zzz;
};

// a + b, of different x.
template <class Curve>
Xyzz<Curve> Add(const Affine<Curve>& a, const Affine<Curve>& b) {
  const auto p = b.x - a.x;     // 2.02
  const auto r = b.y - a.y;     // 2.02
  const auto pp = Square(p);    // 1.3
  const auto ppp = Mul(p, pp);  // 1.2
  const auto q = Mul(a.x, pp);  // 1.1
  const auto x = Trim(Square(r) - ppp - (q + q));
  return {x, MulSub(r, q - x, a.y, ppp), pp, ppp};
}

// a + b, of different x.
template <class Curve>
Xyzz<Curve> Add(const Xyzz<Curve>& a, const Affine<Curve>& b) {
  const auto p = Mul(b.x, a.zz) - a.x;   // 1.2 + 1.01
  const auto r = Mul(b.y, a.zzz) - a.y;  // 1.2 + 3
  const auto pp = Square(p);             // 1.4
  const auto ppp = Mul(p, pp);           // 1.2
  const auto q = Mul(a.x, pp);           // 1.1
  // 2.2 + 1.2 + 2.2
  const auto x = Trim(Square(r) - ppp - (q + q));
  return {x, MulSub(r, q - x, a.y, ppp),  // 1.9
          Mul(a.zz, pp),                  // 1.2
          Mul(a.zzz, ppp)};               // 1.2
}

// 2 a. The order of the curve is odd, so there is no point with y = 0.
template <class Curve>
Xyzz<Curve> Double(const Xyzz<Curve>& a) {
  const auto u = a.y + a.y;    // 6
  const auto v = Square(u);    // 3.3
  const auto w = Mul(u, v);    // 2.3
  const auto s = Mul(a.x, v);  // 1.3
  // 3 x^2 - 3 zz^2, of which the factors have 3.1 each and the product 1.6.
  const auto difference = Mul(a.x - a.zz, a.x + a.zz);
  const auto m = Trim(difference + difference + difference);
  const auto x = Trim(Square(m) - (s + s));
  return {x, MulSub(m, s - x, w, a.y),  // 1.6
          Mul(v, a.zz),                 // 1.5
          Mul(w, a.zzz)};               // 1.3
}

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_POINT_H_
