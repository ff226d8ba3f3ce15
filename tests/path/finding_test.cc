#include "engine/path/finding.h"

#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace chainkeep::path {
namespace {

// The order in which failures are told, least telling first. Changing it
// changes what operators and devices see.
TEST(RankOf, K1_IsPinned) {
  const std::vector<Reason> kOrder = {
      Reason::kAccepted,
      Reason::kNoRegisteredCa,
      Reason::kServerNameRequired,
      Reason::kNoIssuer,
      Reason::kBudgetPathLength,
      Reason::kBadSignature,
      Reason::kBudgetCandidates,
      Reason::kNotACa,
      Reason::kKeyUsage,
      Reason::kPathLengthExceeded,
      Reason::kMalformed,
      Reason::kAlgorithmNotAllowed,
      Reason::kWeakKey,
      Reason::kUnknownCriticalExtension,
      Reason::kExtendedKeyUsage,
      Reason::kCaAsLeaf,
      Reason::kNameConstraint,
      Reason::kNotYetValid,
      Reason::kExpired,
      Reason::kCaInactive,
      Reason::kBudgetSignatures,
  };
  for (size_t i = 1; i < kOrder.size(); ++i) {
    EXPECT_LT(RankOf(kOrder[i - 1]), RankOf(kOrder[i]))
        << ReasonName(kOrder[i]);
  }
}

TEST(MoreTelling, KeepsTheFirstOfEquals) {
  const Finding a{Reason::kExpired, 0};
  const Finding b{Reason::kExpired, 1};
  const Finding c{Reason::kBadSignature, 2};
  EXPECT_EQ(MoreTelling(a, b).certificate, 0);
  EXPECT_EQ(MoreTelling(a, c).certificate, 0);
  EXPECT_EQ(MoreTelling(c, a).certificate, 0);
  EXPECT_TRUE(Finding().ok());
  EXPECT_EQ(MoreTelling(Finding(), c).certificate, 2);
}

}  // namespace
}  // namespace chainkeep::path
