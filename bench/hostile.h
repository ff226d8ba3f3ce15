// Handshakes that are built to cost, one of each kind, for
// //bench:hostile_bench to time and for tests/engine to hold the units that
// they spend.

#ifndef CHAINKEEP_BENCH_HOSTILE_H_
#define CHAINKEEP_BENCH_HOSTILE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "chainkeep/engine.h"
#include "tests/support/ask.h"
#include "tests/support/manual_clock.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::bench {

// Hostile is an engine with default options, what hostile tenants have
// registered there, and what a stranger presents. Not thread-safe to make.
class Hostile {
 public:
  explicit Hostile(std::string name);

  const std::string& name() const { return name_; }
  Verdict Ask() const { return test::Judge(*listener_, handshake_); }

  // For those that make one: each before Ask.
  void Register(const test::TestCertificate& ca);
  // In mode DEFAULT, by an account of its own; handshakes have no server name.
  void RegisterDefault(const test::TestCertificate& ca);
  void Present(const test::TestCertificate& certificate);
  void SetLeaf(const test::TestCertificate& leaf);
  void Use(ValidationPolicy policy);

 private:
  std::string name_;
  test::ManualClock clock_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Listener> listener_;
  std::deque<std::string> kept_;
  std::vector<Bytes> presented_;
  int64_t next_ = 0;  // of an account
  Attempt handshake_;
};

// MakeHostile returns the dearest of each kind that is known. Takes a second.
std::vector<std::unique_ptr<Hostile>> MakeHostile();

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_HOSTILE_H_
