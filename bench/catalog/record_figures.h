// What endpoints and devices take of memory.

#ifndef CHAINKEEP_BENCH_CATALOG_RECORD_FIGURES_H_
#define CHAINKEEP_BENCH_CATALOG_RECORD_FIGURES_H_

#include "bench/catalog/stage.h"

namespace chainkeep::bench {

// Reports bytes_endpoint: beyond the bytes of its name.
void RunEndpoints(const Scale& scale);

// Reports bytes_device.
void RunDevices(const Scale& scale);

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_RECORD_FIGURES_H_
