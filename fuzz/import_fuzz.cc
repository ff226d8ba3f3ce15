// Import: whatever the lines are, each is taken or refused; and what was taken
// is exported such that another registry takes all of it, and comes to be the
// same.

#include <cstdint>
#include <memory>
#include <sstream>
#include <string>

#include "chainkeep/registry.h"
#include "chainkeep/status.h"
#include "engine/registry/registry_impl.h"
#include "engine/store/memory_store.h"
#include "fuzz/input.h"
#include "fuzz/require.h"
#include "tests/support/manual_clock.h"

namespace {

using chainkeep::ImportReport;
using chainkeep::Registry;
using chainkeep::fuzz::Require;

std::unique_ptr<Registry> NewRegistry(const chainkeep::Clock& clock) {
  return chainkeep::registry::MakeRegistry(
      std::make_shared<chainkeep::store::MemoryStore>(), nullptr,
      {.clock = &clock,
       .wildcard_endpoints = chainkeep::WildcardEndpoints::kAllowed});
}

ImportReport Import(Registry& registry, const std::string& text) {
  std::istringstream lines(text);
  ImportReport report;
  Require(
      registry
          .Import(lines, {.end = chainkeep::ImportOptions::End::kMayBeMissing},
                  report)
          .ok(),
      "no line stops an import");
  Require(report.refused == static_cast<int64_t>(report.refusals.size()) ||
              report.refusals.size() == 1000,
          "refusals are counted and kept");
  int64_t last = 0;
  for (const ImportReport::Refusal& refusal : report.refusals) {
    Require(refusal.line > last, "refusals are in the order of lines");
    last = refusal.line;
    Require(chainkeep::ErrorCodeOf(refusal.status) !=
                chainkeep::ErrorCode::kInternalFailure,
            "a line is refused by a rule");
  }
  return report;
}

std::string Export(Registry& registry) {
  std::ostringstream lines;
  Require(registry.Export(lines).ok(), "what is there can be exported");
  return lines.str();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const chainkeep::test::ManualClock clock;
  const auto first = NewRegistry(clock);
  const ImportReport report =
      Import(*first, std::string(chainkeep::fuzz::AsText({data, size})));
  const std::string exported = Export(*first);
  Require(report.imported > 0 || exported.find('\n') + 1 == exported.size(),
          "what is there was taken");

  const ImportReport again = Import(*first, exported);
  Require(again.imported == 0 && again.refused == 0,
          "what is exported is what is there");
  const auto second = NewRegistry(clock);
  const ImportReport copied = Import(*second, exported);
  Require(copied.refused == 0 && copied.unchanged == 0 &&
              copied.imported == again.unchanged,
          "what is exported is imported, line by line");
  Require(Export(*second) == exported, "an import of an export is the same");
  return 0;
}
