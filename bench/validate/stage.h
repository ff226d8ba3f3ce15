// A stage: an engine with CAs and devices, and what is done to them in turn.
// Everything is made before anything is measured, from a fixed list of shapes.

#ifndef CHAINKEEP_BENCH_VALIDATE_STAGE_H_
#define CHAINKEEP_BENCH_VALIDATE_STAGE_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "bench/workload.h"
#include "chainkeep/engine.h"
#include "engine/signature/public_key.h"
#include "tests/support/manual_clock.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::bench {

struct StageSpec {
  test::KeyType ca = test::KeyType::kP256;
  test::KeyType device = test::KeyType::kP256;
  int cas = 1;
  int devices_per_ca = 1;
};

// Chains are the certificates and the bare work on them: the library's
// signature, and SHA-256 of the signed part and of the whole certificate. The
// same ones are given to several engines.
class Chains {
 public:
  explicit Chains(const StageSpec& spec);

  size_t size() const { return links_.size(); }
  size_t cas() const { return cas_.size(); }
  const test::TestCertificate& ca(size_t i) const { return cas_[i]; }
  Bytes leaf(size_t i) const { return links_[i].certificate.der(); }
  // A number of each chain once, in an order that is fixed and random.
  size_t Shuffled(size_t i) const { return order_[i % order_.size()]; }

  bool Bare(size_t i) const;

 private:
  std::vector<test::TestCertificate> cas_;
  std::deque<signature::PublicKey> keys_;
  std::deque<std::string> ders_;
  std::vector<Link> links_;
  std::vector<size_t> order_;
};

// Gate is an engine that has registered the CAs of chains.
class Gate {
 public:
  Gate(const Chains& chains, PreparedKeys keys);

  bool Accepts(Bytes leaf) const;
  // Uses each chain so often, one after the other.
  void Warm(const Chains& chains, int times) const;
  PreparedKeyStats stats() const { return engine_->GetStats().prepared_keys; }

 private:
  test::ManualClock clock_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Listener> listener_;
};

bool HasIfma();

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_VALIDATE_STAGE_H_
