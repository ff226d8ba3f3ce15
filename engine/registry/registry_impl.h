// The registry: the commands of chainkeep/registry.h over a store.
//
// Each command is a function of a CommandContext (command_context.h says in
// which steps it goes) in the file of its topic; here they are put together.
//
// INVARIANTS
//  1. Nothing is shown that is not committed: handshakes see what the follower
//     has read from the store, never what a command meant to write.
//  2. The follower compares what is stored now with what it shows. So it does
//     not matter who catches up, how often and in which order, and a command
//     need not take anything back.
//  3. A command that has committed and whose follower fails answers
//     kServiceUnavailable: its change is stored, and is shown as soon as
//     anybody catches up.
//  4. Observers are called without a lock: they may call the registry again.
//
// Thread-safety: as chainkeep/registry.h says, any thread.

#ifndef CHAINKEEP_ENGINE_REGISTRY_REGISTRY_IMPL_H_
#define CHAINKEEP_ENGINE_REGISTRY_REGISTRY_IMPL_H_

#include <memory>

#include "chainkeep/registry.h"
#include "engine/registry/follower.h"
#include "engine/store/registry_store.h"

namespace chainkeep::registry {

// MakeRegistry returns a registry over `store`. `follower` is null where nobody
// answers handshakes; it and what `options` point to are not owned and must
// outlive the registry.
std::unique_ptr<Registry> MakeRegistry(
    std::shared_ptr<store::RegistryStore> store, Follower* follower,
    const RegistryOptions& options);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_REGISTRY_IMPL_H_
