// What a verdict costs, in counts: the everyday one no more than it must, and
// the dearest handshakes known no more than the budgets say, whatever a machine
// makes of it (bench/hostile_bench and bench/validate_bench measure that).

#include <algorithm>
#include <string>

#include "bench/hostile.h"
#include "bench/workload.h"
#include "gtest/gtest.h"
#include "tests/engine/gate_fixture.h"
#include "tests/support/ask.h"

namespace chainkeep {
namespace {

using bench::Shape;
using bench::Workload;

struct CostCase {
  const char* name;
  Shape shape;
  uint32_t signatures;
};

class Cost : public testing::TestWithParam<CostCase> {};

TEST_P(Cost, AVerdictIsBarelyMoreThanItsSignatures) {
  const Workload workload(GetParam().shape, 3);
  for (size_t i = 0; i < 3; ++i) {
    const Attempt& handshake = workload.handshake(i);
    const Verdict verdict = test::Judge(workload.listener(), handshake);
    ASSERT_TRUE(verdict.accepted());
    const BudgetSpent& spent = verdict.spent();
    EXPECT_EQ(spent.signatures, GetParam().signatures);
    EXPECT_EQ(spent.signature_units, GetParam().signatures);
    // A way of names, and each link of it.
    EXPECT_LE(spent.steps, 2 * GetParam().signatures);
    EXPECT_EQ(spent.name_comparisons, 0u);
    // A twentieth of the default for each certificate: there is room for what
    // is unusual.
    EXPECT_LE(spent.work_bytes,
              Budgets().work_bytes / 20 * (1 + GetParam().signatures));
  }
}

INSTANTIATE_TEST_SUITE_P(
    , Cost,
    testing::Values(CostCase{"p256", Shape::kP256, 1},
                    CostCase{"intermediate", Shape::kP256Intermediate, 2},
                    CostCase{"rsa2048", Shape::kRsa2048, 1},
                    CostCase{"rsa_issues_p256", Shape::kRsaIssuesP256, 1}),
    [](const auto& info) { return std::string(info.param.name); });

// L4, V13: of every kind that is known, no more than the defaults. One check is
// made whatever it costs, and a certificate is known only once it is parsed.
TEST(HostileCost, StaysWithinEveryDefault) {
  const Budgets limits;
  constexpr uint32_t kDearestCheck = 28;  // P-521
  constexpr uint64_t kDearestByte = 20;
  for (const auto& hostile : bench::MakeHostile()) {
    SCOPED_TRACE(hostile->name());
    const Verdict verdict = hostile->Ask();
    const BudgetSpent& spent = verdict.spent();
    EXPECT_LE(spent.signature_units,
              std::max(limits.signature_units, kDearestCheck));
    EXPECT_LE(spent.steps, limits.steps);
    EXPECT_LE(spent.name_comparisons, limits.name_comparisons);
    if (verdict.reason() == Reason::kBudgetWork) {
      EXPECT_LE(spent.work_bytes,
                limits.work_bytes + kDearestByte * limits.certificate_bytes);
    } else {
      EXPECT_LE(spent.work_bytes, limits.work_bytes);
    }
    // Nothing registered, nothing verified.
    if (hostile->name().starts_with("nothing_registered/")) {
      EXPECT_EQ(spent.signatures, 0u);
    }
  }
}

class SharedBudget : public test::GateFixture {};

// Both searches of a handshake with legacy_default_routing spend one budget.
TEST_F(SharedBudget, OfAllSearchesOfOneHandshake) {
  ListenerOptions options;
  options.region = east_;
  options.legacy_default_routing = true;
  const auto listener = *engine_->CreateListener(options);
  const Attempt handshake{.server_name = kNameA, .leaf = leaf_.bytes()};
  const auto work = [&] {
    return test::Judge(listener, handshake).spent().work_bytes;
  };
  const uint64_t nobody = work();
  RegisterDefault(b_, ca_);
  EXPECT_TRUE(test::Judge(listener, handshake).accepted());
  EXPECT_GT(work(), nobody);
}

class LeafCost : public test::GateFixture {
 protected:
  BudgetSpent SpentOn(const std::string& leaf) {
    ListenerOptions options;
    options.region = east_;
    const auto listener = *engine_->CreateListener(options);
    return test::Judge(listener, {.leaf = AsBytes(leaf)}).spent();
  }
};

// What is not a certificate has been parsed, and hashed, all the same.
TEST_F(LeafCost, OfWhatIsNoCertificate) {
  for (const size_t size : {size_t{1}, size_t{1'000}, size_t{20'000}}) {
    EXPECT_GE(SpentOn(std::string(size, '\x30')).work_bytes, 19 * size);
  }
}

// It is hashed as a certificate, and what is signed of it once more.
TEST_F(LeafCost, CountsBothOfItsHashes) {
  const auto work = [&](size_t size) {
    test::CertificateSpec spec = test::LeafSpec("device");
    spec.extensions = {{"1.2.3.4", std::string(size, 'x')}};
    return SpentOn(test::MakeCertificate(spec, nullptr).der).work_bytes;
  };
  // Parsed, and twice hashed. A signature is a few bytes longer or shorter.
  constexpr uint64_t kSlack = 100;
  EXPECT_GE(work(20'000) + kSlack, work(10'000) + 3 * uint64_t{10'000});
}

}  // namespace
}  // namespace chainkeep
