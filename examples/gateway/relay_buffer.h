// RelayBuffer: the bytes on their way in one direction, 16 KiB at most.
//
// The reader of one side fills Space(), the writer of the other takes Filled().
// A full buffer is what holds a fast sender back: its side is not read until
// the other has drained. Not thread-safe; nothing fails.

#ifndef CHAINKEEP_EXAMPLES_GATEWAY_RELAY_BUFFER_H_
#define CHAINKEEP_EXAMPLES_GATEWAY_RELAY_BUFFER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace gateway {

class RelayBuffer {
 public:
  // One TLS record's worth (RFC 8446 §5.1).
  static constexpr size_t kCapacity = 16 * 1024;

  bool empty() const { return begin_ == end_; }
  bool full() const { return end_ == kCapacity; }

  // What waits to be written.
  std::span<const uint8_t> Filled() const {
    return std::span(bytes_).subspan(begin_, end_ - begin_);
  }

  // Where to read to.
  std::span<uint8_t> Space() { return std::span(bytes_).subspan(end_); }

  // Says that `size` bytes were read into Space().
  void Commit(size_t size) { end_ += size; }

  // Says that the first `size` bytes of Filled() were written.
  void Consume(size_t size) {
    begin_ += size;
    if (begin_ == end_) Clear();
  }

  void Clear() { begin_ = end_ = 0; }

 private:
  std::array<uint8_t, kCapacity> bytes_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace gateway

#endif  // CHAINKEEP_EXAMPLES_GATEWAY_RELAY_BUFFER_H_
