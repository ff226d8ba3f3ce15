// Rules B: what RegisterCaCertificate accepts. Each test is a table: a change
// to a request that is good otherwise, and the answer.

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "tests/registry/registry_fixture.h"
#include "tests/support/der_writer.h"

namespace chainkeep::test {
namespace {

TestCertificate MakeCa(std::string_view name) {
  return MakeCertificate(CaSpec(name), nullptr);
}

// SubjectPublicKeyInfo of an RSA key of `bytes` bytes that nobody holds.
std::string HugeRsaSpki(size_t bytes) {
  const std::string modulus =
      Tlv(0x02, std::string(1, '\0') + std::string(bytes, '\xff'));
  return Tlv(0x30, Tlv(0x30, Oid("1.2.840.113549.1.1.1") + Tlv(0x05, "")) +
                       BitString(Tlv(0x30, modulus + Integer(65537))));
}

class RegistrationRules : public test::RegistryRules {
 protected:
  absl::Status RegisterWith(std::string_view ca, std::string_view proof,
                            std::string_view mode) {
    return registry_
        ->RegisterCaCertificate({.account = a_,
                                 .region = r1_,
                                 .ca_certificate = ca,
                                 .verification_certificate = proof,
                                 .certificate_mode = mode})
        .status();
  }

  // Registers a CA made to `spec`; without a proof, so that the CA alone is
  // judged.
  absl::Status RegisterSpec(const CertificateSpec& spec) {
    return RegisterSniOnly(a_, r1_, MakeCertificate(spec, nullptr));
  }

  // Registers `ca` in mode DEFAULT with the verification certificate `proof`.
  absl::Status RegisterProof(const TestCertificate& ca,
                             const TestCertificate& proof) {
    return RegisterWith(ToPem(ca.der), ToPem(proof.der), "DEFAULT");
  }

