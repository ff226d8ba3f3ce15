// Rules A: certificate ids, ARNs, and who may hold what at the same time.

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "chainkeep/certificate.h"
#include "openssl/sha.h"
#include "tests/registry/registry_fixture.h"
#include "tests/support/der_writer.h"

namespace chainkeep::test {
namespace {

TestCertificate MakeCa(std::string_view name) {
  return MakeCertificate(CaSpec(name), nullptr);
}

absl::StatusOr<RegisteredCertificate> RegisterPem(Registry& registry,
                                                  const Account& account,
                                                  const Region& region,
                                                  std::string_view pem) {
  return registry.RegisterCaCertificate({.account = account,
                                         .region = region,
                                         .ca_certificate = pem,
                                         .certificate_mode = "SNI_ONLY"});
}

TEST_F(RegistryRules, R1_TheIdIsTheSha256OfTheDer) {
  const TestCertificate ca = MakeCa("CA");
  const auto registered = RegisterPem(*registry_, a_, r1_, ToPem(ca.der));
  ASSERT_TRUE(HasCode(registered.status(), ErrorCode::kOk));
  uint8_t digest[SHA256_DIGEST_LENGTH];
  SHA256(ca.bytes().data(), ca.bytes().size(), digest);
  EXPECT_EQ(registered->id.ToHex(),
            ToHex({reinterpret_cast<const char*>(digest), sizeof(digest)}));
  EXPECT_EQ(registered->id.ToHex().size(), 64u);
}

TEST_F(RegistryRules, R2_TheIdDoesNotDependOnThePem) {
  const TestCertificate ca = MakeCa("CA");
  const std::string pem = ToPem(ca.der);
  const std::string base64 =
      absl::StrReplaceAll(pem, {{"-----BEGIN CERTIFICATE-----", ""},
                                {"-----END CERTIFICATE-----", ""},
                                {"\n", ""}});
  const std::string kSpellings[] = {
      pem,
      absl::StrReplaceAll(pem, {{"\n", "\r\n"}}),
      absl::StrCat("subject=CN = CA\n\n", pem, "trailing text\n"),
      absl::StrCat("-----BEGIN CERTIFICATE-----\n", base64,
                   "\n-----END CERTIFICATE-----\n"),
  };
  int account = 0;
  for (const std::string& spelling : kSpellings) {
    SCOPED_TRACE(spelling);
    const auto registered =
        RegisterPem(*registry_, AccountOf(absl::StrCat("account-", account++)),
                    r1_, spelling);
    ASSERT_TRUE(HasCode(registered.status(), ErrorCode::kOk));
    EXPECT_EQ(registered->id, IdOf(ca));
  }
}

TEST_F(RegistryRules, R2_AnotherByteIsAnotherCertificate) {
  const TestCertificate ca = MakeCa("CA");
  std::string other = ca.der;
  other.back() ^= 1;  // in the signature, which an anchor is not judged by
  const auto first = RegisterPem(*registry_, a_, r1_, ToPem(ca.der));
  const auto second = RegisterPem(*registry_, b_, r1_, ToPem(other));
  ASSERT_TRUE(HasCode(first.status(), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(second.status(), ErrorCode::kOk));
  EXPECT_NE(first->id, second->id);
  // What is signed is the same: an account has it once.
  const auto again = RegisterPem(*registry_, a_, r1_, ToPem(other));
  ASSERT_TRUE(HasCode(again.status(), ErrorCode::kResourceAlreadyExists));
  EXPECT_EQ(ResourceOf(again.status())->id, first->id.ToHex());
}

TEST_F(RegistryRules, R3_IdArgumentsAreCheckedAndCaseInsensitive) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, ca), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(SetStatus(a_, r1_, ca, "INACTIVE"), ErrorCode::kOk));
  const std::string id = IdOf(ca).ToHex();
  struct Case {
    const char* name;
    std::string text;
    ErrorCode code;
  };
  const Case kCases[] = {
      {"lower case", id, ErrorCode::kOk},
      {"upper case", absl::AsciiStrToUpper(id), ErrorCode::kOk},
      {"another id", std::string(64, 'a'), ErrorCode::kResourceNotFound},
      {"all zero", std::string(64, '0'), ErrorCode::kResourceNotFound},
      {"0x and 62 digits", "0x" + id.substr(2), ErrorCode::kResourceNotFound},
      {"0x and 64 digits", "0x" + id, ErrorCode::kInvalidRequest},
      {"0X and 62 digits", "0X" + id.substr(2), ErrorCode::kInvalidRequest},
      {"0x and no hex", "0x" + std::string(62, 'z'),
       ErrorCode::kInvalidRequest},
      {"empty", "", ErrorCode::kInvalidRequest},
      {"0x alone", "0x", ErrorCode::kInvalidRequest},
      {"63 digits", id.substr(1), ErrorCode::kInvalidRequest},
      {"65 digits", id + "0", ErrorCode::kInvalidRequest},
      {"not hex", "g" + id.substr(1), ErrorCode::kInvalidRequest},
      {"leading space", " " + id.substr(1), ErrorCode::kInvalidRequest},
      {"NUL at the end", id.substr(1) + std::string(1, '\0'),
       ErrorCode::kInvalidRequest},
      {"colons",
       absl::StrReplaceAll(id, {{"0", ":"},
                                {"1", ":"},
                                {"2", ":"},
                                {"3", ":"},
                                {"4", ":"},
                                {"5", ":"},
                                {"6", ":"},
                                {"7", ":"}}),
       ErrorCode::kInvalidRequest},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name);
    EXPECT_TRUE(
        HasCode(registry_->DescribeCaCertificate(a_, r1_, row.text).status(),
                row.code));
    EXPECT_TRUE(HasCode(
        registry_->UpdateCaCertificate(
            {.account = a_, .region = r1_, .ca_certificate_id = row.text}),
        row.code));
    if (row.code == ErrorCode::kOk) continue;
    EXPECT_TRUE(
        HasCode(registry_->DeleteCaCertificate(a_, r1_, row.text), row.code));
  }
  EXPECT_TRUE(HasCode(
      registry_->DeleteCaCertificate(a_, r1_, absl::AsciiStrToUpper(id)),
      ErrorCode::kOk));
}

