#include "engine/signature/prepared/edwards_table.h"

#include <algorithm>

#include "engine/signature/prepared/invert_all.h"

namespace chainkeep::signature::prepared {
namespace {

// What a step does: 64 doublings of 8 multiplications and 64 points made
// addends by 7, or 128 points by 14.
constexpr size_t kPowersAStep = 64;
constexpr int kPointsAStep = 128;

// w^((p - 5) / 8), that is w to the power of 2^252 - 3: 252 bits, all of them 1
// but for the second.
Field51 RaiseForRoot(const Field51& w) {
  Field51 power = w;
  for (int bit = 250; bit >= 0; --bit) {
    power = Square(power);
    if (bit != 1) power = Mul(power, w);
  }
  return power;
}

}  // namespace

TablePoint<Ed25519> ToTablePoint(const EdwardsAddend& addend) {
  return {Canonical(addend.y_plus_x), Canonical(addend.y_minus_x),
          Canonical(addend.xy2d)};
}

std::vector<EdwardsAddend> ToAddends(const std::vector<EdwardsPoint>& points) {
  const Field51 two_d = ToField51(kEdwardsTwoD);
  std::vector<Field51> inverses;
  inverses.reserve(points.size());
  for (const EdwardsPoint& point : points) inverses.push_back(point.z);
  InvertAll(&inverses);  // no Z is 0
  std::vector<EdwardsAddend> addends;
  addends.reserve(points.size());
  for (size_t i = 0; i < points.size(); ++i) {
    const auto x = Mul(points[i].x, inverses[i]);
    const auto y = Mul(points[i].y, inverses[i]);
    addends.push_back({Times(y + x, kAddendFactor), Times(y - x, kAddendFactor),
                       Times(Mul(Mul(x, y), two_d), kAddendFactor)});
  }
  return addends;
}

std::optional<EdwardsPoint> DecodePoint(Bytes encoded) {
  Words<4> y_words = FromLittleEndian<4>(encoded);
  const bool is_odd = (y_words[3] >> 63) != 0;
  y_words[3] &= ~uint64_t{0} >> 1;
  const Field51 one = ToField51({1});
  const Field51 y = ToField51(y_words);
  // x^2 = u / v, and v is not 0, since -1 / d is not a square. With u v a
  // square, or one times the root of -1, (u v)^((p - 5) / 8) is a root of
  // 1 / (u v), or of its opposite.
  const auto yy = Square(y);
  const auto u = Carry(yy - one);
  const auto v = Mul(yy, ToField51(kEdwardsD)) + one;
  auto x = Mul(u, RaiseForRoot(Mul(u, v)));
  const auto vxx = Mul(v, Square(x));
  if (!IsZero(vxx - u)) {
    if (!IsZero(vxx + u)) return std::nullopt;
    x = Mul(x, ToField51(kSquareRootOfMinusOne));
  }
  if ((Canonical(x)[0] & 1) != is_odd) x = Carry(Field51() - x);
  return EdwardsPoint{x, y, one, Mul(x, y)};
}

TableBuilder<Ed25519>::TableBuilder(const Layout<Ed25519>* layout,
                                    const EdwardsPoint& point)
    : table_(layout), power_(point) {
  const Shape& shape = layout->shape();
  // Signs are turned by adding twice the power.
  powers_needed_ =
      static_cast<size_t>(shape.PlaceOf(shape.teeth - 1, shape.tables - 1) + 2);
}

BuildState TableBuilder<Ed25519>::Step() {
  if (powers_.size() < powers_needed_) {
    StepPowers();
    return BuildState::kWorking;
  }
  StepTables();
  return next_table_ < table_.layout().shape().tables ? BuildState::kWorking
                                                      : BuildState::kDone;
}

void TableBuilder<Ed25519>::StepPowers() {
  const size_t end = std::min(powers_.size() + kPowersAStep, powers_needed_);
  std::vector<EdwardsPoint> found;
  for (size_t place = powers_.size(); place < end; ++place) {
    found.push_back(power_);
    power_ = Double(power_);
  }
  for (const EdwardsAddend& addend : ToAddends(found)) {
    powers_.push_back(addend);
  }
}

// As many sub-tables as a step fills. The point with index 0 is the last power
// less all others; from points with bits below a tooth come those that have its
// bit as well.
void TableBuilder<Ed25519>::StepTables() {
  const Shape& shape = table_.layout().shape();
  const int size = shape.points_per_table();
  const int end =
      std::min(next_table_ + std::max(1, kPointsAStep / size), shape.tables);
  const int first = next_table_;
  std::vector<EdwardsPoint> points;
  for (; next_table_ < end; ++next_table_) {
    const auto power = [&](int tooth, size_t doublings) {
      const int place = shape.PlaceOf(tooth, next_table_);
      return powers_[static_cast<size_t>(place) + doublings];
    };
    const size_t start = points.size();
    EdwardsPoint least = ToPoint(power(shape.teeth - 1, 0));
    for (int tooth = 0; tooth < shape.teeth - 1; ++tooth) {
      least = Add(least, Negate(power(tooth, 0)));
    }
    points.push_back(least);
    for (int tooth = 0; tooth < shape.teeth - 1; ++tooth) {
      const EdwardsAddend twice = power(tooth, 1);
      for (size_t index = 0; index < size_t{1} << tooth; ++index) {
        points.push_back(Add(points[start + index], twice));
      }
    }
  }
  TablePoint<Ed25519>* out =
      table_.points_.data() + static_cast<ptrdiff_t>(first) * size;
  for (const EdwardsAddend& addend : ToAddends(points)) {
    *out++ = ToTablePoint(addend);
  }
}

}  // namespace chainkeep::signature::prepared
