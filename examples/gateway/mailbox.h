// Mailbox: what other threads have for the gateway's loop.
//
// The engine tells of changes on the thread that saw them, which may be the one
// that follows the store; connections belong to the loop. So work is posted,
// and poll() wakes up for it.
//
// Thread-safety: Post by any thread; the rest by the loop.

#ifndef CHAINKEEP_EXAMPLES_GATEWAY_MAILBOX_H_
#define CHAINKEEP_EXAMPLES_GATEWAY_MAILBOX_H_

#include <functional>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "examples/gateway/sockets.h"

namespace gateway {

class Mailbox {
 public:
  using Work = std::function<void()>;

  // Open makes the descriptor. Once, before anything else.
  absl::Status Open();

  // Readable while there is work.
  int fd() const { return wake_.get(); }

  void Post(Work work);

  // Runs all that has been posted, in order.
  void Run();

 private:
  Fd wake_;
  std::mutex mutex_;
  std::vector<Work> work_;  // guarded by mutex_
};

}  // namespace gateway

#endif  // CHAINKEEP_EXAMPLES_GATEWAY_MAILBOX_H_
