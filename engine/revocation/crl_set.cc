#include "engine/revocation/crl_set.h"

#include <algorithm>
#include <utility>

namespace chainkeep::revocation {
namespace {

using x509::CertificateScope;
using x509::kAllReasons;
using x509::ReasonMask;

bool IsInScope(CertificateScope scope, CertificateKind kind) {
  switch (scope) {
    case CertificateScope::kAll:
      return true;
    case CertificateScope::kEndEntity:
      return kind == CertificateKind::kEndEntity;
    case CertificateScope::kCa:
      return kind == CertificateKind::kCa;
    case CertificateScope::kAttribute:
      return false;
  }
  return false;
}

// The last second at which `crl` is current; nothing if there is none.
std::optional<UnixSeconds> FreshUntil(const x509::Crl& crl,
                                      const RevocationQuery& query) {
  std::optional<UnixSeconds> until = crl.next_update();
  if (query.max_age_seconds) {
    // Times end in the year 9999; a longer age than that is no limit.
    const UnixSeconds aged =
        crl.this_update() + std::min(*query.max_age_seconds, int64_t{1} << 40);
    until = until ? std::min(*until, aged) : aged;
  }
  return until;
}

// The reasons for which `crl` would name the certificate if it were revoked: 0
// if it does not speak of it at all. `shared` are those of the points that both
// of them have.
ReasonMask SpeaksOf(const LoadedCrl& crl, CertificateKind kind,
                    ReasonMask shared) {
  const auto& point = crl.crl().distribution_point();
  if (!point) return kAllReasons;
  if (!IsInScope(point->scope, kind)) return 0;
  if (!point->name) return point->reasons;
  // RFC 5280 §6.3.3 (b) (2) (i), for each of the certificate's points; and for
  // the issuer's own, which every certificate of it has.
  if (crl.is_issuers_own_point()) shared = kAllReasons;
  return shared & point->reasons;
}

UnixSeconds Earlier(std::optional<UnixSeconds> a, UnixSeconds b) {
  return std::min(a.value_or(b), b);
}

std::vector<std::shared_ptr<const LoadedCrl>> OfOneIssuer(
    std::vector<std::shared_ptr<const LoadedCrl>> crls) {
  if (crls.empty()) return crls;
  const x509::Name issuer = crls.front()->crl().issuer();
  std::erase_if(crls, [&issuer](const auto& crl) {
    return !(crl->crl().issuer() == issuer);
  });
  return crls;
}

}  // namespace

CrlSet::CrlSet(std::vector<std::shared_ptr<const LoadedCrl>> crls)
    : crls_(OfOneIssuer(std::move(crls))), points_(crls_) {}

RevocationAnswer CrlSet::Ask(const RevocationQuery& query) const {
  RevocationAnswer answer;
  // H3: a list of another issuer never applies.
  if (crls_.empty() || !(crls_.front()->crl().issuer() == query.issuer)) {
    return answer;
  }
  std::vector<ReasonMask> shared;
  if (query.distribution_points && !points_.empty()) {
    shared = points_.ReasonsFor(*query.distribution_points, query.issuer);
  }
  ReasonMask current = 0, stale = 0;
  std::optional<UnixSeconds> speaks_at, revokes_at;
  for (size_t i = 0; i < crls_.size(); ++i) {
    const LoadedCrl* const crl = crls_[i].get();
    const ReasonMask reasons =
        SpeaksOf(*crl, query.kind, shared.empty() ? 0 : shared[i]);
    if (reasons == 0) continue;
    const auto entry = crl->Find(query.serial);
    if (query.now < crl->crl().this_update()) {
      speaks_at = Earlier(speaks_at, crl->crl().this_update());
      if (entry) revokes_at = Earlier(revokes_at, crl->crl().this_update());
      continue;
    }
    if (entry) {
      return {
          RevocationStatus::kRevoked, entry->reason, entry->revoked_at, {}, {}};
    }
    const std::optional<UnixSeconds> until = FreshUntil(crl->crl(), query);
    if (until && query.now > *until) {
      stale |= reasons;
      continue;
    }
    current |= reasons;
    if (until) answer.fresh_until = Earlier(answer.fresh_until, *until);
  }
  if (current == kAllReasons) {
    answer.status = RevocationStatus::kGood;
    answer.changes_at = revokes_at;
    return answer;
  }
  answer.fresh_until.reset();
  answer.changes_at = speaks_at;
  if ((current | stale) == kAllReasons) {
    answer.status = RevocationStatus::kStale;
  }
  return answer;
}

}  // namespace chainkeep::revocation
