#include "engine/registry/row_json.h"

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/registry/json_value.h"

namespace chainkeep::registry {
namespace {

// The enumerations that have no names elsewhere.
template <typename Enum, size_t kCount>
using Names = std::array<std::pair<Enum, std::string_view>, kCount>;

constexpr Names<EndpointService, 3> kServices = {{
    {EndpointService::kData, "DATA"},
    {EndpointService::kCredentialProvider, "CREDENTIAL_PROVIDER"},
    {EndpointService::kJobs, "JOBS"},
}};
constexpr Names<EndpointStatus, 2> kEndpointStatuses = {{
    {EndpointStatus::kEnabled, "ENABLED"},
    {EndpointStatus::kDisabled, "DISABLED"},
}};
constexpr Names<DomainType, 3> kDomainTypes = {{
    {DomainType::kEndpoint, "ENDPOINT"},
    {DomainType::kAwsManaged, "AWS_MANAGED"},
    {DomainType::kCustomerManaged, "CUSTOMER_MANAGED"},
}};
constexpr Names<TemplateType, 2> kTemplateTypes = {{
    {TemplateType::kJitp, "JITP"},
    {TemplateType::kFleetProvisioning, "FLEET_PROVISIONING"},
}};
constexpr Names<bool, 2> kAutomatic = {{{true, "ENABLE"}, {false, "DISABLE"}}};

template <typename Enum, size_t kCount>
std::string_view NameOf(const Names<Enum, kCount>& names, Enum value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return "";
}

template <typename Enum, size_t kCount>
Enum ReadNamed(RecordReader& reader, std::string_view key, Enum otherwise,
               const Names<Enum, kCount>& names) {
  return reader.ParsedOr(
      key, otherwise, [&](std::string_view text) -> absl::StatusOr<Enum> {
        for (const auto& [value, name] : names) {
          if (name == text) return value;
        }
        return MakeError(ErrorCode::kInvalidRequest, "is no such value");
      });
}

// An object that is being written.
class Object {
 public:
  // A nested one.
  Object() : json_("{") {}

  Object(std::string_view type, const Account& account, const Region& region) {
    json_ = "{";
    Text("type", type);
    Text("account", account.text());
    Text("region", region.text());
  }

  void Text(std::string_view key, std::string_view value) {
    Key(key);
    AppendJsonString(value, json_);
  }
  void TextIfAny(std::string_view key, std::string_view value) {
    if (!value.empty()) Text(key, value);
  }
  void Integer(std::string_view key, int64_t value) {
    Key(key);
    absl::StrAppend(&json_, value);
  }
  void Bool(std::string_view key, bool value) {
    Key(key);
    json_ += value ? "true" : "false";
  }
  void TextsIfAny(std::string_view key, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    Key(key);
    for (size_t i = 0; i < texts.size(); ++i) {
      json_ += i == 0 ? '[' : ',';
      AppendJsonString(texts[i], json_);
    }
    json_ += ']';
  }
  void Nested(std::string_view key, Object object) {
    Key(key);
    json_ += object.End();
  }
  void Array(std::string_view key, std::vector<Object> objects) {
    Key(key);
    json_ += '[';
    for (size_t i = 0; i < objects.size(); ++i) {
      if (i != 0) json_ += ',';
      json_ += objects[i].End();
    }
    json_ += ']';
  }

  std::string End() { return std::move(json_) + "}"; }
  std::string EndLine() { return std::move(json_) + "}\n"; }

 private:
  // Keys are this file's, and need no escapes.
  void Key(std::string_view key) {
    if (json_.size() > 1) json_ += ',';
    absl::StrAppend(&json_, "\"", key, "\":");
  }

