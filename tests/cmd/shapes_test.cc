// The shapes of answers: AWS's members, in AWS's order, and none that is empty.

#include "cmd/shapes.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "chainkeep/status.h"

namespace chainkeep::cmd {
namespace {

constexpr UnixMillis kWhen = 1'668'515'696'789;

CertificateId Id(uint8_t byte) {
  CertificateId::Array bytes = {};
  bytes.fill(byte);
  return CertificateId(bytes);
}

class Shapes : public testing::Test {
 protected:
  void SetUp() override { setenv("TZ", "UTC", 1); }
};

// Compared as text: the order of members counts.
void ExpectJson(const Json& json, const std::string& expected) {
  EXPECT_EQ(json.dump(1), Json::parse(expected).dump(1));
}

TEST_F(Shapes, CaDescription) {
  CaDescription ca;
  ca.arn = "arn";
  ca.id = Id(0xab);
  ca.mode = Mode::kSniOnly;
  ca.status = CaStatus::kActive;
  ca.auto_registration = true;
  ca.pem = "pem";
  ca.owned_by = *Account::Parse("a");
  ca.creation_date = kWhen;
  ca.last_modified_date = kWhen + 211;
  ca.customer_version = 2;
  ca.generation_id = "g";
  ca.not_before = 0;
  ca.not_after = 86'400;
  const std::string description = R"("certificateDescription": {
      "certificateArn": "arn",
      "certificateId": ")" + Id(0xab).ToHex() +
                                  R"(",
      "status": "ACTIVE",
      "certificatePem": "pem",
      "ownedBy": "a",
      "creationDate": "2022-11-15T12:34:56.789000+00:00",
      "autoRegistrationStatus": "ENABLE",
      "lastModifiedDate": "2022-11-15T12:34:57+00:00",
      "customerVersion": 2,
      "generationId": "g",
      "validity": {"notBefore": "1970-01-01T00:00:00+00:00",
                   "notAfter": "1970-01-02T00:00:00+00:00"},
      "certificateMode": "SNI_ONLY"})";
  ExpectJson(JsonOf(ca, TimestampFormat::kIso8601), "{" + description + "}");
  ca.registration_config.emplace().template_name = "fleet";
  ExpectJson(JsonOf(ca, TimestampFormat::kIso8601),
             "{" + description +
                 R"(, "registrationConfig": {"templateName": "fleet"}})");
  ca.registration_config->template_name.clear();
  ca.registration_config->template_body = "{}";
  ca.registration_config->role_arn = "role";
  ExpectJson(JsonOf(ca, TimestampFormat::kIso8601),
             "{" + description +
                 R"(, "registrationConfig": {"templateBody": "{}",
                                             "roleArn": "role"}})");
}

TEST_F(Shapes, DeviceDescription) {
  DeviceDescription device;
  device.arn = "arn";
  device.id = Id(1);
  device.pem = "pem";
  device.owned_by = *Account::Parse("a");
  device.creation_date = 1000;
  device.last_modified_date = 1500;
  device.customer_version = 1;
  device.generation_id = "g";
  device.not_after = 1;
  ExpectJson(JsonOf(device, TimestampFormat::kUnix),
             R"({"certificateDescription": {
                   "certificateArn": "arn",
                   "certificateId": ")" +
                 Id(1).ToHex() + R"(",
                   "status": "INACTIVE",
                   "certificatePem": "pem",
                   "ownedBy": "a",
                   "creationDate": 1.0,
                   "lastModifiedDate": 1.5,
                   "customerVersion": 1,
                   "transferData": {},
                   "generationId": "g",
                   "validity": {"notBefore": 0.0, "notAfter": 1.0},
                   "certificateMode": "DEFAULT"}})");

  device.ca = Id(2);
  device.status = DeviceStatus::kPendingTransfer;
  device.previous_owned_by = *Account::Parse("b");
  Transfer& transfer = device.transfer.emplace();
  transfer.message = "m";
  transfer.reject_reason = "r";
  transfer.transfer_date = 1000;
  transfer.accept_date = 2000;
  transfer.reject_date = 3000;
  ExpectJson(JsonOf(device, TimestampFormat::kUnix),
             R"({"certificateDescription": {
                   "certificateArn": "arn",
                   "certificateId": ")" +
                 Id(1).ToHex() + R"(",
                   "caCertificateId": ")" +
                 Id(2).ToHex() + R"(",
                   "status": "PENDING_TRANSFER",
                   "certificatePem": "pem",
                   "ownedBy": "a",
                   "previousOwnedBy": "b",
                   "creationDate": 1.0,
                   "lastModifiedDate": 1.5,
                   "customerVersion": 1,
                   "transferData": {"transferMessage": "m",
                                    "rejectReason": "r",
                                    "transferDate": 1.0,
                                    "acceptDate": 2.0,
                                    "rejectDate": 3.0},
                   "generationId": "g",
                   "validity": {"notBefore": 0.0, "notAfter": 1.0},
                   "certificateMode": "DEFAULT"}})");
}

