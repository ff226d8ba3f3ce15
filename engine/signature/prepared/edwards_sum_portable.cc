#include "engine/signature/prepared/edwards_sum.h"

namespace chainkeep::signature::prepared {

EdwardsPoint SumPortable(const Terms<Ed25519>& terms) {
  const auto addend = [&](int i) {
    const EdwardsAddend point = ToAddend(terms.point(i));
    return terms.is_negative(i) ? Negate(point) : point;
  };
  EdwardsPoint sum = ToPoint(addend(0));
  for (int i = 1; i < terms.count(); ++i) {
    if (terms.DoublesBefore(i)) sum = Double(sum);
    sum = Add(sum, addend(i));
  }
  return sum;
}

}  // namespace chainkeep::signature::prepared
