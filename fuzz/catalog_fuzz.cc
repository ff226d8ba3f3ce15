// The catalog and its model (tests/catalog/catalog_model.h): after the same
// operations, four bytes each, they answer every question alike.

#include <algorithm>
#include <string>

#include "fuzz/input.h"
#include "fuzz/require.h"
#include "tests/catalog/catalog_model.h"

namespace {

using chainkeep::test::CatalogPair;

// Longer inputs only take longer.
constexpr size_t kMaxOperations = 500;

void RequireNoDifference(const std::string& difference) {
  chainkeep::fuzz::Require(difference.empty(), difference.c_str());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  chainkeep::catalog::Catalog catalog;
  CatalogPair pair(catalog);
  chainkeep::fuzz::Input input(data, size);
  for (size_t i = 0; i < kMaxOperations; ++i) {
    const chainkeep::Bytes operation = input.Take(CatalogPair::kOperationSize);
    if (operation.size() < CatalogPair::kOperationSize) break;
    RequireNoDifference(
        pair.Do(operation.first<CatalogPair::kOperationSize>()));
  }
  RequireNoDifference(pair.CompareAll());
  return 0;
}
