#include "engine/revocation/crl_set.h"

#include <algorithm>
#include <string>

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

// Whether a distribution point of the certificate has a name of the CRL's.
bool IsSamePoint(const x509::DistributionPointName& name,
                 const LoadedCrl& crl) {
  if (name.full_name) {
    return x509::HaveCommonName(*crl.point_names(), *name.full_name);
  }
  const std::string der = x509::FullName(name, crl.crl().issuer());
  const auto names = x509::GeneralNames::Parse(
      {reinterpret_cast<const uint8_t*>(der.data()), der.size()});
  return names.ok() && x509::HaveCommonName(*crl.point_names(), *names);
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

}  // namespace

ReasonMask SpeaksOf(const LoadedCrl& crl, const RevocationQuery& query) {
  // H3: a list of another issuer never applies.
  if (!(crl.crl().issuer() == query.issuer)) return 0;
  const auto& point = crl.crl().distribution_point();
  if (!point) return kAllReasons;
  if (!IsInScope(point->scope, query.kind)) return 0;
  if (!crl.point_names()) return point->name ? 0 : point->reasons;

  // RFC 5280 §6.3.3 (b) (2) (i), for each of the certificate's points; and for
  // the issuer's own, which every certificate of it has.
  ReasonMask reasons = crl.is_issuers_own_point() ? kAllReasons : 0;
  if (query.distribution_points) {
    x509::DistributionPointReader reader(*query.distribution_points);
    while (const std::optional<x509::DistributionPoint> one = reader.Next()) {
      if (one->has_crl_issuer || !one->name) continue;
      if (IsSamePoint(*one->name, crl)) reasons |= one->reasons;
    }
  }
  return reasons & point->reasons;
}

RevocationAnswer CrlSet::Ask(const RevocationQuery& query) const {
  RevocationAnswer answer;
  ReasonMask current = 0, stale = 0;
  for (const std::shared_ptr<const LoadedCrl>& crl : crls_) {
    if (query.now < crl->crl().this_update()) continue;
    const ReasonMask reasons = SpeaksOf(*crl, query);
    if (reasons == 0) continue;
    if (const auto entry = crl->Find(query.serial)) {
      return {RevocationStatus::kRevoked, entry->reason, entry->revoked_at,
              std::nullopt};
    }
    const std::optional<UnixSeconds> until = FreshUntil(crl->crl(), query);
    if (until && query.now > *until) {
      stale |= reasons;
      continue;
    }
    current |= reasons;
    if (until) {
      answer.fresh_until =
          std::min(*until, answer.fresh_until.value_or(*until));
    }
  }
  if (current == kAllReasons) {
    answer.status = RevocationStatus::kGood;
    return answer;
  }
  answer.fresh_until.reset();
  if ((current | stale) == kAllReasons) {
    answer.status = RevocationStatus::kStale;
  }
  return answer;
}

}  // namespace chainkeep::revocation
