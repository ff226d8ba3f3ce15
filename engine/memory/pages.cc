#include "engine/memory/pages.h"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace chainkeep::memory {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kChunk = size_t{64} << 10;
constexpr size_t kLinePair = 128;

std::align_val_t AlignmentFor(size_t bytes, Pages pages) {
  if (pages == Pages::kHuge && bytes >= kHugePage) {
    return std::align_val_t(kHugePage);
  }
  return std::align_val_t(bytes >= kChunk ? kChunk : kLinePair);
}

}  // namespace

void* AllocatePages(size_t bytes, Pages pages) {
  const std::align_val_t alignment = AlignmentFor(bytes, pages);
  void* memory = ::operator new(bytes, alignment);
  if (static_cast<size_t>(alignment) == kHugePage) {
    // A wish; whether the kernel grants it changes nothing but the speed.
    madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
  }
  std::memset(memory, 0, bytes);
  return memory;
}

void FreePages(void* memory, size_t bytes, Pages pages) {
  ::operator delete(memory, AlignmentFor(bytes, pages));
}

}  // namespace chainkeep::memory
