#include "bench/catalog/scaling.h"

#include <array>

#include "benchmark/benchmark.h"
#include "xxhash.h"

namespace chainkeep::bench {
namespace {

constexpr size_t kHashedBytes = 104;
constexpr size_t kReads = 4;
constexpr size_t kBlockSize = 64;

// Words of `memory` at random: the first one by the hash of `text`, each other
// by the one before, as a look-up finds its way.
uint64_t ReadSome(const std::vector<uint64_t>& memory,
                  const std::array<char, kHashedBytes>& text, uint64_t seed) {
  uint64_t at = XXH3_64bits_withSeed(text.data(), text.size(), seed);
  for (size_t i = 0; i < kReads; ++i) {
    const auto place = static_cast<size_t>(
        (static_cast<unsigned __int128>(at) * memory.size()) >> 64);
    at = Random::Mix(at + memory[place]);
  }
  return at;
}

}  // namespace

PrivateLoop::PrivateLoop(int threads, size_t bytes)
    : memory_(threads, std::vector<uint64_t>(bytes / sizeof(uint64_t), 1)) {}

Lookups PrivateLoop::Run(int thread, double seconds, uint64_t seed) const {
  const std::vector<uint64_t>& memory = memory_[thread];
  Lookups lookups;
  std::array<char, kHashedBytes> text{};
  const Clock::time_point start = Clock::now();
  do {
    const BlockTimer timer;
    for (size_t i = 0; i < kBlockSize; ++i) {
      benchmark::DoNotOptimize(ReadSome(memory, text, ++seed));
    }
    lookups.Add(timer, kBlockSize, kBlockSize);
  } while (SecondsSince(start) < seconds);
  return lookups;
}

}  // namespace chainkeep::bench
