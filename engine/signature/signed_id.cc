#include "engine/signature/signed_id.h"

#include <string>

#include "openssl/sha.h"

namespace chainkeep::signature {

SignedId ComputeSignedId(const x509::Certificate& certificate) {
  SignedId::Array digest;
  SHA256(certificate.tbs().data(), certificate.tbs().size(), digest.data());
  return SignedId(digest);
}

CaId ComputeCaId(const x509::Certificate& ca) {
  // The key is DER, which says where it ends.
  std::string text(ca.spki().begin(), ca.spki().end());
  ca.subject().AppendComparable(&text);
  CaId::Array digest;
  SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(),
         digest.data());
  return CaId(digest);
}

}  // namespace chainkeep::signature
