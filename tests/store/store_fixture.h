// What the tests of stores share: stores to try, rows to put, and short ways to
// put and look.

#ifndef CHAINKEEP_TESTS_STORE_STORE_FIXTURE_H_
#define CHAINKEEP_TESTS_STORE_STORE_FIXTURE_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "chainkeep/store.h"
#include "engine/store/registry_store.h"
#include "engine/store/sqlite_store.h"

namespace chainkeep::store {

// TempFolder is there as long as the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string File(std::string_view name) const;

 private:
  std::string path_;
};

// A SQLite store at `path` that must open.
std::unique_ptr<SqliteStore> OpenSqlite(
    const std::string& path,
    StoreOptions::Check check = StoreOptions::Check::kQuick,
    const char* vfs = nullptr);
// One that need not.
absl::Status TryToOpen(const std::string& path, StoreOptions::Check check);

// Child is a process forked from this one, which must have no store open.
class Child {
 public:
  // Runs `work` in it, and ends it with what that returns.
  explicit Child(const std::function<int()>& work);
  ~Child();  // kills it
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // What it ended with; -1 if a signal ended it.
  int Wait();
  void Kill();

 private:
  pid_t pid_;
};

Tenant TenantOf(std::string_view account, std::string_view region);
// An id of which all hex digits are `digit`.
CertificateId IdOf(char digit);
// The signed id of the certificate with that id.
SignedId SignedIdOf(char digit);
// One of 2^64.
CertificateId IdOfNumber(uint64_t number);

CaRow CaOf(const Tenant& tenant, const CertificateId& id, Mode mode);
CaRow CaOf(const Tenant& tenant, char digit, Mode mode);
DeviceRow DeviceOf(const Tenant& tenant, char digit, Mode mode);
EndpointRow EndpointOf(const Tenant& tenant, std::string_view name);
TemplateRow TemplateOf(const Tenant& tenant, std::string_view name);
CrlRow CrlsOf(const Tenant& tenant, char digit);
// With something in every field.
CaRow RichCa(const Tenant& tenant, char digit);
DeviceRow RichDevice(const Tenant& tenant, char digit);

// Runs `change` in a transaction, and says what became of it.
template <typename Change>
absl::Status Try(RegistryStore& store, Change change) {
  return store.Transact([&](Transaction& t) {
    change(t);
    return absl::OkStatus();
  });
}

// Looks with `query`.
template <typename Query>
absl::Status Look(const RegistryStore& store, Query query) {
  return store.Read([&](const RegistryView& view) {
    query(view);
    return absl::OkStatus();
  });
}

// Everything that a store holds, as lines in order.
std::string Dump(const RegistryStore& store);

}  // namespace chainkeep::store

#endif  // CHAINKEEP_TESTS_STORE_STORE_FIXTURE_H_
