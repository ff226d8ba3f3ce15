// ErrorQueueGuard leaves BoringSSL's per-thread error queue as it was found.
//
// The queue belongs to the host: what a refused certificate left there would be
// read as the cause of the host's next failure. The queue is a ring of 16, and
// a mark is one bit: a host that keeps more than ten errors unread, or a mark
// of its own on the newest of them, across a call of ours may still lose those.
//
// A guard within a guard does nothing: the outer one would find its mark gone,
// and empty the queue.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_ERROR_QUEUE_H_
#define CHAINKEEP_ENGINE_SIGNATURE_ERROR_QUEUE_H_

#include "openssl/err.h"

namespace chainkeep::signature {

class ErrorQueueGuard {
 public:
  ErrorQueueGuard() {
    if (depth_++ == 0) ERR_set_mark();
  }
  ~ErrorQueueGuard() {
    if (--depth_ == 0) ERR_pop_to_mark();
  }
  ErrorQueueGuard(const ErrorQueueGuard&) = delete;
  ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;

 private:
  static constinit inline thread_local int depth_ = 0;
};

}  // namespace chainkeep::signature

#endif  // CHAINKEEP_ENGINE_SIGNATURE_ERROR_QUEUE_H_