  // The spec of a good verification certificate.
  CertificateSpec ProofSpec() {
    CertificateSpec spec;
    spec.subject = CommonName(CodeOf(a_, r1_));
    return spec;
  }
};

TEST_F(RegistrationRules, R15_TheModeIsDefaultUnlessSaid) {
  struct Case {
    const char* mode;
    bool with_proof;
    ErrorCode code;
    Mode registered;
  };
  constexpr Case kCases[] = {
      {"", true, ErrorCode::kOk, Mode::kDefault},
      {"DEFAULT", true, ErrorCode::kOk, Mode::kDefault},
      {"SNI_ONLY", false, ErrorCode::kOk, Mode::kSniOnly},
      {"default", true, ErrorCode::kInvalidRequest, {}},
      {"SNI-ONLY", false, ErrorCode::kInvalidRequest, {}},
      {"sni_only", false, ErrorCode::kInvalidRequest, {}},
      {"DEFAULT ", true, ErrorCode::kInvalidRequest, {}},
      {"ANY", true, ErrorCode::kInvalidRequest, {}},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.mode);
    const TestCertificate ca = MakeCa(absl::StrCat("CA ", row.mode));
    const std::string proof = row.with_proof ? Proof(ca, CodeOf(a_, r1_)) : "";
    EXPECT_TRUE(
        HasCode(RegisterWith(ToPem(ca.der), proof, row.mode), row.code));
    if (row.code == ErrorCode::kOk) {
      EXPECT_EQ(Describe(a_, r1_, ca).mode, row.registered);
    } else {
      EXPECT_EQ(Described(a_, r1_, ca), ErrorCode::kResourceNotFound);
    }
  }
}

TEST_F(RegistrationRules, R16_DefaultDemandsAVerificationCertificate) {
  const TestCertificate ca = MakeCa("CA");
  for (const char* mode : {"", "DEFAULT"}) {
    EXPECT_TRUE(HasCode(RegisterWith(ToPem(ca.der), "", mode),
                        ErrorCode::kInvalidRequest));
    // Said before the certificate is looked at.
    EXPECT_TRUE(
        HasCode(RegisterWith("garbage", "", mode), ErrorCode::kInvalidRequest));
  }
  EXPECT_TRUE(HasCode(
      registry_
          ->RegisterCaCertificate(
              {.account = a_, .region = r1_, .ca_certificate = ToPem(ca.der)})
          .status(),
      ErrorCode::kInvalidRequest));
}

TEST_F(RegistrationRules, R17_SniOnlyExcludesAVerificationCertificate) {
  const TestCertificate ca = MakeCa("CA");
  for (const std::string& proof :
       {Proof(ca, CodeOf(a_, r1_)), Proof(ca, "x"), std::string("garbage"),
        std::string(" "), std::string(1, '\0')}) {
    EXPECT_TRUE(HasCode(RegisterWith(ToPem(ca.der), proof, "SNI_ONLY"),
                        ErrorCode::kInvalidRequest));
  }
  EXPECT_TRUE(
      HasCode(RegisterWith(ToPem(ca.der), "", "SNI_ONLY"), ErrorCode::kOk));
}

struct PemCase {
  const char* name;
  std::string pem;
  ErrorCode code;
};

std::vector<PemCase> PemCases(const std::string& good) {
  const std::string begin = "-----BEGIN CERTIFICATE-----\n";
  const std::string end = "-----END CERTIFICATE-----\n";
  return {
      {"65,537 characters", std::string(65'537 - good.size(), '\n') + good,
       ErrorCode::kInvalidRequest},
      {"a megabyte", std::string(1 << 20, 'x'), ErrorCode::kInvalidRequest},
      {"no PEM", "not a certificate", ErrorCode::kCertificateValidation},
      {"one NUL", std::string(1, '\0'), ErrorCode::kCertificateValidation},
      {"no end", begin + "AAAA\n", ErrorCode::kCertificateValidation},
      {"an empty block", begin + end, ErrorCode::kCertificateValidation},
      {"no base64", begin + "&&&&\n" + end, ErrorCode::kCertificateValidation},
      {"no DER", begin + "AAAA\n" + end, ErrorCode::kCertificateValidation},
      {"another label",
       "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
       ErrorCode::kCertificateValidation},
      {"two blocks", good + good, ErrorCode::kCertificateValidation},
      {"a good block and a bad one", good + begin + "&\n" + end,
       ErrorCode::kCertificateValidation},
  };
}

TEST_F(RegistrationRules, R18_R19_TheCaIsOneCertificateInPem) {
  const std::string good = ToPem(MakeCa("CA").der);
  for (const PemCase& row : PemCases(good)) {
    SCOPED_TRACE(row.name);
    EXPECT_TRUE(HasCode(RegisterWith(row.pem, "", "SNI_ONLY"), row.code));
  }
  EXPECT_TRUE(
      HasCode(RegisterWith("", "", "SNI_ONLY"), ErrorCode::kInvalidRequest));
  const std::string largest = std::string(65'536 - good.size(), '\n') + good;
  EXPECT_TRUE(HasCode(RegisterWith(largest, "", "SNI_ONLY"), ErrorCode::kOk));
}

TEST_F(RegistrationRules, R18_R19_SoIsTheVerificationCertificate) {
  const TestCertificate ca = MakeCa("CA");
  const std::string good = Proof(ca, CodeOf(a_, r1_));
  for (const PemCase& row : PemCases(good)) {
    SCOPED_TRACE(row.name);
    EXPECT_TRUE(
        HasCode(RegisterWith(ToPem(ca.der), row.pem, "DEFAULT"), row.code));
  }
  const std::string largest = std::string(65'536 - good.size(), '\n') + good;
  EXPECT_TRUE(
      HasCode(RegisterWith(ToPem(ca.der), largest, ""), ErrorCode::kOk));
}

TEST_F(RegistrationRules, R18_TheCaIsStrictDer) {
  const std::string der = MakeCa("CA").der;
  const std::string kBad[] = {
      der.substr(0, der.size() - 1),
      der + std::string(1, '\0'),
      der.substr(1),
      std::string("\x30\x80") + der.substr(4) + std::string(2, '\0'),
  };
  for (const std::string& bad : kBad) {
    EXPECT_TRUE(HasCode(RegisterWith(ToPem(bad), "", "SNI_ONLY"),
                        ErrorCode::kCertificateValidation));
  }
}

TEST_F(RegistrationRules, R20_TheCaHasBasicConstraintsTrue) {
  CertificateSpec missing = CaSpec("CA");
  missing.basic_constraints.reset();
  CertificateSpec not_ca = CaSpec("CA");
  not_ca.basic_constraints->is_ca = false;
  CertificateSpec version1;
  version1.version = 1;
  for (const CertificateSpec& spec : {missing, not_ca, version1}) {
    const absl::Status status = RegisterSpec(spec);
    EXPECT_TRUE(HasCode(status, ErrorCode::kCertificateValidation));
    EXPECT_EQ(status.message(),
              "The CA certificate does not have the basicConstraints "
              "extension as true");
  }
  CertificateSpec not_critical = CaSpec("CA");
  not_critical.basic_constraints->critical = false;
  EXPECT_TRUE(HasCode(RegisterSpec(not_critical), ErrorCode::kOk));
}

struct ValidityCase {
  const char* name;
  UnixSeconds not_before;
  UnixSeconds not_after;
  bool good;
};

constexpr ValidityCase kValidityCases[] = {
    {"expired a second ago", kTestNow - kDay, kTestNow - 1, false},
    {"last second", kTestNow - kDay, kTestNow, true},
    {"first second", kTestNow, kTestNow + kDay, true},
    {"valid in a second", kTestNow + 1, kTestNow + kDay, false},
    {"only this second", kTestNow, kTestNow, true},
    {"ends before it begins", kTestNow + 1, kTestNow - 1, false},
    {"until 9999", kTestNow, 253402300799, true},
};

// No device under it would be let in, so it is told at once.
TEST_F(RegistrationRules, V11_AnUnknownCriticalExtensionIsNotRegistered) {
  CertificateSpec spec = test::CaSpec("CA");
  spec.extensions = {{"1.3.6.1.4.1.55555.1", "x", true}};
  const TestCertificate ca = MakeCertificate(spec, nullptr);
  EXPECT_TRUE(
      HasCode(RegisterSniOnly(a_, r1_, ca), ErrorCode::kCertificateValidation));
}

// A CA that can let nobody in is not registered without a word.
TEST_F(RegistrationRules, ACaThatCanLetNobodyInIsRefused) {
  CertificateSpec nameless = CaSpec("CA");
  nameless.subject = {};
  // A maximum, to which RFC 5280 gives no meaning, and a form that is not
  // compared: only who has such a name is refused for that.
  const auto constrained = [](std::string_view base, std::string_view more) {
    CertificateSpec spec = CaSpec("CA");
    spec.extensions = {
        {"2.5.29.30",
         Tlv(0x30, Tlv(0xa0, Tlv(0x30, std::string(base) + std::string(more)))),
         true}};
    return spec;
  };
  const std::string dns = Tlv(0x82, "a.example");
  for (const CertificateSpec& spec :
       {nameless, constrained(dns, Tlv(0x81, "\1")),
        constrained(dns, Tlv(0x80, "\1"))}) {
    const absl::Status status = RegisterSpec(spec);
    EXPECT_TRUE(HasCode(status, ErrorCode::kCertificateValidation));
    EXPECT_TRUE(absl::StrContains(status.message(), "empty subject") ||
                absl::StrContains(status.message(), "nameConstraints"))
        << status;
  }
  EXPECT_TRUE(HasCode(RegisterSpec(constrained(dns, "")), ErrorCode::kOk));
  EXPECT_TRUE(
      HasCode(RegisterSpec(constrained(Tlv(0x88, OidContents("1.2.3")), "")),
              ErrorCode::kOk));
}

TEST_F(RegistrationRules, R21_TheCaIsValidNow) {
  for (const ValidityCase& row : kValidityCases) {
    SCOPED_TRACE(row.name);
    CertificateSpec spec = CaSpec(row.name);
    spec.not_before = row.not_before;
    spec.not_after = row.not_after;
    EXPECT_TRUE(
        HasCode(RegisterSpec(spec),
                row.good ? ErrorCode::kOk : ErrorCode::kCertificateValidation));
  }
}

TEST_F(RegistrationRules, R22_TheCasKeyIsStrongEnough) {
  struct Case {
    const char* name;
    KeyType key;
    bool good;
  };
  constexpr Case kCases[] = {
      {"RSA-1024", KeyType::kRsa1024, false},
      {"P-224", KeyType::kP224, false},
      {"RSA-2048", KeyType::kRsa2048, true},
      {"RSA-3072", KeyType::kRsa3072, true},
      {"P-256", KeyType::kP256, true},
      {"P-384", KeyType::kP384, true},
      {"P-521", KeyType::kP521, true},
      {"Ed25519", KeyType::kEd25519, true},
  };
  // Signed by a good key, so that only its own is in question.
  const TestCertificate root = MakeCa("root");
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name);
    CertificateSpec spec = CaSpec(row.name);
    spec.key_type = row.key;
    EXPECT_TRUE(
        HasCode(RegisterSniOnly(a_, r1_, MakeCertificate(spec, &root)),
                row.good ? ErrorCode::kOk : ErrorCode::kCertificateValidation));
  }
}

TEST_F(RegistrationRules, R22_AKeyThatCostsTooMuchIsRefused) {
  for (size_t bytes : {size_t{1025}, size_t{2048}, size_t{4096}}) {
    CertificateSpec spec = CaSpec("CA");
    spec.spki = HugeRsaSpki(bytes);
    EXPECT_TRUE(HasCode(RegisterSpec(spec), ErrorCode::kCertificateValidation));
  }
}

TEST_F(RegistrationRules, R23_TheSignatureOnTheCaIsOfAnAllowedAlgorithm) {
  struct Case {
    const char* name;
    KeyType key;
    DigestType digest;
    RsaPadding padding;
    bool good;
  };
  constexpr RsaPadding kPkcs1 = RsaPadding::kPkcs1;
  constexpr RsaPadding kPss = RsaPadding::kPss;
  constexpr Case kCases[] = {
      {"RSA MD5", KeyType::kRsa2048, DigestType::kMd5, kPkcs1, false},
      {"RSA SHA-1", KeyType::kRsa2048, DigestType::kSha1, kPkcs1, false},
      {"ECDSA SHA-1", KeyType::kP256, DigestType::kSha1, kPkcs1, false},
      {"RSA SHA-256", KeyType::kRsa2048, DigestType::kSha256, kPkcs1, true},
      {"RSA SHA-384", KeyType::kRsa2048, DigestType::kSha384, kPkcs1, true},
      {"RSA SHA-512", KeyType::kRsa2048, DigestType::kSha512, kPkcs1, true},
      {"PSS SHA-1", KeyType::kRsa2048, DigestType::kSha1, kPss, false},
      {"PSS SHA-256", KeyType::kRsa2048, DigestType::kSha256, kPss, true},
      {"PSS SHA-384", KeyType::kRsa2048, DigestType::kSha384, kPss, true},
      {"PSS SHA-512", KeyType::kRsa2048, DigestType::kSha512, kPss, true},
      {"ECDSA SHA-256", KeyType::kP256, DigestType::kSha256, kPkcs1, true},
      {"ECDSA SHA-384", KeyType::kP384, DigestType::kSha384, kPkcs1, true},
      {"ECDSA SHA-512", KeyType::kP521, DigestType::kSha512, kPkcs1, true},
      {"Ed25519", KeyType::kEd25519, DigestType::kSha256, kPkcs1, true},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name);
    CertificateSpec spec = CaSpec(row.name);
    spec.key_type = row.key;
    spec.digest = row.digest;
    spec.padding = row.padding;
    EXPECT_TRUE(
        HasCode(RegisterSpec(spec),
                row.good ? ErrorCode::kOk : ErrorCode::kCertificateValidation));
  }
}

TEST_F(RegistrationRules, R24_ACaNeedNotBeSelfSigned) {
  const TestCertificate root = MakeCa("root");
  CertificateSpec spec = CaSpec("intermediate");
  spec.basic_constraints->path_length = 0;
  const TestCertificate intermediate = MakeCertificate(spec, &root);
  EXPECT_TRUE(HasCode(RegisterSniOnly(a_, r1_, intermediate), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(RegisterDefault(b_, r1_, intermediate), ErrorCode::kOk));
  EXPECT_EQ(SeenWithoutName(r1_, intermediate), b_);
}

TEST_F(RegistrationRules, R25_AKeyUsageHasKeyCertSign) {
  struct Case {
    const char* name;
    std::optional<uint32_t> key_usage;
    bool good;
  };
  const Case kCases[] = {
      {"absent", std::nullopt, true},
      {"keyCertSign", kKeyCertSign, true},
      {"keyCertSign and others", kKeyCertSign | kDigitalSignature, true},
      {"cRLSign", kCrlSign, false},
      {"digitalSignature", kDigitalSignature, false},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name);
    CertificateSpec spec = CaSpec(row.name);
    spec.key_usage = row.key_usage;
    EXPECT_TRUE(
        HasCode(RegisterSpec(spec),
                row.good ? ErrorCode::kOk : ErrorCode::kCertificateValidation));
  }
}

TEST_F(RegistrationRules, R26_TheCasKeySignedTheVerificationCertificate) {
  for (KeyType key : {KeyType::kP256, KeyType::kP384, KeyType::kP521,
                      KeyType::kRsa2048, KeyType::kEd25519}) {
    CertificateSpec spec = CaSpec("CA");
    spec.key_type = key;
    const TestCertificate ca = MakeCertificate(spec, nullptr);
    const TestCertificate impostor = MakeCertificate(spec, nullptr);
    EXPECT_TRUE(
        HasCode(RegisterProof(ca, MakeCertificate(ProofSpec(), &impostor)),
                ErrorCode::kCertificateValidation));
    EXPECT_TRUE(
        HasCode(RegisterProof(ca, MakeCertificate(ProofSpec(), nullptr)),
                ErrorCode::kCertificateValidation));
    EXPECT_EQ(Described(a_, r1_, ca), ErrorCode::kResourceNotFound);
    EXPECT_TRUE(HasCode(RegisterProof(ca, MakeCertificate(ProofSpec(), &ca)),
                        ErrorCode::kOk));
  }
}

TEST_F(RegistrationRules, R26_EveryBitOfTheVerificationCertificateIsSigned) {
  const TestCertificate ca = MakeCa("CA");
  const TestCertificate proof = MakeCertificate(ProofSpec(), &ca);
  for (size_t i = 0; i < proof.der.size(); i += 7) {
    TestCertificate tampered;
    tampered.der = proof.der;
    tampered.der[i] ^= 0x10;
    EXPECT_FALSE(RegisterProof(ca, tampered).ok()) << "byte " << i;
  }
  EXPECT_EQ(Described(a_, r1_, ca), ErrorCode::kResourceNotFound);
  EXPECT_TRUE(HasCode(RegisterProof(ca, proof), ErrorCode::kOk));
}

TEST_F(RegistrationRules, R26_ItsIssuerIsTheCasSubject) {
  struct Case {
    const char* name;
    DistinguishedName issuer;
    bool good;
  };
  const Case kCases[] = {
      {"another name", CommonName("Other CA"), false},
      {"empty", {}, false},
      {"one attribute more",
       {{.type = "O", .value = "x"}, {.type = "CN", .value = "Example CA"}},
       false},
      {"another attribute", {{.type = "OU", .value = "Example CA"}}, false},
      // The same name, as RFC 5280 §7.1 compares.
      {"in upper case", CommonName("EXAMPLE CA"), true},
      {"as a PrintableString",
       {{.type = "CN", .value = "Example CA", .tag = kPrintable}},
       true},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name);
    const TestCertificate ca = MakeCa("Example CA");
    CertificateSpec spec = ProofSpec();
    spec.issuer = row.issuer;
    EXPECT_TRUE(
        HasCode(RegisterProof(ca, MakeCertificate(spec, &ca)),
                row.good ? ErrorCode::kOk : ErrorCode::kCertificateValidation));
  }
}