TEST_F(Shapes, DomainConfigurations) {
  const struct {
    EndpointService service;
    DomainType type;
    EndpointStatus status;
    const char* expected;
  } cases[] = {
      {EndpointService::kData, DomainType::kCustomerManaged,
       EndpointStatus::kEnabled,
       R"("domainConfigurationStatus": "ENABLED", "serviceType": "DATA",
          "domainType": "CUSTOMER_MANAGED")"},
      {EndpointService::kJobs, DomainType::kAwsManaged,
       EndpointStatus::kDisabled,
       R"("domainConfigurationStatus": "DISABLED", "serviceType": "JOBS",
          "domainType": "AWS_MANAGED")"},
      {EndpointService::kCredentialProvider, DomainType::kEndpoint,
       EndpointStatus::kEnabled,
       R"("domainConfigurationStatus": "ENABLED",
          "serviceType": "CREDENTIAL_PROVIDER", "domainType": "ENDPOINT")"},
  };
  for (const auto& c : cases) {
    DomainConfigurationDescription description;
    description.name = "n";
    description.arn = "arn";
    description.domain_name = "iot.example.com";
    description.service = c.service;
    description.type = c.type;
    description.status = c.status;
    description.last_status_change_date = 1000;
    ExpectJson(JsonOf(description, TimestampFormat::kUnix),
               std::string(R"({"domainConfigurationName": "n",
                   "domainConfigurationArn": "arn",
                   "domainName": "iot.example.com", )") +
                   c.expected + R"(, "lastStatusChangeDate": 1.0})");
  }
}

TEST_F(Shapes, ProvisioningTemplates) {
  ProvisioningTemplateDescription description;
  description.name = "n";
  description.arn = "arn";
  description.body = "{}";
  description.creation_date = 1000;
  description.last_modified_date = 2000;
  ExpectJson(JsonOf(description, TimestampFormat::kUnix),
             R"({"templateArn": "arn", "templateName": "n",
                 "creationDate": 1.0, "lastModifiedDate": 2.0,
                 "defaultVersionId": 1, "templateBody": "{}",
                 "enabled": false, "type": "FLEET_PROVISIONING"})");
  description.description = "d";
  description.role_arn = "role";
  description.enabled = true;
  description.type = TemplateType::kJitp;
  ExpectJson(JsonOf(description, TimestampFormat::kUnix),
             R"({"templateArn": "arn", "templateName": "n",
                 "description": "d",
                 "creationDate": 1.0, "lastModifiedDate": 2.0,
                 "defaultVersionId": 1, "templateBody": "{}",
                 "enabled": true, "provisioningRoleArn": "role",
                 "type": "JITP"})");
}

TEST_F(Shapes, ImportReport) {
  cmd::Json empty = JsonOf(ImportReport());
  ExpectJson(empty, R"({"imported": 0, "unchanged": 0, "refused": 0,
                        "refusals": []})");
  ImportReport report;
  report.imported = 1;
  report.unchanged = 2;
  report.refused = 3;
  report.refusals.push_back(
      {.line = 7,
       .status = MakeError(ErrorCode::kResourceAlreadyExists, "taken")});
  ExpectJson(JsonOf(report),
             R"({"imported": 1, "unchanged": 2, "refused": 3,
                 "refusals": [{"line": 7,
                               "error": "ResourceAlreadyExistsException",
                               "message": "taken"}]})");
}

TEST_F(Shapes, AVerdictThatNobodyGaveRefuses) {
  const Json json = JsonOf(Verdict(), TimestampFormat::kUnix);
  EXPECT_EQ(json["accepted"], false);
  EXPECT_EQ(json["reason"], "kNoVerdict");
  EXPECT_EQ(json["explanation"], ReasonText(Reason::kNoVerdict));
  EXPECT_FALSE(json.contains("account"));
  EXPECT_FALSE(json.contains("notAfter"));
}

}  // namespace
}  // namespace chainkeep::cmd
