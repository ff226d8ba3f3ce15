// Which signature algorithms there are, and which a policy allows.
//
// Sources: RFC 5280, RFC 4055 (RSA PKCS#1 v1.5 and PSS), RFC 5758 (ECDSA with
// SHA-2), RFC 8410 (Ed25519), RFC 9881 (ML-DSA). PSS is taken in the three
// parameter sets that are in use: MGF1 with the message's digest and a salt as
// long as the digest.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_ALGORITHM_H_
#define CHAINKEEP_ENGINE_SIGNATURE_ALGORITHM_H_

#include <cstdint>

#include "chainkeep/options.h"
#include "chainkeep/types.h"
#include "engine/der/cursor.h"

namespace chainkeep::signature {

enum class Scheme : uint8_t {
  kRsaPkcs1,
  kRsaPss,
  kEcdsa,
  kEd25519,
  kMlDsa44,
  kMlDsa65,
  kMlDsa87,
};
enum class Digest : uint8_t { kNone, kSha1, kSha256, kSha384, kSha512 };

// SignatureAlgorithm is what an AlgorithmIdentifier says. For kEd25519 and
// ML-DSA the digest is kNone.
struct SignatureAlgorithm {
  Scheme scheme = Scheme::kEd25519;
  Digest digest = Digest::kNone;

  friend bool operator==(const SignatureAlgorithm&,
                         const SignatureAlgorithm&) = default;
};

// ParseSignatureAlgorithm reads the contents of an AlgorithmIdentifier. An
// algorithm that is not in the list above (MD5, DSA, PSS with other parameters)
// is kUnsupported; wrong parameters of one that is, kIllFormed. Tolerated are
// NULL for the absent parameters of ECDSA, their absence for the NULL of RSA
// (RFC 4055 §5), and the trailerField of RSASSA-PSS.
der::Result<SignatureAlgorithm> ParseSignatureAlgorithm(
    Bytes contents, der::Tolerated* tolerated = nullptr);

// IsAllowed returns whether `policy` takes signatures of this kind.
bool IsAllowed(const AlgorithmPolicy& policy, SignatureAlgorithm algorithm);

}  // namespace chainkeep::signature

#endif  // CHAINKEEP_ENGINE_SIGNATURE_ALGORITHM_H_
