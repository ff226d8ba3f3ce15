// The host's own last word on a device that would be let in.
//
//   class AskLedger : public chainkeep::ValidationHook {
//     absl::StatusOr<HookAnswer> Ask(const HookRequest& request) override {
//       return ledger_.Knows(request.device) ? HookAnswer::kAccept
//                                            : HookAnswer::kRefuse;
//     }
//   };
//
// It is where AWS IoT calls a customer's function: OCSP, a list of stolen
// devices, whatever the gate does not know.

#ifndef CHAINKEEP_API_CHAINKEEP_HOOK_H_
#define CHAINKEEP_API_CHAINKEEP_HOOK_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "chainkeep/types.h"

namespace chainkeep {

// HookRequest is valid during the call.
struct HookRequest {
  // FinishOptions::connection_id, or one that the engine has made.
  std::string_view connection_id;
  // AWS's principalId.
  CertificateId device;
  // As the peer sent it; it has resolved to `account`, or, with
  // legacy_default_routing, to another.
  std::string_view server_name;
  Account account;
  // PEM of what the peer presented, its own certificate first. All but that is
  // hostile.
  std::vector<std::string> chain;
  // By when to answer, on the engine's clock.
  UnixMillis deadline = 0;
};

enum class HookAnswer : uint8_t { kRefuse, kAccept };

class ValidationHook {
 public:
  virtual ~ValidationHook() = default;

  // Ask is called by the thread that completes the handshake, which waits;
  // several at a time, and holding no lock. Anything but kAccept in time
  // refuses, an error too.
  virtual absl::StatusOr<HookAnswer> Ask(const HookRequest& request) = 0;
};

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_HOOK_H_