TEST_F(RegistrationRules, R26_AProofIsSignedInAnAllowedWay) {
  for (KeyType key : {KeyType::kP256, KeyType::kRsa2048}) {
    CertificateSpec ca_spec = CaSpec("CA");
    ca_spec.key_type = key;
    const TestCertificate ca = MakeCertificate(ca_spec, nullptr);
    CertificateSpec spec = ProofSpec();
    spec.digest = DigestType::kSha1;
    EXPECT_TRUE(HasCode(RegisterProof(ca, MakeCertificate(spec, &ca)),
                        ErrorCode::kCertificateValidation));
  }
}

TEST_F(RegistrationRules, R27_TheCommonNameIsTheAccountsCode) {
  const std::string code = CodeOf(a_, r1_);
  const std::string other_accounts = CodeOf(b_, r1_);
  const std::string other_regions = CodeOf(a_, r2_);
  struct Case {
    const char* name;
    DistinguishedName subject;
    bool good;
  };
  const Case kCases[] = {
      {"another account's", CommonName(other_accounts), false},
      {"another region's", CommonName(other_regions), false},
      {"any", CommonName(std::string(64, 'a')), false},
      {"empty", CommonName(""), false},
      {"no name at all", {}, false},
      {"in upper case", CommonName(absl::AsciiStrToUpper(code)), false},
      {"shortened", CommonName(code.substr(1)), false},
      {"longer", CommonName(code + "0"), false},
      {"with a space", CommonName(code + " "), false},
      {"with a NUL", CommonName(code + std::string(1, '\0')), false},
      {"as another attribute", {{.type = "O", .value = code}}, false},
      {"as a TeletexString",
       {{.type = "CN", .value = code, .tag = kTeletex}},
       false},
      {"the code", CommonName(code), true},
      {"the code as a PrintableString",
       {{.type = "CN", .value = code, .tag = kPrintable}},
       true},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name);
    const TestCertificate ca = MakeCa(row.name);
    CertificateSpec spec;
    spec.subject = row.subject;
    const absl::Status status = RegisterProof(ca, MakeCertificate(spec, &ca));
    EXPECT_TRUE(HasCode(status, row.good
                                    ? ErrorCode::kOk
                                    : ErrorCode::kRegistrationCodeValidation));
    // The answer may show the subject that was sent, and no code besides.
    const bool was_sent =
        !row.subject.empty() &&
        row.subject.front().value.find(code) != std::string::npos;
    EXPECT_TRUE(was_sent || status.ToString().find(code) == std::string::npos);
  }
}

