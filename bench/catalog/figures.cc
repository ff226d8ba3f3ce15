// The figures that chainkeep's catalog is held to, measured in one run, each as
// the median of at least seven interleaved pairs where it is a ratio. What they
// mean stands in docs/benchmarks.md. The last line is one JSON object.
//
//   figures [--scale=full|quick|smoke]
//
// Full takes 10^7 entries; quick 10^6, and the names of the figures stay;
// smoke only shows that the program works.

#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "bench/catalog/ca_figures.h"
#include "bench/catalog/memory.h"
#include "bench/catalog/record_figures.h"
#include "bench/catalog/sni_figures.h"
#include "bench/catalog/stage.h"
#include "bench/catalog/table_figures.h"

namespace chainkeep::bench {
namespace {

constexpr Stage kStages[] = {
    {"table_on_huge_pages", Pages::kHuge, RunTableOnHugePages},
    {"table_on_small_pages", Pages::kSmall, RunTableOnSmallPages},
    {"registrations", Pages::kHuge, RunCaFigures},
    {"distinct_cas", Pages::kHuge, RunDistinctCas},
    {"endpoints", Pages::kHuge, RunEndpoints},
    {"devices", Pages::kHuge, RunDevices},
    {"sni_hits", Pages::kHuge, RunSniHits},
    {"sni_floods", Pages::kHuge, RunSniFloods},
};

constexpr std::string_view kFigures[] = {
    "table_vs_unlocked_absl",
    "table_vs_unlocked_absl_4k_pages",
    "ca_hit_vs_absl_1e7",
    "ca_dependent_ns_1e7",
    "scaling_2t",
    "control_scaling_2t",
    "writer_throughput_ratio",
    "writer_p999_ratio",
    "aa_p999_ratio",
    "change_us",
    "bytes_registration",
    "bytes_endpoint",
    "bytes_device",
    "sni_hit_vs_absl",
    "flood_hit_rate",
    "load_1e7_s",
    "load_1e6_distinct_s",
};

// The text behind "--NAME=" among the arguments, or nothing.
std::string_view Flag(int argc, char** argv, std::string_view name) {
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (argument.starts_with(name)) return argument.substr(name.size());
  }
  return "";
}

template <typename List>
auto Find(const List& list, std::string_view name) {
  for (const auto& item : list) {
    if (item.name == name) return &item;
  }
  return decltype(&list[0])(nullptr);
}

int RunAll(const Scale& scale) {
  std::map<std::string, double> figures;
  for (const Stage& stage : kStages) {
    absl::PrintF("%s:\n", stage.name);
    if (!RunStage(stage, scale, figures)) return 1;
  }
  std::string json;
  for (std::string_view name : kFigures) {
    const auto found = figures.find(std::string(name));
    if (found == figures.end()) {
      absl::FPrintF(stderr, "figures: no stage reported %s\n", name);
      return 1;
    }
    absl::StrAppendFormat(&json, "%s\"%s\": %.6g", json.empty() ? "{" : ", ",
                          name, found->second);
  }
  absl::PrintF("%s}\n", json);
  return 0;
}

int Main(int argc, char** argv) {
  const std::string_view scale_name = Flag(argc, argv, "--scale=");
  const Scale* scale = Find(kScales, scale_name.empty() ? "full" : scale_name);
  if (scale == nullptr) {
    absl::FPrintF(stderr, "usage: figures [--scale=full|quick|smoke]\n");
    return 2;
  }
  const std::string_view stage_name = Flag(argc, argv, "--stage=");
  if (stage_name.empty()) return RunAll(*scale);
  const Stage* stage = Find(kStages, stage_name);
  if (stage == nullptr) return 2;
  UsePages(stage->pages, argv);
  stage->run(*scale);
  return 0;
}

}  // namespace
}  // namespace chainkeep::bench

int main(int argc, char** argv) { return chainkeep::bench::Main(argc, argv); }
