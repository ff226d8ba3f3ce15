#include "tests/store/store_fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace chainkeep::store {
namespace {

std::string TextOf(const Tenant& tenant) {
  return absl::StrCat(tenant.account.text(), "/", tenant.region.text());
}

std::string TextOf(const CertificateKey& key) {
  return absl::StrCat(TextOf(key.tenant), "/", key.id.ToHex());
}

// Bytes in a form that can be told apart and printed.
std::string Quoted(std::string_view bytes) {
  return absl::StrCat("'", absl::CEscape(bytes), "'");
}

std::string LineOf(const CaRow& row) {
  std::string line = absl::StrCat(
      "ca ", TextOf(row.key), " ", static_cast<int>(row.mode),
      static_cast<int>(row.status), static_cast<int>(row.proof),
      row.auto_registration, " ", Quoted(row.der), Quoted(row.subject),
      row.subject_hash, " ", row.not_before, " ", row.not_after, " ",
      row.creation_date, " ", row.last_modified_date, " ", row.customer_version,
      Quoted(row.generation_id));
  if (row.registration_config) {
    absl::StrAppend(&line, " config ",
                    Quoted(row.registration_config->template_name),
                    Quoted(row.registration_config->template_body),
                    Quoted(row.registration_config->role_arn));
  }
  for (const Tag& tag : row.tags) {
    absl::StrAppend(&line, " tag ", Quoted(tag.key), Quoted(tag.value));
  }
  return line;
}

std::string LineOf(const DeviceRow& row) {
  std::string line = absl::StrCat(
      "device ", TextOf(row.key), " ", static_cast<int>(row.mode),
      static_cast<int>(row.status), " ", row.ca.ToHex(), Quoted(row.der),
      row.not_before, " ", row.not_after, " ", row.creation_date, " ",
      row.last_modified_date, " ", row.customer_version,
      Quoted(row.generation_id), Quoted(row.previous_owner.text()));
  if (row.transfer) {
    absl::StrAppend(&line, " transfer ", row.transfer->to.text(),
                    Quoted(row.transfer->message),
                    Quoted(row.transfer->reject_reason),
                    row.transfer->transfer_date, " ", row.transfer->accept_date,
                    " ", row.transfer->reject_date);
  }
  absl::StrAppend(&line, " policies ", absl::StrJoin(row.policies, ","),
                  " things ", absl::StrJoin(row.things, ","));
  return line;
}

std::string LineOf(const EndpointRow& row) {
  return absl::StrCat("endpoint ", row.endpoint.host_name, " ",
                      row.endpoint.account.text(), "/",
                      row.endpoint.region.text(), " ",
                      static_cast<int>(row.endpoint.service),
                      static_cast<int>(row.endpoint.status),
                      Quoted(row.configuration), static_cast<int>(row.type),
                      row.creation_date, " ", row.last_status_change_date);
}

std::string LineOf(const TemplateRow& row) {
  return absl::StrCat("template ", TextOf(row.tenant), "/", row.name,
                      static_cast<int>(row.type), row.enabled,
                      Quoted(row.description), Quoted(row.body),
                      Quoted(row.role_arn), row.creation_date, " ",
                      row.last_modified_date);
}

std::string LineOf(const CrlRow& row) {
  std::string line =
      absl::StrCat("crls ", TextOf(row.key), " ", Quoted(row.ca));
  for (const CertificateId& id : row.given_with) {
    absl::StrAppend(&line, " ", id.ToHex());
  }
  for (const std::string& crl : row.crls) {
    absl::StrAppend(&line, Quoted(crl));
  }
  return line;
}

std::string LineOf(const RegistryView::CodeRow& row) {
  return absl::StrCat("code ", TextOf(row.tenant), Quoted(row.code));
}

}  // namespace

