#include "engine/registry/import_rules.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/catalog/ca_record.h"
#include "engine/registry/arn.h"
#include "engine/registry/ca_commands.h"
#include "engine/registry/certificate_rules.h"
#include "engine/registry/crl_commands.h"
#include "engine/registry/crl_rules.h"
#include "engine/registry/device_commands.h"
#include "engine/registry/device_rules.h"
#include "engine/registry/endpoint_rules.h"
#include "engine/registry/made_host_name.h"
#include "engine/registry/provisioning_template.h"
#include "engine/registry/registration_code.h"
#include "engine/registry/row_json.h"
#include "engine/registry/rules.h"
#include "engine/registry/tag_rules.h"
#include "engine/registry/template_rules.h"
#include "engine/registry/text_rules.h"
#include "engine/sni/endpoint_name.h"
#include "engine/store/registry_store.h"

namespace chainkeep::registry {
namespace {

using store::CaRow;
using store::CertificateKey;
using store::DeviceRow;
using store::EndpointRow;
using store::TemplateRow;
using store::Tenant;
using store::Transaction;
using Json = std::shared_ptr<const JsonValue>;

constexpr std::string_view kOperation = "Import";

absl::Status Invalid(std::string_view message) {
  return MakeError(ErrorCode::kInvalidRequest, message);
}

absl::Status AlreadyExists() {
  return MakeError(ErrorCode::kResourceAlreadyExists,
                   "there is another record of it already");
}

// The first error, if any of them is one.
template <typename... Rest>
absl::Status FirstError(absl::Status first, Rest... rest) {
  if constexpr (sizeof...(rest) > 0) {
    return first.ok() ? FirstError(std::move(rest)...) : first;
  } else {
    return first;
  }
}

Tenant ReadTenant(RecordReader& reader) {
  reader.Text("type");
  Tenant tenant;
  tenant.account = reader.Parsed("account", Account(), Account::Parse);
  tenant.region = reader.Parsed("region", Region(), Region::Parse);
  return tenant;
}

// A row as `json` says it is, where it says anything, and otherwise as `row`.
template <typename Row>
Row Reread(const JsonValue& json, Row row) {
  RecordReader reader(json);
  ReadFields(reader, row);
  return row;
}

bool IsDate(UnixMillis date) {
  constexpr UnixMillis kYear10000 = 253'402'300'800'000;
  return date >= 0 && date < kYear10000;
}

template <typename Row>
absl::Status CheckVersion(const Row& row) {
  if (!IsDate(row.creation_date) || !IsDate(row.last_modified_date)) {
    return Invalid("a date lies outside of the years 1970 to 9999");
  }
  if (row.customer_version < 1) return Invalid("versions begin with 1");
  if (row.customer_version > store::kMaxCustomerVersion) {
    return Invalid(
        absl::StrCat("versions end with ", store::kMaxCustomerVersion));
  }
  return CheckName("the generation id", row.generation_id, {1, 64}, "_-");
}

// Sorted, each once, and each such that `check` allows it.
absl::Status CheckNames(std::vector<std::string>& names, size_t limit,
                        absl::Status (*check)(std::string_view)) {
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) {
    return Invalid("a name is attached twice");
  }
  if (names.size() > limit) return Invalid("too much is attached");
  for (const std::string& name : names) {
    if (absl::Status status = check(name); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckTransfer(const DeviceRow& row) {
  const bool pending = row.status == DeviceStatus::kPendingTransfer;
  if (!row.transfer.has_value()) {
    return pending ? Invalid("of a pending transfer nothing is said")
                   : absl::OkStatus();
  }
  const Transfer& transfer = *row.transfer;
  if (pending && transfer.to == row.key.tenant.account) {
    return Invalid("a certificate is not transferred to its owner");
  }
  if (!IsDate(transfer.transfer_date) || !IsDate(transfer.accept_date) ||
      !IsDate(transfer.reject_date)) {
    return Invalid("a date lies outside of the years 1970 to 9999");
  }
  return FirstError(
      CheckTransferText("the transfer's message", transfer.message),
      CheckTransferText("the reason of the rejection", transfer.reject_reason));
}

// Only a first connection makes such a record, and under a CA: its event is
// told of that CA, and its template is the CA's.
absl::Status CheckPendingActivation(const DeviceRow& row) {
  if (row.status != DeviceStatus::kPendingActivation || !row.ca.empty()) {
    return absl::OkStatus();
  }
  return Invalid(
      "caCertificateId is missing: a device in PENDING_ACTIVATION has a CA");
}

absl::Status CheckRow(DeviceRow& row) {
  return FirstError(CheckVersion(row), CheckTransfer(row),
                    CheckPendingActivation(row),
                    CheckNames(row.policies, kMaxPolicies, CheckPolicyName),
                    CheckNames(row.things, kMaxThings, CheckThingName));
}

absl::Status CheckRow(const CaRow& row) {
  return FirstError(CheckVersion(row), CheckTags(row.tags),
                    CheckFirstConnect(row.registration_config));
}

absl::Status CheckRow(const EndpointRow& row) {
  if (!IsDate(row.creation_date) || !IsDate(row.last_status_change_date)) {
    return Invalid("a date lies outside of the years 1970 to 9999");
  }
  if (row.type != DomainType::kEndpoint) {
    return row.configuration.empty()
               ? absl::OkStatus()
               : CheckConfigurationName(row.configuration);
  }
  if (row.configuration.empty()) {
    return Invalid("an endpoint of this domain type is named after its type");
  }
  return FindEndpointType(row.configuration).status();
}

absl::Status CheckRow(const TemplateRow& row) {
  if (!IsDate(row.creation_date) || !IsDate(row.last_modified_date)) {
    return Invalid("a date lies outside of the years 1970 to 9999");
  }
  CreateProvisioningTemplateRequest request;
  request.name = row.name;
  request.description = row.description;
  request.body = row.body;
  request.role_arn = row.role_arn;
  const absl::Status status = CheckTemplate(request);
  if (!status.ok() || row.type != TemplateType::kJitp) return status;
  return ProvisioningTemplate::Parse(row.body).status();
}

Outcome ApplyCa(Transaction& t, const JsonValue& json, CaRow row) {
  const std::optional<CaRow> existing = t.FindCa(row.key);
  if (existing.has_value()) {
    if (Reread(json, *existing) == *existing) return Effect::kNone;
    return AlreadyExists();
  }
  const der::Result<x509::Name> subject =
      x509::Name::Parse(AsBytes(row.subject));
  if (!subject.ok()) return Invalid("the subject is no name");
  absl::Status status;
  const auto ca = x509::Certificate::Parse(AsBytes(row.der));
  if (!ca.ok()) return Invalid("the CA certificate cannot be read");
  status = CheckNotHeld(t, row.key, row.mode, *ca);
  if (status.ok()) status = CheckSubjectQuota(t, row.key.tenant, *subject);
  if (status.ok()) {
    status = CheckNamedTemplate(t, row.key.tenant, row.registration_config);
  }
  if (!status.ok()) return status;
  row.subject_hash = subject->Hash(t.subject_seed());
  t.PutCa(row);
  return Effect::kChanged;
}

Outcome ApplyDevice(Transaction& t, const JsonValue& json, DeviceRow row) {
  if (row.issuer.empty() && !row.ca.empty()) {
    const std::optional<CaRow> ca = t.FindCa({row.key.tenant, row.ca});
    if (ca) SetIssuer(row, *ca);
  }
  const std::optional<DeviceRow> existing = t.FindDevice(row.key);
  if (existing.has_value()) {
    DeviceRow read = Reread(json, *existing);
    std::sort(read.policies.begin(), read.policies.end());
    std::sort(read.things.begin(), read.things.end());
    if (read == *existing) return Effect::kNone;
    return AlreadyExists();
  }
  const absl::Status free = CheckDeviceNotHeld(t, row);
  if (!free.ok()) return free;
  t.PutDevice(row);
  return Effect::kChanged;
}

Outcome ApplyEndpoint(Transaction& t, const JsonValue& json,
                      const sni::EndpointName& name, const EndpointRow& row) {
  const Tenant tenant = {row.endpoint.account, row.endpoint.region};
  const absl::Status free = CheckHostNameFree(t, tenant, name);
  if (!free.ok()) return free;
  const std::optional<EndpointRow> existing =
      t.FindEndpoint(tenant.region, name.text());
  if (existing.has_value()) {
    if (Reread(json, *existing) == *existing) return Effect::kNone;
    return AlreadyExists();
  }
  if (!row.configuration.empty() &&
      t.FindConfiguration(tenant, row.configuration).has_value()) {
    return AlreadyExists();
  }
  t.PutEndpoint(row);
  return Effect::kChanged;
}

Outcome ApplyTemplate(Transaction& t, const JsonValue& json,
                      const TemplateRow& row) {
  const std::optional<TemplateRow> existing =
      t.FindTemplate(row.tenant, row.name);
  if (!existing.has_value()) {
    t.PutTemplate(row);
    return Effect::kChanged;
  }
  if (Reread(json, *existing) == *existing) return Effect::kNone;
  return AlreadyExists();
}

Outcome ApplyCode(Transaction& t, const Tenant& tenant,
                  const std::string& code) {
  const std::optional<std::string> existing = t.FindRegistrationCode(tenant);
  if (existing.has_value()) {
    if (*existing == code) return Effect::kNone;
    return AlreadyExists();
  }
  t.PutRegistrationCode(tenant, code);
  return Effect::kChanged;
}

}  // namespace

struct ImportRules::Ca {
  CertificateId id;
  CaRow row;  // what FillFromCertificate fills in, but the hash
};

ImportRules::CaOr ImportRules::FindCertificate(const std::string& pem) {
  constexpr std::string_view kWhat = "the CA certificate";
  constexpr size_t kMaxKept = 1024;
  const auto known = cas_.find(pem);
  if (known != cas_.end()) return known->second;
  if (cas_.size() >= kMaxKept) cas_.clear();
  const auto read = [&]() -> CaOr {
    const absl::StatusOr<std::string> der = CheckPem(kWhat, pem);
    if (!der.ok()) return der.status();
    const absl::StatusOr<x509::Certificate> ca =
        ParseCertificate(kWhat, AsBytes(*der), context_.encoding());
    if (!ca.ok()) return ca.status();
    const absl::Status check = CheckCaProfile(*ca, context_.policy());
    if (!check.ok()) return check;
    // A point off its curve, say, is found by reading the key as such.
    if (!signature::PublicKey::Parse(ca->spki(),
                                     signature::Preparation::kForOneSearch)
             .ok()) {
      return MakeError(ErrorCode::kCertificateValidation,
                       "the CA certificate's key is not valid");
    }
    auto result = std::make_shared<Ca>();
    result->id = ComputeCertificateId(AsBytes(*der));
    FillFromCertificate(*ca, 0, result->row);
    return result;
  };
  return cas_.emplace(pem, read()).first->second;
}

absl::StatusOr<ImportRecord> ImportRules::ReadCa(Json json) {
  RecordReader reader(*json);
  CaRow row;
  row.key.tenant = ReadTenant(reader);
  const std::string pem = reader.Text("certificatePem");
  row.creation_date = context_.NowMillis();
  row.last_modified_date = row.creation_date;
  row.generation_id = NewGenerationId();
  ReadFields(reader, row);
  if (absl::Status status = reader.Finish(); !status.ok()) return status;
  if (absl::Status status = CheckRow(row); !status.ok()) return status;
  const CaOr ca = FindCertificate(pem);
  if (!ca.ok()) return ca.status();
  row.key.id = (*ca)->id;
  row.der = (*ca)->row.der;
  row.subject = (*ca)->row.subject;
  row.not_before = (*ca)->row.not_before;
  row.not_after = (*ca)->row.not_after;
  row.proof = row.mode == Mode::kDefault ? store::Proof::kImported
                                         : store::Proof::kNone;
  return ImportRecord{{kOperation, row.key.tenant, CaArn(row.key)},
                      [json = std::move(json), row](Transaction& t) {
                        return ApplyCa(t, *json, row);
                      }};
}

absl::StatusOr<ImportRecord> ImportRules::ReadDevice(Json json) {
  constexpr std::string_view kWhat = "the certificate";
  RecordReader reader(*json);
  const Tenant tenant = ReadTenant(reader);
  const std::string pem = reader.Text("certificatePem");
  // What is wrong with the record comes before what is with the certificate.
  DeviceRow fields;
  fields.key.tenant = tenant;
  fields.generation_id = "x";
  ReadFields(reader, fields);
  if (absl::Status status = reader.Finish(); !status.ok()) return status;
  const absl::StatusOr<std::string> der = CheckPem(kWhat, pem);
  if (!der.ok()) return der.status();
  const absl::StatusOr<x509::Certificate> leaf =
      ParseCertificate(kWhat, AsBytes(*der), context_.encoding());
  if (!leaf.ok()) return leaf.status();
  // Judged as of a moment of its own: it may have expired since.
  const absl::Status check = CheckDeviceCertificate(
      *leaf, context_.policy(), context_.serials(), leaf->not_before());
  if (!check.ok()) return check;
  DeviceRow row =
      Reread(*json, NewDeviceRow({tenant, ComputeCertificateId(AsBytes(*der))},
                                 *leaf, fields.mode, DeviceStatus::kInactive,
                                 context_.NowMillis()));
  if (absl::Status status = CheckRow(row); !status.ok()) return status;
  return ImportRecord{{kOperation, tenant, DeviceArn(row.key)},
                      [json = std::move(json), row](Transaction& t) {
                        return ApplyDevice(t, *json, row);
                      }};
}

absl::StatusOr<ImportRecord> ImportRules::ReadCode(const JsonValue& json) {
  RecordReader reader(json);
  const Tenant tenant = ReadTenant(reader);
  const std::string code = reader.Text("registrationCode");
  if (absl::Status status = reader.Finish(); !status.ok()) return status;
  if (code.size() != 64 ||
      code.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return Invalid("a registration code is 64 lowercase hex digits");
  }
  return ImportRecord{{kOperation, tenant, ""}, [tenant, code](Transaction& t) {
                        return ApplyCode(t, tenant, code);
                      }};
}

absl::StatusOr<ImportRecord> ImportRules::ReadEndpoint(Json json) {
  RecordReader reader(*json);
  const Tenant tenant = ReadTenant(reader);
  const std::string text = reader.Text("hostName");
  EndpointRow row;
  row.endpoint.account = tenant.account;
  row.endpoint.region = tenant.region;
  row.creation_date = context_.NowMillis();
  row.last_status_change_date = row.creation_date;
  ReadFields(reader, row);
  if (absl::Status status = reader.Finish(); !status.ok()) return status;
  const absl::StatusOr<sni::EndpointName> name =
      CheckEndpointName(text, WildcardEndpoints::kAllowed);
  if (!name.ok()) return name.status();
  row.endpoint.host_name = name->text();
  if (absl::Status status = CheckRow(row); !status.ok()) return status;
  return ImportRecord{
      {kOperation, tenant, Arn(tenant, "endpoint", row.endpoint.host_name)},
      [json = std::move(json), name = *name, row](Transaction& t) {
        return ApplyEndpoint(t, *json, name, row);
      }};
}

absl::StatusOr<ImportRecord> ImportRules::ReadTemplate(Json json) {
  RecordReader reader(*json);
  TemplateRow row;
  row.tenant = ReadTenant(reader);
  row.name = reader.Text("templateName");
  row.creation_date = context_.NowMillis();
  row.last_modified_date = row.creation_date;
  ReadFields(reader, row);
  if (absl::Status status = reader.Finish(); !status.ok()) return status;
  if (absl::Status status = CheckRow(row); !status.ok()) return status;
  return ImportRecord{{kOperation, row.tenant,
                       Arn(row.tenant, "provisioningtemplate", row.name)},
                      [json = std::move(json), row](Transaction& t) {
                        return ApplyTemplate(t, *json, row);
                      }};
}

absl::StatusOr<ImportRecord> ImportRules::ReadCrl(const JsonValue& json) {
  RecordReader reader(json);
  const Tenant tenant = ReadTenant(reader);
  const std::string pem = reader.Text("caCertificatePem");
  const std::string text = reader.Text("crl");
  const std::vector<std::string> given_with = reader.TextsOr("givenWith", {});
  if (absl::Status status = reader.Finish(); !status.ok()) return status;
  const absl::StatusOr<std::string> der = CheckPem("the CA certificate", pem);
  if (!der.ok()) return der.status();
  const auto ca =
      catalog::CaRecord::Make(*der, signature::Preparation::kForOneSearch);
  if (!ca.ok()) {
    return MakeError(ErrorCode::kCertificateValidation,
                     "the CA certificate is not valid");
  }
  std::string crl;
  if (!absl::Base64Unescape(text, &crl)) return Invalid("crl is not base64");
  const auto loaded =
      LoadCrls({crl}, **ca, context_.policy(), context_.encoding());
  if (!loaded.ok()) return loaded.status();
  const Bytes list = loaded->front()->crl().der();
  store::CrlRow row = {.key = store::CrlKeyOf(tenant, (*ca)->ca_id()),
                       .ca = *der,
                       .given_with = {},
                       .crls = {{list.begin(), list.end()}}};
  if (given_with.size() > kMaxGivenWith) {
    return Invalid("givenWith names too many certificates");
  }
  for (const std::string& one : given_with) {
    const absl::StatusOr<CertificateId> id = CertificateId::Parse(one);
    if (!id.ok()) return Invalid("givenWith has what is no certificate id");
    row.given_with.push_back(*id);
  }
  std::erase(row.given_with, (*ca)->id());
  row.given_with.push_back((*ca)->id());
  return ImportRecord{
      {kOperation, tenant, CaArn({tenant, (*ca)->id()})},
      [row = std::move(row)](Transaction& t) { return AddCrl(t, row); }};
}

absl::StatusOr<ImportRecord> ImportRules::Read(std::string_view line) {
  absl::StatusOr<JsonValue> parsed = ParseJson(line);
  if (!parsed.ok()) return parsed.status();
  RecordReader reader(*parsed);
  const std::string type = reader.Text("type");
  auto json = std::make_shared<const JsonValue>(*std::move(parsed));
  if (type == kCaType) return ReadCa(std::move(json));
  if (type == kDeviceType) return ReadDevice(std::move(json));
  if (type == kCodeType) return ReadCode(*json);
  if (type == kEndpointType) return ReadEndpoint(std::move(json));
  if (type == kTemplateType) return ReadTemplate(std::move(json));
  if (type == kCrlType) return ReadCrl(*json);
  return Invalid("the record is of no type that is known");
}

}  // namespace chainkeep::registry
