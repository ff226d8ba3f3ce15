// Resolved is a Resolution that outlives the pin it was found under, for tests
// that change what it came from.

#ifndef CHAINKEEP_TESTS_SNI_RESOLVED_H_
#define CHAINKEEP_TESTS_SNI_RESOLVED_H_

#include <cstdint>
#include <optional>

#include "chainkeep/endpoint.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"
#include "engine/memory/epochs.h"
#include "engine/sni/host_name.h"
#include "engine/sni/resolution.h"

namespace chainkeep::test {

struct Resolved {
  explicit Resolved(const sni::Resolution& resolution)
      : tenant(resolution.tenant()),
        refusal(resolution.refusal()),
        account(resolution.account()),
        version(resolution.version()) {}

  std::optional<sni::ResolvedTenant> tenant;
  Reason refusal;
  Account account;
  uint64_t version;
};

// What the endpoints of a catalog say, under a pin of their own.
template <typename Catalog>
Resolved Resolve(const Catalog& catalog, const Region& region,
                 const sni::HostName& name,
                 EndpointService service = EndpointService::kData) {
  const memory::Epochs::Pin pin = catalog.epochs().Acquire();
  return Resolved(catalog.endpoints().Resolve(pin, region, name, service));
}

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SNI_RESOLVED_H_
