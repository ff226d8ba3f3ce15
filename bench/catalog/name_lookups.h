// Look-ups of host names at random, through whatever knows them.

#ifndef CHAINKEEP_BENCH_CATALOG_NAME_LOOKUPS_H_
#define CHAINKEEP_BENCH_CATALOG_NAME_LOOKUPS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "bench/catalog/fleet.h"
#include "bench/catalog/key.h"
#include "bench/catalog/lookup_loop.h"
#include "engine/sni/host_name.h"
#include "xxhash.h"

namespace chainkeep::bench {

// A block of names, parsed: few enough for the caches of one core.
inline constexpr size_t kNameBlock = 64;

// Asks `find(held, name)`, which returns whether it was found, for names of the
// first `count` numbers; for `seconds`. `held` is what `pin()` returned, once
// for each block.
template <typename Pin, typename Find>
Lookups AskNames(size_t count, double seconds, uint64_t seed, Pin pin,
                 Find find) {
  Lookups lookups;
  Random random(seed);
  std::vector<sni::HostName> names;
  const Clock::time_point start = Clock::now();
  do {
    names.clear();
    for (size_t i = 0; i < kNameBlock; ++i) {
      names.push_back(*sni::HostName::Parse(HostNameAt(random.Below(count))));
    }
    uint64_t found = 0;
    const BlockTimer timer;
    const auto held = pin();
    for (const sni::HostName& name : names) found += find(held, name);
    lookups.Add(timer, kNameBlock, found);
  } while (SecondsSince(start) < seconds);
  return lookups;
}

// The peer: an unlocked absl::flat_hash_map of the same strings.
class NameMap {
 public:
  explicit NameMap(size_t count) {
    map_.reserve(count);
    for (uint64_t i = 0; i < count; ++i) map_.emplace(HostNameAt(i), i);
  }

  bool Has(const sni::HostName& name) const {
    return map_.find(name.text()) != map_.end();
  }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const {
      return XXH3_64bits_withSeed(text.data(), text.size(), kHashSeed);
    }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const {
      return a == b;
    }
  };

  absl::flat_hash_map<std::string, uint64_t, Hash, Equal> map_;
};

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_NAME_LOOKUPS_H_
