// Server names: a resolution out of the cache beside an unlocked
// absl::flat_hash_map of the same strings, and what a flood of strangers' names
// does to the cache.

#ifndef CHAINKEEP_BENCH_CATALOG_SNI_FIGURES_H_
#define CHAINKEEP_BENCH_CATALOG_SNI_FIGURES_H_

#include "bench/catalog/stage.h"

namespace chainkeep::bench {

// Reports sni_hit_vs_absl.
void RunSniHits(const Scale& scale);

// Reports flood_hit_rate: the lower of two floods'.
void RunSniFloods(const Scale& scale);

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_SNI_FIGURES_H_
