// What the server name of a handshake leads to: a tenant, or nothing because
// there is none, or a refusal.
//
// Registered endpoints come first; of names that they do not know, the
// EndpointSource's answers that are at hand. Thread-safe, takes no lock.

#ifndef CHAINKEEP_ENGINE_GATE_SERVER_NAME_H_
#define CHAINKEEP_ENGINE_GATE_SERVER_NAME_H_

#include <cstdint>
#include <optional>

#include "chainkeep/options.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"
#include "engine/gate/asked_name.h"
#include "engine/gate/core.h"
#include "engine/sni/resolution.h"

namespace chainkeep::gate {

// A value, which needs no pin.
struct NameAnswer {
  std::optional<sni::ResolvedTenant> tenant = {};
  Reason refusal = Reason::kAccepted;  // kAccepted: none
  // Of the endpoint, also where it refuses; empty and 0 if there is none.
  Account account = {};
  uint64_t version = 0;
};

// ResolveRegistered answers from the registered endpoints alone.
NameAnswer ResolveRegistered(const Core& core, const ListenerOptions& options,
                             const AskedName& asked);

// ResolveSourced answers from what the source has said; kServerNamePending if
// that is not at hand. `core` has a source, and `asked` is a name.
NameAnswer ResolveSourced(const Core& core, const ListenerOptions& options,
                          const AskedName& asked);

// Resolve is both in their order.
NameAnswer Resolve(const Core& core, const ListenerOptions& options,
                   const AskedName& asked);

// ResolveAgain is for what was resolved before, to an endpoint of `account` at
// `version`: what the source has said last counts, also if a handshake of now
// would ask it again.
NameAnswer ResolveAgain(const Core& core, const ListenerOptions& options,
                        const AskedName& asked, const Account& account,
                        uint64_t version);

}  // namespace chainkeep::gate

#endif  // CHAINKEEP_ENGINE_GATE_SERVER_NAME_H_
