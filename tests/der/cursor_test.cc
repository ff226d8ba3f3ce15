#include "engine/der/cursor.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/support/der_writer.h"

namespace chainkeep::der {
namespace {

using test::FromHex;

Bytes AsBytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

struct HeaderCase {
  const char* what;
  const char* hex;
  bool taken;
};

class CursorHeader : public testing::TestWithParam<HeaderCase> {};

TEST_P(CursorHeader, IsStrict) {
  std::string der = FromHex(GetParam().hex);
  Cursor cursor(AsBytes(der));
  Tag tag;
  Bytes contents;
  EXPECT_EQ(cursor.ReadAny(&tag, &contents), GetParam().taken)
      << GetParam().what;
  // A failed read leaves the cursor where it was.
  if (!GetParam().taken) {
    EXPECT_EQ(cursor.rest().size(), der.size());
  }
}

INSTANTIATE_TEST_SUITE_P(
    , CursorHeader,
    testing::Values(
        HeaderCase{"nothing", "", false},
        HeaderCase{"a tag alone", "30", false},
        HeaderCase{"empty contents", "3000", true},
        HeaderCase{"one byte", "040141", true},
        HeaderCase{"contents cut short", "040241", false},
        HeaderCase{"indefinite length", "30800000", false},
        HeaderCase{"long form below 128", "04810141", false},
        HeaderCase{"leading zero in the length", "0482000141", false},
        HeaderCase{"length of five bytes", "04850000000001aa", false},
        HeaderCase{"length of 2^32 - 1, absent", "0484ffffffff", false},
        HeaderCase{"length bytes cut short", "048201", false},
        HeaderCase{"reserved length 0xff", "04ff", false},
        HeaderCase{"tag number 31 and above", "1f0100", false},
        HeaderCase{"tag number 30", "1e00", true}));

TEST(Cursor, TakesLongLengths) {
  for (size_t size : {127u, 128u, 255u, 256u, 65535u, 65536u}) {
    const std::string contents(size, 'x');
    const std::string der = test::Tlv(kOctetString, contents);
    Cursor cursor(AsBytes(der));
    Bytes read;
    ASSERT_TRUE(cursor.Read(kOctetString, &read)) << size;
    EXPECT_EQ(read.size(), size);
    EXPECT_TRUE(cursor.empty());
  }
}

TEST(Cursor, ReadsElementsInOrder) {
  const std::string der = FromHex(
      "020105"
      "0c0141"
      "0500");
  Cursor cursor(AsBytes(der));
  Bytes contents, element;
  std::optional<Bytes> optional;
  EXPECT_FALSE(cursor.Read(kNull, &contents));
  ASSERT_TRUE(cursor.ReadBoth(kInteger, &contents, &element));
  EXPECT_EQ(contents.size(), 1u);
  EXPECT_EQ(element.size(), 3u);
  ASSERT_TRUE(cursor.ReadOptional(kOctetString, &optional));
  EXPECT_FALSE(optional.has_value());
  ASSERT_TRUE(cursor.ReadOptional(kUtf8String, &optional));
  EXPECT_TRUE(optional.has_value());
  ASSERT_TRUE(cursor.ReadElement(kNull, &element));
  EXPECT_TRUE(cursor.empty());
}

TEST(Cursor, AnOptionalElementMustStillBeWhole) {
  const std::string der = FromHex("0c0541");
  Cursor cursor(AsBytes(der));
  std::optional<Bytes> optional;
  EXPECT_FALSE(cursor.ReadOptional(kUtf8String, &optional));
}

struct ValueCase {
  const char* hex;
  bool taken;
};

TEST(ReadFlag, IsOneByteOrAbsent) {
  constexpr FlagNotes kNotes = {"FALSE is written", "TRUE is not FF"};
  struct Case {
    const char* hex;
    bool taken;
    bool value;
    std::string_view tolerated;
  };
  for (const Case& c : {
           Case{"", true, false, ""},
           Case{"020100", true, false, ""},  // something else comes next
           Case{"0101ff", true, true, ""},
           Case{"010100", true, false, "FALSE is written"},
           Case{"010101", true, true, "TRUE is not FF"},
           Case{"010180", true, true, "TRUE is not FF"},
           Case{"0100", false, false, ""},
           Case{"01020000", false, false, ""},
           Case{"0102ffff", false, false, ""},
           Case{"0101", false, false, ""},
       }) {
    const std::string der = FromHex(c.hex);
    Cursor cursor(AsBytes(der));
    bool value = true;
    Tolerated tolerated;
    EXPECT_EQ(ReadFlag(cursor, &value, kNotes, &tolerated), c.taken) << c.hex;
    EXPECT_EQ(value, c.value) << c.hex;
    EXPECT_EQ(tolerated.what(), c.tolerated) << c.hex;
  }
}

TEST(ReadInteger, IsMinimal) {
  for (const ValueCase& c :
       {ValueCase{"020100", true}, ValueCase{"02017f", true},
        ValueCase{"02020080", true}, ValueCase{"0202ff7f", true},
        ValueCase{"0200", false}, ValueCase{"02020000", false},
        ValueCase{"0202007f", false}, ValueCase{"0202ff80", false},
        ValueCase{"0202ffff", false}}) {
    const std::string der = FromHex(c.hex);
    Cursor cursor(AsBytes(der));
    Bytes value;
    EXPECT_EQ(ReadInteger(cursor, &value), c.taken) << c.hex;
  }
}

TEST(ReadUint, TakesNonNegativeBelow2To63) {
  struct Case {
    const char* hex;
    std::optional<uint64_t> value;
  };
  for (const Case& c : {Case{"020100", 0}, Case{"02020080", 128},
                        Case{"02087fffffffffffffff", INT64_MAX},
                        Case{"020900ffffffffffffffff", std::nullopt},
                        Case{"0201ff", std::nullopt}}) {
    const std::string der = FromHex(c.hex);
    Cursor cursor(AsBytes(der));
    uint64_t value = 0;
    ASSERT_EQ(ReadUint(cursor, &value), c.value.has_value()) << c.hex;
    if (c.value) {
      EXPECT_EQ(value, *c.value) << c.hex;
    }
  }
}

TEST(ReadBitString, UnusedBitsAreZero) {
  for (const ValueCase& c :
       {ValueCase{"030100", true}, ValueCase{"03020780", true},
        ValueCase{"030206c0", true}, ValueCase{"0300", false},
        ValueCase{"030107", false}, ValueCase{"03020880", false},
        ValueCase{"03020781", false}, ValueCase{"030206e0", false}}) {
    const std::string der = FromHex(c.hex);
    Cursor cursor(AsBytes(der));
    BitString value;
    EXPECT_EQ(ReadBitString(cursor, &value), c.taken) << c.hex;
  }
}

TEST(BitString, CountsFromTheFirstBit) {
  const std::string der = FromHex("03030680c0");
  Cursor cursor(AsBytes(der));
  BitString value;
  ASSERT_TRUE(ReadBitString(cursor, &value));
  EXPECT_TRUE(value.Bit(0));
  EXPECT_FALSE(value.Bit(1));
  EXPECT_TRUE(value.Bit(8));
  EXPECT_TRUE(value.Bit(9));
  EXPECT_FALSE(value.Bit(16));
  EXPECT_FALSE(value.Bit(1'000'000));
}

TEST(IsOid, ChecksEachSubidentifier) {
  for (const ValueCase& c :
       {ValueCase{"550403", true}, ValueCase{"2a8648", true},
        ValueCase{"", false}, ValueCase{"80", false},
        ValueCase{"558003", false}, ValueCase{"5504ff", false}}) {
    const std::string oid = FromHex(c.hex);
    EXPECT_EQ(IsOid(AsBytes(oid)), c.taken) << c.hex;
  }
}

TEST(IsAny, ChecksWhatTheTagSays) {
  for (const ValueCase& c :
       {ValueCase{"0500", true}, ValueCase{"050141", false},
        ValueCase{"0101ff", true}, ValueCase{"010141", false},
        ValueCase{"06032a8648", true}, ValueCase{"06032a86c8", false},
        ValueCase{"26032a8648", false}, ValueCase{"02020001", false},
        ValueCase{"03020781", false}, ValueCase{"300141", true},
        ValueCase{"240141", false}, ValueCase{"a00141", true},
        ValueCase{"040141", true}}) {
    const std::string der = FromHex(c.hex);
    Cursor cursor(AsBytes(der));
    Tag tag;
    Bytes contents;
    ASSERT_TRUE(cursor.ReadAny(&tag, &contents)) << c.hex;
    EXPECT_EQ(IsAny(tag, contents), c.taken) << c.hex;
  }
}

// Found by certificate_fuzz: BoringSSL refuses such an AlgorithmIdentifier.
TEST(IsAny, EndOfContentsAndPrimitiveSequencesAreNoValues) {
  EXPECT_FALSE(IsAny(0x00, Bytes()));
  EXPECT_FALSE(IsAny(0x20, Bytes()));
  EXPECT_FALSE(IsAny(0x10, Bytes()));
  EXPECT_FALSE(IsAny(0x11, Bytes()));
}

// Found by certificate_fuzz: what BoringSSL reads as text or time, ill-formed.
TEST(IsAny, TextAndTimesAreNoParameters) {
  for (Tag tag : {kUtf8String, kBmpString, kUniversalString, kUtcTime,
                  kGeneralizedTime}) {
    EXPECT_FALSE(IsAny(tag, AsBytes("\xff")));
  }
}

TEST(Equal, ComparesTheLength) {
  const std::string a = FromHex("550403"), b = FromHex("55040300");
  EXPECT_TRUE(Equal(AsBytes(a), AsBytes(a)));
  EXPECT_FALSE(Equal(AsBytes(a), AsBytes(b)));
  EXPECT_TRUE(Equal(Bytes(), Bytes()));
}

}  // namespace
}  // namespace chainkeep::der
