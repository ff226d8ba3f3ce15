#include "engine/signature/pss_for_tests.h"

#include <array>

#include "openssl/digest.h"

namespace chainkeep::signature {

bool PssForTests::Verify(const PublicKey& key, const PssParameters& parameters,
                         Bytes message, Bytes signature) {
  if (key.info().kind != KeyKind::kRsa) return false;
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest;
  unsigned size;
  return EVP_Digest(message.data(), message.size(), digest.data(), &size,
                    parameters.digest, nullptr) == 1 &&
         key.VerifyPss(parameters, Bytes(digest).first(size), signature);
}

}  // namespace chainkeep::signature
