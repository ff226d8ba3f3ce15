// FakeSource is an EndpointSource that answers when a test says so.

#ifndef CHAINKEEP_TESTS_SNI_FAKE_SOURCE_H_
#define CHAINKEEP_TESTS_SNI_FAKE_SOURCE_H_

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chainkeep/endpoint.h"

namespace chainkeep::test {

// Thread-safe.
class FakeSource final : public EndpointSource {
 public:
  struct Asked {
    Region region;
    std::string name;
    Done done;
  };
  using Rule = std::function<Answer(const Region&, std::string_view)>;

  void Lookup(const Region& region, std::string_view host_name,
              Done done) override {
    ++count_;
    if (rule_ != nullptr) {
      // Without the lock: a child of fork may ask too, and would find it held
      // for ever by a thread that it has not.
      done(rule_(region, host_name));
      return;
    }
    const std::lock_guard lock(mutex_);
    asked_.push_back({region, std::string(host_name), std::move(done)});
  }

  // From now on each Lookup is answered at once, by `rule`. Not while others
  // ask.
  void AnswerBy(Rule rule) { rule_ = std::move(rule); }

  // Takes the look-up that was asked first and waits.
  bool TryTake(Asked* asked) {
    const std::lock_guard lock(mutex_);
    if (asked_.empty()) return false;
    *asked = std::move(asked_.front());
    asked_.erase(asked_.begin());
    return true;
  }
  // Likewise; there must be one.
  Asked Take() {
    Asked asked;
    if (!TryTake(&asked)) std::abort();
    return asked;
  }

  size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return asked_.size();
  }
  // Lookups there have been.
  size_t count() const { return count_; }

 private:
  std::atomic<size_t> count_ = 0;
  Rule rule_;
  mutable std::mutex mutex_;  // guards what follows
  std::vector<Asked> asked_;
};

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SNI_FAKE_SOURCE_H_
