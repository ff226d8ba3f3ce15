// Resolution is what a server name leads to: a tenant, or a refusal.
//
// ResolvedTenant is the proof that a server name led to an account. Only what
// looks names up makes one, and everything that may show an SNI_ONLY
// registration demands one.

#ifndef CHAINKEEP_ENGINE_SNI_RESOLUTION_H_
#define CHAINKEEP_ENGINE_SNI_RESOLUTION_H_

#include <cstdint>
#include <optional>

#include "chainkeep/endpoint.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"

namespace chainkeep::sni {

class ResolvedTenant {
 public:
  const Account& account() const { return account_; }
  const Region& region() const { return region_; }
  // The trust version of the endpoint.
  uint64_t version() const { return version_; }

 private:
  friend class ResolutionMint;
  ResolvedTenant(const Account& account, const Region& region, uint64_t version)
      : account_(account), region_(region), version_(version) {}

  Account account_;
  Region region_;
  uint64_t version_;
};

// A tenant, or why there is none. Of an endpoint that is there and refuses
// (kServerNameDisabled, kServerNameWrongService) the account is known as well,
// for its log.
struct Resolution {
  std::optional<ResolvedTenant> tenant;
  Reason refusal = Reason::kServerNameUnknown;
  Account account;
  uint64_t version = 0;
};

// ResolutionMint is the one place that makes a ResolvedTenant.
class ResolutionMint {
 private:
  friend class EndpointTable;
  friend class SniCache;

  // What a listener for `wanted` makes of an endpoint (R68). `version` covers
  // all of it.
  static Resolution Of(const Account& account, const Region& region,
                       EndpointService service, EndpointStatus status,
                       uint64_t version, EndpointService wanted) {
    Resolution resolution;
    resolution.account = account;
    resolution.version = version;
    if (status != EndpointStatus::kEnabled) {
      resolution.refusal = Reason::kServerNameDisabled;
    } else if (service != wanted) {
      resolution.refusal = Reason::kServerNameWrongService;
    } else {
      resolution.refusal = Reason::kAccepted;
      resolution.tenant = ResolvedTenant(account, region, version);
    }
    return resolution;
  }
};

}  // namespace chainkeep::sni

#endif  // CHAINKEEP_ENGINE_SNI_RESOLUTION_H_
