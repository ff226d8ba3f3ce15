// Implements ComputeCertificateId of chainkeep/certificate.h, apart from the
// rest of that header, so that the rooms below the engine can use it.

#include "chainkeep/certificate.h"
#include "openssl/sha.h"

namespace chainkeep {

CertificateId ComputeCertificateId(Bytes der) {
  CertificateId::Array digest;
  SHA256(der.data(), der.size(), digest.data());
  return CertificateId(digest);
}

}  // namespace chainkeep
