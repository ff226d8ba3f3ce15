// The points whose sum a signature is about, and the question asked of the sum.
//
// A signature (r, s) by the key Q over the hash z is good if, with w = 1/s, the
// point z w G + r w Q has an x that is r modulo n. Terms are the points of
// tables that this is the sum of, in the order in which they are to be added.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_TERMS_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_TERMS_H_

#include <array>
#include <cstdint>

#include "engine/signature/prepared/table.h"

namespace chainkeep::signature::prepared {

template <class Curve>
class Terms {
 public:
  static constexpr int kMaxCount = 192;

  // Adds k times the point of `table`. A table with columns comes first: its
  // columns, the last first, are to be doubled before the next one is added.
  void Append(const Table<Curve>& table, const Words<Curve::kWords>& k) {
    AppendDigits(table, table.layout().Recode(k));
  }

  // The same of k in digits.
  void AppendDigits(const Table<Curve>& table,
                    const typename Layout<Curve>::Digits& digits) {
    const Layout<Curve>& layout = table.layout();
    const Shape& shape = layout.shape();
    if (shape.columns > 1) {
      columns_ = shape.columns;
      per_column_ = shape.tables;
    }
    for (int column = shape.columns - 1; column >= 0; --column) {
      for (int i = 0; i < shape.tables; ++i) {
        const auto term = layout.TermOf(digits, i, column);
        const TablePoint<Curve>* const point = &table.At(i, term.index);
        for (size_t line = 0; line < sizeof(*point); line += 64) {
          __builtin_prefetch(reinterpret_cast<const char*>(point) + line);
        }
        Append(point, term.is_negative);
      }
    }
  }

  // Adds a point, which must outlive this, or its opposite.
  void Append(const TablePoint<Curve>* point, bool is_negative) {
    points_[count_] = point;
    is_negative_[count_] = is_negative;
    ++count_;
  }

  int count() const { return count_; }
  const TablePoint<Curve>& point(int i) const { return *points_[i]; }
  bool is_negative(int i) const { return is_negative_[i]; }

  // Whether the sum of the first i terms is to be doubled before the next.
  bool DoublesBefore(int i) const {
    return i > 0 && i < columns_ * per_column_ && i % per_column_ == 0;
  }
  int columns() const { return columns_; }
  int per_column() const { return per_column_; }

 private:
  int count_ = 0;
  int columns_ = 1;
  int per_column_ = 0;  // where there is more than one column
  std::array<const TablePoint<Curve>*, kMaxCount> points_;
  std::array<bool, kMaxCount> is_negative_;
};

// Whether the x of the sum is r modulo n, of r below n.
template <class Curve>
Outcome HasXPortable(const Terms<Curve>& terms, const Words<Curve::kWords>& r);

// The same with AVX-512 IFMA: requires IsAvailable(Arithmetic::kIfma).
template <class Curve>
Outcome HasXIfma(const Terms<Curve>& terms, const Words<Curve::kWords>& r);

// p - n: there are x from n on, which are r + n for r below this. Wycheproof
// has the case.
template <class Curve>
constexpr Words<Curve::kWords> PrimeLessOrder() {
  Words<Curve::kWords> difference = Curve::kPrime;
  SubtractFrom<Curve::kWords>(&difference, Curve::kOrder);
  return difference;
}

// How both end: whether X / ZZ, of |X|, |ZZ| <= 8 p, is r modulo n. There is no
// division: r ZZ is compared with X.
template <class Curve>
Outcome CompareX(const Coordinate<Curve>& x, const Coordinate<Curve>& zz,
                 const Words<Curve::kWords>& r) {
  using Field = FieldOf<Curve>;
  if (IsZero(zz)) return Outcome::kNotDecided;
  const auto is_x = [&](const Words<Curve::kWords>& candidate) {
    const auto montgomery =
        Mul(FromWords<Field>(candidate), FromWords<Field>(kRSquared<Field>));
    return IsZero(Mul(montgomery, zz) - x);
  };
  if (is_x(r)) return Outcome::kValid;
  if (IsLess<Curve::kWords>(r, PrimeLessOrder<Curve>())) {
    Words<Curve::kWords> sum = r;
    AddTo<Curve::kWords>(&sum, Curve::kOrder);
    if (is_x(sum)) return Outcome::kValid;
  }
  return Outcome::kInvalid;
}

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_TERMS_H_
