// CellPool hands out pieces of memory of one size, without an allocator's
// overhead for each.
//
// Cells lie in chunks of 64 KiB; what is freed is used again; chunks are given
// back with the pool. A pool that has become large takes chunks by the huge
// page (pages.h). Any thread may allocate and free; both take a short lock.

#ifndef CHAINKEEP_ENGINE_MEMORY_CELL_POOL_H_
#define CHAINKEEP_ENGINE_MEMORY_CELL_POOL_H_

#include <cstddef>
#include <mutex>
#include <vector>

#include "engine/memory/fork_aware.h"

namespace chainkeep::memory {

class CellPool final : private ForkAware {
 public:
  static constexpr size_t kMaxBytes = size_t{8} << 10;

  // Cells of `bytes`, at most kMaxBytes, at multiples of `alignment`: a power
  // of two, at least that of a pointer, of which `bytes` is a multiple.
  CellPool(size_t bytes, size_t alignment);
  ~CellPool();
  CellPool(const CellPool&) = delete;
  CellPool& operator=(const CellPool&) = delete;

  void* Allocate();

  // Free takes back a cell of any CellPool, which must still be there.
  static void Free(void* cell);

  // The memory of all chunks.
  size_t bytes() const;

 private:
  struct Cell {
    Cell* next;
  };
  struct Chunk {
    CellPool* pool;
  };
  struct Block {
    void* memory;
    size_t bytes;
  };

  void TakeBack(void* cell);
  // Under the lock.
  void AddChunks();

  void BeforeFork() override { mutex_.lock(); }
  void AfterForkInParent() override { mutex_.unlock(); }
  void AfterForkInChild() override { mutex_.unlock(); }

  const size_t cell_bytes_;
  const size_t first_cell_;  // where in its chunk

  mutable std::mutex mutex_;  // guards what follows
  Cell* free_ = nullptr;
  std::vector<Block> blocks_;

  ForkRegistration fork_registration_{this};
};

}  // namespace chainkeep::memory

#endif  // CHAINKEEP_ENGINE_MEMORY_CELL_POOL_H_
