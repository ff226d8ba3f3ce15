// Crl is a parsed view of one certificate revocation list (RFC 5280 §5).
//
// Parse checks all of the form: DER down to the last entry, but for what is
// tolerated as in certificates (certificate.h), equal inner
// and outer AlgorithmIdentifier, times, names, extensions. Versions 1 (without
// any extension) and 2 are taken, and lists without nextUpdate or cRLNumber,
// which many a CA's tool writes.
//
// A list that cannot be used alone to say "this certificate is not revoked" is
// kUnsupported as a whole, because ignoring what makes it so would let revoked
// certificates in (RFC 5280 §5.2, §5.3):
//
//   delta CRLs                 deltaCRLIndicator
//   indirect CRLs              indirectCRL, or an entry with certificateIssuer
//   critical extensions        that are not processed, of the list or an entry
//
// The view copies and allocates nothing but a name that is relative to its
// issuer; entries are read where they stand, by RevokedReader. Parsing is
// linear in the bytes. Immutable; any thread may read it.

#ifndef CHAINKEEP_ENGINE_X509_CRL_H_
#define CHAINKEEP_ENGINE_X509_CRL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "chainkeep/types.h"
#include "engine/der/cursor.h"
#include "engine/x509/distribution_point.h"
#include "engine/x509/name.h"

namespace chainkeep::x509 {

// RevocationReason is CRLReason of RFC 5280 §5.3.1.
enum class RevocationReason : uint8_t {
  kUnspecified = 0,
  kKeyCompromise = 1,
  kCaCompromise = 2,
  kAffiliationChanged = 3,
  kSuperseded = 4,
  kCessationOfOperation = 5,
  kCertificateHold = 6,
  kRemoveFromCrl = 8,
  kPrivilegeWithdrawn = 9,
  kAaCompromise = 10,
};

// RevokedCertificate is one entry.
struct RevokedCertificate {
  Bytes element;  // the whole entry, header included
  Bytes serial;   // contents of the INTEGER, the fewest bytes, of either sign
  UnixSeconds revoked_at = 0;
  RevocationReason reason = RevocationReason::kUnspecified;
};

class Crl {
 public:
  static der::Result<Crl> Parse(Bytes der);

  // As Certificate::tolerated().
  std::string_view tolerated() const { return tolerated_.what(); }

  Bytes der() const { return der_; }
  // The signed part, TBSCertList, header included.
  Bytes tbs() const { return tbs_; }
  // Contents of the AlgorithmIdentifier, inner and outer being equal.
  Bytes signature_algorithm() const { return signature_algorithm_; }
  Bytes signature() const { return signature_; }

  // 1 or 2.
  int version() const { return version_; }
  const Name& issuer() const { return issuer_; }
  UnixSeconds this_update() const { return this_update_; }
  std::optional<UnixSeconds> next_update() const { return next_update_; }

  // Contents of revokedCertificates; empty if nothing is revoked.
  Bytes revoked() const { return revoked_; }
  size_t revoked_count() const { return revoked_count_; }

  // keyIdentifier of authorityKeyIdentifier.
  std::optional<Bytes> authority_key_id() const { return authority_key_id_; }
  // Contents of the INTEGER of cRLNumber: 1 to 20 bytes, not negative.
  std::optional<Bytes> number() const { return number_; }
  const std::optional<IssuingDistributionPoint>& distribution_point() const {
    return distribution_point_;
  }

 private:
  Crl() = default;

  der::Fault ParseTbs(Bytes contents);
  der::Fault ParseTimes(der::Cursor& tbs);
  der::Fault ParseRevoked(der::Cursor& tbs);
  der::Fault ParseExtensions(Bytes contents);
  der::Fault ParseExtension(int id_ce, Bytes value);

  Bytes der_, tbs_, signature_algorithm_, signature_, revoked_;
  Name issuer_;
  UnixSeconds this_update_ = 0;
  std::optional<UnixSeconds> next_update_;
  int version_ = 1;
  der::Tolerated tolerated_;
  size_t revoked_count_ = 0;
  std::optional<Bytes> authority_key_id_, number_;
  std::optional<IssuingDistributionPoint> distribution_point_;
};

// RevokedReader walks the entries of a parsed list.
class RevokedReader {
 public:
  explicit RevokedReader(const Crl& crl) : rest_(crl.revoked()) {}

  // Reads from an entry's place on; see RevokedCertificate::element.
  explicit RevokedReader(Bytes entries) : rest_(entries) {}

  // The next entry, or nothing at the end.
  std::optional<RevokedCertificate> Next();

 private:
  der::Cursor rest_;
};

}  // namespace chainkeep::x509

#endif  // CHAINKEEP_ENGINE_X509_CRL_H_
