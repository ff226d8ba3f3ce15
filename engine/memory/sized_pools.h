// SizedPools allocates small pieces of memory of many sizes: a CellPool for
// each multiple of eight bytes.
//
//   SizedPools pools(272);
//   void* record = pools.Allocate(49);    // takes 56
//   epochs.Retire(record, &SizedPools::Free, 49);
//
// What was freed is used again for the same size only, until the pools go: for
// things whose sizes vary, but not over time.
//
// Any thread may allocate and free.

#ifndef CHAINKEEP_ENGINE_MEMORY_SIZED_POOLS_H_
#define CHAINKEEP_ENGINE_MEMORY_SIZED_POOLS_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "engine/memory/cell_pool.h"

namespace chainkeep::memory {

class SizedPools {
 public:
  // Of sizes up to `max_bytes`, which is at most CellPool::kMaxBytes.
  explicit SizedPools(size_t max_bytes) {
    for (size_t i = 0; i <= IndexOf(max_bytes); ++i) {
      pools_.push_back(std::make_unique<CellPool>((i + 1) * kStep, kStep));
    }
  }

  // `bytes` is from 1 to the limit; what is returned is aligned to 8.
  void* Allocate(size_t bytes) { return pools_[IndexOf(bytes)]->Allocate(); }
  static void Free(void* memory) { CellPool::Free(memory); }

  // The memory of all pools.
  size_t bytes() const {
    size_t bytes = 0;
    for (const auto& pool : pools_) bytes += pool->bytes();
    return bytes;
  }

 private:
  static constexpr size_t kStep = 8;
  static size_t IndexOf(size_t bytes) { return (bytes - 1) / kStep; }

  std::vector<std::unique_ptr<CellPool>> pools_;
};

}  // namespace chainkeep::memory

#endif  // CHAINKEEP_ENGINE_MEMORY_SIZED_POOLS_H_
