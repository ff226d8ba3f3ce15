// How many lines a second an import takes, end to end: JSON, certificates,
// rules, and a SQLite file with its synchronous commits.
//
//   bazel run --config=opt //bench/registry:import_bench
//
// `shared` is what multi-account registration looks like: 20 CAs, each in
// 10,000 accounts. `distinct` is 100,000 CAs, each of one account. Export is
// of the same registries. The file lies in TEST_TMPDIR, or else in /tmp.

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "benchmark/benchmark.h"
#include "chainkeep/registry.h"
#include "chainkeep/store.h"
#include "tests/support/manual_clock.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::bench {
namespace {

struct Lines {
  std::string text;
  int64_t count = 0;

  void Add(const std::string& pem, int account) {
    absl::StrAppend(&text, R"({"type":"caCertificate","account":")", account,
                    R"(","region":"us-east-1","certificatePem":")",
                    absl::StrReplaceAll(pem, {{"\n", "\\n"}}),
                    R"(","certificateMode":"SNI_ONLY","status":"ACTIVE"})",
                    "\n");
    ++count;
  }
};

Lines SharedCas() {
  constexpr int kCas = 20;
  constexpr int kAccounts = 10'000;
  std::vector<std::string> pems;
  for (int i = 0; i < kCas; ++i) {
    pems.push_back(test::ToPem(
        test::MakeCertificate(test::CaSpec(absl::StrCat("CA ", i)), nullptr)
            .der));
  }
  Lines lines;
  for (int account = 0; account < kAccounts; ++account) {
    for (const std::string& pem : pems) lines.Add(pem, account);
  }
  return lines;
}

Lines DistinctCas() {
  constexpr int kCas = 100'000;
  const test::TestCertificate root =
      test::MakeCertificate(test::CaSpec("Root"), nullptr);
  Lines lines;
  for (int i = 0; i < kCas; ++i) {
    lines.Add(test::ToPem(test::MakeCertificate(
                              test::CaSpec(absl::StrCat("CA ", i)), &root)
                              .der),
              i);
  }
  return lines;
}

// A registry over a file that is new each time.
class File {
 public:
  File() {
    const char* folder = std::getenv("TEST_TMPDIR");
    path_ = std::filesystem::path(folder != nullptr ? folder : "/tmp") /
            "chainkeep_import_bench";
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
    RegistryOptions options;
    options.clock = &clock_;
    registry_ = *OpenRegistry(*OpenStore({.path = path_ / "db"}), options);
  }
  ~File() {
    registry_.reset();
    std::filesystem::remove_all(path_);
  }

  Registry& registry() { return *registry_; }

 private:
  test::ManualClock clock_;
  std::filesystem::path path_;
  std::unique_ptr<Registry> registry_;
};

bool ImportAll(Registry& registry, const Lines& lines) {
  std::istringstream stream(lines.text);
  ImportReport report;
  return registry
             .Import(stream, {.end = ImportOptions::End::kMayBeMissing}, report)
             .ok() &&
         report.imported == lines.count;
}

void BM_Import(benchmark::State& state, Lines (*make)()) {
  const Lines lines = make();
  for (auto _ : state) {
    state.PauseTiming();
    auto file = std::make_unique<File>();
    state.ResumeTiming();
    if (!ImportAll(file->registry(), lines)) state.SkipWithError("import");
    state.PauseTiming();
    file.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * lines.count);
}

void BM_Export(benchmark::State& state, Lines (*make)()) {
  const Lines lines = make();
  File file;
  if (!ImportAll(file.registry(), lines)) state.SkipWithError("import");
  for (auto _ : state) {
    std::ostringstream out;
    if (!file.registry().Export(out).ok()) state.SkipWithError("export");
    benchmark::DoNotOptimize(out);
  }
  state.SetItemsProcessed(state.iterations() * lines.count);
}

BENCHMARK_CAPTURE(BM_Import, shared, SharedCas)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_Import, distinct, DistinctCas)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_Export, shared, SharedCas)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace chainkeep::bench
