#include "fuzz/certificate_reference.h"

#include <algorithm>

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

}  // namespace

void RequireSame(X509& theirs, const x509::Certificate& ours) {
  Require(TbsOf(theirs) == AsText(ours.tbs()), "same tbsCertificate");
  Require(SpkiOf(theirs) == AsText(ours.spki()), "same subjectPublicKeyInfo");
  Require(SerialOf(theirs) == AsText(ours.serial()), "same serialNumber");
  Require(X509_get_version(&theirs) + 1 == ours.version(), "same version");
  Require(TimeOf(*X509_get0_notBefore(&theirs)) == ours.not_before() &&
              TimeOf(*X509_get0_notAfter(&theirs)) == ours.not_after(),
          "same validity");
  Require(NameOf(*X509_get_issuer_name(&theirs)) == AsText(ours.issuer().der()),
          "same issuer");
  Require(
      NameOf(*X509_get_subject_name(&theirs)) == AsText(ours.subject().der()),
      "same subject");
}

void RequireSame(X509& certificate, const x509::Extensions& ours) {
  X509* const theirs = &certificate;
  const uint32_t flags = X509_get_extension_flags(theirs);
  if ((flags & EXFLAG_INVALID) != 0) return;
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

}  // namespace chainkeep::fuzz
