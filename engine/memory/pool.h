// Pool allocates many small objects of one type without an allocator's
// overhead for each (cell_pool.h).
//
//   Pool<Thing> pool;
//   Thing* thing = pool.New(...);
//   epochs.Retire(thing, &Pool<Thing>::Delete, sizeof(Thing));
//
// Any thread may call New and Delete.

#ifndef CHAINKEEP_ENGINE_MEMORY_POOL_H_
#define CHAINKEEP_ENGINE_MEMORY_POOL_H_

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>

#include "engine/memory/cell_pool.h"

namespace chainkeep::memory {

// All objects must have been deleted before the pool goes, or need no
// destructor.
template <typename T>
class Pool {
 public:
  template <typename... Args>
  T* New(Args&&... args) {
    return new (cells_.Allocate()) T(std::forward<Args>(args)...);
  }

  // Delete destroys an object that a Pool<T>, which must still be there, made.
  static void Delete(void* object) {
    static_cast<T*>(object)->~T();
    CellPool::Free(object);
  }

  size_t bytes() const { return cells_.bytes(); }

 private:
  static constexpr size_t kAlignment = std::max(alignof(T), alignof(void*));
  static constexpr size_t kBytes =
      (sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
  static_assert(kBytes <= CellPool::kMaxBytes);

  CellPool cells_{kBytes, kAlignment};
};

}  // namespace chainkeep::memory

#endif  // CHAINKEEP_ENGINE_MEMORY_POOL_H_
