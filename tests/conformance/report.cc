#include "tests/conformance/report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tests/conformance/chain_case.h"
#include "tests/conformance/outcome.h"
#include "tests/conformance/single_cases.h"

namespace chainkeep::conformance {
namespace {

using test::VectorCase;
using test::VectorKind;
using test::VectorResult;

Outcome Run(const VectorCase& c, EncodingRule encoding,
            signature::prepared::Arithmetic arithmetic) {
  switch (c.kind) {
    case VectorKind::kChain:
      return RunChain(c, encoding, arithmetic);
    case VectorKind::kParseCertificate:
      return RunParseCertificate(c, encoding);
    case VectorKind::kParseCrl:
      return RunParseCrl(c, encoding);
    case VectorKind::kSignature:
      return RunSignature(c, encoding, arithmetic);
    case VectorKind::kNameConstraints:
      return RunNameConstraints(c, encoding);
  }
  return Fail("a kind that is not known");
}

void Add(bool counts, bool agrees, Count* count) {
  if (!counts) return;
  ++count->total;
  if (agrees) ++count->agree;
}

void Add(const VectorCase& c, bool agrees, Counts* counts) {
  Add(c.core, agrees, &counts->core);
  Add(c.device_relevant && !c.HasFeature("contested"), agrees, &counts->device);
  Add(true, agrees, &counts->all);
}

std::string CountsJson(const Counts& counts) {
  const auto one = [](std::string_view name, const Count& count) {
    return absl::StrCat("\"", name, "_total\":", count.total, ",\"", name,
                        "_agree\":", count.agree);
  };
  return absl::StrCat(one("core", counts.core), ",",
                      one("device", counts.device), ",",
                      one("all", counts.all));
}

std::string Row(const std::string& name, const Counts& counts) {
  const auto cell = [](const Count& count) {
    return absl::StrFormat("%6d / %-6d", count.agree, count.total);
  };
  return absl::StrFormat("%-24s%s%s%s\n", name, cell(counts.core),
                         cell(counts.device), cell(counts.all));
}

}  // namespace

std::string_view ResultName(VectorResult result) {
  switch (result) {
    case VectorResult::kSuccess:
      return "success";
    case VectorResult::kFailure:
      return "failure";
    case VectorResult::kEither:
      break;
  }
  return "either";
}

void Report::Add(const VectorCase& c) {
  std::optional<VectorResult> expected = c.expected;
  if (c.expected_peer_name) expected = c.expected_without_name;
  if (!expected) return;
  // Run also where either answer agrees: it must not crash.
  const Outcome outcome = Run(c, encoding_, arithmetic_);
  if (*expected == VectorResult::kEither) return;
  const VectorResult actual =
      outcome.success ? VectorResult::kSuccess : VectorResult::kFailure;
  const bool agrees = actual == *expected;
  conformance::Add(c, agrees, &counts_);
  conformance::Add(c, agrees, &suites_[c.suite]);
  agrees_[c.id] = agrees;
  if (!agrees) {
    mismatches_.push_back({c.id, *expected, actual, outcome.why, c.core});
  }
}

std::vector<std::string> Report::Complaints(
    const Divergences& divergences) const {
  std::vector<std::string> complaints;
  for (const Mismatch& mismatch : mismatches_) {
    const auto listed = divergences.find(mismatch.id);
    if (listed == divergences.end()) {
      complaints.push_back(absl::StrCat("not listed: ", mismatch.id));
    } else if (listed->second.expected != mismatch.expected) {
      complaints.push_back(absl::StrCat("listed the wrong way: ", mismatch.id));
    }
  }
  for (const auto& [id, divergence] : divergences) {
    const auto run = agrees_.find(id);
    if (run != agrees_.end() && run->second) {
      complaints.push_back(absl::StrCat("listed, and agrees: ", id));
    }
  }
  return complaints;
}

std::vector<std::string> Report::Unseen(const Divergences& divergences) const {
  std::vector<std::string> unseen;
  for (const auto& [id, divergence] : divergences) {
    if (agrees_.count(id) == 0) unseen.push_back(id);
  }
  return unseen;
}

std::string Report::MismatchLines() const {
  std::string lines;
  for (const Mismatch& mismatch : mismatches_) {
    absl::StrAppend(&lines, mismatch.id, " ", ResultName(mismatch.expected),
                    " ", ResultName(mismatch.actual), " ", mismatch.why,
                    mismatch.is_core ? " [core]" : "", "\n");
  }
  return lines;
}

std::string Report::Table() const {
  std::string table = absl::StrFormat("%-24s%-15s%-15s%-15s\n", "suite",
                                      "  core", "  device", "  all");
  for (const auto& [name, counts] : suites_) {
    absl::StrAppend(&table, Row(name, counts));
  }
  return absl::StrCat(table, Row("", counts_));
}

std::string Report::Json() const {
  // A crash would have ended the process before this line.
  return absl::StrCat("{", CountsJson(counts_), ",\"crashes\":0,\"suites\":{",
                      absl::StrJoin(suites_, ",",
                                    [](std::string* out, const auto& suite) {
                                      absl::StrAppend(
                                          out, "\"", suite.first, "\":{",
                                          CountsJson(suite.second), "}");
                                    }),
                      "}}\n");
}

}  // namespace chainkeep::conformance
