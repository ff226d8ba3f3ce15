#include "engine/signature/prepared/table.h"

#include <algorithm>

#include "engine/signature/prepared/invert_all.h"

namespace chainkeep::signature::prepared {
namespace {

// What a step does. The multiplications of a step are then, of P-256:
// 64 doublings of 10 and 64 points made affine by 8, or 128 points by 7.
constexpr size_t kPowersAStep = 64;
constexpr int kPointsAStep = 128;

}  // namespace

template <class Curve>
TableBuilder<Curve>::TableBuilder(const Layout<Curve>* layout,
                                  const PlainPoint<Curve>& point)
    : table_(layout) {
  const Shape& shape = layout->shape();
  size_t last = 0;
  is_needed_.resize(static_cast<size_t>(shape.digits()) + 1);
  for (int table = 0; table < shape.tables; ++table) {
    for (int tooth = 0; tooth < shape.teeth; ++tooth) {
      const size_t place = static_cast<size_t>(shape.PlaceOf(tooth, table));
      // Signs are turned by adding twice the power: see FillRest.
      is_needed_[place] = is_needed_[place + 1] = true;
      last = std::max(last, place + 1);
    }
  }
  is_needed_.resize(last + 1);
  powers_.resize(last + 1);
  const Coordinate<Curve> one = FromWords<FieldOf<Curve>>(kR<FieldOf<Curve>>);
  power_ = {ToMontgomery<FieldOf<Curve>>(point.x),
            ToMontgomery<FieldOf<Curve>>(point.y), one, one};
}

template <class Curve>
BuildState TableBuilder<Curve>::Step() {
  if (next_place_ < powers_.size()) {
    StepPowers();
    return BuildState::kWorking;
  }
  if (next_table_ < table_.layout().shape().tables && !StepTables()) {
    return BuildState::kFailed;
  }
  return next_table_ < table_.layout().shape().tables ? BuildState::kWorking
                                                      : BuildState::kDone;
}

template <class Curve>
void TableBuilder<Curve>::StepPowers() {
  const size_t end = std::min(next_place_ + kPowersAStep, powers_.size());
  std::vector<Xyzz<Curve>> found;
  std::vector<Coordinate<Curve>> inverses;  // 1 / ZZZ
  const size_t begin = next_place_;
  for (; next_place_ < end; ++next_place_) {
    if (is_needed_[next_place_]) {
      found.push_back(power_);
      inverses.push_back(power_.zzz);
    }
    power_ = Double(power_);
  }
  // A multiple of a point of prime order by a power of two is not infinity.
  if (found.empty() || !InvertAll(&inverses)) return;
  size_t next = 0;
  for (size_t place = begin; place < end; ++place) {
    if (!is_needed_[place]) continue;
    const Xyzz<Curve>& power = found[next];
    const Coordinate<Curve>& inverse = inverses[next];
    ++next;
    // ZZ = z^2 and ZZZ = z^3, so 1 / z is ZZ / ZZZ.
    const Coordinate<Curve> z_inverse = Mul(power.zz, inverse);
    powers_[place] = {Trim(Mul(power.x, Square(z_inverse))),
                      Trim(Mul(power.y, inverse))};
  }
}

template <class Curve>
bool TableBuilder<Curve>::StepTables() {
  const Shape& shape = table_.layout().shape();
  const int size = shape.points_per_table();
  const int count =
      std::min(std::max(1, kPointsAStep / size), shape.tables - next_table_);
  std::vector<Affine<Curve>> points(static_cast<size_t>(count * size));
  if (!FillFirst(next_table_, count, points.data()) ||
      !FillRest(next_table_, count, points.data())) {
    return false;
  }
  TablePoint<Curve>* out =
      table_.points_.data() + static_cast<ptrdiff_t>(next_table_) * size;
  for (const Affine<Curve>& point : points) {
    *out++ = {Canonical(point.x), Canonical(point.y)};
  }
  next_table_ += count;
  return true;
}

// The point with index 0 of each sub-table: the last power less all others.
template <class Curve>
bool TableBuilder<Curve>::FillFirst(int from, int count,
                                    Affine<Curve>* points) const {
  const Shape& shape = table_.layout().shape();
  const int size = shape.points_per_table();
  const auto power = [&](int tooth, int table) {
    return powers_[static_cast<size_t>(shape.PlaceOf(tooth, from + table))];
  };
  for (int i = 0; i < count; ++i) {
    // Of neighbours, 2^(w-1) - 2^(w-2) - ... - 1 is 1.
    points[i * size] = power(shape.spacing == 1 ? 0 : shape.teeth - 1, i);
  }
  if (shape.spacing == 1) return true;
  for (int tooth = 0; tooth < shape.teeth - 1; ++tooth) {
    std::vector<Sum> sums;
    for (int i = 0; i < count; ++i) {
      const Affine<Curve> b = power(tooth, i);
      Affine<Curve>* const point = &points[i * size];
      sums.push_back({point, {b.x, -b.y}, point});
    }
    if (!AddAll(sums)) return false;
  }
  return true;
}

// From those with bits below `tooth` only, those that have its bit as well: a
// sign is turned by adding twice the power.
template <class Curve>
bool TableBuilder<Curve>::FillRest(int from, int count,
                                   Affine<Curve>* points) const {
  const Shape& shape = table_.layout().shape();
  const int size = shape.points_per_table();
  for (int tooth = 0; tooth < shape.teeth - 1; ++tooth) {
    std::vector<Sum> sums;
    const int bit = 1 << tooth;
    for (int i = 0; i < count; ++i) {
      const Affine<Curve>& twice =
          powers_[static_cast<size_t>(shape.PlaceOf(tooth, from + i)) + 1];
      for (int index = 0; index < bit; ++index) {
        Affine<Curve>* const point = &points[i * size + index];
        sums.push_back({point, twice, point + bit});
      }
    }
    if (!AddAll(sums)) return false;
  }
  return true;
}

template <class Curve>
bool TableBuilder<Curve>::AddAll(const std::vector<Sum>& sums) {
  std::vector<Coordinate<Curve>> inverses;
  inverses.reserve(sums.size());
  for (const Sum& sum : sums) inverses.push_back(sum.b.x - sum.a->x);  // 2.02
  if (!InvertAll(&inverses)) return false;
  for (size_t i = 0; i < sums.size(); ++i) {
    const Affine<Curve> a = *sums[i].a;
    const Coordinate<Curve> slope = Mul(sums[i].b.y - a.y, inverses[i]);  // 1.2
    const Coordinate<Curve> x = Trim(Square(slope) - a.x - sums[i].b.x);
    *sums[i].result = {x, Trim(Mul(slope, a.x - x) - a.y)};
  }
  return true;
}

template class TableBuilder<P256>;
template class TableBuilder<P384>;

}  // namespace chainkeep::signature::prepared
