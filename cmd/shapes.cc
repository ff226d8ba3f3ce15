#include "cmd/shapes.h"

#include <string>
#include <string_view>
#include <utility>

#include "chainkeep/status.h"

namespace chainkeep::cmd {
namespace {

// A template here has one version.
constexpr int kTemplateVersion = 1;

Json Validity(UnixSeconds not_before, UnixSeconds not_after,
              TimestampFormat format) {
  return {{"notBefore", TimestampOf(not_before * 1000, format)},
          {"notAfter", TimestampOf(not_after * 1000, format)}};
}

void PutIfAny(Json& json, std::string_view name, std::string_view text) {
  if (!text.empty()) json[std::string(name)] = text;
}

Json JsonOf(const RegistrationConfig& config) {
  Json json = Json::object();
  PutIfAny(json, "templateBody", config.template_body);
  PutIfAny(json, "roleArn", config.role_arn);
  PutIfAny(json, "templateName", config.template_name);
  return json;
}

Json JsonOf(const Transfer& transfer, TimestampFormat format) {
  Json json = Json::object();
  PutIfAny(json, "transferMessage", transfer.message);
  PutIfAny(json, "rejectReason", transfer.reject_reason);
  const auto put_date = [&](const char* name, UnixMillis when) {
    if (when != 0) json[name] = TimestampOf(when, format);
  };
  put_date("transferDate", transfer.transfer_date);
  put_date("acceptDate", transfer.accept_date);
  put_date("rejectDate", transfer.reject_date);
  return json;
}

std::string_view ServiceName(EndpointService service) {
  switch (service) {
    case EndpointService::kCredentialProvider:
      return "CREDENTIAL_PROVIDER";
    case EndpointService::kJobs:
      return "JOBS";
    case EndpointService::kData:
      break;
  }
  return "DATA";
}

std::string_view DomainTypeName(DomainType type) {
  switch (type) {
    case DomainType::kEndpoint:
      return "ENDPOINT";
    case DomainType::kAwsManaged:
      return "AWS_MANAGED";
    case DomainType::kCustomerManaged:
      break;
  }
  return "CUSTOMER_MANAGED";
}

std::string_view TypeName(TemplateType type) {
  return type == TemplateType::kJitp ? "JITP" : "FLEET_PROVISIONING";
}

}  // namespace

Json JsonOf(const RegisteredCertificate& registered) {
  return {{"certificateArn", registered.arn},
          {"certificateId", registered.id.ToHex()}};
}

Json JsonOf(const CaDescription& ca, TimestampFormat format) {
  Json description = {
      {"certificateArn", ca.arn},
      {"certificateId", ca.id.ToHex()},
      {"status", CaStatusName(ca.status)},
      {"certificatePem", ca.pem},
      {"ownedBy", ca.owned_by.text()},
      {"creationDate", TimestampOf(ca.creation_date, format)},
      {"autoRegistrationStatus", ca.auto_registration ? "ENABLE" : "DISABLE"},
      {"lastModifiedDate", TimestampOf(ca.last_modified_date, format)},
      {"customerVersion", ca.customer_version},
      {"generationId", ca.generation_id},
      {"validity", Validity(ca.not_before, ca.not_after, format)},
      {"certificateMode", ModeName(ca.mode)},
  };
  Json json;
  json["certificateDescription"] = std::move(description);
  if (ca.registration_config.has_value()) {
    json["registrationConfig"] = JsonOf(*ca.registration_config);
  }
  return json;
}

Json JsonOf(const CaSummary& ca, TimestampFormat format) {
  return {{"certificateArn", ca.arn},
          {"certificateId", ca.id.ToHex()},
          {"status", CaStatusName(ca.status)},
          {"creationDate", TimestampOf(ca.creation_date, format)}};
}

Json JsonOf(const CrlsSummary& crls) {
  Json given_with = Json::array();
  for (const CertificateId& id : crls.given_with) {
    given_with.push_back(id.ToHex());
  }
  return {{"ca", crls.ca.ToHex()},
          {"subject", crls.subject},
          {"givenWith", std::move(given_with)},
          {"lists", crls.lists},
          {"bytes", crls.bytes}};
}

Json JsonOf(const DeviceDescription& device, TimestampFormat format) {
  Json json = {{"certificateArn", device.arn},
               {"certificateId", device.id.ToHex()}};
  if (!device.ca.empty()) json["caCertificateId"] = device.ca.ToHex();
  json["status"] = DeviceStatusName(device.status);
  json["certificatePem"] = device.pem;
  json["ownedBy"] = device.owned_by.text();
  PutIfAny(json, "previousOwnedBy", device.previous_owned_by.text());
  json["creationDate"] = TimestampOf(device.creation_date, format);
  json["lastModifiedDate"] = TimestampOf(device.last_modified_date, format);
  json["customerVersion"] = device.customer_version;
  // AWS prints {} where nothing was transferred.
  json["transferData"] = device.transfer.has_value()
                             ? JsonOf(*device.transfer, format)
                             : Json::object();
  json["generationId"] = device.generation_id;
  json["validity"] = Validity(device.not_before, device.not_after, format);
  json["certificateMode"] = ModeName(device.mode);
  Json whole;
  whole["certificateDescription"] = std::move(json);
  return whole;
}

Json JsonOf(const DeviceSummary& device, TimestampFormat format) {
  return {{"certificateArn", device.arn},
          {"certificateId", device.id.ToHex()},
          {"status", DeviceStatusName(device.status)},
          {"certificateMode", ModeName(device.mode)},
          {"creationDate", TimestampOf(device.creation_date, format)}};
}

Json JsonOf(const IncomingTransfer& transfer, TimestampFormat format) {
  Json json = {{"certificateId", transfer.id.ToHex()},
               {"transferredFrom", transfer.from.text()},
               {"certificateMode", ModeName(transfer.mode)},
               {"transferDate", TimestampOf(transfer.transfer_date, format)}};
  PutIfAny(json, "transferMessage", transfer.message);
  return json;
}

Json JsonOf(const DomainConfigurationDescription& configuration,
            TimestampFormat format) {
  Json json = NamesOf(configuration);
  json["domainName"] = configuration.domain_name;
  json["domainConfigurationStatus"] =
      configuration.status == EndpointStatus::kEnabled ? "ENABLED" : "DISABLED";
  json["serviceType"] = ServiceName(configuration.service);
  json["domainType"] = DomainTypeName(configuration.type);
  json["lastStatusChangeDate"] =
      TimestampOf(configuration.last_status_change_date, format);
  return json;
}

Json NamesOf(const DomainConfigurationDescription& configuration) {
  return {{"domainConfigurationName", configuration.name},
          {"domainConfigurationArn", configuration.arn}};
}

Json JsonOf(const DomainConfigurationSummary& configuration) {
  return {{"domainConfigurationName", configuration.name},
          {"domainConfigurationArn", configuration.arn},
          {"serviceType", ServiceName(configuration.service)}};
}

Json JsonOf(const ProvisioningTemplateDescription& description,
            TimestampFormat format) {
  Json json = {{"templateArn", description.arn},
               {"templateName", description.name}};
  PutIfAny(json, "description", description.description);
  json["creationDate"] = TimestampOf(description.creation_date, format);
  json["lastModifiedDate"] =
      TimestampOf(description.last_modified_date, format);
  json["defaultVersionId"] = kTemplateVersion;
  json["templateBody"] = description.body;
  json["enabled"] = description.enabled;
  PutIfAny(json, "provisioningRoleArn", description.role_arn);
  json["type"] = TypeName(description.type);
  return json;
}

Json NamesOf(const ProvisioningTemplateDescription& description) {
  return {{"templateArn", description.arn},
          {"templateName", description.name},
          {"defaultVersionId", kTemplateVersion}};
}

Json JsonOf(const ImportReport& report) {
  Json refusals = Json::array();
  for (const ImportReport::Refusal& refusal : report.refusals) {
    refusals.push_back({{"line", refusal.line},
                        {"error", ErrorName(ErrorCodeOf(refusal.status))},
                        {"message", refusal.status.message()}});
  }
  return {{"imported", report.imported},
          {"unchanged", report.unchanged},
          {"refused", report.refused},
          {"refusals", std::move(refusals)}};
}

Json JsonOf(const RegistryStats& stats) {
  return {{"caRegistrations", stats.ca_registrations},
          {"deviceCertificates", stats.device_certificates},
          {"endpoints", stats.endpoints},
          {"provisioningTemplates", stats.provisioning_templates},
          {"crlSets", stats.crl_sets},
          {"revision", stats.revision}};
}

Json JsonOf(const Verdict& verdict, TimestampFormat format) {
  Json json = {{"accepted", verdict.accepted()},
               {"reason", ReasonName(verdict.reason())},
               {"explanation", ReasonText(verdict.reason())}};
  PutIfAny(json, "detail", verdict.detail());
  // Whether it will depends on its CA's registration, and is found out when the
  // device has proven its key.
  if (verdict.completion() == Completion::kFirstConnect)
    json["firstConnect"] = true;
  PutIfAny(json, "account", verdict.account().text());
  PutIfAny(json, "region", verdict.region().text());
  if (verdict.accepted()) {
    json["certificateMode"] = ModeName(verdict.mode());
  }
  if (!verdict.ca().empty()) json["caCertificateId"] = verdict.ca().ToHex();
  if (!verdict.device().empty()) {
    json["certificateId"] = verdict.device().ToHex();
  }
  if (verdict.failing_certificate() >= 0) {
    json["failingCertificate"] = verdict.failing_certificate();
  }
  if (verdict.accepted()) {
    json["notAfter"] = TimestampOf(verdict.not_after() * 1000, format);
  }
  json["signatureChecks"] = verdict.spent().signatures;
  return json;
}

}  // namespace chainkeep::cmd
