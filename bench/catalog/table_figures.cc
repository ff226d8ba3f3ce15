#include "bench/catalog/table_figures.h"

#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "bench/catalog/chainkeep_table.h"
#include "bench/catalog/flat_tables.h"
#include "bench/catalog/lookup_loop.h"
#include "bench/catalog/paired.h"

namespace chainkeep::bench {
namespace {

// Of one table, built anew for each pair: where it comes to lie in memory is
// part of what varies.
struct Measured {
  double hits_per_second = 0;
  double misses_per_second = 0;
  double bytes = 0;
  Resident resident;
};

template <typename Table>
Measured BuildAndMeasure(const Scale& scale, uint64_t seed) {
  ReturnFreeMemory();
  const size_t before = AllocatedBytes();
  Table table(scale.entries);
  typename Table::Reader reader(table);
  for (size_t i = 0; i < scale.entries; ++i) {
    table.Insert(KeyAt(i), ValueAt(i));
  }
  const double seconds = scale.slice_seconds;
  LookUpFor(seconds / 4, reader, Present(scale.entries), seed);  // warm up
  Measured measured;
  measured.bytes = static_cast<double>(AllocatedBytes() - before) /
                   static_cast<double>(scale.entries);
  measured.resident = GetResident();
  measured.hits_per_second =
      LookUpFor(seconds, reader, Present(scale.entries), seed + 1).PerSecond();
  measured.misses_per_second =
      LookUpFor(seconds, reader, Missing(scale.entries), seed + 2).PerSecond();
  return measured;
}

void Print(std::string_view what, const std::vector<double>& per_second) {
  std::vector<double> nanoseconds;
  for (double rate : per_second) nanoseconds.push_back(1e9 / rate);
  absl::PrintF("  %-28s %s ns\n", what,
               SpreadOf(std::move(nanoseconds)).Text());
}

void Run(const Scale& scale, std::string_view figure) {
  Pairs misses;
  Measured ours;
  Measured absl;
  uint64_t seed = 0;
  const Pairs hits = Interleave(
      scale.pairs,
      [&] {
        ours = BuildAndMeasure<PinnedTable>(scale, seed += 10);
        misses.a.push_back(ours.misses_per_second);
        return ours.hits_per_second;
      },
      [&] {
        absl = BuildAndMeasure<UnlockedTable>(scale, seed += 10);
        misses.b.push_back(absl.misses_per_second);
        return absl.hits_per_second;
      });
  Print("chainkeep, hit", hits.a);
  Print("chainkeep, miss", misses.a);
  Print("absl unlocked, hit", hits.b);
  Print("absl unlocked, miss", misses.b);
  for (const auto& [name, table] :
       {std::pair("chainkeep", &ours), std::pair("absl unlocked", &absl)}) {
    absl::PrintF(
        "  %s: %.1f bytes an entry; %.0f %% of what is resident on"
        " huge pages\n",
        name, table->bytes,
        100.0 * static_cast<double>(table->resident.huge_bytes) /
            static_cast<double>(table->resident.bytes));
  }
  absl::PrintF("  throughput over absl's: hits %s, misses %s\n",
               hits.Ratio().Text(), misses.Ratio().Text());
  ReportFigure(figure, hits.Ratio().median);
}

}  // namespace

void RunTableOnHugePages(const Scale& scale) {
  Run(scale, "table_vs_unlocked_absl");
}

void RunTableOnSmallPages(const Scale& scale) {
  Run(scale, "table_vs_unlocked_absl_4k_pages");
}

}  // namespace chainkeep::bench
