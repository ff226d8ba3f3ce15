// What memory costs, and of which pages it is: two questions that decide more
// about a large table than its code does.
//
// Page policy. Transparent huge pages are wanted or not for a process as a
// whole, so that every table of it, whoever wrote it, has the same: glibc's
// malloc asks for them when GLIBC_TUNABLES says so at start (and takes blocks
// below 32 MB from its heap, where a huge page may hold several), and the
// kernel gives none to a process that declined. Huge needs the system's setting
// "madvise" or "always".

#ifndef CHAINKEEP_BENCH_CATALOG_MEMORY_H_
#define CHAINKEEP_BENCH_CATALOG_MEMORY_H_

#include <cstddef>

namespace chainkeep::bench {

enum class Pages { kSmall, kHuge };

// UsePages gives this process the policy. The first call may start the program
// afresh, with the arguments `argv`: call it before anything else. Ends the
// process if that fails.
void UsePages(Pages pages, char** argv);

// AllocatedBytes is what malloc has given out and not got back, its own headers
// included, and what was mapped beside it, by all threads.
size_t AllocatedBytes();

// From /proc/self/smaps_rollup: resident memory, and the part of it on huge
// pages.
struct Resident {
  size_t bytes = 0;
  size_t huge_bytes = 0;
};
Resident GetResident();

// ReturnFreeMemory gives back to the system what malloc keeps for later, so
// that what is built next begins where the one before did.
void ReturnFreeMemory();

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_MEMORY_H_
