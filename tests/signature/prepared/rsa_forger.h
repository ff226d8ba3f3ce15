// An RsaForger signs any block at all: it knows a private key, of a modulus
// that is quickly made.
//
// The modulus is a product of primes of 128 bits, which is all that RSA needs
// to be right. (To be secure it needs two large ones.)

#ifndef CHAINKEEP_TESTS_SIGNATURE_PREPARED_RSA_FORGER_H_
#define CHAINKEEP_TESTS_SIGNATURE_PREPARED_RSA_FORGER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/signature/pss_parameters.h"
#include "openssl/rsa.h"
#include "tests/signature/prepared/big.h"

namespace chainkeep::test {

// The library's form of a public key.
bssl::UniquePtr<RSA> RsaOf(const Big& n, const Big& e = 65537);

class RsaForger {
 public:
  // A key of 2048, 3072 or 4096 bits, another for each seed, with the exponent
  // 65537.
  explicit RsaForger(int bits, uint64_t seed = 1);

  // The signature from which `block` is recovered: block^d.
  std::string Sign(const std::string& block) const;

  // The right block for a digest of SHA-256, SHA-384 or SHA-512, by the
  // library: PKCS #1 v1.5, and RSASSA-PSS with a salt at random.
  std::string Pkcs1Block(const std::string& digest) const;
  std::string PssBlock(const signature::PssParameters& parameters,
                       const std::string& digest) const;

  // By the library; `digest` as above.
  bool Verifies(const std::string& digest, const std::string& signature) const;
  bool VerifiesPss(const signature::PssParameters& parameters,
                   const std::string& digest,
                   const std::string& signature) const;

  RSA& key() const { return *key_; }
  const Big& n() const { return n_; }
  size_t size() const { return size_; }  // of a block, in bytes

 private:
  size_t size_;
  Big n_ = 1;
  Big d_;
  bssl::UniquePtr<RSA> key_;
};

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SIGNATURE_PREPARED_RSA_FORGER_H_
