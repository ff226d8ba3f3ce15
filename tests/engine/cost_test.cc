// What a verdict may cost beyond what it must: the hashes and signatures that
// whoever answers has to compute (bench/workload.h, Bare).
//
// Both sides run in turns on the same certificates, and of each the fastest of
// many short rounds counts, in CPU time of this thread: what disturbs a round
// only makes it slower. Only the optimised build is measured.

#include <algorithm>
#include <ctime>
#include <limits>

#include "bench/workload.h"
#include "engine/x509/certificate.h"
#include "gtest/gtest.h"
#include "openssl/base.h"
#include "openssl/x509.h"

namespace chainkeep {
namespace {

using bench::Shape;
using bench::Workload;

constexpr int kDevices = 50;
constexpr int kRounds = 60;

double ThreadNanoseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 +
         static_cast<double>(now.tv_nsec);
}

// Nanoseconds that `one(i)` takes on average over the devices.
template <typename F>
double Measure(F one) {
  const double begin = ThreadNanoseconds();
  for (size_t i = 0; i < kDevices; ++i) one(i);
  return (ThreadNanoseconds() - begin) / kDevices;
}

struct CostCase {
  const char* name;
  Shape shape;
  double limit;
};

class Cost : public testing::TestWithParam<CostCase> {
 protected:
  void SetUp() override {
#ifndef NDEBUG
    GTEST_SKIP() << "measured with --config=opt only";
#endif
  }
};

TEST_P(Cost, AVerdictIsBarelyMoreThanItsSignatures) {
  const Workload workload(GetParam().shape, kDevices);
  double bare = std::numeric_limits<double>::max();
  double whole = bare;
  // More rounds where it looks dear: what disturbs one only makes it slower.
  for (int round = 0; round < kRounds ||
                      (whole > GetParam().limit * bare && round < 10 * kRounds);
       ++round) {
    bare = std::min(bare,
                    Measure([&](size_t i) { ASSERT_TRUE(workload.Bare(i)); }));
    whole = std::min(
        whole, Measure([&](size_t i) {
          ASSERT_TRUE(workload.engine()
                          .Validate(workload.listener(), workload.handshake(i))
                          .accepted());
        }));
  }
  RecordProperty("ratio_percent", static_cast<int>(100 * whole / bare));
  EXPECT_LE(whole / bare, GetParam().limit)
      << whole << " ns, bare " << bare << " ns";
}

INSTANTIATE_TEST_SUITE_P(
    , Cost,
    testing::Values(CostCase{"p256", Shape::kP256, 1.05},
                    CostCase{"intermediate", Shape::kP256Intermediate, 1.05},
                    CostCase{"rsa2048", Shape::kRsa2048, 1.10},
                    CostCase{"rsa_issues_p256", Shape::kRsaIssuesP256, 1.10}),
    [](const auto& info) { return std::string(info.param.name); });

// Beside BoringSSL's own parser of the same bytes, for both are ordinary code:
// a hash, say, has instructions of its own on one processor and not on the
// next.
TEST(ParseCost, AParseTakesAFifteenthOfBoringSsls) {
#ifndef NDEBUG
  GTEST_SKIP() << "measured with --config=opt only";
#endif
  constexpr double kPart = 1.0 / 15;
  const Workload workload(Shape::kP256, kDevices);
  double ours = std::numeric_limits<double>::max();
  double boringssl = ours;
  for (int round = 0;
       round < kRounds || (ours > kPart * boringssl && round < 10 * kRounds);
       ++round) {
    ours = std::min(
        ours, Measure([&](size_t i) {
          ASSERT_TRUE(
              x509::Certificate::Parse(workload.handshake(i).leaf).ok());
        }));
    boringssl =
        std::min(boringssl, Measure([&](size_t i) {
                   const Bytes leaf = workload.handshake(i).leaf;
                   const uint8_t* bytes = leaf.data();
                   const bssl::UniquePtr<X509> parsed(d2i_X509(
                       nullptr, &bytes, static_cast<long>(leaf.size())));
                   ASSERT_NE(parsed, nullptr);
                 }));
  }
  EXPECT_LE(ours, kPart * boringssl)
      << ours << " ns, BoringSSL " << boringssl << " ns";
}

}  // namespace
}  // namespace chainkeep