TEST_F(RegistryRules, R4_TheArnNamesRegionAccountAndId) {
  const TestCertificate ca = MakeCa("CA");
  const std::string arn = absl::StrCat(
      "arn:aws:iot:us-east-1:111122223333:cacert/", IdOf(ca).ToHex());
  const auto registered = RegisterPem(*registry_, a_, r1_, ToPem(ca.der));
  ASSERT_TRUE(HasCode(registered.status(), ErrorCode::kOk));
  EXPECT_EQ(registered->arn, arn);
  EXPECT_EQ(Describe(a_, r1_, ca).arn, arn);
}

TEST_F(RegistryRules, R5_OneAccountOfARegionHoldsACaInModeDefault) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  CodeOf(b_, r1_);
  events_.Take();
  const absl::Status status = RegisterDefault(b_, r1_, ca);
  EXPECT_TRUE(HasCode(status, ErrorCode::kResourceAlreadyExists));
  EXPECT_EQ(Described(b_, r1_, ca), ErrorCode::kResourceNotFound);
  EXPECT_EQ(Described(a_, r1_, ca), ErrorCode::kOk);
  EXPECT_EQ(SeenWithoutName(r1_, ca), a_);
  EXPECT_EQ(catalog_.registrations(), 1u);
  EXPECT_TRUE(events_.Take().empty());
}

TEST_F(RegistryRules, R5_TheRefusalTellsNothingOfTheHolder) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  const absl::Status status = RegisterDefault(b_, r1_, ca);
  EXPECT_TRUE(HasCode(status, ErrorCode::kResourceAlreadyExists));
  EXPECT_FALSE(ResourceOf(status).has_value());
  EXPECT_EQ(status.ToString().find(a_.text()), std::string::npos);
}

// Without a proof the answer is the same whether somebody holds the CA or not.
TEST_F(RegistryRules, R5_WhoHasNoProofDoesNotLearnThatTheCaIsHeld) {
  const TestCertificate held = MakeCa("CA");
  const TestCertificate free = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, held), ErrorCode::kOk));
  absl::Status answers[2];
  for (int i = 0; i < 2; ++i) {
    const TestCertificate& ca = i == 0 ? held : free;
    answers[i] = registry_
                     ->RegisterCaCertificate(
                         {.account = b_,
                          .region = r1_,
                          .ca_certificate = ToPem(ca.der),
                          .verification_certificate = Proof(ca, "guess")})
                     .status();
  }
  EXPECT_TRUE(HasCode(answers[0], ErrorCode::kRegistrationCodeValidation));
  EXPECT_EQ(answers[0], answers[1]);
}

