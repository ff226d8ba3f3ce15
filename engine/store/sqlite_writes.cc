#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/sni/endpoint_name.h"
#include "engine/store/row_checksum.h"
#include "engine/store/sqlite_queries.h"
#include "engine/store/sqlite_rows.h"
#include "engine/store/sqlite_statements.h"
#include "engine/store/sqlite_transaction.h"
#include "engine/store/string_list.h"
#include "openssl/rand.h"

namespace chainkeep::store {
namespace {

uint64_t RandomNumber() {
  uint64_t number = 0;
  RAND_bytes(reinterpret_cast<uint8_t*>(&number), sizeof(number));
  return number;
}

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
                Text(config, &RegistrationConfig::role_arn), Blob{*tags},
                ChecksumOf(row));
  Fail(put.Run());
  Note(ChangeKind::kCa, row.key);
}

void SqliteTransaction::DeleteCa(const CaKey& key) {
  const TenantNumbers numbers = MakeNumbers(key.tenant);
  const int64_t certificate = CertificateNumber(key.id);
  Write(kDeleteCa, certificate, numbers.tenant);
  Write(kDropCertificate, certificate);
  Note(ChangeKind::kCa, key);
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
                Blob{*things}, Blob{row.der}, ChecksumOf(row),
                AsBlob(row.signed_id), AsBlob(row.issuer));
  Fail(put.Run());
  NoteDevice(row.key.tenant, row.signed_id);
}

void SqliteTransaction::DeleteDevice(const DeviceKey& key) {
  const int64_t tenant = NumbersOf(key.tenant).tenant;
  const std::optional<SignedId> id =
      ReadOne(ReadSignedId, kSignedIdOf, AsBlob(key.id), tenant);
  if (!id) return;
  Write(kDeleteDevice, AsBlob(key.id), tenant);
  NoteDevice(key.tenant, *id);
}

void SqliteTransaction::PutRegistrationCode(const Tenant& tenant,
                                            std::string_view code) {
  Write(kPutCode, MakeNumbers(tenant).tenant, code,
        ChecksumOf(CodeRow{tenant, std::string(code)}));
}

void SqliteTransaction::DeleteRegistrationCode(const Tenant& tenant) {
  Write(kDeleteCode, NumbersOf(tenant).tenant);
}

void SqliteTransaction::PutEndpoint(const EndpointRow& row) {
  const Endpoint& endpoint = row.endpoint;
  const Tenant tenant = {endpoint.account, endpoint.region};
  const TenantNumbers numbers = MakeNumbers(tenant);
  const std::optional<Account> before =
      EndpointOwner(endpoint.region, endpoint.host_name);
  if (failed()) return;
  const std::optional<std::string_view> configuration =
      row.configuration.empty()
          ? std::nullopt
          : std::optional<std::string_view>(row.configuration);
  Statement put(connection_, kPutEndpoint, numbers.region, endpoint.host_name,
                sni::EndpointName::ParentOf(endpoint.host_name), numbers.tenant,
                Number(endpoint.service), Number(endpoint.status),
                configuration, Number(row.type), row.creation_date,
                row.last_status_change_date, ChecksumOf(row));
  Fail(put.Run());
  if (before && *before != tenant.account) {
    NoteEndpoint({*before, tenant.region}, endpoint.host_name);
  }
  NoteEndpoint(tenant, endpoint.host_name);
}

void SqliteTransaction::DeleteEndpoint(const Region& region,
                                       std::string_view host_name) {
  const std::optional<Account> owner = EndpointOwner(region, host_name);
  if (!owner) return;
  Write(kDeleteEndpoint, RegionNumber(region), host_name);
  NoteEndpoint({*owner, region}, host_name);
}

void SqliteTransaction::PutTemplate(const TemplateRow& row) {
  Write(kPutTemplate, MakeNumbers(row.tenant).tenant, row.name,
        Number(row.type), Number(row.enabled), row.description, row.body,
        row.role_arn, row.creation_date, row.last_modified_date,
        ChecksumOf(row));
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
    std::string given_with;
    for (const CertificateId& id : row.given_with) {
      given_with.append(id.bytes().begin(), id.bytes().end());
    }
    if (!lists) return FailWith("CRLs that are too long");
    Write(kPutCrls, numbers.tenant, AsBlob(row.key.id), Blob{row.ca},
          Blob{given_with}, Blob{*lists}, ChecksumOf(row));
  }
  Note(ChangeKind::kCrls, row.key);
}

std::optional<Account> SqliteTransaction::EndpointOwner(
    const Region& region, std::string_view host_name) const {
  return ReadOne(ReadAccount, kEndpointOwner, RegionNumber(region), host_name);
}

void SqliteTransaction::Note(Change change) {
  const TenantNumbers numbers = MakeNumbers(change.tenant);
  if (!noted_) noted_ = revision();
  if (failed()) return;
  change.revision = ++*noted_;
  while (stamp_ == 0) stamp_ = RandomNumber();
  const bool is_endpoint = change.kind == ChangeKind::kEndpoint;
  const auto id = is_endpoint ? std::nullopt
                  : change.kind == ChangeKind::kDevice
                      ? std::optional(AsBlob(change.device))
                      : std::optional(AsBlob(change.id));
  const auto host_name = is_endpoint
                             ? std::optional<std::string_view>(change.host_name)
                             : std::nullopt;
  Write(kAddChange, change.revision, Number(change.kind), numbers.tenant, id,
        host_name, ChecksumOf(change), static_cast<int64_t>(stamp_));
}

void SqliteTransaction::Note(ChangeKind kind, const CertificateKey& key) {
  Change change;
  change.kind = kind;
  change.tenant = key.tenant;
  change.id = key.id;
  Note(std::move(change));
}

void SqliteTransaction::NoteDevice(const Tenant& tenant, const SignedId& id) {
  Change change;
  change.kind = ChangeKind::kDevice;
  change.tenant = tenant;
  change.device = id;
  Note(std::move(change));
}

void SqliteTransaction::NoteEndpoint(const Tenant& tenant,
                                     std::string_view host_name) {
  Change change;
  change.kind = ChangeKind::kEndpoint;
  change.tenant = tenant;
  change.host_name = host_name;
  Note(std::move(change));
}

void SqliteTransaction::BeginEpoch() {
  std::optional<History> history = FindHistory();
  if (!history) return;
  history->epoch = RandomNumber();
  Write(kPutEpoch, static_cast<int64_t>(history->epoch), ChecksumOf(*history));
  has_begun_epoch_ = true;
}

void SqliteTransaction::ForgetOldChanges() {
  // One more is kept, which the follower of them all has noted.
  if (noted_) Write(kForgetChanges, *noted_ - kMaxChanges - 1);
}

}  // namespace chainkeep::store
