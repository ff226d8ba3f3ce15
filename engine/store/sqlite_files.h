// What lies under a store's path, and beside it: whether it is still what a
// connection has opened.
//
// SQLite notices what SQLite does. Others can put another file in the place of
// the one that is open, remove the log beside it, or write another one over it
// byte by byte (cp), and no connection would know: it would read a file that
// has no name any more, or pages that it remembers. So a store looks before it
// reads and before it acknowledges.
//
// THE CONTENTS are known by size and time of change (ctime, which nobody can
// set). The kernel's clock for that ticks every few milliseconds: a file that
// was written right before it was looked at may be written again within the
// tick, so such a look is to be taken again (is_settled).
//
// Pure functions of the file system; any thread. Cost: three system calls.

#ifndef CHAINKEEP_ENGINE_STORE_SQLITE_FILES_H_
#define CHAINKEEP_ENGINE_STORE_SQLITE_FILES_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "engine/store/sqlite_connection.h"

namespace chainkeep::store {

// A file as it was found; zeros where there is none.
struct FoundFile {
  dev_t device = 0;
  ino_t inode = 0;
  int64_t size = 0;
  int64_t changed_at = 0;  // nanoseconds since 1970

  static FoundFile Find(const std::string& path);

  bool exists() const { return inode != 0; }
  bool IsSameFile(const FoundFile& other) const {
    return device == other.device && inode == other.inode;
  }
  // As far as can be told.
  friend bool operator==(const FoundFile&, const FoundFile&) = default;
};

// The names under which a store's files are found. `main` is as the host said:
// a symbolic link may come to lead elsewhere.
struct FileNames {
  std::string main = {};
  std::string log = {};
  std::string index = {};  // of the log
};

struct FoundFiles {
  FoundFile main = {};
  FoundFile log = {};
  FoundFile index = {};
  int64_t found_at = 0;

  static FoundFiles Find(const FileNames& names);

  bool AreSameFiles(const FoundFiles& other) const {
    return main.IsSameFile(other.main) && log.IsSameFile(other.log) &&
           index.IsSameFile(other.index);
  }
  // The same files, and nobody has written to the first of them.
  bool AreUnchanged(const FoundFiles& other) const {
    return AreSameFiles(other) && main == other.main;
  }
  // Whether the file could not have been written again unnoticed.
  bool is_settled() const;
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_SQLITE_FILES_H_
