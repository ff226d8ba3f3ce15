// What a signature costs to verify, for each kind of key that a policy may
// take: by a key that is ready, as a registered CA's is, and by one that is
// parsed for it, as a presented CA's is. The units of engine/signature/cost.h
// are these figures divided by that of P-256.
//
// Of RSA the modulus is a random number and the signature no signature: the
// arithmetic is the same, and keys of 16,384 bits take minutes to make.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "chainkeep/certificate.h"
#include "engine/signature/algorithm.h"
#include "engine/signature/cost.h"
#include "engine/signature/public_key.h"
#include "tests/support/der_writer.h"
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
  std::string name;
  std::string spki;
  SignatureAlgorithm algorithm;
  std::string signature;
};

Signed ByMlDsa(std::string name, MlDsa set, Scheme scheme) {
  const test::MlDsaSigner signer(set);
  return {std::move(name),
          signer.Spki(),
          {scheme, Digest::kNone},
          signer.Sign(Message())};
}

Signed By(std::string name, test::KeyType type, SignatureAlgorithm algorithm) {
  const auto key = test::MakeKey(type);
  return {std::move(name), test::EncodeSpki(key.get()), algorithm,
          test::Sign(key.get(), test::DigestType::kSha256,
                     test::RsaPadding::kPkcs1, Message())};
}

// `exponent` is the contents of its INTEGER.
Signed ByRsa(unsigned bits, std::string_view exponent_name,
             std::string_view exponent) {
  std::string modulus(bits / 8, '\0');
  uint32_t random = 1;
  for (char& c : modulus) {
    random = random * 1664525 + 1013904223;
    c = static_cast<char>(random >> 24);
  }
  modulus.front() = '\xc5';
  modulus.back() |= 1;
  std::string signature = modulus;
  signature.front() = '\x35';  // below the modulus
  const std::string key =
      test::Tlv(0x30, absl::StrCat(test::Tlv(2, std::string(1, '\0') + modulus),
                                   test::Tlv(2, exponent)));
  const std::string algorithm = test::Tlv(
      0x30, absl::StrCat(test::Oid("1.2.840.113549.1.1.1"), test::Tlv(5, "")));
  return {
      absl::StrCat("rsa_", bits, "_", exponent_name),
      test::Tlv(0x30, absl::StrCat(algorithm,
                                   test::Tlv(3, std::string(1, '\0') + key))),
      {Scheme::kRsaPkcs1, Digest::kSha256},
      signature};
}

void Report(benchmark::State& state, const PublicKey& key, const Signed& one) {
  state.counters["units"] = VerificationUnits(key.info());
  benchmark::DoNotOptimize(one);
}

void BM_ReadyKey(benchmark::State& state, const Signed& one) {
  const auto key = PublicKey::Parse(AsBytes(one.spki));
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        key->Verify(one.algorithm, AsBytes(Message()), AsBytes(one.signature)));
  }
  Report(state, *key, one);
}

void BM_NewKey(benchmark::State& state, const Signed& one) {
  for (auto _ : state) {
    const auto key =
        PublicKey::Parse(AsBytes(one.spki), Preparation::kForOneSearch);
    benchmark::DoNotOptimize(
        key->Verify(one.algorithm, AsBytes(Message()), AsBytes(one.signature)));
  }
  Report(state, *PublicKey::Parse(AsBytes(one.spki)), one);
}

std::vector<Signed> All() {
  constexpr SignatureAlgorithm kEcdsa = {Scheme::kEcdsa, Digest::kSha256};
  std::vector<Signed> all;
  all.push_back(By("p256", test::KeyType::kP256, kEcdsa));
  all.push_back(By("p384", test::KeyType::kP384, kEcdsa));
  all.push_back(By("p521", test::KeyType::kP521, kEcdsa));
  all.push_back(By("ed25519", test::KeyType::kEd25519,
                   {Scheme::kEd25519, Digest::kNone}));
  for (const unsigned bits : {2048, 3072, 4096, 8192, 16384}) {
    all.push_back(ByRsa(bits, "e65537", std::string("\1\0\1", 3)));
    all.push_back(ByRsa(bits, "e33bits", "\1\xff\xff\xff\xff"));
  }
  all.push_back(ByMlDsa("ml_dsa_44", MlDsa::k44, Scheme::kMlDsa44));
  all.push_back(ByMlDsa("ml_dsa_65", MlDsa::k65, Scheme::kMlDsa65));
  all.push_back(ByMlDsa("ml_dsa_87", MlDsa::k87, Scheme::kMlDsa87));
  return all;
}

}  // namespace
}  // namespace chainkeep::signature

int main(int argc, char** argv) {
  using chainkeep::signature::Signed;
  benchmark::Initialize(&argc, argv);
  static const std::vector<Signed>& all =
      *new std::vector<Signed>(chainkeep::signature::All());
  for (const Signed& one : all) {
    for (const auto& [name, run] :
         {std::pair("ready/", &chainkeep::signature::BM_ReadyKey),
          std::pair("new/", &chainkeep::signature::BM_NewKey)}) {
      benchmark::RegisterBenchmark((name + one.name).c_str(), run, one);
    }
  }
  benchmark::RunSpecifiedBenchmarks();
}
