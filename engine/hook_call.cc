#include "engine/hook_call.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/hook.h"
#include "engine/asked_name.h"

namespace chainkeep {
namespace {

// A name for a connection that the host has not named. Unique in the process.
std::string NewConnectionId() {
  static std::atomic<uint64_t> next{1};
  return absl::StrCat("connection-", next.fetch_add(1));
}

}  // namespace

Reason AskHook(const Listener& listener, const Handshake& handshake,
               const Verdict& verdict, const Clock& clock) {
  const ListenerOptions& options = listener.options();
  if (ReadName(listener, handshake.server_name).kind !=
      AskedName::Kind::kName) {
    return Reason::kRefusedByHook;
  }
  const std::string made =
      handshake.connection_id.empty() ? NewConnectionId() : std::string();
  HookRequest request;
  request.connection_id = made.empty() ? handshake.connection_id : made;
  request.device = verdict.device();
  request.server_name = *handshake.server_name;
  request.account = verdict.account();
  request.chain.push_back(EncodePemCertificate(handshake.leaf));
  for (const Bytes der : handshake.presented) {
    request.chain.push_back(EncodePemCertificate(der));
  }
  request.deadline = clock.NowMillis() + options.hook_timeout_millis;
  const absl::StatusOr<HookAnswer> answer = options.hook->Ask(request);
  if (clock.NowMillis() > request.deadline) return Reason::kHookTimeout;
  return answer.ok() && *answer == HookAnswer::kAccept ? Reason::kAccepted
                                                       : Reason::kRefusedByHook;
}

}  // namespace chainkeep
