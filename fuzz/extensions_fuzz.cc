// The extensions of a certificate mean to us what they mean to BoringSSL.
//
// Compared where BoringSSL takes all of them: it also parses extensions that we
// leave alone (cRLDistributionPoints, Netscape's), refuses a pathLenConstraint
// of what is no CA, and reads GeneralNames to the end when it parses, not when
// it needs them. Criticality is not compared where BoringSSL knows an extension
// that we refuse (certificate policies and their constraints, Netscape's).

#include "engine/x509/certificate.h"
#include "fuzz/input.h"
#include "fuzz/reference.h"
#include "fuzz/require.h"
#include "openssl/x509v3.h"

namespace chainkeep::fuzz {
namespace {

void CheckKeyId(const std::optional<Bytes>& ours,
                const ASN1_OCTET_STRING* theirs, const char* property) {
  Require(ours.has_value() == (theirs != nullptr), property);
  if (!ours) return;
  const Bytes bytes(ASN1_STRING_get0_data(theirs), ASN1_STRING_length(theirs));
  Require(der::Equal(*ours, bytes), property);
}

// Bit n of keyUsage is bit 7 - n of the first byte; decipherOnly is above them.
void CheckKeyUsage(const der::BitString& ours, uint32_t theirs) {
  for (int bit = 0; bit < 9; ++bit) {
    const int mask = bit < 8 ? 0x80 >> bit : 0x8000;
    Require(ours.Bit(bit) == ((theirs & mask) != 0), "same keyUsage");
  }
}

void CheckAgainst(X509* theirs, const x509::Extensions& ours, uint32_t flags) {
  Require(ours.has_basic_constraints == ((flags & EXFLAG_BCONS) != 0) &&
              ours.is_ca == ((flags & EXFLAG_CA) != 0),
          "same basicConstraints");
  // A length beyond what BoringSSL can say reads as none.
  const long length = X509_get_pathlen(theirs);
  Require(length < 0
              ? ours.path_length.value_or(INT32_MAX) >= INT32_MAX
              : ours.path_length == std::min<uint64_t>(length, UINT32_MAX),
          "same pathLenConstraint");
  Require(ours.key_usage.has_value() == ((flags & EXFLAG_KUSAGE) != 0) &&
              ours.extended_key_usage.has_value() ==
                  ((flags & EXFLAG_XKUSAGE) != 0),
          "same presence of usages");
  if (ours.key_usage)
    CheckKeyUsage(*ours.key_usage, X509_get_key_usage(theirs));
  CheckKeyId(ours.subject_key_id, X509_get0_subject_key_id(theirs),
             "same subjectKeyIdentifier");
  CheckKeyId(ours.authority_key_id, X509_get0_authority_key_id(theirs),
             "same authorityKeyIdentifier");
  Require(ours.has_unknown_critical || (flags & EXFLAG_CRITICAL) == 0,
          "a critical extension that BoringSSL does not know is unknown");
}

}  // namespace
}  // namespace chainkeep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chainkeep;
  const auto parsed = x509::Certificate::Parse(Bytes(data, size));
  if (!parsed.ok()) return 0;
  const bssl::UniquePtr<X509> theirs = fuzz::ParseX509(parsed->der());
  fuzz::RequireTaken(theirs.get());
  const uint32_t flags = X509_get_extension_flags(theirs.get());
  if ((flags & EXFLAG_INVALID) != 0) return 0;
  fuzz::CheckAgainst(theirs.get(), parsed->extensions(), flags);
  return 0;
}
