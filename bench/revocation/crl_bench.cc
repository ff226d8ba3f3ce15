// What a CRL costs: loading one of `n` entries, each with a serial number of 16
// bytes and a reason; looking a serial number up in it; and the memory it takes
// (the counters are bytes an entry, the index alone and with the DER).

#include <memory>
#include <string>

#include "benchmark/benchmark.h"
#include "chainkeep/certificate.h"
#include "engine/revocation/crl_set.h"
#include "engine/revocation/loaded_crl.h"
#include "tests/support/der_writer.h"
#include "tests/support/test_certificates.h"
#include "tests/support/test_crls.h"

namespace chainkeep::revocation {
namespace {

struct Ca {
  Ca()
      : made(test::MakeCertificate(test::CaSpec("CA"), nullptr)),
        certificate(*x509::Certificate::Parse(made.bytes())),
        key(*signature::PublicKey::Parse(certificate.spki())) {}

  test::TestCertificate made;
  x509::Certificate certificate;
  signature::PublicKey key;
};

const Ca& TheCa() {
  static const Ca& ca = *new Ca();
  return ca;
}

// Sixteen bytes that look random, the first one positive and not zero.
std::string Serial(uint64_t i) {
  std::string serial;
  uint64_t x = i;
  for (int word = 0; word < 2; ++word) {
    // splitmix64.
    x += 0x9e3779b97f4a7c15;
    uint64_t z = x;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    z ^= z >> 31;
    for (int k = 0; k < 8; ++k) serial += static_cast<char>(z >> (8 * k));
  }
  serial[0] = static_cast<char>((serial[0] & 0x3f) | 0x40);
  return serial;
}

std::string MakeList(int64_t count) {
  test::CrlSpec spec;
  const std::string reason =
      test::EncodeExtension(test::kReasonCodeOid, test::EncodeReason(1));
  for (int64_t i = 0; i < count; ++i) {
    spec.revoked.push_back({.serial = Serial(i), .extensions = reason});
  }
  return test::MakeCrl(spec, TheCa().made);
}

CrlLoad Load(const std::string& der) {
  CrlLoadOptions options;
  options.max_bytes = 1 << 30;
  return LoadedCrl::Load(der, {TheCa().certificate, TheCa().key}, options);
}

void BM_Load(benchmark::State& state) {
  const std::string der = MakeList(state.range(0));
  for (auto _ : state) {
    const CrlLoad load = Load(der);
    if (load.crl == nullptr) state.SkipWithError("refused");
    benchmark::DoNotOptimize(load.crl.get());
  }
  const CrlLoad load = Load(der);
  const double entries = static_cast<double>(state.range(0));
  const SerialTable table(load.crl->crl());
  state.counters["index_bytes"] = static_cast<double>(table.memory()) / entries;
  state.counters["total_bytes"] =
      static_cast<double>(load.crl->memory()) / entries;
  state.counters["der_bytes"] = static_cast<double>(der.size());
}
BENCHMARK(BM_Load)->Arg(1'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void Ask(benchmark::State& state, uint64_t first, RevocationStatus expected) {
  CrlLoad load = Load(MakeList(state.range(0)));
  std::vector<std::shared_ptr<const LoadedCrl>> crls;
  crls.push_back(std::move(load.crl));
  const CrlSet set(std::move(crls));
  RevocationQuery query;
  query.issuer = TheCa().certificate.subject();
  query.now = test::kTestNow;
  std::vector<std::string> serials;
  for (uint64_t i = 0; i < 65'536; ++i) {
    serials.push_back(Serial(first + i * 7919 % state.range(0)));
  }
  size_t next = 0;
  for (auto _ : state) {
    query.serial = AsBytes(serials[next++ % serials.size()]);
    const RevocationAnswer answer = set.Ask(query);
    if (answer.status != expected) state.SkipWithError("wrong answer");
    benchmark::DoNotOptimize(answer);
  }
}

void BM_AskRevoked(benchmark::State& state) {
  Ask(state, 0, RevocationStatus::kRevoked);
}
BENCHMARK(BM_AskRevoked)->Arg(1'000)->Arg(1'000'000);

void BM_AskGood(benchmark::State& state) {
  Ask(state, uint64_t{1} << 40, RevocationStatus::kGood);
}
BENCHMARK(BM_AskGood)->Arg(1'000)->Arg(1'000'000);

}  // namespace
}  // namespace chainkeep::revocation

BENCHMARK_MAIN();
