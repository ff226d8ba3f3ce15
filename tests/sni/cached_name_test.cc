#include "engine/sni/cached_name.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "tests/sni/sni_fixture.h"

namespace chainkeep::sni {
namespace {

// Nobody counts their shares here.
const RegionName kRegionEast = {.region = kEast, .hash = 0};
const TenantName kTenantA = {.region = &kRegionEast, .account = kA};
const RegionName kRegionWest = {.region = kWest, .hash = 0};
const TenantName kNobody = {.region = &kRegionWest, .account = {}};

using Answer = std::optional<SourcedEndpoint>;

class CachedNameTest : public testing::Test {
 protected:
  CachedName* Make(std::string_view name, const Answer& answer,
                   const TenantName& tenant) {
    return CachedName::New({.name = name,
                            .hash = 17,
                            .answer = answer,
                            .tenant = &tenant,
                            .version = 5},
                           &ledger_);
  }

  Ledger ledger_;
};

const Answer kAnswers[] = {
    std::nullopt,
    SourcedEndpoint{.account = kA},
    SourcedEndpoint{.account = kB},
    SourcedEndpoint{.account = kA, .service = EndpointService::kJobs},
    SourcedEndpoint{.account = kA, .status = EndpointStatus::kDisabled},
};

// An answer that is the same keeps its version, so every part of it counts.
TEST_F(CachedNameTest, SaysWhatItWasMadeOfAndNothingElse) {
  for (const Answer& made_of : kAnswers) {
    TenantName tenant = kTenantA;
    if (made_of) tenant.account = made_of->account;
    CachedName* const name = Make("a.example", made_of, tenant);
    for (const Answer& asked : kAnswers) {
      EXPECT_EQ(name->Says(asked), asked == made_of)
          << (made_of ? made_of->account.text() : "nobody") << " and "
          << (asked ? asked->account.text() : "nobody");
    }
    CachedName::Delete(name);
  }
}

TEST_F(CachedNameTest, KeepsAllOfIt) {
  CachedName* const known = Make("a.example", kAnswers[3], kTenantA);
  EXPECT_EQ(known->name(), "a.example");
  EXPECT_EQ(known->account(), kA);
  EXPECT_EQ(known->region(), kEast);
  EXPECT_EQ(known->service(), EndpointService::kJobs);
  EXPECT_EQ(known->status(), EndpointStatus::kEnabled);
  EXPECT_TRUE(known->is_known());
  EXPECT_EQ(known->version(), 5u);
  EXPECT_EQ(known->hash(), 17u);
  CachedName* const unknown = Make("b.example", std::nullopt, kNobody);
  EXPECT_FALSE(unknown->is_known());
  EXPECT_EQ(unknown->region(), kWest);
  CachedName::Delete(known);
  CachedName::Delete(unknown);
}

// What is counted is given back in full, and is enough for the object, its name
// and a tenant of its own.
TEST_F(CachedNameTest, CountsItsBytes) {
  std::vector<CachedName*> names;
  size_t expected = 0;
  for (size_t length : {1, 15, 16, 17, 100, 253}) {
    names.push_back(Make(std::string(length, 'n'), kAnswers[1], kTenantA));
    expected += CachedName::BytesFor(length);
    EXPECT_EQ(names.back()->name().size(), length);
    EXPECT_GE(CachedName::BytesFor(length),
              sizeof(CachedName) + length + sizeof(TenantName));
    EXPECT_EQ(ledger_.bytes.load(), expected);
  }
  for (CachedName* name : names) CachedName::Delete(name);
  EXPECT_EQ(ledger_.bytes.load(), 0u);
}

// It is asked whether it was used only once for each use.
TEST_F(CachedNameTest, IsUsedUntilSomebodyTakesNote) {
  CachedName* const name = Make("a.example", kAnswers[1], kTenantA);
  EXPECT_FALSE(name->TakeUsed());
  name->MarkUsed();
  name->MarkUsed();
  EXPECT_TRUE(name->TakeUsed());
  EXPECT_FALSE(name->TakeUsed());
  CachedName::Delete(name);
}

}  // namespace
}  // namespace chainkeep::sni
