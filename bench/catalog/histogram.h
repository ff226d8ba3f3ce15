// Histogram counts times, to within 2 % of each, from 1 ns to some seconds.

#ifndef CHAINKEEP_BENCH_CATALOG_HISTOGRAM_H_
#define CHAINKEEP_BENCH_CATALOG_HISTOGRAM_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace chainkeep::bench {

class Histogram {
 public:
  void Add(uint64_t nanoseconds) {
    ++counts_[BucketOf(nanoseconds)];
    ++total_;
  }

  uint64_t total() const { return total_; }

  // The least time that a share of `quantile` of all does not exceed.
  uint64_t Quantile(double quantile) const {
    const auto rank =
        static_cast<uint64_t>(quantile * static_cast<double>(total_));
    uint64_t below = 0;
    for (size_t i = 0; i < counts_.size(); ++i) {
      below += counts_[i];
      if (below > rank) return FloorOf(i);
    }
    return FloorOf(counts_.size() - 1);
  }

 private:
  // 64 buckets an octave; below 64 ns each has its own.
  static constexpr int kBits = 6;
  static constexpr uint64_t kPerOctave = 1 << kBits;
  static constexpr size_t kBuckets = 32 * kPerOctave;

  static size_t BucketOf(uint64_t time) {
    if (time < kPerOctave) return time;
    const int shift = std::bit_width(time) - 1 - kBits;
    return std::min<size_t>(kPerOctave * shift + (time >> shift), kBuckets - 1);
  }
  static uint64_t FloorOf(size_t bucket) {
    if (bucket < 2 * kPerOctave) return bucket;
    const size_t shift = bucket / kPerOctave - 1;
    return (kPerOctave + bucket % kPerOctave) << shift;
  }

  std::array<uint64_t, kBuckets> counts_{};
  uint64_t total_ = 0;
};

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_HISTOGRAM_H_
