#include "engine/store/sqlite_files.h"

#include <sys/stat.h>
#include <time.h>

namespace chainkeep::store {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

// More than a tick of any kernel.
constexpr int64_t kSettling = kSecond / 20;

int64_t NanosOf(const timespec& time) {
  return static_cast<int64_t>(time.tv_sec) * kSecond + time.tv_nsec;
}

}  // namespace

FoundFile FoundFile::Find(const std::string& path) {
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0) return {};
  return {.device = file.st_dev,
          .inode = file.st_ino,
          .size = file.st_size,
          .changed_at = NanosOf(file.st_ctim)};
}

FoundFiles FoundFiles::Find(const FileNames& names) {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  return {.main = FoundFile::Find(names.main),
          .log = FoundFile::Find(names.log),
          .index = FoundFile::Find(names.index),
          .found_at = NanosOf(now)};
}

bool FoundFiles::is_settled() const {
  return found_at - main.changed_at >= kSettling;
}

}  // namespace chainkeep::store