TEST_F(RegistrationRules, R27_WithoutACodeNothingIsProven) {
  for (const char* name : {"", "x", "0"}) {
    const TestCertificate ca = MakeCa("CA");
    EXPECT_TRUE(HasCode(RegisterWith(ToPem(ca.der), Proof(ca, name), "DEFAULT"),
                        ErrorCode::kRegistrationCodeValidation));
  }
}

TEST_F(RegistrationRules, R28_OtherAttributesAreIgnored) {
  const std::string code = CodeOf(a_, r1_);
  struct Case {
    const char* name;
    DistinguishedName subject;
    bool good;
  };
  const Case kCases[] = {
      {"before and after",
       {{.type = "C", .value = "US", .tag = kPrintable},
        {.type = "CN", .value = code},
        {.type = "O", .value = "Example"}},
       true},
      {"in one RDN",
       {{.type = "OU", .value = "x"},
        {.type = "CN", .value = code, .joins_previous = true}},
       true},
      {"the code twice",
       {{.type = "CN", .value = code}, {.type = "CN", .value = code}},
       false},
      {"another CN before",
       {{.type = "CN", .value = "x"}, {.type = "CN", .value = code}},
       false},
      {"another CN after",
       {{.type = "CN", .value = code}, {.type = "CN", .value = "x"}},
       false},
      {"another CN in the same RDN",
       {{.type = "CN", .value = "x"},
        {.type = "CN", .value = code, .joins_previous = true}},
       false},
      {"another CN that is not read as text",
       {{.type = "CN", .value = "x", .tag = kTeletex},
        {.type = "CN", .value = code}},
       false},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name);
    const TestCertificate ca = MakeCa(row.name);
    CertificateSpec spec;
    spec.subject = row.subject;
    EXPECT_TRUE(HasCode(
        RegisterProof(ca, MakeCertificate(spec, &ca)),
        row.good ? ErrorCode::kOk : ErrorCode::kRegistrationCodeValidation));
  }
}

