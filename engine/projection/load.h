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
