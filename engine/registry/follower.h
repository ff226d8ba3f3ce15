// Follower is who must know what a command has changed before the command
// returns: in an engine, whoever shows the registry's records to handshakes.

#ifndef CHAINKEEP_ENGINE_REGISTRY_FOLLOWER_H_
#define CHAINKEEP_ENGINE_REGISTRY_FOLLOWER_H_

#include "absl/status/status.h"

namespace chainkeep::registry {

class Follower {
 public:
  virtual ~Follower() = default;

  // CatchUp reads what has changed in the store since the last time, by
  // whomever, and follows. Any thread may call. Errors: the store's; what was
  // not read is read the next time.
  virtual absl::Status CatchUp() = 0;
};

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_FOLLOWER_H_
