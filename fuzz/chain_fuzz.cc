// Whole chains: the answer is always the same, keeps its budgets, and is never
// yes where BoringSSL's is no, the differences that chain_reference.cc lists
// apart.

#include "chainkeep/certificate.h"
#include "engine/path/path_builder.h"
#include "engine/path/rules.h"
#include "fuzz/chain_recipe.h"
#include "fuzz/chain_reference.h"
#include "fuzz/require.h"
#include "tests/support/path_sources.h"

namespace chainkeep::fuzz {
namespace {

void CheckSpent(const BudgetSpent& spent, const Budgets& limits) {
  Require(
      spent.signatures <= 1 || spent.signature_units <= limits.signature_units,
      "no more signatures");
  Require(spent.steps <= limits.steps, "no more steps");
  Require(spent.path_length <= limits.path_length, "no longer path");
  Require(spent.name_comparisons <= limits.name_comparisons,
          "no more comparisons of names");
}

void CheckSame(const path::PathResult& a, const path::PathResult& b) {
  Require(a.path.has_value() == b.path.has_value() &&
              a.failure.reason == b.failure.reason &&
              a.spent.steps == b.spent.steps,
          "the same answer twice");
  Require(!a.path || a.path->anchor().ca->id == b.path->anchor().ca->id,
          "the same anchor twice");
}

// What holds of every answer.
path::PathResult Judge(const x509::Certificate& leaf,
                       std::span<const Bytes> presented,
                       const test::ListOfAnchors& anchors,
                       const ValidationOptions& options, UnixSeconds now) {
  const auto build = [&] {
    path::Budget budget(options.budgets);
    return path::BuildPath({.leaf = leaf,
                            .presented = presented,
                            .anchors = anchors,
                            .denials = anchors,
                            .crls = test::NoCrls(),
                            .options = options,
                            .budget = budget,
                            .now = now});
  };
  path::PathResult result = build();
  CheckSame(result, build());
  CheckSpent(result.spent, options.budgets);
  Require(!result.path || (result.path->not_before() <= now &&
                           now <= result.path->not_after()),
          "accepted within the validity of the answer");
  return result;
}

// Whether the anchor's certificate, which not all rules look at, is one that
// BoringSSL need not take.
bool IsTolerated(const path::VerifiedPath& path) {
  return !path::CheckEncoding(path.anchor().ca->certificate,
                              EncodingRule::kStrict)
              .ok();
}

}  // namespace
}  // namespace chainkeep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chainkeep;
  const fuzz::Chain chain = fuzz::MakeChain(Bytes(data, size));
  const auto leaf = x509::Certificate::Parse(AsBytes(chain.leaf));
  if (!leaf.ok()) return 0;
  std::vector<Bytes> presented;
  for (const auto& der : chain.presented) presented.push_back(AsBytes(der));
  test::ListOfAnchors anchors;
  for (const fuzz::RegisteredCa& ca : chain.registered) {
    anchors.Add(ca.der, ca.status);
  }
  const auto judge = [&](const ValidationOptions& options) {
    return fuzz::Judge(*leaf, presented, anchors, options, chain.now);
  };
  judge(chain.options);
  ValidationOptions strict = chain.options;
  strict.encoding = EncodingRule::kStrict;
  const path::PathResult result = judge(strict);
  if (!result.path || fuzz::IsTolerated(*result.path)) return 0;
  fuzz::Require(fuzz::IsAcceptedByBoringSsl(
                    {*leaf, presented, result.path->anchor().ca->certificate,
                     result.spent.path_length, chain.options, chain.now}),
                "BoringSSL accepts what we accept");
  return 0;
}
