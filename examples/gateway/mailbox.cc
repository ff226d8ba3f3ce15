#include "examples/gateway/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "absl/status/status.h"

namespace gateway {

absl::Status Mailbox::Open() {
  wake_ = Fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  return wake_.valid() ? absl::OkStatus() : SystemError("eventfd");
}

void Mailbox::Post(Work work) {
  {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
  }
  // It fails only when it is at its highest, and then the loop wakes up anyway.
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = write(wake_.get(), &one, sizeof(one));
}

void Mailbox::Run() {
  // Taken before the work: what is posted from now on wakes the loop again.
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(wake_.get(), &count, sizeof(count));
  std::vector<Work> work;
  {
    const std::lock_guard lock(mutex_);
    work.swap(work_);
  }
  for (const Work& piece : work) piece();
}

}  // namespace gateway
