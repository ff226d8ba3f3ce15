// CA look-ups in a fleet at random: from a tenant's view, an issuer's name and
// a key id, as a handshake has them, to the registration.

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
#include "engine/catalog/catalog.h"
#include "engine/catalog/catalog_view.h"
#include "engine/path/anchor_source.h"
#include "engine/sni/resolution.h"
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
  // Looks up the views of the questions that were prepared last, which are good
  // for Ask as long as `pin`.
  void MakeViews(const catalog::Catalog::Pin& pin);

  // Asks question `i`; returns the answer's version, 0 if there is none.
  uint64_t Ask(size_t i) { return AskIn(views_[i], i); }
  // The same from the tenant on, of which the view is looked up first.
  uint64_t AskFromTenant(const catalog::Catalog::Pin& pin, size_t i) {
    return AskIn(pin.View(tenants_[i]), i);
  }

 private:
  uint64_t AskIn(const catalog::TenantView& view, size_t i) {
    const size_t count = view.FindIssuers(
        issuers_[i], {key_ids_[i].data(), key_ids_[i].size()}, anchors_);
    return count == 0 ? 0 : anchors_[0].state().version;
  }

  std::vector<sni::ResolvedTenant> tenants_;
  std::vector<catalog::TenantView> views_;
  std::array<std::string, kSize> subjects_;
  std::array<x509::Name, kSize> issuers_;
  std::array<CaMaker::KeyId, kSize> key_ids_;
  std::array<path::Anchor, 4> anchors_;  // of the last answer
};

// Asks for `seconds`, under a pin for each block.
Lookups AskCas(Fleet& fleet, CaAsked asked, double seconds, uint64_t seed);

// The same, each question chosen by the answer before: no two overlap.
Lookups AskCasDependently(Fleet& fleet, double seconds, uint64_t seed);

// Times each question alone, pin and view included.
void TimeCas(Fleet& fleet, double seconds, uint64_t seed, Histogram& histogram);

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_CA_LOOKUPS_H_
