// A CA is a name and a key, not one of its certificates: it may have renewed
// its own, or be cross-certified by others, and what is said of the CA is said
// of all of them.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_CA_IDENTITY_H_
#define CHAINKEEP_ENGINE_SIGNATURE_CA_IDENTITY_H_

#include "chainkeep/types.h"
#include "engine/x509/certificate.h"

namespace chainkeep::signature {

// IsSameCa returns whether two certificates are of one CA: whether subject,
// compared as names are, and public key are the same. Linear in both.
bool IsSameCa(const x509::Certificate& a, const x509::Certificate& b);

// ComputeCaIdentity returns the SHA-256 of subject and public key, each in a
// normal form: the same for certificates of one CA, and for no others. For
// keys of stored rows. Allocates.
CertificateId ComputeCaIdentity(const x509::Certificate& certificate);

}  // namespace chainkeep::signature

#endif  // CHAINKEEP_ENGINE_SIGNATURE_CA_IDENTITY_H_
