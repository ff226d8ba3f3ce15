// What a CA's registration may carry beside the certificate: a registration
// configuration and tags (R35, R37, R38, R40), and the templates they name.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/store/registry_view.h"
#include "tests/registry/device_fixture.h"

namespace chainkeep::test {
namespace {

constexpr std::string_view kRole = "arn:aws:iam::111122223333:role/provision";
constexpr std::string_view kBody =
    R"({"Resources":{"c":{"Type":"AWS::IoT::Certificate","Properties":)"
    R"({"CertificateId":{"Ref":"AWS::IoT::Certificate::Id"}}}}})";

class CaOptionRules : public DeviceRules {
 protected:
  absl::Status CreateTemplate(const Account& account, std::string_view name,
                              std::string_view type = "JITP") {
    return registry_
        ->CreateProvisioningTemplate({.account = account,
                                      .region = r1_,
                                      .name = name,
                                      .body = kBody,
                                      .role_arn = kRole,
                                      .type = type})
        .status();
  }

  absl::Status RegisterWith(const TestCertificate& ca,
                            const RegistrationConfig& config,
                            const std::vector<Tag>& tags = {}) {
    const std::string pem = ToPem(ca.der);
    return registry_
        ->RegisterCaCertificate({.account = a_,
                                 .region = r1_,
                                 .ca_certificate = pem,
                                 .certificate_mode = "SNI_ONLY",
                                 .registration_config = config,
                                 .tags = tags})
        .status();
  }

  absl::Status RegisterTagged(const TestCertificate& ca,
                              const std::vector<Tag>& tags) {
    const std::string pem = ToPem(ca.der);
    return registry_
        ->RegisterCaCertificate({.account = a_,
                                 .region = r1_,
                                 .ca_certificate = pem,
                                 .certificate_mode = "SNI_ONLY",
                                 .tags = tags})
        .status();
  }

  absl::Status Update(const TestCertificate& ca,
                      std::optional<RegistrationConfig> config,
                      std::string_view automatic = "", bool remove = false) {
    const std::string id = IdOf(ca).ToHex();
    return registry_->UpdateCaCertificate(
        {.account = a_,
         .region = r1_,
         .ca_certificate_id = id,
         .new_auto_registration_status = automatic,
         .registration_config = std::move(config),
         .remove_auto_registration = remove});
  }

  std::vector<Tag> TagsOf(const TestCertificate& ca) {
    std::vector<Tag> tags;
    EXPECT_TRUE(projected_.store
                    ->Read([&](const store::RegistryView& view) {
                      tags = view.FindCa({{a_, r1_}, IdOf(ca)})->tags;
                      return absl::OkStatus();
                    })
                    .ok());
    return tags;
  }
};

TEST_F(CaOptionRules, R35_ConfigurationsAreChecked) {
  ASSERT_TRUE(HasCode(CreateTemplate(a_, "jitp"), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(CreateTemplate(a_, "fleet", "FLEET_PROVISIONING"),
                      ErrorCode::kOk));
  ASSERT_TRUE(HasCode(CreateTemplate(b_, "others"), ErrorCode::kOk));
  const std::string body(kBody);
  const std::string long_body =
      absl::StrCat(kBody, std::string(10'240 - kBody.size(), ' '));
  struct Case {
    const char* name;
    RegistrationConfig config;
    ErrorCode code;
  };
  constexpr ErrorCode kOk = ErrorCode::kOk;
  constexpr ErrorCode kInvalid = ErrorCode::kInvalidRequest;
  const Case kCases[] = {
      {"a name", {.template_name = "jitp"}, kOk},
      {"a body", {.template_body = body, .role_arn = std::string(kRole)}, kOk},
      {"a body without a role", {.template_body = body}, kOk},
      {"a longest body", {.template_body = long_body}, kOk},
      {"a longer body", {.template_body = long_body + " "}, kInvalid},
      {"no JSON", {.template_body = "{"}, kInvalid},
      {"no object", {.template_body = "[]"}, kInvalid},
      {"no template", {.template_body = "{}"}, kInvalid},
      {"a key twice", {.template_body = R"({"a":1,"a":2})"}, kInvalid},
      {"nothing", {}, kInvalid},
      {"a role alone", {.role_arn = std::string(kRole)}, kInvalid},
      {"both", {.template_body = body, .template_name = "jitp"}, kInvalid},
      {"a short role",
       {.role_arn = std::string(19, 'x'), .template_name = "jitp"},
       kInvalid},
      {"a shortest role",
       {.role_arn = std::string(20, 'x'), .template_name = "jitp"},
       kOk},
      {"a longest role",
       {.role_arn = std::string(2048, 'x'), .template_name = "jitp"},
       kOk},
      {"a long role",
       {.role_arn = std::string(2049, 'x'), .template_name = "jitp"},
       kInvalid},
      {"a name of 37", {.template_name = std::string(37, 'x')}, kInvalid},
      {"a name with a dot", {.template_name = "a.b"}, kInvalid},
      {"nobody's", {.template_name = "none"}, ErrorCode::kResourceNotFound},
      {"another's", {.template_name = "others"}, ErrorCode::kResourceNotFound},
      {"not JITP", {.template_name = "fleet"}, kInvalid},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name);
    const TestCertificate ca = MakeCa(row.name);
    EXPECT_TRUE(HasCode(RegisterWith(ca, row.config), row.code));
    EXPECT_EQ(Described(a_, r1_, ca),
              row.code == kOk ? kOk : ErrorCode::kResourceNotFound);
    // An update is checked in the same way.
    const TestCertificate other = MakeCa(absl::StrCat(row.name, " updated"));
    ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, other), kOk));
    EXPECT_TRUE(HasCode(Update(other, row.config), row.code));
    EXPECT_EQ(Describe(a_, r1_, other).registration_config.has_value(),
              row.code == kOk);
    EXPECT_EQ(Describe(a_, r1_, other).customer_version,
              row.code == kOk ? 2 : 1);
  }
}

TEST_F(CaOptionRules, R38_DescribeSaysTheConfiguration) {
  const TestCertificate with = MakeCa("with");
  const TestCertificate without = MakeCa("without");
  const RegistrationConfig config = {.template_body = std::string(kBody),
                                     .role_arn = std::string(kRole)};
  ASSERT_TRUE(HasCode(RegisterWith(with, config), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, without), ErrorCode::kOk));
  EXPECT_EQ(Describe(a_, r1_, with).registration_config, config);
  EXPECT_FALSE(Describe(a_, r1_, without).registration_config.has_value());
}

