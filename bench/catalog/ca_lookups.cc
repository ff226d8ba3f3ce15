#include "bench/catalog/ca_lookups.h"

#include "chainkeep/certificate.h"

namespace chainkeep::bench {
namespace {

// Calls `ask` with the number of a question of a block, for each block that
// fits into `seconds`; it returns which is next.
template <typename AskBlock>
Lookups AskBlocks(Fleet& fleet, CaAsked asked, double seconds, uint64_t seed,
                  AskBlock ask_block) {
  Lookups lookups;
  Random random(seed);
  CaQuestions questions;
  const Clock::time_point start = Clock::now();
  do {
    questions.Prepare(fleet, asked, random);
    const auto pin = fleet.catalog().Acquire();
    questions.MakeViews(pin);
    const BlockTimer timer;
    const uint64_t found = ask_block(questions);
    lookups.Add(timer, CaQuestions::kSize, found);
  } while (SecondsSince(start) < seconds);
  Require(lookups.found == (asked == CaAsked::kOwn ? lookups.asked : 0),
          "a CA look-up answered wrongly");
  return lookups;
}

}  // namespace

void CaQuestions::Prepare(const Fleet& fleet, CaAsked asked, Random& random) {
  tenants_.clear();
  for (size_t i = 0; i < kSize; ++i) {
    const uint64_t account = random.Below(fleet.accounts());
    const uint64_t nth = random.Below(Fleet::kCasPerAccount) +
                         (asked == CaAsked::kOwn ? 0 : Fleet::kCasPerAccount);
    const uint64_t ca = fleet.CaOf(account, nth);
    tenants_.push_back(fleet.tenant(account));
    subjects_[i] = fleet.maker().Subject(ca);
    issuers_[i] = *x509::Name::Parse(AsBytes(subjects_[i]));
    key_ids_[i] = CaMaker::KeyIdOf(ca);
  }
}

void CaQuestions::MakeViews(const catalog::Catalog::Pin& pin) {
  views_.clear();
  for (const sni::ResolvedTenant& tenant : tenants_) {
    views_.push_back(pin.View(tenant));
  }
}

Lookups AskCas(Fleet& fleet, CaAsked asked, double seconds, uint64_t seed) {
  return AskBlocks(fleet, asked, seconds, seed, [&](CaQuestions& block) {
    uint64_t found = 0;
    for (size_t i = 0; i < CaQuestions::kSize; ++i) {
      found += block.Ask(i) != 0;
    }
    return found;
  });
}

Lookups AskCasDependently(Fleet& fleet, double seconds, uint64_t seed) {
  return AskBlocks(fleet, CaAsked::kOwn, seconds, seed,
                   [&](CaQuestions& block) {
                     uint64_t found = 0;
                     for (size_t i = 0; i < CaQuestions::kSize;) {
                       const uint64_t version = block.Ask(i);
                       found += version != 0;
                       // No version has its first bit set, which the compiler
                       // may not know.
                       uint64_t unknown = version;
                       asm volatile("" : "+r"(unknown));
                       i += 1 + (unknown >> 63);
                     }
                     return found;
                   });
}

void TimeCas(Fleet& fleet, double seconds, uint64_t seed,
             Histogram& histogram) {
  Random random(seed);
  CaQuestions questions;
  const Clock::time_point start = Clock::now();
  do {
    questions.Prepare(fleet, CaAsked::kOwn, random);
    for (size_t i = 0; i < CaQuestions::kSize; ++i) {
      const Clock::time_point before = Clock::now();
      const uint64_t version =
          questions.AskFromTenant(fleet.catalog().Acquire(), i);
      const auto took = Clock::now() - before;
      Require(version != 0, "a CA look-up answered wrongly");
      histogram.Add(static_cast<uint64_t>(took.count()));
    }
  } while (SecondsSince(start) < seconds);
}

}  // namespace chainkeep::bench
