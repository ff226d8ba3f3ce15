// Cursor reads DER (ITU-T X.690) element by element, strictly and in place.
//
// Together with the rest of engine/der this is the only code of chainkeep that
// touches raw bytes. A parser built on it reads like the ASN.1 it parses:
//
//   Cursor validity(contents);
//   if (!ReadTime(validity, &not_before) || !ReadTime(validity, &not_after) ||
//       !validity.empty()) {
//     return IllFormed("validity");
//   }
//
// Strict means: definite lengths in their shortest form, below 2^32, tags of
// one byte, and no element that ends after its parent. A failed read leaves the
// cursor where it was. Nothing is copied or allocated; views live as long as
// the bytes that the cursor was made from.
//
// Thread-safety: a Cursor is a plain value; share it no more than an int.

#ifndef CHAINKEEP_ENGINE_DER_CURSOR_H_
#define CHAINKEEP_ENGINE_DER_CURSOR_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "chainkeep/types.h"

namespace chainkeep::der {

// Fault is why some bytes were not taken: their form is wrong, or it is right
// and we do not implement what they say.
struct Fault {
  enum class Kind : uint8_t { kNone, kIllFormed, kUnsupported };

  Kind kind = Kind::kNone;
  std::string_view what;  // of static storage: the ASN.1 field at fault
};

inline Fault IllFormed(std::string_view what) {
  return {Fault::Kind::kIllFormed, what};
}
inline Fault Unsupported(std::string_view what) {
  return {Fault::Kind::kUnsupported, what};
}

// FaultText says in words what kind of fault it is: "is ill-formed".
inline std::string_view FaultText(const Fault& fault) {
  return fault.kind == Fault::Kind::kUnsupported ? "is not supported"
                                                 : "is ill-formed";
}

// Result is a T, or the Fault that prevented it.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT: meant to convert
  Result(Fault fault) : fault_(fault) {}         // NOLINT: meant to convert

  bool ok() const { return value_.has_value(); }
  const Fault& fault() const { return fault_; }

  // Requires ok().
  const T& operator*() const& { return *value_; }
  T& operator*() & { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  const T* operator->() const { return &*value_; }
  T* operator->() { return &*value_; }

 private:
  std::optional<T> value_;
  Fault fault_;
};

// Tolerated remembers the first encoding that was taken though DER has another
// one for the same. Whether that is good enough is for a rule to say.
class Tolerated {
 public:
  bool any() const { return !what_.empty(); }
  // The field and the rule, in words; of static storage. "" if there is none.
  std::string_view what() const { return what_; }

  // The first stays.
  void Note(std::string_view what) {
    if (what_.empty()) what_ = what;
  }

