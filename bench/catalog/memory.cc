#include "bench/catalog/memory.h"

#include <malloc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

namespace chainkeep::bench {
namespace {

// By mmap, less what munmap gave back, by all but the C library itself.
std::atomic<size_t> mapped_bytes{0};

constexpr char kTunables[] = "GLIBC_TUNABLES";
constexpr char kHugeTunables[] =
    "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432";

void Require(bool success, const char* what) {
  if (success) return;
  std::perror(what);
  std::exit(1);
}

}  // namespace

void UsePages(Pages pages, char** argv) {
  const char* tunables = std::getenv(kTunables);
  const bool asked =
      tunables != nullptr && std::strcmp(tunables, kHugeTunables) == 0;
  // What the parent declined is inherited.
  Require(prctl(PR_SET_THP_DISABLE, pages == Pages::kSmall, 0, 0, 0) == 0,
          "PR_SET_THP_DISABLE");
  if (asked == (pages == Pages::kHuge)) return;
  if (pages == Pages::kHuge) {
    setenv(kTunables, kHugeTunables, 1);
  } else {
    unsetenv(kTunables);
  }
  execv("/proc/self/exe", argv);
  Require(false, "execv");
}

size_t AllocatedBytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd + mapped_bytes.load();
}

Resident GetResident() {
  Resident resident;
  std::ifstream file("/proc/self/smaps_rollup");
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name;
    size_t kilobytes = 0;
    if (!(fields >> name >> kilobytes)) continue;
    if (name == "Rss:") resident.bytes = kilobytes * 1024;
    if (name == "AnonHugePages:") resident.huge_bytes = kilobytes * 1024;
  }
  return resident;
}

void ReturnFreeMemory() { malloc_trim(0); }

}  // namespace chainkeep::bench

// These stand before the C library's, whose malloc calls its own.
extern "C" {

void* mmap(void* address, size_t size, int protection, int flags, int file,
           off_t offset) noexcept {
  const long result =
      syscall(SYS_mmap, address, size, protection, flags, file, offset);
  if (result == -1) return MAP_FAILED;
  chainkeep::bench::mapped_bytes.fetch_add(size);
  return reinterpret_cast<void*>(result);
}

int munmap(void* address, size_t size) noexcept {
  const long result = syscall(SYS_munmap, address, size);
  if (result == 0) chainkeep::bench::mapped_bytes.fetch_sub(size);
  return static_cast<int>(result);
}

}  // extern "C"
