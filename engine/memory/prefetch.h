// Prefetch asks for the cache line at `address`, which need not be readable.
//
// Not the builtin itself: GCC (12 does) takes a function that does nothing but
// prefetch for one without effect, and leaves out the calls of it. An empty
// statement that it may not look into keeps them.

#ifndef CHAINKEEP_ENGINE_MEMORY_PREFETCH_H_
#define CHAINKEEP_ENGINE_MEMORY_PREFETCH_H_

namespace chainkeep::memory {

inline void Prefetch(const void* address) {
  __builtin_prefetch(address);
  asm volatile("");
}

}  // namespace chainkeep::memory

#endif  // CHAINKEEP_ENGINE_MEMORY_PREFETCH_H_