TEST_F(CaOptionRules, R40_FieldsNotGivenStay) {
  const TestCertificate ca = MakeCa("CA");
  const RegistrationConfig config = {.template_body = std::string(kBody)};
  ASSERT_TRUE(HasCode(RegisterWith(ca, config), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(SetStatus(a_, r1_, ca, "ACTIVE"), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(Update(ca, std::nullopt, "ENABLE"), ErrorCode::kOk));
  EXPECT_EQ(Describe(a_, r1_, ca).registration_config, config);
  EXPECT_EQ(Describe(a_, r1_, ca).status, CaStatus::kActive);
  ASSERT_TRUE(HasCode(Update(ca, std::nullopt, "DISABLE"), ErrorCode::kOk));
  EXPECT_EQ(Describe(a_, r1_, ca).registration_config, config);
}

TEST_F(CaOptionRules, R40_RemovingAutoRegistrationRemovesTheConfiguration) {
  const TestCertificate ca = MakeCa("CA");
  const RegistrationConfig config = {.template_body = std::string(kBody)};
  ASSERT_TRUE(HasCode(RegisterWith(ca, config), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(Update(ca, std::nullopt, "ENABLE"), ErrorCode::kOk));
  // Removing and setting up at the same time says nothing.
  EXPECT_TRUE(
      HasCode(Update(ca, config, "", true), ErrorCode::kInvalidRequest));
  EXPECT_TRUE(HasCode(Update(ca, std::nullopt, "ENABLE", true),
                      ErrorCode::kInvalidRequest));
  EXPECT_TRUE(Describe(a_, r1_, ca).auto_registration);
  EXPECT_TRUE(HasCode(Update(ca, std::nullopt, "", true), ErrorCode::kOk));
  EXPECT_FALSE(Describe(a_, r1_, ca).auto_registration);
  EXPECT_FALSE(Describe(a_, r1_, ca).registration_config.has_value());
}

TEST_F(CaOptionRules, R37_TagsAreChecked) {
  const auto many = [](int count) {
    std::vector<Tag> tags;
    for (int i = 0; i < count; ++i) {
      tags.push_back({.key = absl::StrCat("k", i), .value = "v"});
    }
    return tags;
  };
  std::string umlauts;
  for (int i = 0; i < 128; ++i) umlauts += "\xc3\xbc";
  struct Case {
    const char* name;
    std::vector<Tag> tags;
    ErrorCode code;
  };
  constexpr ErrorCode kOk = ErrorCode::kOk;
  constexpr ErrorCode kInvalid = ErrorCode::kInvalidRequest;
  const Case kCases[] = {
      {"none", {}, kOk},
      {"every character", {{"aZ 09_.:/=+-@", "aZ 09_.:/=+-@"}}, kOk},
      {"an empty value", {{"k", ""}}, kOk},
      {"an empty key", {{"", "v"}}, kInvalid},
      {"a longest key", {{std::string(128, 'k'), "v"}}, kOk},
      {"a long key", {{std::string(129, 'k'), "v"}}, kInvalid},
      {"characters, not bytes", {{umlauts, "v"}}, kOk},
      {"a longest value", {{"k", std::string(256, 'v')}}, kOk},
      {"a long value", {{"k", std::string(257, 'v')}}, kInvalid},
      {"a mark", {{"a*b", "v"}}, kInvalid},
      {"a mark in the value", {{"k", "<"}}, kInvalid},
      {"a control character", {{"a\tb", "v"}}, kInvalid},
      {"C1", {{"a\xc2\x85", "v"}}, kInvalid},
      {"not UTF-8", {{"a\xff", "v"}}, kInvalid},
      {"a key twice", {{"k", "1"}, {"k", "2"}}, kInvalid},
      {"fifty", many(50), kOk},
      {"more", many(51), kInvalid},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name);
    const TestCertificate ca = MakeCa(row.name);
    EXPECT_TRUE(HasCode(RegisterTagged(ca, row.tags), row.code));
    ASSERT_EQ(Described(a_, r1_, ca),
              row.code == kOk ? kOk : ErrorCode::kResourceNotFound);
    if (row.code == kOk) {
      EXPECT_EQ(TagsOf(ca), row.tags);
    }
  }
}

TEST_F(CaOptionRules, R35_TemplatesAreChecked) {
  const auto create = [&](const CreateProvisioningTemplateRequest& request) {
    return registry_->CreateProvisioningTemplate(request).status();
  };
  const CreateProvisioningTemplateRequest good = {.account = a_,
                                                  .region = r1_,
                                                  .name = "good",
                                                  .description = "d",
                                                  .body = kBody,
                                                  .enabled = true,
                                                  .role_arn = kRole,
                                                  .type = "JITP"};
  using Change = void (*)(CreateProvisioningTemplateRequest&);
  struct Case {
    const char* name;
    Change change;
  };
  static const std::string kLong(20'000, 'x');
  constexpr Case kCases[] = {
      {"no account", [](auto& r) { r.account = {}; }},
      {"no name", [](auto& r) { r.name = ""; }},
      {"a long name",
       [](auto& r) {
         r.name = {kLong.data(), 37};
       }},
      {"a name with a slash", [](auto& r) { r.name = "a/b"; }},
      {"a long description",
       [](auto& r) {
         r.description = {kLong.data(), 501};
       }},
      {"a control character", [](auto& r) { r.description = "a\nb"; }},
      {"no body", [](auto& r) { r.body = ""; }},
      {"no JSON", [](auto& r) { r.body = "x"; }},
      {"no object", [](auto& r) { r.body = "\"x\""; }},
      {"no template", [](auto& r) { r.body = "{}"; }},
      {"a long body", [](auto& r) { r.body = kLong; }},
      {"no role", [](auto& r) { r.role_arn = ""; }},
      {"a long role",
       [](auto& r) {
         r.role_arn = {kLong.data(), 2049};
       }},
      {"another type", [](auto& r) { r.type = "jitp"; }},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name);
    CreateProvisioningTemplateRequest request = good;
    request.name = "other";
    row.change(request);
    EXPECT_TRUE(HasCode(create(request), ErrorCode::kInvalidRequest));
  }
  EXPECT_TRUE(HasCode(registry_
                          ->DescribeProvisioningTemplate(
                              {.account = a_, .region = r1_, .name = "other"})
                          .status(),
                      ErrorCode::kResourceNotFound));
  const auto created = registry_->CreateProvisioningTemplate(good);
  ASSERT_TRUE(HasCode(created.status(), ErrorCode::kOk));
  EXPECT_EQ(created->arn,
            "arn:aws:iot:us-east-1:111122223333:provisioningtemplate/good");
  const auto described = registry_->DescribeProvisioningTemplate(
      {.account = a_, .region = r1_, .name = "good"});
  ASSERT_TRUE(HasCode(described.status(), ErrorCode::kOk));
  EXPECT_EQ(described->body, kBody);
  EXPECT_EQ(described->description, "d");
  EXPECT_EQ(described->role_arn, kRole);
  EXPECT_TRUE(described->enabled);
  EXPECT_EQ(described->type, TemplateType::kJitp);
  EXPECT_EQ(described->creation_date, clock_.NowMillis());
  const absl::Status again = create(good);
  EXPECT_TRUE(HasCode(again, ErrorCode::kResourceAlreadyExists));
  EXPECT_EQ(ResourceOf(again)->arn, created->arn);
  EXPECT_TRUE(HasCode(CreateTemplate(b_, "good"), ErrorCode::kOk));
}

TEST_F(CaOptionRules, R35_ATemplateInUseIsNotDeleted) {
  const auto remove = [&](const Account& account) {
    return registry_->DeleteProvisioningTemplate(
        {.account = account, .region = r1_, .name = "t"});
  };
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(CreateTemplate(a_, "t"), ErrorCode::kOk));
  ASSERT_TRUE(
      HasCode(RegisterWith(ca, {.template_name = "t"}), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(remove(b_), ErrorCode::kResourceNotFound));
  EXPECT_TRUE(HasCode(remove(a_), ErrorCode::kDeleteConflict));
  ASSERT_TRUE(HasCode(Update(ca, std::nullopt, "", true), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(remove(a_), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(remove(a_), ErrorCode::kResourceNotFound));
}

}  // namespace
}  // namespace chainkeep::test
