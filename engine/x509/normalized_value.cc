#include "engine/x509/normalized_value.h"

#include <cstring>

namespace chainkeep::x509 {
namespace {

// A Unicode scalar value that may stand in text: no surrogate, no noncharacter.
bool IsCharacter(uint32_t c) {
  const bool surrogate = c >= 0xd800 && c <= 0xdfff;
  const bool noncharacter =
      (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
  return c <= 0x10ffff && !surrogate && !noncharacter;
}

bool IsWhiteSpace(uint32_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// How many of the first bytes are below 0x80, eight at a time.
size_t AsciiPrefix(Bytes value) {
  size_t i = 0;
  for (uint64_t word; i + sizeof(word) <= value.size(); i += sizeof(word)) {
    std::memcpy(&word, value.data() + i, sizeof(word));
    if ((word & 0x8080808080808080) != 0) break;
  }
  while (i < value.size() && value[i] < 0x80) ++i;
  return i;
}

bool IsAscii(Bytes value) { return AsciiPrefix(value) == value.size(); }

// Decodes one UTF-8 sequence of RFC 3629, shortest form only; 0 if there is
// none. U+0000 counts one byte like any other.
size_t DecodeUtf8(Bytes text, uint32_t* c) {
  const uint8_t lead = text[0];
  if (lead < 0x80) {
    *c = lead;
    return 1;
  }
  const size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return 0;
  uint32_t value = lead & (0x7f >> size);
  for (size_t i = 1; i < size; ++i) {
    if ((text[i] & 0xc0) != 0x80) return 0;
    value = value << 6 | (text[i] & 0x3f);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[size] || !IsCharacter(value)) return 0;
  *c = value;
  return size;
}

bool IsUtf8(Bytes text) {
  for (;;) {
    text = text.subspan(AsciiPrefix(text));
    if (text.empty()) return true;
    uint32_t c;
    const size_t size = DecodeUtf8(text, &c);
    if (size == 0) return false;
    text = text.subspan(size);
  }
}

uint32_t BigEndian(Bytes bytes, size_t width) {
  uint32_t value = 0;
  for (size_t i = 0; i < width; ++i) value = value << 8 | bytes[i];
  return value;
}

// A byte order mark in front is refused: is it a part of the text, or not?
bool IsFixedWidth(Bytes text, size_t width) {
  if (text.size() % width != 0) return false;
  if (!text.empty() && BigEndian(text, width) == 0xfeff) return false;
  for (; !text.empty(); text = text.subspan(width)) {
    if (!IsCharacter(BigEndian(text, width))) return false;
  }
  return true;
}

}  // namespace

bool IsTextType(der::Tag tag) {
  switch (tag) {
    case der::kPrintableString:
    case der::kIa5String:
    case der::kNumericString:
    case der::kUtf8String:
    case der::kBmpString:
    case der::kUniversalString:
      return true;
    default:
      return false;
  }
}

bool IsText(der::Tag tag, Bytes value) {
  switch (tag) {
    case der::kPrintableString:
    case der::kIa5String:
    case der::kNumericString:
      return IsAscii(value);
    case der::kUtf8String:
      return IsUtf8(value);
    case der::kBmpString:
      return IsFixedWidth(value, 2);
    case der::kUniversalString:
      return IsFixedWidth(value, 4);
    default:
      return false;
  }
}

uint32_t NextCodePoint(der::Tag tag, Bytes* rest) {
  uint32_t c = 0;
  size_t size = 1;
  switch (tag) {
    case der::kUtf8String:
      size = DecodeUtf8(*rest, &c);
      break;
    case der::kBmpString:
      size = 2;
      c = BigEndian(*rest, size);
      break;
    case der::kUniversalString:
      size = 4;
      c = BigEndian(*rest, size);
      break;
    default:
      c = rest->front();
  }
  *rest = rest->subspan(size);
  return c;
}

bool IsPlainAscii(der::Tag tag, Bytes value) {
  if (tag == der::kBmpString || tag == der::kUniversalString) return false;
  // A space before the first would be a leading one.
  uint8_t previous = ' ';
  for (uint8_t byte : value) {
    if (byte >= 0x80 || (byte < ' ' && IsWhiteSpace(byte)) ||
        (byte == ' ' && previous == ' ')) {
      return false;
    }
    previous = byte;
  }
  return value.empty() || previous != ' ';
}

}  // namespace chainkeep::x509
