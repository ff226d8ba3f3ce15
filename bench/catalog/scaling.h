// How the same loop fares in one thread and in two.

#ifndef CHAINKEEP_BENCH_CATALOG_SCALING_H_
#define CHAINKEEP_BENCH_CATALOG_SCALING_H_

#include <cstdint>
#include <thread>
#include <vector>

#include "bench/catalog/lookup_loop.h"

namespace chainkeep::bench {

// Runs `loop(thread)`, which returns Lookups, in `threads` threads at once;
// returns what they did a second, all together.
template <typename Loop>
double PerSecondOf(int threads, Loop loop) {
  std::vector<double> rates(threads);
  {
    std::vector<std::jthread> others;
    for (int i = 1; i < threads; ++i) {
      others.emplace_back([&, i] { rates[i] = loop(i).PerSecond(); });
    }
    rates[0] = loop(0).PerSecond();
  }
  double sum = 0;
  for (double rate : rates) sum += rate;
  return sum;
}

// The control: a loop whose threads share nothing. Each hashes as many bytes as
// a CA's name has and reads four lines of memory at random, one after the
// other, all of its own.
class PrivateLoop {
 public:
  // `bytes` is for each of `threads`.
  PrivateLoop(int threads, size_t bytes);

  Lookups Run(int thread, double seconds, uint64_t seed) const;

 private:
  std::vector<std::vector<uint64_t>> memory_;
};

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_SCALING_H_
