// Rows of a SQLite store.
//
// The first byte says of which kind, and what is done. Without bit 7: a row in
// whose columns anything stands is refused, or is one that can be stored. With
// it: a row of any texts and numbers is what it was when it is found again;
// then anything is written into one column of it, and it is what it was or is
// refused.

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/store/sqlite_connection.h"
#include "engine/store/sqlite_rows.h"
#include "engine/store/sqlite_schema.h"
#include "engine/store/sqlite_transaction.h"
#include "fuzz/input.h"
#include "fuzz/require.h"

namespace {

using chainkeep::fuzz::AsText;
using chainkeep::fuzz::Input;
using chainkeep::fuzz::Require;
using namespace chainkeep::store;  // NOLINT

// As many as the widest row has.
constexpr int kColumns = 24;

std::string Blobs(std::string_view bytes) {
  return absl::StrCat("x'", absl::BytesToHexString(bytes), "'");
}

// One value, as SQL.
std::string TakeValue(Input& input) {
  switch (input.TakeByte() % 8) {
    case 0:
      return "NULL";
    case 1:
      return absl::StrCat(static_cast<int8_t>(input.TakeByte()));
    case 2: {
      int64_t value = 0;
      for (const uint8_t byte : input.Take(8)) {
        value = static_cast<int64_t>(static_cast<uint64_t>(value) << 8 | byte);
      }
      return absl::StrCat("(", value, ")");
    }
    case 3:
      return absl::StrCat("CAST(", Blobs(AsText(input.TakePiece())),
                          " AS TEXT)");
    case 4:
      return Blobs(AsText(input.Take(32)));
    case 5:
      return Blobs(AsText(input.TakePiece()));
    case 6:
      return "0.5";
    default:
      return "'a'";
  }
}

// Puts a row that was believed into a store, and finds it there.
class Store {
 public:
  Store()
      : connection_(*Connection::OpenInMemory()), transaction_(*connection_) {
    Require(CreateSchema(*connection_, SchemaVersion()).ok(), "a schema");
  }

  void PutAndFind(const CaRow& row) {
    transaction_.PutCa(row);
    RequireSame(transaction_.FindCa(row.key), row);
  }
  void PutAndFind(const DeviceRow& row) {
    transaction_.PutDevice(row);
    RequireSame(transaction_.FindDevice(row.key), row);
  }
  void PutAndFind(const EndpointRow& row) {
    transaction_.PutEndpoint(row);
    RequireSame(
        transaction_.FindEndpoint(row.endpoint.region, row.endpoint.host_name),
        row);
  }
  void PutAndFind(const TemplateRow& row) {
    transaction_.PutTemplate(row);
    RequireSame(transaction_.FindTemplate(row.tenant, row.name), row);
  }
  void PutAndFind(const CrlRow& row) {
    transaction_.PutCrls(row);
    const std::optional<CrlRow> found = transaction_.FindCrls(row.key);
    // One without lists is none.
    Require(found.has_value() == !row.crls.empty(), "lists are there");
    if (found) RequireSame(found, row);
  }
  void PutAndFind(const RegistryView::CodeRow& row) {
    transaction_.PutRegistrationCode(row.tenant, row.code);
    RequireSame(transaction_.FindRegistrationCode(row.tenant), row.code);
  }

  // Writes `value`, which is SQL, into a column, "table.name", of every row, as
  // far as the types of the columns allow.
  void Edit(std::string_view column, const std::string& value) {
    const size_t dot = column.find('.');
    const absl::Status edited = connection_->Execute(absl::StrCat(
        "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;"
        "UPDATE ",
        column.substr(0, dot), " SET ", column.substr(dot + 1), " = ", value));
    edited.IgnoreError();
  }

  // Every row of the kind there is now.
  void RequireSameOrRefused(const CaRow& row) {
    RequireOnly(row, [&](const auto& visit) {
      return SqliteTransaction(*connection_).ForEachCa(visit);
    });
  }
  void RequireSameOrRefused(const DeviceRow& row) {
    RequireOnly(row, [&](const auto& visit) {
      return SqliteTransaction(*connection_).ForEachDevice(visit);
    });
  }

 private:
  template <typename Row, typename ForEach>
  void RequireOnly(const Row& row, ForEach for_each) {
    int seen = 0;
    const absl::Status status = for_each([&](const Row& found) {
      Require(found == row, "what is believed is what was written");
      ++seen;
      return absl::OkStatus();
    });
    Require(status.ok() == (seen == 1), "no row is left out");
  }

  template <typename Row>
  void RequireSame(const std::optional<Row>& found, const Row& row) {
    Require(transaction_.failure().ok(), "what is believed can be stored");
    Require(found == row, "a row is what it was");
  }

