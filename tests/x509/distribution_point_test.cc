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
           Case{"FALSE, the DEFAULT",
                Tlv(0x81, std::string(1, '\0')) + Flag(0x82) +
                    Tlv(0x84, std::string(1, '\0')),
                kNone, CertificateScope::kCa},
           Case{"TRUE of BER", Tlv(0x81, "\x01"), kNone,
                CertificateScope::kEndEntity},
           Case{"TRUE of BER, twice", Tlv(0x81, "\x01") + Tlv(0x82, "\x01"),
                kIllFormed},
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
           Case{"reasons, zeros behind", Tlv(0x83, "\x04\x60"), kNone,
                CertificateScope::kAll, 0x06},
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

// A tenant wrote both sides of a comparison, and one handshake took seconds.
TEST(DistributionPointsTest, F5_HowMuchIsRead) {
  const auto uris = [](size_t count, size_t size) {
    std::string names;
    for (size_t i = 0; i < count; ++i) names += Uri(std::string(size, 'a'));
    return Tlv(0x30, FullNameOf(names));
  };
  // Headers around one long URI of a certificate's, and of a CRL's.
  const size_t certificate_frame = Tlv(0x30, uris(1, 4000)).size() - 4000;
  const size_t crl_frame = uris(1, 4000).size() - 4000;
  constexpr auto kUnsupported = der::Fault::Kind::kUnsupported;
  struct Case {
    const char* what;
    std::string points;  // of a certificate
    der::Fault::Kind kind;
  };
  for (const Case& c : {
           Case{"64 names", uris(64, 1), der::Fault::Kind::kNone},
           Case{"65 names", uris(65, 1), kUnsupported},
           Case{"64 names in two points", uris(40, 1) + uris(24, 1),
                der::Fault::Kind::kNone},
           Case{"65 names in two points", uris(40, 1) + uris(25, 1),
                kUnsupported},
           Case{"a relative name is one",
                uris(64, 1) + Tlv(0x30, RelativeName("x")), kUnsupported},
           Case{"4 KiB", uris(1, kMaxPointBytes - certificate_frame),
                der::Fault::Kind::kNone},
           Case{"a byte more", uris(1, kMaxPointBytes - certificate_frame + 1),
                kUnsupported},
           Case{"long and ill-formed", uris(1, 9000) + Tlv(0x31, ""),
                der::Fault::Kind::kIllFormed},
       }) {
    const std::string value = Tlv(0x30, c.points);
    EXPECT_EQ(DistributionPoints::Parse(AsBytes(value)).fault().kind, c.kind)
        << c.what;
  }
  const std::string fits = uris(1, kMaxPointBytes - crl_frame);
  EXPECT_EQ(fits.size(), kMaxPointBytes);
  EXPECT_TRUE(IssuingDistributionPoint::Parse(AsBytes(fits)).ok());
  const std::string more = uris(1, kMaxPointBytes - crl_frame + 1);
  EXPECT_EQ(IssuingDistributionPoint::Parse(AsBytes(more)).fault().kind,
            kUnsupported);
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

  GeneralNameReader reader(*names);
  const std::optional<GeneralName> name = reader.Next();
  ASSERT_TRUE(name.has_value());
  EXPECT_FALSE(reader.Next().has_value());
  const std::string same =
      test::EncodeName({{"C", "us"}, {"O", "example"}, {"CN", "crl1"}});
  EXPECT_TRUE(name->directory_name == *Name::Parse(AsBytes(same)));
  const std::string other = test::EncodeName({{"C", "US"}, {"CN", "CRL1"}});
  EXPECT_FALSE(name->directory_name == *Name::Parse(AsBytes(other)));
}

TEST(DistributionPointTest, F5_ALongRelativeNameIsNobodys) {
  const std::string value = Tlv(0x30, RelativeName(std::string(100, 'x')));
  const auto point = IssuingDistributionPoint::Parse(AsBytes(value));
  ASSERT_TRUE(point.ok());
  for (const size_t size : {3000, 4096}) {
    const std::string der =
        test::EncodeName(test::CommonName(std::string(size, 'a')));
    const std::string whole =
        FullName(*point->name, *Name::Parse(AsBytes(der)));
    EXPECT_EQ(GeneralNames::Parse(AsBytes(whole)).ok(), size == 3000) << size;
  }
}

// Reads the only name of a list.
GeneralName OnlyName(const std::string& list) {
  GeneralNameReader reader(*GeneralNames::Parse(AsBytes(list)));
  return *reader.Next();
}

TEST(DistributionPointTest, SamePoints) {
  struct Case {
    std::string a, b;
    bool same;
  };
  for (const Case& c : {
           Case{Uri("h://a"), Uri("h://a"), true},
           Case{Uri("h://a"), Uri("h://A"), false},
           Case{Uri("h://a"), Uri("h://a/"), false},
           Case{Uri("a"), Tlv(0x82, "a"), false},
           Case{Uri(""), Tlv(0x82, ""), false},
           Case{Dir("Example"), Dir("EXAMPLE"), true},
           Case{Dir("Example"), Dir("Example 2"), false},
           Case{Dir("Example"), Uri("Example"), false},
       }) {
    const GeneralName a = OnlyName(c.a), b = OnlyName(c.b);
    EXPECT_EQ(IsSamePoint(a, b), c.same);
    EXPECT_EQ(IsSamePoint(b, a), c.same);
    for (const uint64_t seed : {uint64_t{0}, uint64_t{12345}}) {
      EXPECT_EQ(PointHash(a, seed) == PointHash(b, seed), c.same);
    }
    EXPECT_NE(PointHash(a, 1), PointHash(a, 12345));
  }
}

}  // namespace
}  // namespace chainkeep::x509
