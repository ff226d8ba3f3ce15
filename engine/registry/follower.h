// Follower is who must know what a command has changed before the command
// returns: in an engine, whoever shows the registry's records to handshakes.

#ifndef CHAINKEEP_ENGINE_REGISTRY_FOLLOWER_H_
#define CHAINKEEP_ENGINE_REGISTRY_FOLLOWER_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "engine/revocation/loaded_crl.h"
#include "engine/store/tenant.h"

namespace chainkeep::registry {

using VerifiedCrls = std::vector<std::shared_ptr<const revocation::LoadedCrl>>;

class Follower {
 public:
  virtual ~Follower() = default;

  // CatchUp reads what has changed in the store since the last time, by
  // whomever, and follows. Any thread may call. Errors: the store's; what was
  // not read is read the next time.
  virtual absl::Status CatchUp() = 0;

  // The same for the command of one tenant: waits neither for the CRLs of
  // others nor for what waits for those. `verified` are lists of the tenant's
  // that the command has verified, and that need not be verified again.
  virtual absl::Status CatchUp(const store::Tenant& tenant,
                               VerifiedCrls verified) = 0;
};

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_FOLLOWER_H_
