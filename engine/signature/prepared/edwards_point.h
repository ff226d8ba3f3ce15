// Points of -x^2 + y^2 = 1 + d x^2 y^2, and their addition.
//
// An EdwardsPoint (X, Y, Z, T), T Z = X Y, stands for (X/Z, Y/Z). Formulas: H.
// Hisil, K. Wong, G. Carter, E. Dawson, "Twisted Edwards Curves Revisited",
// 2008: add-2008-hwcd-3, madd-2008-hwcd-3, dbl-2008-hwcd in the
// Explicit-Formulas Database. -1 is a square modulo p and d is not: they hold
// for all points of the curve, those of small order and equal ones included,
// and no Z is 0.
//
// Bounds. In units of p, and in size: X, Y, Z and T are at most 2, as products
// are: Mul gives A B / 32 + 1. What a table has is at most 1; the lines say the
// sizes with that. While one is built addends have 2.2, and X and Y of the
// first point 4.4, which leaves X, Y, Z and T of the next one below 2, too.
// Sums are of at most four products, whose limbs residue.h takes.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_EDWARDS_POINT_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_EDWARDS_POINT_H_

#include "engine/signature/prepared/curves.h"
#include "engine/signature/prepared/residue.h"

namespace chainkeep::signature::prepared {

using EdwardsField = FieldOf<Ed25519>;
using EdwardsNumber = Residue<EdwardsField>;

// The plain numbers, and what they are in Montgomery form.
inline constexpr Words<4> kEdwardsD = {0x75eb4dca135978a3, 0x00700a4d4141d8ab,
                                       0x8cc740797779e898, 0x52036cee2b6ffe73};
inline constexpr Words<4> kEdwardsOverD = {
    0x25e0f276cdc9f843, 0x0b5dd6984279542e, 0x2b162114cdb9cf66,
    0x40907ed214d5ce43};
inline constexpr Words<4> kSquareRootOfMinusOne = {
    0xc4ee1b274a0ea0b0, 0x2f431806ad2fe478, 0x2b4d00993dfbd7a7,
    0x2b8324804fc1df0b};

constexpr Words<4> EdwardsMontgomery(const Words<4>& a) {
  return MulModulo<4>(a, kR<EdwardsField>, Ed25519::kPrime);
}
inline constexpr Words<4> kTwoDInMontgomery =
    EdwardsMontgomery(AddModulo<4>(kEdwardsD, kEdwardsD, Ed25519::kPrime));
inline constexpr Words<4> kTwoInMontgomery = EdwardsMontgomery({2});
inline constexpr Words<4> kOverDInMontgomery = EdwardsMontgomery(kEdwardsOverD);

struct EdwardsPoint {
  EdwardsNumber x, y, z, t;
};

// (x, y) as additions want it: y + x, y - x and 2 d x y.
struct EdwardsAddend {
  EdwardsNumber y_plus_x, y_minus_x, xy2d;
};

// (2x, 2y) with Z = 2: sizes 2, 2, 1, 1.1.
inline EdwardsPoint ToPoint(const EdwardsAddend& a) {
  return {a.y_plus_x - a.y_minus_x, a.y_plus_x + a.y_minus_x,
          FromWords<EdwardsField>(kTwoInMontgomery),
          Mul(a.xy2d, FromWords<EdwardsField>(kOverDInMontgomery))};
}

inline EdwardsAddend Negate(const EdwardsAddend& a) {
  return {a.y_minus_x, a.y_plus_x, -a.xy2d};
}

// How additions end.
inline EdwardsPoint FinishAddition(const EdwardsNumber& a,
                                   const EdwardsNumber& b,
                                   const EdwardsNumber& c,
                                   const EdwardsNumber& d) {
  const auto e = b - a;                                 // of 1.5 and 1.5: 3
  const auto f = d - c;                                 // of 4 and 1.2: 5.2
  const auto g = d + c;                                 // 5.2
  const auto h = b + a;                                 // 3
  return {Mul(e, f), Mul(g, h), Mul(f, g), Mul(e, h)};  // 1.5, 1.5, 1.9, 1.3
}

inline EdwardsPoint Add(const EdwardsPoint& a, const EdwardsAddend& b) {
  return FinishAddition(Mul(a.y - a.x, b.y_minus_x),  // 4 * 1: 1.2
                        Mul(a.y + a.x, b.y_plus_x), Mul(a.t, b.xy2d),
                        a.z + a.z);
}

inline EdwardsPoint Add(const EdwardsPoint& a, const EdwardsPoint& b) {
  const auto zz = Mul(a.z, b.z);                    // 1.2
  return FinishAddition(Mul(a.y - a.x, b.y - b.x),  // 4 * 4: 1.5
                        Mul(a.y + a.x, b.y + b.x),
                        Mul(Mul(a.t, b.t),  // 1.2
                            FromWords<EdwardsField>(kTwoDInMontgomery)),
                        zz + zz);
}

inline EdwardsPoint Double(const EdwardsPoint& p) {
  const auto a = Square(p.x);                           // 1.2
  const auto b = Square(p.y);                           // 1.2
  const auto zz = Square(p.z);                          // 1.2
  const auto h = a + b;                                 // 2.4
  const auto e = h - Square(p.x + p.y);                 // of 2.4 and 1.5: 3.9
  const auto g = a - b;                                 // 2.4
  const auto f = g + zz + zz;                           // 4.8
  return {Mul(e, f), Mul(g, h), Mul(f, g), Mul(e, h)};  // 1.6, 1.2, 1.4, 1.3
}

// Whether `a` is (0, 1).
inline bool IsNeutral(const EdwardsPoint& a) {
  return IsZero(a.x) && IsZero(a.y - a.z);
}

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_EDWARDS_POINT_H_
