// What a pin costs the thread that reads, beside what is in it anyway: a store
// that must be finished before anything is read ("StoreAndClear": one such
// store, a load and a plain store, on words of the thread's own).

#include <atomic>
#include <memory>
#include <thread>

#include "benchmark/benchmark.h"
#include "engine/memory/epochs.h"

namespace chainkeep::memory {
namespace {

void StoreAndClear(benchmark::State& state) {
  std::atomic<uint64_t> epoch{1};
  std::atomic<uint64_t> slot{0};
  for (auto _ : state) {
    slot.store(epoch.load(std::memory_order_relaxed),
               std::memory_order_seq_cst);
    benchmark::DoNotOptimize(epoch.load(std::memory_order_seq_cst));
    slot.store(0, std::memory_order_release);
  }
}
BENCHMARK(StoreAndClear);

void Pin(benchmark::State& state) {
  const Epochs epochs;
  for (auto _ : state) {
    const Epochs::Pin pin = epochs.Acquire();
    benchmark::DoNotOptimize(&pin);
  }
}
BENCHMARK(Pin);

void PinInsideAnother(benchmark::State& state) {
  const Epochs epochs;
  const Epochs::Pin outer = epochs.Acquire();
  for (auto _ : state) {
    const Epochs::Pin pin = epochs.Acquire();
    benchmark::DoNotOptimize(&pin);
  }
}
BENCHMARK(PinInsideAnother);

// Two Epochs in turns, so that the slot is looked for in the thread's list; two
// pins a turn.
void PinInTurns(benchmark::State& state) {
  const Epochs a;
  const Epochs b;
  for (auto _ : state) {
    {
      const Epochs::Pin pin = a.Acquire();
      benchmark::DoNotOptimize(&pin);
    }
    const Epochs::Pin pin = b.Acquire();
    benchmark::DoNotOptimize(&pin);
  }
}
BENCHMARK(PinInTurns);

// Two threads, the same Epochs: their slots share nothing.
void PinOfTwoThreads(benchmark::State& state) {
  static const Epochs& epochs = *new Epochs;
  for (auto _ : state) {
    const Epochs::Pin pin = epochs.Acquire();
    benchmark::DoNotOptimize(&pin);
  }
}
BENCHMARK(PinOfTwoThreads)->Threads(1)->Threads(2);

// Beside a thread that stamps all the time, and so moves the epoch on at every
// 64th time: a writer that does nothing else.
void PinBesideAWriter(benchmark::State& state) {
  Epochs epochs;
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    while (!stop.load(std::memory_order_relaxed)) epochs.Stamp();
  });
  for (auto _ : state) {
    const Epochs::Pin pin = epochs.Acquire();
    benchmark::DoNotOptimize(&pin);
  }
  stop = true;
  writer.join();
}
BENCHMARK(PinBesideAWriter);

}  // namespace
}  // namespace chainkeep::memory
