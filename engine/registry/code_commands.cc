#include "engine/registry/code_commands.h"

#include <optional>
#include <utility>

#include "chainkeep/status.h"
#include "engine/registry/certificate_rules.h"
#include "engine/registry/registration_code.h"
#include "engine/store/registry_store.h"

namespace chainkeep::registry {

using store::Tenant;
using store::Transaction;

absl::StatusOr<std::string> GetRegistrationCode(const CommandContext& context,
                                                const Account& account,
                                                const Region& region) {
  const absl::StatusOr<Tenant> tenant = CheckTenant(account, region);
  if (!tenant.ok()) return tenant.status();
  std::string code;
  const absl::Status status = context.Commit(
      {"GetRegistrationCode", *tenant, ""}, [&](Transaction& t) -> Outcome {
        std::optional<std::string> existing = t.FindRegistrationCode(*tenant);
        if (existing.has_value()) {
          code = *std::move(existing);
          return Effect::kNone;
        }
        code = NewRegistrationCode();
        t.PutRegistrationCode(*tenant, code);
        return Effect::kChanged;
      });
  if (!status.ok()) return status;
  return code;
}

absl::Status DeleteRegistrationCode(const CommandContext& context,
                                    const Account& account,
                                    const Region& region) {
  const absl::StatusOr<Tenant> tenant = CheckTenant(account, region);
  if (!tenant.ok()) return tenant.status();
  return context.Commit(
      {"DeleteRegistrationCode", *tenant, ""}, [&](Transaction& t) -> Outcome {
        if (!t.FindRegistrationCode(*tenant).has_value()) {
          return MakeError(
              ErrorCode::kResourceNotFound,
              "the account has no registration code in this region");
        }
        t.DeleteRegistrationCode(*tenant);
        return Effect::kChanged;
      });
}

}  // namespace chainkeep::registry
