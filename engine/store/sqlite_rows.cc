#include "engine/store/sqlite_rows.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/sni/endpoint_name.h"
#include "engine/store/row_checksum.h"
#include "engine/store/string_list.h"

namespace chainkeep::store {
namespace {

// RowReader takes the columns of one row from left to right. What is wrong with
// the first bad one is remembered, and later columns are not looked at.
class RowReader {
 public:
  RowReader(const Statement& statement, std::string_view table)
      : statement_(statement), table_(table) {}

  int64_t Integer() {
    const int column = next_++;
    if (!Expect(column, SQLITE_INTEGER)) return 0;
    return statement_.IntegerAt(column);
  }

  bool Flag() {
    const int column = next_++;
    if (!Expect(column, SQLITE_INTEGER)) return false;
    const int64_t value = statement_.IntegerAt(column);
    if (value != 0 && value != 1) Refuse(column);
    return value == 1;
  }

  // One of the values 0 to `last`.
  template <typename Enumeration>
  Enumeration Enumerator(Enumeration last) {
    const int column = next_++;
    if (!Expect(column, SQLITE_INTEGER)) return {};
    const int64_t value = statement_.IntegerAt(column);
    if (value >= 0 && value <= static_cast<int64_t>(last)) {
      return static_cast<Enumeration>(value);
    }
    Refuse(column);
    return {};
  }

  std::string Text() {
    const int column = next_++;
    if (!Expect(column, SQLITE_TEXT)) return {};
    return std::string(statement_.BytesAt(column));
  }

  // Nothing for NULL.
  std::optional<std::string> OptionalText() {
    if (statement_.type(next_) == SQLITE_NULL) {
      ++next_;
      return std::nullopt;
    }
    return Text();
  }

  std::string Bytes() {
    const int column = next_++;
    if (!Expect(column, SQLITE_BLOB)) return {};
    return std::string(statement_.BytesAt(column));
  }

  std::vector<std::string> Strings() {
    const int column = next_++;
    if (!Expect(column, SQLITE_BLOB)) return {};
    std::optional<std::vector<std::string>> list =
        DecodeStrings(statement_.BytesAt(column));
    if (!list) Refuse(column);
    return std::move(list).value_or(std::vector<std::string>());
  }

  template <typename Id>
  Id Identifier() {
    const int column = next_++;
    if (!Expect(column, SQLITE_TEXT)) return {};
    const absl::StatusOr<Id> id = Id::Parse(statement_.BytesAt(column));
    if (!id.ok()) Refuse(column);
    return id.value_or(Id());
  }

  // "" is nobody.
  Account AccountOrNobody() {
    if (statement_.type(next_) != SQLITE_TEXT ||
        !statement_.BytesAt(next_).empty()) {
      return Identifier<Account>();
    }
    ++next_;
    return {};
  }

  template <typename AnId>
  AnId Id() {
    const int column = next_++;
    if (!Expect(column, SQLITE_BLOB)) return {};
    const std::string_view bytes = statement_.BytesAt(column);
    typename AnId::Array array = {};
    if (bytes.size() != array.size()) {
      Refuse(column);
      return {};
    }
    std::copy(bytes.begin(), bytes.end(), array.begin());
    return AnId(array);
  }

  // One after another.
  std::vector<CertificateId> Ids() {
    const int column = next_++;
    if (!Expect(column, SQLITE_BLOB)) return {};
    const std::string_view bytes = statement_.BytesAt(column);
    if (bytes.size() % CertificateId::kSize != 0) Refuse(column);
    std::vector<CertificateId> ids(bytes.size() / CertificateId::kSize);
    for (size_t i = 0; i < ids.size(); ++i) {
      CertificateId::Array array = {};
      std::copy_n(bytes.begin() + i * array.size(), array.size(),
                  array.begin());
      ids[i] = CertificateId(array);
    }
    return ids;
  }

  // The default one for NULL.
  CertificateId OptionalId() {
    if (statement_.type(next_) != SQLITE_NULL) return Id<CertificateId>();
    ++next_;
    return {};
  }

  // Account, region and id, which later errors name.
  CertificateKey Key() {
    CertificateKey key;
    key.tenant = ReadTenant();
    key.id = Id<CertificateId>();
    if (ok()) absl::StrAppend(&key_, ", id ", key.id.ToHex());
    return key;
  }

  Tenant ReadTenant() {
    Tenant tenant;
    tenant.account = Identifier<Account>();
    tenant.region = Identifier<Region>();
    if (ok()) {
      key_ = absl::StrCat(", account ", tenant.account.text(), ", region ",
                          tenant.region.text());
    }
    return tenant;
  }

