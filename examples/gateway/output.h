// Output: lines to standard output that never block the gateway.
//
// Whoever reads the gateway's lines may be slow. So lines wait in a bounded
// queue, and Flush writes only what poll() has said will fit. When the queue is
// full, log lines are dropped and counted; answers to commands are not, for the
// gateway reads no further command until there is room again.
//
// Not thread-safe: it belongs to the gateway's loop.

#ifndef CHAINKEEP_EXAMPLES_GATEWAY_OUTPUT_H_
#define CHAINKEEP_EXAMPLES_GATEWAY_OUTPUT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gateway {

class Output {
 public:
  // Bytes that may wait before log lines are dropped.
  static constexpr size_t kCapacity = 1 << 20;

  explicit Output(int fd) : fd_(fd) {}

  // Log queues one line, or drops it when the queue is full.
  void Log(std::string_view line);

  // Answer queues one line in any case. Ask has_room() before working on it.
  void Answer(std::string_view line);

  bool has_room() const { return waiting_.size() < kCapacity; }
  bool empty() const { return waiting_.empty(); }
  int fd() const { return fd_; }
  int64_t dropped() const { return dropped_; }

  enum class Health { kOpen, kGone };

  // Flush writes a piece of the queue: call it when poll() says that the
  // descriptor is writable. kGone: nobody will ever read it again.
  Health Flush();

 private:
  const int fd_;
  std::string waiting_;
  int64_t dropped_ = 0;
};

}  // namespace gateway

#endif  // CHAINKEEP_EXAMPLES_GATEWAY_OUTPUT_H_
