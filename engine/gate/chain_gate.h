// The gate of chains: what the certificates of a handshake come to under
// kTrustedChain, in the view of a tenant or of a region.
//
// Pure and thread-safe; all of it happens under the caller's pin.

#ifndef CHAINKEEP_ENGINE_GATE_CHAIN_GATE_H_
#define CHAINKEEP_ENGINE_GATE_CHAIN_GATE_H_

#include <span>

#include "chainkeep/types.h"
#include "chainkeep/verdict.h"
#include "engine/gate/record_gate.h"
#include "engine/path/budget.h"
#include "engine/x509/certificate.h"

namespace chainkeep::gate {

// JudgeChain answers for a leaf and what was presented with it. `fields` say
// what is known so far, the device's ids included; `budget` is for all searches
// of the handshake. The verdict needs completion where the account has refused
// what only a client that has proven its key may know of.
Verdict JudgeChain(const Asker& asker, std::span<const Bytes> presented,
                   const x509::Certificate& leaf, path::Budget& budget,
                   UnixSeconds now, VerdictFields fields);

}  // namespace chainkeep::gate

#endif  // CHAINKEEP_ENGINE_GATE_CHAIN_GATE_H_
