#include "engine/x509/general_name.h"

#include <string>
#include <vector>

#include "chainkeep/certificate.h"
#include "gtest/gtest.h"
#include "tests/support/der_writer.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::x509 {
namespace {

using test::Tlv;

std::string SomeName() { return test::EncodeName(test::CommonName("d1")); }

struct FormCase {
  const char* what;
  uint8_t tag;
  std::string contents;
  bool is_name;     // as a name of a certificate
  bool is_subtree;  // as a base of a subtree
  NameForm form = NameForm::kOtherName;
};

std::vector<FormCase> FormCases() {
  const std::string other_name =
      test::Oid("1.2.3") + Tlv(0xa0, Tlv(0x0c, "upn"));
  const std::string mask4 = test::FromHex("c0a80000 ffff0000");
  return {
      {"otherName", 0xa0, other_name, true, true, NameForm::kOtherName},
      {"otherName, primitive", 0x80, other_name, false, false},
      {"otherName without a value", 0xa0, test::Oid("1.2.3"), false, false},
      {"otherName without a type", 0xa0, Tlv(0xa0, Tlv(0x0c, "u")), false,
       false},
      {"otherName, value not EXPLICIT", 0xa0,
       test::Oid("1.2.3") + Tlv(0x0c, "upn"), false, false},
      {"otherName, two values", 0xa0,
       test::Oid("1.2.3") + Tlv(0xa0, Tlv(0x0c, "u") + Tlv(0x0c, "v")), false,
       false},
      {"otherName, more behind", 0xa0, other_name + Tlv(0x05, ""), false,
       false},
      {"otherName, bad OID", 0xa0,
       Tlv(0x06, "\x80\x01") + Tlv(0xa0, Tlv(0x0c, "u")), false, false},

      {"rfc822Name", 0x81, "a@example.com", true, true, NameForm::kRfc822Name},
      {"rfc822Name, empty", 0x81, "", true, true, NameForm::kRfc822Name},
      {"rfc822Name, constructed", 0xa1, "", false, false},
      {"rfc822Name of 8 bits", 0x81, "\xe9@example.com", false, false},
      {"rfc822Name with NUL", 0x81, std::string("a\0@b", 4), false, false},

      {"dNSName", 0x82, "*.example.com", true, true, NameForm::kDnsName},
      {"dNSName, constructed", 0xa2, "", false, false},
      {"dNSName with NUL (CVE-2009-2408)", 0x82,
       std::string("good.example\0.evil.example", 26), false, false},
      {"dNSName with a line feed", 0x82, "a\nb", false, false},
      {"dNSName with DEL", 0x82, "a\x7f", false, false},
      {"dNSName of 8 bits", 0x82, "b\xc3\xbc.example", false, false},

      {"x400Address", 0xa3, Tlv(0x30, ""), true, true, NameForm::kX400Address},
      {"x400Address as a string (CVE-2023-0286)", 0x83, "abc", false, false},
      {"x400Address, empty", 0xa3, "", false, false},
      {"x400Address, cut", 0xa3, "\x30\x01", false, false},

      {"directoryName", 0xa4, SomeName(), true, true, NameForm::kDirectoryName},
      {"directoryName, no RDN", 0xa4, Tlv(0x30, ""), true, true,
       NameForm::kDirectoryName},
      {"directoryName, primitive", 0x84, SomeName(), false, false},
      {"directoryName, absent", 0xa4, "", false, false},
      {"directoryName, not EXPLICIT", 0xa4, SomeName().substr(2), false, false},
      {"directoryName, two", 0xa4, SomeName() + SomeName(), false, false},
      {"directoryName, empty RDN", 0xa4, Tlv(0x30, Tlv(0x31, "")), false,
       false},

      {"ediPartyName", 0xa5, Tlv(0xa1, Tlv(0x0c, "party")), true, true,
       NameForm::kEdiPartyName},
      {"ediPartyName, cut", 0xa5, "\xa1\x05\x0c", false, false},

      {"URI", 0x86, "urn:dev:mac:00", true, true, NameForm::kUri},
      {"URI with a tab", 0x86, "http://a\tb", false, false},

      {"IPv4", 0x87, test::FromHex("c0a80001"), true, false,
       NameForm::kIpAddress},
      {"IPv4 and mask", 0x87, mask4, false, true, NameForm::kIpAddress},
      {"IPv4 and mask /0", 0x87, test::FromHex("00000000 00000000"), false,
       true, NameForm::kIpAddress},
      {"IPv4 and mask /32", 0x87, test::FromHex("00000000 ffffffff"), false,
       true, NameForm::kIpAddress},
      {"IPv4 and mask /25", 0x87, test::FromHex("00000000 ffffff80"), false,
       true, NameForm::kIpAddress},
      {"mask with a hole in a byte", 0x87, test::FromHex("00000000 fffd0000"),
       false, false},
      {"mask with a hole between bytes", 0x87,
       test::FromHex("00000000 ff00ff00"), false, false},
      {"mask that begins with zero", 0x87, test::FromHex("00000000 40000000"),
       false, false},
      {"IPv6", 0x87, std::string(16, '\x20'), true, false,
       NameForm::kIpAddress},
      {"IPv6 and mask", 0x87, std::string(16, '\x20') + std::string(16, '\xff'),
       false, true, NameForm::kIpAddress},
      {"IP of no bytes", 0x87, "", false, false},
      {"IP of 5 bytes", 0x87, "\1\2\3\4\5", false, false},
      {"IP of 15 bytes", 0x87, std::string(15, '\1'), false, false},
      {"IP of 33 bytes", 0x87, std::string(33, '\1'), false, false},
      {"IP, constructed", 0xa7, test::FromHex("0500 0500"), false, false},

      {"registeredID", 0x88, test::OidContents("1.2.840.1"), true, true,
       NameForm::kRegisteredId},
      {"registeredID, empty", 0x88, "", false, false},
      {"registeredID, cut", 0x88, "\x2a\x86", false, false},

      {"[9]", 0x89, "", false, false},
      {"[30]", 0x9e, "", false, false},
      {"universal", 0x16, "a", false, false},
      {"application", 0x42, "a", false, false},
      {"private", 0xc2, "a", false, false},
  };
}

TEST(GeneralNameTest, EachFormHasItsRules) {
  for (const FormCase& c : FormCases()) {
    SCOPED_TRACE(c.what);
    const std::string element = Tlv(c.tag, c.contents);
    for (const AddressShape shape :
         {AddressShape::kAddress, AddressShape::kAddressAndMask}) {
      const bool expected =
          shape == AddressShape::kAddress ? c.is_name : c.is_subtree;
      der::Cursor cursor(AsBytes(element));
      const der::Result<GeneralName> name = ReadGeneralName(cursor, shape);
      ASSERT_EQ(name.ok(), expected);
      if (!expected) {
        EXPECT_EQ(name.fault().kind, der::Fault::Kind::kIllFormed);
        EXPECT_EQ(cursor.rest().size(), element.size());
        continue;
      }
      EXPECT_TRUE(cursor.empty());
      EXPECT_EQ(name->form, c.form);
      EXPECT_TRUE(der::Equal(name->contents, AsBytes(c.contents)));
      if (c.form == NameForm::kDirectoryName) {
        EXPECT_TRUE(
            der::Equal(name->directory_name.der(), AsBytes(c.contents)));
      } else {
        EXPECT_TRUE(name->directory_name.empty());
      }
    }
  }
}

TEST(GeneralNameTest, TextIsTheContents) {
  const std::string element = Tlv(0x82, "Example.com");
  der::Cursor cursor(AsBytes(element));
  EXPECT_EQ(ReadGeneralName(cursor, AddressShape::kAddress)->text(),
            "Example.com");
}

TEST(GeneralNamesTest, WalksInOrderAndCounts) {
  const std::string list = Tlv(0x82, "a.example") +
                           Tlv(0x87, test::FromHex("0a000001")) +
                           Tlv(0xa4, SomeName()) + Tlv(0x82, "b.example");
  const der::Result<GeneralNames> names = GeneralNames::Parse(AsBytes(list));
  ASSERT_TRUE(names.ok());
  EXPECT_EQ(names->Count(NameForm::kDnsName), 2u);
  EXPECT_EQ(names->Count(NameForm::kIpAddress), 1u);
  EXPECT_EQ(names->Count(NameForm::kDirectoryName), 1u);
  EXPECT_EQ(names->Count(NameForm::kRfc822Name), 0u);

  std::vector<NameForm> forms;
  GeneralNameReader reader(*names);
  while (std::optional<GeneralName> name = reader.Next()) {
    forms.push_back(name->form);
  }
  EXPECT_EQ(forms, std::vector<NameForm>(
                       {NameForm::kDnsName, NameForm::kIpAddress,
                        NameForm::kDirectoryName, NameForm::kDnsName}));
  EXPECT_FALSE(reader.Next().has_value());
}

TEST(GeneralNamesTest, RefusesTheListForOneBadName) {
  const std::string good = Tlv(0x82, "a.example");
  for (const std::string& list :
       {std::string(), good + Tlv(0x87, "\1\2\3"), Tlv(0x30, good), good + "x",
        good + std::string("\x82\x05"
                           "ab",
                           4),
        good + std::string("\x82\x81\x01"
                           "a",
                           4)}) {
    EXPECT_FALSE(GeneralNames::Parse(AsBytes(list)).ok()) << test::ToHex(list);
  }
}

// RFC 5280 limits no list; ours are bounded by the certificate they stand in.
TEST(GeneralNamesTest, TakesAsManyAsACertificateHolds) {
  std::string list;
  for (int i = 0; i < 20'000; ++i) list += Tlv(0x82, "a");
  const der::Result<GeneralNames> names = GeneralNames::Parse(AsBytes(list));
  ASSERT_TRUE(names.ok());
  EXPECT_EQ(names->Count(NameForm::kDnsName), 20'000u);
}

}  // namespace
}  // namespace chainkeep::x509