TEST_F(RegistrationRules, R29_TheVerificationCertificateIsValidNow) {
  for (const ValidityCase& row : kValidityCases) {
    SCOPED_TRACE(row.name);
    const TestCertificate ca = MakeCa(row.name);
    CertificateSpec spec = ProofSpec();
    spec.not_before = row.not_before;
    spec.not_after = row.not_after;
    EXPECT_TRUE(
        HasCode(RegisterProof(ca, MakeCertificate(spec, &ca)),
                row.good ? ErrorCode::kOk : ErrorCode::kCertificateValidation));
  }
}

TEST_F(RegistrationRules, R30_TheCodeIsMadeOnceAndForgottenOnDemand) {
  EXPECT_TRUE(HasCode(registry_->DeleteRegistrationCode(a_, r1_),
                      ErrorCode::kResourceNotFound));
  const std::string first = CodeOf(a_, r1_);
  EXPECT_EQ(first.size(), 64u);
  EXPECT_EQ(first.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(CodeOf(a_, r1_), first);
  EXPECT_TRUE(
      HasCode(registry_->DeleteRegistrationCode(a_, r1_), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(registry_->DeleteRegistrationCode(a_, r1_),
                      ErrorCode::kResourceNotFound));
  const std::string second = CodeOf(a_, r1_);
  EXPECT_EQ(second.size(), 64u);
  EXPECT_NE(second, first);
}

TEST_F(RegistrationRules, R31_ACodeServesForManyCas) {
  const std::string code = CodeOf(a_, r1_);
  for (const char* name : {"first", "second", "third"}) {
    const TestCertificate ca = MakeCa(name);
    EXPECT_TRUE(HasCode(RegisterWith(ToPem(ca.der), Proof(ca, code), "DEFAULT"),
                        ErrorCode::kOk));
  }
  EXPECT_EQ(CodeOf(a_, r1_), code);
}

TEST_F(RegistrationRules, R32_ADeletedCodeProvesNothing) {
  const std::string old_code = CodeOf(a_, r1_);
  const TestCertificate before = MakeCa("before");
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, before), ErrorCode::kOk));
  ASSERT_TRUE(
      HasCode(registry_->DeleteRegistrationCode(a_, r1_), ErrorCode::kOk));
  const TestCertificate ca = MakeCa("CA");
  EXPECT_TRUE(
      HasCode(RegisterWith(ToPem(ca.der), Proof(ca, old_code), "DEFAULT"),
              ErrorCode::kRegistrationCodeValidation));
  const std::string new_code = CodeOf(a_, r1_);
  EXPECT_TRUE(
      HasCode(RegisterWith(ToPem(ca.der), Proof(ca, old_code), "DEFAULT"),
              ErrorCode::kRegistrationCodeValidation));
  EXPECT_TRUE(
      HasCode(RegisterWith(ToPem(ca.der), Proof(ca, new_code), "DEFAULT"),
              ErrorCode::kOk));
  EXPECT_EQ(SeenWithoutName(r1_, before), a_);
}

