// What a signature of ML-DSA costs to verify, beside one of P-256: by a key
// that has verified before, as a registered CA's has, and by one that is parsed
// for it, as a presented CA's is.

#include <string>

#include "benchmark/benchmark.h"
#include "chainkeep/certificate.h"
#include "engine/signature/algorithm.h"
#include "engine/signature/public_key.h"
#include "tests/support/ml_dsa.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::signature {
namespace {

// About the size of what is signed of a device's certificate.
const std::string& Message() {
  static const std::string& message = *new std::string(700, 'm');
  return message;
}

struct Signed {
  std::string spki;
  SignatureAlgorithm algorithm;
  std::string signature;
};

Signed ByMlDsa(MlDsa set, Scheme scheme) {
  const test::MlDsaSigner signer(set);
  return {signer.Spki(), {scheme, Digest::kNone}, signer.Sign(Message())};
}

Signed ByP256() {
  const auto key = test::MakeKey(test::KeyType::kP256);
  return {test::EncodeSpki(key.get()),
          {Scheme::kEcdsa, Digest::kSha256},
          test::Sign(key.get(), test::DigestType::kSha256,
                     test::RsaPadding::kPkcs1, Message())};
}

void BM_KnownKey(benchmark::State& state, const Signed& one) {
  const auto key = PublicKey::Parse(AsBytes(one.spki));
  for (auto _ : state) {
    if (!key->Verify(one.algorithm, AsBytes(Message()),
                     AsBytes(one.signature))) {
      state.SkipWithError("refused");
    }
  }
}

void BM_NewKey(benchmark::State& state, const Signed& one) {
  for (auto _ : state) {
    const auto key =
        PublicKey::Parse(AsBytes(one.spki), Preparation::kForOneSearch);
    if (!key->Verify(one.algorithm, AsBytes(Message()),
                     AsBytes(one.signature))) {
      state.SkipWithError("refused");
    }
  }
}

BENCHMARK_CAPTURE(BM_KnownKey, p256, ByP256());
BENCHMARK_CAPTURE(BM_KnownKey, ml_dsa_44,
                  ByMlDsa(MlDsa::k44, Scheme::kMlDsa44));
BENCHMARK_CAPTURE(BM_KnownKey, ml_dsa_65,
                  ByMlDsa(MlDsa::k65, Scheme::kMlDsa65));
BENCHMARK_CAPTURE(BM_KnownKey, ml_dsa_87,
                  ByMlDsa(MlDsa::k87, Scheme::kMlDsa87));
BENCHMARK_CAPTURE(BM_NewKey, p256, ByP256());
BENCHMARK_CAPTURE(BM_NewKey, ml_dsa_44, ByMlDsa(MlDsa::k44, Scheme::kMlDsa44));
BENCHMARK_CAPTURE(BM_NewKey, ml_dsa_65, ByMlDsa(MlDsa::k65, Scheme::kMlDsa65));
BENCHMARK_CAPTURE(BM_NewKey, ml_dsa_87, ByMlDsa(MlDsa::k87, Scheme::kMlDsa87));

}  // namespace
}  // namespace chainkeep::signature
