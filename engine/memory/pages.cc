#include "engine/memory/pages.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace chainkeep::memory {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kChunk = size_t{64} << 10;
constexpr size_t kLinePair = 128;
constexpr size_t kSmallPage = 4096;

bool IsMapped(size_t bytes, Pages pages) {
  return pages == Pages::kHuge && bytes >= kHugePage;
}

size_t RoundUp(size_t size, size_t unit) {
  return (size + unit - 1) / unit * unit;
}

// Whole pages, beginning where a huge one does. An allocator that is asked for
// that keeps what it skips.
void* MapHuge(size_t bytes) {
  const size_t size = RoundUp(bytes, kSmallPage);
  void* const map = mmap(nullptr, size + kHugePage, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  // Like operator new without exceptions: there is nothing sensible to do.
  if (map == MAP_FAILED) std::abort();
  char* const begin = static_cast<char*>(map);
  char* const aligned = reinterpret_cast<char*>(
      RoundUp(reinterpret_cast<uintptr_t>(begin), kHugePage));
  const size_t skipped = static_cast<size_t>(aligned - begin);
  if (skipped > 0) munmap(begin, skipped);
  munmap(aligned + size, kHugePage - skipped);
  // A wish; whether the kernel grants it changes nothing but the speed.
  madvise(aligned, size / kHugePage * kHugePage, MADV_HUGEPAGE);
  return aligned;
}

std::align_val_t AlignmentFor(size_t bytes) {
  return std::align_val_t(bytes >= kChunk ? kChunk : kLinePair);
}

}  // namespace

void* AllocatePages(size_t bytes, Pages pages) {
  if (IsMapped(bytes, pages)) return MapHuge(bytes);  // zeroed by the kernel
  void* const memory = ::operator new(bytes, AlignmentFor(bytes));
  std::memset(memory, 0, bytes);
  return memory;
}

void FreePages(void* memory, size_t bytes, Pages pages) {
  if (IsMapped(bytes, pages)) {
    munmap(memory, RoundUp(bytes, kSmallPage));
  } else {
    ::operator delete(memory, AlignmentFor(bytes));
  }
}

}  // namespace chainkeep::memory
