// Concurrent tables beside each other: 16-byte keys, 8-byte values, random hits
// and misses, one or two reading threads, and one beside a writer that assigns
// 100,000 values a second. docs/benchmarks.md has the method.
//
// One table is in memory at a time. Those of one row of the results are not
// interleaved, and minutes may lie between the first and the last; what is
// claimed comes from figures.cc, which pairs them.
//
//   tables_bench [--pages=small] [flags of Google Benchmark]

#include <cstring>
#include <functional>
#include <memory>
#include <string>

#include "bench/catalog/chainkeep_table.h"
#include "bench/catalog/flat_tables.h"
#include "bench/catalog/lookup_loop.h"
#include "bench/catalog/memory.h"
#include "bench/catalog/paced_writer.h"
#include "bench/catalog/tbb_table.h"
#include "bench/catalog/urcu_table.h"
#include "benchmark/benchmark.h"

namespace chainkeep::bench {
namespace {

// The one table in memory, and the writer beside its readers.
struct Resident {
  std::function<void()> destroy = [] {};
  void* table = nullptr;
  const void* type = nullptr;  // of the table
  size_t entries = 0;
  double bytes_an_entry = 0;
  double huge_share = 0;
  std::unique_ptr<PacedWriter> writer;
};
Resident resident;

template <typename Table>
constexpr char kTypeOf = 0;

template <typename Table>
void Build(size_t entries) {
  if (resident.type == &kTypeOf<Table> && resident.entries == entries) return;
  resident.destroy();
  ReturnFreeMemory();
  const size_t before = AllocatedBytes();
  auto* table = new Table(entries);
  const typename Table::Reader builder(*table);
  for (size_t i = 0; i < entries; ++i) table->Insert(KeyAt(i), ValueAt(i));
  const auto resident_bytes = GetResident();
  resident.destroy = [table] { delete table; };
  resident.table = table;
  resident.type = &kTypeOf<Table>;
  resident.entries = entries;
  resident.bytes_an_entry = static_cast<double>(AllocatedBytes() - before) /
                            static_cast<double>(entries);
  resident.huge_share = static_cast<double>(resident_bytes.huge_bytes) /
                        static_cast<double>(resident_bytes.bytes);
}

enum Asked { kHit, kMiss };
enum Beside { kNobody, kWriter };

template <typename Table>
void SetUp(const benchmark::State& state) {
  const size_t entries = state.range(0);
  Build<Table>(entries);
  if constexpr (Table::kTakesWriter) {
    if (state.range(1) == kWriter) {
      auto* table = static_cast<Table*>(resident.table);
      resident.writer = std::make_unique<PacedWriter>(
          kChangesPerSecond, [table, entries](PacedWriter::Pace& pace) {
            const typename Table::Reader known(*table);
            Random random(7);
            while (pace.Next()) {
              const uint64_t number = random.Below(entries);
              table->Assign(KeyAt(number), random.Next());
            }
          });
    }
  }
}

void TearDown(const benchmark::State&) { resident.writer = nullptr; }

template <typename Table>
void LookUp(benchmark::State& state, Asked asked) {
  const size_t entries = state.range(0);
  const KeyRange range = asked == kHit ? Present(entries) : Missing(entries);
  typename Table::Reader reader(*static_cast<Table*>(resident.table));
  Random random(state.thread_index() + 1);
  Lookups all;
  for (auto _ : state) {
    Lookups block;
    LookUpBlock(reader, range, random, block);
    state.SetIterationTime(block.seconds);
    all.asked += block.asked;
    all.found += block.found;
  }
  if (all.found != (asked == kHit ? all.asked : 0)) {
    state.SkipWithError("wrong answers");
  }
  state.SetItemsProcessed(static_cast<int64_t>(all.asked));
  if (state.thread_index() == 0) {
    state.counters["bytes_an_entry"] = resident.bytes_an_entry;
    state.counters["huge_share"] = resident.huge_share;
    if (resident.writer != nullptr) {
      state.counters["changes_a_second"] = resident.writer->PerSecond();
    }
  }
}

template <typename Table>
void RegisterOne(const std::string& name, size_t entries) {
  const auto add = [&](const char* kind, Asked asked, Beside beside) {
    return benchmark::RegisterBenchmark(
               (std::string(kind) + "/" + name).c_str(),
               [asked](benchmark::State& state) {
                 LookUp<Table>(state, asked);
               })
        ->Setup(SetUp<Table>)
        ->Teardown(TearDown)
        ->Args({static_cast<int64_t>(entries), beside})
        ->ArgNames({"entries", "writer"})
        ->UseManualTime();
  };
  add("Hit", kHit, kNobody)->Threads(1)->Threads(2);
  add("Miss", kMiss, kNobody)->Threads(1)->Threads(2);
  if (Table::kTakesWriter) add("Hit", kHit, kWriter)->Threads(1);
}

void RegisterAll() {
  for (const size_t entries : {10'000, 1'000'000, 10'000'000}) {
    RegisterOne<UnlockedTable>("absl_unlocked", entries);
    RegisterOne<PinnedTable>("chainkeep", entries);
    RegisterOne<PinEachTable>("chainkeep_pin_each", entries);
    RegisterOne<AbslMutexTable>("absl_under_absl_mutex", entries);
    RegisterOne<SharedMutexTable>("absl_under_shared_mutex", entries);
    RegisterOne<TbbTable>("tbb_concurrent_hash_map", entries);
    RegisterOne<UrcuTable>("liburcu_lfht_memb", entries);
  }
}

}  // namespace
}  // namespace chainkeep::bench

int main(int argc, char** argv) {
  using namespace chainkeep::bench;
  const bool small = argc > 1 && std::strcmp(argv[1], "--pages=small") == 0;
  UsePages(small ? Pages::kSmall : Pages::kHuge, argv);
  if (small) {
    argv[1] = argv[0];
    ++argv;
    --argc;
  }
  benchmark::AddCustomContext("pages", small ? "4 KiB" : "huge, by madvise");
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  RegisterAll();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  resident.destroy();
  return 0;
}
