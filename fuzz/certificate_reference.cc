#include "fuzz/certificate_reference.h"

#include <algorithm>

#include "fuzz/input.h"
#include "fuzz/reference.h"
#include "fuzz/require.h"
#include "openssl/nid.h"
#include "openssl/obj.h"
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

// noRevAvail (RFC 9608), which the pinned library has no number for.
bool IsNoRevAvail(const ASN1_OBJECT* object) {
  constexpr std::string_view kOid = "\x55\x1d\x38";  // 2.5.29.56
  return std::string_view(reinterpret_cast<const char*>(OBJ_get0_data(object)),
                          OBJ_length(object)) == kOid;
}

// Whether there is a critical extension that is not among those we act on.
bool HasUnknownCritical(const X509& certificate) {
  constexpr int kKnown[] = {NID_subject_key_identifier,
                            NID_key_usage,
                            NID_subject_alt_name,
                            NID_basic_constraints,
                            NID_name_constraints,
                            NID_crl_distribution_points,
                            NID_certificate_policies,
                            NID_policy_mappings,
                            NID_authority_key_identifier,
                            NID_policy_constraints,
                            NID_ext_key_usage,
                            NID_inhibit_any_policy};
  for (int i = 0; i < X509_get_ext_count(&certificate); ++i) {
    const X509_EXTENSION* const extension = X509_get_ext(&certificate, i);
    const ASN1_OBJECT* const object = X509_EXTENSION_get_object(extension);
    const int nid = OBJ_obj2nid(object);
    if (X509_EXTENSION_get_critical(extension) != 0 && !IsNoRevAvail(object) &&
        std::find(std::begin(kKnown), std::end(kKnown), nid) ==
            std::end(kKnown)) {
      return true;
    }
  }
  return false;
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
  Require(ours.has_unknown_critical == HasUnknownCritical(certificate),
          "same critical extensions that are not acted on");
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
}

}  // namespace chainkeep::fuzz