  // A name that later errors name. It may hold anything: only its beginning
  // is repeated.
  std::string Name() {
    std::string name = Text();
    constexpr size_t kRepeated = 128;
    if (ok()) absl::StrAppend(&key_, ", name ", name.substr(0, kRepeated));
    return name;
  }

  // A flag that must be set: what the row says twice, it says alike.
  void Agreement() {
    const int column = next_;
    if (!Flag()) Refuse(column);
  }

  // Takes the next `count` columns if the first is NULL: then all must be.
  bool TakeNulls(int count) {
    if (statement_.type(next_) != SQLITE_NULL) return false;
    for (; count > 0; --count) Expect(next_++, SQLITE_NULL);
    return true;
  }

  bool ok() const { return status_.ok(); }
  const absl::Status& status() const { return status_; }

  // Refuses the column that was read last.
  void RefuseLast() { Refuse(next_ - 1); }

  template <typename Row>
  absl::StatusOr<Row> Finish(Row row) const {
    if (!ok()) return status_;
    return row;
  }

  // The last column is the checksum of what was read.
  template <typename Row>
  absl::StatusOr<Row> FinishChecked(Row row) {
    const int column = next_;
    const int64_t checksum = Integer();
    if (ok() && checksum != ChecksumOf(row)) Refuse(column);
    return Finish(std::move(row));
  }

 private:
  bool Expect(int column, int type) {
    if (!ok()) return false;
    if (statement_.type(column) == type) return true;
    Refuse(column);
    return false;
  }

  void Refuse(int column) {
    if (!ok()) return;
    status_ = statement_.Damaged(absl::StrCat("damaged row in table ", table_,
                                              key_, ": column ",
                                              statement_.ColumnName(column)));
  }

