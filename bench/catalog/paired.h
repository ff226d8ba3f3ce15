// Two things measured in turn, so that a slow moment of the machine hits both.

#ifndef CHAINKEEP_BENCH_CATALOG_PAIRED_H_
#define CHAINKEEP_BENCH_CATALOG_PAIRED_H_

#include <string>
#include <vector>

namespace chainkeep::bench {

// Spread is what a row of values came to.
struct Spread {
  double median = 0;
  double least = 0;
  double most = 0;

  Spread Scaled(double factor) const {
    return {median * factor, least * factor, most * factor};
  }
  // "0.97 (0.95 to 0.99)"
  std::string Text() const;
};

Spread SpreadOf(std::vector<double> values);

// Pairs is what two measurements gave, pair by pair.
struct Pairs {
  std::vector<double> a;
  std::vector<double> b;

  // Of a over b within each pair.
  Spread Ratio() const;
};

// Interleave calls both `pairs` times, each first every other time.
template <typename A, typename B>
Pairs Interleave(int pairs, A measure_a, B measure_b) {
  Pairs result;
  for (int i = 0; i < pairs; ++i) {
    if (i % 2 == 0) result.a.push_back(measure_a());
    result.b.push_back(measure_b());
    if (i % 2 != 0) result.a.push_back(measure_a());
  }
  return result;
}

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_PAIRED_H_
