// The registry: the commands of chainkeep/registry.h over a store.
//
// A command goes four steps, and stops at the first error:
//
//   1. rules that need no state (arguments, certificates, signatures), which
//      may be slow and hold no lock;
//   2. one transaction of the store: the rules about state, and the write;
//   3. the catalog is told, so that handshakes see the change;
//   4. the observer is told.
//
// INVARIANTS
//  1. Steps 2 and 3 of one command happen under one lock, so the catalog gets
//     the changes in the order in which the store committed them.
//  2. Nothing is published that is not committed. Should step 3 fail, which
//     only a defect can cause, step 2 is taken back and the command fails.
//  3. The observer is called without a lock: it may call the registry again.
//
// Thread-safety: as chainkeep/registry.h says, any thread.

#ifndef CHAINKEEP_ENGINE_REGISTRY_REGISTRY_IMPL_H_
#define CHAINKEEP_ENGINE_REGISTRY_REGISTRY_IMPL_H_

#include <memory>

#include "chainkeep/events.h"
#include "chainkeep/options.h"
#include "chainkeep/registry.h"
#include "engine/catalog/catalog.h"
#include "engine/store/registry_store.h"

namespace chainkeep::registry {

// MakeRegistry returns a registry that keeps its records in `store`, shows them
// in `catalog`, asks `clock` for the time and tells `observer`, which may be
// null. These three are not owned and must outlive it. The store must be empty,
// or `catalog` show what it holds. `algorithms` governs the certificates and
// CRLs that are registered, `wildcards` the names that endpoints may have.
std::unique_ptr<Registry> MakeRegistry(
    std::unique_ptr<store::RegistryStore> store, catalog::Catalog* catalog,
    const Clock* clock, EventObserver* observer,
    const AlgorithmPolicy& algorithms = {},
    WildcardEndpoints wildcards = WildcardEndpoints::kRefused);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_REGISTRY_IMPL_H_
