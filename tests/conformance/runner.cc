// Runs published conformance cases and says how far we agree.
//
//   bazel run -c opt //tests/conformance:runner -- --vectors=FILE...
//       [--divergences=FILE] [--encoding=tolerant|strict]
//       [--prepared-keys=off|portable|ifma]
//
// Prints a line for each difference (id, expected, actual, what our code says),
// a table by suite, and one JSON object, which is the last line. Alone it only
// reports. With the reviewed differences it fails, exit code 1, on one that is
// not among them, and on one of them that is none any more. A wrong argument or
// file is exit code 2; a crash is one, and no JSON object is printed.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/strip.h"
#include "engine/signature/prepared/arithmetic.h"
#include "tests/conformance/divergences.h"
#include "tests/conformance/report.h"
#include "tests/support/vectors.h"

namespace chainkeep::conformance {
namespace {

namespace fs = std::filesystem;
using signature::prepared::Arithmetic;

struct Arguments {
  std::vector<fs::path> vectors;
  std::optional<fs::path> divergences;
  EncodingRule encoding = EncodingRule::kTolerant;
  Arithmetic arithmetic = Arithmetic::kOff;
};

std::optional<Arguments> ParseArguments(int count, char** values) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    std::string_view value = values[i];
    if (absl::ConsumePrefix(&value, "--vectors=")) {
      arguments.vectors.emplace_back(value);
    } else if (absl::ConsumePrefix(&value, "--divergences=")) {
      arguments.divergences = fs::path(value);
    } else if (value == "--encoding=strict") {
      arguments.encoding = EncodingRule::kStrict;
    } else if (value == "--encoding=tolerant") {
      arguments.encoding = EncodingRule::kTolerant;
    } else if (value == "--prepared-keys=off") {
      arguments.arithmetic = Arithmetic::kOff;
    } else if (value == "--prepared-keys=portable") {
      arguments.arithmetic = Arithmetic::kPortable;
    } else if (value == "--prepared-keys=ifma" &&
               signature::prepared::Choose(Arithmetic::kIfma)) {
      arguments.arithmetic = Arithmetic::kIfma;
    } else {
      return std::nullopt;
    }
  }
  if (arguments.vectors.empty()) return std::nullopt;
  return arguments;
}

int Main(int count, char** values) {
  const std::optional<Arguments> arguments = ParseArguments(count, values);
  if (!arguments) {
    std::fputs(
        "usage: runner --vectors=FILE... [--divergences=FILE]\n"
        "              [--encoding=tolerant|strict]\n"
        "              [--prepared-keys=off|portable|ifma]\n",
        stderr);
    return 2;
  }
  std::optional<Divergences> divergences;
  if (arguments->divergences) {
    std::ifstream file(*arguments->divergences);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file) {
      std::fputs("runner: cannot read the divergences\n", stderr);
      return 2;
    }
    auto parsed = ParseDivergences(text, arguments->encoding);
    if (!parsed.ok()) {
      std::fprintf(stderr, "runner: %s\n", parsed.status().ToString().c_str());
      return 2;
    }
    divergences = *std::move(parsed);
  }

  Report report(arguments->encoding, arguments->arithmetic);
  for (const fs::path& path : arguments->vectors) {
    for (const test::VectorCase& c : test::ReadVectors(
             path.parent_path().string(), path.filename().string())) {
      report.Add(c);
    }
  }
  std::fputs(report.MismatchLines().c_str(), stdout);
  std::vector<std::string> complaints;
  if (divergences) complaints = report.Complaints(*divergences);
  for (const std::string& complaint : complaints) {
    std::fprintf(stdout, "%s\n", complaint.c_str());
  }
  std::fputs(report.Table().c_str(), stdout);
  std::fputs(report.Json().c_str(), stdout);
  return complaints.empty() ? 0 : 1;
}

}  // namespace
}  // namespace chainkeep::conformance

int main(int argc, char** argv) {
  return chainkeep::conformance::Main(argc, argv);
}
