// CA look-ups in a fleet at random: from a tenant, an issuer's name and a key
// id, as a handshake has them, to the registration.

#ifndef CHAINKEEP_BENCH_CATALOG_CA_LOOKUPS_H_
#define CHAINKEEP_BENCH_CATALOG_CA_LOOKUPS_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/catalog/ca_maker.h"
#include "bench/catalog/fleet.h"
#include "bench/catalog/histogram.h"
#include "bench/catalog/lookup_loop.h"
#include "engine/path/anchor_source.h"
#include "engine/x509/name.h"

namespace chainkeep::bench {

// What is asked for: a CA of the account, or one that only others registered.
enum class CaAsked { kOwn, kForeign };

// CaQuestions is one block of questions, ready to be asked: small enough for
// the caches of one core. Names point into it.
class CaQuestions {
 public:
  static constexpr size_t kSize = 64;

  void Prepare(const Fleet& fleet, CaAsked asked, Random& random);

  // Asks question `i` under `pin`; returns the answer's version, 0 if there is
  // none.
  uint64_t Ask(const catalog::Catalog::Pin& pin, size_t i) const {
    std::array<path::Anchor, 4> anchors;
    const size_t count =
        pin.View(tenants_[i])
            .FindIssuers(issuers_[i], {key_ids_[i].data(), key_ids_[i].size()},
                         anchors);
    return count == 0 ? 0 : anchors[0].version;
  }

 private:
  std::vector<sni::ResolvedTenant> tenants_;
  std::array<std::string, kSize> subjects_;
  std::array<x509::Name, kSize> issuers_;
  std::array<CaMaker::KeyId, kSize> key_ids_;
};

// Asks for `seconds`, a pin for each block.
Lookups AskCas(Fleet& fleet, CaAsked asked, double seconds, uint64_t seed);

// The same, each question chosen by the answer before: no two overlap.
Lookups AskCasDependently(Fleet& fleet, double seconds, uint64_t seed);

// Times each question alone, its pin included.
void TimeCas(Fleet& fleet, double seconds, uint64_t seed, Histogram& histogram);

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_CA_LOOKUPS_H_
