// PacedWriter makes changes beside readers, at an even rate, until it is
// destroyed:
//
//   PacedWriter writer(kChangesPerSecond, [&](PacedWriter::Pace& pace) {
//     while (pace.Next()) table.Assign(...);
//   });
//
// It spins between two changes rather than sleeps: a thread that wakes up ten
// thousand times a second is likely put on the reader's core each time, and
// what is measured is the scheduler. What it fell behind it makes up for.

#ifndef CHAINKEEP_BENCH_CATALOG_PACED_WRITER_H_
#define CHAINKEEP_BENCH_CATALOG_PACED_WRITER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

#include "bench/catalog/lookup_loop.h"

namespace chainkeep::bench {

// What a writer is asked to do, where nothing else is said.
inline constexpr double kChangesPerSecond = 1e5;

class PacedWriter {
 public:
  class Pace {
   public:
    // Next waits until the next change is due; false: no more.
    bool Next();

   private:
    friend class PacedWriter;
    explicit Pace(double per_second) : per_second_(per_second) {}

    const double per_second_;
    const Clock::time_point start_ = Clock::now();
    std::atomic<bool> stopping_{false};
    uint64_t due_ = 0;
    std::atomic<uint64_t> done_{0};
  };

  // `write` runs in a thread of its own.
  PacedWriter(double per_second, std::function<void(Pace&)> write);
  ~PacedWriter();
  PacedWriter(const PacedWriter&) = delete;
  PacedWriter& operator=(const PacedWriter&) = delete;

  // How many changes a second it has made until now.
  double PerSecond() const;

 private:
  Pace pace_;
  std::thread thread_;
};

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_PACED_WRITER_H_
