#include "engine/x509/crl.h"

#include <string>
#include <vector>

#include "chainkeep/certificate.h"
#include "gtest/gtest.h"
#include "tests/support/der_writer.h"
#include "tests/support/test_certificates.h"
#include "tests/support/test_crls.h"

namespace chainkeep::x509 {
namespace {

using test::CrlSpec;
using test::EncodeCriticalExtension;
using test::EncodeExtension;
using test::kDay;
using test::kTestNow;
using test::MakeCrl;
using test::RevokedSpec;
using test::Tlv;

constexpr auto kNone = der::Fault::Kind::kNone;
constexpr auto kIllFormed = der::Fault::Kind::kIllFormed;
constexpr auto kNotTaken = der::Fault::Kind::kUnsupported;

const test::TestCertificate& Ca() {
  static const auto& ca = *new test::TestCertificate(
      test::MakeCertificate(test::CaSpec("CRL Test CA"), nullptr));
  return ca;
}

std::string ReasonExtension(uint8_t reason) {
  return EncodeExtension(test::kReasonCodeOid, test::EncodeReason(reason));
}

TEST(CrlTest, ReadsEverything) {
  CrlSpec spec;
  spec.revoked = {{.serial = "\x01"},
                  {.serial = std::string("\x00\xff", 2),
                   .revoked_at = kTestNow - 5,
                   .extensions = ReasonExtension(1)}};
  spec.extensions = EncodeExtension(test::kAuthorityKeyIdentifierOid,
                                    Tlv(0x30, Tlv(0x80, "key"))) +
                    EncodeExtension(test::kCrlNumberOid, test::Integer(258)) +
                    EncodeCriticalExtension(test::kIssuingDistributionPointOid,
                                            Tlv(0x30, Tlv(0x81, "\xff")));
  const std::string der = MakeCrl(spec, Ca());
  const auto crl = Crl::Parse(AsBytes(der));
  ASSERT_TRUE(crl.ok()) << crl.fault().what;
  EXPECT_EQ(crl->version(), 2);
  EXPECT_EQ(crl->this_update(), kTestNow - kDay);
  EXPECT_EQ(crl->next_update(), kTestNow + 30 * kDay);
  const std::string issuer = test::EncodeName(Ca().subject);
  EXPECT_TRUE(der::Equal(crl->issuer().der(), AsBytes(issuer)));
  EXPECT_TRUE(der::Equal(*crl->authority_key_id(), AsBytes("key")));
  EXPECT_TRUE(der::Equal(*crl->number(), AsBytes("\x01\x02")));
  ASSERT_TRUE(crl->distribution_point().has_value());
  EXPECT_EQ(crl->distribution_point()->scope, CertificateScope::kEndEntity);

  EXPECT_EQ(crl->revoked_count(), 2u);
  RevokedReader reader(*crl);
  std::optional<RevokedCertificate> entry = reader.Next();
  ASSERT_TRUE(entry.has_value());
  EXPECT_TRUE(der::Equal(entry->serial, AsBytes("\x01")));
  EXPECT_EQ(entry->revoked_at, kTestNow - kDay);
  EXPECT_EQ(entry->reason, RevocationReason::kUnspecified);
  entry = reader.Next();
  ASSERT_TRUE(entry.has_value());
  EXPECT_TRUE(der::Equal(entry->serial, AsBytes(std::string("\x00\xff", 2))));
  EXPECT_EQ(entry->revoked_at, kTestNow - 5);
  EXPECT_EQ(entry->reason, RevocationReason::kKeyCompromise);
  EXPECT_FALSE(reader.Next().has_value());
}

TEST(CrlTest, ReadsTheLeast) {
  CrlSpec spec;
  spec.version = std::nullopt;
  spec.next_update = std::nullopt;
  const std::string der = MakeCrl(spec, Ca());
  const auto crl = Crl::Parse(AsBytes(der));
  ASSERT_TRUE(crl.ok()) << crl.fault().what;
  EXPECT_EQ(crl->version(), 1);
  EXPECT_FALSE(crl->next_update().has_value());
  EXPECT_EQ(crl->revoked_count(), 0u);
  EXPECT_FALSE(RevokedReader(*crl).Next().has_value());
  EXPECT_FALSE(crl->authority_key_id().has_value());
  EXPECT_FALSE(crl->number().has_value());
  EXPECT_FALSE(crl->distribution_point().has_value());
}

struct SpecCase {
  const char* what;
  CrlSpec spec;
  der::Fault::Kind kind;
};

void RunAll(const std::vector<SpecCase>& cases) {
  for (const SpecCase& c : cases) {
    const std::string der = MakeCrl(c.spec, Ca());
    const auto crl = Crl::Parse(AsBytes(der));
    EXPECT_EQ(crl.ok(), c.kind == kNone) << c.what;
    EXPECT_EQ(crl.fault().kind, c.kind) << c.what << ": " << crl.fault().what;
  }
}

TEST(CrlTest, Versions) {
  const std::string number =
      EncodeExtension(test::kCrlNumberOid, test::Integer(1));
  RunAll({
      {"v2", {}, kNone},
      {"v1", {.version = std::nullopt}, kNone},
      {"v1, written", {.version = std::string(1, '\0')}, kIllFormed},
      {"v3", {.version = "\x02"}, kIllFormed},
      {"version not minimal", {.version = std::string("\0\1", 2)}, kIllFormed},
      {"v1 with extensions",
       {.version = std::nullopt, .extensions = number},
       kIllFormed},
      {"v1 with entry extensions",
       {.version = std::nullopt,
        .revoked = {{.serial = "\x01", .extensions = ReasonExtension(1)}}},
       kIllFormed},
  });
}

TEST(CrlTest, Algorithms) {
  const std::string rsa =
      Tlv(0x30, test::Oid("1.2.840.113549.1.1.11") + Tlv(0x05, ""));
  const std::string not_any =
      Tlv(0x30, test::Oid("1.2.840.113549.1.1.11") + Tlv(0x05, "x"));
  RunAll({
      {"inner differs", {.inner_algorithm = rsa}, kIllFormed},
      {"outer differs", {.outer_algorithm = rsa}, kIllFormed},
      {"unknown, but equal",
       {.inner_algorithm = rsa, .outer_algorithm = rsa},
       kNone},
      {"empty",
       {.inner_algorithm = Tlv(0x30, ""), .outer_algorithm = Tlv(0x30, "")},
       kIllFormed},
      {"parameters that are no value",
       {.inner_algorithm = not_any, .outer_algorithm = not_any},
       kIllFormed},
  });
}

TEST(CrlTest, Entries) {
  const auto with = [](std::string extensions) {
    return CrlSpec{.revoked = {{.serial = "\x01"},
                               {.serial = "\x02", .extensions = extensions}}};
  };
  const auto reason = [&with](const std::string& value) {
    return with(EncodeExtension(test::kReasonCodeOid, value));
  };
  RunAll({
      {"negative serial", {.revoked = {{.serial = "\xfd\x78"}}}, kNone},
      {"serial zero", {.revoked = {{.serial = std::string(1, '\0')}}}, kNone},
      {"serial not minimal",
       {.revoked = {{.serial = std::string("\0\1", 2)}}},
       kIllFormed},
      {"no serial", {.revoked = {{.serial = ""}}}, kIllFormed},
      {"no extension, but the list", with(""), kNone},
      {"unspecified", with(ReasonExtension(0)), kNone},
      {"reason 7", with(ReasonExtension(7)), kIllFormed},
      {"reason 10", with(ReasonExtension(10)), kNone},
      {"reason 11", with(ReasonExtension(11)), kIllFormed},
      {"reason of two bytes", reason(Tlv(0x0a, std::string("\0\1", 2))),
       kIllFormed},
      {"reason as INTEGER", reason(test::Integer(1)), kIllFormed},
      {"reason twice", with(ReasonExtension(1) + ReasonExtension(1)),
       kIllFormed},
      {"critical reason",
       with(EncodeCriticalExtension(test::kReasonCodeOid,
                                    test::EncodeReason(1))),
       kNone},
      {"invalidityDate",
       with(EncodeExtension(test::kInvalidityDateOid,
                            Tlv(0x18, "20250101000000Z"))),
       kNone},
      {"bad invalidityDate",
       with(EncodeExtension(test::kInvalidityDateOid,
                            Tlv(0x18, "20250132000000Z"))),
       kIllFormed},
      {"certificateIssuer",
       with(EncodeCriticalExtension(
           test::kCertificateIssuerOid,
           Tlv(0x30, Tlv(0xa4, test::EncodeName(test::CommonName("x")))))),
       kNotTaken},
      {"certificateIssuer, not critical",
       with(EncodeExtension(test::kCertificateIssuerOid, Tlv(0x30, ""))),
       kNotTaken},
      {"unknown", with(EncodeExtension("1.2.3", "x")), kNone},
      {"unknown critical (PKITS 4.4.8)",
       with(EncodeCriticalExtension("1.2.3", "x")), kNotTaken},
      {"critical FALSE",
       with(Tlv(0x30, test::Oid("1.2.3") + Tlv(0x01, std::string(1, '\0')) +
                          Tlv(0x04, "x"))),
       kNone},
      {"critical of two bytes",
       with(Tlv(0x30,
                test::Oid("1.2.3") + Tlv(0x01, "\xff\xff") + Tlv(0x04, "x"))),
       kIllFormed},
      {"not an Extension", with("x"), kIllFormed},
  });
}

TEST(CrlTest, Extensions) {
  const auto number = [](const std::string& value) {
    return CrlSpec{.extensions = EncodeExtension(test::kCrlNumberOid, value)};
  };
  const auto key_id = [](const std::string& fields) {
    return CrlSpec{.extensions = EncodeExtension(
                       test::kAuthorityKeyIdentifierOid, Tlv(0x30, fields))};
  };
  const std::string issuer =
      Tlv(0xa1, Tlv(0xa4, test::EncodeName(test::CommonName("x"))));
  std::string seventeen;
  for (int i = 0; i < 17; ++i) {
    seventeen += EncodeExtension("1.2." + std::to_string(i), "x");
  }
  RunAll({
      {"cRLNumber 0", number(test::Integer(0)), kNone},
      {"cRLNumber of 20 bytes", number(Tlv(0x02, std::string(20, '\x7f'))),
       kNone},
      {"cRLNumber of 21 bytes", number(Tlv(0x02, std::string(21, '\x7f'))),
       kIllFormed},
      {"negative cRLNumber", number(Tlv(0x02, "\xfd\x78")), kIllFormed},
      {"cRLNumber and more", number(test::Integer(0) + "x"), kIllFormed},
      {"key id", key_id(Tlv(0x80, "k")), kNone},
      {"key id, issuer and serial",
       key_id(Tlv(0x80, "k") + issuer + Tlv(0x82, "\x01")), kNone},
      {"issuer without serial", key_id(issuer), kIllFormed},
      {"serial without issuer", key_id(Tlv(0x82, "\x01")), kIllFormed},
      {"delta",
       {.extensions = EncodeCriticalExtension(test::kDeltaCrlIndicatorOid,
                                              test::Integer(1))},
       kNotTaken},
      {"delta, not critical",
       {.extensions =
            EncodeExtension(test::kDeltaCrlIndicatorOid, test::Integer(1))},
       kNotTaken},
      {"indirect",
       {.extensions = EncodeCriticalExtension(
            test::kIssuingDistributionPointOid, Tlv(0x30, Tlv(0x84, "\xff")))},
       kNotTaken},
      {"empty issuingDistributionPoint",
       {.extensions = EncodeCriticalExtension(
            test::kIssuingDistributionPointOid, Tlv(0x30, ""))},
       kIllFormed},
      {"unknown", {.extensions = EncodeExtension("1.2.3", "x")}, kNone},
      {"unknown critical (CVE-2026-6450, PKITS 4.4.10)",
       {.extensions = EncodeCriticalExtension("1.2.3", "x")},
       kNotTaken},
      // An OID that begins like a known one is another one (GnuTLS #1810).
      {"critical, cRLNumber's OID and more",
       {.extensions = EncodeCriticalExtension("2.5.29.20.0", test::Integer(1))},
       kNotTaken},
      {"twice",
       {.extensions =
            EncodeExtension("1.2.3", "x") + EncodeExtension("1.2.3", "x")},
       kIllFormed},
      {"17 extensions", {.extensions = seventeen}, kNotTaken},
      {"not an Extension", {.extensions = "x"}, kIllFormed},
  });
}

// What is tolerated is told of; whatever a list says besides counts.
TEST(CrlTest, V1_ToleratedEncodingsAreTold) {
  const std::string no = std::string(1, '\0');
  const auto critical = [](std::string_view value) {
    return Tlv(0x30, test::Oid("1.2.3") + Tlv(0x01, value) + Tlv(0x04, "x"));
  };
  const auto point = [](std::string_view flags) {
    return CrlSpec{.extensions = EncodeCriticalExtension(
                       test::kIssuingDistributionPointOid, Tlv(0x30, flags))};
  };
  struct Case {
    std::string_view words;
    CrlSpec spec;
  };
  for (Case c : {
           Case{"", {}},
           Case{"revokedCertificates: the list is empty",
                {.writes_empty_revoked = true}},
           Case{"crlExtensions: the list is empty",
                {.writes_empty_extensions = true}},
           Case{"crlEntryExtensions: the list is empty",
                {.revoked = {{.serial = "\x01", .extensions = ""}}}},
           Case{"extension: critical FALSE is written, which is the DEFAULT",
                {.extensions = critical(no)}},
           Case{"extension: critical FALSE is written, which is the DEFAULT",
                {.revoked = {{.serial = "\x01", .extensions = critical(no)}}}},
           Case{"issuingDistributionPoint: FALSE is written, which is the "
                "DEFAULT",
                point(Tlv(0x81, "\xff") + Tlv(0x84, no))},
           Case{"issuingDistributionPoint: TRUE is not written as FF",
                point(Tlv(0x81, "\x01"))},
           Case{"distributionPoint: reasons end in zero bits",
                point(Tlv(0x83, "\x04\x60"))},
           Case{
               "directoryName: attributes of an RDN are not in DER's order",
               point(Tlv(0xa0, Tlv(0xa0, Tlv(0xa4, test::EncodeName(
                                                       {{"O", "a"},
                                                        {"CN", "b", test::kUtf8,
                                                         true}})))))},
           Case{"issuer: attributes of an RDN are not in DER's order",
                {.issuer =
                     test::DistinguishedName{{"O", "a"},
                                             {"CN", "b", test::kUtf8, true}}}},
       }) {
    const std::string der = MakeCrl(c.spec, Ca());
    const auto crl = Crl::Parse(AsBytes(der));
    ASSERT_TRUE(crl.ok()) << c.words << ": " << crl.fault().what;
    EXPECT_EQ(crl->tolerated(), c.words);
    EXPECT_EQ(crl->revoked_count(), c.spec.revoked.size()) << c.words;
  }
  // TRUE of any byte is critical, and so refuses.
  const std::string der = MakeCrl({.extensions = critical("\x01")}, Ca());
  EXPECT_EQ(Crl::Parse(AsBytes(der)).fault().kind,
            der::Fault::Kind::kUnsupported);
}

// What MakeCrl cannot write.
TEST(CrlTest, BrokenElements) {
  const std::string algorithm = test::EncodeSignatureAlgorithm(
      Ca().key.get(), test::DigestType::kSha256, test::RsaPadding::kPkcs1);
  const std::string name = test::EncodeName(Ca().subject);
  const std::string time = test::Time(kTestNow);
  const std::string v2 = test::Integer(1);
  const std::string entry = Tlv(0x30, test::Integer(1) + time);
  const std::string signature = test::BitString("s");
  const std::string good = v2 + algorithm + name + time;
  struct Case {
    const char* what;
    std::string tbs;
    bool ok;
  };
  for (const Case& c : {
           Case{"good", good, true},
           Case{"with entries", good + Tlv(0x30, entry), true},
           Case{"nothing", "", false},
           Case{"no algorithm", v2 + name + time, false},
           Case{"no issuer", v2 + algorithm + time, false},
           Case{"bad issuer", v2 + algorithm + Tlv(0x30, "x") + time, false},
           Case{"no thisUpdate", v2 + algorithm + name, false},
           Case{"bad thisUpdate",
                v2 + algorithm + name + Tlv(0x17, "250631000000Z"), false},
           Case{"bad nextUpdate", good + Tlv(0x17, "2506300000Z"), false},
           Case{"empty revokedCertificates", good + Tlv(0x30, ""), true},
           Case{"two of them", good + Tlv(0x30, "") + Tlv(0x30, ""), false},
           Case{"garbage between", good + Tlv(0x04, "x"), false},
           Case{"garbage behind", good + Tlv(0x30, entry) + Tlv(0x04, "x"),
                false},
           Case{"bare entry", good + Tlv(0x30, test::Integer(1)), false},
           Case{"entry without a date",
                good + Tlv(0x30, Tlv(0x30, test::Integer(1))), false},
           Case{"second entry is garbage", good + Tlv(0x30, entry + "x"),
                false},
           Case{"entry with two lists",
                good + Tlv(0x30, Tlv(0x30, test::Integer(1) + time +
                                               Tlv(0x30, "") + Tlv(0x30, ""))),
                false},
           Case{"empty crlExtensions", good + Tlv(0xa0, Tlv(0x30, "")), true},
           Case{"empty crlExtensions of v1",
                algorithm + name + time + Tlv(0xa0, Tlv(0x30, "")), false},
           Case{"no crlExtensions in the tag", good + Tlv(0xa0, ""), false},
           Case{"crlExtensions of a certificate",
                good + Tlv(0xa3, Tlv(0x30, EncodeExtension("1.2.3", "x"))),
                false},
       }) {
    const std::string der = Tlv(0x30, Tlv(0x30, c.tbs) + algorithm + signature);
    const auto crl = Crl::Parse(AsBytes(der));
    EXPECT_EQ(crl.ok(), c.ok) << c.what;
    EXPECT_EQ(crl.fault().kind, c.ok ? kNone : kIllFormed) << c.what;
  }
  const std::string tbs = Tlv(0x30, good);
  for (const std::string& der : {std::string(), Tlv(0x30, ""), Tlv(0x30, tbs),
                                 Tlv(0x30, tbs + algorithm),
                                 Tlv(0x30, tbs + algorithm + signature + "x"),
                                 Tlv(0x30, tbs + algorithm + signature) + "x",
                                 Tlv(0x31, tbs + algorithm + signature),
                                 Tlv(0x30, tbs + algorithm +
                                               Tlv(0x03,
                                                   "\x01"
                                                   "\x80")),
                                 Tlv(0x30, tbs + algorithm + Tlv(0x03, ""))}) {
    EXPECT_FALSE(Crl::Parse(AsBytes(der)).ok()) << test::ToHex(der);
  }
}

// E8: any cut and any changed byte is answered (GHSA-82j2-j2ch-gfr8).
TEST(CrlTest, EveryCutIsIllFormedAndNoChangeCrashes) {
  CrlSpec spec;
  spec.revoked = {{.serial = "\x01", .extensions = ReasonExtension(1)}};
  spec.extensions = EncodeExtension(test::kCrlNumberOid, test::Integer(1));
  const std::string der = MakeCrl(spec, Ca());
  for (size_t size = 0; size < der.size(); ++size) {
    EXPECT_FALSE(Crl::Parse(AsBytes(der).first(size)).ok()) << size;
  }
  int parsed = 0;
  for (size_t i = 0; i < der.size(); ++i) {
    for (const uint8_t change : {0x01, 0x20, 0x80, 0xff}) {
      std::string changed = der;
      changed[i] = static_cast<char>(changed[i] ^ change);
      const auto crl = Crl::Parse(AsBytes(changed));
      if (!crl.ok()) continue;
      ++parsed;
      RevokedReader reader(*crl);
      size_t count = 0;
      while (reader.Next()) ++count;
      EXPECT_EQ(count, crl->revoked_count());
    }
  }
  EXPECT_GT(parsed, 0);
}

}  // namespace
}  // namespace chainkeep::x509
