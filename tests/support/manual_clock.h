// ManualClock shows the time that a test sets. Any thread may read and set it.

#ifndef CHAINKEEP_TESTS_SUPPORT_MANUAL_CLOCK_H_
#define CHAINKEEP_TESTS_SUPPORT_MANUAL_CLOCK_H_

#include <atomic>

#include "chainkeep/options.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::test {

class ManualClock final : public Clock {
 public:
  UnixSeconds Now() const override { return now_.load(); }
  void Set(UnixSeconds now) { now_.store(now); }
  void Advance(UnixSeconds by) { now_.fetch_add(by); }

 private:
  std::atomic<UnixSeconds> now_{kTestNow};
};

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SUPPORT_MANUAL_CLOCK_H_
