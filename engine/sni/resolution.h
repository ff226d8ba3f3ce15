// Resolution is what a server name leads to: a tenant, or a refusal.
//
// It is what a look-up has seen, and copies nothing: valid as long as the pin
// that the look-up was shown. What is to be kept for longer is a copy: of the
// account, or of the tenant.
//
// ResolvedTenant is such a copy, and the proof that a server name led to an
// account. Only what looks names up makes one, and everything that may show an
// SNI_ONLY registration demands one.

#ifndef CHAINKEEP_ENGINE_SNI_RESOLUTION_H_
#define CHAINKEEP_ENGINE_SNI_RESOLUTION_H_

#include <cstdint>
#include <optional>

#include "chainkeep/endpoint.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"
#include "engine/sni/tenant_names.h"

namespace chainkeep::sni {

// A value: nothing in it points elsewhere.
class ResolvedTenant {
 public:
  const Account& account() const { return account_; }
  const Region& region() const { return region_; }
  // The trust version of the endpoint.
  uint64_t version() const { return version_; }

 private:
  friend class Resolution;
  friend class ResolutionMint;
  ResolvedTenant(const Account& account, const Region& region, uint64_t version)
      : account_(account), region_(region), version_(version) {}

  Account account_;
  Region region_;
  uint64_t version_;
};

class Resolution {
 public:
  bool has_tenant() const { return refusal_ == Reason::kAccepted; }
  // kAccepted if there is a tenant.
  Reason refusal() const { return refusal_; }
  // The tenant's. Of an endpoint that is there and refuses
  // (kServerNameDisabled, kServerNameWrongService) it is known as well, for its
  // log; else it is empty.
  const Account& account() const {
    return name_ == nullptr ? kNobody : name_->account;
  }
  // The trust version of the endpoint; 0 if there is none.
  uint64_t version() const { return version_; }

  // A copy of the tenant, if there is one.
  std::optional<ResolvedTenant> tenant() const {
    if (!has_tenant()) return std::nullopt;
    return ResolvedTenant(name_->account, name_->region->region, version_);
  }

 private:
  friend class ResolutionMint;
  static constexpr Account kNobody = {};

  Resolution(Reason refusal, const TenantName* name, uint64_t version)
      : name_(name), version_(version), refusal_(refusal) {}

  const TenantName* name_;
  uint64_t version_;
  Reason refusal_;
};

// ResolutionMint is the one place that makes Resolutions, and so tenants.
class ResolutionMint {
 private:
  friend class EndpointTable;
  friend class SniCache;

  // Of a name for which there is no endpoint, or none that is known yet.
  static Resolution Refuse(Reason refusal) {
    return Resolution(refusal, nullptr, 0);
  }

  // What a name was resolved to before, of which the source has said nothing
  // else since.
  static ResolvedTenant Recalled(const Region& region, const Account& account,
                                 uint64_t version) {
    return ResolvedTenant(account, region, version);
  }

  // What a listener for `wanted` makes of an endpoint (R68). `version` covers
  // all of it.
  static Resolution Of(const TenantName& name, EndpointService service,
                       EndpointStatus status, uint64_t version,
                       EndpointService wanted) {
    if (status != EndpointStatus::kEnabled) {
      return Resolution(Reason::kServerNameDisabled, &name, version);
    }
    if (service != wanted) {
      return Resolution(Reason::kServerNameWrongService, &name, version);
    }
    return Resolution(Reason::kAccepted, &name, version);
  }
};

}  // namespace chainkeep::sni

#endif  // CHAINKEEP_ENGINE_SNI_RESOLUTION_H_
