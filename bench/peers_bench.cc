// The same chains through BoringSSL's own X509: parse, and verify with a store
// that holds the CA. Beside ours, in one run.
//
// X509_verify_cert is given what Handshake::Present checks: the purpose of a
// TLS client, the time, a partial chain. It is not asked whose device it is.

#include <memory>
#include <vector>

#include "bench/workload.h"
#include "benchmark/benchmark.h"
#include "openssl/pool.h"
#include "openssl/stack.h"
#include "openssl/x509.h"
#include "tests/support/ask.h"

namespace chainkeep::bench {
namespace {

bssl::UniquePtr<X509> ParseX509(Bytes der) {
  const uint8_t* bytes = der.data();
  return bssl::UniquePtr<X509>(
      d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
}

void ChainkeepParse(benchmark::State& state) {
  const Workload& workload = SharedWorkload(Shape::kP256);
  size_t i = 0;
  for (auto _ : state) {
    const auto parsed = x509::Certificate::Parse(workload.handshake(i++).leaf);
    benchmark::DoNotOptimize(parsed);
  }
}
BENCHMARK(ChainkeepParse);

void BoringSslParse(benchmark::State& state) {
  const Workload& workload = SharedWorkload(Shape::kP256);
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(ParseX509(workload.handshake(i++).leaf));
  }
}
BENCHMARK(BoringSslParse);

void ChainkeepValidate(benchmark::State& state, Shape shape) {
  const Workload& workload = SharedWorkload(shape);
  size_t i = 0;
  for (auto _ : state) {
    const Handshake handshake =
        test::Show(workload.listener(), workload.handshake(i++));
    if (!handshake.answer().goes_on()) state.SkipWithError("refused");
  }
}

// DER in, answer out, as above.
bool BoringSslAccepts(X509_STORE* store, const Attempt& handshake) {
  const bssl::UniquePtr<X509> leaf = ParseX509(handshake.leaf);
  const bssl::UniquePtr<STACK_OF(X509)> chain(sk_X509_new_null());
  for (Bytes der : handshake.presented) {
    sk_X509_push(chain.get(), ParseX509(der).release());
  }
  const bssl::UniquePtr<X509_STORE_CTX> context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store, leaf.get(), chain.get()) != 1) {
    return false;
  }
  X509_STORE_CTX_set_default(context.get(), "ssl_client");
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_PARTIAL_CHAIN);
  X509_STORE_CTX_set_time_posix(context.get(), 0, test::kTestNow);
  return X509_verify_cert(context.get()) == 1;
}

void BoringSslVerify(benchmark::State& state, Shape shape) {
  const Workload& workload = SharedWorkload(shape);
  const bssl::UniquePtr<X509_STORE> store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), ParseX509(workload.ca()).get());
  size_t i = 0;
  for (auto _ : state) {
    if (!BoringSslAccepts(store.get(), workload.handshake(i++))) {
      state.SkipWithError("refused");
    }
  }
}

BENCHMARK_CAPTURE(ChainkeepValidate, a_p256, Shape::kP256);
BENCHMARK_CAPTURE(BoringSslVerify, a_p256, Shape::kP256);
BENCHMARK_CAPTURE(ChainkeepValidate, b_intermediate, Shape::kP256Intermediate);
BENCHMARK_CAPTURE(BoringSslVerify, b_intermediate, Shape::kP256Intermediate);
BENCHMARK_CAPTURE(ChainkeepValidate, c_rsa2048, Shape::kRsa2048);
BENCHMARK_CAPTURE(BoringSslVerify, c_rsa2048, Shape::kRsa2048);
BENCHMARK_CAPTURE(ChainkeepValidate, d_rsa_issues_p256, Shape::kRsaIssuesP256);
BENCHMARK_CAPTURE(BoringSslVerify, d_rsa_issues_p256, Shape::kRsaIssuesP256);

}  // namespace
}  // namespace chainkeep::bench
