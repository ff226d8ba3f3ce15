// Stages: what figures.cc measures, each in a process of its own, so that one
// leaves nothing in memory for the next.

#ifndef CHAINKEEP_BENCH_CATALOG_STAGE_H_
#define CHAINKEEP_BENCH_CATALOG_STAGE_H_

#include <map>
#include <string>
#include <string_view>

#include "bench/catalog/memory.h"

namespace chainkeep::bench {

// Scale is how much is measured, and how long.
struct Scale {
  std::string_view name;
  size_t entries;        // of a table; registrations, endpoints, devices
  size_t distinct_cas;   // of the load whose CAs are all distinct
  size_t random_names;   // of the flood
  int pairs;             // of interleaved measurements: at least seven
  double slice_seconds;  // of one of them
};

inline constexpr Scale kScales[] = {
    {"full", 10'000'000, 1'000'000, 1'000'000, 11, 0.5},
    {"quick", 1'000'000, 100'000, 1'000'000, 7, 0.2},
    {"smoke", 40'000, 1'000, 1'000, 7, 0.002},
};

struct Stage {
  std::string_view name;
  Pages pages;
  void (*run)(const Scale&);
};

// ReportFigure is how a stage hands over one value, after it has printed what
// it rests on.
void ReportFigure(std::string_view name, double value);

// RunStage runs this program again with --stage and --scale, prints what it
// prints, and adds what it reported to `figures`. Returns whether it succeeded.
bool RunStage(const Stage& stage, const Scale& scale,
              std::map<std::string, double>& figures);

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_STAGE_H_
