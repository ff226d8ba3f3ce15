#include "engine/memory/cell_pool.h"

#include <algorithm>
#include <cstdint>
#include <new>

#include "engine/memory/pages.h"

namespace chainkeep::memory {
namespace {

constexpr size_t kChunkBytes = size_t{64} << 10;
// After so many chunks one by one, they come 32 at a time: a huge page.
constexpr size_t kSingleChunks = 16;
constexpr size_t kChunksPerBlock = 32;

}  // namespace

CellPool::CellPool(size_t bytes, size_t alignment)
    : cell_bytes_(bytes), first_cell_(std::max(sizeof(Chunk), alignment)) {}

CellPool::~CellPool() {
  for (const Block& block : blocks_) {
    FreePages(block.memory, block.bytes, Pages::kHuge);
  }
}

void* CellPool::Allocate() {
  const std::lock_guard lock(mutex_);
  if (free_ == nullptr) AddChunks();
  Cell* const cell = free_;
  free_ = cell->next;
  return cell;
}

void CellPool::Free(void* cell) {
  // Chunks lie at multiples of their size.
  const auto* const chunk = reinterpret_cast<const Chunk*>(
      reinterpret_cast<uintptr_t>(cell) & ~(kChunkBytes - 1));
  chunk->pool->TakeBack(cell);
}

void CellPool::TakeBack(void* cell) {
  const std::lock_guard lock(mutex_);
  free_ = new (cell) Cell{free_};
}

size_t CellPool::bytes() const {
  const std::lock_guard lock(mutex_);
  size_t bytes = 0;
  for (const Block& block : blocks_) bytes += block.bytes;
  return bytes;
}

void CellPool::AddChunks() {
  const size_t count = blocks_.size() < kSingleChunks ? 1 : kChunksPerBlock;
  const size_t bytes = count * kChunkBytes;
  char* const memory = static_cast<char*>(AllocatePages(bytes, Pages::kHuge));
  blocks_.push_back({memory, bytes});
  const size_t cells = (kChunkBytes - first_cell_) / cell_bytes_;
  // What comes first in memory is used first.
  for (size_t i = count; i-- > 0;) {
    char* const chunk = memory + i * kChunkBytes;
    new (chunk) Chunk{this};
    for (size_t j = cells; j-- > 0;) {
      free_ = new (chunk + first_cell_ + j * cell_bytes_) Cell{free_};
    }
  }
}

}  // namespace chainkeep::memory