TEST_F(RegistrationRules, R33_CodesDifferByAccountAndRegion) {
  const std::string a = CodeOf(a_, r1_);
  EXPECT_NE(a, CodeOf(b_, r1_));
  EXPECT_NE(a, CodeOf(a_, r2_));
  EXPECT_TRUE(
      HasCode(registry_->DeleteRegistrationCode(b_, r1_), ErrorCode::kOk));
  EXPECT_EQ(CodeOf(a_, r1_), a);
}

TEST_F(RegistrationRules, R34_StatusAndAutoRegistrationAreAsAsked) {
  for (bool active : {false, true}) {
    for (bool automatic : {false, true}) {
      const TestCertificate ca = MakeCa(absl::StrCat(active, automatic));
      EXPECT_TRUE(HasCode(
          registry_
              ->RegisterCaCertificate({.account = a_,
                                       .region = r1_,
                                       .ca_certificate = ToPem(ca.der),
                                       .certificate_mode = "SNI_ONLY",
                                       .set_as_active = active,
                                       .allow_auto_registration = automatic})
              .status(),
          ErrorCode::kOk));
      const CaDescription description = Describe(a_, r1_, ca);
      const CaStatus status = active ? CaStatus::kActive : CaStatus::kInactive;
      EXPECT_EQ(description.status, status);
      EXPECT_EQ(description.auto_registration, automatic);
      EXPECT_EQ(SeenByTenant(a_, r1_, ca), status);
    }
  }
}

