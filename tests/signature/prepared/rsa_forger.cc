#include "tests/signature/prepared/rsa_forger.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <utility>
#include <vector>

#include "openssl/bn.h"
#include "openssl/digest.h"
#include "openssl/err.h"
#include "openssl/nid.h"

namespace chainkeep::test {
namespace {

const uint8_t* Data(const std::string& bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

int HashOf(const std::string& digest) {
  if (digest.size() == 32) return NID_sha256;
  return digest.size() == 48 ? NID_sha384 : NID_sha512;
}

// A prime in [(1 - 1/64) 2^128, 2^128), of which p - 1 has no factor 65537: 32
// of them are still more than half of 2^4096.
Big Prime(std::mt19937_64* random) {
  while (true) {
    const std::array<uint64_t, 2> words = {(*random)(), (*random)() >> 6};
    Big prime = Big::TwoTo(128) - 1 - Big::OfWords(words);
    if (BN_is_odd(prime.get()) == 0 || (prime - 1).Modulo(65537) == 0) continue;
    int is_prime = 0;
    if (BN_primality_test(
            &is_prime, prime.get(), BN_prime_checks_for_generation,
            bssl::UniquePtr<BN_CTX>(BN_CTX_new()).get(), 1, nullptr) != 1) {
      std::abort();
    }
    if (is_prime == 1) return prime;
  }
}

}  // namespace

bssl::UniquePtr<RSA> RsaOf(const Big& n, const Big& e) {
  bssl::UniquePtr<RSA> key(RSA_new());
  if (RSA_set0_key(key.get(), BN_dup(n.get()), BN_dup(e.get()), nullptr) != 1) {
    std::abort();
  }
  return key;
}

RsaForger::RsaForger(int bits, uint64_t seed)
    : size_(static_cast<size_t>(bits) / 8) {
  std::mt19937_64 random(seed);
  Big totient = 1;
  std::vector<Big> primes;
  while (primes.size() < size_ / 16) {
    Big prime = Prime(&random);
    for (const Big& other : primes) {
      if (other == prime) prime = Prime(&random);
    }
    n_ = n_ * prime;
    totient = totient * (prime - 1);
    primes.push_back(std::move(prime));
  }
  d_ = Big(65537).InverseModulo(totient);
  key_ = RsaOf(n_);
}

std::string RsaForger::Sign(const std::string& block) const {
  Big number, signature;
  BN_bin2bn(Data(block), block.size(), number.get());
  const bssl::UniquePtr<BN_CTX> context(BN_CTX_new());
  if (BN_mod_exp_mont(signature.get(), number.Modulo(n_).get(), d_.get(),
                      n_.get(), context.get(), nullptr) != 1) {
    std::abort();
  }
  return signature.Bytes(size_);
}

std::string RsaForger::Pkcs1Block(const std::string& digest) const {
  uint8_t* info = nullptr;
  size_t size = 0;
  int is_allocated = 0;
  if (RSA_add_pkcs1_prefix(&info, &size, &is_allocated, HashOf(digest),
                           Data(digest), digest.size()) != 1) {
    std::abort();
  }
  std::string block("\0\1", 2);
  block.append(size_ - size - 3, '\xff').push_back('\0');
  block.append(reinterpret_cast<const char*>(info), size);
  if (is_allocated == 1) OPENSSL_free(info);
  return block;
}

std::string RsaForger::PssBlock(const signature::PssParameters& parameters,
                                const std::string& digest) const {
  std::string block(size_, '\0');
  if (RSA_padding_add_PKCS1_PSS_mgf1(
          key_.get(), reinterpret_cast<uint8_t*>(block.data()), Data(digest),
          parameters.digest, parameters.mgf_digest,
          parameters.salt_length) != 1) {
    std::abort();
  }
  return block;
}

bool RsaForger::Verifies(const std::string& digest,
                         const std::string& signature) const {
  const bool verifies =
      RSA_verify(HashOf(digest), Data(digest), digest.size(), Data(signature),
                 signature.size(), key_.get()) == 1;
  ERR_clear_error();
  return verifies;
}

bool RsaForger::VerifiesPss(const signature::PssParameters& parameters,
                            const std::string& digest,
                            const std::string& signature) const {
  const bool verifies =
      RSA_verify_pss_mgf1(key_.get(), Data(digest), digest.size(),
                          parameters.digest, parameters.mgf_digest,
                          parameters.salt_length, Data(signature),
                          signature.size()) == 1;
  ERR_clear_error();
  return verifies;
}

}  // namespace chainkeep::test
