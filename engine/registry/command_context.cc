#include "engine/registry/command_context.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"

namespace chainkeep::registry {

CommandContext::CommandContext(std::shared_ptr<store::RegistryStore> store,
                               Follower* follower,
                               const RegistryOptions& options)
    : store_(std::move(store)),
      follower_(follower),
      options_(options),
      clock_(options.clock != nullptr ? *options.clock : SystemClock()) {}

absl::Status CommandContext::Commit(const Audit& audit, const Command& command,
                                    VerifiedCrls verified) const {
  Effect effect = Effect::kNone;
  absl::Status status = Transact([&](store::Transaction& t) {
    const Outcome outcome = command(t);
    if (outcome.ok()) effect = *outcome;
    return outcome.status();
  });
  if (!status.ok() || effect == Effect::kNone) return status;
  status = Follow(audit.tenant, std::move(verified));
  // The change is stored: who keeps a record of changes must have it.
  Tell(audit);
  return status;
}

absl::Status CommandContext::Follow() const {
  if (follower_ == nullptr) return absl::OkStatus();
  return ToAnswer(follower_->CatchUp());
}

absl::Status CommandContext::Follow(const store::Tenant& tenant,
                                    VerifiedCrls verified) const {
  if (follower_ == nullptr) return absl::OkStatus();
  return ToAnswer(follower_->CatchUp(tenant, std::move(verified)));
}

absl::Status CommandContext::ToAnswer(const absl::Status& status) {
  if (status.ok()) return status;
  return MakeError(
      ErrorCode::kServiceUnavailable,
      absl::StrCat("the change is stored, but handshakes do not see it yet: ",
                   status.message()));
}

void CommandContext::Tell(const Audit& audit) const {
  if (options_.observer == nullptr) return;
  options_.observer->OnChange({.account = audit.tenant.account,
                               .region = audit.tenant.region,
                               .operation = audit.operation,
                               .resource_arn = audit.arn,
                               .time = NowMillis()});
}

}  // namespace chainkeep::registry
