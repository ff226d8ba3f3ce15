#include "cmd/argument_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cmd/usage_error.h"
#include "nlohmann/json.hpp"

namespace chainkeep::cmd {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

[[noreturn]] void Fail(std::string_view what, const std::string& path,
                       std::string_view why) {
  throw UsageError(
      absl::StrCat(what, ": cannot read ", Quoted(path), ": ", why));
}

std::string_view KindName(mode_t mode) {
  if (S_ISDIR(mode)) return "it is a directory";
  if (S_ISFIFO(mode)) return "it is a pipe, not a regular file";
  return "it is not a regular file";
}

}  // namespace

std::string ReadFile(std::string_view what, const std::string& path,
                     size_t limit) {
  // Without O_NONBLOCK, opening a pipe that nobody writes to would wait.
  const Descriptor file(
      open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (file.get() < 0) Fail(what, path, std::strerror(errno));
  struct stat info = {};
  if (fstat(file.get(), &info) != 0) Fail(what, path, std::strerror(errno));
  if (!S_ISREG(info.st_mode)) Fail(what, path, KindName(info.st_mode));

  std::string contents;
  for (;;) {
    char buffer[16384];
    const ssize_t count = read(file.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) Fail(what, path, std::strerror(errno));
    if (count == 0) return contents;
    contents.append(buffer, static_cast<size_t>(count));
    // Not by its size, which a file that grows does not keep to.
    if (contents.size() > limit) {
      Fail(what, path, absl::StrCat("it has more than ", limit, " bytes"));
    }
  }
}

void CheckText(std::string_view what, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) {
    throw UsageError(absl::StrCat(what, " holds a NUL byte"));
  }
  try {
    // The JSON library's is the UTF-8 check at hand.
    (void)nlohmann::json(text).dump();
  } catch (const nlohmann::json::type_error&) {
    throw UsageError(absl::StrCat(what, " is not UTF-8 text"));
  }
}

std::string ResolveArgument(std::string_view what, const std::string& value) {
  for (const std::string_view scheme : {"file://", "fileb://"}) {
    if (!absl::StartsWith(value, scheme)) continue;
    const std::string path = value.substr(scheme.size());
    std::string text = ReadFile(what, path, kTextFileLimit);
    CheckText(absl::StrCat(what, ": ", Quoted(path)), text);
    return text;
  }
  CheckText(what, value);
  return value;
}

}  // namespace chainkeep::cmd
