// The chains that benchmarks and cost tests measure: devices as they are made,
// from a fixed list of shapes. Made once, at start; see docs/benchmarks.md for
// what they hold.

#ifndef CHAINKEEP_BENCH_WORKLOAD_H_
#define CHAINKEEP_BENCH_WORKLOAD_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "chainkeep/certificate.h"
#include "chainkeep/engine.h"
#include "engine/signature/algorithm.h"
#include "engine/signature/public_key.h"
#include "engine/x509/certificate.h"
#include "tests/support/manual_clock.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::bench {

enum class Shape {
  kP256,              // a: P-256 CA → P-256 device
  kP256Intermediate,  // b: P-256 root → P-256 intermediate → P-256 device
  kRsa2048,           // c: RSA-2048 CA → RSA-2048 device
  kRsaIssuesP256,     // d: RSA-2048 CA → P-256 device
};

// What workloads are made of. Require ends the program where one cannot be
// made: it would measure refusals.
void Require(const absl::Status& status);
test::CertificateSpec NamedCa(std::string_view name, test::KeyType key);
std::string KeyIdOf(const test::TestCertificate& certificate);
signature::PublicKey KeyOf(const test::TestCertificate& certificate);

// Registers `ca` in mode DEFAULT, ACTIVE. A null key: a proof has its own.
void RegisterCa(Engine& engine, const test::TestCertificate& ca,
                EVP_PKEY* proof_key = nullptr);

// A certificate and the key that has signed it, both ready.
struct Link {
  Link(Bytes der, const signature::PublicKey* issuer);
  // The hash of what is signed, and the signature, by the library.
  bool Verifies() const;

  x509::Certificate certificate;
  signature::SignatureAlgorithm algorithm;
  const signature::PublicKey* issuer;
};

// Workload is an engine with one registered CA and the devices below it.
class Workload {
 public:
  Workload(Shape shape, int devices);

  const Engine& engine() const { return *engine_; }
  const Listener& listener() const { return *listener_; }
  Bytes ca() const { return AsBytes(ders_[0]); }
  const Attempt& handshake(size_t i) const {
    return handshakes_[i % handshakes_.size()];
  }

  // What has to be done whoever does it: the SHA-256 of the certificate, and,
  // by BoringSSL on the ready keys, the hash and signature of each link.
  // Returns whether all verified.
  bool Bare(size_t i) const;

 private:
  test::ManualClock clock_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Listener> listener_;
  std::vector<std::string> ders_;
  std::vector<Bytes> presented_;
  std::vector<Attempt> handshakes_;
  std::vector<signature::PublicKey> keys_;
  std::vector<std::vector<Link>> links_;
};

// SharedWorkload returns a workload of 200 devices, made when it is first asked
// for and kept: every benchmark of a program measures the same certificates.
// For one thread.
const Workload& SharedWorkload(Shape shape);

// A device certificate of about 700 bytes: C, O, OU, CN of 36 characters and
// serialNumber; basicConstraints, keyUsage, clientAuth, both key ids.
test::CertificateSpec DeviceSpec(int number);

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_WORKLOAD_H_