TempFolder::TempFolder() {
  path_ = absl::StrCat(::testing::TempDir(), "store_XXXXXX");
  if (mkdtemp(path_.data()) == nullptr) abort();
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempFolder::File(std::string_view name) const {
  return absl::StrCat(path_, "/", name);
}

Child::Child(const std::function<int()>& work) : pid_(fork()) {
  if (pid_ == 0) _exit(work());
}

Child::~Child() {
  if (pid_ <= 0) return;
  Kill();
  Wait();
}

int Child::Wait() {
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) return -1;
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void Child::Kill() { kill(pid_, SIGKILL); }

std::unique_ptr<SqliteStore> OpenSqlite(const std::string& path,
                                        StoreOptions::Check check,
                                        const char* vfs) {
  auto store = SqliteStore::Open({.path = path, .check = check}, vfs);
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

absl::Status TryToOpen(const std::string& path, StoreOptions::Check check) {
  return SqliteStore::Open({.path = path, .check = check}).status();
}

Tenant TenantOf(std::string_view account, std::string_view region) {
  return {*Account::Parse(account), *Region::Parse(region)};
}

CertificateId IdOf(char digit) {
  return *CertificateId::Parse(std::string(64, digit));
}

SignedId SignedIdOf(char digit) { return SignedId(IdOf(digit).bytes()); }

CertificateId IdOfNumber(uint64_t number) {
  CertificateId::Array bytes = {};
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<uint8_t>(number >> (i % 8 * 8));
  }
  return CertificateId(bytes);
}

CaRow CaOf(const Tenant& tenant, const CertificateId& id, Mode mode) {
  CaRow row;
  row.key = {tenant, id};
  row.mode = mode;
  row.der = absl::StrCat("der ", id.ToHex());
  row.subject = absl::StrCat("subject ", id.ToHex().substr(0, 1));
  row.subject_hash = 7;
  row.creation_date = 100;
  row.last_modified_date = 100;
  row.generation_id = "g1";
  return row;
}

CaRow CaOf(const Tenant& tenant, char digit, Mode mode) {
  return CaOf(tenant, IdOf(digit), mode);
}

DeviceRow DeviceOf(const Tenant& tenant, char digit, Mode mode) {
  DeviceRow row;
  row.key = {tenant, IdOf(digit)};
  row.signed_id = SignedIdOf(digit);
  row.mode = mode;
  row.der = absl::StrCat("der ", std::string(1, digit));
  row.creation_date = 100;
  row.generation_id = "g1";
  return row;
}

EndpointRow EndpointOf(const Tenant& tenant, std::string_view name) {
  EndpointRow row;
  row.endpoint.host_name = name;
  row.endpoint.account = tenant.account;
  row.endpoint.region = tenant.region;
  return row;
}

TemplateRow TemplateOf(const Tenant& tenant, std::string_view name) {
  TemplateRow row;
  row.tenant = tenant;
  row.name = name;
  row.body = "{}";
  return row;
}

CrlRow CrlsOf(const Tenant& tenant, char digit) {
  return {.key = {tenant, IdOf(digit)},
          .ca = absl::StrCat("ca ", std::string(1, digit)),
          .given_with = {IdOf(digit), IdOf('9')},
          .crls = {"list one", "list two"}};
}

CaRow RichCa(const Tenant& tenant, char digit) {
  CaRow row = CaOf(tenant, digit, Mode::kSniOnly);
  row.status = CaStatus::kActive;
  row.proof = Proof::kImported;
  row.auto_registration = true;
  row.registration_config = {.template_body = "{\"a\": \"\xc3\xa4\"}",
                             .role_arn = "arn:aws:iam::1:role/r",
                             .template_name = "t1"};
  row.tags = {{"k", "v"}, {"empty", ""}, {"k", std::string("\0nul", 4)}};
  row.der = std::string("\x30\x00\xff", 3);
  row.subject = std::string("\x30\x02\x00\x01", 4);
  row.subject_hash = UINT64_MAX;
  row.not_before = INT64_MIN;
  row.not_after = INT64_MAX;
  row.creation_date = 1700000000123;
  row.last_modified_date = 1700000000456;
  row.customer_version = 9;
  return row;
}

DeviceRow RichDevice(const Tenant& tenant, char digit) {
  DeviceRow row = DeviceOf(tenant, digit, Mode::kDefault);
  row.status = DeviceStatus::kPendingTransfer;
  row.ca = IdOf('c');
  row.issuer = CaId(IdOf('d').bytes());
  row.not_before = -1;
  row.not_after = 1;
  row.last_modified_date = 101;
  row.customer_version = 3;
  row.previous_owner = *Account::Parse("before");
  row.transfer = {.to = *Account::Parse("b"),
                  .message = "take it",
                  .reject_reason = "no",
                  .transfer_date = 5,
                  .accept_date = 6,
                  .reject_date = 7};
  row.policies = {"p1", "p2"};
  row.things = {"t1"};
  return row;
}

std::string Dump(const RegistryStore& store) {
  std::multiset<std::string> lines;
  const auto add = [&](const auto& row) {
    lines.insert(LineOf(row));
    return absl::OkStatus();
  };
  const absl::Status status = store.Read([&](const RegistryView& view) {
    absl::Status all = view.ForEachCa(add);
    all.Update(view.ForEachDevice(add));
    all.Update(view.ForEachEndpoint(add));
    all.Update(view.ForEachTemplate(add));
    all.Update(view.ForEachCrls(add));
    all.Update(view.ForEachCode(add));
    return all;
  });
  if (!status.ok()) return absl::StrCat("unreadable: ", status.ToString());
  return absl::StrJoin(lines, "\n");
}

}  // namespace chainkeep::store
