#include "engine/der/cursor.h"

namespace chainkeep::der {

bool Cursor::LongLength(size_t* header_size, size_t* contents_size) const {
  // 0x80 is the indefinite length of BER.
  const size_t count = rest_[1] & 0x7f;
  if (count == 0 || count > 4 || rest_.size() < 2 + count) return false;
  size_t length = 0;
  for (size_t i = 0; i < count; ++i) length = length << 8 | rest_[2 + i];
  // The shortest form only: no leading zero, no long form below 128.
  if (rest_[2] == 0 || length < 0x80) return false;
  *header_size = 2 + count;
  *contents_size = length;
  return true;
}

namespace {

bool IsInteger(Bytes contents) {
  if (contents.size() < 2) return !contents.empty();
  // Nine equal leading bits are one byte too many.
  const uint8_t sign = contents[1] & 0x80;
  return contents[0] != (sign == 0 ? 0x00 : 0xff);
}

bool IsBoolean(Bytes contents) {
  return contents.size() == 1 && (contents[0] == 0x00 || contents[0] == 0xff);
}

}  // namespace

bool ReadWrittenFlag(Cursor& cursor, bool* value, const FlagNotes& notes,
                     Tolerated* tolerated, Tag tag) {
  Bytes contents;
  if (!cursor.Read(tag, &contents) || contents.size() != 1) return false;
  *value = contents[0] != 0;
  if (!*value) {
    Note(tolerated, notes.false_is_written);
  } else if (contents[0] != 0xff) {
    Note(tolerated, notes.true_is_not_ff);
  }
  return true;
}

bool ReadInteger(Cursor& cursor, Bytes* value, Tag tag) {
  Bytes contents;
  size_t size;
  if (!cursor.Peek(tag, &contents, &size) || !IsInteger(contents)) return false;
  *value = contents;
  cursor.Skip(size);
  return true;
}

bool ReadUint(Cursor& cursor, uint64_t* value, Tag tag) {
  Bytes contents;
  size_t size;
  if (!cursor.Peek(tag, &contents, &size) || !IsInteger(contents)) return false;
  if ((contents[0] & 0x80) != 0 || contents.size() > 8) return false;
  uint64_t result = 0;
  for (uint8_t byte : contents) result = result << 8 | byte;
  *value = result;
  cursor.Skip(size);
  return true;
}

bool BitString::Bit(size_t n) const {
  const size_t byte = n / 8;
  return byte < bytes.size() && (bytes[byte] >> (7 - n % 8) & 1) != 0;
}

bool ParseBitString(Bytes contents, BitString* value) {
  if (contents.empty() || contents[0] > 7) return false;
  const uint8_t unused = contents[0];
  const Bytes bytes = contents.subspan(1);
  if (unused != 0) {
    if (bytes.empty()) return false;
    if ((bytes.back() & ((1u << unused) - 1)) != 0) return false;
  }
  *value = {bytes, unused};
  return true;
}

bool EndsInZero(const BitString& value) {
  return !value.bytes.empty() && (value.bytes.back() >> value.unused & 1) == 0;
}

bool ReadBitString(Cursor& cursor, BitString* value) {
  Bytes contents;
  size_t size;
  if (!cursor.Peek(kBitString, &contents, &size) ||
      !ParseBitString(contents, value)) {
    return false;
  }
  cursor.Skip(size);
  return true;
}

bool IsAnyOid(Bytes contents) {
  if (contents.empty() || (contents.back() & 0x80) != 0) return false;
  bool starts = true;
  for (uint8_t byte : contents) {
    if (starts && byte == 0x80) return false;
    starts = (byte & 0x80) == 0;
  }
  return true;
}

bool IsAny(Tag tag, Bytes contents) {
  constexpr Tag kClass = 0xc0, kConstructed = 0x20;
  BitString bits;
  switch (tag) {
    case kBoolean:
      return IsBoolean(contents);
    case kInteger:
    case kEnumerated:
      return IsInteger(contents);
    case kBitString:
      return ParseBitString(contents, &bits);
    case kNull:
      return contents.empty();
    case kOid:
      return IsOid(contents);
    case kSequence:
    case kSet:
      return true;
    // Nothing has these where we take ANY, so their form need not be checked.
    case kUtf8String:
    case kBmpString:
    case kUniversalString:
    case kUtcTime:
    case kGeneralizedTime:
    // X.690 keeps universal 0 for the end of indefinite lengths, §8.1.5; a
    // primitive SEQUENCE or SET is none.
    case 0x00:
    case kSequence & ~kConstructed:
    case kSet & ~kConstructed:
      return false;
    default:
      return (tag & kClass) != 0 || (tag & kConstructed) == 0;
  }
}

}  // namespace chainkeep::der
