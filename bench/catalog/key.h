// The keys that tables are compared on: 16 bytes that look random, made from a
// number. A look-up makes its key, so no array of keys competes with the table
// for the caches; number i is in a table of n exactly if i < n.

#ifndef CHAINKEEP_BENCH_CATALOG_KEY_H_
#define CHAINKEEP_BENCH_CATALOG_KEY_H_

#include <cstddef>
#include <cstdint>

#include "xxhash.h"

namespace chainkeep::bench {

// Random is splitmix64: a fixed seed gives a fixed sequence.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15;
    return Mix(state_);
  }

  // Below `bound`, all alike but for one part in 2^64 / bound.
  uint64_t Below(uint64_t bound) {
    return static_cast<uint64_t>(
        (static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }

  static uint64_t Mix(uint64_t z) {
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }

 private:
  uint64_t state_;
};

struct Key {
  uint64_t low = 0;
  uint64_t high = 0;

  friend bool operator==(const Key&, const Key&) = default;
};

inline Key KeyAt(uint64_t number) {
  return {Random::Mix(2 * number + 0x5851f42d4c957f2d),
          Random::Mix(2 * number + 0x14057b7ef767814f)};
}

// What a table keeps for a key.
inline uint64_t ValueAt(uint64_t number) { return ~number; }

// Numbers of keys that no table has.
inline constexpr uint64_t kFirstMissing = uint64_t{1} << 40;

// Every table of a run hashes alike: XXH3 under one seed.
inline constexpr uint64_t kHashSeed = 0x2545f4914f6cdd1d;

struct KeyHash {
  size_t operator()(const Key& key) const {
    return XXH3_64bits_withSeed(&key, sizeof(key), kHashSeed);
  }
};

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_KEY_H_
