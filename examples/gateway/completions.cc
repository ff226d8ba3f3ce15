#include "examples/gateway/completions.h"

#include <utility>

namespace gateway {

Completions::Completions(std::function<void(SSL*)> work,
                         std::function<void()> tell)
    : work_(std::move(work)),
      tell_(std::move(tell)),
      thread_([this] { Run(); }) {}

Completions::~Completions() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Completions::Taken Completions::TryTake(int64_t connection,
                                        const chainkeep::Account& whose,
                                        bssl::UniquePtr<SSL>& ssl) {
  {
    const std::lock_guard lock(mutex_);
    const auto own = count_of_.find(whose);
    if (count_ >= kMost ||
        (own != count_of_.end() && own->second >= kMostOfOne)) {
      return Taken::kNo;
    }
    ++count_;
    ++count_of_[whose];
    waiting_.push_back({connection, whose, std::move(ssl)});
  }
  changed_.notify_one();
  return Taken::kYes;
}

std::vector<Completions::Handshake> Completions::Collect() {
  const std::lock_guard lock(mutex_);
  count_ -= done_.size();
  for (const Handshake& done : done_) {
    const auto own = count_of_.find(done.whose);
    if (--own->second == 0) count_of_.erase(own);
  }
  return std::exchange(done_, {});
}

void Completions::Run() {
  for (;;) {
    Handshake next;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_stopped_ || !waiting_.empty(); });
      if (is_stopped_) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    work_(next.ssl.get());
    {
      const std::lock_guard lock(mutex_);
      done_.push_back(std::move(next));
    }
    tell_();
  }
}

}  // namespace gateway
