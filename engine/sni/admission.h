// Admission decides which names the SNI cache keeps.
//
// The memory is bounded, and who sends names is a stranger. So a name that is
// new is on probation, in a small queue, a tenth of all; only if it is used
// there, or comes back soon after it has left, it moves to the main queue. What
// was used in the main queue since its last turn gets another one. A flood of
// names that each come once thus passes through the small queue and touches
// nothing else. Names that nobody has are in a queue of their own, with memory
// of its own.
//
// After S3-FIFO (Yang et al., "FIFO queues are all you need for cache
// eviction", SOSP 2023), with one bit of use in place of its two.
//
// Not thread-safe: under the cache's lock. Each call looks at a bounded number
// of names.

#ifndef CHAINKEEP_ENGINE_SNI_ADMISSION_H_
#define CHAINKEEP_ENGINE_SNI_ADMISSION_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/sni/cached_name.h"

namespace chainkeep::sni {

struct AdmissionLimits {
  size_t bytes = 0;           // of names whose owner is known
  size_t negative_bytes = 0;  // of names that nobody has
  size_t remembered = 0;      // names that are known again after they left
};

class Admission {
 public:
  explicit Admission(const AdmissionLimits& limits);

  // Admit takes `name` in and appends to `evicted` those that must go for it,
  // which may be none and are no longer in any queue.
  void Admit(CachedName* name, std::vector<CachedName*>* evicted);

  // Replace puts `name` in the place of `old`, another answer for the same
  // name. Both are of names whose owner is known.
  void Replace(CachedName* old, CachedName* name);

  void Remove(CachedName* name);

  // The memory that remembering takes.
  static size_t BytesFor(size_t remembered);

 private:
  NameQueue& QueueOf(const CachedName& name);
  void MakeRoom(size_t bytes, std::vector<CachedName*>* evicted);

  void Remember(const CachedName& name);
  // Whether it was remembered, which it is not any longer.
  bool TakeRemembered(const CachedName& name);
  uint32_t& PlaceOf(const CachedName& name);

  const AdmissionLimits limits_;
  NameQueue small_{CachedName::Queue::kSmall};
  NameQueue main_{CachedName::Queue::kMain};
  NameQueue negative_{CachedName::Queue::kNegative};
  // Marks of hashes; a mark pushes out another. A wrong guess costs somebody a
  // turn.
  std::vector<uint32_t> remembered_;
};

}  // namespace chainkeep::sni

#endif  // CHAINKEEP_ENGINE_SNI_ADMISSION_H_
