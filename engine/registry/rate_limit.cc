#include "engine/registry/rate_limit.h"

#include <algorithm>
#include <mutex>

namespace chainkeep::registry {
namespace {

constexpr int64_t kToken = 1000;
constexpr UnixMillis kSecond = 1000;

}  // namespace

int64_t RateLimit::FilledAt(const Bucket& bucket, UnixMillis now) const {
  // A full second fills any bucket: more would only overflow.
  const int64_t passed = std::clamp<int64_t>(now - bucket.at, 0, kSecond);
  return std::min(per_second_ * kToken,
                  bucket.millitokens + passed * per_second_);
}

// Threads may come with times a little out of order: to begin anew at each
// would fill the bucket again and again.
void RateLimit::FollowClock(UnixMillis now, Bucket* bucket) {
  if (now < bucket->at - kSecond) bucket->at = now;
}

void RateLimit::ForgetFull(UnixMillis now) {
  if (now - swept_ < kSecond && now >= swept_) return;
  swept_ = now;
  absl::erase_if(buckets_, [&](auto& entry) {
    FollowClock(now, &entry.second);
    return FilledAt(entry.second, now) == per_second_ * kToken;
  });
}

bool RateLimit::Has(const Account& account, UnixMillis now) {
  if (per_second_ == 0) return false;
  const std::lock_guard lock(mutex_);
  const auto it = buckets_.find(account);
  if (it == buckets_.end()) return true;
  FollowClock(now, &it->second);
  return FilledAt(it->second, now) >= kToken;
}

bool RateLimit::Take(const Account& account, UnixMillis now) {
  if (per_second_ == 0) return false;
  const std::lock_guard lock(mutex_);
  ForgetFull(now);
  Bucket& bucket =
      buckets_.try_emplace(account, Bucket{per_second_ * kToken, now})
          .first->second;
  FollowClock(now, &bucket);
  bucket.millitokens = FilledAt(bucket, now);
  bucket.at = std::max(bucket.at, now);
  if (bucket.millitokens < kToken) return false;
  bucket.millitokens -= kToken;
  return true;
}

}  // namespace chainkeep::registry
