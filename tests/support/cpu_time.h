// LeastCpuSeconds tells what a call costs, for tests that bound a worst case.
//
// It is the processor time of the calling thread, so that other processes do
// not count, and the least of several calls, so that a cold cache does not. A
// bound should still be generous: it is there to tell linear from quadratic.
// Ask kTimesAreBounded first; a debug build and a sanitizer take their time.

#ifndef CHAINKEEP_TESTS_SUPPORT_CPU_TIME_H_
#define CHAINKEEP_TESTS_SUPPORT_CPU_TIME_H_

#include <algorithm>
#include <ctime>

namespace chainkeep::test {

#ifdef NDEBUG
inline constexpr bool kTimesAreBounded = true;
#else
inline constexpr bool kTimesAreBounded = false;
#endif

inline double ThreadCpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

template <typename Call>
double LeastCpuSeconds(Call call) {
  double least = 1e9;
  for (int i = 0; i < 10; ++i) {
    const double begin = ThreadCpuSeconds();
    call();
    least = std::min(least, ThreadCpuSeconds() - begin);
  }
  return least;
}

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SUPPORT_CPU_TIME_H_
