// ChangeSignal wakes those who wait for a store to change.
//
//   const ChangeSignal::Ticket ticket = signal.Take();
//   if (!changed()) signal.Wait(ticket, deadline);
//
// A Wait returns once Raise was called after its ticket was taken, so nothing
// that happens between looking and waiting is missed.
//
// It is a number that the kernel watches, and not a condition variable, because
// a store outlives fork(): in the child a condition variable still counts the
// parent's waiting threads, which glibc waits for when it is told or destroyed.
//
// Thread-safety: any thread. A Raise that nobody waits for is one atomic
// increment and a system call.

#ifndef CHAINKEEP_ENGINE_STORE_CHANGE_SIGNAL_H_
#define CHAINKEEP_ENGINE_STORE_CHANGE_SIGNAL_H_

#include <atomic>
#include <chrono>
#include <cstdint>

namespace chainkeep::store {

class ChangeSignal {
 public:
  using Ticket = uint32_t;
  using Deadline = std::chrono::steady_clock::time_point;

  // DeadlineAfter returns the moment `millis` from now; the present for a
  // negative one, and years away for one too far to be told.
  static Deadline DeadlineAfter(int64_t millis);

  Ticket Take() const { return raised_.load(std::memory_order_acquire); }
  void Raise();
  void Wait(Ticket ticket, Deadline deadline) const;

 private:
  std::atomic<uint32_t> raised_{0};
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_CHANGE_SIGNAL_H_
