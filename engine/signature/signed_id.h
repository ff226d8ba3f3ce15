// What a certificate, and a CA, is the same by (types.h): what its issuer has
// signed, and a name and a key. Bytes that a presenter can change without the
// issuer have no part in either: the signature (of ECDSA (r, n - s) is as good
// as (r, s)), its algorithm's parameters outside of the signed part, and how
// the outer SEQUENCE is written.
//
// Pure and thread-safe.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_SIGNED_ID_H_
#define CHAINKEEP_ENGINE_SIGNATURE_SIGNED_ID_H_

#include "chainkeep/types.h"
#include "engine/x509/certificate.h"

namespace chainkeep::signature {

// ComputeSignedId hashes the signed part. It is the digest that verifying a
// signature with SHA-256 needs as well (PublicKey::Verify takes it). Allocates
// nothing.
SignedId ComputeSignedId(const x509::Certificate& certificate);

// ComputeCaId reads the subject and the key of a CA's certificate. Costs a few
// times the length of the name; allocates.
CaId ComputeCaId(const x509::Certificate& ca);

// IsSameCa returns whether two certificates, of which the key of `a` can be
// inspected, are of one CA: whether ComputeCaId is the same. Linear in both;
// allocates nothing.
bool IsSameCa(const x509::Certificate& a, const x509::Certificate& b);

// Whether two issuers of one signed id may be the same CA: an empty one is not
// known.
inline bool MayBeSame(const CaId& a, const CaId& b) {
  return a.empty() || b.empty() || a == b;
}

}  // namespace chainkeep::signature

#endif  // CHAINKEEP_ENGINE_SIGNATURE_SIGNED_ID_H_
