// The parameters of one RSASSA-PSS verification (RFC 8017 §8.1.2).
//
// Certificates use three sets of them only (algorithm.h). Others are for the
// tests that hold the primitive against vectors of its own.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PSS_PARAMETERS_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PSS_PARAMETERS_H_

#include "openssl/base.h"

namespace chainkeep::signature {

struct PssParameters {
  const EVP_MD* digest = nullptr;  // of the message
  const EVP_MD* mgf_digest = nullptr;
  int salt_length = 0;
};

}  // namespace chainkeep::signature

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PSS_PARAMETERS_H_
