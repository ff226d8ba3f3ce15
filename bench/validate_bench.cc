// What a verdict costs beyond what it must: Begin and Present beside the bare
// signatures and hashes, on the same certificates in the same run.

#include "bench/workload.h"
#include "benchmark/benchmark.h"
#include "engine/x509/certificate.h"
#include "tests/support/ask.h"

namespace chainkeep::bench {
namespace {

void Bare(benchmark::State& state, Shape shape) {
  const Workload& workload = SharedWorkload(shape);
  size_t i = 0;
  for (auto _ : state) {
    if (!workload.Bare(i++)) state.SkipWithError("a signature is bad");
  }
}

void Validate(benchmark::State& state, Shape shape) {
  const Workload& workload = SharedWorkload(shape);
  size_t i = 0;
  for (auto _ : state) {
    const Handshake handshake =
        test::Show(workload.listener(), workload.handshake(i++));
    if (!handshake.answer().goes_on()) state.SkipWithError("refused");
  }
}

BENCHMARK_CAPTURE(Bare, a_p256, Shape::kP256);
BENCHMARK_CAPTURE(Validate, a_p256, Shape::kP256);
BENCHMARK_CAPTURE(Bare, b_intermediate, Shape::kP256Intermediate);
BENCHMARK_CAPTURE(Validate, b_intermediate, Shape::kP256Intermediate);
BENCHMARK_CAPTURE(Bare, c_rsa2048, Shape::kRsa2048);
BENCHMARK_CAPTURE(Validate, c_rsa2048, Shape::kRsa2048);
BENCHMARK_CAPTURE(Bare, d_rsa_issues_p256, Shape::kRsaIssuesP256);
BENCHMARK_CAPTURE(Validate, d_rsa_issues_p256, Shape::kRsaIssuesP256);

void ParseLeaf(benchmark::State& state) {
  const Workload& workload = SharedWorkload(Shape::kP256);
  size_t i = 0;
  for (auto _ : state) {
    const auto parsed = x509::Certificate::Parse(workload.handshake(i++).leaf);
    benchmark::DoNotOptimize(parsed);
  }
  state.counters["bytes"] =
      static_cast<double>(workload.handshake(0).leaf.size());
}
BENCHMARK(ParseLeaf);

}  // namespace
}  // namespace chainkeep::bench
