#include "tests/store/faulty_disk.h"

#include <cstring>
#include <fstream>

namespace chainkeep::store {

// What SQLite has of an open file. The real one lies behind it.
struct FaultyFile {
  sqlite3_file base;
  FaultyDisk* disk;
  FaultyDisk::FileState* state;  // null for files that are not watched

  static FaultyFile* Of(sqlite3_file* file) {
    return reinterpret_cast<FaultyFile*>(file);
  }
  static sqlite3_file* Real(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(Of(file) + 1);
  }

  static int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file,
                  int flags, int* out_flags);
  static int Delete(sqlite3_vfs* vfs, const char* name, int sync);
  static int Write(sqlite3_file* file, const void* bytes, int size,
                   sqlite3_int64 at);
  static int Truncate(sqlite3_file* file, sqlite3_int64 size);
  static int Sync(sqlite3_file* file, int flags);
};

namespace {

#define REAL(file) FaultyFile::Real(file)

int Close(sqlite3_file* file) {
  return REAL(file)->pMethods->xClose(REAL(file));
}
int Read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 at) {
  return REAL(file)->pMethods->xRead(REAL(file), bytes, size, at);
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return REAL(file)->pMethods->xFileSize(REAL(file), size);
}
int Lock(sqlite3_file* file, int level) {
  return REAL(file)->pMethods->xLock(REAL(file), level);
}
int Unlock(sqlite3_file* file, int level) {
  return REAL(file)->pMethods->xUnlock(REAL(file), level);
}
int CheckReservedLock(sqlite3_file* file, int* out) {
  return REAL(file)->pMethods->xCheckReservedLock(REAL(file), out);
}
int FileControl(sqlite3_file* file, int operation, void* argument) {
  return REAL(file)->pMethods->xFileControl(REAL(file), operation, argument);
}
int SectorSize(sqlite3_file* file) {
  return REAL(file)->pMethods->xSectorSize(REAL(file));
}
int DeviceCharacteristics(sqlite3_file* file) {
  // Nothing that this disk does not keep: writes are torn.
  return REAL(file)->pMethods->xDeviceCharacteristics(REAL(file)) &
         ~SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}
int ShmMap(sqlite3_file* file, int page, int size, int extend,
           void volatile** out) {
  return REAL(file)->pMethods->xShmMap(REAL(file), page, size, extend, out);
}
int ShmLock(sqlite3_file* file, int offset, int n, int flags) {
  return REAL(file)->pMethods->xShmLock(REAL(file), offset, n, flags);
}
void ShmBarrier(sqlite3_file* file) {
  REAL(file)->pMethods->xShmBarrier(REAL(file));
}
int ShmUnmap(sqlite3_file* file, int remove) {
  return REAL(file)->pMethods->xShmUnmap(REAL(file), remove);
}

#undef REAL

constexpr sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = &Close,
    .xRead = &Read,
    .xWrite = &FaultyFile::Write,
    .xTruncate = &FaultyFile::Truncate,
    .xSync = &FaultyFile::Sync,
    .xFileSize = &FileSize,
    .xLock = &Lock,
    .xUnlock = &Unlock,
    .xCheckReservedLock = &CheckReservedLock,
    .xFileControl = &FileControl,
    .xSectorSize = &SectorSize,
    .xDeviceCharacteristics = &DeviceCharacteristics,
    .xShmMap = &ShmMap,
    .xShmLock = &ShmLock,
    .xShmBarrier = &ShmBarrier,
    .xShmUnmap = &ShmUnmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

FaultyDisk* DiskOf(sqlite3_vfs* vfs) {
  return static_cast<FaultyDisk*>(vfs->pAppData);
}

void Apply(std::string* contents, int64_t at, std::string_view bytes) {
  const size_t end = static_cast<size_t>(at) + bytes.size();
  if (contents->size() < end) contents->resize(end);
  std::memcpy(contents->data() + at, bytes.data(), bytes.size());
}

}  // namespace

int FaultyFile::Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file,
                     int flags, int* out_flags) {
  FaultyDisk* const disk = DiskOf(vfs);
  FaultyFile* const made = Of(file);
  made->disk = disk;
  made->state = nullptr;
  sqlite3_file* const real = Real(file);
  real->pMethods = nullptr;
  const int code =
      disk->real_->xOpen(disk->real_, name, real, flags, out_flags);
  made->base.pMethods = real->pMethods == nullptr ? nullptr : &kMethods;
  if (code != SQLITE_OK || name == nullptr) return code;
  const auto [state, is_new] = disk->files_.try_emplace(name);
  made->state = &state->second;
  if (is_new) {
    // What was there before the disk was made is on it.
    std::ifstream in(name, std::ios::binary);
    made->state->synchronized.assign(std::istreambuf_iterator<char>(in), {});
  }
  return code;
}

