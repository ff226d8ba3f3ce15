#include "engine/gate/hook_call.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/hook.h"

namespace chainkeep::gate {
namespace {

// A name for a connection that the host has not named. Unique in the process.
std::string NewConnectionId() {
  static std::atomic<uint64_t> next{1};
  return absl::StrCat("connection-", next.fetch_add(1));
}

}  // namespace

Reason AskHook(const ListenerOptions& options, const HookQuestion& question,
               const Clock& clock) {
  const std::string made =
      question.connection_id.empty() ? NewConnectionId() : std::string();
  HookRequest request;
  request.connection_id = made.empty() ? question.connection_id : made;
  request.device = question.verdict.device();
  request.server_name = question.server_name;
  request.account = question.verdict.account();
  request.chain.push_back(EncodePemCertificate(question.leaf));
  for (const Bytes der : question.presented) {
    request.chain.push_back(EncodePemCertificate(der));
  }
  request.deadline = clock.NowMillis() + options.hook_timeout_millis;
  const absl::StatusOr<HookAnswer> answer = options.hook->Ask(request);
  if (clock.NowMillis() > request.deadline) return Reason::kHookTimeout;
  return answer.ok() && *answer == HookAnswer::kAccept ? Reason::kAccepted
                                                       : Reason::kRefusedByHook;
}

}  // namespace chainkeep::gate
