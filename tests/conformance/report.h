// Report counts how far our answers agree with those that a suite expects, and
// holds the differences against those that were reviewed.
//
// COUNTS. Core are the cases that a suite's keepers mark so; device, those that
// concern a device's certificate and whose expectation some engine shares; all,
// every case but those with which either answer agrees.

#ifndef CHAINKEEP_TESTS_CONFORMANCE_REPORT_H_
#define CHAINKEEP_TESTS_CONFORMANCE_REPORT_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "chainkeep/options.h"
#include "engine/signature/prepared/arithmetic.h"
#include "tests/conformance/divergences.h"
#include "tests/support/vectors.h"

namespace chainkeep::conformance {

struct Count {
  int total = 0;
  int agree = 0;
};

struct Counts {
  Count core, device, all;
};

// Mismatch is one case on which we differ.
struct Mismatch {
  std::string id;
  test::VectorResult expected = test::VectorResult::kFailure;
  test::VectorResult actual = test::VectorResult::kFailure;
  std::string why;  // what our code says
  bool is_core = false;
};

std::string_view ResultName(test::VectorResult result);

class Report {
 public:
  // Under which rule the cases are run, and whether with tables of keys.
  explicit Report(EncodingRule encoding,
                  signature::prepared::Arithmetic arithmetic =
                      signature::prepared::Arithmetic::kOff)
      : encoding_(encoding), arithmetic_(arithmetic) {}

  // Add runs `c`, unless it has no expectation without a server name, which
  // this library does not match.
  void Add(const test::VectorCase& c);

  const Counts& counts() const { return counts_; }
  const std::map<std::string, Counts>& suites() const { return suites_; }
  const std::vector<Mismatch>& mismatches() const { return mismatches_; }

  // Complaints holds every answer against the reviewed differences: one line
  // for a difference that is not listed, or listed otherwise than it is, and
  // for a listed one that agrees.
  std::vector<std::string> Complaints(const Divergences& divergences) const;

  // What was listed, and not run.
  std::vector<std::string> Unseen(const Divergences& divergences) const;

  // A line for each mismatch; a table by suite; one JSON object.
  std::string MismatchLines() const;
  std::string Table() const;
  std::string Json() const;

 private:
  const EncodingRule encoding_;
  const signature::prepared::Arithmetic arithmetic_;
  Counts counts_;
  std::map<std::string, Counts> suites_;
  std::vector<Mismatch> mismatches_;
  std::map<std::string, bool> agrees_;  // by id
};

}  // namespace chainkeep::conformance

#endif  // CHAINKEEP_TESTS_CONFORMANCE_REPORT_H_
