// AskHook asks a listener's hook about one handshake, and takes anything but
// consent in time for a refusal (hook.h). Calls into the host, which may take
// its time; holds no lock.

#ifndef CHAINKEEP_ENGINE_GATE_HOOK_CALL_H_
#define CHAINKEEP_ENGINE_GATE_HOOK_CALL_H_

#include <span>
#include <string_view>

#include "chainkeep/options.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"

namespace chainkeep::gate {

// What the hook is told of a handshake. The device has sent a server name.
struct HookQuestion {
  std::string_view server_name;
  std::string_view connection_id;  // "": one is made
  Bytes leaf;
  std::span<const Bytes> presented;
  // The verdict that would let the device in.
  const Verdict& verdict;
};

// Returns kAccepted, or what the handshake is refused for. `options` have a
// hook.
Reason AskHook(const ListenerOptions& options, const HookQuestion& question,
               const Clock& clock);

}  // namespace chainkeep::gate

#endif  // CHAINKEEP_ENGINE_GATE_HOOK_CALL_H_
