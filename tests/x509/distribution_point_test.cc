#include "engine/x509/distribution_point.h"

#include <string>
#include <vector>

#include "chainkeep/certificate.h"
#include "gtest/gtest.h"
#include "tests/support/der_writer.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::x509 {
namespace {

using test::Tlv;

std::string Uri(std::string_view uri) { return Tlv(0x86, uri); }
std::string Dir(std::string_view common_name) {
  return Tlv(0xa4, test::EncodeName(test::CommonName(common_name)));
}
std::string FullNameOf(const std::string& names) {
  return Tlv(0xa0, Tlv(0xa0, names));
}
std::string RelativeName(std::string_view common_name) {
  return Tlv(0xa0, Tlv(0xa1, Tlv(0x30, test::Oid("2.5.4.3") +
                                           Tlv(0x0c, common_name))));
}
std::string Flag(uint8_t tag) { return Tlv(tag, "\xff"); }
// keyCompromise and cACompromise.
std::string SomeReasons(uint8_t tag) { return Tlv(tag, "\x05\x60"); }

TEST(IssuingDistributionPointTest, StrictForm) {
  constexpr auto kNone = der::Fault::Kind::kNone;
  constexpr auto kIllFormed = der::Fault::Kind::kIllFormed;
  constexpr auto kNotTaken = der::Fault::Kind::kUnsupported;
  std::string many;
  for (int i = 0; i < 17; ++i) many += Uri("h://" + std::to_string(i));
  struct Case {
    const char* what;
    std::string fields;
    der::Fault::Kind kind;
    CertificateScope scope = CertificateScope::kAll;
    ReasonMask reasons = kAllReasons;
    bool is_indirect = false;
  };
  for (const Case& c : {
           Case{"full name", FullNameOf(Uri("h://a")), kNone},
           Case{"relative name", RelativeName("x"), kNone},
           Case{"users", Flag(0x81), kNone, CertificateScope::kEndEntity},
           Case{"CAs", Flag(0x82), kNone, CertificateScope::kCa},
           Case{"attributes", Flag(0x85), kNone, CertificateScope::kAttribute},
           Case{"reasons", SomeReasons(0x83), kNone, CertificateScope::kAll,
                0x06},
           Case{"indirect", Flag(0x84), kNone, CertificateScope::kAll,
                kAllReasons, true},
           Case{"all in order",
                FullNameOf(Uri("h://a")) + Flag(0x82) + SomeReasons(0x83) +
                    Flag(0x84),
                kNone, CertificateScope::kCa, 0x06, true},
           Case{"nothing", "", kIllFormed},
           Case{"users and CAs", Flag(0x81) + Flag(0x82), kIllFormed},
           Case{"users and attributes", Flag(0x81) + Flag(0x85), kIllFormed},
           Case{"FALSE, the DEFAULT", Tlv(0x81, std::string(1, '\0')),
                kIllFormed},
           Case{"TRUE of BER", Tlv(0x81, "\x01"), kIllFormed},
           Case{"BOOLEAN of two bytes", Tlv(0x81, "\xff\xff"), kIllFormed},
           Case{"order", Flag(0x82) + FullNameOf(Uri("h://a")), kIllFormed},
           Case{"twice", Flag(0x82) + Flag(0x82), kIllFormed},
           Case{"[6]", Flag(0x81) + Flag(0x86), kIllFormed},
           Case{"empty name", Tlv(0xa0, ""), kIllFormed},
           Case{"no names", FullNameOf(""), kIllFormed},
           Case{"bad name", FullNameOf(Tlv(0x87, "\x01")), kIllFormed},
           Case{"both names",
                Tlv(0xa0, Tlv(0xa0, Uri("h://a")) +
                              Tlv(0xa1, Tlv(0x30, test::Oid("2.5.4.3") +
                                                      Tlv(0x0c, "x")))),
                kIllFormed},
           Case{"empty relative name", Tlv(0xa0, Tlv(0xa1, "")), kIllFormed},
           Case{"bad relative name", Tlv(0xa0, Tlv(0xa1, Tlv(0x30, ""))),
                kIllFormed},
           Case{"name of neither kind", Tlv(0xa0, Tlv(0xa2, Uri("h://a"))),
                kIllFormed},
           Case{"reasons, zeros behind", Tlv(0x83, "\x04\x60"), kIllFormed},
           Case{"reasons, unused bits set", Tlv(0x83, "\x05\x7f"), kIllFormed},
           Case{"17 names", FullNameOf(many), kNotTaken},
       }) {
    const std::string value = Tlv(0x30, c.fields);
    const auto point = IssuingDistributionPoint::Parse(AsBytes(value));
    ASSERT_EQ(point.ok(), c.kind == kNone) << c.what;
    EXPECT_EQ(point.fault().kind, c.kind) << c.what;
    if (!point.ok()) continue;
    EXPECT_EQ(point->scope, c.scope) << c.what;
    EXPECT_EQ(point->reasons, c.reasons) << c.what;
    EXPECT_EQ(point->is_indirect, c.is_indirect) << c.what;
  }
  EXPECT_FALSE(IssuingDistributionPoint::Parse(Bytes()).ok());
  const std::string more = Tlv(0x30, Flag(0x81)) + "x";
  EXPECT_FALSE(IssuingDistributionPoint::Parse(AsBytes(more)).ok());
}

TEST(DistributionPointsTest, StrictForm) {
  const std::string point = Tlv(0x30, FullNameOf(Uri("h://a")));
  const std::string issuer = Tlv(0xa2, Dir("other"));
  std::string many;
  for (int i = 0; i < 17; ++i) many += point;
  struct Case {
    const char* what;
    std::string list;
    bool ok;
  };
  for (const Case& c : {
           Case{"one", point, true},
           Case{"two", point + point, true},
           Case{"reasons",
                Tlv(0x30, FullNameOf(Uri("h://a")) + SomeReasons(0x81)), true},
           Case{"issuer alone", Tlv(0x30, issuer), true},
           Case{"all",
                Tlv(0x30, RelativeName("x") + SomeReasons(0x81) + issuer),
                true},
           Case{"none", "", false},
           Case{"empty point", Tlv(0x30, ""), false},
           Case{"reasons alone", Tlv(0x30, SomeReasons(0x81)), false},
           Case{"empty issuer",
                Tlv(0x30, FullNameOf(Uri("h://a")) + Tlv(0xa2, "")), false},
           Case{"order", Tlv(0x30, issuer + SomeReasons(0x81)), false},
           Case{"second is bad", point + Tlv(0x31, ""), false},
           Case{"17 points", many, false},
       }) {
    const std::string value = Tlv(0x30, c.list);
    EXPECT_EQ(DistributionPoints::Parse(AsBytes(value)).ok(), c.ok) << c.what;
  }
}

TEST(DistributionPointsTest, ReadsInOrder) {
  const std::string value =
      Tlv(0x30, Tlv(0x30, FullNameOf(Uri("h://a"))) +
                    Tlv(0x30, FullNameOf(Uri("h://b")) + SomeReasons(0x81) +
                                  Tlv(0xa2, Dir("other"))) +
                    Tlv(0x30, RelativeName("x")));
  const auto points = DistributionPoints::Parse(AsBytes(value));
  ASSERT_TRUE(points.ok());
  DistributionPointReader reader(*points);
  std::optional<DistributionPoint> point = reader.Next();
  ASSERT_TRUE(point && point->name && point->name->full_name);
  EXPECT_EQ(point->reasons, kAllReasons);
  EXPECT_FALSE(point->has_crl_issuer);
  point = reader.Next();
  ASSERT_TRUE(point.has_value());
  EXPECT_EQ(point->reasons, 0x06);
  EXPECT_TRUE(point->has_crl_issuer);
  point = reader.Next();
  ASSERT_TRUE(point && point->name);
  EXPECT_TRUE(point->name->relative_name.has_value());
  EXPECT_FALSE(reader.Next().has_value());
}

// PKITS 4.14.4 and .5: a relative name is the issuer's and one RDN more.
TEST(DistributionPointTest, ARelativeNameIsMadeWhole) {
  const std::string issuer_der =
      test::EncodeName({{"C", "US"}, {"O", "Example"}});
  const auto issuer = Name::Parse(AsBytes(issuer_der));
  const std::string value = Tlv(0x30, RelativeName("CRL1"));
  const auto point = IssuingDistributionPoint::Parse(AsBytes(value));
  ASSERT_TRUE(point.ok());
  const std::string whole = FullName(*point->name, *issuer);
  const auto names = GeneralNames::Parse(AsBytes(whole));
  ASSERT_TRUE(names.ok());

  const std::string same = Tlv(
      0xa4, test::EncodeName({{"C", "us"}, {"O", "example"}, {"CN", "crl1"}}));
  EXPECT_TRUE(HaveCommonName(*names, *GeneralNames::Parse(AsBytes(same))));
  const std::string other =
      Tlv(0xa4, test::EncodeName({{"C", "US"}, {"CN", "CRL1"}}));
  EXPECT_FALSE(HaveCommonName(*names, *GeneralNames::Parse(AsBytes(other))));
}

TEST(DistributionPointTest, NamesInCommon) {
  struct Case {
    std::string a, b;
    bool common;
  };
  for (const Case& c : {
           Case{Uri("h://a"), Uri("h://a"), true},
           Case{Uri("h://a"), Uri("h://A"), false},
           Case{Uri("h://a"), Uri("h://a/"), false},
           Case{Uri("h://a") + Uri("h://b"), Uri("h://c") + Uri("h://b"), true},
           Case{Uri("a"), Tlv(0x82, "a"), false},
           Case{Dir("Example"), Dir("EXAMPLE"), true},
           Case{Dir("Example"), Uri("Example"), false},
           Case{Uri("h://x") + Dir("a"), Dir("a") + Uri("h://y"), true},
       }) {
    const auto a = GeneralNames::Parse(AsBytes(c.a));
    const auto b = GeneralNames::Parse(AsBytes(c.b));
    EXPECT_EQ(HaveCommonName(*a, *b), c.common);
    EXPECT_EQ(HaveCommonName(*b, *a), c.common);
  }
}

}  // namespace
}  // namespace chainkeep::x509
