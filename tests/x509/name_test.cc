#include "engine/x509/name.h"

#include <string>

#include "chainkeep/certificate.h"
#include "engine/x509/padding.h"
#include "gtest/gtest.h"
#include "tests/support/der_writer.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::x509 {
namespace {

using test::DistinguishedName;
using test::EncodeName;
using test::Tlv;

// A name and the bytes it views.
class OwnedName {
 public:
  explicit OwnedName(std::string der) : der_(std::move(der)) {}
  Name get() const { return *Name::Parse(AsBytes(der_)); }

 private:
  std::string der_;
};

OwnedName Make(const DistinguishedName& name) {
  return OwnedName(EncodeName(name));
}

std::string ComparableOf(const OwnedName& name) {
  std::string text;
  name.get().AppendComparable(&text);
  return text;
}

std::string Utf16(std::string_view ascii) {
  std::string text;
  for (char c : ascii) text += {'\0', c};
  return text;
}
std::string Utf32(std::string_view ascii) {
  std::string text;
  for (char c : ascii) text += {'\0', '\0', '\0', c};
  return text;
}

struct NamePair {
  const char* what;
  DistinguishedName a;
  DistinguishedName b;
  bool equal;
};

TEST(Name, ComparesAsRfc5280Section71) {
  using test::kBmp;
  using test::kIa5;
  using test::kPrintable;
  using test::kTeletex;
  using test::kUniversal;
  using test::kUtf8;
  const NamePair kPairs[] = {
      {"the same", {{"CN", "a"}}, {{"CN", "a"}}, true},
      {"another value", {{"CN", "a"}}, {{"CN", "b"}}, false},
      {"another type", {{"CN", "a"}}, {{"O", "a"}}, false},
      {"string types", {{"CN", "a", kPrintable}}, {{"CN", "a", kUtf8}}, true},
      {"IA5", {{"DC", "a", kIa5}}, {{"DC", "A", kUtf8}}, true},
      {"BMP", {{"CN", Utf16("Ab"), kBmp}}, {{"CN", "aB", kUtf8}}, true},
      {"Universal", {{"CN", Utf32("Ab"), kUniversal}}, {{"CN", "aB"}}, true},
      {"case", {{"CN", "Example CA"}}, {{"CN", "EXAMPLE ca"}}, true},
      {"spaces", {{"CN", "  a \t  b "}}, {{"CN", "a b"}}, true},
      {"a space or none", {{"CN", "a b"}}, {{"CN", "ab"}}, false},
      {"only spaces", {{"CN", "   "}}, {{"CN", ""}}, true},
      {"non-ASCII case", {{"CN", "\xc3\xa9"}}, {{"CN", "\xc3\x89"}}, false},
      {"UTF-8 and BMP",
       {{"CN", "\xc3\xa9"}},
       {{"CN", std::string("\0\xe9", 2), kBmp}},
       true},
      {"Teletex is bytes", {{"CN", "a", kTeletex}}, {{"CN", "a"}}, false},
      {"Teletex and case",
       {{"CN", "a", kTeletex}},
       {{"CN", "A", kTeletex}},
       false},
      {"NUL is a character",
       {{"CN", std::string("a\0b", 3)}},
       {{"CN", "a"}},
       false},
      {"order of RDNs",
       {{"CN", "a"}, {"O", "b"}},
       {{"O", "b"}, {"CN", "a"}},
       false},
      {"order in an RDN",
       {{"CN", "A"}, {"CN", "b", kUtf8, true}},
       {{"CN", "B"}, {"CN", "a", kUtf8, true}},
       true},
      {"one RDN or two",
       {{"CN", "a"}, {"O", "b", kUtf8, true}},
       {{"CN", "a"}, {"O", "b"}},
       false},
      {"a multiset",
       {{"CN", "A"}, {"CN", "a", kUtf8, true}, {"CN", "b", kUtf8, true}},
       {{"CN", "B"}, {"CN", "a", kUtf8, true}, {"CN", "b", kUtf8, true}},
       false},
      {"a prefix", {{"O", "a"}}, {{"O", "a"}, {"CN", "b"}}, false},
      {"empty", {}, {}, true},
      {"empty and not", {}, {{"CN", ""}}, false},
  };
  for (const NamePair& pair : kPairs) {
    const OwnedName a = Make(pair.a), b = Make(pair.b);
    EXPECT_EQ(a.get() == b.get(), pair.equal) << pair.what;
    EXPECT_EQ(b.get() == a.get(), pair.equal) << pair.what;
    EXPECT_EQ(ComparableOf(a) == ComparableOf(b), pair.equal) << pair.what;
    for (uint64_t seed : {uint64_t{0}, uint64_t{12345}}) {
      EXPECT_EQ(a.get().Hash(seed) == b.get().Hash(seed), pair.equal)
          << pair.what;
    }
  }
}

TEST(Name, HashDependsOnTheSeedAndOnLongValues) {
  const OwnedName a = Make({{"CN", std::string(1000, 'a') + "b"}});
  const OwnedName b = Make({{"CN", std::string(1000, 'a') + "c"}});
  const OwnedName folded = Make({{"CN", std::string(1000, 'A') + "B"}});
  EXPECT_NE(a.get().Hash(1), a.get().Hash(2));
  EXPECT_NE(a.get().Hash(1), b.get().Hash(1));
  EXPECT_EQ(a.get().Hash(1), folded.get().Hash(1));
}

TEST(Name, ALongRdnIsComparedInItsOrder) {
  // The case of the first letters sorts the one name by number, the other by
  // number with its halves exchanged.
  DistinguishedName a, b;
  for (int i = 0; i < 40; ++i) {
    const std::string half(1, i < 20 ? 'X' : 'x');
    const std::string number = std::to_string(10 + i);
    const std::string exchanged = std::to_string(10 + (i + 20) % 40);
    a.push_back({"CN", half + number, test::kUtf8, i > 0});
    b.push_back({"CN", half + exchanged, test::kUtf8, i > 0});
  }
  EXPECT_TRUE(Make(a).get() == Make(a).get());
  EXPECT_FALSE(Make(a).get() == Make(b).get());
  // Found by name_fuzz: all orders had one hash, so that a tenant could fill a
  // table with unlike names of one hash.
  const OwnedName x = Make(a), y = Make(b);
  EXPECT_NE(x.get().Hash(1), y.get().Hash(1));
  // A CA switched off under the one name would be found under neither.
  EXPECT_NE(ComparableOf(x), ComparableOf(y));
}

// One RDN of 16 values that are equal but for their last letter, 64 KiB in all.
// Four letters before them spell their place in their case, which sorts them
// in DER and does not count when they are compared: one name can so be written
// in any order.
DistinguishedName WideName(const std::string& filling, int reverse) {
  DistinguishedName name;
  std::string text;
  while (text.size() < 4080) text += filling;
  for (int place = 0; place < 16; ++place) {
    std::string value;
    for (int bit = 8; bit > 0; bit /= 2) value += place & bit ? 'a' : 'A';
    value += text + static_cast<char>('a' + (place ^ reverse));
    name.push_back({"CN", value, test::kUtf8, place > 0});
  }
  return name;
}

TEST(Name, F4_WideRdnsAreComparedInLinearTime) {
  const std::pair<std::string, std::string> kFillings[] = {
      {"abcd", "ABCD"},
      {"ab  cd", "AB  CD"},
      {"\xc3\xa9 ", "\xc3\xa9\t"},
  };
  for (const auto& [filling, other_case] : kFillings) {
    const OwnedName owned = Make(WideName(filling, 0));
    const OwnedName owned_reversed = Make(WideName(other_case, 15));
    DistinguishedName changed = WideName(other_case, 15);
    changed.front().value.back() = 'z';
    const OwnedName owned_changed = Make(changed);
    const Name name = owned.get(), reversed = owned_reversed.get(),
               other = owned_changed.get();
    EXPECT_GE(name.der().size(), size_t{65000});
    EXPECT_TRUE(name == reversed) << filling;
    EXPECT_FALSE(name == other) << filling;
    EXPECT_EQ(name.Hash(1), reversed.Hash(1)) << filling;
  }
}

TEST(Padding, IsWhatComparingDrops) {
  const std::pair<DistinguishedName, size_t> kNames[] = {
      {{}, 0},
      {{{"CN", ""}}, 0},
      {{{"CN", "a b c"}}, 0},
      {{{"CN", " a b  c\t "}}, 4},
      {{{"CN", "   "}, {"O", "x\n\n"}}, 5},
      {{{"CN", "\xc3\xa4  \xc3\xa4", test::kUtf8}}, 1},
  };
  for (const auto& [name, padding] : kNames) {
    EXPECT_EQ(PaddingOf(Make(name).get()), padding);
  }
  EXPECT_EQ(PaddingOf(Make(WideName("ab  cd", 0)).get()), 16 * size_t{680});
}

TEST(IsWithin, IsAPrefixOfRdns) {
  const OwnedName base = Make({{"C", "DE"}, {"O", "x"}});
  EXPECT_TRUE(IsWithin(base.get(), base.get()));
  EXPECT_TRUE(IsWithin(Make({{"C", "de"}, {"O", " X"}, {"CN", "a"}}).get(),
                       base.get()));
  EXPECT_FALSE(IsWithin(Make({{"C", "DE"}}).get(), base.get()));
  EXPECT_FALSE(
      IsWithin(Make({{"CN", "a"}, {"C", "DE"}, {"O", "x"}}).get(), base.get()));
  EXPECT_TRUE(IsWithin(base.get(), Make({}).get()));
}

TEST(NameParse, RefusesWhatIsNoName) {
  const std::string attribute =
      Tlv(0x30, test::Oid("2.5.4.3") + Tlv(0x0c, "a"));
  const std::pair<const char*, std::string> kCases[] = {
      {"nothing", ""},
      {"a SET", Tlv(0x31, "")},
      {"trailing data", Tlv(0x30, "") + "x"},
      {"an empty RDN", Tlv(0x30, Tlv(0x31, ""))},
      {"no SET", Tlv(0x30, attribute)},
      {"no value", Tlv(0x30, Tlv(0x31, Tlv(0x30, test::Oid("2.5.4.3"))))},
      {"two values",
       Tlv(0x30, Tlv(0x31, Tlv(0x30, test::Oid("2.5.4.3") + Tlv(0x0c, "a") +
                                         Tlv(0x0c, "b"))))},
      {"no type", Tlv(0x30, Tlv(0x31, Tlv(0x30, Tlv(0x0c, "a"))))},
      {"ill-formed type",
       Tlv(0x30, Tlv(0x31, Tlv(0x30, Tlv(0x06, "\x80") + Tlv(0x0c, "a"))))},
      {"cut", EncodeName({{"CN", "a"}}).substr(0, 10)},
      {"ill-formed UTF-8", EncodeName({{"CN", "\xff"}})},
      {"overlong UTF-8", EncodeName({{"CN", "\xc0\x80"}})},
      {"a surrogate", EncodeName({{"CN", "\xed\xa0\x80"}})},
      {"a noncharacter", EncodeName({{"CN", "\xef\xbf\xbf"}})},
      {"half a BMP character", EncodeName({{"CN", "abc", test::kBmp}})},
      {"IA5 above 7 bits", EncodeName({{"CN", "\x80", test::kIa5}})},
  };
  for (const auto& [what, der] : kCases) {
    EXPECT_EQ(Name::Parse(AsBytes(der)).fault().kind,
              der::Fault::Kind::kIllFormed)
        << what;
  }
}

// X.690 §11.6.
TEST(NameParse, F13_AnRdnIsASet) {
  using test::kPrintable;
  using test::kUtf8;
  enum class Taken { kAsDer, kTolerated, kNot };
  struct Case {
    const char* what;
    DistinguishedName name;
    Taken taken;
  };
  constexpr auto kAsDer = Taken::kAsDer;
  constexpr auto kTolerated = Taken::kTolerated;
  const Case kCases[] = {
      {"by type", {{"CN", "a"}, {"O", "a", kUtf8, true}}, kAsDer},
      {"by type, reversed", {{"O", "a"}, {"CN", "a", kUtf8, true}}, kTolerated},
      {"by value", {{"CN", "a"}, {"CN", "b", kUtf8, true}}, kAsDer},
      {"by value, reversed",
       {{"CN", "b"}, {"CN", "a", kUtf8, true}},
       kTolerated},
      {"by bytes, not letters",
       {{"CN", "B"}, {"CN", "a", kUtf8, true}},
       kAsDer},
      {"bytes above 7 bits", {{"CN", "z"}, {"CN", "\xc3", 0x14, true}}, kAsDer},
      {"the shorter first", {{"CN", "b"}, {"CN", "aa", kUtf8, true}}, kAsDer},
      {"the longer first",
       {{"CN", "aa"}, {"CN", "b", kUtf8, true}},
       kTolerated},
      {"by string type", {{"CN", "a"}, {"CN", "a", kPrintable, true}}, kAsDer},
      {"twice the same", {{"CN", "a"}, {"CN", "a", kUtf8, true}}, Taken::kNot},
      {"twice the same, apart",
       {{"CN", "b"}, {"CN", "a", kUtf8, true}, {"CN", "b", kUtf8, true}},
       Taken::kNot},
      {"the third out of order",
       {{"CN", "a"}, {"CN", "c", kUtf8, true}, {"CN", "b", kUtf8, true}},
       kTolerated},
      {"the same in two RDNs", {{"CN", "b"}, {"CN", "b"}, {"CN", "a"}}, kAsDer},
  };
  for (const Case& c : kCases) {
    const std::string der = EncodeName(c.name);
    der::Tolerated tolerated;
    const auto name = Name::Parse(AsBytes(der), &tolerated);
    ASSERT_EQ(name.ok(), c.taken != Taken::kNot) << c.what;
    EXPECT_EQ(tolerated.any(), c.taken == kTolerated) << c.what;
    if (!name.ok()) {
      EXPECT_EQ(name.fault().kind, der::Fault::Kind::kIllFormed) << c.what;
      continue;
    }
    // V4: one name, whatever the order it is written in.
    const std::string sorted = EncodeName(test::InDerOrder(c.name));
    const auto in_der = Name::Parse(AsBytes(sorted));
    EXPECT_TRUE(*name == *in_der && *in_der == *name) << c.what;
    EXPECT_EQ(name->Hash(7), in_der->Hash(7)) << c.what;
    EXPECT_TRUE(IsWithin(*name, *in_der) && IsWithin(*in_der, *name)) << c.what;
  }
}

// Beyond 16 attributes order is what is compared by, so DER's is asked for.
TEST(NameParse, ManyAttributesStandInOrder) {
  for (const int count : {16, 17}) {
    DistinguishedName name;
    for (int i = 0; i < count; ++i) {
      name.push_back({"CN", std::string(1, static_cast<char>('z' - i)),
                      test::kUtf8, i > 0});
    }
    const std::string reversed = EncodeName(name);
    const std::string sorted = EncodeName(test::InDerOrder(name));
    EXPECT_TRUE(Name::Parse(AsBytes(sorted)).ok()) << count;
    EXPECT_EQ(Name::Parse(AsBytes(reversed)).ok(), count == 16);
  }
}

TEST(NameParse, OtherTypesAreUnsupported) {
  for (const uint8_t tag : {0x04, 0x05, 0x1a, 0x2c, 0x30, 0x80}) {
    const std::string der = EncodeName({{"CN", "a", tag}});
    EXPECT_EQ(Name::Parse(AsBytes(der)).fault().kind,
              der::Fault::Kind::kUnsupported)
        << int{tag};
  }
}

TEST(ToRfc4514, IsSafeToLog) {
  struct Case {
    DistinguishedName name;
    const char* text;
  };
  const Case kCases[] = {
      {{}, ""},
      {{{"C", "DE"}, {"O", "x"}, {"CN", "a"}}, "CN=a,O=x,C=DE"},
      {{{"CN", "a"}, {"O", "x", test::kUtf8, true}}, "O=x+CN=a"},
      {{{"CN", "a,b+c\"d\\e<f>g;h"}}, "CN=a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h"},
      {{{"CN", " #a "}}, "CN=\\ #a\\ "},
      {{{"CN", "#a"}}, "CN=\\#a"},
      {{{"CN", std::string("a\0\n\x7f", 4)}}, "CN=a\\00\\0a\\7f"},
      {{{"CN", "\xc3\xa9"}}, "CN=\\c3\\a9"},
      {{{"1.2.3.4", "a"}}, "1.2.3.4=a"},
      {{{"2.999.1", "a"}}, "2.999.1=a"},
      {{{"CN", "\xff", test::kTeletex}}, "CN=#14ff"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(ToRfc4514(Make(c.name).get(), 1024), c.text);
  }
}

TEST(ToRfc4514, E6_IsBounded) {
  DistinguishedName name;
  for (int i = 0; i < 1000; ++i) name.push_back({"CN", "some value"});
  const std::string text = ToRfc4514(Make(name).get(), 100);
  EXPECT_EQ(text.size(), 103u);
  EXPECT_TRUE(text.ends_with("..."));
  EXPECT_LE(
      ToRfc4514(Make({{"CN", std::string(60000, 'x')}}).get(), 100).size(),
      103u);
}

// An OID is cut after 64 bytes, be it within an arc.
TEST(ToRfc4514, E6_CutsALongType) {
  const auto write = [](const std::string& type) {
    const std::string element = test::Tlv(
        0x30, test::Tlv(0x31, test::Tlv(0x30, test::Tlv(0x06, type) +
                                                  test::Tlv(0x0c, "v"))));
    const auto name = Name::Parse(AsBytes(element));
    EXPECT_TRUE(name.ok());
    return ToRfc4514(*name, 1024);
  };
  const std::string front = "\x2a" + std::string(62, '\x01');
  const std::string last = front + '\x01', cut = front + '\x81';
  EXPECT_EQ(write(cut + std::string(8, '\xff') + '\x7f'), write(last));
}

TEST(CommonNames, CountsAndReads) {
  std::string value;
  EXPECT_EQ(CommonNames(Make({{"O", "x"}}).get(), &value), 0);
  EXPECT_EQ(CommonNames(Make({{"CN", "a"}, {"CN", "b"}}).get(), &value), 2);
  EXPECT_EQ(value, "b");
  EXPECT_EQ(CommonNames(Make({{"CN", Utf16("ab"), test::kBmp}}).get(), &value),
            1);
  EXPECT_EQ(value, "ab");
  // R93: what a value contains is no attribute.
  EXPECT_EQ(CommonNames(Make({{"O", "x\\CN=y"}}).get(), nullptr), 0);
}

TEST(AttributeReader, TellsWhereAnRdnStarts) {
  const OwnedName name =
      Make({{"C", "DE"}, {"CN", "a"}, {"O", "x", test::kUtf8, true}});
  const Name parsed = name.get();
  AttributeReader reader(parsed);
  std::vector<bool> starts;
  bool one;
  while (reader.Next(&one)) starts.push_back(one);
  EXPECT_EQ(starts, (std::vector<bool>{true, true, false}));
}

}  // namespace
}  // namespace chainkeep::x509
