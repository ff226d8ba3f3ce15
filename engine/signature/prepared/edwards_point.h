// Points of -x^2 + y^2 = 1 + d x^2 y^2, and their addition.
//
// An EdwardsPoint (X, Y, Z, T), T Z = X Y, stands for (X/Z, Y/Z). Formulas: H.
// Hisil, K. Wong, G. Carter, E. Dawson, "Twisted Edwards Curves Revisited",
// 2008: add-2008-hwcd-3, madd-2008-hwcd-3, dbl-2008-hwcd in the
// Explicit-Formulas Database. -1 is a square modulo p and d is not: they hold
// for all points of the curve, those of small order and equal ones included,
// and no Z is 0.
//
// Coordinates are tight (field51.h) where nothing else is said; sums are of so
// few of them that products take them, as the lines say in units of 2^51.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_EDWARDS_POINT_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_EDWARDS_POINT_H_

#include "engine/signature/prepared/curves.h"
#include "engine/signature/prepared/field51.h"
#include "engine/signature/prepared/words.h"

namespace chainkeep::signature::prepared {

inline constexpr Words<4> kEdwardsD = {0x75eb4dca135978a3, 0x00700a4d4141d8ab,
                                       0x8cc740797779e898, 0x52036cee2b6ffe73};
inline constexpr Words<4> kEdwardsTwoD =
    AddModulo<4>(kEdwardsD, kEdwardsD, Ed25519::kPrime);
inline constexpr Words<4> kEdwardsOverD = {
    0x25e0f276cdc9f843, 0x0b5dd6984279542e, 0x2b162114cdb9cf66,
    0x40907ed214d5ce43};
inline constexpr Words<4> kSquareRootOfMinusOne = {
    0xc4ee1b274a0ea0b0, 0x2f431806ad2fe478, 0x2b4d00993dfbd7a7,
    0x2b8324804fc1df0b};

// R = 2^260 modulo p. Addends have this factor: in lanes it is Montgomery's,
// and here it is one that X, Y, Z and T of a sum have alike.
inline constexpr uint64_t kAddendFactor = 32 * 19;
static_assert(kR<FieldOf<Ed25519>> == Words<4>{kAddendFactor});

struct EdwardsPoint {
  Field51 x, y, z, t;
};

// (x, y) as additions want it: R times y + x, y - x and 2 d x y.
struct EdwardsAddend {
  Field51 y_plus_x, y_minus_x, xy2d;
};

// R times (2x, 2y) with Z = 2.
inline EdwardsPoint ToPoint(const EdwardsAddend& a) {
  return {Carry(a.y_plus_x - a.y_minus_x), Carry(a.y_plus_x + a.y_minus_x),
          ToField51({2 * kAddendFactor}),
          Mul(a.xy2d, ToField51(kEdwardsOverD))};
}

inline EdwardsPoint Negate(const EdwardsPoint& a) {
  const Field51 zero;
  return {Carry(zero - a.x), a.y, a.z, Carry(zero - a.t)};
}

inline EdwardsAddend Negate(const EdwardsAddend& a) {
  return {a.y_minus_x, a.y_plus_x, Carry(Field51() - a.xy2d)};
}

// How additions end, of tight numbers.
inline EdwardsPoint FinishAddition(const Field51& a, const Field51& b,
                                   const Field51& c, const Field51& d) {
  const auto e = b - a;  // 3.1
  const auto f = d - c;  // 3.1
  const auto g = d + c;  // 2.1
  const auto h = b + a;  // 2.1
  return {Mul(e, f), Mul(g, h), Mul(f, g), Mul(e, h)};
}

inline EdwardsPoint Add(const EdwardsPoint& a, const EdwardsAddend& b) {
  return FinishAddition(Mul(a.y - a.x, b.y_minus_x), Mul(a.y + a.x, b.y_plus_x),
                        Mul(a.t, b.xy2d), Times(a.z, 2 * kAddendFactor));
}

inline EdwardsPoint Add(const EdwardsPoint& a, const EdwardsPoint& b) {
  return FinishAddition(Mul(a.y - a.x, b.y - b.x), Mul(a.y + a.x, b.y + b.x),
                        Mul(Mul(a.t, b.t), ToField51(kEdwardsTwoD)),
                        Times(Mul(a.z, b.z), 2));
}

inline EdwardsPoint Double(const EdwardsPoint& p) {
  const auto a = Square(p.x);
  const auto b = Square(p.y);
  const auto zz = Square(p.z);
  const auto h = a + b;                  // 2.1
  const auto e = h - Square(p.x + p.y);  // 4.1
  const auto g = a - b;                  // 3.1
  const auto f = g + zz + zz;            // 5.1
  return {Mul(e, f), Mul(g, h), Mul(f, g), Mul(e, h)};
}

// Whether `a` is (0, 1).
inline bool IsNeutral(const EdwardsPoint& a) {
  return IsZero(a.x) && IsZero(a.y - a.z);
}

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_EDWARDS_POINT_H_
