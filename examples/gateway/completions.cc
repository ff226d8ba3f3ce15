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
                                        bssl::UniquePtr<SSL>& ssl) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kMost) return Taken::kNo;
    waiting_.push_back({connection, std::move(ssl)});
  }
  changed_.notify_one();
  return Taken::kYes;
}

std::vector<Completions::Handshake> Completions::Collect() {
  const std::lock_guard lock(mutex_);
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
