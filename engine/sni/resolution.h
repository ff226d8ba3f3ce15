// Resolution is what a server name leads to: a tenant, or a refusal.
//
// ResolvedTenant is the proof that a server name led to an account. Only what
// looks names up makes one, and everything that may show an SNI_ONLY
// registration demands one.

#ifndef CHAINKEEP_ENGINE_SNI_RESOLUTION_H_
#define CHAINKEEP_ENGINE_SNI_RESOLUTION_H_

#include <cstdint>
#include <optional>
#include <utility>

#include "chainkeep/endpoint.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"

namespace chainkeep::sni {

class ResolvedTenant {
 public:
  // Only the mint can make one, and so a tenant.
  class Proof {
   private:
    friend class ResolutionMint;
    Proof() = default;
  };
  ResolvedTenant(Proof, const Account& account, const Region& region,
                 uint64_t version)
      : account_(account), region_(region), version_(version) {}

  const Account& account() const { return account_; }
  const Region& region() const { return region_; }
  // The trust version of the endpoint.
  uint64_t version() const { return version_; }

 private:
  Account account_;
  Region region_;
  uint64_t version_;
};

// A tenant, or why there is none. Of an endpoint that is there and refuses
// (kServerNameDisabled, kServerNameWrongService) the account is known as well,
// for its log.
struct Resolution {
  // A refusal for which there is no endpoint.
  explicit Resolution(Reason reason = Reason::kServerNameUnknown)
      : refusal(reason) {}

  std::optional<ResolvedTenant> tenant;
  Reason refusal;
  Account account;
  uint64_t version = 0;

 private:
  friend class ResolutionMint;
  Resolution(Reason reason, const Account& account, uint64_t version)
      : refusal(reason), account(account), version(version) {}
  // Made in its place: these are some 230 bytes, which to clear first and to
  // move afterwards cost more than to find the name.
  Resolution(ResolvedTenant::Proof proof, const Account& account,
             const Region& region, uint64_t version)
      : tenant(std::in_place, proof, account, region, version),
        refusal(Reason::kAccepted),
        account(account),
        version(version) {}
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
    if (status != EndpointStatus::kEnabled) {
      return Resolution(Reason::kServerNameDisabled, account, version);
    }
    if (service != wanted) {
      return Resolution(Reason::kServerNameWrongService, account, version);
    }
    return Resolution(ResolvedTenant::Proof(), account, region, version);
  }
};

}  // namespace chainkeep::sni

#endif  // CHAINKEEP_ENGINE_SNI_RESOLUTION_H_
