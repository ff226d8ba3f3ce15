#include <string>
#include <string_view>
#include <vector>

#include "engine/sni/endpoint_name.h"
#include "engine/store/sqlite_queries.h"
#include "engine/store/sqlite_rows.h"
#include "engine/store/sqlite_statements.h"
#include "engine/store/sqlite_transaction.h"
#include "engine/store/string_list.h"

namespace chainkeep::store {
namespace {

template <typename Enumeration>
int64_t Number(Enumeration value) {
  return static_cast<int64_t>(value);
}

std::optional<std::string> EncodeTags(const std::vector<Tag>& tags) {
  std::vector<std::string_view> texts;
  for (const Tag& tag : tags) {
    texts.push_back(tag.key);
    texts.push_back(tag.value);
  }
  return EncodeStrings(texts);
}

std::optional<std::string> Encode(const std::vector<std::string>& list) {
  return EncodeStrings({list.begin(), list.end()});
}

// Text is that of an optional part of a row.
template <typename Part>
std::optional<std::string_view> Text(const std::optional<Part>& part,
                                     std::string Part::*text) {
  if (!part) return std::nullopt;
  return (*part).*text;
}

template <typename Part>
std::optional<int64_t> Date(const std::optional<Part>& part,
                            UnixMillis Part::*date) {
  if (!part) return std::nullopt;
  return (*part).*date;
}

}  // namespace

template <typename... Values>
void SqliteTransaction::Write(const char* sql, const Values&... values) {
  if (failed()) return;
  Statement statement(connection_, sql, values...);
  Fail(statement.Run());
}

SqliteTransaction::TenantNumbers SqliteTransaction::MakeNumbers(
    const Tenant& tenant) {
  TenantNumbers numbers = NumbersOf(tenant);
  if (numbers.tenant != 0 || failed()) return numbers;
  if (numbers.region == 0) {
    Write(kAddRegion, tenant.region.text());
    numbers.region = sqlite3_last_insert_rowid(connection_.handle());
  }
  Write(kAddTenant, numbers.region, tenant.account.text());
  numbers.tenant = sqlite3_last_insert_rowid(connection_.handle());
  if (failed()) return {};
  numbers_[tenant] = numbers;
  return numbers;
}

int64_t SqliteTransaction::MakeCertificate(const CaRow& row) {
  if (failed()) return 0;
  {
    Statement find(connection_, kFindCertificate, AsBlob(row.key.id));
    if (find.Step()) {
      if (find.IntegerAt(1) == row.not_before &&
          find.IntegerAt(2) == row.not_after &&
          find.BytesAt(3) == row.subject && find.BytesAt(4) == row.der) {
        return find.IntegerAt(0);
      }
      FailWith("two certificates of one id");
      return 0;
    }
    Fail(find.status());
  }
  Write(kAddCertificate, AsBlob(row.key.id), row.not_before, row.not_after,
        Blob{row.subject}, Blob{row.der});
  return failed() ? 0 : sqlite3_last_insert_rowid(connection_.handle());
}

void SqliteTransaction::PutCa(const CaRow& row) {
  const TenantNumbers numbers = MakeNumbers(row.key.tenant);
  const int64_t certificate = MakeCertificate(row);
  const auto& config = row.registration_config;
  const std::optional<std::string> tags = EncodeTags(row.tags);
  if (failed()) return;
  if (!tags) return FailWith("tags that are too long");
  Statement put(connection_, kPutCa, certificate, numbers.tenant,
                numbers.region, AsBlob(row.key.id), Number(row.mode),
                Number(row.status), Number(row.proof),
                Number(row.auto_registration),
                static_cast<int64_t>(row.subject_hash), row.creation_date,
                row.last_modified_date, row.customer_version, row.generation_id,
                Text(config, &RegistrationConfig::template_name),
                Text(config, &RegistrationConfig::template_body),
                Text(config, &RegistrationConfig::role_arn), Blob{*tags});
  Fail(put.Run());
  Note(ChangeKind::kCa, numbers, row.key.id);
}

void SqliteTransaction::DeleteCa(const CaKey& key) {
  const TenantNumbers numbers = MakeNumbers(key.tenant);
  const int64_t certificate = CertificateNumber(key.id);
  Write(kDeleteCa, certificate, numbers.tenant);
  Write(kDropCertificate, certificate);
  Note(ChangeKind::kCa, numbers, key.id);
}

void SqliteTransaction::PutDevice(const DeviceRow& row) {
  const TenantNumbers numbers = MakeNumbers(row.key.tenant);
  const std::optional<std::string> policies = Encode(row.policies);
  const std::optional<std::string> things = Encode(row.things);
  if (failed()) return;
  if (!policies || !things) return FailWith("names that are too long");
  const auto& transfer = row.transfer;
  const std::optional<std::string_view> to =
      transfer ? std::optional(transfer->to.text()) : std::nullopt;
  const std::optional<Blob> ca =
      row.ca.empty() ? std::nullopt : std::optional(AsBlob(row.ca));
  Statement put(connection_, kPutDevice, AsBlob(row.key.id), numbers.tenant,
                numbers.region, Number(row.mode), Number(row.status), ca,
                row.not_before, row.not_after, row.creation_date,
                row.last_modified_date, row.customer_version, row.generation_id,
                row.previous_owner.text(), to,
                Text(transfer, &Transfer::message),
                Text(transfer, &Transfer::reject_reason),
                Date(transfer, &Transfer::transfer_date),
                Date(transfer, &Transfer::accept_date),
                Date(transfer, &Transfer::reject_date), Blob{*policies},
                Blob{*things}, Blob{row.der});
  Fail(put.Run());
  Note(ChangeKind::kDevice, numbers, row.key.id);
}

void SqliteTransaction::DeleteDevice(const DeviceKey& key) {
  const TenantNumbers numbers = MakeNumbers(key.tenant);
  Write(kDeleteDevice, AsBlob(key.id), numbers.tenant);
  Note(ChangeKind::kDevice, numbers, key.id);
}

void SqliteTransaction::PutRegistrationCode(const Tenant& tenant,
                                            std::string_view code) {
  Write(kPutCode, MakeNumbers(tenant).tenant, code);
}

void SqliteTransaction::DeleteRegistrationCode(const Tenant& tenant) {
  Write(kDeleteCode, NumbersOf(tenant).tenant);
}

void SqliteTransaction::PutEndpoint(const EndpointRow& row) {
  const Endpoint& endpoint = row.endpoint;
  const TenantNumbers numbers =
      MakeNumbers({endpoint.account, endpoint.region});
  const int64_t before =
      AskFor(kEndpointTenant, numbers.region, endpoint.host_name);
  if (failed()) return;
  const std::optional<std::string_view> configuration =
      row.configuration.empty()
          ? std::nullopt
          : std::optional<std::string_view>(row.configuration);
  Statement put(connection_, kPutEndpoint, numbers.region, endpoint.host_name,
                sni::EndpointName::ParentOf(endpoint.host_name), numbers.tenant,
                Number(endpoint.service), Number(endpoint.status),
                configuration, Number(row.type), row.creation_date,
                row.last_status_change_date);
  Fail(put.Run());
  if (before != 0 && before != numbers.tenant) {
    NoteEndpoint(before, endpoint.host_name);
  }
  NoteEndpoint(numbers.tenant, endpoint.host_name);
}

void SqliteTransaction::DeleteEndpoint(const Region& region,
                                       std::string_view host_name) {
  const int64_t number = RegionNumber(region);
  const int64_t tenant = AskFor(kEndpointTenant, number, host_name);
  if (tenant == 0) return;
  Write(kDeleteEndpoint, number, host_name);
  NoteEndpoint(tenant, host_name);
}

void SqliteTransaction::PutTemplate(const TemplateRow& row) {
  Write(kPutTemplate, MakeNumbers(row.tenant).tenant, row.name,
        Number(row.type), Number(row.enabled), row.description, row.body,
        row.role_arn, row.creation_date, row.last_modified_date);
}

void SqliteTransaction::DeleteTemplate(const Tenant& tenant,
                                       std::string_view name) {
  Write(kDeleteTemplate, NumbersOf(tenant).tenant, name);
}

void SqliteTransaction::PutCrls(const CrlRow& row) {
  const TenantNumbers numbers = MakeNumbers(row.key.tenant);
  if (row.crls.empty()) {
    Write(kDeleteCrls, numbers.tenant, AsBlob(row.key.id));
  } else {
    const std::optional<std::string> lists = Encode(row.crls);
    if (!lists) return FailWith("CRLs that are too long");
    Write(kPutCrls, numbers.tenant, AsBlob(row.key.id), Blob{row.ca},
          Blob{*lists});
  }
  Note(ChangeKind::kCrls, numbers, row.key.id);
}

Revision SqliteTransaction::NextRevision() {
  if (!noted_) noted_ = revision();
  return ++*noted_;
}

void SqliteTransaction::Note(ChangeKind kind, const TenantNumbers& tenant,
                             const CertificateId& id) {
  if (failed()) return;
  Write(kAddChange, NextRevision(), Number(kind), tenant.tenant, AsBlob(id),
        Null{});
}

void SqliteTransaction::NoteEndpoint(int64_t tenant,
                                     std::string_view host_name) {
  if (failed()) return;
  Write(kAddChange, NextRevision(), Number(ChangeKind::kEndpoint), tenant,
        Null{}, host_name);
}

void SqliteTransaction::ForgetOldChanges() {
  if (noted_) Write(kForgetChanges, *noted_ - kMaxChanges);
}

}  // namespace chainkeep::store
