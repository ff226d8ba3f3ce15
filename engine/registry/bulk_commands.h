// The commands about a whole registry: Import, Export and the counts; what each
// means, and its errors, stands in chainkeep/registry.h. row_json.h says what a
// line is, import_rules.h what of it is checked.
//
// An import takes a batch at a time: at most 1,000 lines or a mebibyte, or
// one line that is longer; a line may have a mebibyte, one of a CRL 96. Each
// batch is one transaction, in which every line succeeds or is left out by
// itself. Between two of them, other commands get their turn.
//
// Neither holds the store while a stream makes it wait (spool.h); what an
// export ends with is in export_end.h.
//
// Thread-safety: any thread. Export is of one state: as long as it reads, a
// store in memory makes others wait.

#ifndef CHAINKEEP_ENGINE_REGISTRY_BULK_COMMANDS_H_
#define CHAINKEEP_ENGINE_REGISTRY_BULK_COMMANDS_H_

#include <iosfwd>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/registry.h"
#include "engine/registry/command_context.h"

namespace chainkeep::registry {

absl::Status Import(const CommandContext& context, std::istream& lines,
                    const ImportOptions& options, ImportReport& report);
absl::Status Export(const CommandContext& context, std::ostream& lines);
absl::StatusOr<RegistryStats> GetRegistryStats(const CommandContext& context);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_BULK_COMMANDS_H_
