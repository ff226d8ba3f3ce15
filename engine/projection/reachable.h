// LoadReachable shows in an empty catalog what one handshake can come to, and
// so costs a few queries where LoadAll reads the whole store: for a tool that
// asks once and ends.
//
// The verdict, with its reason and what was spent on it, is the one that a
// catalog with everything in it leads to. What can be come to, and is shown:
//  - the endpoint of the server name, or the wildcard that covers it;
//  - the record that its tenant has of the device, and the region's DEFAULT
//    one, with the registration of the CA that each names;
//  - registrations whose subject is the issuer of a certificate in the chain:
//    of the tenant, and without one the region's DEFAULT ones;
//  - without a tenant, one SNI_ONLY registration of the leaf's issuer's name,
//    if any account has one (Reason::kServerNameRequired);
//  - CRLs of those accounts by CAs of such names, if they are looked at.
// More than that does no harm, since all of it is in the store; less would.
//
// Where the same name and the same key id have been registered in mode DEFAULT
// by more accounts than an engine walks (registration_index.h), and CAs of
// other names with that key id stand before, LoadReachable may find a CA that
// an engine gives up before.
//
// Costs as many queries as there are certificates in the chain, and a row for
// each registration of a name.

#ifndef CHAINKEEP_ENGINE_PROJECTION_REACHABLE_H_
#define CHAINKEEP_ENGINE_PROJECTION_REACHABLE_H_

#include <vector>

#include "absl/status/status.h"
#include "chainkeep/engine.h"
#include "chainkeep/events.h"
#include "chainkeep/options.h"
#include "engine/catalog/catalog.h"
#include "engine/store/registry_view.h"

namespace chainkeep::projection {

// LoadReachable adds to `skipped` what cannot be shown. `algorithms` governs
// the signatures of CRLs. Errors: none of its own; the transaction tells the
// store's.
void LoadReachable(const store::RegistryView& view,
                   const ListenerOptions& listener, const Attempt& handshake,
                   const AlgorithmPolicy& algorithms, catalog::Catalog* catalog,
                   std::vector<SkippedRecord>* skipped);

}  // namespace chainkeep::projection

#endif  // CHAINKEEP_ENGINE_PROJECTION_REACHABLE_H_
