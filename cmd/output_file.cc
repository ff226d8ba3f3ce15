#include "cmd/output_file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "chainkeep/status.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

absl::Status Refuse(const std::string& path, std::string_view why) {
  return MakeError(ErrorCode::kInvalidRequest,
                   absl::StrCat("cannot write ", Quoted(path), ": ", why));
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string NameOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

bool IsSame(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// A file of the store may come to be by that name, though none is there.
bool IsPlaceOf(const std::string& file, const struct stat& folder,
               const std::string& name) {
  struct stat of_file = {};
  return NameOf(file) == name && stat(FolderOf(file).c_str(), &of_file) == 0 &&
         IsSame(folder, of_file);
}

std::string UnfinishedName() {
  uint64_t number[2] = {};
  if (getrandom(number, sizeof(number), 0) != sizeof(number)) return "";
  return absl::StrFormat(".unfinished-%016x%016x", number[0], number[1]);
}

}  // namespace

OutputFile::OutputFile(const std::string& path)
    : path_(path), name_(NameOf(path)) {}

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Open(
    const std::string& path, std::span<const std::string> store_files) {
  std::unique_ptr<OutputFile> file(new OutputFile(path));
  absl::Status status = file->OpenFile(store_files);
  if (!status.ok()) return status;
  return file;
}

absl::Status OutputFile::OpenFile(std::span<const std::string> store_files) {
  if (name_.empty() || name_ == "." || name_ == "..") {
    return Refuse(path_, "it is a directory");
  }
  folder_ = open(FolderOf(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct stat folder = {};
  if (folder_ < 0 || fstat(folder_, &folder) != 0) return CannotWrite();
  struct stat before = {};
  const bool is_there =
      fstatat(folder_, name_.c_str(), &before, AT_SYMLINK_NOFOLLOW) == 0;
  for (const std::string& file : store_files) {
    struct stat of_store = {};
    if (IsPlaceOf(file, folder, name_) ||
        (is_there && stat(file.c_str(), &of_store) == 0 &&
         IsSame(before, of_store))) {
      return Refuse(path_, "the store is kept in it");
    }
  }
  if (is_there && S_ISLNK(before.st_mode)) {
    return Refuse(path_, "it is a symbolic link");
  }
  if (is_there && !S_ISREG(before.st_mode)) {
    return Refuse(path_, "it is not a regular file");
  }
  const std::string name = UnfinishedName();
  buffer_.Open(openat(folder_, name.c_str(),
                      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                      0600));
  if (buffer_.descriptor() < 0) return CannotWrite();
  unfinished_ = name;
  return absl::OkStatus();
}

OutputFile::~OutputFile() {
  if (!unfinished_.empty()) unlinkat(folder_, unfinished_.c_str(), 0);
  if (folder_ >= 0) close(folder_);
}

absl::Status OutputFile::CannotWrite() const {
  return MakeError(
      ErrorCode::kServiceUnavailable,
      absl::StrCat("cannot write ", Quoted(path_), ": ", std::strerror(errno)));
}

absl::Status OutputFile::Finish() {
  stream_.flush();
  if (!stream_ || fsync(buffer_.descriptor()) != 0 ||
      renameat(folder_, unfinished_.c_str(), folder_, name_.c_str()) != 0) {
    return CannotWrite();
  }
  unfinished_.clear();
  return fsync(folder_) == 0 ? absl::OkStatus() : CannotWrite();
}

OutputFile::Buffer::~Buffer() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool OutputFile::Buffer::Flush() {
  const char* at = pbase();
  while (at != pptr()) {
    const ssize_t written =
        write(descriptor_, at, static_cast<size_t>(pptr() - at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += written;
  }
  setp(bytes_, bytes_ + sizeof(bytes_));
  return true;
}

OutputFile::Buffer::int_type OutputFile::Buffer::overflow(int_type c) {
  if (!Flush()) return traits_type::eof();
  if (traits_type::eq_int_type(c, traits_type::eof())) {
    return traits_type::not_eof(c);
  }
  *pptr() = traits_type::to_char_type(c);
  pbump(1);
  return c;
}

}  // namespace chainkeep::cmd
