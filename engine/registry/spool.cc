#include "engine/registry/spool.h"

#include "chainkeep/status.h"

namespace chainkeep::registry {
namespace {

absl::Status Failed() {
  return MakeError(ErrorCode::kServiceUnavailable,
                   "the temporary file of an import or export cannot be "
                   "written or read");
}

}  // namespace

Spool::~Spool() {
  if (file_ != nullptr) std::fclose(file_);
}

absl::Status Spool::Append(std::string_view bytes) {
  if (file_ == nullptr && memory_.size() + bytes.size() <= in_memory_) {
    memory_ += bytes;
    return absl::OkStatus();
  }
  if (file_ == nullptr) file_ = std::tmpfile();
  if (file_ == nullptr ||
      std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) {
    return Failed();
  }
  return absl::OkStatus();
}

absl::Status Spool::Rewind() {
  if (file_ == nullptr) return absl::OkStatus();
  if (std::fflush(file_) != 0 || std::fseek(file_, 0, SEEK_SET) != 0) {
    return Failed();
  }
  return absl::OkStatus();
}

Spool::int_type Spool::underflow() {
  if (!memory_is_read_) {
    memory_is_read_ = true;
    setg(memory_.data(), memory_.data(), memory_.data() + memory_.size());
    if (gptr() != egptr()) return traits_type::to_int_type(*gptr());
  }
  if (file_ == nullptr) return traits_type::eof();
  buffer_.resize(64 * 1024);
  const size_t count = std::fread(buffer_.data(), 1, buffer_.size(), file_);
  if (count == 0) {
    has_failed_ = std::ferror(file_) != 0;
    return traits_type::eof();
  }
  setg(buffer_.data(), buffer_.data(), buffer_.data() + count);
  return traits_type::to_int_type(*gptr());
}

}  // namespace chainkeep::registry
