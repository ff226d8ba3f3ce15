// Rules C: describing, updating and deleting what is registered; and what the
// observer is told.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "tests/registry/registry_fixture.h"

namespace chainkeep::test {
namespace {

TestCertificate MakeCa(std::string_view name) {
  return MakeCertificate(CaSpec(name), nullptr);
}

std::string EventOf(std::string_view what, std::string_view scope,
                    const TestCertificate& ca) {
  return absl::StrCat(what, " ", scope, " ", IdOf(ca).ToHex().substr(0, 8));
}

constexpr std::string_view kScope = "111122223333/us-east-1/SNI_ONLY";

TEST_F(RegistryRules, R38_DescribeSaysAllThereIs) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  const CaDescription description = Describe(a_, r1_, ca);
  EXPECT_EQ(description.id, IdOf(ca));
  EXPECT_EQ(description.mode, Mode::kDefault);
  EXPECT_EQ(description.status, CaStatus::kActive);
  EXPECT_FALSE(description.auto_registration);
  EXPECT_EQ(description.owned_by, a_);
  EXPECT_EQ(description.creation_date, kTestNow * 1000);
  EXPECT_EQ(description.last_modified_date, description.creation_date);
  EXPECT_EQ(description.customer_version, 1);
  EXPECT_FALSE(description.generation_id.empty());
  EXPECT_EQ(description.not_before, kTestNow - kDay);
  EXPECT_EQ(description.not_after, kTestNow + 365 * kDay);
  const auto ders = DecodePemCertificates(description.pem);
  ASSERT_TRUE(ders.ok());
  EXPECT_EQ(*ders, std::vector<std::string>{ca.der});
}

// A request is text that people paste: a private key may stand beside the
// certificate, and must not be kept or shown.
TEST_F(RegistryRules, R38_WhatStandsAroundTheCertificateIsNotKept) {
  const TestCertificate ca = MakeCa("CA");
  const std::string pem =
      absl::StrCat("note\n", KeyToPem(ca.key.get()), ToPem(ca.der));
  ASSERT_TRUE(
      HasCode(registry_
                  ->RegisterCaCertificate({.account = a_,
                                           .region = r1_,
                                           .ca_certificate = pem,
                                           .certificate_mode = "SNI_ONLY"})
                  .status(),
              ErrorCode::kOk));
  EXPECT_EQ(Describe(a_, r1_, ca).pem, ToPem(ca.der));
}

TEST_F(RegistryRules, R39_EachUpdateIsAVersion) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, ca), ErrorCode::kOk));
  struct Case {
    const char* name;
    const char* status;
    const char* automatic;
    CaStatus expected_status;
    bool expected_automatic;
  };
  constexpr CaStatus kActive = CaStatus::kActive;
  constexpr CaStatus kInactive = CaStatus::kInactive;
  constexpr Case kCases[] = {
      {"the same status", "ACTIVE", "", kActive, false},
      {"nothing", "", "", kActive, false},
      {"deactivate", "INACTIVE", "", kInactive, false},
      {"the same again", "INACTIVE", "", kInactive, false},
      {"enable", "", "ENABLE", kInactive, true},
      {"both", "ACTIVE", "DISABLE", kActive, false},
      {"both the other way", "INACTIVE", "ENABLE", kInactive, true},
      {"the same of both", "INACTIVE", "ENABLE", kInactive, true},
  };
  CaDescription before = Describe(a_, r1_, ca);
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name);
    clock_.Advance(60);
    EXPECT_TRUE(HasCode(registry_->UpdateCaCertificate(
                            {.account = a_,
                             .region = r1_,
                             .ca_certificate_id = IdOf(ca).ToHex(),
                             .new_status = row.status,
                             .new_auto_registration_status = row.automatic}),
                        ErrorCode::kOk));
    const CaDescription after = Describe(a_, r1_, ca);
    EXPECT_EQ(after.status, row.expected_status);
    EXPECT_EQ(after.auto_registration, row.expected_automatic);
    EXPECT_EQ(SeenByTenant(a_, r1_, ca), row.expected_status);
    EXPECT_EQ(after.last_modified_date, clock_.NowMillis());
    EXPECT_EQ(after.creation_date, before.creation_date);
    EXPECT_EQ(after.customer_version, before.customer_version + 1);
    EXPECT_NE(after.generation_id, before.generation_id);
    EXPECT_EQ(after.pem, before.pem);
    EXPECT_EQ(after.mode, before.mode);
    before = after;
  }
}