 private:
  std::string_view what_;
};

// Note does so where somebody asks.
inline void Note(Tolerated* tolerated, std::string_view what) {
  if (tolerated != nullptr) tolerated->Note(what);
}

// Tag is an identifier octet: class, constructed bit and a number below 31.
using Tag = uint8_t;

inline constexpr Tag kBoolean = 0x01;
inline constexpr Tag kInteger = 0x02;
inline constexpr Tag kBitString = 0x03;
inline constexpr Tag kOctetString = 0x04;
inline constexpr Tag kNull = 0x05;
inline constexpr Tag kOid = 0x06;
inline constexpr Tag kEnumerated = 0x0a;
inline constexpr Tag kUtf8String = 0x0c;
inline constexpr Tag kNumericString = 0x12;
inline constexpr Tag kPrintableString = 0x13;
inline constexpr Tag kTeletexString = 0x14;
inline constexpr Tag kIa5String = 0x16;
inline constexpr Tag kUtcTime = 0x17;
inline constexpr Tag kGeneralizedTime = 0x18;
inline constexpr Tag kUniversalString = 0x1c;
inline constexpr Tag kBmpString = 0x1e;
inline constexpr Tag kSequence = 0x30;
inline constexpr Tag kSet = 0x31;

// Context-specific tags, as IMPLICIT ([n] of a primitive type) or as EXPLICIT
// and IMPLICIT of a constructed type.
constexpr Tag ContextPrimitive(unsigned n) {
  return static_cast<Tag>(0x80 | n);
}
constexpr Tag ContextConstructed(unsigned n) {
  return static_cast<Tag>(0xa0 | n);
}

// Equal compares lengths first, then bytes.
inline bool Equal(Bytes a, Bytes b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

// Is compares with bytes that a source spells as a string, such as an OID.
inline bool Is(Bytes a, std::string_view b) {
  return Equal(a, Bytes(reinterpret_cast<const uint8_t*>(b.data()), b.size()));
}

class Cursor {
 public:
  explicit Cursor(Bytes bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  Bytes rest() const { return rest_; }

  // Peek gives the contents of the next element, if it has `tag`, and the size
  // of all of it, for Skip. Whoever wants to look at an element before taking
  // it does so, and not by copying the cursor: that costs more than the look.
  [[nodiscard]] bool Peek(Tag tag, Bytes* contents, size_t* size) const;

  // Skip takes `size` bytes, as Peek gave them.
  void Skip(size_t size) { rest_ = rest_.subspan(size); }

  // Whether the next element has `tag`.
  bool NextIs(Tag tag) const { return !rest_.empty() && rest_[0] == tag; }

  // Read takes the next element if it has `tag`, and gives its contents.
  [[nodiscard]] bool Read(Tag tag, Bytes* contents);

  // ReadElement likewise gives the whole element, header included.
  [[nodiscard]] bool ReadElement(Tag tag, Bytes* element) {
    Bytes contents;
    return ReadBoth(tag, &contents, element);
  }

  // ReadAny takes the next element, whatever its tag.
  [[nodiscard]] bool ReadAny(Tag* tag, Bytes* contents) {
    if (rest_.empty()) return false;
    *tag = rest_[0];
    // A tag number of 31 announces more tag bytes; X.509 has none of those.
    return (*tag & 0x1f) != 0x1f && Read(*tag, contents);
  }

  // ReadBoth gives contents and whole element in one pass.
  [[nodiscard]] bool ReadBoth(Tag tag, Bytes* contents, Bytes* element);

  // ReadOptional succeeds, and sets `contents`, if the next element has `tag`;
  // it also succeeds, and sets nothing, if there is no such element.
  [[nodiscard]] bool ReadOptional(Tag tag, std::optional<Bytes>* contents) {
    if (!NextIs(tag)) return true;
    Bytes value;
    if (!Read(tag, &value)) return false;
    *contents = value;
    return true;
  }

 private:
  // Decodes a length that is not one byte below 128; false if it is not DER.
  bool LongLength(size_t* header_size, size_t* contents_size) const;

  Bytes rest_;
};

// Here, and not in the source: a certificate has about a hundred elements, and
// a call for each would be half of what parsing costs.
inline bool Cursor::Peek(Tag tag, Bytes* contents, size_t* size) const {
  if (rest_.size() < 2 || rest_[0] != tag) return false;
  size_t header = 2;
  size_t length = rest_[1];
  if (length >= 0x80 && !LongLength(&header, &length)) return false;
  if (rest_.size() - header < length) return false;
  *contents = rest_.subspan(header, length);
  *size = header + length;
  return true;
}

inline bool Cursor::Read(Tag tag, Bytes* contents) {
  size_t size;
  if (!Peek(tag, contents, &size)) return false;
  Skip(size);
  return true;
}

inline bool Cursor::ReadBoth(Tag tag, Bytes* contents, Bytes* element) {
  size_t size;
  if (!Peek(tag, contents, &size)) return false;
  *element = rest_.first(size);
  Skip(size);
  return true;
}

// FlagNotes are the words for what a BOOLEAN DEFAULT FALSE may be but in DER.
struct FlagNotes {
  std::string_view false_is_written;  // FALSE is the DEFAULT (X.690 §11.5)
  std::string_view true_is_not_ff;    // X.690 §11.1
};

// ReadFlag takes a BOOLEAN DEFAULT FALSE if there is one; any byte but 00 is
// TRUE (X.690 §8.2.2). False, too, for one that is not of one byte.
[[nodiscard]] bool ReadWrittenFlag(Cursor& cursor, bool* value,
                                   const FlagNotes& notes, Tolerated* tolerated,
                                   Tag tag);
[[nodiscard]] inline bool ReadFlag(Cursor& cursor, bool* value,
                                   const FlagNotes& notes, Tolerated* tolerated,
                                   Tag tag = kBoolean) {
  *value = false;
  return !cursor.NextIs(tag) ||
         ReadWrittenFlag(cursor, value, notes, tolerated, tag);
}

// ReadInteger takes an INTEGER or, with the tag of an IMPLICIT one, that, and
// gives its two's-complement bytes, checked to be the fewest (X.690 §8.3.2).
[[nodiscard]] bool ReadInteger(Cursor& cursor, Bytes* value,
                               Tag tag = kInteger);

// ReadUint takes a non-negative INTEGER below 2^63.
[[nodiscard]] bool ReadUint(Cursor& cursor, uint64_t* value,
                            Tag tag = kInteger);

// BitString is a BIT STRING in DER: `unused` bits of the last byte are zero.
struct BitString {
  Bytes bytes;
  uint8_t unused = 0;

  // Bit(n) is bit n, 0 being the first; false beyond the end.
  bool Bit(size_t n) const;
};

[[nodiscard]] bool ReadBitString(Cursor& cursor, BitString* value);
[[nodiscard]] bool ParseBitString(Bytes contents, BitString* value);

// EndsInZero returns whether the last bit is there and zero: where bits have
// names, DER leaves such ones out (X.690 §11.2.2).
bool EndsInZero(const BitString& value);

// IsOid checks the contents of an OBJECT IDENTIFIER: not empty, every
// subidentifier complete and without a leading 0x80 (X.690 §8.19).
bool IsAnyOid(Bytes contents);
inline bool IsOid(Bytes contents) {
  // Those of attributes and extensions are three bytes below 0x80.
  if (contents.size() == 3 &&
      ((contents[0] | contents[1] | contents[2]) & 0x80) == 0) {
    return true;
  }
  return IsAnyOid(contents);
}

// ReadOid takes a well-formed OBJECT IDENTIFIER and gives its contents.
[[nodiscard]] inline bool ReadOid(Cursor& cursor, Bytes* oid) {
  size_t size;
  if (!cursor.Peek(kOid, oid, &size) || !IsOid(*oid)) return false;
  cursor.Skip(size);
  return true;
}

// IsAny checks an element whose type the schema leaves open (ANY): parameters
// of an algorithm, known or not. The simple universal types have the form that
// the functions above ask for, SEQUENCE and SET are constructed and nothing
// else of the universal class is; universal 0 is no type. Strings of wide
// characters and times, which have a form of their own and stand in no
// parameters, are refused. What is inside a constructed element is not looked
// at.
bool IsAny(Tag tag, Bytes contents);

}  // namespace chainkeep::der

#endif  // CHAINKEEP_ENGINE_DER_CURSOR_H_