TEST_F(RegistryRules, R6_AnyNumberOfAccountsHoldOneCaSniOnly) {
  const TestCertificate ca = MakeCa("CA");
  constexpr int kAccounts = 1000;
  for (int i = 0; i < kAccounts; ++i) {
    ASSERT_TRUE(HasCode(RegisterSniOnly(AccountOf(absl::StrCat(i)), r1_, ca),
                        ErrorCode::kOk))
        << i;
  }
  EXPECT_EQ(catalog_.registrations(), 1000u);
  EXPECT_EQ(catalog_.records(), 1u);
  EXPECT_EQ(SeenByTenant(AccountOf("0"), r1_, ca), CaStatus::kActive);
  EXPECT_EQ(SeenByTenant(AccountOf("999"), r1_, ca), CaStatus::kActive);
  EXPECT_FALSE(SeenWithoutName(r1_, ca).has_value());
}

TEST_F(RegistryRules, R7_DefaultAndSniOnlyOfTwoAccountsCoexist) {
  const TestCertificate first = MakeCa("first");
  const TestCertificate second = MakeCa("second");
  EXPECT_TRUE(HasCode(RegisterDefault(a_, r1_, first), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(RegisterSniOnly(b_, r1_, first), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(RegisterSniOnly(b_, r1_, second), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(RegisterDefault(a_, r1_, second), ErrorCode::kOk));
  for (const TestCertificate* ca : {&first, &second}) {
    EXPECT_EQ(SeenWithoutName(r1_, *ca), a_);
    EXPECT_EQ(SeenByTenant(a_, r1_, *ca), CaStatus::kActive);
    EXPECT_EQ(SeenByTenant(b_, r1_, *ca), CaStatus::kActive);
    EXPECT_EQ(Describe(a_, r1_, *ca).mode, Mode::kDefault);
    EXPECT_EQ(Describe(b_, r1_, *ca).mode, Mode::kSniOnly);
  }
}

TEST_F(RegistryRules, R8_RegionsAreIndependent) {
  const TestCertificate ca = MakeCa("CA");
  EXPECT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  EXPECT_EQ(Described(a_, r2_, ca), ErrorCode::kResourceNotFound);
  EXPECT_FALSE(SeenWithoutName(r2_, ca).has_value());
  EXPECT_TRUE(HasCode(RegisterDefault(b_, r2_, ca), ErrorCode::kOk));
  EXPECT_EQ(SeenWithoutName(r1_, ca), a_);
  EXPECT_EQ(SeenWithoutName(r2_, ca), b_);
  EXPECT_TRUE(HasCode(Remove(b_, r2_, ca), ErrorCode::kOk));
  EXPECT_EQ(SeenWithoutName(r1_, ca), a_);
}

TEST_F(RegistryRules, R9_OneAccountHoldsACaInOneModeOnly) {
  struct Case {
    const char* name;
    Mode first;
    Mode second;
  };
  constexpr Case kCases[] = {
      {"DEFAULT, DEFAULT", Mode::kDefault, Mode::kDefault},
      {"DEFAULT, SNI_ONLY", Mode::kDefault, Mode::kSniOnly},
      {"SNI_ONLY, DEFAULT", Mode::kSniOnly, Mode::kDefault},
      {"SNI_ONLY, SNI_ONLY", Mode::kSniOnly, Mode::kSniOnly},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name);
    const TestCertificate ca = MakeCa(row.name);
    ASSERT_TRUE(HasCode(Register(a_, r1_, ca, row.first), ErrorCode::kOk));
    const CaDescription before = Describe(a_, r1_, ca);
    const absl::Status status = Register(a_, r1_, ca, row.second);
    EXPECT_TRUE(HasCode(status, ErrorCode::kResourceAlreadyExists));
    const std::optional<Resource> resource = ResourceOf(status);
    ASSERT_TRUE(resource.has_value());
    EXPECT_EQ(resource->id, IdOf(ca).ToHex());
    EXPECT_EQ(resource->arn, before.arn);
    const CaDescription after = Describe(a_, r1_, ca);
    EXPECT_EQ(after.mode, row.first);
    EXPECT_EQ(after.generation_id, before.generation_id);
  }
}

TEST_F(RegistryRules, R10_TheModeIsChangedByDeletingAndRegistering) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(Remove(a_, r1_, ca), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, ca), ErrorCode::kOk));
  EXPECT_FALSE(SeenWithoutName(r1_, ca).has_value());
  EXPECT_EQ(SeenByTenant(a_, r1_, ca), CaStatus::kActive);
  ASSERT_TRUE(HasCode(Remove(a_, r1_, ca), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  EXPECT_EQ(SeenWithoutName(r1_, ca), a_);
  EXPECT_EQ(SeenByTenant(a_, r1_, ca), CaStatus::kActive);
}

TEST_F(RegistryRules, R10_AnUpdateKeepsTheMode) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, ca), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(SetStatus(a_, r1_, ca, "INACTIVE"), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(SetStatus(a_, r1_, ca, "ACTIVE"), ErrorCode::kOk));
  EXPECT_EQ(Describe(a_, r1_, ca).mode, Mode::kSniOnly);
  EXPECT_FALSE(SeenWithoutName(r1_, ca).has_value());
}

