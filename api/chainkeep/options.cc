#include "chainkeep/options.h"

#include <ctime>

namespace chainkeep {
namespace {

class RealTimeClock final : public Clock {
 public:
  UnixSeconds Now() const override { return std::time(nullptr); }
};

}  // namespace

const Clock& SystemClock() {
  // Never destroyed: a handshake may outlive main().
  static const Clock& clock = *new RealTimeClock;
  return clock;
}

}  // namespace chainkeep
