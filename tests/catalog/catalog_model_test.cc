// Random operations on a catalog and its model: after each of them both answer
// every question alike.

#include "tests/catalog/catalog_model.h"

#include <array>
#include <random>
#include <string>
#include <vector>

#include "engine/memory/hash.h"
#include "gtest/gtest.h"

namespace chainkeep::test {
namespace {

#ifdef NDEBUG
constexpr int kRuns = 100;
#else
constexpr int kRuns = 6;
#endif
constexpr int kOperations = 250;

using Bytes4 = std::array<uint8_t, CatalogPair::kOperationSize>;

std::string Text(const std::vector<Bytes4>& operations) {
  std::string text;
  for (const Bytes4& operation : operations) {
    for (uint8_t byte : operation) text += std::to_string(byte) + " ";
    text += "\n";
  }
  return text;
}

void RunRandomOperations(catalog::Catalog& catalog, int seed) {
  std::mt19937 dice(seed);
  CatalogPair pair(catalog);
  std::vector<Bytes4> done;
  for (int i = 0; i < kOperations; ++i) {
    Bytes4 operation;
    for (uint8_t& byte : operation) byte = dice() & 0xff;
    done.push_back(operation);
    ASSERT_EQ(pair.Do(operation), "") << "seed " << seed << "\n" << Text(done);
    ASSERT_EQ(pair.CompareAll(), "") << "seed " << seed << "\n" << Text(done);
  }
}

TEST(CatalogModel, AnswersAlikeAfterEachRandomOperation) {
  for (int seed = 0; seed < kRuns; ++seed) {
    catalog::Catalog catalog;
    RunRandomOperations(catalog, seed);
    if (HasFatalFailure()) return;
  }
}

// The hash never decides: one that is always the same changes no answer.
TEST(CatalogModel, AnswersAlikeThoughHashesCollide) {
  for (int seed = 0; seed < kRuns; ++seed) {
    const uint64_t hashes = seed % 2 == 0 ? 1 : 4;
    catalog::Catalog catalog([] { return int64_t{0}; },
                             memory::Hasher::CollidingForTests(hashes));
    RunRandomOperations(catalog, seed);
    if (HasFatalFailure()) return;
  }
}

// The model against itself: a test of the order that everything is compared by.
TEST(CatalogModel, OrdersIssuersAsTheyAreToBeTried) {
  CatalogModel model;
  // CA 1 says key id 1, CA 2 none, CAs 0 and 3 key id 0; all of subject 0.
  for (int ca : {1, 2, 3, 0}) {
    ASSERT_TRUE(model.Publish(0, 0, ca, Mode::kDefault, CaStatus::kActive,
                              catalog::AutoRegistration::kDisabled));
  }
  const auto order = [&](int key_id) {
    std::vector<int> cas;
    for (const auto& r :
         CatalogModel::Issuers(model.View(0, std::nullopt), 0, key_id)) {
      cas.push_back(r.ca);
    }
    return cas;
  };
  EXPECT_EQ(order(kNoKeyId), (std::vector{1, 2, 3, 0}));
  EXPECT_EQ(order(0), (std::vector{2, 3, 0, 1}));
  EXPECT_EQ(order(1), (std::vector{1, 2, 3, 0}));
  EXPECT_EQ(order(3), (std::vector{2, 1, 3, 0}));
}

}  // namespace
}  // namespace chainkeep::test
