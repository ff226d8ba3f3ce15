// An engine that follows a store says what one says that has just read all of
// it, whatever several processes do to the store meanwhile.
//
// CHAINKEEP_DIFFERENTIAL_ROUNDS is how many rounds there are, and
// CHAINKEEP_DIFFERENTIAL_SEED which ones: 20 and 1 where they are not set. Some
// ten thousands take an hour:
//
//   bazel test --config=opt --test_timeout=7200
//     --test_env=CHAINKEEP_DIFFERENTIAL_ROUNDS=40000
//     //tests/property:store_property_test

#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/engine.h"
#include "chainkeep/registry.h"
#include "chainkeep/status.h"
#include "chainkeep/store.h"
#include "gtest/gtest.h"
#include "tests/property/random_registry.h"
#include "tests/store/store_fixture.h"
#include "tests/support/ask.h"
#include "tests/support/manual_clock.h"

namespace chainkeep::test {
namespace {

constexpr int kWriters = 2;

uint64_t Setting(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// What one process does to the store.
class Writer {
 public:
  Writer(const std::string& path, uint64_t seed) : path_(path), world_(seed) {
    auto store = OpenStore({.path = path, .busy_timeout_millis = 60'000});
    if (!store.ok()) return;
    auto registry = OpenRegistry(
        *std::move(store),
        {.clock = &clock_, .wildcard_endpoints = WildcardEndpoints::kAllowed});
    if (registry.ok()) registry_ = *std::move(registry);
  }

  bool is_open() const { return registry_ != nullptr; }

  // One step. Whether the store could do it; what a rule refuses is fine.
  bool Step() {
    const Account account = cast().account(world_.Below(kAccountCount));
    const Region region = cast().region(world_.OneIn(3) ? 1 : 0);
    const std::string ca = cast().ca_id(world_.Below(kCaCount)).ToHex();
    const std::string leaf =
        ComputeCertificateId(cast().leaf(world_.Below(kLeafCount)).bytes())
            .ToHex();
    switch (world_.Below(9)) {
      case 0:
      case 1: {
        std::istringstream lines(world_.Registry());
        ImportReport report;
        return Did(registry_->Import(
            lines, {.end = ImportOptions::End::kMayBeMissing}, report));
      }
      case 2:
      case 3:
        return Did(registry_->UpdateCaCertificate(
            {.account = account,
             .region = region,
             .ca_certificate_id = ca,
             .new_status = world_.OneIn(2) ? "ACTIVE" : "INACTIVE"}));
      case 4:
        return Did(registry_->DeleteCaCertificate(account, region, ca));
      case 5: {
        const int of = world_.Below(kCaCount);
        const std::string pem = ToPem(cast().ca(of).der);
        std::vector<std::string_view> crls;
        if (!world_.OneIn(3)) crls.push_back(Crl(of, world_.OneIn(2)));
        return Did(registry_->SetCrls({.account = account,
                                       .region = region,
                                       .ca_certificate = pem,
                                       .crls = crls}));
      }
      case 6: {
        static constexpr const char* kStatuses[] = {"ACTIVE", "INACTIVE",
                                                    "REVOKED"};
        return Did(registry_->UpdateCertificate(
            {.certificate = {.account = account,
                             .region = region,
                             .certificate_id = leaf},
             .new_status = kStatuses[world_.Below(3)]}));
      }
      case 7:
        return Did(registry_->DeleteEndpoint(
            account, region, Cast::Host(world_.Below(kHostCount))));
      default:
        return ForgetChanges();
    }
  }

 private:
  static bool Did(const absl::Status& status) {
    const ErrorCode code = ErrorCodeOf(status);
    return code != ErrorCode::kInternalFailure &&
           code != ErrorCode::kServiceUnavailable;
  }

  // As the store itself does after a hundred thousand.
  bool ForgetChanges() const {
    sqlite3* file = nullptr;
    sqlite3_open(path_.c_str(), &file);
    sqlite3_busy_timeout(file, 60'000);
    const int code = sqlite3_exec(file,
                                  "DELETE FROM change WHERE revision < (SELECT "
                                  "max(revision) FROM change)",
                                  nullptr, nullptr, nullptr);
    sqlite3_close(file);
    return code == SQLITE_OK;
  }

  const std::string path_;
  World world_;
  ManualClock clock_;
  std::unique_ptr<Registry> registry_;
};

// All that a host acts on.
std::string TextOf(const Verdict& verdict) {
  return absl::StrCat(
      ReasonName(verdict.reason()), " account=", verdict.account().text(),
      " region=", verdict.region().text(), " device=", verdict.device().ToHex(),
      " completion=", verdict.needs_completion());
}

class FollowerDifferential : public testing::Test {
 protected:
  std::unique_ptr<Engine> Load() const {
    auto store = OpenStore({.path = path_, .busy_timeout_millis = 60'000});
    EXPECT_TRUE(store.ok()) << store.status();
    auto engine = Engine::Create({.clock = &clock_}, *std::move(store));
    EXPECT_TRUE(engine.ok()) << engine.status();
    return *std::move(engine);
  }

  template <typename How>
  static Verdict Ask(const Asked& asked, How how) {
    std::vector<Bytes> presented;
    for (const int ca : asked.presented) {
      presented.push_back(cast().ca(ca).bytes());
    }
    std::optional<std::string_view> name;
    if (asked.server_name) name = *asked.server_name;
    return how(Attempt{.server_name = name,
                       .leaf = cast().leaf(asked.leaf).bytes(),
                       .presented = presented});
  }

  static Verdict Answer(const Engine& engine, const Asked& asked) {
    return Ask(asked, [&](const Attempt& handshake) {
      return test::Judge(*engine.CreateListener(asked.options), handshake);
    });
  }

  store::TempFolder folder_;
  const std::string path_ = folder_.File("store");
  ManualClock clock_;
};

TEST_F(FollowerDifferential, AFollowerSaysWhatAnEngineSaysThatHasJustLoaded) {
  const uint64_t rounds = Setting("CHAINKEEP_DIFFERENTIAL_ROUNDS", 20);
  const uint64_t first = Setting("CHAINKEEP_DIFFERENTIAL_SEED", 1);
  constexpr int kSteps = 12;
  constexpr int kQuestions = 60;
  RecordProperty("first_seed", static_cast<int>(first));
  Crl(0, true);  // made once, before there are children
  std::unique_ptr<Engine> follower;
  std::map<Reason, int> answers;
  int completed = 0;
  for (uint64_t seed = first; seed < first + rounds; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    // A child is made where no store is open, and the follower begins in the
    // midst of what they do.
    follower.reset();
    if (seed == first) {
      store::OpenSqlite(path_);
    }
    std::vector<std::unique_ptr<store::Child>> writers;
    for (int i = 0; i < kWriters; ++i) {
      writers.push_back(std::make_unique<store::Child>([&, i] {
        Writer writer(path_, seed * kWriters + static_cast<uint64_t>(i));
        if (!writer.is_open()) return 2;
        for (int step = 0; step < kSteps; ++step) {
          if (!writer.Step()) return 3;
        }
        return 0;
      }));
    }
    follower = Load();
    ASSERT_NE(follower, nullptr);
    std::thread following([&] {
      while (!absl::IsCancelled(follower->Follow(50))) {
      }
    });
    World world(~seed);
    // Devices connect meanwhile, and some of them for the first time.
    for (int i = 0; i < kQuestions; ++i) {
      const Asked asked = world.Question();
      Ask(asked, [&](const Attempt& handshake) {
        const auto listener = *follower->CreateListener(asked.options);
        Handshake shown = test::Show(listener, handshake);
        completed += shown.MayWait();
        return shown.Finish().verdict();
      });
    }
    for (auto& writer : writers) EXPECT_EQ(writer->Wait(), 0);
    ASSERT_TRUE(follower->Follow(0).ok());
    follower->StopFollowing();
    following.join();
    const std::unique_ptr<Engine> loaded = Load();
    for (int i = 0; i < kQuestions; ++i) {
      Asked asked = world.Question();
      // Which of several comes first is not told apart (projection.h, 6).
      asked.options.validation.budgets = {};
      const Verdict expected = Answer(*loaded, asked);
      ++answers[expected.reason()];
      ASSERT_EQ(TextOf(Answer(*follower, asked)), TextOf(expected))
          << "question " << i;
    }
  }
  // It proves something only of what was answered.
  if (rounds >= 20 && first == 1) {
    for (const Reason reason :
         {Reason::kAccepted, Reason::kCaInactive, Reason::kRevoked,
          Reason::kNoRegisteredCa, Reason::kDeviceNotRegistered,
          Reason::kDeviceInactive, Reason::kServerNameUnknown}) {
      EXPECT_GT(answers[reason], 0) << ReasonName(reason);
    }
    EXPECT_GT(completed, 0);
  }
}

}  // namespace
}  // namespace chainkeep::test
