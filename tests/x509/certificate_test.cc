#include "engine/x509/certificate.h"

#include <string>

#include "chainkeep/certificate.h"
#include "gtest/gtest.h"
#include "openssl/x509.h"
#include "tests/support/der_writer.h"
#include "tests/support/test_certificates.h"
#include "tests/support/tolerated_encodings.h"

namespace chainkeep::x509 {
namespace {

using Kind = der::Fault::Kind;
using test::CaSpec;
using test::CertificateSpec;
using test::FromHex;
using test::kTestNow;
using test::LeafSpec;
using test::MakeCertificate;
using test::TestCertificate;
using test::Tlv;

TEST(Certificate, ReadsEveryField) {
  CertificateSpec spec = CaSpec("CA");
  spec.serial = FromHex("0102ff");
  spec.basic_constraints->path_length = 3;
  spec.subject_key_id = "own";
  spec.authority_key_id = "issuer";
  spec.extended_key_usage = {test::kEkuClientAuth};
  spec.subject_alt_names = {test::DnsName("a.example")};
  spec.name_constraints = test::NameConstraints{
      .permitted = {test::DnsName("example")}, .excluded = {}};
  const TestCertificate ca = MakeCertificate(spec, nullptr);
  const auto parsed = Certificate::Parse(ca.bytes());
  ASSERT_TRUE(parsed.ok()) << parsed.fault().what;
  EXPECT_EQ(parsed->version(), 3);
  EXPECT_EQ(test::ToHex({reinterpret_cast<const char*>(parsed->serial().data()),
                         parsed->serial().size()}),
            "0102ff");
  EXPECT_EQ(parsed->not_before(), kTestNow - test::kDay);
  EXPECT_EQ(parsed->not_after(), kTestNow + 365 * test::kDay);
  EXPECT_TRUE(parsed->is_self_issued());
  const Extensions& extensions = parsed->extensions();
  EXPECT_TRUE(extensions.has_basic_constraints);
  EXPECT_TRUE(extensions.is_ca);
  EXPECT_EQ(extensions.path_length, 3u);
  EXPECT_TRUE(extensions.key_usage->Bit(5));
  EXPECT_FALSE(extensions.key_usage->Bit(0));
  EXPECT_TRUE(der::Equal(*extensions.subject_key_id, AsBytes("own")));
  EXPECT_TRUE(der::Equal(*extensions.authority_key_id, AsBytes("issuer")));
  EXPECT_TRUE(extensions.extended_key_usage.has_value());
  EXPECT_TRUE(extensions.subject_alt_name.has_value());
  EXPECT_TRUE(extensions.name_constraints.has_value());
  EXPECT_FALSE(extensions.has_unknown_critical);
}

TEST(Certificate, ViewsTheCallersBytes) {
  const TestCertificate leaf = MakeCertificate(LeafSpec("d"), nullptr);
  const auto parsed = Certificate::Parse(leaf.bytes());
  const auto within = [&](Bytes view) {
    return view.data() >= leaf.bytes().data() &&
           view.data() + view.size() <=
               leaf.bytes().data() + leaf.bytes().size();
  };
  EXPECT_TRUE(within(parsed->tbs()));
  EXPECT_TRUE(within(parsed->spki()));
  EXPECT_TRUE(within(parsed->issuer().der()));
  EXPECT_TRUE(within(parsed->signature()));
}

struct FormCase {
  const char* what;
  void (*change)(CertificateSpec&);
  Kind fault;
};

TEST(Certificate, FormIsChecked) {
  const FormCase kCases[] = {
      {"good", [](CertificateSpec&) {}, Kind::kNone},
      {"serial zero", [](CertificateSpec& s) { s.serial = FromHex("00"); },
       Kind::kNone},
      {"serial negative", [](CertificateSpec& s) { s.serial = FromHex("80"); },
       Kind::kNone},
      {"serial padded", [](CertificateSpec& s) { s.serial = FromHex("0001"); },
       Kind::kIllFormed},
      {"serial of 21 octets",
       [](CertificateSpec& s) { s.serial = std::string(21, 'x'); },
       Kind::kNone},
      {"version 2 with extensions", [](CertificateSpec& s) { s.version = 2; },
       Kind::kIllFormed},
      {"version 4", [](CertificateSpec& s) { s.version = 4; },
       Kind::kIllFormed},
      {"I1: algorithms differ",
       [](CertificateSpec& s) {
         s.inner_algorithm = Tlv(0x30, test::Oid("1.2.840.10045.4.3.3"));
       },
       Kind::kUnsupported},
      {"I1: parameters differ",
       [](CertificateSpec& s) {
         s.outer_algorithm =
             Tlv(0x30, test::Oid("1.2.840.10045.4.3.2") + Tlv(0x05, ""));
       },
       Kind::kUnsupported},
      {"I1: only the outer algorithm is ill-formed",
       [](CertificateSpec& s) { s.outer_algorithm = Tlv(0x30, "\x06\x01"); },
       Kind::kUnsupported},
      {"I1: the inner algorithm is ill-formed",
       [](CertificateSpec& s) {
         s.inner_algorithm = s.outer_algorithm = Tlv(0x30, "\x06\x01");
       },
       Kind::kIllFormed},
      {"G3: duplicate extension",
       [](CertificateSpec& s) {
         s.extensions = {{"1.2.3", "a", false}, {"1.2.3", "b", false}};
       },
       Kind::kIllFormed},
      {"duplicate keyUsage",
       [](CertificateSpec& s) {
         s.extensions = {{"2.5.29.15", FromHex("03020780"), true}};
       },
       Kind::kIllFormed},
      {"48 unknown extensions",
       [](CertificateSpec& s) {
         for (int i = 0; i < 48; ++i) {
           s.extensions.push_back({"1.2.3." + std::to_string(i), "", false});
         }
       },
       Kind::kNone},
      {"49 unknown extensions",
       [](CertificateSpec& s) {
         for (int i = 0; i < 49; ++i) {
           s.extensions.push_back({"1.2.3." + std::to_string(i), "", false});
         }
       },
       Kind::kUnsupported},
      {"SPKI without algorithm",
       [](CertificateSpec& s) { s.spki = Tlv(0x30, test::BitString("x")); },
       Kind::kIllFormed},
      {"SPKI with trailing data",
       [](CertificateSpec& s) {
         s.spki = Tlv(0x30, Tlv(0x30, test::Oid("1.2.3")) +
                                test::BitString("x") + Tlv(0x05, ""));
       },
       Kind::kIllFormed},
  };
  for (const FormCase& c : kCases) {
    CertificateSpec spec = LeafSpec("device");
    c.change(spec);
    const TestCertificate certificate = MakeCertificate(spec, nullptr);
    const auto parsed = Certificate::Parse(certificate.bytes());
    EXPECT_EQ(parsed.fault().kind, c.fault)
        << c.what << ": " << parsed.fault().what;
  }
}

struct ExtensionCase {
  const char* what;
  const char* oid;
  std::string value;
  bool taken;
};

TEST(Certificate, KnownExtensionsHaveTheirForm) {
  const ExtensionCase kCases[] = {
      {"empty", "2.5.29.19", FromHex("3000"), true},
      {"cA", "2.5.29.19", FromHex("30030101ff"), true},
      {"cA of two bytes", "2.5.29.19", FromHex("30040102ffff"), false},
      {"pathLen", "2.5.29.19", FromHex("30060101ff020105"), true},
      {"pathLen negative", "2.5.29.19", FromHex("30060101ff0201ff"), false},
      {"pathLen padded", "2.5.29.19", FromHex("30070101ff02020005"), false},
      {"trailing element", "2.5.29.19", FromHex("30080101ff0201050500"), false},
      {"trailing data", "2.5.29.19", FromHex("300000"), false},
      {"nothing", "2.5.29.19", "", false},

      {"digitalSignature", "2.5.29.15", FromHex("03020780"), true},
      {"no bit", "2.5.29.15", FromHex("030100"), false},
      {"zero bits alone", "2.5.29.15", FromHex("0303000000"), false},
      {"unused bits that are set", "2.5.29.15", FromHex("03020781"), false},
      {"more unused bits than there are", "2.5.29.15", FromHex("030107"),
       false},
      {"no BIT STRING", "2.5.29.15", FromHex("020101"), false},

      {"a purpose", "2.5.29.37", FromHex("300606042b060105"), true},
      {"no purpose", "2.5.29.37", FromHex("3000"), false},
      {"not an OID", "2.5.29.37", FromHex("30020500"), false},
      {"ill-formed OID", "2.5.29.37", FromHex("3003060180"), false},

      {"key id", "2.5.29.14", FromHex("040141"), true},
      {"a SEQUENCE", "2.5.29.14", FromHex("3000"), false},

      {"empty AKI", "2.5.29.35", FromHex("3000"), true},
      {"key id", "2.5.29.35", FromHex("3003800141"), true},
      {"issuer without serial", "2.5.29.35", FromHex("3005a103820161"), false},
      {"serial without issuer", "2.5.29.35", FromHex("3003820101"), false},
      {"issuer and serial", "2.5.29.35", FromHex("3008a103820161820101"), true},

      {"a name", "2.5.29.17", FromHex("3003820161"), true},
      {"E2: no name", "2.5.29.17", FromHex("3000"), false},
      {"universal tag", "2.5.29.17", FromHex("30030c0161"), false},
      {"[9]", "2.5.29.17", FromHex("3003890161"), false},
      {"name cut", "2.5.29.17", FromHex("3003820561"), false},

      {"empty constraints", "2.5.29.30", FromHex("3000"), false},
  };
  for (const ExtensionCase& c : kCases) {
    CertificateSpec spec;
    spec.extensions = {{c.oid, c.value, false}};
    const TestCertificate certificate = MakeCertificate(spec, nullptr);
    const auto parsed = Certificate::Parse(certificate.bytes());
    EXPECT_EQ(parsed.ok(), c.taken) << c.oid << " " << c.what;
  }
}

// What has one reading is taken, means what it says, and is told of; the same
// in DER is not told of.
TEST(Certificate, V1_ToleratedEncodingsAreTold) {
  for (const test::ToleratedEncoding& encoding : test::ToleratedEncodings()) {
    // Those are for path::CheckEncoding to tell of.
    if (encoding.words.starts_with("signatureAlgorithm") ||
        encoding.words.starts_with("subjectPublicKeyInfo")) {
      continue;
    }
    for (CertificateSpec spec : {LeafSpec("device"), CaSpec("CA")}) {
      const bool is_ca = spec.basic_constraints.has_value();
      using In = test::ToleratedEncoding::In;
      if (encoding.in == (is_ca ? In::kLeaf : In::kCa)) continue;
      const TestCertificate in_der = MakeCertificate(spec, nullptr);
      const auto strict = Certificate::Parse(in_der.bytes());
      ASSERT_TRUE(strict.ok());
      EXPECT_EQ(strict->tolerated(), "");
      encoding.write(spec);
      const TestCertificate made =
          MakeCertificate(spec, is_ca ? nullptr : &in_der);
      const auto parsed = Certificate::Parse(made.bytes());
      ASSERT_TRUE(parsed.ok()) << encoding.words << ": " << parsed.fault().what;
      EXPECT_EQ(parsed->tolerated(), encoding.words);
      EXPECT_EQ(parsed->extensions().is_ca, is_ca) << encoding.words;
      EXPECT_TRUE(der::Equal(parsed->der(), made.bytes()));
      const auto& usage = parsed->extensions().key_usage;
      EXPECT_EQ(usage.has_value(),
                encoding.words != "extensions: the list is empty" &&
                    parsed->version() == 3)
          << encoding.words;
      if (!usage) continue;
      for (int bit = 0; bit < 9; ++bit) {
        EXPECT_EQ(usage->Bit(bit), strict->extensions().key_usage->Bit(bit))
            << encoding.words;
      }
    }
  }
}

// What has no reading, or two, is refused whatever the rule.
TEST(Certificate, V1_NothingElseIsTolerated) {
  struct Case {
    const char* what;
    void (*change)(CertificateSpec&);
  };
  for (const Case& c : {
           Case{"version 1 with extensions",
                [](CertificateSpec& s) {
                  s.version_element = FromHex("a003020100");
                }},
           Case{"an empty list of extensions outside of version 3",
                [](CertificateSpec& s) {
                  s = CertificateSpec();
                  s.version = 1;
                  s.raw_extensions = "";
                }},
           Case{"an attribute twice, side by side",
                [](CertificateSpec& s) {
                  s.subject = {
                      {.type = "CN", .value = "a"},
                      {.type = "CN", .value = "a", .joins_previous = true}};
                }},
           Case{"an attribute twice, out of order",
                [](CertificateSpec& s) {
                  s.subject = {
                      {.type = "O", .value = "a"},
                      {.type = "CN", .value = "b", .joins_previous = true},
                      {.type = "O", .value = "a", .joins_previous = true}};
                }},
           Case{"17 attributes out of order",
                [](CertificateSpec& s) {
                  s.subject = {};
                  for (int i = 0; i < 17; ++i) {
                    s.subject.push_back({.type = "CN",
                                         .value = std::string(1, 'z' - i),
                                         .joins_previous = i > 0});
                  }
                }},
       }) {
    CertificateSpec spec = LeafSpec("device");
    c.change(spec);
    const TestCertificate made = MakeCertificate(spec, nullptr);
    EXPECT_FALSE(Certificate::Parse(made.bytes()).ok()) << c.what;
  }
}

TEST(Certificate, V11_CriticalIsToldApart) {
  for (const bool critical : {false, true}) {
    CertificateSpec spec = LeafSpec("device");
    spec.extensions = {{"1.2.3.4", "anything", critical}};
    const TestCertificate certificate = MakeCertificate(spec, nullptr);
    EXPECT_EQ(Certificate::Parse(certificate.bytes())
                  ->extensions()
                  .has_unknown_critical,
              critical);
  }
}

// E1, E8: no prefix, no extension and no one-byte change of a certificate is
// more than a fault or another certificate; and what we take, BoringSSL takes.
TEST(Certificate, E1_EveryMutationIsAnswered) {
  CertificateSpec spec = LeafSpec("device");
  spec.subject_alt_names = {test::DnsName("a.example"),
                            test::IpName("\x7f\x01\x01\x01")};
  const TestCertificate ca = MakeCertificate(CaSpec("CA"), nullptr);
  const std::string der = MakeCertificate(spec, &ca).der;
  for (size_t size = 0; size < der.size(); ++size) {
    EXPECT_FALSE(
        Certificate::Parse(AsBytes(std::string_view(der).substr(0, size)))
            .ok());
  }
  EXPECT_FALSE(Certificate::Parse(AsBytes(der + "x")).ok());
  int taken = 0;
  for (size_t i = 0; i < der.size(); ++i) {
    for (const uint8_t flip : {0x01, 0x20, 0x80, 0xff}) {
      std::string changed = der;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      const auto parsed = Certificate::Parse(AsBytes(changed));
      // BoringSSL takes some of what strict DER refuses, and not the rest.
      if (!parsed.ok() || !parsed->tolerated().empty()) continue;
      ++taken;
      const auto* bytes = reinterpret_cast<const uint8_t*>(changed.data());
      bssl::UniquePtr<X509> x509(
          d2i_X509(nullptr, &bytes, static_cast<long>(changed.size())));
      EXPECT_NE(x509, nullptr) << "byte " << i << " flip " << int{flip};
    }
  }
  EXPECT_GT(taken, 100);
}

}  // namespace
}  // namespace chainkeep::x509