  std::string json_;
};

// What CA and device rows have in common.
template <typename Row>
void WriteVersion(const Row& row, Object& out) {
  out.Integer("creationDate", row.creation_date);
  out.Integer("lastModifiedDate", row.last_modified_date);
  out.Integer("customerVersion", row.customer_version);
  out.Text("generationId", row.generation_id);
}

template <typename Row>
void ReadVersion(RecordReader& reader, Row& row) {
  row.creation_date = reader.IntegerOr("creationDate", row.creation_date);
  row.last_modified_date =
      reader.IntegerOr("lastModifiedDate", row.last_modified_date);
  row.customer_version =
      reader.IntegerOr("customerVersion", row.customer_version);
  row.generation_id = reader.TextOr("generationId", row.generation_id);
}

void ReadConfig(RecordReader& reader,
                std::optional<RegistrationConfig>& config) {
  const JsonValue* object = reader.ObjectOrNull("registrationConfig");
  if (object == nullptr) return;
  RecordReader fields(*object);
  config =
      RegistrationConfig{.template_body = fields.TextOr("templateBody", ""),
                         .role_arn = fields.TextOr("roleArn", ""),
                         .template_name = fields.TextOr("templateName", "")};
  if (absl::Status status = fields.Finish(); !status.ok()) {
    reader.Refuse(status);
  }
}

void ReadTags(RecordReader& reader, std::vector<Tag>& tags) {
  const JsonValue* array = reader.ArrayOrNull("tags");
  if (array == nullptr) return;
  tags.clear();
  for (const JsonValue& item : array->items) {
    RecordReader fields(item);
    tags.push_back(
        {.key = fields.Text("Key"), .value = fields.TextOr("Value", "")});
    if (absl::Status status = fields.Finish(); !status.ok()) {
      reader.Refuse(status);
      return;
    }
  }
}

void ReadTransfer(RecordReader& reader, std::optional<Transfer>& transfer) {
  const JsonValue* object = reader.ObjectOrNull("transferData");
  if (object == nullptr) return;
  RecordReader fields(*object);
  transfer.emplace();
  transfer->to = fields.Parsed("transferTo", Account(), Account::Parse);
  transfer->message = fields.TextOr("transferMessage", "");
  transfer->reject_reason = fields.TextOr("rejectReason", "");
  transfer->transfer_date = fields.IntegerOr("transferDate", 0);
  transfer->accept_date = fields.IntegerOr("acceptDate", 0);
  transfer->reject_date = fields.IntegerOr("rejectDate", 0);
  if (absl::Status status = fields.Finish(); !status.ok()) {
    reader.Refuse(status);
  }
}

}  // namespace

std::string ToJsonLine(const store::CaRow& row) {
  Object out(kCaType, row.key.tenant.account, row.key.tenant.region);
  out.Text("certificatePem", EncodePemCertificate(AsBytes(row.der)));
  out.Text("certificateMode", ModeName(row.mode));
  out.Text("status", CaStatusName(row.status));
  out.Text("autoRegistrationStatus", NameOf(kAutomatic, row.auto_registration));
  if (row.registration_config.has_value()) {
    Object config;
    config.TextIfAny("templateBody", row.registration_config->template_body);
    config.TextIfAny("roleArn", row.registration_config->role_arn);
    config.TextIfAny("templateName", row.registration_config->template_name);
    out.Nested("registrationConfig", std::move(config));
  }
  if (!row.tags.empty()) {
    std::vector<Object> tags;
    for (const Tag& tag : row.tags) {
      tags.emplace_back();
      tags.back().Text("Key", tag.key);
      tags.back().Text("Value", tag.value);
    }
    out.Array("tags", std::move(tags));
  }
  WriteVersion(row, out);
  return out.EndLine();
}

std::string ToJsonLine(const store::DeviceRow& row) {
  Object out(kDeviceType, row.key.tenant.account, row.key.tenant.region);
  out.Text("certificatePem", EncodePemCertificate(AsBytes(row.der)));
  out.Text("certificateMode", ModeName(row.mode));
  out.Text("status", DeviceStatusName(row.status));
  if (!row.ca.empty()) out.Text("caCertificateId", row.ca.ToHex());
  if (!row.issuer.empty()) out.Text("issuerCaId", row.issuer.ToHex());
  out.TextIfAny("previousOwnedBy", row.previous_owner.text());
  if (row.transfer.has_value()) {
    Object transfer;
    transfer.Text("transferTo", row.transfer->to.text());
    transfer.TextIfAny("transferMessage", row.transfer->message);
    transfer.TextIfAny("rejectReason", row.transfer->reject_reason);
    transfer.Integer("transferDate", row.transfer->transfer_date);
    transfer.Integer("acceptDate", row.transfer->accept_date);
    transfer.Integer("rejectDate", row.transfer->reject_date);
    out.Nested("transferData", std::move(transfer));
  }
  out.TextsIfAny("policies", row.policies);
  out.TextsIfAny("things", row.things);
  WriteVersion(row, out);
  return out.EndLine();
}

std::string ToJsonLine(const store::RegistryView::CodeRow& row) {
  Object out(kCodeType, row.tenant.account, row.tenant.region);
  out.Text("registrationCode", row.code);
  return out.EndLine();
}

std::string ToJsonLine(const store::EndpointRow& row) {
  Object out(kEndpointType, row.endpoint.account, row.endpoint.region);
  out.Text("hostName", row.endpoint.host_name);
  out.Text("serviceType", NameOf(kServices, row.endpoint.service));
  out.Text("status", NameOf(kEndpointStatuses, row.endpoint.status));
  out.TextIfAny("domainConfigurationName", row.configuration);
  out.Text("domainType", NameOf(kDomainTypes, row.type));
  out.Integer("creationDate", row.creation_date);
  out.Integer("lastStatusChangeDate", row.last_status_change_date);
  return out.EndLine();
}

std::string ToJsonLine(const store::TemplateRow& row) {
  Object out(kTemplateType, row.tenant.account, row.tenant.region);
  out.Text("templateName", row.name);
  out.Text("templateType", NameOf(kTemplateTypes, row.type));
  out.Bool("enabled", row.enabled);
  out.TextIfAny("description", row.description);
  out.Text("templateBody", row.body);
  out.Text("provisioningRoleArn", row.role_arn);
  out.Integer("creationDate", row.creation_date);
  out.Integer("lastModifiedDate", row.last_modified_date);
  return out.EndLine();
}

std::string ToJsonLine(const store::CrlRow& row, std::string_view crl) {
  Object out(kCrlType, row.key.tenant.account, row.key.tenant.region);
  out.Text("caCertificatePem", EncodePemCertificate(AsBytes(row.ca)));
  out.Text("crl", absl::Base64Escape(crl));
  std::vector<std::string> ids;
  for (const CertificateId& id : row.given_with) ids.push_back(id.ToHex());
  out.TextsIfAny("givenWith", ids);
  return out.EndLine();
}

void ReadFields(RecordReader& reader, store::CaRow& row) {
  row.mode = reader.Parsed("certificateMode", row.mode, ParseMode);
  row.status = reader.ParsedOr("status", row.status, ParseCaStatus);
  row.auto_registration = ReadNamed(reader, "autoRegistrationStatus",
                                    row.auto_registration, kAutomatic);
  ReadConfig(reader, row.registration_config);
  ReadTags(reader, row.tags);
  ReadVersion(reader, row);
}

void ReadFields(RecordReader& reader, store::DeviceRow& row) {
  row.mode = reader.Parsed("certificateMode", row.mode, ParseMode);
  row.status = reader.ParsedOr("status", row.status, ParseDeviceStatus);
  row.ca = reader.ParsedOr("caCertificateId", row.ca, CertificateId::Parse);
  row.issuer = reader.ParsedOr("issuerCaId", row.issuer, CaId::Parse);
  row.previous_owner =
      reader.ParsedOr("previousOwnedBy", row.previous_owner, Account::Parse);
  ReadTransfer(reader, row.transfer);
  row.policies = reader.TextsOr("policies", row.policies);
  row.things = reader.TextsOr("things", row.things);
  ReadVersion(reader, row);
}

void ReadFields(RecordReader& reader, store::EndpointRow& row) {
  row.endpoint.service =
      ReadNamed(reader, "serviceType", row.endpoint.service, kServices);
  row.endpoint.status =
      ReadNamed(reader, "status", row.endpoint.status, kEndpointStatuses);
  row.configuration =
      reader.TextOr("domainConfigurationName", row.configuration);
  row.type = ReadNamed(reader, "domainType", row.type, kDomainTypes);
  row.creation_date = reader.IntegerOr("creationDate", row.creation_date);
  row.last_status_change_date =
      reader.IntegerOr("lastStatusChangeDate", row.last_status_change_date);
}

void ReadFields(RecordReader& reader, store::TemplateRow& row) {
  row.type = ReadNamed(reader, "templateType", row.type, kTemplateTypes);
  row.enabled = reader.BoolOr("enabled", row.enabled);
  row.description = reader.TextOr("description", row.description);
  row.body = reader.TextOr("templateBody", row.body);
  row.role_arn = reader.TextOr("provisioningRoleArn", row.role_arn);
  row.creation_date = reader.IntegerOr("creationDate", row.creation_date);
  row.last_modified_date =
      reader.IntegerOr("lastModifiedDate", row.last_modified_date);
}

}  // namespace chainkeep::registry
