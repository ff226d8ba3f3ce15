// NormalizedValue reads one attribute value in the form in which names are
// compared (see name.h): Unicode code points, ASCII letters in lower case,
// white space trimmed and collapsed. One pass, no memory.

#ifndef CHAINKEEP_ENGINE_X509_NORMALIZED_VALUE_H_
#define CHAINKEEP_ENGINE_X509_NORMALIZED_VALUE_H_

#include <cstdint>

#include "chainkeep/types.h"
#include "engine/der/cursor.h"

namespace chainkeep::x509 {

// IsText returns whether `value` is of a string type that names compare as
// Unicode, and well-formed for it. Anything else compares as bytes.
bool IsText(der::Tag tag, Bytes value);

// NextCodePoint takes one character off the front of `rest`. Requires a value
// for which IsText holds, and that it is not empty.
uint32_t NextCodePoint(der::Tag tag, Bytes* rest);

// IsPlainAscii returns whether normalizing `value`, for which IsText holds,
// changes nothing but the case of letters, so that its bytes can be used as
// they are. Most values are like that.
bool IsPlainAscii(der::Tag tag, Bytes value);

class NormalizedValue {
 public:
  static constexpr uint32_t kEnd = UINT32_MAX;

  // Requires IsText(tag, value).
  NormalizedValue(der::Tag tag, Bytes value);

  // The next code point, or kEnd.
  uint32_t Next();

 private:
  // The next character as it is, white space as ' ', or kEnd.
  uint32_t Raw();

  der::Tag tag_;
  Bytes rest_;
  uint32_t ahead_;
};

}  // namespace chainkeep::x509

#endif  // CHAINKEEP_ENGINE_X509_NORMALIZED_VALUE_H_
