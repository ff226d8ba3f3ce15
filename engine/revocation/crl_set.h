// CrlSet is all the CRLs that are known for one issuer, and answers whether a
// certificate of that issuer is revoked (RFC 5280 §6.3.3).
//
//   const RevocationAnswer answer = set.Ask({
//       .issuer = leaf.issuer(), .serial = leaf.serial(), .now = now});
//
// Several lists may share the work: by distribution point, by kind of
// certificate, by reason. A certificate is good when lists that are current
// speak of it for every reason and none names it.
//
//   any list that may speak of the certificate names it   kRevoked
//   else current lists speak of it, for all reasons       kGood
//   else lists do, but some of them are past nextUpdate   kStale
//   else                                                  kUnknown
//
// A list from the future (thisUpdate) revokes what it names: the CA has said
// so. Otherwise it counts as absent, and the answer says when that ends. One
// past its nextUpdate still revokes: nothing it named has become good since.
//
// A list that is named as the issuer itself speaks of certificates that name no
// distribution point. Of those that name others it says nothing good: their
// lists are elsewhere. But what it names is revoked.
//
// What kStale and kUnknown mean for a connection is the caller's policy;
// refusing is the safe one.
//
// DOES NOT fetch anything, and takes neither delta nor indirect CRLs.
//
// Immutable; any thread may ask. The issuer's name and each distribution point
// of the certificate are compared once (point_index.h), and each list is looked
// up once (loaded_crl.h says what that costs). Allocates only where both the
// certificate and a list name distribution points.

#ifndef CHAINKEEP_ENGINE_REVOCATION_CRL_SET_H_
#define CHAINKEEP_ENGINE_REVOCATION_CRL_SET_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "chainkeep/types.h"
#include "engine/revocation/loaded_crl.h"
#include "engine/revocation/point_index.h"
#include "engine/x509/crl.h"
#include "engine/x509/distribution_point.h"
#include "engine/x509/name.h"

namespace chainkeep::revocation {

enum class RevocationStatus : uint8_t { kUnknown, kGood, kRevoked, kStale };

// CertificateKind is what basicConstraints says: kCa where cA is TRUE.
enum class CertificateKind : uint8_t { kEndEntity, kCa };

struct RevocationQuery {
  x509::Name issuer;  // of the certificate
  Bytes serial;       // contents of the INTEGER
  CertificateKind kind = CertificateKind::kEndEntity;
  // Of the certificate, where it has the extension and it can be compared.
  std::optional<x509::DistributionPoints> distribution_points;
  // The certificate has the extension, and it cannot be compared.
  bool has_unreadable_points = false;
  UnixSeconds now = 0;
  // If set, a list whose thisUpdate is longer ago is stale, whatever its
  // nextUpdate; the only way for one without a nextUpdate to become stale.
  std::optional<int64_t> max_age_seconds;
};

struct RevocationAnswer {
  RevocationStatus status = RevocationStatus::kUnknown;
  // Of kRevoked.
  x509::RevocationReason reason = x509::RevocationReason::kUnspecified;
  UnixSeconds revoked_at = 0;
  // Of kGood: the last second at which it holds; nothing if it holds on.
  std::optional<UnixSeconds> fresh_until;
  // Of kUnknown and kStale: the first second at which a list from the future
  // begins to speak, and may change the answer.
  std::optional<UnixSeconds> changes_at;
};

class CrlSet {
 public:
  // All lists must have been loaded for the same issuer; those of another than
  // the first are left out. None: all is unknown.
  explicit CrlSet(std::vector<std::shared_ptr<const LoadedCrl>> crls);

  RevocationAnswer Ask(const RevocationQuery& query) const;

  size_t size() const { return crls_.size(); }
  const std::vector<std::shared_ptr<const LoadedCrl>>& crls() const {
    return crls_;
  }

 private:
  const std::vector<std::shared_ptr<const LoadedCrl>> crls_;
  const PointIndex points_;  // views crls_
};

}  // namespace chainkeep::revocation

#endif  // CHAINKEEP_ENGINE_REVOCATION_CRL_SET_H_
