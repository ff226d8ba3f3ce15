#include "fuzz/crl_reference.h"

#include "fuzz/input.h"
#include "fuzz/reference.h"
#include "fuzz/require.h"
#include "openssl/nid.h"

namespace chainkeep::fuzz {
namespace {

// CRLReason of an entry, 0 (unspecified) if it has none, -1 if it is
// ill-formed.
int ReasonOf(const X509_REVOKED& entry) {
  int status = 0;  // -1 for no such extension
  const bssl::UniquePtr<ASN1_STRING> reason(static_cast<ASN1_STRING*>(
      X509_REVOKED_get_ext_d2i(&entry, NID_crl_reason, &status, nullptr)));
  if (reason == nullptr) return status == -1 ? 0 : -1;
  return static_cast<int>(ASN1_ENUMERATED_get(reason.get()));
}

}  // namespace

void RequireSame(X509_CRL* theirs, const x509::Crl& ours) {
  Require(X509_CRL_get_version(theirs) + 1 == ours.version(), "same version");
  Require(NameOf(*X509_CRL_get_issuer(theirs)) == AsText(ours.issuer().der()),
          "same issuer");
  Require(TimeOf(*X509_CRL_get0_lastUpdate(theirs)) == ours.this_update(),
          "same thisUpdate");
  const ASN1_TIME* const next = X509_CRL_get0_nextUpdate(theirs);
  Require(
      (next == nullptr ? std::nullopt : TimeOf(*next)) == ours.next_update(),
      "same nextUpdate");

  const STACK_OF(X509_REVOKED)* const revoked = X509_CRL_get_REVOKED(theirs);
  Require(sk_X509_REVOKED_num(revoked) == ours.revoked_count(), "same count");
  x509::RevokedReader reader(ours);
  for (size_t i = 0; i < ours.revoked_count(); ++i) {
    const auto entry = reader.Next();
    Require(entry.has_value(), "as many entries");
    const X509_REVOKED* const other = sk_X509_REVOKED_value(revoked, i);
    Require(IntegerOf(*X509_REVOKED_get0_serialNumber(other)) ==
                AsText(entry->serial),
            "same serial number");
    Require(
        TimeOf(*X509_REVOKED_get0_revocationDate(other)) == entry->revoked_at,
        "same revocationDate");
    Require(ReasonOf(*other) == static_cast<int>(entry->reason), "same reason");
  }
}

}  // namespace chainkeep::fuzz
