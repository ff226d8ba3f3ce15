#include "engine/x509/name.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/x509/normalized_value.h"
#include "xxhash.h"

namespace chainkeep::x509 {
namespace {

// A reader of one attribute out of an RDN that was checked by Parse.
bool ReadAttribute(der::Cursor& rdn, Attribute* attribute) {
  Bytes contents;
  if (!rdn.Read(der::kSequence, &contents)) return false;
  der::Cursor pair(contents);
  return der::ReadOid(pair, &attribute->type) &&
         pair.ReadAny(&attribute->value_tag, &attribute->value) && pair.empty();
}

der::Fault CheckValue(const Attribute& attribute) {
  switch (attribute.value_tag) {
    case der::kTeletexString:
      return {};
    case der::kBitString: {
      der::BitString bits;
      if (der::ParseBitString(attribute.value, &bits)) return {};
      break;
    }
    case der::kNumericString:
    case der::kPrintableString:
    case der::kUtf8String:
    case der::kIa5String:
    case der::kBmpString:
    case der::kUniversalString:
      if (IsText(attribute.value_tag, attribute.value)) return {};
      break;
    default:
      return der::Unsupported("AttributeValue");
  }
  return der::IllFormed("AttributeValue");
}

void AppendUtf8Bytes(uint32_t c, auto&& append) {
  if (c < 0x80) return append(static_cast<uint8_t>(c));
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr uint8_t kLead[] = {0, 0xc0, 0xe0, 0xf0};
  append(static_cast<uint8_t>(kLead[more] | c >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) {
    append(static_cast<uint8_t>(0x80 | (c >> (6 * i) & 0x3f)));
  }
}

uint8_t ToLower(uint8_t c) {
  return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

// Feeds the normal form, as UTF-8, to XXH3 in blocks, so that the hash does not
// depend on how a string was encoded, and needs no memory.
class TextHash {
 public:
  explicit TextHash(uint64_t seed) : hash_(seed) {}

  void Add(uint8_t byte) {
    block_[used_++] = byte;
    if (used_ == block_.size()) Flush();
  }
  // The same as to add each byte in lower case.
  void AddLower(Bytes text) {
    while (!text.empty()) {
      const size_t size = std::min(text.size(), block_.size() - used_);
      std::transform(text.begin(), text.begin() + size, block_.begin() + used_,
                     ToLower);
      used_ += size;
      text = text.subspan(size);
      if (used_ == block_.size()) Flush();
    }
  }
  uint64_t Finish() {
    Flush();
    return hash_;
  }

 private:
  void Flush() {
    hash_ = XXH3_64bits_withSeed(block_.data(), used_, hash_);
    used_ = 0;
  }

  uint64_t hash_;
  size_t used_ = 0;
  std::array<uint8_t, 128> block_;
};

// Of an attribute that Parse took, whose tag therefore tells all: what is of a
// type of text is text.
uint64_t HashAttribute(const Attribute& attribute, uint64_t seed) {
  const uint64_t type_hash =
      XXH3_64bits_withSeed(attribute.type.data(), attribute.type.size(), seed);
  if (!IsTextType(attribute.value_tag)) {
    return XXH3_64bits_withSeed(attribute.value.data(), attribute.value.size(),
                                type_hash ^ attribute.value_tag);
  }
  TextHash hash(type_hash);
  if (IsPlainAscii(attribute.value_tag, attribute.value)) {
    hash.AddLower(attribute.value);
    return hash.Finish();
  }
  NormalizedValue value(attribute.value_tag, attribute.value);
  for (uint32_t c; (c = value.Next()) != NormalizedValue::kEnd;) {
    AppendUtf8Bytes(c, [&](uint8_t byte) { hash.Add(byte); });
  }
  return hash.Finish();
}

bool SameAttribute(const Attribute& a, const Attribute& b) {
  if (!der::Equal(a.type, b.type)) return false;
  if (a.value_tag == b.value_tag && der::Equal(a.value, b.value)) return true;
  if (!IsTextType(a.value_tag) || !IsTextType(b.value_tag)) return false;
  NormalizedValue x(a.value_tag, a.value);
  NormalizedValue y(b.value_tag, b.value);
  for (;;) {
    const uint32_t c = x.Next();
    if (c != y.Next()) return false;
    if (c == NormalizedValue::kEnd) return true;
  }
}

// How many attributes of one RDN are compared as a set. Real RDNs have one or
// two; a longer one is compared in its DER order, which Parse asks of it, so
// that a hostile name cannot ask for a quadratic comparison.
constexpr size_t kMaxSet = 16;

using AttributeSet = std::array<Attribute, kMaxSet>;

// Reads an RDN's attributes; kMaxSet + 1 means "too many for a set".
size_t ReadRdn(Bytes contents, AttributeSet* attributes) {
  der::Cursor rdn(contents);
  size_t count = 0;
  while (!rdn.empty()) {
    if (count == kMaxSet) return kMaxSet + 1;
    if (!ReadAttribute(rdn, &(*attributes)[count])) break;
    ++count;
  }
  return count;
}

// Where the loader put this program: enough of a secret for a hash that only
// saves comparisons. Whoever finds values that collide gains those.
uint64_t SetSeed() {
  static const char somewhere = 0;
  return reinterpret_cast<uintptr_t>(&somewhere);
}

std::array<uint64_t, kMaxSet> HashEach(const AttributeSet& attributes,
                                       size_t count) {
  std::array<uint64_t, kMaxSet> hashes;
  for (size_t i = 0; i < count; ++i) {
    hashes[i] = HashAttribute(attributes[i], SetSeed());
  }
  return hashes;
}

// Compares two RDNs of `count` attributes as sets. Every value is read once to
// hash it, and once more where another of its hash was found: 16 values that
// differ in their last letter alone cost no more than their bytes.
bool SameSet(const AttributeSet& x, const AttributeSet& y, size_t count) {
  const auto x_hashes = HashEach(x, count), y_hashes = HashEach(y, count);
  uint64_t difference = 0;
  for (size_t i = 0; i < count; ++i) difference += x_hashes[i] - y_hashes[i];
  if (difference != 0) return false;
  uint32_t taken = 0;
  for (size_t i = 0; i < count; ++i) {
    size_t j = 0;
    while (j < count && ((taken >> j & 1) != 0 || x_hashes[i] != y_hashes[j] ||
                         !SameAttribute(x[i], y[j]))) {
      ++j;
    }
    if (j == count) return false;
    taken |= 1u << j;
  }
  return true;
}

bool SameInOrder(Bytes a, Bytes b) {
  der::Cursor x(a), y(b);
  while (!x.empty() && !y.empty()) {
    Attribute p, q;
    if (!ReadAttribute(x, &p) || !ReadAttribute(y, &q) ||
        !SameAttribute(p, q)) {
      return false;
    }
  }
  return x.empty() && y.empty();
}

bool SameRdn(Bytes a, Bytes b) {
  if (der::Equal(a, b)) return true;
  AttributeSet x, y;
  const size_t count = ReadRdn(a, &x);
  if (count > kMaxSet) return SameInOrder(a, b);
  if (count != ReadRdn(b, &y)) return false;
  if (count == 1) return SameAttribute(x[0], y[0]);
  return SameSet(x, y, count);
}

// A string as somebody may read it. Of a TeletexString the bytes below 0x80 are
// ASCII to all readers; what the others are, readers do not agree on.
class Guessed {
 public:
  static bool IsString(der::Tag tag) {
    return IsTextType(tag) || tag == der::kTeletexString;
  }
  // Requires IsString(tag). IA5String takes one byte for a character, as it is.
  Guessed(der::Tag tag, Bytes value)
      : value_(IsTextType(tag) ? tag : der::kIa5String, value),
        now_(value_.Next()),
        next_(value_.Next()) {}

  uint32_t now() const { return now_; }
  void Advance() {
    now_ = next_;
    next_ = value_.Next();
  }
  // Whether what stands here may be some other characters, or none: also white
  // space before such a character, which may be white space as well, and what
  // shifts to another character set.
  bool IsDoubtful() const {
    return IsBeyond(now_) || (now_ == ' ' && IsBeyond(next_));
  }

 private:
  static bool IsBeyond(uint32_t c) {
    return c != NormalizedValue::kEnd && (c >= 0x7f || c < ' ');
  }

  NormalizedValue value_;
  uint32_t now_;
  uint32_t next_;
};

bool MayBeSameValue(const Attribute& a, const Attribute& b) {
  if (!Guessed::IsString(a.value_tag) || !Guessed::IsString(b.value_tag)) {
    return a.value_tag != b.value_tag || der::Equal(a.value, b.value);
  }
  Guessed x(a.value_tag, a.value), y(b.value_tag, b.value);
  for (;; x.Advance(), y.Advance()) {
    if (x.now() != y.now()) return x.IsDoubtful() || y.IsDoubtful();
    if (x.now() == NormalizedValue::kEnd) return true;
  }
}

// Whether each attribute of one may be one of the other's. Of several of one
// type it does not say which is whose.
bool MayBeSameRdn(Bytes a, Bytes b) {
  AttributeSet x, y;
  const size_t count = ReadRdn(a, &x);
  if (count != ReadRdn(b, &y)) return false;
  if (count > kMaxSet) return true;
  for (size_t i = 0; i < count; ++i) {
    size_t of_type = 0, place = 0;
    for (size_t j = 0; j < count; ++j) {
      if (!der::Equal(x[i].type, y[j].type)) continue;
      ++of_type;
      place = j;
    }
    if (of_type == 0) return false;
    if (of_type == 1 && !MayBeSameValue(x[i], y[place])) return false;
  }
  return true;
}

std::string_view ShortName(Bytes type) {
  // Those of RFC 4514 §3, all below id-at (2.5.4), and dnQualifier and
  // serialNumber, which devices use.
  if (type.size() == 3 && type[0] == 0x55 && type[1] == 0x04) {
    switch (type[2]) {
      case 3:
        return "CN";
      case 5:
        return "serialNumber";
      case 6:
        return "C";
      case 7:
        return "L";
      case 8:
        return "ST";
      case 9:
        return "STREET";
      case 10:
        return "O";
      case 11:
        return "OU";
      case 46:
        return "dnQualifier";
    }
  }
  return {};
}

void AppendDottedOid(Bytes oid, std::string* out) {
  bool first = true;
  for (size_t i = 0; i < oid.size();) {
    uint64_t value = 0;
    // Where the OID was cut, its last arc may be without an end.
    do {
      value = value << 7 | (oid[i] & 0x7f);
    } while ((oid[i++] & 0x80) != 0 && i < oid.size());
    if (first) {
      const uint64_t top = value < 80 ? value / 40 : 2;
      absl::StrAppend(out, top, ".", value - top * 40);
      first = false;
    } else {
      absl::StrAppend(out, ".", value);
    }
  }
}

void AppendHex(uint8_t byte, std::string* out) {
  absl::StrAppend(out, absl::Hex(byte, absl::kZeroPad2));
}

// Escapes as RFC 4514 §2.4 asks, and everything that is not printable ASCII.
void AppendEscaped(std::string_view utf8, std::string* out) {
  for (size_t i = 0; i < utf8.size(); ++i) {
    const char c = utf8[i];
    const bool edge =
        (c == ' ' && (i == 0 || i + 1 == utf8.size())) || (c == '#' && i == 0);
    if (c < 0x20 || c >= 0x7f) {
      out->push_back('\\');
      AppendHex(static_cast<uint8_t>(c), out);
      continue;
    }
    if (edge || std::strchr("\"+,;<>\\", c) != nullptr) out->push_back('\\');
    out->push_back(c);
  }
}

std::string ToUtf8(const Attribute& attribute, size_t limit) {
  std::string text;
  Bytes rest = attribute.value;
  while (!rest.empty() && text.size() <= limit) {
    AppendUtf8Bytes(
        NextCodePoint(attribute.value_tag, &rest),
        [&](uint8_t byte) { text.push_back(static_cast<char>(byte)); });
  }
  return text;
}

void AppendAttribute(const Attribute& attribute, size_t limit,
                     std::string* out) {
  const std::string_view name = ShortName(attribute.type);
  if (name.empty()) {
    AppendDottedOid(
        attribute.type.first(std::min<size_t>(attribute.type.size(), 64)), out);
  } else {
    out->append(name);
  }
  out->push_back('=');
  if (IsTextType(attribute.value_tag)) {
    AppendEscaped(ToUtf8(attribute, limit), out);
    return;
  }
  out->push_back('#');
  AppendHex(attribute.value_tag, out);
  for (uint8_t byte : attribute.value) {
    if (out->size() > limit) break;
    AppendHex(byte, out);
  }
}

// Whether `a` stands before `b` in a SET OF (X.690 §11.6). Elements differ
// within the shorter of them, at the latest in their lengths, so that the
// padding of which the standard speaks never decides.
bool IsBefore(Bytes a, Bytes b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

// Whether two of the attributes in the contents of an RDN are equal byte for
// byte, which where they are not sorted takes a look at each pair.
bool HasEqualElements(Bytes contents) {
  std::array<Bytes, kMaxSet> elements;
  size_t count = 0;
  der::Cursor rdn(contents);
  while (count < kMaxSet && rdn.ReadElement(der::kSequence, &elements[count])) {
    for (size_t i = 0; i < count; ++i) {
      if (der::Equal(elements[i], elements[count])) return true;
    }
    ++count;
  }
  return false;
}

// Checks the contents of one RDN; `is_sorted` is left alone where it is.
der::Fault CheckRdn(Bytes contents, bool* is_sorted) {
  if (contents.empty()) return der::IllFormed("RelativeDistinguishedName");
  der::Cursor rdn(contents);
  Bytes previous;
  size_t count = 0;
  bool ascends = true;
  for (; !rdn.empty(); ++count) {
    const Bytes from_here = rdn.rest();
    Attribute attribute;
    if (!ReadAttribute(rdn, &attribute)) {
      return der::IllFormed("AttributeTypeAndValue");
    }
    const der::Fault fault = CheckValue(attribute);
    if (fault.kind != der::Fault::Kind::kNone) return fault;
    const Bytes element = from_here.first(from_here.size() - rdn.rest().size());
    ascends = ascends && (previous.empty() || IsBefore(previous, element));
    previous = element;
  }
  if (ascends) return {};
  *is_sorted = false;
  if (count > kMaxSet) {
    return der::Unsupported(
        "RelativeDistinguishedName: more than 16 attributes out of order");
  }
  return HasEqualElements(contents)
             ? der::IllFormed("RelativeDistinguishedName: an attribute twice")
             : der::Fault();
}

}  // namespace

der::Result<Name> Name::Parse(Bytes element, der::Tolerated* tolerated,
                              std::string_view note) {
  der::Cursor outer(element);
  Bytes contents;
  if (!outer.Read(der::kSequence, &contents) || !outer.empty()) {
    return der::IllFormed("Name");
  }
  bool is_sorted = true;
  der::Cursor rdns(contents);
  while (!rdns.empty()) {
    Bytes rdn_contents;
    if (!rdns.Read(der::kSet, &rdn_contents)) {
      return der::IllFormed("RelativeDistinguishedName");
    }
    const der::Fault fault = CheckRdn(rdn_contents, &is_sorted);
    if (fault.kind != der::Fault::Kind::kNone) return fault;
  }
  if (!is_sorted) der::Note(tolerated, note);
  return Name(element);
}

Bytes Name::rdns() const {
  Bytes contents;
  der::Cursor outer(element_);
  return outer.Read(der::kSequence, &contents) ? contents : Bytes();
}

void Name::AppendComparable(std::string* out) const {
  const auto append_number = [](size_t number, std::string* to) {
    for (int shift = 0; shift < 32; shift += 8) {
      to->push_back(static_cast<char>(number >> shift));
    }
  };
  const auto append = [&](std::string_view text, std::string* to) {
    append_number(text.size(), to);
    to->append(text);
  };
  std::vector<std::string> set;
  const auto end_set = [&] {
    // As SameRdn compares it.
    if (set.size() <= kMaxSet) std::sort(set.begin(), set.end());
    append_number(set.size(), out);
    for (const std::string& attribute : set) append(attribute, out);
    set.clear();
  };
  AttributeReader attributes(*this);
  bool starts_rdn = false;
  while (const auto attribute = attributes.Next(&starts_rdn)) {
    if (starts_rdn && !set.empty()) end_set();
    std::string text;
    append({reinterpret_cast<const char*>(attribute->type.data()),
            attribute->type.size()},
           &text);
    if (IsTextType(attribute->value_tag)) {
      NormalizedValue value(attribute->value_tag, attribute->value);
      for (uint32_t c = value.Next(); c != NormalizedValue::kEnd;
           c = value.Next()) {
        append_number(c, &text);
      }
    } else {
      // No code point is as large.
      append_number(NormalizedValue::kEnd, &text);
      append_number(attribute->value_tag, &text);
      text.append(attribute->value.begin(), attribute->value.end());
    }
    set.push_back(std::move(text));
  }
  end_set();
}

uint64_t Name::Hash(uint64_t seed) const {
  uint64_t hash = seed;
  der::Cursor rdns_cursor(rdns());
  Bytes contents;
  while (rdns_cursor.Read(der::kSet, &contents)) {
    // A sum does not depend on the order of an RDN's attributes. Where SameRdn
    // goes by the order, the hash must: else a tenant could have as many unlike
    // names of one hash as there are orders.
    uint64_t sum = 0;
    uint64_t in_order = seed;
    size_t count = 0;
    der::Cursor rdn(contents);
    Attribute attribute;
    while (!rdn.empty() && ReadAttribute(rdn, &attribute)) {
      const uint64_t one = HashAttribute(attribute, seed);
      sum += one;
      in_order = XXH3_64bits_withSeed(&one, sizeof(one), in_order);
      ++count;
    }
    const uint64_t rdn_hash = count > kMaxSet ? in_order : sum;
    hash = XXH3_64bits_withSeed(&rdn_hash, sizeof(rdn_hash), hash);
  }
  return hash;
}

bool operator==(const Name& a, const Name& b) {
  if (der::Equal(a.element_, b.element_)) return true;
  der::Cursor x(a.rdns()), y(b.rdns());
  Bytes p, q;
  while (!x.empty() && !y.empty()) {
    if (!x.Read(der::kSet, &p) || !y.Read(der::kSet, &q) || !SameRdn(p, q)) {
      return false;
    }
  }
  return x.empty() && y.empty();
}

bool MayBeWithin(const Name& name, const Name& base) {
  der::Cursor x(name.rdns()), y(base.rdns());
  Bytes p, q;
  while (!y.empty()) {
    if (!x.Read(der::kSet, &p) || !y.Read(der::kSet, &q) ||
        !MayBeSameRdn(p, q)) {
      return false;
    }
  }
  return true;
}

bool LeavesNoDoubt(const Name& name) {
  AttributeReader reader(name);
  bool starts_rdn = false;
  while (const auto attribute = reader.Next(&starts_rdn)) {
    const der::Tag tag = attribute->value_tag;
    if (!starts_rdn || !IsTextType(tag) || tag == der::kBmpString ||
        tag == der::kUniversalString ||
        std::any_of(attribute->value.begin(), attribute->value.end(),
                    [](uint8_t c) { return c < ' ' || c >= 0x7f; })) {
      return false;
    }
  }
  return true;
}

bool IsWithin(const Name& name, const Name& base) {
  der::Cursor x(name.rdns()), y(base.rdns());
  Bytes p, q;
  while (!y.empty()) {
    if (!x.Read(der::kSet, &p) || !y.Read(der::kSet, &q) || !SameRdn(p, q)) {
      return false;
    }
  }
  return true;
}

std::optional<Attribute> AttributeReader::Next(bool* starts_rdn) {
  const bool starts = rdn_.empty();
  if (starts) {
    Bytes contents;
    if (!rdns_.Read(der::kSet, &contents)) return std::nullopt;
    rdn_ = der::Cursor(contents);
  }
  Attribute attribute;
  if (!ReadAttribute(rdn_, &attribute)) return std::nullopt;
  if (starts_rdn != nullptr) *starts_rdn = starts;
  return attribute;
}

std::optional<std::string> TextOf(const Attribute& attribute) {
  if (!IsTextType(attribute.value_tag)) return std::nullopt;
  return ToUtf8(attribute, attribute.value.size() * 2);
}

int CommonNames(const Name& name, std::string* value) {
  int count = 0;
  AttributeReader reader(name);
  while (std::optional<Attribute> attribute = reader.Next()) {
    if (!der::Equal(attribute->type, kOidCommonName)) continue;
    ++count;
    if (value == nullptr) continue;
    *value = TextOf(*attribute).value_or("");
  }
  return count;
}

std::string ToRfc4514(const Name& name, size_t limit) {
  // The DER order is the reverse of the written one, so the front is kept.
  std::string text;
  AttributeReader reader(name);
  bool starts = false;
  while (std::optional<Attribute> attribute = reader.Next(&starts)) {
    if (text.size() > limit) break;
    std::string one;
    AppendAttribute(*attribute, limit, &one);
    if (text.empty()) {
      text = std::move(one);
    } else if (starts) {
      text = absl::StrCat(one, ",", text);
    } else {
      // A further attribute of the RDN that stands first in `text`.
      text = absl::StrCat(one, "+", text);
    }
  }
  if (text.size() > limit) {
    text.resize(limit);
    text += "...";
  }
  return text;
}

}  // namespace chainkeep::x509
