// How a scalar is cut into digits, and which multiples a table holds for them.
//
// Recoding. A scalar k is written with digits 1 and -1 only:
//   k = Σ (±1) 2^i modulo n, over kDigits digits.
// With c = 2^kDigits - 1 and k' = (k + c) / 2 modulo n, bit i of k' says the
// sign of 2^i, 1 for +: Σ (2 b_i - 1) 2^i = 2 k' - c = k. There is no digit 0,
// so that each part of a scalar is a point to add, never the point at infinity.
// An odd k can be written so as a whole number, too.
//
// Sub-tables. A table has `tables` sub-tables. Sub-table a serves, for each
// column b, the digits at the places
//   t * spacing + a * step + b,    t = 0 .. teeth - 1,
// and has the points Σ_t (±2^(t spacing + a step)) Q with + for the last t: the
// other half are their opposites. The sum of column b is to be doubled b times.
//
//   windows  spacing 1, step = teeth, one column: no doublings
//   combs    spacing = tables * columns, step = columns: columns - 1 doublings
//
// Either way each digit is served once, kDigits = teeth * tables * columns.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_LAYOUT_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_LAYOUT_H_

#include <cstddef>
#include <cstdint>

#include "engine/signature/prepared/curves.h"
#include "engine/signature/prepared/words.h"

namespace chainkeep::signature::prepared {

struct Shape {
  int teeth = 0;
  int tables = 0;
  int columns = 1;
  int spacing = 1;
  int step = 0;

  constexpr int digits() const { return teeth * tables * columns; }
  constexpr int points_per_table() const { return 1 << (teeth - 1); }
  constexpr int points() const { return tables * points_per_table(); }
  // How many points a scalar is the sum of.
  constexpr int additions() const { return tables * columns; }

  constexpr int PlaceOf(int tooth, int table) const {
    return tooth * spacing + table * step;
  }
};

constexpr Shape Windows(int bits, int width) {
  return {.teeth = width,
          .tables = (bits + width - 1) / width,
          .columns = 1,
          .spacing = 1,
          .step = width};
}

constexpr Shape Comb(int bits, int teeth, int tables) {
  const int columns = (bits + teeth * tables - 1) / (teeth * tables);
  return {.teeth = teeth,
          .tables = tables,
          .columns = columns,
          .spacing = tables * columns,
          .step = columns};
}

// Layout is a shape for the scalars of one curve.
template <class Curve>
class Layout {
 public:
  using Scalar = Words<Curve::kWords>;
  // With a word of zeros, for places above the scalar's.
  using Digits = std::array<uint64_t, Curve::kWords + 1>;

  explicit constexpr Layout(const Shape& shape)
      : shape_(shape),
        offset_(PowerOfTwo<Curve::kWords>(shape.digits(), Curve::kOrder)) {
    SubtractFrom<Curve::kWords>(&offset_, {1});
  }

  constexpr const Shape& shape() const { return shape_; }

  // k', of k below the order.
  constexpr Digits Recode(const Scalar& k) const {
    const Scalar halved = HalveModulo<Curve::kWords>(
        AddModulo<Curve::kWords>(k, offset_, Curve::kOrder), Curve::kOrder);
    Digits digits = {};
    for (int i = 0; i < Curve::kWords; ++i) digits[i] = halved[i];
    return digits;
  }

  // k' of an odd k below 2^digits, where k is meant itself and not modulo the
  // order: with k odd, the division by 2 is exact.
  constexpr Digits RecodeExactly(const Scalar& k) const {
    Digits digits = {};
    for (int i = 0; i < Curve::kWords; ++i) {
      const uint64_t above = i + 1 < Curve::kWords ? k[i + 1] : 0;
      digits[i] = k[i] >> 1 | above << 63;
    }
    const int top = shape_.digits() - 1;
    digits[top / 64] |= uint64_t{1} << top % 64;
    return digits;
  }

  // Term says which point of a sub-table is meant, and whether its opposite.
  struct Term {
    uint32_t index = 0;
    bool is_negative = false;
  };

  constexpr Term TermOf(const Digits& digits, int table, int column) const {
    const int first = table * shape_.step + column;
    uint64_t bits = 0;
    if (shape_.spacing == 1) {
      bits = BitsAt(digits, first, shape_.teeth);
    } else {
      for (int t = 0; t < shape_.teeth; ++t) {
        bits |= BitsAt(digits, first + t * shape_.spacing, 1) << t;
      }
    }
    const uint64_t top = uint64_t{1} << (shape_.teeth - 1);
    const bool is_negative = (bits & top) == 0;
    // The opposite has all signs turned.
    return {static_cast<uint32_t>((is_negative ? ~bits : bits) & (top - 1)),
            is_negative};
  }

  // Which multiple of the table's point is at an index, modulo the order.
  constexpr Scalar MultipleOf(int table, uint32_t index) const {
    Scalar sum = {};
    for (int t = 0; t < shape_.teeth; ++t) {
      Scalar power =
          PowerOfTwo<Curve::kWords>(shape_.PlaceOf(t, table), Curve::kOrder);
      if (t < shape_.teeth - 1 && (index >> t & 1) == 0) {
        Scalar opposite = Curve::kOrder;
        SubtractFrom<Curve::kWords>(&opposite, power);
        power = opposite;
      }
      sum = AddModulo<Curve::kWords>(sum, power, Curve::kOrder);
    }
    return sum;
  }

 private:
  Shape shape_;
  Scalar offset_;
};

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_LAYOUT_H_
