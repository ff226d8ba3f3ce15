// The figures that validation is held to, measured in one run, interleaved:
// each is the ratio of two medians. What they mean stands in
// docs/benchmarks.md. The last line is one JSON object; null is what this
// processor cannot do, or what is not there yet.
//
//   figures [--scale=full|smoke] [--benchmark_…]
//
// To add a figure: make its stage in AddAll, and name it in Figures.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/validate/stage.h"
#include "benchmark/benchmark.h"
#include "chainkeep/certificate.h"
#include "engine/signature/prepared/prepared_key.h"
#include "openssl/sha.h"

namespace chainkeep::bench {
namespace {

using signature::prepared::Arithmetic;
using signature::prepared::BuildState;
using signature::prepared::Level;
using test::KeyType;

struct Scale {
  int devices = 1000;  // of one CA
  int cas = 10'000;    // of e
  int cold_cas = 2000;
  int warm = 6000;  // uses, until a table is large
  int builds = 15;
};
constexpr Scale kSmoke = {
    .devices = 5, .cas = 20, .cold_cas = 40, .warm = 40, .builds = 1};

// Keeps what is measured for as long as the program runs.
struct Stages {
  std::vector<std::unique_ptr<Chains>> chains;
  std::vector<std::unique_ptr<Gate>> gates;
};

// Medians, in nanoseconds of CPU time, by the benchmark's name.
class Medians : public benchmark::ConsoleReporter {
 public:
  Medians() : ConsoleReporter(OO_Tabular) {}

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type == Run::RT_Aggregate && run.aggregate_name == "median") {
        of_[run.run_name.function_name] = run.GetAdjustedCPUTime();
      }
    }
    ConsoleReporter::ReportRuns(runs);
  }

  std::optional<double> Find(const std::string& name) const {
    const auto found = of_.find(name);
    if (found == of_.end()) return std::nullopt;
    return found->second;
  }

 private:
  std::map<std::string, double> of_;
};

// Measures `once`, which is given 0, 1, 2, … over all repetitions.
benchmark::internal::Benchmark* Add(const std::string& name,
                                    std::function<bool(size_t)> once) {
  auto next = std::make_shared<size_t>(0);
  return benchmark::RegisterBenchmark(
      name.c_str(), [once = std::move(once), next](benchmark::State& state) {
        for (auto _ : state) {
          if (!once((*next)++)) state.SkipWithError("it was refused");
        }
      });
}

// The bare work of a shape, and what engines do with it: NAME_bare, NAME_ifma,
// NAME_portable.
void AddShape(const std::string& name, const StageSpec& spec, int warm,
              Stages* stages) {
  const Chains& chains =
      *stages->chains.emplace_back(std::make_unique<Chains>(spec));
  Add(name + "_bare",
      [&chains](size_t i) { return chains.Bare(chains.Shuffled(i)); });
  std::vector<std::pair<const char*, PreparedKeys>> ways = {
      {"_portable", PreparedKeys::kPortable}};
  if (HasIfma()) ways.push_back({"_ifma", PreparedKeys::kIfma});
  for (const auto& [suffix, keys] : ways) {
    const Gate& gate =
        *stages->gates.emplace_back(std::make_unique<Gate>(chains, keys));
    gate.Warm(chains, warm);
    const PreparedKeyStats stats = gate.stats();
    absl::PrintF("%s%s: %d small, %d medium, %d large, %d bytes\n", name,
                 suffix, stats.small, stats.medium, stats.large, stats.bytes);
    Add(name + suffix, [&chains, &gate](size_t i) {
      return gate.Accepts(chains.leaf(chains.Shuffled(i)));
    });
  }
}

// First devices of CAs, each but once.
void AddCold(const Scale& scale, Stages* stages) {
  constexpr int kRepetitions = 8;
  const Chains& chains = *stages->chains.emplace_back(
      std::make_unique<Chains>(StageSpec{.cas = scale.cold_cas}));
  const Gate& gate = *stages->gates.emplace_back(
      std::make_unique<Gate>(chains, PreparedKeys::kAutomatic));
  const int each = scale.cold_cas / kRepetitions;
  Add("cold_bare", [&chains](size_t i) {
    return chains.Bare(chains.Shuffled(i));
  })->Iterations(each);
  Add("cold", [&chains, &gate](size_t i) {
    return gate.Accepts(chains.leaf(chains.Shuffled(i)));
  })->Iterations(each);
}

void AddParsing(const Chains& chains) {
  Add("parse", [&chains](size_t i) {
    const auto parsed =
        x509::Certificate::Parse(chains.leaf(i % chains.size()));
    benchmark::DoNotOptimize(parsed);
    return parsed.ok();
  });
  Add("sha256", [&chains](size_t i) {
    const Bytes leaf = chains.leaf(i % chains.size());
    uint8_t digest[SHA256_DIGEST_LENGTH];
    benchmark::DoNotOptimize(SHA256(leaf.data(), leaf.size(), digest));
    return true;
  });
}

