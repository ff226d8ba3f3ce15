#include "engine/store/change_signal.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

namespace chainkeep::store {
namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

// futex(2). The kernel compares the four bytes that an atomic<uint32_t> is.
static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t) &&
              std::atomic<uint32_t>::is_always_lock_free);

void Futex(const std::atomic<uint32_t>& word, int operation, uint32_t value,
           const timespec* timeout) {
  syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, timeout,
          nullptr, 0);
}

}  // namespace

ChangeSignal::Deadline ChangeSignal::DeadlineAfter(int64_t millis) {
  constexpr int64_t kYear = int64_t{366} * 24 * 60 * 60 * 1000;
  return steady_clock::now() +
         std::chrono::milliseconds(std::clamp<int64_t>(millis, 0, kYear));
}

void ChangeSignal::Raise() {
  raised_.fetch_add(1, std::memory_order_release);
  Futex(raised_, FUTEX_WAKE, INT_MAX, nullptr);
}

void ChangeSignal::Wait(Ticket ticket, Deadline deadline) const {
  // Also woken for no reason, by signals among others.
  while (Take() == ticket) {
    const auto left =
        std::chrono::duration_cast<nanoseconds>(deadline - steady_clock::now());
    if (left <= nanoseconds(0)) return;
    constexpr int64_t kSecond = 1'000'000'000;
    const timespec timeout = {
        .tv_sec = static_cast<time_t>(left.count() / kSecond),
        .tv_nsec = static_cast<long>(left.count() % kSecond)};  // NOLINT
    Futex(raised_, FUTEX_WAIT, ticket, &timeout);
  }
}

}  // namespace chainkeep::store
