#include "examples/gateway/output.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"

namespace gateway {

void Output::Log(std::string_view line) {
  if (!has_room()) {
    ++dropped_;
    return;
  }
  Answer(line);
}

void Output::Answer(std::string_view line) {
  absl::StrAppend(&waiting_, line, "\n");
}

Output::Health Output::Flush() {
  // A pipe that poll() calls writable takes PIPE_BUF bytes without blocking;
  // setting O_NONBLOCK instead would change it for other processes, too.
  const size_t size = std::min<size_t>(waiting_.size(), PIPE_BUF);
  if (size == 0) return Health::kOpen;
  const ssize_t written = write(fd_, waiting_.data(), size);
  if (written < 0) {
    return errno == EINTR || errno == EAGAIN ? Health::kOpen : Health::kGone;
  }
  waiting_.erase(0, static_cast<size_t>(written));
  return Health::kOpen;
}

}  // namespace gateway