// A verdict rests on the trust version: an update that changes nothing a
// handshake sees must not disturb it, and any other must.
TEST_F(RegistryRules, R39_OnlyAChangeOfStatusIsANewTrustVersion) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, ca), ErrorCode::kOk));
  const uint64_t version = VersionSeenByTenant(a_, r1_, ca);
  ASSERT_NE(version, 0u);
  ASSERT_TRUE(HasCode(SetStatus(a_, r1_, ca, "ACTIVE"), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(SetStatus(a_, r1_, ca, ""), ErrorCode::kOk));
  EXPECT_EQ(VersionSeenByTenant(a_, r1_, ca), version);
  ASSERT_TRUE(HasCode(SetStatus(a_, r1_, ca, "INACTIVE"), ErrorCode::kOk));
  const uint64_t inactive = VersionSeenByTenant(a_, r1_, ca);
  EXPECT_NE(inactive, version);
  ASSERT_TRUE(HasCode(SetStatus(a_, r1_, ca, "ACTIVE"), ErrorCode::kOk));
  const uint64_t active = VersionSeenByTenant(a_, r1_, ca);
  EXPECT_NE(active, inactive);
  EXPECT_NE(active, version);
}

TEST_F(RegistryRules, R40_OtherValuesAreRefusedAndChangeNothing) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, ca), ErrorCode::kOk));
  const CaDescription before = Describe(a_, r1_, ca);
  events_.Take();
  struct Case {
    const char* status;
    const char* automatic;
  };
  constexpr Case kCases[] = {
      {"REGISTER_INACTIVE", ""},
      {"REVOKED", ""},
      {"PENDING_TRANSFER", ""},
      {"inactive", ""},
      {" INACTIVE", ""},
      {"", "ENABLED"},
      {"", "enable"},
      {"", "TRUE"},
      {"INACTIVE", "MAYBE"},
      {"REVOKED", "ENABLE"},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(absl::StrCat(row.status, ", ", row.automatic));
    EXPECT_TRUE(HasCode(registry_->UpdateCaCertificate(
                            {.account = a_,
                             .region = r1_,
                             .ca_certificate_id = IdOf(ca).ToHex(),
                             .new_status = row.status,
                             .new_auto_registration_status = row.automatic}),
                        ErrorCode::kInvalidRequest));
  }
  EXPECT_EQ(Describe(a_, r1_, ca).generation_id, before.generation_id);
  EXPECT_EQ(SeenByTenant(a_, r1_, ca), CaStatus::kActive);
  EXPECT_TRUE(events_.Take().empty());
}

TEST_F(RegistryRules, R40_RemovingAutoRegistrationSwitchesItOff) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, ca), ErrorCode::kOk));
  const std::string id = IdOf(ca).ToHex();
  const auto update = [&](std::string_view automatic, bool remove) {
    return registry_->UpdateCaCertificate(
        {.account = a_,
         .region = r1_,
         .ca_certificate_id = id,
         .new_auto_registration_status = automatic,
         .remove_auto_registration = remove});
  };
  ASSERT_TRUE(HasCode(update("ENABLE", false), ErrorCode::kOk));
  ASSERT_TRUE(Describe(a_, r1_, ca).auto_registration);
  EXPECT_TRUE(HasCode(update("ENABLE", true), ErrorCode::kInvalidRequest));
  EXPECT_TRUE(Describe(a_, r1_, ca).auto_registration);
  EXPECT_TRUE(HasCode(update("", true), ErrorCode::kOk));
  EXPECT_FALSE(Describe(a_, r1_, ca).auto_registration);
  EXPECT_TRUE(HasCode(update("DISABLE", true), ErrorCode::kOk));
}

TEST_F(RegistryRules, R43_OnlyAnInactiveCaIsDeleted) {
  const TestCertificate ca = MakeCa("CA");
  const std::string id = IdOf(ca).ToHex();
  ASSERT_TRUE(
      HasCode(registry_
                  ->RegisterCaCertificate({.account = a_,
                                           .region = r1_,
                                           .ca_certificate = ToPem(ca.der),
                                           .certificate_mode = "SNI_ONLY",
                                           .set_as_active = true,
                                           .allow_auto_registration = true})
                  .status(),
              ErrorCode::kOk));
  EXPECT_TRUE(HasCode(registry_->DeleteCaCertificate(a_, r1_, id),
                      ErrorCode::kCertificateState));
  EXPECT_EQ(SeenByTenant(a_, r1_, ca), CaStatus::kActive);
  ASSERT_TRUE(HasCode(SetStatus(a_, r1_, ca, "INACTIVE"), ErrorCode::kOk));
  EXPECT_TRUE(
      HasCode(registry_->DeleteCaCertificate(a_, r1_, id), ErrorCode::kOk));
  EXPECT_EQ(Described(a_, r1_, ca), ErrorCode::kResourceNotFound);
  EXPECT_FALSE(SeenByTenant(a_, r1_, ca).has_value());
  EXPECT_EQ(catalog_.registrations(), 0u);
  EXPECT_EQ(catalog_.records(), 0u);
  EXPECT_TRUE(HasCode(registry_->DeleteCaCertificate(a_, r1_, id),
                      ErrorCode::kResourceNotFound));
  EXPECT_TRUE(
      HasCode(SetStatus(a_, r1_, ca, "ACTIVE"), ErrorCode::kResourceNotFound));
}

