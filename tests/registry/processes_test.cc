// Several processes on one store file: rule R12 between them.

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chainkeep/registry.h"
#include "chainkeep/store.h"
#include "tests/registry/registry_fixture.h"

namespace chainkeep::test {
namespace {

constexpr int kProcesses = 4;
constexpr int kRounds = 100;

// What the processes have in common: where they wait for each other, and what
// came of each round.
struct Shared {
  std::array<std::atomic<int>, kRounds> arrived;
  std::array<std::array<ErrorCode, kProcesses>, kRounds> answers;

  void WaitForAll(int round) {
    arrived[round].fetch_add(1);
    while (arrived[round].load() < kProcesses) sched_yield();
  }
};

std::unique_ptr<Registry> Open(const std::string& path) {
  auto store = OpenStore({.path = path});
  if (!store.ok()) return nullptr;
  static ManualClock clock;
  RegistryOptions options;
  options.clock = &clock;
  auto registry = OpenRegistry(*std::move(store), options);
  return registry.ok() ? *std::move(registry) : nullptr;
}

Account AccountOfProcess(int process) {
  return AccountOf(absl::StrCat("account-", process));
}

// Registers each CA in mode DEFAULT, at the same moment as the others do.
// Returns the process's exit code.
int Race(int process, const std::string& path,
         const std::vector<TestCertificate>& cas, Shared& shared) {
  const std::unique_ptr<Registry> registry = Open(path);
  if (registry == nullptr) return 1;
  const Account account = AccountOfProcess(process);
  const Region region = RegionOf("r1");
  const auto code = registry->GetRegistrationCode(account, region);
  if (!code.ok()) return 2;
  CertificateSpec proof;
  proof.subject = CommonName(*code);
  for (int round = 0; round < kRounds; ++round) {
    const std::string ca_pem = ToPem(cas[round].der);
    const std::string proof_pem =
        ToPem(MakeCertificate(proof, &cas[round]).der);
    shared.WaitForAll(round);
    shared.answers[round][process] = ErrorCodeOf(
        registry
            ->RegisterCaCertificate({.account = account,
                                     .region = region,
                                     .ca_certificate = ca_pem,
                                     .verification_certificate = proof_pem})
            .status());
  }
  return 0;
}

TEST(ProcessRules, R12_OneOfManyProcessesGetsTheDefaultSlot) {
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) /
      absl::StrCat("processes.", getpid());
  std::filesystem::create_directories(folder);
  const std::string path = folder / "registry.db";
  std::vector<TestCertificate> cas;
  for (int i = 0; i < kRounds; ++i) {
    cas.push_back(MakeCertificate(CaSpec(absl::StrCat("CA ", i)), nullptr));
  }
  // The schema is made once, before anybody races for it.
  ASSERT_NE(Open(path), nullptr);
  void* const memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  Shared& shared = *new (memory) Shared();
  std::vector<pid_t> children;
  for (int process = 0; process < kProcesses; ++process) {
    const pid_t child = fork();
    ASSERT_NE(child, -1);
    if (child == 0) _exit(Race(process, path, cas, shared));
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
  const std::unique_ptr<Registry> registry = Open(path);
  for (int round = 0; round < kRounds; ++round) {
    int winners = 0;
    for (int process = 0; process < kProcesses; ++process) {
      const bool won = shared.answers[round][process] == ErrorCode::kOk;
      winners += won ? 1 : 0;
      if (!won) {
        EXPECT_EQ(shared.answers[round][process],
                  ErrorCode::kResourceAlreadyExists);
      }
      // Who was told that it is registered finds it, and nobody else does.
      EXPECT_EQ(
          registry
              ->DescribeCaCertificate(AccountOfProcess(process), RegionOf("r1"),
                                      IdOf(cas[round]).ToHex())
              .ok(),
          won);
    }
    EXPECT_EQ(winners, 1) << round;
  }
  munmap(memory, sizeof(Shared));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace chainkeep::test
