// AllocatePages gives zeroed memory for big arrays.

#ifndef CHAINKEEP_ENGINE_MEMORY_PAGES_H_
#define CHAINKEEP_ENGINE_MEMORY_PAGES_H_

#include <cstddef>
#include <cstdint>

namespace chainkeep::memory {

// Pages says which pages an array should lie in. A look-up at random in
// hundreds of megabytes of small pages waits for the page table as well as for
// the data; huge ones cost nothing where the kernel has them to give, and waste
// less than one of them per array.
enum class Pages : uint8_t {
  kSmall,
  // Arrays of at least one huge page (2 MiB) ask for transparent huge pages.
  kHuge,
};

// `bytes` is a multiple of 128; so is the address, and a multiple of 64 KiB
// where there are so many bytes. Freed by FreePages.
void* AllocatePages(size_t bytes, Pages pages);
void FreePages(void* memory, size_t bytes, Pages pages);

}  // namespace chainkeep::memory

#endif  // CHAINKEEP_ENGINE_MEMORY_PAGES_H_
