#include "cmd/argument_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
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

std::string_view WithoutScheme(std::string_view path) {
  if (!absl::ConsumePrefix(&path, "file://")) {
    (void)absl::ConsumePrefix(&path, "fileb://");
  }
  return path;
}

std::optional<uint64_t> DerSize(std::string_view contents) {
  const auto byte = [&](size_t i) {
    return static_cast<unsigned char>(contents[i]);
  };
  if (contents.size() < 2 || byte(0) != 0x30) return std::nullopt;
  if (byte(1) < 0x80) {
    if (2u + byte(1) > contents.size()) return std::nullopt;
    return 2u + byte(1);
  }
  const size_t count = byte(1) & 0x7fu;
  if (count < 1 || count > 4 || contents.size() < 2 + count) {
    return std::nullopt;
  }
  uint64_t length = 0;
  for (size_t i = 0; i < count; ++i) length = length << 8 | byte(2 + i);
  if (2 + count + length > contents.size()) return std::nullopt;
  return 2 + count + length;
}

std::string_view WhatItIs(std::string_view contents) {
  if (absl::StartsWith(contents, "\xff\xfe") ||
      absl::StartsWith(contents, "\xfe\xff") ||
      absl::StartsWith(contents, std::string_view("-\0-\0", 4)) ||
      absl::StartsWith(contents, std::string_view("\0-\0-", 4))) {
    return "is UTF-16 text: 'iconv -f UTF-16 -t UTF-8 FILE' makes PEM of it";
  }
  if (!DerSize(contents).has_value()) return "";
  constexpr std::string_view kPkcs7(
      "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", 11);
  const std::string_view head = contents.substr(0, 24);
  if (absl::StrContains(head, kPkcs7)) {
    return "is PKCS#7: 'openssl pkcs7 -inform DER -print_certs -in FILE' takes "
           "the certificates out of it";
  }
  if (absl::StrContains(head.substr(0, 8), std::string_view("\2\1\3", 3))) {
    return "is PKCS#12: 'openssl pkcs12 -nokeys -in FILE' takes the "
           "certificates out of it";
  }
  return "is DER: 'openssl x509 -inform DER -in FILE' makes PEM of a "
         "certificate";
}

std::string PathHint(std::string_view option, Document document,
                     std::string_view value) {
  constexpr size_t kLongestPath = 4096;
  if (document == Document::kNone || value.empty() ||
      value.size() > kLongestPath || absl::StartsWith(value, "file://") ||
      absl::StartsWith(value, "fileb://") || absl::StrContains(value, '\n') ||
      absl::StrContains(value, "-----BEGIN") ||
      (document == Document::kJson &&
       value.find_first_of("{[=") != std::string_view::npos)) {
    return "";
  }
  std::string_view path = value;
  if (absl::StartsWithIgnoreCase(path, "file:")) {
    path.remove_prefix(5);
    (void)absl::ConsumePrefix(&path, "//");
  }
  return absl::StrCat("--", option, " ", Quoted(value),
                      " is taken as the text itself: for what a file says, "
                      "write ",
                      Quoted(absl::StrCat("file://", path)));
}

std::string ResolveArgument(std::string_view what, const std::string& value) {
  for (const std::string_view scheme : {"file://", "fileb://"}) {
    if (!absl::StartsWith(value, scheme)) continue;
    const std::string path = value.substr(scheme.size());
    std::string text = ReadFile(what, path, kTextFileLimit);
    if (const std::string_view kind = WhatItIs(text); !kind.empty()) {
      throw UsageError(absl::StrCat(what, ": ", Quoted(path), " ", kind));
    }
    CheckText(absl::StrCat(what, ": ", Quoted(path)), text);
    return text;
  }
  CheckText(what, value);
  return value;
}

}  // namespace chainkeep::cmd
