#include "engine/signature/signed_id.h"

#include <string>

#include "engine/signature/public_key.h"
#include "openssl/sha.h"

namespace chainkeep::signature {

SignedId ComputeSignedId(const x509::Certificate& certificate) {
  SignedId::Array digest;
  SHA256(certificate.tbs().data(), certificate.tbs().size(), digest.data());
  return SignedId(digest);
}

CaId ComputeCaId(const x509::Certificate& ca) {
  std::string text;
  AppendComparableKey(ca.spki(), &text);
  ca.subject().AppendComparable(&text);
  CaId::Array digest;
  SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(),
         digest.data());
  return CaId(digest);
}

bool IsSameCa(const x509::Certificate& a, const x509::Certificate& b) {
  return IsSameKey(a.spki(), b.spki()) && a.subject() == b.subject();
}

}  // namespace chainkeep::signature