  const std::unique_ptr<Connection> connection_;
  SqliteTransaction transaction_;
};

template <typename Read>
void Try(const std::string& columns, Read read) {
  const std::unique_ptr<Connection> connection = *Connection::OpenInMemory();
  const std::string sql = absl::StrCat("SELECT ", columns);
  Statement statement(*connection, sql.c_str());
  // Too long a value, for one, is no row.
  if (!statement.Step()) return;
  const auto row = read(statement);
  if (row.ok()) Store().PutAndFind(*row);
}

void TryColumns(uint8_t kind, Input& input) {
  std::string columns;
  for (int i = 0; i < kColumns; ++i) {
    absl::StrAppend(&columns, i == 0 ? "" : ", ", TakeValue(input));
  }
  switch (kind % 6) {
    case 0:
      return Try(columns, ReadCa);
    case 1:
      return Try(columns, ReadDevice);
    case 2:
      return Try(columns, ReadEndpoint);
    case 3:
      return Try(columns, ReadTemplate);
    case 4:
      return Try(columns, ReadCrls);
    default:
      return Try(columns, ReadCode);
  }
}

// ---- Rows made of an input

std::string TakeText(Input& input) {
  return std::string(AsText(input.TakePiece()));
}

int64_t TakeNumber(Input& input) {
  uint64_t value = 0;
  for (const uint8_t byte : input.Take(8)) value = value << 8 | byte;
  return static_cast<int64_t>(value);
}

CertificateKey TakeKey(Input& input) {
  CertificateKey key;
  key.tenant.account =
      *chainkeep::Account::Parse(input.TakeByte() % 2 ? "a" : "b");
  key.tenant.region = *chainkeep::Region::Parse("r");
  key.id = *chainkeep::CertificateId::Parse(std::string(64, '7'));
  return key;
}

void TryCa(Input& input) {
  CaRow row;
  row.key = TakeKey(input);
  const uint8_t bits = input.TakeByte();
  row.mode = static_cast<chainkeep::Mode>(bits % 2);
  row.status = static_cast<chainkeep::CaStatus>(bits / 2 % 2);
  row.proof = static_cast<Proof>(bits / 4 % 3);
  row.auto_registration = bits / 16 % 2;
  if (bits & 0x80) {
    row.registration_config = {.template_body = TakeText(input),
                               .role_arn = TakeText(input),
                               .template_name = TakeText(input)};
  }
  for (int i = 0; i < bits / 32 % 4; ++i) {
    row.tags.push_back({TakeText(input), TakeText(input)});
  }
  row.der = TakeText(input);
  row.subject = TakeText(input);
  row.subject_hash = static_cast<uint64_t>(TakeNumber(input));
  row.not_before = TakeNumber(input);
  row.not_after = TakeNumber(input);
  row.creation_date = TakeNumber(input);
  row.customer_version = TakeNumber(input);
  row.generation_id = TakeText(input);
  Store store;
  store.PutAndFind(row);
  static constexpr const char* kEdited[] = {"ca.id",
                                            "ca.mode",
                                            "ca.status",
                                            "ca.proof",
                                            "ca.region",
                                            "ca.auto_registration",
                                            "ca.subject_hash",
                                            "ca.creation_date",
                                            "ca.generation_id",
                                            "ca.template_name",
                                            "ca.template_body",
                                            "ca.tags",
                                            "ca.checksum",
                                            "ca.tenant",
                                            "ca_certificate.id",
                                            "ca_certificate.der",
                                            "ca_certificate.subject",
                                            "tenant.account",
                                            "region.name"};
  const std::string_view edited =
      kEdited[input.TakeByte() % std::size(kEdited)];
  store.Edit(edited, TakeValue(input));
  store.RequireSameOrRefused(row);
}

void TryDevice(Input& input) {
  DeviceRow row;
  row.key = TakeKey(input);
  const uint8_t bits = input.TakeByte();
  row.mode = static_cast<chainkeep::Mode>(bits % 2);
  row.status = static_cast<chainkeep::DeviceStatus>(bits / 2 % 5);
  row.der = TakeText(input);
  row.creation_date = TakeNumber(input);
  if (bits & 0x80) {
    row.transfer = {.to = *chainkeep::Account::Parse("c"),
                    .message = TakeText(input),
                    .reject_reason = TakeText(input),
                    .transfer_date = TakeNumber(input)};
  }
  if (bits & 0x40) row.ca = row.key.id;
  for (int i = 0; i < bits / 16 % 4; ++i) {
    row.policies.push_back(TakeText(input));
    row.things.push_back(TakeText(input));
  }
  Store store;
  store.PutAndFind(row);
  static constexpr const char* kEdited[] = {"device.id",
                                            "device.mode",
                                            "device.status",
                                            "device.ca",
                                            "device.region",
                                            "device.creation_date",
                                            "device.generation_id",
                                            "device.transfer_to",
                                            "device.transfer_message",
                                            "device.accept_date",
                                            "device.policies",
                                            "device.things",
                                            "device.checksum",
                                            "device.der",
                                            "device.previous_owner"};
  const std::string_view edited =
      kEdited[input.TakeByte() % std::size(kEdited)];
  store.Edit(edited, TakeValue(input));
  store.RequireSameOrRefused(row);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const uint8_t kind = input.TakeByte();
  if ((kind & 0x80) == 0) {
    TryColumns(kind, input);
  } else if (kind % 2 == 0) {
    TryCa(input);
  } else {
    TryDevice(input);
  }
  return 0;
}
