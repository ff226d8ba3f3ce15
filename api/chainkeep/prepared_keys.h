// How an engine verifies with tables of its CAs' keys, and what it says of
// that.
//
// A CA's key is used again and again. The engine keeps tables of multiples of
// the keys that are used most, inside EngineOptions::prepared_key_bytes, and
// verifies by them several times faster than its cryptographic library does.
// The library stays the judge: what a table refuses the library refuses before
// anybody is refused, and a sample of what a table accepts is compared with it.

#ifndef CHAINKEEP_API_CHAINKEEP_PREPARED_KEYS_H_
#define CHAINKEEP_API_CHAINKEEP_PREPARED_KEYS_H_

#include <cstdint>

#include "chainkeep/types.h"

namespace chainkeep {

// PreparedKeys says by which arithmetic. Pinning one is for tests and
// benchmarks.
enum class PreparedKeys : uint8_t {
  kOff,        // there are no tables; the library verifies
  kAutomatic,  // the fastest that the processor has
  kPortable,   // C++ alone
  kIfma,       // AVX-512 IFMA
};

// PreparedKeyStats counts, since the engine was made. Each number is exact on
// its own; together they are not one moment.
struct PreparedKeyStats {
  // kOff, kPortable or kIfma: what verifies now. kOff also after a
  // disagreement.
  PreparedKeys arithmetic = PreparedKeys::kOff;

  // Keys there are now that have a small, a medium and a large table, and those
  // of which one is being built.
  uint64_t small = 0;
  uint64_t medium = 0;
  uint64_t large = 0;
  uint64_t building = 0;
  // Memory of all that, and of what the tables share. Never more than
  // prepared_key_bytes.
  uint64_t bytes = 0;
  // Tables, finished or not, that made room for hotter keys'.
  uint64_t evicted = 0;

  // Signatures by registered CAs: accepted on a table's word alone, by
  // arithmetic, and those that the library was asked about.
  uint64_t by_portable = 0;
  uint64_t by_ifma = 0;
  uint64_t by_library = 0;
  // Of the last: those that a table could not decide; those that it refused;
  // and those that were asked for comparison.
  uint64_t fallbacks = 0;
  uint64_t confirmations = 0;
  uint64_t comparisons = 0;
  // Times that a table and the library differed. One ends the use of tables.
  uint64_t disagreements = 0;
};

// PreparedKeyDisagreement says that a table and the library differed: memory
// has gone bad, or there is a bug. The library's answer was taken, and the
// engine uses no table any more.
struct PreparedKeyDisagreement {
  // kTable: the table was wrong when it was built, and was never used.
  enum class What : uint8_t { kAccepted, kRefused, kTable };

  CertificateId ca;  // whose key
  What what = What::kAccepted;
  PreparedKeys arithmetic = PreparedKeys::kOff;
};

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_PREPARED_KEYS_H_