TEST_F(RegistrationRules, R34_WithoutBothItIsInactiveAndDisabled) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(
      HasCode(RegisterWith(ToPem(ca.der), "", "SNI_ONLY"), ErrorCode::kOk));
  const CaDescription description = Describe(a_, r1_, ca);
  EXPECT_EQ(description.status, CaStatus::kInactive);
  EXPECT_FALSE(description.auto_registration);
}

TEST_F(RegistrationRules, R36_AFailedRegistrationLeavesNoTrace) {
  const TestCertificate ca = MakeCa("CA");
  CodeOf(a_, r1_);
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(RegisterWith(ToPem(ca.der), Proof(ca, "x"), "DEFAULT").ok());
  }
  EXPECT_EQ(catalog_.registrations(), 0u);
  EXPECT_EQ(catalog_.records(), 0u);
  EXPECT_EQ(Described(a_, r1_, ca), ErrorCode::kResourceNotFound);
  EXPECT_TRUE(events_.Take().empty());
  // Neither the subject's quota nor the DEFAULT slot is used up.
  EXPECT_TRUE(HasCode(RegisterDefault(b_, r1_, ca), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(RegisterSniOnly(a_, r1_, ca), ErrorCode::kOk));
}

TEST_F(RegistrationRules, AnAccountAndARegionMustBeThere) {
  const TestCertificate ca = MakeCa("CA");
  const std::string id = IdOf(ca).ToHex();
  const Account no_account;
  const Region no_region;
  struct Case {
    const Account& account;
    const Region& region;
  };
  const Case kCases[] = {
      {no_account, r1_}, {a_, no_region}, {no_account, no_region}};
  for (const auto& [account, region] : kCases) {
    const absl::Status kAnswers[] = {
        registry_->GetRegistrationCode(account, region).status(),
        registry_->DeleteRegistrationCode(account, region),
        RegisterSniOnly(account, region, ca),
        registry_->DescribeCaCertificate(account, region, id).status(),
        SetStatus(account, region, ca, "ACTIVE"),
        registry_->DeleteCaCertificate(account, region, id),
        registry_->PutEndpoint(
            {.host_name = "h.example", .account = account, .region = region}),
        registry_->DeleteEndpoint(account, region, "h.example"),
    };
    for (const absl::Status& answer : kAnswers) {
      EXPECT_TRUE(HasCode(answer, ErrorCode::kInvalidRequest));
    }
  }
}

// Whoever names a CA in another spelling compares its registered one, in any
// account: so that is not padded at will.
TEST_F(RegistrationRules, ASubjectHasLittlePadding) {
  constexpr size_t kLimit = 256;
  const auto padded = [](size_t size) {
    return MakeCa(absl::StrCat("padded", std::string(size, ' ')));
  };
  EXPECT_TRUE(
      HasCode(RegisterSniOnly(a_, r1_, padded(kLimit)), ErrorCode::kOk));
  for (const size_t size : {kLimit + 1, size_t{20'000}}) {
    EXPECT_TRUE(HasCode(RegisterSniOnly(a_, r1_, padded(size)),
                        ErrorCode::kCertificateValidation));
    EXPECT_TRUE(HasCode(RegisterDefault(a_, r1_, padded(size)),
                        ErrorCode::kCertificateValidation));
  }
}

}  // namespace
}  // namespace chainkeep::test
