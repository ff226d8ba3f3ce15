#include "engine/path/rules.h"

#include <string>
#include <utility>
#include <vector>

#include "chainkeep/certificate.h"
#include "gtest/gtest.h"
#include "tests/support/der_writer.h"
#include "tests/support/test_certificates.h"
#include "tests/support/tolerated_encodings.h"

namespace chainkeep::path {
namespace {

using test::CaSpec;
using test::CertificateSpec;
using test::FromHex;
using test::KeyType;
using test::kTestNow;
using test::LeafSpec;
using test::MakeCertificate;
using test::TestCertificate;

// A certificate and its view.
struct Parsed {
  explicit Parsed(const CertificateSpec& spec,
                  const TestCertificate* issuer = nullptr)
      : made(MakeCertificate(spec, issuer)),
        view(*x509::Certificate::Parse(made.bytes())) {}

  TestCertificate made;
  x509::Certificate view;
};

TEST(CheckValidity, BothEndsAreInside) {
  CertificateSpec spec = LeafSpec("device");
  spec.not_before = kTestNow;
  spec.not_after = kTestNow + 10;
  const Parsed leaf(spec);
  EXPECT_EQ(CheckValidity(leaf.view, kTestNow - 1), Reason::kNotYetValid);
  EXPECT_EQ(CheckValidity(leaf.view, kTestNow), Reason::kAccepted);
  EXPECT_EQ(CheckValidity(leaf.view, kTestNow + 10), Reason::kAccepted);
  EXPECT_EQ(CheckValidity(leaf.view, kTestNow + 11), Reason::kExpired);
}

TEST(CheckBasicFields, TheSerialNumberIsOneThatTheRuleTakes) {
  struct Case {
    const char* what;
    std::string serial;
    Reason strict;
    std::string_view detail = "";
  };
  constexpr std::string_view kLong = "serialNumber: longer than 20 octets";
  constexpr std::string_view kZero =
      "serialNumber: zero, where it must be positive";
  constexpr std::string_view kNegative =
      "serialNumber: negative, where it must be positive";
  for (const Case& c : {
           Case{"one", FromHex("01"), Reason::kAccepted},
           Case{"padded, for its first bit", FromHex("0080"),
                Reason::kAccepted},
           Case{"20 octets", std::string(20, 'x'), Reason::kAccepted},
           Case{"21 octets", std::string(21, 'x'), Reason::kMalformed, kLong},
           Case{"37 octets", std::string(37, 'x'), Reason::kMalformed, kLong},
           Case{"zero", FromHex("00"), Reason::kMalformed, kZero},
           Case{"negative", FromHex("80"), Reason::kMalformed, kNegative},
           Case{"minus one", FromHex("ff"), Reason::kMalformed, kNegative},
       }) {
    CertificateSpec spec = LeafSpec("device");
    spec.serial = c.serial;
    const Parsed leaf(spec);
    const Finding finding = CheckBasicFields(leaf.view, SerialRule::kPositive);
    EXPECT_EQ(finding.reason, c.strict) << c.what;
    EXPECT_EQ(finding.detail, c.detail) << c.what;
    EXPECT_TRUE(CheckBasicFields(leaf.view, SerialRule::kAnyInteger).ok())
        << c.what;
  }
}

TEST(CheckBasicFields, TheIssuerHasAName) {
  CertificateSpec spec = LeafSpec("device");
  spec.issuer = test::DistinguishedName();
  const Parsed leaf(spec);
  for (SerialRule rule : {SerialRule::kPositive, SerialRule::kAnyInteger}) {
    const Finding finding = CheckBasicFields(leaf.view, rule);
    EXPECT_EQ(finding.reason, Reason::kMalformed);
    EXPECT_EQ(finding.detail, "issuer: an empty name");
  }
}

TEST(CheckCriticalExtensions, OnlyThoseThatAreProcessed) {
  CertificateSpec spec = LeafSpec("device");
  EXPECT_EQ(CheckCriticalExtensions(Parsed(spec).view, {}), Reason::kAccepted);
  spec.extensions = {{"1.3.6.1.4.1.55555.1", "x", false}};
  EXPECT_EQ(CheckCriticalExtensions(Parsed(spec).view, {}), Reason::kAccepted);
  spec.extensions = {{"1.3.6.1.4.1.55555.1", "x", true}};
  EXPECT_EQ(CheckCriticalExtensions(Parsed(spec).view, {}),
            Reason::kUnknownCriticalExtension);
  // One of id-ce that nobody here knows: privateKeyUsagePeriod.
  spec.extensions = {{"2.5.29.16", test::Tlv(0x30, ""), true}};
  EXPECT_EQ(CheckCriticalExtensions(Parsed(spec).view, {}),
            Reason::kUnknownCriticalExtension);
}

TEST(CheckCriticalExtensions, ThoseThatTheHostDeclares) {
  CertificateSpec spec = LeafSpec("device");
  spec.extensions = {{"1.3.6.1.4.1.55555.1", "x", true},
                     {"1.3.6.1.4.1.55555.2", "x", false},
                     {"2.5.29.16", test::Tlv(0x30, ""), true}};
  struct Case {
    std::vector<std::string> declared;
    Reason reason;
  };
  constexpr Reason kUnknown = Reason::kUnknownCriticalExtension;
  for (const Case& c : std::vector<Case>{
           {{}, kUnknown},
           {{"1.3.6.1.4.1.55555.1"}, kUnknown},
           {{"2.5.29.16"}, kUnknown},
           {{"1.3.6.1.4.1.55555", "2.5.29.16"}, kUnknown},
           {{"1.3.6.1.4.1.55555.1.1", "2.5.29.16"}, kUnknown},
           {{"2.5.29.16", "1.3.6.1.4.1.55555.1"}, Reason::kAccepted}}) {
    ValidationOptions options;
    options.processed_extensions = c.declared;
    EXPECT_EQ(CheckCriticalExtensions(Parsed(spec).view, options), c.reason)
        << ::testing::PrintToString(c.declared);
  }
}

TEST(CheckSubjectKey, KindAndSizeAreThePolicys) {
  AlgorithmPolicy only_p384;
  only_p384.curves = {EllipticCurve::kP384};
  AlgorithmPolicy no_ed25519;
  no_ed25519.schemes = {SignatureScheme::kEcdsa, SignatureScheme::kRsaPkcs1};
  AlgorithmPolicy short_rsa;
  short_rsa.min_rsa_bits = 1024;
  AlgorithmPolicy small_rsa;
  small_rsa.max_rsa_bits = 3072;
  struct Case {
    const char* what;
    KeyType key;
    AlgorithmPolicy policy;
    Reason reason;
  };
  for (const Case& c : {
           Case{"P-256", KeyType::kP256, {}, Reason::kAccepted},
           Case{"P-521", KeyType::kP521, {}, Reason::kAccepted},
           Case{"Ed25519", KeyType::kEd25519, {}, Reason::kAccepted},
           Case{"RSA-2048", KeyType::kRsa2048, {}, Reason::kAccepted},
           Case{"RSA-1024", KeyType::kRsa1024, {}, Reason::kWeakKey},
           Case{"RSA-1024, asked for", KeyType::kRsa1024, short_rsa,
                Reason::kAccepted},
           Case{"RSA-4096, too large", KeyType::kRsa4096, small_rsa,
                Reason::kWeakKey},
           Case{"P-224", KeyType::kP224, {}, Reason::kWeakKey},
           Case{"P-256, of P-384 only", KeyType::kP256, only_p384,
                Reason::kWeakKey},
           Case{"Ed25519, of others only", KeyType::kEd25519, no_ed25519,
                Reason::kWeakKey},
       }) {
    CertificateSpec spec = LeafSpec("device");
    spec.key_type = c.key;
    const TestCertificate issuer = MakeCertificate(CaSpec("CA"), nullptr);
    EXPECT_EQ(CheckSubjectKey(Parsed(spec, &issuer).view, c.policy), c.reason)
        << c.what;
  }
}

// Explicit parameters of a curve are the sender's own (CVE-2020-0601).
TEST(CheckSubjectKey, E5_ExplicitCurvesAreRefusedUnread) {
  CertificateSpec spec = LeafSpec("device");
  const std::string explicit_curve = test::Tlv(0x30, test::Integer(1));
  spec.spki = test::Tlv(
      0x30, test::Tlv(0x30, test::Oid("1.2.840.10045.2.1") + explicit_curve) +
                test::BitString("\x04" + std::string(64, 'x')));
  EXPECT_EQ(CheckSubjectKey(Parsed(spec).view, {}), Reason::kWeakKey);
}

// What is not taken has a name, as far as it is known by one.
TEST(CheckSubjectKey, WeakKeysAreNamed) {
  const auto spki = [](std::string_view algorithm, const std::string& more) {
    CertificateSpec spec = LeafSpec("device");
    spec.spki = test::Tlv(0x30, test::Tlv(0x30, test::Oid(algorithm) + more) +
                                    test::BitString("\x04key"));
    return spec;
  };
  const auto key = [](KeyType type) {
    CertificateSpec spec = LeafSpec("device");
    spec.key_type = type;
    return spec;
  };
  constexpr std::string_view kEc = "1.2.840.10045.2.1";
  AlgorithmPolicy only_p384;
  only_p384.curves = {EllipticCurve::kP384};
  struct Case {
    CertificateSpec spec;
    std::string_view name;
    AlgorithmPolicy policy = {};
  };
  const TestCertificate issuer = MakeCertificate(CaSpec("CA"), nullptr);
  for (const Case& c :
       {Case{key(KeyType::kP224), "P-224"},
        Case{key(KeyType::kRsa1024), "RSA-1024"},
        Case{key(KeyType::kP256), "P-256", only_p384},
        Case{spki("1.2.840.113549.1.1.10", ""), "id-RSASSA-PSS"},
        Case{spki("1.2.840.10040.4.1", ""), "DSA"},
        Case{spki("1.3.101.113", ""), "Ed448"},
        Case{spki("1.2.3.4", ""), "an unknown algorithm"},
        Case{spki(kEc, test::Oid("1.3.132.0.10")), "secp256k1"},
        Case{spki(kEc, test::Oid("1.3.36.3.3.2.8.1.1.7")), "brainpoolP256r1"},
        Case{spki(kEc, test::Oid("1.2.3.4")), "an unknown curve"},
        Case{spki(kEc, test::Tlv(0x30, "")), "EC parameters of its own"}}) {
    const Parsed parsed(c.spec, &issuer);
    EXPECT_EQ(CheckSubjectKey(parsed.view, c.policy), Reason::kWeakKey);
    EXPECT_EQ(DescribeWeakKey(parsed.view, c.policy), c.name);
  }
  EXPECT_EQ(DescribeWeakKey(Parsed(key(KeyType::kP256)).view, {}), "");
}

struct IssuerCase {
  const char* what;
  void (*change)(CertificateSpec&);
  Reason strict;         // CheckIssuer
  Reason unless_silent;  // CheckIssuerUnlessSilent
};

TEST(CheckIssuer, IsACaThatMaySignCertificates) {
  for (const IssuerCase& c : {
           IssuerCase{"a CA", [](CertificateSpec&) {}, Reason::kAccepted,
                      Reason::kAccepted},
           IssuerCase{"without keyUsage",
                      [](CertificateSpec& s) { s.key_usage.reset(); },
                      Reason::kAccepted, Reason::kAccepted},
           IssuerCase{"without keyCertSign",
                      [](CertificateSpec& s) { s.key_usage = test::kCrlSign; },
                      Reason::kKeyUsage, Reason::kKeyUsage},
           IssuerCase{"without basicConstraints",
                      [](CertificateSpec& s) { s.basic_constraints.reset(); },
                      Reason::kNotACa, Reason::kAccepted},
           IssuerCase{
               "cA FALSE",
               [](CertificateSpec& s) {
                 s.basic_constraints = test::BasicConstraints{false, {}, true};
               },
               Reason::kNotACa, Reason::kNotACa},
           IssuerCase{"basicConstraints that are not critical",
                      [](CertificateSpec& s) {
                        s.basic_constraints->critical = false;
                      },
                      Reason::kAccepted, Reason::kAccepted},
           IssuerCase{"version 1",
                      [](CertificateSpec& s) {
                        s.version = 1;
                        s.basic_constraints.reset();
                        s.key_usage.reset();
                        s.subject_key_id = "";
                      },
                      Reason::kNotACa, Reason::kAccepted},
       }) {
    CertificateSpec spec = CaSpec("CA");
    c.change(spec);
    const Parsed ca(spec);
    EXPECT_EQ(CheckIssuer(ca.view), c.strict) << c.what;
    EXPECT_EQ(CheckIssuerUnlessSilent(ca.view), c.unless_silent) << c.what;
  }
}

TEST(CheckLeafNameConstraints, AreForCas) {
  CertificateSpec spec = LeafSpec("device");
  EXPECT_EQ(CheckLeafNameConstraints(Parsed(spec).view), Reason::kAccepted);
  spec.name_constraints = {{test::DnsName("a")}, {}};
  EXPECT_EQ(CheckLeafNameConstraints(Parsed(spec).view),
            Reason::kNameConstraint);
  spec = CaSpec("a CA as a leaf");
  spec.name_constraints = {{test::DnsName("a")}, {}};
  EXPECT_EQ(CheckLeafNameConstraints(Parsed(spec).view), Reason::kAccepted);
}

constexpr std::string_view kCodeSigning = "1.3.6.1.5.5.7.3.3";

// What each profile says of one leaf.
struct ProfileCase {
  const char* what;
  void (*change)(CertificateSpec&);
  Reason client_auth, client_auth_required, any_purpose, none;
};

TEST(CheckLeaf, ProfilesTimesLeaves) {
  using enum Reason;
  for (const ProfileCase& c : {
           ProfileCase{"a device", [](CertificateSpec&) {}, kAccepted,
                       kAccepted, kAccepted, kAccepted},
           ProfileCase{"without keyUsage",
                       [](CertificateSpec& s) { s.key_usage.reset(); },
                       kAccepted, kAccepted, kAccepted, kAccepted},
           ProfileCase{
               "keyUsage without digitalSignature",
               [](CertificateSpec& s) { s.key_usage = test::kKeyEncipherment; },
               kKeyUsage, kKeyUsage, kKeyUsage, kAccepted},
           ProfileCase{"a CA",
                       [](CertificateSpec& s) {
                         s.basic_constraints = test::BasicConstraints();
                       },
                       kCaAsLeaf, kCaAsLeaf, kCaAsLeaf, kAccepted},
           ProfileCase{
               "basicConstraints without cA",
               [](CertificateSpec& s) {
                 s.basic_constraints = test::BasicConstraints{false, {}, true};
               },
               kAccepted, kAccepted, kAccepted, kAccepted},
           ProfileCase{"without extendedKeyUsage",
                       [](CertificateSpec& s) { s.extended_key_usage = {}; },
                       kAccepted, kExtendedKeyUsage, kAccepted, kAccepted},
           ProfileCase{"anyExtendedKeyUsage",
                       [](CertificateSpec& s) {
                         s.extended_key_usage = {test::kEkuAny};
                       },
                       kAccepted, kExtendedKeyUsage, kAccepted, kAccepted},
           ProfileCase{"serverAuth",
                       [](CertificateSpec& s) {
                         s.extended_key_usage = {test::kEkuServerAuth};
                       },
                       kExtendedKeyUsage, kExtendedKeyUsage, kAccepted,
                       kAccepted},
           ProfileCase{"serverAuth and clientAuth",
                       [](CertificateSpec& s) {
                         s.extended_key_usage = {test::kEkuServerAuth,
                                                 test::kEkuClientAuth};
                       },
                       kAccepted, kAccepted, kAccepted, kAccepted},
       }) {
    CertificateSpec spec = LeafSpec("device");
    c.change(spec);
    const Parsed leaf(spec);
    ValidationOptions options;
    for (const auto& [profile, reason] :
         {std::pair(LeafProfile::kClientAuth, c.client_auth),
          std::pair(LeafProfile::kClientAuthRequired, c.client_auth_required),
          std::pair(LeafProfile::kAnyPurpose, c.any_purpose),
          std::pair(LeafProfile::kNone, c.none)}) {
      options.leaf_profile = profile;
      EXPECT_EQ(CheckLeaf(leaf.view, options), reason)
          << c.what << ", profile " << static_cast<int>(profile);
    }
  }
}

// A required purpose stands in the place of what the profile asks, under each.
TEST(CheckLeaf, RequiredPurposeTimesProfiles) {
  struct Case {
    const char* what;
    std::vector<std::string_view> purposes;
    bool is_for_code, names_code;
  };
  ValidationOptions options;
  options.required_purpose = *KeyPurpose::FromOid(kCodeSigning);
  for (const Case& c : {
           Case{"none", {}, true, false},
           Case{"any", {test::kEkuAny}, true, false},
           Case{"clientAuth", {test::kEkuClientAuth}, false, false},
           Case{"codeSigning", {kCodeSigning}, true, true},
           Case{"both", {test::kEkuClientAuth, kCodeSigning}, true, true},
       }) {
    CertificateSpec spec = LeafSpec("device");
    spec.extended_key_usage = c.purposes;
    const Parsed leaf(spec);
    for (LeafProfile profile :
         {LeafProfile::kClientAuth, LeafProfile::kClientAuthRequired,
          LeafProfile::kAnyPurpose, LeafProfile::kNone}) {
      options.leaf_profile = profile;
      const bool is_good = profile == LeafProfile::kClientAuthRequired
                               ? c.names_code
                               : c.is_for_code;
      EXPECT_EQ(CheckLeaf(leaf.view, options),
                is_good ? Reason::kAccepted : Reason::kExtendedKeyUsage)
          << c.what << ", profile " << static_cast<int>(profile);
    }
  }
}

// E7: an OID is neither its prefix nor its extension.
TEST(CheckLeaf, PurposesAreComparedWhole) {
  ValidationOptions options;
  for (std::string_view purpose :
       {"1.3.6.1.5.5.7.3", "1.3.6.1.5.5.7.3.2.1", "1.3.6.1.5.5.7.3.258"}) {
    CertificateSpec spec = LeafSpec("device");
    spec.extended_key_usage = {purpose};
    EXPECT_EQ(CheckLeaf(Parsed(spec).view, options), Reason::kExtendedKeyUsage)
        << purpose;
  }
}

TEST(CheckIssuerPurpose, NestsWhatTheLeafMustBeFor) {
  const KeyPurpose code = *KeyPurpose::FromOid(kCodeSigning);
  struct Case {
    const char* what;
    std::vector<std::string_view> purposes;
    LeafProfile profile;
    std::optional<KeyPurpose> required;
    Reason reason;
  };
  using enum LeafProfile;
  for (const Case& c : {
           Case{"none", {}, kClientAuth, {}, Reason::kAccepted},
           Case{"none, required",
                {},
                kClientAuthRequired,
                {},
                Reason::kAccepted},
           Case{"any",
                {test::kEkuAny},
                kClientAuthRequired,
                {},
                Reason::kAccepted},
           Case{"it",
                {test::kEkuClientAuth},
                kClientAuth,
                {},
                Reason::kAccepted},
           Case{"another",
                {test::kEkuServerAuth},
                kClientAuth,
                {},
                Reason::kExtendedKeyUsage},
           Case{"another, nothing asked",
                {test::kEkuServerAuth},
                kAnyPurpose,
                {},
                Reason::kAccepted},
           Case{"another, nothing checked",
                {test::kEkuServerAuth},
                kNone,
                {},
                Reason::kAccepted},
           Case{"required of all",
                {test::kEkuClientAuth},
                kNone,
                code,
                Reason::kExtendedKeyUsage},
           Case{"required, and there",
                {kCodeSigning},
                kNone,
                code,
                Reason::kAccepted},
       }) {
    CertificateSpec spec = CaSpec("CA");
    spec.extended_key_usage = c.purposes;
    ValidationOptions options;
    options.leaf_profile = c.profile;
    options.required_purpose = c.required;
    EXPECT_EQ(CheckIssuerPurpose(Parsed(spec).view, options), c.reason)
        << c.what;
  }
}

TEST(CheckSignatureAlgorithm, IsThePolicys) {
  AlgorithmPolicy with_sha1;
  with_sha1.insecure_sha1 = true;
  AlgorithmPolicy no_pss;
  no_pss.schemes = {SignatureScheme::kRsaPkcs1};
  AlgorithmPolicy only_sha384;
  only_sha384.digests = {SignatureDigest::kSha384};
  struct Case {
    const char* what;
    KeyType issuer_key;
    test::DigestType digest;
    test::RsaPadding padding;
    AlgorithmPolicy policy;
    Reason reason;
  };
  using test::DigestType;
  using test::RsaPadding;
  constexpr Reason kRefused = Reason::kAlgorithmNotAllowed;
  for (const Case& c : {
           Case{"ECDSA",
                KeyType::kP256,
                DigestType::kSha256,
                RsaPadding::kPkcs1,
                {},
                Reason::kAccepted},
           Case{"RSA",
                KeyType::kRsa2048,
                DigestType::kSha512,
                RsaPadding::kPkcs1,
                {},
                Reason::kAccepted},
           Case{"PSS",
                KeyType::kRsa2048,
                DigestType::kSha256,
                RsaPadding::kPss,
                {},
                Reason::kAccepted},
           Case{"PSS, not asked for", KeyType::kRsa2048, DigestType::kSha256,
                RsaPadding::kPss, no_pss, kRefused},
           Case{"SHA-1",
                KeyType::kRsa2048,
                DigestType::kSha1,
                RsaPadding::kPkcs1,
                {},
                kRefused},
           Case{"SHA-1, asked for", KeyType::kRsa2048, DigestType::kSha1,
                RsaPadding::kPkcs1, with_sha1, Reason::kAccepted},
           Case{"MD5, whatever is asked for", KeyType::kRsa2048,
                DigestType::kMd5, RsaPadding::kPkcs1, with_sha1, kRefused},
           Case{"SHA-256, of SHA-384 only", KeyType::kP256, DigestType::kSha256,
                RsaPadding::kPkcs1, only_sha384, kRefused},
       }) {
    CertificateSpec ca_spec = CaSpec("CA");
    ca_spec.key_type = c.issuer_key;
    const TestCertificate ca = MakeCertificate(ca_spec, nullptr);
    CertificateSpec spec = LeafSpec("device");
    spec.digest = c.digest;
    spec.padding = c.padding;
    EXPECT_EQ(CheckSignatureAlgorithm(Parsed(spec, &ca).view, c.policy)
                  .finding.reason,
              c.reason)
        << c.what;
  }
}

// Each is taken where it is tolerated, and named where it is not.
TEST(CheckEncoding, StrictNamesFieldAndRule) {
  for (const test::ToleratedEncoding& encoding : test::ToleratedEncodings()) {
    CertificateSpec ca_spec = CaSpec("CA");
    ca_spec.key_type = encoding.issuer_key;
    const TestCertificate ca = MakeCertificate(ca_spec, nullptr);
    CertificateSpec spec = encoding.in == test::ToleratedEncoding::In::kCa
                               ? CaSpec("below")
                               : LeafSpec("device");
    const Parsed good(spec, &ca);
    EXPECT_TRUE(CheckEncoding(good.view, EncodingRule::kStrict).ok());
    encoding.write(spec);
    const TestCertificate named = MakeCertificate(spec, &ca);
    // A CA whose own name is out of order is named by what it signs.
    const Parsed made(
        encoding.words.starts_with("issuer") ? LeafSpec("device") : spec,
        encoding.words.starts_with("issuer") ? &named : &ca);
    EXPECT_TRUE(CheckEncoding(made.view, EncodingRule::kTolerant).ok());
    const Finding finding = CheckEncoding(made.view, EncodingRule::kStrict);
    EXPECT_EQ(finding.reason, Reason::kMalformed) << encoding.words;
    EXPECT_EQ(finding.detail, encoding.words);
  }
}

// V3: the details of what is signed in another way than is allowed.
TEST(CheckSignatureAlgorithm, SaysWhatOfPssDoesNotFit) {
  const std::string sha256 =
      test::Tlv(0x30, test::Oid("2.16.840.1.101.3.4.2.1"));
  const std::string mgf1 =
      test::Tlv(0x30, test::Oid("1.2.840.113549.1.1.8") + sha256);
  const auto pss = [&](std::string_view fields) {
    return test::Tlv(
        0x30, test::Oid("1.2.840.113549.1.1.10") + test::Tlv(0x30, fields));
  };
  const std::string start = test::Tlv(0xa0, sha256) + test::Tlv(0xa1, mgf1);
  struct Case {
    std::string algorithm;
    std::string_view detail;
  };
  for (const Case& c : {
           Case{pss(""), "RSASSA-PSS: its digest is none of SHA-2"},
           Case{pss(test::Tlv(0xa0, sha256)),
                "RSASSA-PSS: its mask is not MGF1 with the digest of the "
                "message"},
           Case{pss(start + test::Tlv(0xa2, test::Integer(20))),
                "RSASSA-PSS: the salt is not as long as the digest"},
           Case{pss(start),
                "RSASSA-PSS: the salt is not as long as the "
                "digest"},
           Case{pss(start + test::Tlv(0xa2, test::Integer(32)) +
                    test::Tlv(0xa3, test::Integer(2))),
                "RSASSA-PSS: a trailerField other than 1"},
       }) {
    CertificateSpec spec = LeafSpec("device");
    spec.inner_algorithm = spec.outer_algorithm = c.algorithm;
    const Finding finding =
        CheckSignatureAlgorithm(Parsed(spec).view, {}).finding;
    EXPECT_EQ(finding.reason, Reason::kAlgorithmNotAllowed) << c.detail;
    EXPECT_EQ(finding.detail, c.detail);
  }
}

TEST(CheckRegistrable, AlgorithmThenValidityThenKey) {
  const TestCertificate ca = MakeCertificate(CaSpec("ca"), nullptr);
  struct Case {
    const char* what;
    test::DigestType digest;
    UnixSeconds now;
    KeyType key;
    Reason reason;
  };
  constexpr auto kSha1 = test::DigestType::kSha1;
  constexpr auto kSha256 = test::DigestType::kSha256;
  for (const Case& c : {
           Case{"all is well", kSha256, kTestNow, KeyType::kP256,
                Reason::kAccepted},
           Case{"an algorithm", kSha1, kTestNow, KeyType::kP256,
                Reason::kAlgorithmNotAllowed},
           Case{"too late", kSha256, kTestNow + 11, KeyType::kP256,
                Reason::kExpired},
           Case{"too early", kSha256, kTestNow - 11, KeyType::kP256,
                Reason::kNotYetValid},
           Case{"a key", kSha256, kTestNow, KeyType::kRsa1024,
                Reason::kWeakKey},
           Case{"a key, too late", kSha256, kTestNow + 11, KeyType::kRsa1024,
                Reason::kExpired},
           Case{"everything", kSha1, kTestNow + 11, KeyType::kRsa1024,
                Reason::kAlgorithmNotAllowed},
       }) {
    // Of what CheckLeaf looks at nothing counts.
    CertificateSpec spec = CaSpec("device");
    spec.digest = c.digest;
    spec.key_type = c.key;
    spec.not_before = kTestNow - 10;
    spec.not_after = kTestNow + 10;
    EXPECT_EQ(
        CheckRegistrable(Parsed(spec, &ca).view, {AlgorithmPolicy()}, c.now)
            .reason,
        c.reason)
        << c.what;
  }
}

}  // namespace
}  // namespace chainkeep::path
