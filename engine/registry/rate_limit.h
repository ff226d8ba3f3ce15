// RateLimit counts what each account does, and says when it is too much.
//
// Every account has a bucket of `per_second` tokens, which fills at that rate;
// Take takes one. Buckets that are full again are forgotten, so that memory is
// for accounts that were busy in the last second.
//
// Thread-safety: any thread; a lock for a map look-up. The caller gives the
// time. Where that goes backwards nothing fills for a second at most.

#ifndef CHAINKEEP_ENGINE_REGISTRY_RATE_LIMIT_H_
#define CHAINKEEP_ENGINE_REGISTRY_RATE_LIMIT_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "chainkeep/types.h"
#include "engine/memory/fork_safe_mutex.h"

namespace chainkeep::registry {

class RateLimit {
 public:
  // 0: nothing is allowed.
  explicit RateLimit(uint32_t per_second) : per_second_(per_second) {}

  // Whether `account` may, at `now`.
  bool Take(const Account& account, UnixMillis now);

  // Whether Take would say yes; takes nothing.
  bool Has(const Account& account, UnixMillis now);

  // How many accounts are remembered.
  size_t size() const { return buckets_.size(); }

 private:
  struct Bucket {
    int64_t millitokens;  // a thousandth of a token each
    UnixMillis at;
  };

  void ForgetFull(UnixMillis now);
  static void FollowClock(UnixMillis now, Bucket* bucket);
  int64_t FilledAt(const Bucket& bucket, UnixMillis now) const;

  const int64_t per_second_;
  memory::ForkSafeMutex mutex_;  // guards what follows
  absl::flat_hash_map<Account, Bucket> buckets_;
  UnixMillis swept_ = 0;
};

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_RATE_LIMIT_H_
