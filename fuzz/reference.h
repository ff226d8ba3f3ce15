// BoringSSL's X.509 code, as what our own is compared with.
//
// Functions return null where BoringSSL refuses; its error queue then says why
// until the next call. Any thread may call.

#ifndef CHAINKEEP_FUZZ_REFERENCE_H_
#define CHAINKEEP_FUZZ_REFERENCE_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "chainkeep/types.h"
#include "engine/signature/algorithm.h"
#include "engine/signature/public_key.h"
#include "openssl/base.h"
#include "openssl/evp.h"
#include "openssl/x509.h"
#include "openssl/x509v3.h"

namespace chainkeep::fuzz {

// These take all of `der`, or nothing.
bssl::UniquePtr<X509> ParseX509(Bytes der);
bssl::UniquePtr<X509_NAME> ParseX509Name(Bytes der);
bssl::UniquePtr<X509_CRL> ParseX509Crl(Bytes der);
bssl::UniquePtr<NAME_CONSTRAINTS> ParseX509NameConstraints(Bytes der);

// A SubjectPublicKeyInfo with nothing behind it.
bssl::UniquePtr<EVP_PKEY> ParseSpki(Bytes der);

// RequireTaken requires that BoringSSL took what we took, and prints why not.
void RequireTaken(const void* parsed);

// IsTakenAlike requires it of what is DER, and says of the rest whether
// BoringSSL took it: of what we tolerate (`tolerated` is not empty) it takes
// some.
inline bool IsTakenAlike(const void* parsed, std::string_view tolerated) {
  if (tolerated.empty()) RequireTaken(parsed);
  return parsed != nullptr;
}

// IsTakenOrExcused is the same, but for what BoringSSL refused in a structure
// of its own that has one of the names `types`: then it returns false.
bool IsTakenOrExcused(const void* parsed,
                      std::span<const std::string_view> types);

// Whether BoringSSL's key is of the kind and size that we say.
bool IsSameKey(const signature::KeyInfo& ours, const EVP_PKEY& theirs);

// Whether `signature` is of `key` over `message`, asked of the EVP interface.
// False where key and algorithm do not go together.
bool Verifies(EVP_PKEY& key, signature::SignatureAlgorithm algorithm,
              Bytes message, Bytes signature);

// What BoringSSL makes of a part of a certificate, for comparing with ours.
std::string SerialOf(const X509& certificate);  // two's complement, big-endian
std::string TbsOf(X509& certificate);           // DER, as it was signed
std::string SpkiOf(const X509& certificate);    // DER
std::string NameOf(const X509_NAME& name);      // DER
std::optional<UnixSeconds> TimeOf(const ASN1_TIME& time);

// Contents of an INTEGER.
std::string IntegerOf(const ASN1_INTEGER& integer);

}  // namespace chainkeep::fuzz

#endif  // CHAINKEEP_FUZZ_REFERENCE_H_
