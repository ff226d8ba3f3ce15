// LoadAll shows everything that a store holds in an empty catalog: what an
// engine does when it starts.
//
// Reading is one walk by the calling thread; what costs more is done by several
// threads. Each CA certificate is parsed once, however many have registered it,
// and its bytes are not kept for longer than that.
//
// ORDER. Who registered first is found first (registration_index.h), and must
// be after a restart too. Order matters within one view only: within a tenant,
// and, of mode DEFAULT, within a region. So what is published by several
// threads at once is: the tenants of a region that have anything of mode
// DEFAULT, together, oldest first; and every other tenant by itself.
//
// A row that cannot be read, because it is damaged or its checksum is not that
// of what it says, ends loading with an error that names table and row: an
// engine never starts with half of a registry, of which the other half may be
// what revokes. (A row that can be read, and whose certificate is none, is left
// out and told.) A codec that comes to refuse what an older one has written, or
// to write what an older one refuses, goes with a new schema version
// (sqlite_schema.h), so that no intact row is taken for a damaged one.
//
// Cost: 40 bytes of memory for each registration meanwhile, beside what stays.

#ifndef CHAINKEEP_ENGINE_PROJECTION_LOAD_H_
#define CHAINKEEP_ENGINE_PROJECTION_LOAD_H_

#include <vector>

#include "absl/status/status.h"
#include "chainkeep/events.h"
#include "chainkeep/options.h"
#include "engine/catalog/catalog.h"
#include "engine/store/registry_view.h"

namespace chainkeep::projection {

// LoadAll adds to `skipped` what cannot be shown. Errors: the store's.
absl::Status LoadAll(const store::RegistryView& view,
                     const AlgorithmPolicy& algorithms,
                     const LoadOptions& options, catalog::Catalog* catalog,
                     std::vector<SkippedRecord>* skipped);

}  // namespace chainkeep::projection

#endif  // CHAINKEEP_ENGINE_PROJECTION_LOAD_H_
