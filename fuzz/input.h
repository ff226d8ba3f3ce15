// Taking a fuzz input apart, and looking at the texts that come out.
//
// Everything here is total: an input that is too short gives empty pieces. Any
// thread may call the functions.

#ifndef CHAINKEEP_FUZZ_INPUT_H_
#define CHAINKEEP_FUZZ_INPUT_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string_view>

#include "chainkeep/types.h"

namespace chainkeep::fuzz {

inline std::string_view AsText(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Input gives out the front of what is left of an input.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(data, size) {}

  bool empty() const { return rest_.empty(); }
  Bytes rest() const { return rest_; }

  // One byte; 0 where nothing is left.
  uint8_t TakeByte() {
    const Bytes byte = Take(1);
    return byte.empty() ? 0 : byte.front();
  }

  // A piece that begins with its length in two bytes, cut short where the
  // input is. Two pieces of unlike length can so be mutated apart.
  Bytes TakePiece() {
    const size_t high = TakeByte();
    return Take(high << 8 | TakeByte());
  }

  Bytes Take(size_t size) {
    const Bytes piece = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(piece.size());
    return piece;
  }

 private:
  Bytes rest_;
};

// Whether `part` is nothing, or lies inside `whole`, in memory.
inline bool LiesWithin(Bytes part, Bytes whole) {
  const std::less_equal<const uint8_t*> less_equal;
  return part.empty() ||
         (less_equal(whole.data(), part.data()) &&
          less_equal(part.data() + part.size(), whole.data() + whole.size()));
}

inline bool IsPrintableAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= 0x20 && c <= 0x7e; });
}

}  // namespace chainkeep::fuzz

#endif  // CHAINKEEP_FUZZ_INPUT_H_
