// What a tenant may upload as the CRLs of one CA.

#ifndef CHAINKEEP_ENGINE_REGISTRY_CRL_RULES_H_
#define CHAINKEEP_ENGINE_REGISTRY_CRL_RULES_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/options.h"
#include "engine/catalog/ca_record.h"
#include "engine/revocation/loaded_crl.h"
#include "engine/store/registry_view.h"

namespace chainkeep::registry {

// Beside its distribution points a CA may split its lists by kind of
// certificate and by reason; a look-up asks each.
inline constexpr size_t kMaxCrls = 64;

// The lists of one CA together: so long another account's command may wait
// while they are written.
inline constexpr size_t kMaxCrlBytes = 64 << 20;

// Of how many of its certificates it is known that lists were given with them.
inline constexpr size_t kMaxGivenWith = 16;

// Of how many CAs a tenant may have CRLs: their bytes are the gateway's.
inline constexpr size_t kMaxCasWithCrls = 128;

// Of how many CAs lists may be given at a time.
inline constexpr size_t kMaxCasAtATime = 16;

// GivenCrls is what a tenant gives at a time.
struct GivenCrls {
  const std::vector<std::string_view>& crls;   // PEM or DER
  const std::vector<std::string_view>& names;  // in messages, if there are any
};

// ShareOutCrls verifies each list as that of one of `cas`, and returns those of
// each CA, in its order. Pure but for what it allocates. Errors: as
// Registry::SetCrls.
absl::StatusOr<
    std::vector<std::vector<std::shared_ptr<const revocation::LoadedCrl>>>>
ShareOutCrls(const GivenCrls& given,
             std::span<const std::shared_ptr<const catalog::CaRecord>> cas,
             const AlgorithmPolicy& policy, EncodingRule encoding);

// LoadCrls verifies each of `crls`, PEM or DER, as the CA's. Pure but for what
// it allocates. Errors: as Registry::SetCrls.
absl::StatusOr<std::vector<std::shared_ptr<const revocation::LoadedCrl>>>
LoadCrls(const std::vector<std::string_view>& crls, const catalog::CaRecord& ca,
         const AlgorithmPolicy& policy,
         EncodingRule encoding = EncodingRule::kTolerant);

// CheckCrlLimits checks `crls`, DER, all of one CA. Errors: kInvalidRequest.
absl::Status CheckCrlLimits(const std::vector<std::string>& crls);

// The tenant may have CRLs of one CA more. Errors: kLimitExceeded.
absl::Status CheckCrlQuota(const store::RegistryView& view,
                           const store::Tenant& tenant);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_CRL_RULES_H_
