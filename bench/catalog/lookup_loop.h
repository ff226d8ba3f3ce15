// The loop that every comparison of look-ups runs.
//
// Look-ups come in blocks: what a block asks for is prepared first, in a few
// kilobytes that stay in the first-level cache, as in a handshake, whose names
// have just been read; only the look-ups are timed. A block is long enough that
// reading the clock twice does not count, and its look-ups may overlap in the
// processor as far as they let each other.
//
// The machine is shared. A block in which the thread was taken off its core
// against its will says how busy others were, and counts for nothing; one in
// which it waited for a lock of its own accord counts.

#ifndef CHAINKEEP_BENCH_CATALOG_LOOKUP_LOOP_H_
#define CHAINKEEP_BENCH_CATALOG_LOOKUP_LOOP_H_

#include <sys/resource.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "bench/catalog/key.h"

namespace chainkeep::bench {

using Clock = std::chrono::steady_clock;

inline double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// BlockTimer times one block, from when it is made.
class BlockTimer {
 public:
  BlockTimer() : preemptions_(Preemptions()), start_(Clock::now()) {}

  // Seconds until now; nothing if the thread was preempted meanwhile.
  std::optional<double> Stop() const {
    const double seconds = SecondsSince(start_);
    if (Preemptions() != preemptions_) return std::nullopt;
    return seconds;
  }

 private:
  static long Preemptions() {
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nivcsw;
  }

  const long preemptions_;
  const Clock::time_point start_;
};

inline constexpr size_t kBlock = 256;

// Lookups is what a loop has done in the blocks that count.
struct Lookups {
  uint64_t asked = 0;
  uint64_t found = 0;
  double seconds = 0;

  void Add(const BlockTimer& timer, uint64_t block_asked,
           uint64_t block_found) {
    const std::optional<double> block_seconds = timer.Stop();
    if (!block_seconds) return;
    seconds += *block_seconds;
    asked += block_asked;
    found += block_found;
  }

  double PerSecond() const { return static_cast<double>(asked) / seconds; }
  double Nanoseconds() const {
    return seconds * 1e9 / static_cast<double>(asked);
  }
};

// Which keys are asked for, at random: `count` numbers from `first` on.
struct KeyRange {
  uint64_t first = 0;
  uint64_t count = 1;
};

inline KeyRange Present(uint64_t entries) { return {0, entries}; }
inline KeyRange Missing(uint64_t entries) { return {kFirstMissing, entries}; }

// Asks `reader` one block of keys.
template <typename Reader>
void LookUpBlock(Reader& reader, KeyRange range, Random& random,
                 Lookups& lookups) {
  std::array<Key, kBlock> keys;
  for (Key& key : keys) key = KeyAt(range.first + random.Below(range.count));
  uint64_t found = 0;
  const BlockTimer timer;
  {
    const typename Reader::Section section(reader);
    for (const Key& key : keys) found += reader.Find(key).has_value();
  }
  lookups.Add(timer, kBlock, found);
}

// Asks blocks for `seconds` of wall time.
template <typename Reader>
Lookups LookUpFor(double seconds, Reader& reader, KeyRange range,
                  uint64_t seed) {
  Lookups lookups;
  Random random(seed);
  const Clock::time_point start = Clock::now();
  do {
    LookUpBlock(reader, range, random, lookups);
  } while (SecondsSince(start) < seconds);
  return lookups;
}

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_LOOKUP_LOOP_H_
