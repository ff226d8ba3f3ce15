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

// What `crl` may say of the certificate.
struct Say {
  ReasonMask clears = 0;  // for which reasons it is not revoked if not named
  bool may_name = false;  // it is revoked if named
};

// `shared` are the reasons of the points that both of them have.
Say SayOf(const LoadedCrl& crl, const RevocationQuery& query,
          ReasonMask shared) {
  const auto& point = crl.crl().distribution_point();
  if (!point) return {kAllReasons, true};
  if (!IsInScope(point->scope, query.kind)) return {};
  if (!point->name) return {point->reasons, point->reasons != 0};
  // RFC 5280 §6.3.3 (b) (2) (i), for each of the certificate's points; where it
  // has none, for the issuer's own.
  const bool is_own = crl.is_issuers_own_point();
  if (is_own && !query.distribution_points && !query.has_unreadable_points) {
    shared = kAllReasons;
  }
  const ReasonMask clears = shared & point->reasons;
  return {clears, clears != 0 || is_own};
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
  std::optional<UnixSeconds> speaks_at;
  for (size_t i = 0; i < crls_.size(); ++i) {
    const LoadedCrl* const crl = crls_[i].get();
    const Say say = SayOf(*crl, query, shared.empty() ? 0 : shared[i]);
    if (!say.may_name) continue;
    if (const auto entry = crl->Find(query.serial)) {
      return {
          RevocationStatus::kRevoked, entry->reason, entry->revoked_at, {}, {}};
    }
    if (say.clears == 0) continue;
    if (query.now < crl->crl().this_update()) {
      speaks_at = Earlier(speaks_at, crl->crl().this_update());
      continue;
    }
    const std::optional<UnixSeconds> until = FreshUntil(crl->crl(), query);
    if (until && query.now > *until) {
      stale |= say.clears;
      continue;
    }
    current |= say.clears;
    if (until) answer.fresh_until = Earlier(answer.fresh_until, *until);
  }
  if (current == kAllReasons) {
    answer.status = RevocationStatus::kGood;
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
