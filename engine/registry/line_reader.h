// LineReader reads a stream line by line, with a bound on what one line takes.
//
// A line that is too long is passed over, not kept: whoever sends a gigabyte
// without a line feed costs the time to read it. For one thread.

#ifndef CHAINKEEP_ENGINE_REGISTRY_LINE_READER_H_
#define CHAINKEEP_ENGINE_REGISTRY_LINE_READER_H_

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace chainkeep::registry {

class LineReader {
 public:
  enum class Step : uint8_t {
    kLine,
    kTooLong,
    kEnd,
    kFailed,  // the stream cannot be read
  };
  // A line may have `line` bytes, and of those `outside_strings` that are in no
  // JSON string: these are what a parser makes objects of, many times as large.
  struct Limits {
    size_t line;
    size_t outside_strings;
  };

  LineReader(std::istream& stream, const Limits& limits)
      : stream_(stream), limits_(limits), buffer_(kBufferSize) {}

  // Next reads the next line into `line`, without its "\n" or "\r\n".
  Step Next(std::string& line);

  // Of the line that Next gave last; the first is 1.
  int64_t number() const { return number_; }

 private:
  static constexpr size_t kBufferSize = 64 * 1024;

  // False at the end of the stream.
  bool Fill();

  std::istream& stream_;
  const Limits limits_;
  std::vector<char> buffer_;
  std::string_view rest_;  // of the buffer
  int64_t number_ = 0;
};

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_LINE_READER_H_
