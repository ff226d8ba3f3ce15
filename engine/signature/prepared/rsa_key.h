// PreparedKey for RSA with a modulus of 2048, 3072 or 4096 bits and the
// exponent 65537.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_RSA_KEY_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_RSA_KEY_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/signature/prepared/prepared_key.h"
#include "engine/signature/prepared/rsa_power.h"
#include "openssl/rsa.h"

namespace chainkeep::signature::prepared {

template <int kBits>
class RsaKey final : public PreparedKey {
 public:
  static constexpr size_t kSize = kBits / 8;
  using Block = std::array<uint8_t, kSize>;

  // Requires a modulus of kBits that is odd, the exponent 65537, and a
  // processor that has the instructions. What is missing is a lack of memory.
  explicit RsaKey(bssl::UniquePtr<RSA> key);
  bool is_complete() const { return is_complete_; }

  Outcome Verify(Bytes digest, Bytes signature) const override;
  Outcome VerifyPss(const PssParameters& parameters, Bytes digest,
                    Bytes signature) const override;
  size_t bytes() const override { return sizeof(*this); }

  // What was padded and signed: false for a signature that is not of the
  // modulus' size and below it.
  bool Recover(Bytes signature, Block* block) const;

 private:
  static constexpr int kWords = kRsaWords<kBits>;
  static constexpr int kRegisters = kRsaRegisters<kBits>;

  bssl::UniquePtr<RSA> key_;  // for the library's side of PSS
  Words<kWords> n_;
  RsaModulus<kRegisters> modulus_;
  bool is_complete_ = false;
};

// The bytes before a digest in a PKCS #1 v1.5 signature: DER of DigestInfo
// (RFC 8017 §9.2, note 1), with the NULL. Empty for a length that is not that
// of SHA-256, SHA-384 or SHA-512.
Bytes DigestInfoPrefix(size_t digest_size);

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_RSA_KEY_H_
