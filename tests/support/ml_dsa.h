// CAs that sign with ML-DSA, for tests: keys, signatures and certificates, by
// Botan. What is made is the same each time: keys come from a seed, and FIPS
// 204's deterministic variant signs.

#ifndef CHAINKEEP_TESTS_SUPPORT_ML_DSA_H_
#define CHAINKEEP_TESTS_SUPPORT_ML_DSA_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "chainkeep/options.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::test {

class MlDsaSigner {
 public:
  // The seed of the key is `seed`, 32 times. The constructor is slow: some
  // hundred microseconds.
  explicit MlDsaSigner(MlDsa set, uint8_t seed = 1);
  ~MlDsaSigner();

  std::string PublicKey() const;

  // SubjectPublicKeyInfo, whole element.
  std::string Spki() const;

  // The AlgorithmIdentifier of key and signature, whole element.
  std::string Algorithm() const;

  std::string Sign(std::string_view message) const;

  // `der`, a certificate or CRL, with this key's signature in place of its own.
  // The algorithm that it names stays.
  std::string SignAgain(std::string_view der) const;

 private:
  struct Key;

  const MlDsa set_;
  const std::unique_ptr<Key> key_;
};

// MakeCertificate makes the certificate that `spec` asks for, signed by
// `signer` in the name of `issuer`, or in its own if that is null. An algorithm
// that `spec` sets stands in the certificate, and ML-DSA signs all the same.
// With `spec.spki` it certifies an ML-DSA key.
TestCertificate MakeCertificate(CertificateSpec spec, const MlDsaSigner& signer,
                                const TestCertificate* issuer);

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SUPPORT_ML_DSA_H_
