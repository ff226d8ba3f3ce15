// ErrorQueueGuard leaves BoringSSL's per-thread error queue as it was found.
//
// The queue belongs to the host: what a refused certificate left there would be
// read as the cause of the host's next failure. The queue is a ring of 16: a
// host that keeps more than ten errors unread may still lose the oldest.
//
// A mark is one bit of an error. Another guard around this one, or the host,
// may have set it before, and would find it gone and empty the queue: so it is
// left set, which nobody notices who has set none.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_ERROR_QUEUE_H_
#define CHAINKEEP_ENGINE_SIGNATURE_ERROR_QUEUE_H_

#include "openssl/err.h"

namespace chainkeep::signature {

class ErrorQueueGuard {
 public:
  ErrorQueueGuard() { ERR_set_mark(); }
  ~ErrorQueueGuard() {
    ERR_pop_to_mark();
    ERR_set_mark();
  }
  ErrorQueueGuard(const ErrorQueueGuard&) = delete;
  ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;
};

}  // namespace chainkeep::signature

#endif  // CHAINKEEP_ENGINE_SIGNATURE_ERROR_QUEUE_H_