TEST_F(RegistryRules, R43_AnExpiredCaIsStillDescribedUpdatedAndDeleted) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, ca), ErrorCode::kOk));
  clock_.Advance(1000 * kDay);
  EXPECT_EQ(Described(a_, r1_, ca), ErrorCode::kOk);
  EXPECT_TRUE(HasCode(Remove(a_, r1_, ca), ErrorCode::kOk));
}

// Whatever another account does with an id that is not its own, the answer is
// the one for an id that nobody has.
TEST_F(RegistryRules, R45_AnotherAccountsCaIsNotFound) {
  const TestCertificate sni_only = MakeCa("SNI_ONLY");
  const TestCertificate by_default = MakeCa("DEFAULT");
  const TestCertificate nobodys = MakeCa("nobody's");
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, sni_only), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, by_default), ErrorCode::kOk));
  struct Stranger {
    const Account& account;
    const Region& region;
  };
  const Stranger kStrangers[] = {{b_, r1_}, {a_, r2_}, {b_, r2_}};
  for (const auto& [account, region] : kStrangers) {
    for (const TestCertificate* ca : {&sni_only, &by_default}) {
      const std::string id = IdOf(*ca).ToHex();
      const std::string nobody = IdOf(nobodys).ToHex();
      const absl::Status described =
          registry_->DescribeCaCertificate(account, region, id).status();
      EXPECT_TRUE(HasCode(described, ErrorCode::kResourceNotFound));
      EXPECT_EQ(
          described,
          registry_->DescribeCaCertificate(account, region, nobody).status());
      EXPECT_FALSE(ResourceOf(described).has_value());
      for (const char* status : {"ACTIVE", "INACTIVE", ""}) {
        EXPECT_EQ(SetStatus(account, region, *ca, status),
                  SetStatus(account, region, nobodys, status));
        EXPECT_TRUE(HasCode(SetStatus(account, region, *ca, status),
                            ErrorCode::kResourceNotFound));
      }
      const absl::Status deleted =
          registry_->DeleteCaCertificate(account, region, id);
      EXPECT_TRUE(HasCode(deleted, ErrorCode::kResourceNotFound));
      EXPECT_EQ(deleted,
                registry_->DeleteCaCertificate(account, region, nobody));
    }
  }
  EXPECT_EQ(SeenByTenant(a_, r1_, sni_only), CaStatus::kActive);
  EXPECT_EQ(SeenWithoutName(r1_, by_default), a_);
}

TEST_F(RegistryRules, R45_OneAccountsUpdateLeavesTheOthersAlone) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterSniOnly(b_, r1_, ca), ErrorCode::kOk));
  const CaDescription before = Describe(b_, r1_, ca);
  ASSERT_TRUE(HasCode(Remove(a_, r1_, ca), ErrorCode::kOk));
  const CaDescription after = Describe(b_, r1_, ca);
  EXPECT_EQ(after.generation_id, before.generation_id);
  EXPECT_EQ(after.status, CaStatus::kActive);
  EXPECT_EQ(SeenByTenant(b_, r1_, ca), CaStatus::kActive);
  EXPECT_FALSE(SeenWithoutName(r1_, ca).has_value());
}

TEST_F(RegistryRules, Events_TellWhatHappenedInOrder) {
  const TestCertificate active = MakeCa("active");
  const TestCertificate inactive = MakeCa("inactive");
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, active), ErrorCode::kOk));
  EXPECT_EQ(events_.Take(),
            (std::vector<std::string>{EventOf("registered", kScope, active),
                                      EventOf("activated", kScope, active)}));
  ASSERT_TRUE(HasCode(
      registry_
          ->RegisterCaCertificate({.account = a_,
                                   .region = r1_,
                                   .ca_certificate = ToPem(inactive.der),
                                   .certificate_mode = "SNI_ONLY"})
          .status(),
      ErrorCode::kOk));
  EXPECT_EQ(
      events_.Take(),
      (std::vector<std::string>{EventOf("registered", kScope, inactive)}));
  struct Case {
    const char* status;
    std::vector<std::string> events;
  };
  const Case kCases[] = {
      {"INACTIVE", {}},
      {"ACTIVE", {EventOf("activated", kScope, inactive)}},
      {"ACTIVE", {}},
      {"", {}},
      {"INACTIVE", {EventOf("deactivated", kScope, inactive)}},
  };
  for (const Case& row : kCases) {
    ASSERT_TRUE(
        HasCode(SetStatus(a_, r1_, inactive, row.status), ErrorCode::kOk));
    EXPECT_EQ(events_.Take(), row.events);
  }
  // Deleting an INACTIVE one changes nothing for any connection.
  ASSERT_TRUE(
      HasCode(registry_->DeleteCaCertificate(a_, r1_, IdOf(inactive).ToHex()),
              ErrorCode::kOk));
  EXPECT_TRUE(events_.Take().empty());
}

}  // namespace
}  // namespace chainkeep::test
