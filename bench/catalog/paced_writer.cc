#include "bench/catalog/paced_writer.h"

#include <sys/prctl.h>

#include <chrono>
#include <utility>

namespace chainkeep::bench {
namespace {

constexpr std::chrono::microseconds kBurstEvery(100);

}  // namespace

bool PacedWriter::Pace::Next() {
  while (!stopping_.load(std::memory_order_relaxed)) {
    const uint64_t done = done_.load(std::memory_order_relaxed);
    if (done < due_) {
      done_.store(done + 1, std::memory_order_relaxed);
      return true;
    }
    std::this_thread::sleep_for(kBurstEvery);
    due_ = static_cast<uint64_t>(SecondsSince(start_) * per_second_);
  }
  return false;
}

PacedWriter::PacedWriter(double per_second, std::function<void(Pace&)> write)
    : pace_(per_second), thread_([this, write = std::move(write)] {
        // Sleeps otherwise end 50 us late.
        prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
        write(pace_);
      }) {}

PacedWriter::~PacedWriter() {
  pace_.stopping_.store(true);
  thread_.join();
}

double PacedWriter::PerSecond() const {
  return static_cast<double>(pace_.done_.load()) / SecondsSince(pace_.start_);
}

}  // namespace chainkeep::bench
