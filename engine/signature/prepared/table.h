// Tables of multiples of one point, and how they are built.
//
// A table holds public data only. It is immutable once it is built, so that any
// number of threads may read it. The builder works in steps, none of which
// costs more than about one verification by the library, so that a table can be
// built little by little by those who use the key.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_TABLE_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/signature/prepared/curves.h"
#include "engine/signature/prepared/layout.h"
#include "engine/signature/prepared/point.h"
#include "engine/signature/prepared/prepared_key.h"

namespace chainkeep::signature::prepared {

// Coordinates in [0, p), in Montgomery form. Of P-256 a point is a cache line.
template <class Curve>
struct alignas(Curve::kWords == 4 ? 64 : 32) TablePoint {
  Words<Curve::kWords> x, y;
};

// The coordinates of a point, as the library has them.
template <class Curve>
struct PlainPoint {
  Words<Curve::kWords> x, y;
};

template <class Curve>
PlainPoint<Curve> ToPlain(const TablePoint<Curve>& point) {
  Residue<FieldOf<Curve>> one;
  one.limbs[0] = 1;
  const auto plain = [&one](const Words<Curve::kWords>& coordinate) {
    return Canonical(Mul(FromWords<FieldOf<Curve>>(coordinate), one));
  };
  return {plain(point.x), plain(point.y)};
}

template <class Curve>
class Table {
 public:
  const Layout<Curve>& layout() const { return *layout_; }
  const TablePoint<Curve>& At(int table, uint32_t index) const {
    const size_t first =
        static_cast<size_t>(table * layout_->shape().points_per_table());
    return points_[first + index];
  }
  size_t bytes() const { return points_.size() * sizeof(points_[0]); }

 private:
  template <class>
  friend class TableBuilder;
  friend class TableForTests;

  explicit Table(const Layout<Curve>* layout)
      : layout_(layout),
        points_(static_cast<size_t>(layout->shape().points())) {}

  const Layout<Curve>* layout_;
  std::vector<TablePoint<Curve>> points_;
};

// TableBuilder makes the table of one point. It owns what it needs between
// steps, about 40 KB; the layout must outlive the table.
template <class Curve>
class TableBuilder {
 public:
  // Requires a point of the curve, not infinity: nothing here checks it.
  TableBuilder(const Layout<Curve>* layout, const PlainPoint<Curve>& point);

  // kFailed is not expected: two points had the same x where no two points of
  // one layout can.
  BuildState Step();

  // Requires kDone.
  Table<Curve> Take() { return std::move(table_); }

 private:
  // A sum of affine points: *result = *a + b.
  struct Sum {
    const Affine<Curve>* a;
    Affine<Curve> b;
    Affine<Curve>* result;
  };

  // All sums, with one inversion. False where two points have the same x.
  static bool AddAll(const std::vector<Sum>& sums);

  void StepPowers();
  bool StepTables();
  bool FillFirst(int from, int count, Affine<Curve>* points) const;
  bool FillRest(int from, int count, Affine<Curve>* points) const;

  Table<Curve> table_;
  // 2^i times the point, at place i; only those that are needed are set.
  std::vector<bool> is_needed_;
  std::vector<Affine<Curve>> powers_;
  Xyzz<Curve> power_;  // at next_place_
  size_t next_place_ = 0;
  int next_table_ = 0;
};

extern template class TableBuilder<P256>;
extern template class TableBuilder<P384>;

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_TABLE_H_
