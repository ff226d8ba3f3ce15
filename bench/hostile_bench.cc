// What the dearest handshakes known cost, with every default: the time, and the
// units that the answer says it spent (bench/hostile.h, docs/benchmarks.md).

#include <string>

#include "bench/hostile.h"
#include "benchmark/benchmark.h"

namespace chainkeep::bench {
namespace {

void BM_Hostile(benchmark::State& state, const Hostile& hostile) {
  Verdict verdict;
  for (auto _ : state) {
    verdict = hostile.Ask();
    benchmark::DoNotOptimize(verdict);
  }
  const BudgetSpent& spent = verdict.spent();
  state.counters["sig_units"] = spent.signature_units;
  state.counters["steps"] = spent.steps;
  state.counters["work"] = static_cast<double>(spent.work_bytes);
  state.counters["names"] = spent.name_comparisons;
  state.SetLabel(std::string(ReasonName(verdict.reason())));
}

}  // namespace
}  // namespace chainkeep::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const auto all = chainkeep::bench::MakeHostile();
  for (const auto& hostile : all) {
    benchmark::RegisterBenchmark(hostile->name().c_str(),
                                 [&one = *hostile](benchmark::State& state) {
                                   chainkeep::bench::BM_Hostile(state, one);
                                 });
  }
  benchmark::RunSpecifiedBenchmarks();
}
