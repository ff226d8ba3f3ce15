#include "engine/signature/cost.h"

namespace chainkeep::signature {
namespace {

// The exponentiation of RSA is a modular multiplication for each bit of the
// exponent and one more for each that is set; what BoringSSL does besides takes
// as long as 17. One with a modulus of 8192 bits took 7.0 µs, 0.14 of a P-256
// check, and the time grows with the square of the bits. Taken as 0.16, so that
// a busy machine's figures are within.
uint32_t RsaUnits(const KeyInfo& info) {
  constexpr uint64_t kBesides = 17;
  constexpr uint64_t kHundredthsOf8192 = 16;
  const uint64_t bits = info.rsa_bits;
  const uint64_t hundredths = kHundredthsOf8192 *
                              (info.rsa_multiplications + kBesides) * bits *
                              bits / (uint64_t{8192} * 8192);
  return static_cast<uint32_t>(hundredths / 100 + 1);
}

}  // namespace

uint32_t VerificationUnits(const KeyInfo& info) {
  switch (info.kind) {
    case KeyKind::kRsa:
      return RsaUnits(info);
    case KeyKind::kP256:
    case KeyKind::kEd25519:  // 0.9 to 1.0
      return 1;
    case KeyKind::kP384:  // 10.0 to 10.9
      return 11;
    case KeyKind::kP521:  // 26.8 to 28.2
      return 28;
    // A key that another thread uses is expanded anew (ml_dsa.h), so a key that
    // is registered costs what one costs that is presented.
    case KeyKind::kMlDsa44:  // 2.3
      return 3;
    case KeyKind::kMlDsa65:  // 3.8
      return 4;
    case KeyKind::kMlDsa87:  // 6.3
      return 7;
  }
  return 0;
}

uint32_t HashWeight(SignatureAlgorithm algorithm) {
  switch (algorithm.digest) {
    case Digest::kSha1:
    case Digest::kSha256:
      return 1;
    case Digest::kSha384:
    case Digest::kSha512:
      return 3;
    case Digest::kNone:
      break;
  }
  // SHA-512 of Ed25519; SHAKE256 of ML-DSA.
  return 4;
}

}  // namespace chainkeep::signature
