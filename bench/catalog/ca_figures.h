// CA look-ups at many registrations: how long one takes, how two threads scale,
// what a writer does to a reader, what a change and a registration cost.

#ifndef CHAINKEEP_BENCH_CATALOG_CA_FIGURES_H_
#define CHAINKEEP_BENCH_CATALOG_CA_FIGURES_H_

#include "bench/catalog/stage.h"

namespace chainkeep::bench {

// Reports load_1e7_s, bytes_registration, ca_hit_vs_absl_1e7,
// ca_dependent_ns_1e7, scaling_2t, control_scaling_2t, writer_throughput_ratio,
// writer_p999_ratio, aa_p999_ratio and change_us.
void RunCaFigures(const Scale& scale);

// Reports load_1e6_distinct_s.
void RunDistinctCas(const Scale& scale);

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_CA_FIGURES_H_
