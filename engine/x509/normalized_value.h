// NormalizedValue reads one attribute value in the form in which names are
// compared (see name.h): Unicode code points, ASCII letters in lower case,
// white space trimmed and collapsed. One pass, no memory.

#ifndef CHAINKEEP_ENGINE_X509_NORMALIZED_VALUE_H_
#define CHAINKEEP_ENGINE_X509_NORMALIZED_VALUE_H_

#include <cstdint>

#include "chainkeep/types.h"
#include "engine/der/cursor.h"

namespace chainkeep::x509 {

// IsTextType returns whether names compare values of `tag` as Unicode. Values
// of any other type compare as bytes.
bool IsTextType(der::Tag tag);

// IsText returns whether `value` is of such a type, and well-formed for it.
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
  NormalizedValue(der::Tag tag, Bytes value)
      : tag_(tag), rest_(value), ahead_(Raw()) {
    while (ahead_ == ' ') ahead_ = Raw();
  }

  // The next code point, or kEnd.
  uint32_t Next();

 private:
  // The next character as it is, white space as ' ', or kEnd.
  uint32_t Raw();

  der::Tag tag_;
  Bytes rest_;
  uint32_t ahead_;
};

// Here, and not in the source: both run for every character of a name that is
// compared, and a call for each would be most of what that costs.
inline uint32_t NormalizedValue::Raw() {
  if (rest_.empty()) return kEnd;
  uint32_t c = rest_.front();
  if (c < 0x80 && tag_ != der::kBmpString && tag_ != der::kUniversalString) {
    rest_ = rest_.subspan(1);
  } else {
    c = NextCodePoint(tag_, &rest_);
  }
  return c >= '\t' && c <= '\r' ? ' ' : c;
}

inline uint32_t NormalizedValue::Next() {
  const uint32_t c = ahead_;
  if (c == kEnd) return kEnd;
  ahead_ = Raw();
  if (c == ' ') {
    // One space stands for a run of them, and for none at the end.
    while (ahead_ == ' ') ahead_ = Raw();
    return ahead_ == kEnd ? kEnd : ' ';
  }
  return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

}  // namespace chainkeep::x509

#endif  // CHAINKEEP_ENGINE_X509_NORMALIZED_VALUE_H_
