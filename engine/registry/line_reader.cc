#include "engine/registry/line_reader.h"

namespace chainkeep::registry {

size_t LineReader::LimitOf(std::string_view line) const {
  const bool is_long = line.substr(0, limits_.prefix.size()) == limits_.prefix;
  return is_long ? limits_.long_line : limits_.line;
}

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
    too_long =
        too_long || line.size() + piece.size() >
                        LimitOf(line.empty() ? piece : std::string_view(line));
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
  if (too_long) return Step::kTooLong;
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return Step::kLine;
}

}  // namespace chainkeep::registry
