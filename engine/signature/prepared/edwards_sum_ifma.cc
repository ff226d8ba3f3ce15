// Eight sums of an eighth of the terms each grow in eight lanes, and are added
// up in the end, as in sum_ifma.cc. Formulas: edwards_point.h.
//
// Sizes, in units of p: what is multiplied is carried and not negative, so
// differences have 2 p added. Mul gives A B / 32 + 1. Between additions X is at
// most 2, Y 2, Z 2 and T 2; what a table has is at most 1.

#include "engine/signature/prepared/edwards_sum.h"
#include "engine/signature/prepared/lane_terms.h"

namespace chainkeep::signature::prepared {

#if defined(__x86_64__)

namespace {

using Field = FieldOf<Ed25519>;

constexpr Words<4> InMontgomery(const Words<4>& a) {
  return MulModulo<4>(a, kR<Field>, Field::kValue);
}
constexpr Words<4> kTwo = InMontgomery({2});
constexpr Words<4> kTwoD = InMontgomery(kEdwardsTwoD);
constexpr Words<4> kOverD = InMontgomery(kEdwardsOverD);

template <class W>
using Number = Lanes<Field, W>;

template <class W>
struct Point {
  Number<W> x, y, z, t;
};

// a + b, and a - b + 2 p, of b <= 2 p.
template <class W>
CHAINKEEP_IFMA Number<W> Plus(const Number<W>& a, const Number<W>& b) {
  return Carry(AddLimbs(a, b));
}
template <class W>
CHAINKEEP_IFMA Number<W> Minus(const Number<W>& a, const Number<W>& b) {
  return Carry(AddMultiple<2>(SubLimbs(a, b)));
}

template <class W>
CHAINKEEP_IFMA Point<W> Finish(const Number<W>& e, const Number<W>& f,
                               const Number<W>& g, const Number<W>& h) {
  Point<W> sum;
  MulPair(e, f, g, h, &sum.x, &sum.y);
  MulPair(f, g, e, h, &sum.z, &sum.t);
  return sum;
}

CHAINKEEP_IFMA Number<Eight> Constant(const Words<4>& a) {
  const auto limbs = ToLimbs<5, 4>(a);
  Number<Eight> number;
  for (int i = 0; i < 5; ++i) number.limbs[i] = Eight::Set(limbs[i]);
  return number;
}

struct Addend {
  Number<Eight> y_plus_x, y_minus_x, xy2d;
};

// Eight terms; of an opposite y + x and y - x are exchanged, and xy2d is not
// changed yet.
CHAINKEEP_IFMA Addend Load(const Terms<Ed25519>& terms, int first,
                           __mmask8 negative) {
  Number<Eight> numbers[3];
  LoadCoordinates(terms, first, numbers);
  return {Choose(negative, numbers[0], numbers[1]),
          Choose(negative, numbers[1], numbers[0]), numbers[2]};
}

CHAINKEEP_IFMA Point<Eight> Add(const Point<Eight>& a, const Addend& b,
                                __mmask8 negative) {
  Number<Eight> p, q;
  MulPair(Minus(a.y, a.x), b.y_minus_x, Plus(a.y, a.x), b.y_plus_x, &p,
          &q);                        // 4 * 1: 1.2
  const auto c = Mul(a.t, b.xy2d);    // 1.1
  const auto d = AddLimbs(a.z, a.z);  // 4
  const auto less = Minus(d, c);      // 6
  const auto more = Plus(d, c);       // 5.1
  // 3.2 * 6: 1.6; 5.1 * 2.4: 1.4; 6 * 5.1: 1.96; 3.2 * 2.4: 1.3
  return Finish(Minus(q, p), Choose(negative, less, more),
                Choose(negative, more, less), Plus(q, p));
}

template <class W>
CHAINKEEP_IFMA Point<W> Add(const Point<W>& a, const Point<W>& b,
                            const Number<W>& two_d) {
  Number<W> p, q, c, d;
  MulPair(Minus(a.y, a.x), Minus(b.y, b.x), Plus(a.y, a.x), Plus(b.y, b.x), &p,
          &q);                          // 4 * 4: 1.5
  MulPair(a.t, b.t, a.z, b.z, &c, &d);  // 1.2
  c = Mul(c, two_d);                    // 1.1
  d = AddLimbs(d, d);                   // 2.4
  return Finish(Minus(q, p), Minus(d, c), Plus(d, c), Plus(q, p));
}

CHAINKEEP_IFMA Point<Eight> Double(const Point<Eight>& p) {
  Number<Eight> a, b, zz, ss;
  SquarePair(p.x, p.y, &a, &b);               // 1.2
  SquarePair(p.z, Plus(p.x, p.y), &zz, &ss);  // 1.2, 4^2: 1.5
  const auto h = Plus(a, b);                  // 2.4
  const auto g = Minus(a, b);                 // 3.2
  const auto f = Plus(g, AddLimbs(zz, zz));   // 5.6
  return Finish(Minus(h, ss), f, g, h);       // 4.4 * 5.6: 1.8; 1.3; 1.6; 1.4
}

// Each of these is called, for it is too long to stand in several places.

CHAINKEEP_IFMA_CALL void Start(const Terms<Ed25519>& terms, Point<Eight>* sum) {
  const __mmask8 negative = Negative(terms, 0);
  const Addend addend = Load(terms, 0, negative);
  const auto t = Mul(addend.xy2d, Constant(kOverD));  // 1.1
  Number<Eight> zero;
  for (auto& limb : zero.limbs) limb = Eight::Set(0);
  // As ToPoint. Both numbers are below p: one p makes up for either sign.
  *sum = {Carry(AddMultiple<1>(SubLimbs(addend.y_plus_x, addend.y_minus_x))),
          Plus(addend.y_plus_x, addend.y_minus_x), Constant(kTwo),
          Choose(negative, t, Minus(zero, t))};
}

CHAINKEEP_IFMA_CALL void DoubleLanes(Point<Eight>* sum) { *sum = Double(*sum); }

// Adds the terms from `first` on, to as many lanes as there are terms.
CHAINKEEP_IFMA_CALL void AddTerms(const Terms<Ed25519>& terms, int first,
                                  Point<Eight>* sum) {
  const __mmask8 negative = Negative(terms, first);
  const Point<Eight> more = Add(*sum, Load(terms, first, negative), negative);
  const int count = terms.count() - first;
  if (count >= 8) {
    *sum = more;
    return;
  }
  const __mmask8 mask = static_cast<__mmask8>((1u << count) - 1);
  *sum = {Choose(mask, sum->x, more.x), Choose(mask, sum->y, more.y),
          Choose(mask, sum->z, more.z), Choose(mask, sum->t, more.t)};
}

template <int kHalf>
CHAINKEEP_IFMA Point<Four> Half(const Point<Eight>& a) {
  return {Half<kHalf>(a.x), Half<kHalf>(a.y), Half<kHalf>(a.z),
          Half<kHalf>(a.t)};
}

template <int kOrder>
CHAINKEEP_IFMA Point<Four> Permute(const Point<Four>& a) {
  return {Permute<kOrder>(a.x), Permute<kOrder>(a.y), Permute<kOrder>(a.z),
          Permute<kOrder>(a.t)};
}

CHAINKEEP_IFMA_CALL void AddFour(const Point<Four>& a, const Point<Four>& b,
                                 Point<Four>* sum) {
  *sum = Add(a, b, Half<0>(Constant(kTwoD)));
}

// In Montgomery form, with a factor R that the others have, too.
CHAINKEEP_IFMA Field51 FirstOf(const Number<Four>& a) {
  return ToField51(Canonical(FirstLane(a)));
}

CHAINKEEP_IFMA_CALL EdwardsPoint SumInLanes(const Terms<Ed25519>& terms) {
  Point<Eight> sum;
  Start(terms, &sum);
  for (int next = 8; next < terms.count(); next += 8) {
    if (terms.DoublesBefore(next)) DoubleLanes(&sum);
    AddTerms(terms, next, &sum);
  }
  Point<Four> four;
  AddFour(Half<0>(sum), Half<1>(sum), &four);
  AddFour(four, Permute<0b11'10'11'10>(four), &four);
  AddFour(four, Permute<0b01'01'01'01>(four), &four);
  return {FirstOf(four.x), FirstOf(four.y), FirstOf(four.z), FirstOf(four.t)};
}

}  // namespace

EdwardsPoint SumIfma(const Terms<Ed25519>& terms) { return SumInLanes(terms); }

#else  // defined(__x86_64__)

// Never called: Choose does not choose it.
EdwardsPoint SumIfma(const Terms<Ed25519>& terms) { return SumPortable(terms); }

#endif  // defined(__x86_64__)

}  // namespace chainkeep::signature::prepared
