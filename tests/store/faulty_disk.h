// FaultyDisk is a layer between SQLite and the disk that fails when it is told
// to, and that knows what would be left if the power went.
//
//   FaultyDisk disk;
//   auto store = OpenSqlite(path, check, disk.vfs());
//   disk.FailAt(3, FaultyDisk::Fault::kFull, FaultyDisk::Lasting::kUntilEased);
//
// WHAT POWER LEAVES. What was written before a file was last synchronized is
// there. Of what was written since, each write is there or not, whatever came
// before or after it, or only its first half is.
//
// Thread-safety: one thread uses the stores on it and the disk itself. One disk
// at a time.

#ifndef CHAINKEEP_TESTS_STORE_FAULTY_DISK_H_
#define CHAINKEEP_TESTS_STORE_FAULTY_DISK_H_

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "sqlite3.h"

namespace chainkeep::store {

class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  const char* vfs() const { return vfs_.zName; }

  enum class Fault : uint8_t { kFull, kWriteError };
  enum class Lasting : uint8_t { kOnce, kUntilEased };
  // The `n`th change from now, 1 for the next, fails: a write, a
  // synchronization or a truncation.
  void FailAt(int n, Fault fault, Lasting lasting);
  void Ease() {
    countdown_ = 0;
    failing_ = false;
  }
  // How many changes have failed.
  int failures() const { return failures_; }

  // Writes what power would leave of the database at `path`, the name that
  // SQLite has of it, to `to`. Whether there is such a database.
  bool LosePower(const std::string& path, const std::string& to,
                 std::mt19937_64& random) const;

 private:
  friend struct FaultyFile;

  // A change since the last synchronization: bytes, or a new length.
  struct Pending {
    int64_t at = 0;
    std::optional<std::string> bytes;
  };
  struct FileState {
    std::string synchronized;
    std::vector<Pending> pending;
  };

  // What to answer to the next change; SQLITE_OK for letting it happen.
  int Decide(int error_code);

  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_;
  std::map<std::string, FileState> files_;
  int countdown_ = 0;
  bool failing_ = false;
  int failures_ = 0;
  Fault fault_ = Fault::kFull;
  Lasting lasting_ = Lasting::kOnce;
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_TESTS_STORE_FAULTY_DISK_H_
