// The sum of terms, one point after the other, in portable C++.

#include "engine/signature/prepared/point.h"
#include "engine/signature/prepared/terms.h"

namespace chainkeep::signature::prepared {
namespace {

template <class Curve>
Affine<Curve> Load(const Terms<Curve>& terms, int i) {
  using Field = FieldOf<Curve>;
  const TablePoint<Curve>& point = terms.point(i);
  const auto y = FromWords<Field>(point.y);
  return {FromWords<Field>(point.x), terms.is_negative(i) ? -y : y};
}

template <class Curve>
Xyzz<Curve> SumOf(const Terms<Curve>& terms) {
  Xyzz<Curve> sum = Add(Load(terms, 0), Load(terms, 1));
  for (int i = 2; i < terms.count(); ++i) {
    if (terms.DoublesBefore(i)) sum = Double(sum);
    sum = Add(sum, Load(terms, i));
  }
  return sum;
}

}  // namespace

template <class Curve>
Outcome HasXPortable(const Terms<Curve>& terms, const Words<Curve::kWords>& r) {
  const Xyzz<Curve> sum = SumOf(terms);
  return CompareX<Curve>(sum.x, sum.zz, r);
}

template Outcome HasXPortable(const Terms<P256>&, const Words<4>&);
template Outcome HasXPortable(const Terms<P384>&, const Words<6>&);

}  // namespace chainkeep::signature::prepared