// Nanoseconds of the longest step of building any table of a P-256 key: for
// each step the median of several builds.
double LongestStep(const Scale& scale) {
  using Clock = std::chrono::steady_clock;
  double longest = 0;
  for (const Level level : {Level::kSmall, Level::kMedium, Level::kLarge}) {
    std::vector<std::vector<double>> by_step;
    for (int i = 0; i < scale.builds; ++i) {
      const auto spki = test::EncodeSpki(test::MakeKey(KeyType::kP256).get());
      const auto key = signature::PublicKey::Parse(AsBytes(spki));
      key->WarmUp();
      std::unique_ptr<signature::prepared::KeyBuilder> builder;
      BuildState state = BuildState::kWorking;
      for (size_t step = 0; state == BuildState::kWorking; ++step) {
        const auto begin = Clock::now();
        if (step == 0) {
          builder = key->StartPreparing(level, Arithmetic::kBest);
        } else {
          state = builder->Step();
        }
        const std::chrono::duration<double, std::nano> took =
            Clock::now() - begin;
        by_step.resize(std::max(by_step.size(), step + 1));
        by_step[step].push_back(took.count());
      }
    }
    for (std::vector<double>& times : by_step) {
      std::nth_element(times.begin(), times.begin() + times.size() / 2,
                       times.end());
      longest = std::max(longest, times[times.size() / 2]);
    }
  }
  return longest;
}

void AddAll(const Scale& scale, Stages* stages) {
  const int each = std::max(scale.warm / scale.devices, 8);
  const auto add = [&](const char* name, KeyType ca, KeyType device) {
    AddShape(name,
             {.ca = ca, .device = device, .devices_per_ca = scale.devices},
             each, stages);
  };
  add("a", KeyType::kP256, KeyType::kP256);
  AddParsing(*stages->chains.back());
  add("c", KeyType::kRsa2048, KeyType::kRsa2048);
  add("d", KeyType::kRsa2048, KeyType::kP256);
  add("p384", KeyType::kP384, KeyType::kP256);
  add("ed25519", KeyType::kEd25519, KeyType::kP256);
  AddShape("e", {.cas = scale.cas}, 25, stages);
  AddCold(scale, stages);
}

using Figure = std::pair<const char*, std::optional<double>>;

std::vector<Figure> Figures(const Medians& medians, double longest_step) {
  const auto ratio = [&medians](const char* above, const char* below) {
    const std::optional<double> a = medians.Find(above),
                                b = medians.Find(below);
    return a && b ? std::optional(*a / *b) : std::nullopt;
  };
  // Verified signatures are not remembered yet.
  constexpr std::nullopt_t kNotYet = std::nullopt;
  const std::optional<double> bare = medians.Find("a_bare");
  return {
      {"bare_a_ns", bare},
      {"a_speedup", ratio("a_bare", "a_ifma")},
      {"a_speedup_portable", ratio("a_bare", "a_portable")},
      {"b_known_intermediate_speedup", kNotYet},
      {"c_speedup", ratio("c_bare", "c_ifma")},
      {"d_speedup", ratio("d_bare", "d_ifma")},
      {"e_speedup", ratio("e_bare", "e_ifma")},
      {"p384_speedup", ratio("p384_bare", "p384_ifma")},
      {"p384_speedup_portable", ratio("p384_bare", "p384_portable")},
      {"ed25519_speedup", ratio("ed25519_bare", "ed25519_ifma")},
      {"known_speedup_1e4", kNotYet},
      {"known_speedup_1e6", kNotYet},
      {"cold_over_bare", ratio("cold", "cold_bare")},
      // Beside the verification of the handshake that takes the step.
      {"worst_build_step_over_bare",
       bare ? std::optional((*bare + longest_step) / *bare) : std::nullopt},
      {"parse_over_sha256", ratio("parse", "sha256")},
  };
}

int Main(int argc, char** argv) {
  // Interleaved, unless the command line says otherwise.
  std::vector<char*> arguments = {argv[0]};
  std::string defaults[] = {"--benchmark_repetitions=7",
                            "--benchmark_min_time=0.1",
                            "--benchmark_enable_random_interleaving=true",
                            "--benchmark_report_aggregates_only=true"};
  for (std::string& option : defaults) arguments.push_back(option.data());
  Scale scale;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--scale=smoke") {
      scale = kSmoke;
    } else if (std::string_view(argv[i]) != "--scale=full") {
      arguments.push_back(argv[i]);
    }
  }
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;

  Stages stages;
  AddAll(scale, &stages);
  Medians medians;
  benchmark::RunSpecifiedBenchmarks(&medians);
  std::string json =
      absl::StrFormat("{\"ifma\":%s", HasIfma() ? "true" : "false");
  for (const auto& [name, value] : Figures(medians, LongestStep(scale))) {
    absl::StrAppendFormat(&json, ",\"%s\":", name);
    if (value) {
      absl::StrAppendFormat(&json, "%.4g", *value);
    } else {
      json += "null";
    }
  }
  std::printf("%s}\n", json.c_str());
  return 0;
}

}  // namespace
}  // namespace chainkeep::bench

int main(int argc, char** argv) { return chainkeep::bench::Main(argc, argv); }
