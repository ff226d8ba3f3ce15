// The table alone, beside the unlocked absl::flat_hash_map: the same keys, hash
// and pages, room reserved in both.

#ifndef CHAINKEEP_BENCH_CATALOG_TABLE_FIGURES_H_
#define CHAINKEEP_BENCH_CATALOG_TABLE_FIGURES_H_

#include "bench/catalog/stage.h"

namespace chainkeep::bench {

// Reports table_vs_unlocked_absl; with small pages, _4k_pages.
void RunTableOnHugePages(const Scale& scale);
void RunTableOnSmallPages(const Scale& scale);

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_TABLE_FIGURES_H_