int FaultyFile::Delete(sqlite3_vfs* vfs, const char* name, int sync) {
  FaultyDisk* const disk = DiskOf(vfs);
  const int code = disk->real_->xDelete(disk->real_, name, sync);
  // Its state stays, as open files point to it.
  const auto state = disk->files_.find(name);
  if (code == SQLITE_OK && state != disk->files_.end()) {
    state->second = FaultyDisk::FileState();
  }
  return code;
}

int FaultyFile::Write(sqlite3_file* file, const void* bytes, int size,
                      sqlite3_int64 at) {
  FaultyFile* const self = Of(file);
  if (const int code = self->disk->Decide(SQLITE_IOERR_WRITE)) return code;
  if (self->state != nullptr) {
    self->state->pending.push_back(
        {at, std::string(static_cast<const char*>(bytes),
                         static_cast<size_t>(size))});
  }
  return Real(file)->pMethods->xWrite(Real(file), bytes, size, at);
}

int FaultyFile::Truncate(sqlite3_file* file, sqlite3_int64 size) {
  FaultyFile* const self = Of(file);
  if (const int code = self->disk->Decide(SQLITE_IOERR_TRUNCATE)) return code;
  if (self->state != nullptr) {
    self->state->pending.push_back({size, std::nullopt});
  }
  return Real(file)->pMethods->xTruncate(Real(file), size);
}

int FaultyFile::Sync(sqlite3_file* file, int flags) {
  FaultyFile* const self = Of(file);
  if (const int code = self->disk->Decide(SQLITE_IOERR_FSYNC)) return code;
  if (self->state != nullptr) {
    for (const FaultyDisk::Pending& change : self->state->pending) {
      if (change.bytes) {
        Apply(&self->state->synchronized, change.at, *change.bytes);
      } else {
        self->state->synchronized.resize(static_cast<size_t>(change.at));
      }
    }
    self->state->pending.clear();
  }
  return Real(file)->pMethods->xSync(Real(file), flags);
}

FaultyDisk::FaultyDisk() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
  vfs_.zName = "faulty_disk";
  vfs_.pNext = nullptr;
  vfs_.pAppData = this;
  vfs_.szOsFile = static_cast<int>(sizeof(FaultyFile)) + real_->szOsFile;
  vfs_.xOpen = &FaultyFile::Open;
  vfs_.xDelete = &FaultyFile::Delete;
  sqlite3_vfs_register(&vfs_, 0);
}

FaultyDisk::~FaultyDisk() { sqlite3_vfs_unregister(&vfs_); }

void FaultyDisk::FailAt(int n, Fault fault, Lasting lasting) {
  countdown_ = n;
  failing_ = false;
  failures_ = 0;
  fault_ = fault;
  lasting_ = lasting;
}

int FaultyDisk::Decide(int error_code) {
  if (countdown_ > 0 && --countdown_ == 0) {
    failing_ = true;
  } else if (lasting_ == Lasting::kOnce) {
    failing_ = false;
  }
  if (!failing_) return SQLITE_OK;
  ++failures_;
  // A disk that is full can still be synchronized and truncated.
  if (fault_ == Fault::kFull) {
    return error_code == SQLITE_IOERR_WRITE ? SQLITE_FULL : SQLITE_OK;
  }
  return error_code;
}

bool FaultyDisk::LosePower(const std::string& path, const std::string& to,
                           std::mt19937_64& random) const {
  if (files_.find(path) == files_.end()) return false;
  for (const char* suffix : {"", "-wal"}) {
    const auto state = files_.find(path + suffix);
    if (state == files_.end()) continue;
    std::string contents = state->second.synchronized;
    for (const Pending& change : state->second.pending) {
      const auto fate = random() % 3;
      if (fate == 0) continue;
      if (!change.bytes) {
        contents.resize(static_cast<size_t>(change.at));
      } else {
        Apply(&contents, change.at,
              fate == 1 ? *change.bytes
                        : change.bytes->substr(0, change.bytes->size() / 2));
      }
    }
    std::ofstream(to + suffix, std::ios::binary | std::ios::trunc) << contents;
  }
  return true;
}

}  // namespace chainkeep::store
