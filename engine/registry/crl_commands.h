// The commands about CRLs; what they mean, and their errors, stands in
// chainkeep/registry.h.
//
// Thread-safety: any thread.

#ifndef CHAINKEEP_ENGINE_REGISTRY_CRL_COMMANDS_H_
#define CHAINKEEP_ENGINE_REGISTRY_CRL_COMMANDS_H_

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/registry.h"
#include "engine/registry/command_context.h"
#include "engine/store/crl_row.h"
#include "engine/store/registry_store.h"

namespace chainkeep::registry {

absl::Status SetCrls(const CommandContext& context,
                     const SetCrlsRequest& request);

absl::Status DeleteCrls(const CommandContext& context, const Account& account,
                        const Region& region, std::string_view ca);

absl::StatusOr<std::vector<CrlsSummary>> ListCrls(const CommandContext& context,
                                                  const Account& account,
                                                  const Region& region);

// AddCrl adds the one list of `row` to those that the tenant has of its CA,
// unless it is among them. Errors: kLimitExceeded.
Outcome AddCrl(store::Transaction& t, const store::CrlRow& row);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_CRL_COMMANDS_H_