TEST_F(RegistryRules, R11_DeletingFreesTheDefaultSlot) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  // Being INACTIVE does not free it.
  ASSERT_TRUE(HasCode(SetStatus(a_, r1_, ca, "INACTIVE"), ErrorCode::kOk));
  EXPECT_TRUE(
      HasCode(RegisterDefault(b_, r1_, ca), ErrorCode::kResourceAlreadyExists));
  ASSERT_TRUE(HasCode(Remove(a_, r1_, ca), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(RegisterDefault(b_, r1_, ca), ErrorCode::kOk));
  EXPECT_EQ(SeenWithoutName(r1_, ca), b_);
}

TEST_F(RegistryRules, R13_TenCasOfOneSubject) {
  std::vector<TestCertificate> cas;
  for (int i = 0; i < 12; ++i) cas.push_back(MakeCa("Same Subject"));
  // Both modes and both statuses count.
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(HasCode(i % 2 == 0 ? RegisterDefault(a_, r1_, cas[i])
                                   : RegisterSniOnly(a_, r1_, cas[i]),
                        ErrorCode::kOk))
        << i;
  }
  ASSERT_TRUE(HasCode(SetStatus(a_, r1_, cas[0], "INACTIVE"), ErrorCode::kOk));
  EXPECT_TRUE(
      HasCode(RegisterSniOnly(a_, r1_, cas[10]), ErrorCode::kLimitExceeded));
  EXPECT_TRUE(
      HasCode(RegisterDefault(a_, r1_, cas[10]), ErrorCode::kLimitExceeded));
  EXPECT_EQ(catalog_.registrations(), 10u);

  // Other accounts, regions and subjects are not counted.
  EXPECT_TRUE(HasCode(RegisterSniOnly(b_, r1_, cas[10]), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(RegisterSniOnly(a_, r2_, cas[10]), ErrorCode::kOk));
  EXPECT_TRUE(
      HasCode(RegisterSniOnly(a_, r1_, MakeCa("Other")), ErrorCode::kOk));

  // Deleting one makes room for one.
  ASSERT_TRUE(HasCode(Remove(a_, r1_, cas[3]), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(RegisterSniOnly(a_, r1_, cas[10]), ErrorCode::kOk));
  EXPECT_TRUE(
      HasCode(RegisterSniOnly(a_, r1_, cas[11]), ErrorCode::kLimitExceeded));
}

TEST_F(RegistryRules, R13_R14_OneSubjectInManySpellingsIsOne) {
  const DistinguishedName kSpellings[] = {
      CommonName("Example CA"),
      CommonName("EXAMPLE ca"),
      CommonName("  Example   CA "),
      {{.type = "CN", .value = "Example CA", .tag = kPrintable}}};
  for (int i = 0; i < 12; ++i) {
    CertificateSpec spec = CaSpec("");
    spec.subject = kSpellings[i % 4];
    const absl::Status status =
        RegisterSniOnly(a_, r1_, MakeCertificate(spec, nullptr));
    EXPECT_TRUE(
        HasCode(status, i < 10 ? ErrorCode::kOk : ErrorCode::kLimitExceeded))
        << i;
  }
}

TEST_F(RegistryRules, R14_AnEmptySubjectTakesNoPlace) {
  CertificateSpec spec = CaSpec("");
  spec.subject = {};
  for (int i = 0; i < 11; ++i) {
    EXPECT_TRUE(
        HasCode(RegisterSniOnly(a_, r1_, MakeCertificate(spec, nullptr)),
                ErrorCode::kCertificateValidation));
  }
}

TEST_F(RegistryRules, R13_AnAccountHoldsAnyNumberOfSubjects) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(
        HasCode(RegisterSniOnly(a_, r1_, MakeCa(absl::StrCat("CA ", i))),
                ErrorCode::kOk))
        << i;
  }
}

}  // namespace
}  // namespace chainkeep::test
