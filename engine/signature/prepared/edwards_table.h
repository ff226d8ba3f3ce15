// Tables of multiples of a point of Ed25519: as in table.h.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_EDWARDS_TABLE_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_EDWARDS_TABLE_H_

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "engine/signature/prepared/edwards_point.h"
#include "engine/signature/prepared/table.h"

namespace chainkeep::signature::prepared {

// An addend, its numbers in [0, p).
template <>
struct alignas(32) TablePoint<Ed25519> {
  Words<4> y_plus_x, y_minus_x, xy2d;
};

inline EdwardsAddend ToAddend(const TablePoint<Ed25519>& point) {
  return {ToField51(point.y_plus_x), ToField51(point.y_minus_x),
          ToField51(point.xy2d)};
}

TablePoint<Ed25519> ToTablePoint(const EdwardsAddend& addend);

// The addends of points, with one inversion.
std::vector<EdwardsAddend> ToAddends(const std::vector<EdwardsPoint>& points);

// DecodePoint reads a point as the library does (RFC 8032 §5.1.3, less strict):
// a y from p on is taken for y - p, and the sign of an x of 0 is ignored.
// Nothing if no point has that y. Requires 32 bytes.
std::optional<EdwardsPoint> DecodePoint(Bytes encoded);

// Any point of the curve will do: there are no exceptions.
template <>
class TableBuilder<Ed25519> {
 public:
  TableBuilder(const Layout<Ed25519>* layout, const EdwardsPoint& point);

  BuildState Step();  // never kFailed

  // Requires kDone.
  Table<Ed25519> Take() { return std::move(table_); }

 private:
  void StepPowers();
  void StepTables();

  Table<Ed25519> table_;
  // 2^i times the point, at place i.
  std::vector<EdwardsAddend> powers_;
  size_t powers_needed_ = 0;
  EdwardsPoint power_;  // the next one
  int next_table_ = 0;
};

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_EDWARDS_TABLE_H_
