// EveryStoreTest is a test that runs against each kind of store.

#ifndef CHAINKEEP_TESTS_STORE_EVERY_STORE_H_
#define CHAINKEEP_TESTS_STORE_EVERY_STORE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/store/memory_store.h"
#include "engine/store/registry_store.h"
#include "gtest/gtest.h"
#include "tests/store/store_fixture.h"

namespace chainkeep::store {

enum class StoreKind : uint8_t { kMemory, kSqlite };

class EveryStoreTest : public ::testing::TestWithParam<StoreKind> {
 protected:
  std::unique_ptr<RegistryStore> NewStore() {
    if (GetParam() == StoreKind::kMemory) {
      return std::make_unique<MemoryStore>();
    }
    return OpenSqlite(folder_.File(absl::StrCat("store", ++stores_)));
  }

  // Runs `change` in a transaction that must succeed.
  template <typename Change>
  void Commit(Change change) {
    const absl::Status status = Try(*store_, change);
    ASSERT_TRUE(status.ok()) << status;
  }

  // Looks with `query`, which must be possible.
  template <typename Query>
  void See(const RegistryStore& store, Query query) {
    const absl::Status status = Look(store, query);
    ASSERT_TRUE(status.ok()) << status;
  }

  const Tenant a_ = TenantOf("a", "r1");
  const Tenant b_ = TenantOf("b", "r1");
  const Tenant a_elsewhere_ = TenantOf("a", "r2");
  TempFolder folder_;
  int stores_ = 0;
  const std::unique_ptr<RegistryStore> store_ = NewStore();
};

inline const auto kEveryStore =
    ::testing::Values(StoreKind::kMemory, StoreKind::kSqlite);

inline std::string StoreKindName(
    const ::testing::TestParamInfo<StoreKind>& info) {
  return info.param == StoreKind::kMemory ? "Memory" : "Sqlite";
}

}  // namespace chainkeep::store

#endif  // CHAINKEEP_TESTS_STORE_EVERY_STORE_H_
