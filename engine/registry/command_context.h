// CommandContext is what every command works with: the store, who follows it,
// the clock, and who is told.
//
// A command goes these steps, and stops at the first error:
//
//   1. rules that need no state (arguments, certificates, signatures), which
//      may be slow and hold no lock;
//   2. one transaction of the store: the rules about state, and the write;
//   3. the follower catches up, so that handshakes see the change;
//   4. the observer is told what was done.
//
// Commit does the last three. Thread-safety: any thread may call const members;
// step 4 holds no lock.

#ifndef CHAINKEEP_ENGINE_REGISTRY_COMMAND_CONTEXT_H_
#define CHAINKEEP_ENGINE_REGISTRY_COMMAND_CONTEXT_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/events.h"
#include "chainkeep/options.h"
#include "chainkeep/registry.h"
#include "engine/registry/follower.h"
#include "engine/store/registry_store.h"

namespace chainkeep::registry {

// Audit says what a command is about to do, and to what.
struct Audit {
  std::string_view operation;  // AWS's name of it; lives forever
  store::Tenant tenant;
  std::string arn;  // "" where the thing has none
};

// Whether a command that succeeded changed anything.
enum class Effect : uint8_t { kNone, kChanged };
using Outcome = absl::StatusOr<Effect>;

class CommandContext {
 public:
  using Command = std::function<Outcome(store::Transaction&)>;

  // `follower` may be null. It and what `options` point to are not owned.
  CommandContext(std::shared_ptr<store::RegistryStore> store,
                 Follower* follower, const RegistryOptions& options);

  // Commit runs `command` as one transaction and, if it changed anything, lets
  // the follower catch up and tells the observer. Errors: the command's and the
  // store's, and then nothing has happened; kServiceUnavailable also if the
  // follower failed, and then the change is stored and is seen as soon as
  // anybody catches up.
  // `verified` is for the follower.
  absl::Status Commit(const Audit& audit, const Command& command,
                      VerifiedCrls verified = {}) const;

  // What Commit consists of.
  absl::Status Transact(const store::RegistryStore::Command& command) const {
    return store_->Transact(command);
  }
  absl::Status Follow() const;
  absl::Status Follow(const store::Tenant& tenant, VerifiedCrls verified) const;
  void Tell(const Audit& audit) const;

  absl::Status Read(const store::RegistryStore::Query& query) const {
    return store_->Read(query);
  }
  UnixSeconds Now() const { return clock_.Now(); }
  UnixMillis NowMillis() const { return clock_.NowMillis(); }
  const AlgorithmPolicy& policy() const {
    return options_.registration_algorithms;
  }
  EncodingRule encoding() const { return options_.registration_encoding; }
  SerialRule serials() const { return options_.registration_serial_rule; }
  const RegistryOptions& options() const { return options_; }

 private:
  static absl::Status ToAnswer(const absl::Status& status);

  const std::shared_ptr<store::RegistryStore> store_;
  Follower* const follower_;
  const RegistryOptions options_;
  const Clock& clock_;
};

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_COMMAND_CONTEXT_H_
