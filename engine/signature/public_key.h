// PublicKey is a key made ready to verify signatures, many times.
//
// A CA's key is prepared once, when it is registered: whatever can be computed
// from the key alone is computed then and lives in this object, so that a
// handshake pays for one verification and nothing else. The arithmetic is
// BoringSSL's, and for ML-DSA Botan's (ml_dsa.h).
//
// A PublicKey owns its memory; it refers to nothing of the DER it was read
// from. Immutable after Parse: any number of threads may call Verify on one
// object. BoringSSL's error queue is left as it was found (see error_queue.h).

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PUBLIC_KEY_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PUBLIC_KEY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "chainkeep/options.h"
#include "chainkeep/types.h"
#include "engine/der/cursor.h"
#include "engine/signature/algorithm.h"
#include "engine/signature/prepared/prepared_key.h"

namespace chainkeep::signature {

struct PssParameters;  // pss_parameters.h

enum class KeyKind : uint8_t {
  kRsa,
  kP256,
  kP384,
  kP521,
  kEd25519,
  kMlDsa44,
  kMlDsa65,
  kMlDsa87,
};

// KeyInfo is what can be told of a key without computing with it.
struct KeyInfo {
  KeyKind kind = KeyKind::kRsa;
  unsigned rsa_bits = 0;  // length of the modulus
  // The public exponent is odd, at least 3, and below 2^33.
  bool rsa_exponent_is_sound = false;
  // Modular multiplications that such an exponent takes; at most 64.
  uint8_t rsa_multiplications = 0;
};

// InspectKey reads a SubjectPublicKeyInfo element without arithmetic or
// allocation: kind, size, and form. Unknown algorithms and curves, and explicit
// EC parameters (CVE-2020-0601), are kUnsupported. Tolerated is the absence of
// the NULL that rsaEncryption has for parameters.
der::Result<KeyInfo> InspectKey(Bytes spki,
                                der::Tolerated* tolerated = nullptr);

// IsSameKey returns whether two SubjectPublicKeyInfo elements, of which `a` can
// be inspected, are of one key: the same bytes, or RSA with and without NULL.
bool IsSameKey(Bytes a, Bytes b);

// AppendComparableKey appends bytes that are equal for keys of which IsSameKey
// is true, and for no others, and that say themselves where they end.
void AppendComparableKey(Bytes spki, std::string* out);

// IsStrongEnough returns whether `policy` accepts a key of this kind and size.
bool IsStrongEnough(const AlgorithmPolicy& policy, const KeyInfo& info);

// KeyName returns "RSA-2048", "P-256", "Ed25519", "ML-DSA-44".
std::string KeyName(const KeyInfo& info);

// Fits returns whether a signature of `algorithm` can be by a key of `kind`.
bool Fits(KeyKind kind, SignatureAlgorithm algorithm);

// Preparation says what a key is parsed for.
enum class Preparation : uint8_t {
  // All that can be computed beforehand is.
  kForManyUses,
  // Only what verifying needs: for a key that comes with a handshake and may be
  // a stranger's.
  kForOneSearch,
};

class PublicKey {
 public:
  // Parse reads a SubjectPublicKeyInfo element and prepares the key. RSA keys
  // above 16,384 bits or with an unsound exponent, and points that are not on
  // their curve, are kIllFormed. Allocates.
  static der::Result<PublicKey> Parse(
      Bytes spki, Preparation preparation = Preparation::kForManyUses);

  PublicKey(PublicKey&&) noexcept;
  PublicKey& operator=(PublicKey&&) noexcept;
  ~PublicKey();

  const KeyInfo& info() const { return info_; }

  bool Fits(SignatureAlgorithm algorithm) const {
    return signature::Fits(info_.kind, algorithm);
  }

  // Verify returns whether `signature` is this key's over `message`. False, at
  // no cost, for an algorithm that does not fit the key. `sha256` is that of
  // the message where it is known (signed_id.h): it is not computed again.
  bool Verify(SignatureAlgorithm algorithm, Bytes message, Bytes signature,
              const SignedId* sha256 = nullptr) const;

  // VerifyWith does the same with a table of this key (key_tables.h), where the
  // table can say.
  prepared::Outcome VerifyWith(const prepared::PreparedKey& table,
                               SignatureAlgorithm algorithm, Bytes message,
                               Bytes signature, const SignedId* sha256) const;

  // StartPreparing begins a table of this key, which must outlive the builder.
  // Null where there are none: P-521, ML-DSA, RSA of some lengths, kOff, and
  // what the arithmetic does not have (prepared_key.h). Allocates.
  std::unique_ptr<prepared::KeyBuilder> StartPreparing(
      prepared::Level level, prepared::Arithmetic arithmetic) const;

  // WarmUp computes what all tables for keys of this kind share: some
  // milliseconds, once in a process.
  void WarmUp() const;

 private:
  friend class PssForTests;

  struct Prepared;
  PublicKey(const KeyInfo& info, std::unique_ptr<Prepared> prepared);

  // Of an RSA key; the message's digest is that of the parameters.
  bool VerifyPss(const PssParameters& parameters, Bytes message_digest,
                 Bytes signature) const;

  KeyInfo info_;
  std::unique_ptr<Prepared> prepared_;
};

}  // namespace chainkeep::signature

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PUBLIC_KEY_H_
