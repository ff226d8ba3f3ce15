#include "bench/catalog/paced_writer.h"

#include <utility>

namespace chainkeep::bench {
namespace {

// Tells the processor that this is a wait.
void Relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

bool PacedWriter::Pace::Next() {
  while (!stopping_.load(std::memory_order_relaxed)) {
    const uint64_t done = done_.load(std::memory_order_relaxed);
    if (done < due_) {
      done_.store(done + 1, std::memory_order_relaxed);
      return true;
    }
    for (int i = 0; i < 20; ++i) Relax();
    due_ = static_cast<uint64_t>(SecondsSince(start_) * per_second_);
  }
  return false;
}

PacedWriter::PacedWriter(double per_second, std::function<void(Pace&)> write)
    : pace_(per_second),
      thread_([this, write = std::move(write)] { write(pace_); }) {}

PacedWriter::~PacedWriter() {
  pace_.stopping_.store(true);
  thread_.join();
}

double PacedWriter::PerSecond() const {
  return static_cast<double>(pace_.done_.load()) / SecondsSince(pace_.start_);
}

}  // namespace chainkeep::bench
