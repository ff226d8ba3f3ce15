#include "engine/registry/line_reader.h"

namespace chainkeep::registry {

namespace {

// How much of `line` is in no JSON string.
size_t OutsideStrings(std::string_view line) {
  size_t outside = 0;
  bool inside = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (inside && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      inside = !inside;
    } else if (!inside) {
      ++outside;
    }
  }
  return outside;
}

}  // namespace

bool LineReader::Fill() {
  stream_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  rest_ = {buffer_.data(), static_cast<size_t>(stream_.gcount())};
  return !rest_.empty();
}

LineReader::Step LineReader::Next(std::string& line) {
  line.clear();
  bool any = false;
  bool too_long = false;
  while (!rest_.empty() || Fill()) {
    if (!any) ++number_;
    any = true;
    const size_t end = rest_.find('\n');
    const std::string_view piece = rest_.substr(0, end);
    too_long = too_long || line.size() + piece.size() > limits_.line;
    if (too_long) {
      line.clear();
    } else {
      line += piece;
    }
    if (end == std::string_view::npos) {
      rest_ = {};
      continue;
    }
    rest_.remove_prefix(end + 1);
    break;
  }
  if (stream_.bad()) return Step::kFailed;
  if (!any) return Step::kEnd;
  if (too_long || (line.size() > limits_.outside_strings &&
                   OutsideStrings(line) > limits_.outside_strings)) {
    return Step::kTooLong;
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return Step::kLine;
}

}  // namespace chainkeep::registry