  const Statement& statement_;
  const std::string_view table_;
  int next_ = 0;
  std::string key_;
  absl::Status status_;
};

std::string HostName(RowReader& reader) {
  std::string name = reader.Name();
  const auto parsed = sni::EndpointName::Parse(name);
  if (reader.ok() && (!parsed || parsed->text() != name)) reader.RefuseLast();
  return name;
}

}  // namespace

absl::StatusOr<CaRow> ReadCa(const Statement& statement) {
  RowReader reader(statement, "ca");
  CaRow row;
  row.key = reader.Key();
  reader.Agreement();
  row.mode = reader.Enumerator(Mode::kSniOnly);
  row.status = reader.Enumerator(CaStatus::kActive);
  row.proof = reader.Enumerator(Proof::kImported);
  row.auto_registration = reader.Flag();
  row.subject_hash = static_cast<uint64_t>(reader.Integer());
  row.creation_date = reader.Integer();
  row.last_modified_date = reader.Integer();
  row.customer_version = reader.Integer();
  row.generation_id = reader.Text();
  if (!reader.TakeNulls(3)) {
    row.registration_config.emplace();
    row.registration_config->template_name = reader.Text();
    row.registration_config->template_body = reader.Text();
    row.registration_config->role_arn = reader.Text();
  }
  std::vector<std::string> tags = reader.Strings();
  if (tags.size() % 2 != 0) reader.RefuseLast();
  for (size_t i = 0; i + 1 < tags.size(); i += 2) {
    row.tags.push_back({std::move(tags[i]), std::move(tags[i + 1])});
  }
  row.not_before = reader.Integer();
  row.not_after = reader.Integer();
  row.subject = reader.Bytes();
  row.der = reader.Bytes();
  return reader.FinishChecked(std::move(row));
}

absl::StatusOr<DeviceRow> ReadDevice(const Statement& statement) {
  RowReader reader(statement, "device");
  DeviceRow row;
  row.key = reader.Key();
  row.signed_id = reader.Id<SignedId>();
  reader.Agreement();
  row.mode = reader.Enumerator(Mode::kSniOnly);
  row.status = reader.Enumerator(DeviceStatus::kPendingActivation);
  row.ca = reader.OptionalId();
  row.issuer = reader.Id<CaId>();
  row.not_before = reader.Integer();
  row.not_after = reader.Integer();
  row.creation_date = reader.Integer();
  row.last_modified_date = reader.Integer();
  row.customer_version = reader.Integer();
  row.generation_id = reader.Text();
  row.previous_owner = reader.AccountOrNobody();
  if (!reader.TakeNulls(6)) {
    row.transfer.emplace();
    row.transfer->to = reader.AccountOrNobody();
    row.transfer->message = reader.Text();
    row.transfer->reject_reason = reader.Text();
    row.transfer->transfer_date = reader.Integer();
    row.transfer->accept_date = reader.Integer();
    row.transfer->reject_date = reader.Integer();
  }
  row.policies = reader.Strings();
  row.things = reader.Strings();
  row.der = reader.Bytes();
  return reader.FinishChecked(std::move(row));
}

absl::StatusOr<EndpointRow> ReadEndpoint(const Statement& statement) {
  RowReader reader(statement, "endpoint");
  EndpointRow row;
  const Tenant tenant = reader.ReadTenant();
  row.endpoint.account = tenant.account;
  row.endpoint.region = tenant.region;
  row.endpoint.host_name = HostName(reader);
  reader.Agreement();
  row.endpoint.service = reader.Enumerator(EndpointService::kJobs);
  row.endpoint.status = reader.Enumerator(EndpointStatus::kDisabled);
  row.configuration = reader.OptionalText().value_or("");
  row.type = reader.Enumerator(DomainType::kCustomerManaged);
  row.creation_date = reader.Integer();
  row.last_status_change_date = reader.Integer();
  return reader.FinishChecked(std::move(row));
}

absl::StatusOr<TemplateRow> ReadTemplate(const Statement& statement) {
  RowReader reader(statement, "template");
  TemplateRow row;
  row.tenant = reader.ReadTenant();
  row.name = reader.Name();
  row.type = reader.Enumerator(TemplateType::kJitp);
  row.enabled = reader.Flag();
  row.description = reader.Text();
  row.body = reader.Text();
  row.role_arn = reader.Text();
  row.creation_date = reader.Integer();
  row.last_modified_date = reader.Integer();
  return reader.FinishChecked(std::move(row));
}

absl::StatusOr<CrlRow> ReadCrls(const Statement& statement) {
  RowReader reader(statement, "crls");
  CrlRow row;
  row.key = reader.Key();
  row.ca = reader.Bytes();
  row.given_with = reader.Ids();
  row.crls = reader.Strings();
  return reader.FinishChecked(std::move(row));
}

absl::StatusOr<RegistryView::CrlCa> ReadCrlCa(const Statement& statement) {
  RowReader reader(statement, "crls");
  RegistryView::CrlCa ca;
  ca.ca = reader.Id<CaId>();
  ca.der = reader.Bytes();
  return reader.Finish(std::move(ca));
}

absl::StatusOr<RegistryView::CodeRow> ReadCode(const Statement& statement) {
  RowReader reader(statement, "registration_code");
  RegistryView::CodeRow row;
  row.tenant = reader.ReadTenant();
  row.code = reader.Text();
  return reader.FinishChecked(std::move(row));
}

absl::StatusOr<Change> ReadChange(const Statement& statement) {
  RowReader reader(statement, "change");
  Change change;
  change.tenant = reader.ReadTenant();
  const CertificateId id = reader.OptionalId();
  change.revision = reader.Integer();
  change.kind = reader.Enumerator(ChangeKind::kCrls);
  if (change.kind == ChangeKind::kDevice) {
    change.device = SignedId(id.bytes());
  } else {
    change.id = id;
  }
  if (change.kind == ChangeKind::kEndpoint) {
    change.host_name = HostName(reader);
  } else {
    reader.TakeNulls(1);
  }
  return reader.FinishChecked(std::move(change));
}

absl::StatusOr<Change> ReadKey(const Statement& statement, ChangeKind kind) {
  static constexpr std::string_view kTables[] = {"ca", "device", "endpoint",
                                                 "crls"};
  RowReader reader(statement, kTables[static_cast<size_t>(kind)]);
  Change change;
  change.kind = kind;
  if (kind == ChangeKind::kEndpoint) {
    change.tenant = reader.ReadTenant();
    change.host_name = HostName(reader);
  } else if (kind == ChangeKind::kDevice) {
    change.tenant = reader.ReadTenant();
    change.device = reader.Id<SignedId>();
  } else {
    const CertificateKey key = reader.Key();
    change.tenant = key.tenant;
    change.id = key.id;
  }
  return reader.Finish(std::move(change));
}

absl::StatusOr<Account> ReadAccount(const Statement& statement) {
  RowReader reader(statement, "tenant");
  return reader.Finish(reader.Identifier<Account>());
}

absl::StatusOr<SignedId> ReadSignedId(const Statement& statement) {
  RowReader reader(statement, "device");
  return reader.Finish(reader.Id<SignedId>());
}

absl::StatusOr<History> ReadHistory(const Statement& statement) {
  RowReader reader(statement, "history");
  History history;
  history.store = static_cast<uint64_t>(reader.Integer());
  history.epoch = static_cast<uint64_t>(reader.Integer());
  return reader.FinishChecked(history);
}

absl::StatusOr<uint64_t> ReadSeed(const Statement& statement) {
  RowReader reader(statement, "store");
  const auto seed = static_cast<uint64_t>(reader.Integer());
  const int64_t checksum = reader.Integer();
  if (checksum != ChecksumOfSeed(seed)) reader.RefuseLast();
  return reader.Finish(seed);
}

}  // namespace chainkeep::store
