// Pool allocates many small objects of one type without an allocator's
// overhead for each.
//
//   Pool<Thing> pool;
//   Thing* thing = pool.New(...);
//   epochs.Retire(thing, &Pool<Thing>::Delete, sizeof(Thing));
//
// Objects lie in chunks of 64 KiB; what is deleted is used again; chunks are
// given back with the pool. A pool that has become large takes chunks by the
// huge page (pages.h). New and Delete may be called by any thread and take a
// short lock.

#ifndef CHAINKEEP_ENGINE_MEMORY_POOL_H_
#define CHAINKEEP_ENGINE_MEMORY_POOL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "engine/memory/fork_aware.h"
#include "engine/memory/pages.h"

namespace chainkeep::memory {

template <typename T>
class Pool final : private ForkAware {
 public:
  Pool() = default;
  // All objects must have been deleted, or need no destructor.
  ~Pool() {
    for (const Block& block : blocks_) {
      FreePages(block.memory, block.bytes, Pages::kHuge);
    }
  }

  template <typename... Args>
  T* New(Args&&... args) {
    return new (Allocate()) T(std::forward<Args>(args)...);
  }

  // Delete destroys an object that a Pool<T>, which must still be there, made.
  static void Delete(void* object) {
    static_cast<T*>(object)->~T();
    // Chunks lie at multiples of their size.
    auto* chunk = reinterpret_cast<Chunk*>(reinterpret_cast<uintptr_t>(object) &
                                           ~(kChunkBytes - 1));
    chunk->pool->Free(object);
  }

  size_t bytes() const {
    const std::lock_guard lock(mutex_);
    size_t bytes = 0;
    for (const Block& block : blocks_) bytes += block.bytes;
    return bytes;
  }

 private:
  static constexpr size_t kChunkBytes = size_t{64} << 10;
  // After so many chunks one by one, they come 32 at a time: a huge page.
  static constexpr size_t kSingleChunks = 16;
  static constexpr size_t kChunksPerBlock = 32;

  union Cell {
    Cell* next;
    alignas(T) std::array<std::byte, sizeof(T)> object;
  };
  struct Header {
    Pool* pool;
  };
  struct Block {
    void* memory;
    size_t bytes;
  };
  struct Chunk : Header {
    std::array<Cell, (kChunkBytes - sizeof(Header)) / sizeof(Cell)> cells;
  };
  static_assert(sizeof(Chunk) <= kChunkBytes);
  static_assert(sizeof(Cell) <= kChunkBytes / 8);

  void* Allocate() {
    const std::lock_guard lock(mutex_);
    if (free_ == nullptr) AddChunks();
    Cell* cell = free_;
    free_ = cell->next;
    return cell;
  }

  void Free(void* object) {
    const std::lock_guard lock(mutex_);
    auto* cell = static_cast<Cell*>(object);
    cell->next = free_;
    free_ = cell;
  }

  void AddChunks() {
    const size_t count = blocks_.size() < kSingleChunks ? 1 : kChunksPerBlock;
    const size_t bytes = count * kChunkBytes;
    const Block block{AllocatePages(bytes, Pages::kHuge), bytes};
    blocks_.push_back(block);
    // What comes first in memory is used first.
    for (size_t i = count; i-- > 0;) {
      auto* chunk = reinterpret_cast<Chunk*>(static_cast<char*>(block.memory) +
                                             i * kChunkBytes);
      chunk->pool = this;
      for (size_t j = chunk->cells.size(); j-- > 0;) {
        chunk->cells[j].next = free_;
        free_ = &chunk->cells[j];
      }
    }
  }

  void BeforeFork() override { mutex_.lock(); }
  void AfterForkInParent() override { mutex_.unlock(); }
  void AfterForkInChild() override { mutex_.unlock(); }

  mutable std::mutex mutex_;
  Cell* free_ = nullptr;
  std::vector<Block> blocks_;

  ForkRegistration fork_registration_{this};
};

}  // namespace chainkeep::memory

#endif  // CHAINKEEP_ENGINE_MEMORY_POOL_H_
