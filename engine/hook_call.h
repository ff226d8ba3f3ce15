// AskHook asks a listener's ValidationHook about one handshake (R80).

#ifndef CHAINKEEP_ENGINE_HOOK_CALL_H_
#define CHAINKEEP_ENGINE_HOOK_CALL_H_

#include <string_view>

#include "chainkeep/engine.h"
#include "chainkeep/options.h"
#include "chainkeep/verdict.h"

namespace chainkeep {

// Returns kAccepted, or what the handshake is refused for. `verdict` is the one
// that would let the device in; the listener has a hook.
Reason AskHook(const Listener& listener, const Handshake& handshake,
               const Verdict& verdict, const Clock& clock);

}  // namespace chainkeep

#endif  // CHAINKEEP_ENGINE_HOOK_CALL_H_
