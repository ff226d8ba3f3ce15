// RSASSA-PSS with any parameters, for tests only.
//
// Published vectors of PSS use digests, mask generation functions and salts
// that no certificate may (RFC 4055 leaves the choice to a policy, and ours is
// in algorithm.h). This lets a test put them to the very code that verifies
// certificates, which nobody else can reach with them.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PSS_FOR_TESTS_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PSS_FOR_TESTS_H_

#include "chainkeep/types.h"
#include "engine/der/cursor.h"
#include "engine/signature/pss_parameters.h"
#include "engine/signature/public_key.h"

namespace chainkeep::signature {

class PssForTests {
 public:
  // ParseKey reads a SubjectPublicKeyInfo as PublicKey::Parse does, and takes
  // one of id-RSASSA-PSS (RFC 4055 §3.1) for an RSA key. What its parameters
  // say is for the test to heed.
  static der::Result<PublicKey> ParseKey(Bytes spki);

  // Verify returns whether `signature` is `key`'s over `message`; false for a
  // key that is not RSA.
  static bool Verify(const PublicKey& key, const PssParameters& parameters,
                     Bytes message, Bytes signature);
};

}  // namespace chainkeep::signature

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PSS_FOR_TESTS_H_
