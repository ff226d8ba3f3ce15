// Engine::AskStore reads what one handshake can come to. Whatever is stored,
// and whatever is asked, it says what an engine says that has read everything.

#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "chainkeep/engine.h"
#include "chainkeep/registry.h"
#include "chainkeep/status.h"
#include "chainkeep/store.h"
#include "engine/store/store_impl.h"
#include "engine/x509/certificate.h"
#include "gtest/gtest.h"
#include "tests/property/cast.h"
#include "tests/store/store_fixture.h"
#include "tests/support/ask.h"
#include "tests/support/manual_clock.h"
#include "tests/support/test_crls.h"

namespace chainkeep::test {
namespace {

const Cast& cast() { return Cast::Get(); }

std::string SerialOf(const TestCertificate& certificate) {
  const auto parsed = x509::Certificate::Parse(certificate.bytes());
  const Bytes serial = parsed->serial();
  return std::string(serial.begin(), serial.end());
}

// A list of each CA that names nobody, and one that names all devices and the
// CAs below it.
const std::string& Crl(int ca, bool revokes) {
  static const auto& lists = *[] {
    auto* made = new std::map<std::pair<int, bool>, std::string>;
    CrlSpec all;
    for (int i = 0; i < kLeafCount; ++i) {
      all.revoked.push_back({.serial = SerialOf(cast().leaf(i))});
    }
    for (int i = 0; i < kCaCount; ++i) {
      all.revoked.push_back({.serial = SerialOf(cast().ca(i))});
    }
    for (int i = 0; i < kCaCount; ++i) {
      (*made)[{i, false}] = MakeCrl({}, cast().ca(i));
      (*made)[{i, true}] = MakeCrl(all, cast().ca(i));
    }
    return made;
  }();
  return lists.at({ca, revokes});
}

std::string Pem(const TestCertificate& certificate) {
  return absl::StrReplaceAll(ToPem(certificate.der), {{"\n", "\\n"}});
}

// What is asked, by numbers: whoever fails can be asked again.
struct Asked {
  int leaf = 0;
  std::vector<int> presented;
  std::optional<std::string> server_name;
  ListenerOptions options;
};

class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {}

  int Below(int n) { return static_cast<int>(random_() % n); }
  bool OneIn(int n) { return Below(n) == 0; }

  // A registry as lines to import. What would break a rule is left out there.
  std::string Registry() {
    std::string lines;
    // Few, too: then it is others who have the issuer.
    for (int i = Below(OneIn(2) ? 4 : 14); i >= 0; --i) lines += CaLine();
    for (int i = Below(8); i > 0; --i) lines += DeviceLine();
    for (int i = Below(6); i >= 0; --i) lines += EndpointLine();
    for (int i = Below(30); i > 0; --i) lines += CrlLine();
    return lines;
  }

  Asked Question() {
    Asked asked;
    asked.leaf = Below(kLeafCount);
    for (int i = Below(4); i > 0; --i)
      asked.presented.push_back(Below(kCaCount));
    if (!OneIn(3)) {
      asked.server_name =
          OneIn(3) ? std::string(kServerNames[Below(kServerNameCount)].text)
                   : Cast::Host(Below(kHostCount));
    }
    ListenerOptions& options = asked.options;
    options.region = cast().region(OneIn(5) ? 1 : 0);
    if (OneIn(6)) options.service = EndpointService::kJobs;
    options.ip_literal_as_absent = OneIn(2);
    options.legacy_default_routing = OneIn(2);
    ValidationOptions& validation = options.validation;
    if (OneIn(2)) validation.policy = ValidationPolicy::kRegisteredDevice;
    if (OneIn(2)) validation.registered_ca = RegisteredCa::kMustBeActive;
    if (OneIn(2)) {
      validation.first_connect_issuer = FirstConnectIssuer::kLeafSuffices;
    }
    validation.direct_issuer_only = OneIn(6);
    if (OneIn(8)) validation.budgets.presented_certificates = 1;
    if (OneIn(8)) validation.budgets.candidates = 2;
    if (validation.policy == ValidationPolicy::kRegisteredDevice) return asked;
    RevocationOptions& revocation = validation.revocation;
    revocation.scope = static_cast<RevocationOptions::Scope>(Below(3));
    if (OneIn(2)) revocation.unknown = RevocationOptions::OnDoubt::kAccept;
    return asked;
  }

 private:
  std::string AnAccount() {
    return std::string(cast().account(Below(kAccountCount)).text());
  }
  std::string ARegion() {
    return std::string(cast().region(OneIn(5) ? 1 : 0).text());
  }
  const char* AMode() { return OneIn(2) ? "DEFAULT" : "SNI_ONLY"; }

  static std::string Begin(std::string_view type, std::string_view account,
                           std::string_view region) {
    return absl::StrCat("{\"type\":\"", type, "\",\"account\":\"", account,
                        "\",\"region\":\"", region, "\"");
  }
  std::string Begin(std::string_view type) {
    return Begin(type, AnAccount(), ARegion());
  }

  std::string CaLine() {
    return CaLine(AnAccount(), ARegion(), Below(kCaCount));
  }
  std::string CaLine(std::string_view account, std::string_view region,
                     int ca) {
    return absl::StrCat(
        Begin("caCertificate", account, region), R"(,"certificatePem":")",
        Pem(cast().ca(ca)), R"(","certificateMode":")", AMode(),
        R"(","status":")", OneIn(4) ? "INACTIVE" : "ACTIVE",
        R"(","creationDate":)", Below(3), R"(,"autoRegistrationStatus":")",
        OneIn(2) ? "ENABLE" : "DISABLE", "\"}\n");
  }

  // Half of them with the CA that they name.
  std::string DeviceLine() {
    static constexpr const char* kStatuses[] = {
        "ACTIVE",   "ACTIVE",  "ACTIVE",
        "INACTIVE", "REVOKED", "PENDING_ACTIVATION"};
    const std::string account = AnAccount();
    const std::string region = ARegion();
    const int ca = Below(kCaCount);
    std::string lines = absl::StrCat(
        Begin("certificate", account, region), R"(,"certificatePem":")",
        Pem(cast().leaf(Below(kLeafCount))), R"(","certificateMode":")",
        AMode(), R"(","status":")", kStatuses[Below(std::size(kStatuses))],
        R"(","caCertificateId":")", cast().ca_id(ca).ToHex(), "\"}\n");
    if (OneIn(2)) lines += CaLine(account, region, ca);
    return lines;
  }
  std::string EndpointLine() {
    return absl::StrCat(
        Begin("endpoint"), R"(,"hostName":")",
        OneIn(5) ? "*.example.com" : Cast::Host(Below(kHostCount)),
        R"(","status":")", OneIn(6) ? "DISABLED" : "ENABLED",
        R"(","serviceType":")", OneIn(6) ? "JOBS" : "DATA", "\"}\n");
  }
  std::string CrlLine() {
    const int ca = Below(kCaCount);
    return absl::StrCat(Begin("crl"), R"(,"caCertificatePem":")",
                        Pem(cast().ca(ca)), R"(","crl":")",
                        absl::Base64Escape(Crl(ca, OneIn(3))), "\"}\n");
  }

  std::mt19937_64 random_;
};

// All of a verdict, but for what says which engine gave it.
std::string TextOf(const Verdict& verdict) {
  const BudgetSpent& spent = verdict.spent();
  return absl::StrCat(
      ReasonName(verdict.reason()), " account=", verdict.account().text(),
      " region=", verdict.region().text(), " mode=", ModeName(verdict.mode()),
      " ca=", verdict.ca().ToHex(), " device=", verdict.device().ToHex(),
      " failing=", verdict.failing_certificate(),
      " not_after=", verdict.accepted() ? verdict.not_after() : 0,
      " completion=", verdict.needs_completion(), " spent=", spent.signatures,
      ",", spent.steps, ",", spent.name_comparisons, ",", spent.path_length,
      " detail=", verdict.detail());
}

class AskStore : public testing::Test {
 protected:
  std::unique_ptr<Store> Open() const {
    auto store = OpenStore({.path = path_});
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

  void Import(const std::string& lines) const {
    const auto registry = OpenRegistry(
        Open(),
        {.clock = &clock_, .wildcard_endpoints = WildcardEndpoints::kAllowed});
    ASSERT_TRUE(registry.ok()) << registry.status();
    std::istringstream in(lines);
    ImportReport report;
    ASSERT_TRUE(
        (*registry)
            ->Import(in, {.end = ImportOptions::End::kMayBeMissing}, report)
            .ok());
    for (const auto& refusal : report.refusals) {
      // What another line has taken, and nothing else.
      ASSERT_EQ(ErrorCodeOf(refusal.status), ErrorCode::kResourceAlreadyExists)
          << refusal.status;
    }
  }

  // Calls `how` with the handshake that is meant.
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

  static Verdict AskEngine(const Engine& engine, const Asked& asked) {
    return Ask(asked, [&](const Attempt& handshake) {
      return test::Judge(*engine.CreateListener(asked.options), handshake);
    });
  }

  Verdict AskFile(const Asked& asked) const {
    return Ask(asked, [&](const Attempt& handshake) {
      const auto verdict = Engine::AskStore({.clock = &clock_}, Open(),
                                            asked.options, handshake);
      EXPECT_TRUE(verdict.ok()) << verdict.status();
      return verdict.value_or(Verdict());
    });
  }

  store::TempFolder folder_;
  std::string path_ = folder_.File("store");
  ManualClock clock_;
};

TEST_F(AskStore, SaysWhatAnEngineSaysThatHasReadEverything) {
  constexpr int kRegistries = 80;
  constexpr int kQuestions = 25;
  std::map<Reason, int> answers;
  for (int seed = 0; seed < kRegistries; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    World world(seed);
    path_ = folder_.File(absl::StrCat("store", seed));
    ASSERT_NO_FATAL_FAILURE(Import(world.Registry()));
    const auto engine = Engine::Create({.clock = &clock_}, Open());
    ASSERT_TRUE(engine.ok()) << engine.status();
    for (int i = 0; i < kQuestions; ++i) {
      const Asked asked = world.Question();
      const Verdict expected = AskEngine(**engine, asked);
      ++answers[expected.reason()];
      ASSERT_EQ(TextOf(AskFile(asked)), TextOf(expected)) << "question " << i;
    }
  }
  // It proves something only of what was answered.
  for (const Reason reason :
       {Reason::kAccepted, Reason::kServerNameUnknown,
        Reason::kServerNameMalformed, Reason::kServerNameDisabled,
        Reason::kServerNameRequired, Reason::kServerNameMisused,
        Reason::kNoRegisteredCa, Reason::kBadSignature, Reason::kCaInactive,
        Reason::kDeviceNotRegistered, Reason::kDeviceInactive,
        Reason::kDeviceRevoked, Reason::kDevicePendingActivation,
        Reason::kRevoked, Reason::kRevocationUnknown,
        Reason::kBudgetCertificates}) {
    EXPECT_GT(answers[reason], 2) << ReasonName(reason);
  }
}

TEST_F(AskStore, RefusesWhatAnEngineRefuses) {
  const Attempt handshake{.leaf = cast().leaf(0).bytes()};
  ListenerOptions options;
  options.region = cast().region(0);
  const auto code = [&](std::unique_ptr<Store> store,
                        const EngineOptions& engine,
                        const ListenerOptions& listener) {
    return ErrorCodeOf(
        Engine::AskStore(engine, std::move(store), listener, handshake)
            .status());
  };
  EXPECT_EQ(code(Open(), {}, options), ErrorCode::kOk);
  EXPECT_EQ(code(nullptr, {}, options), ErrorCode::kInvalidRequest);
  EXPECT_EQ(code(Open(), {}, {}), ErrorCode::kInvalidRequest);
  EngineOptions weak;
  weak.registration_algorithms.min_rsa_bits = 1;
  EXPECT_EQ(code(Open(), weak, options), ErrorCode::kInvalidRequest);
  // One that a registry has already.
  std::unique_ptr<Store> taken = Open();
  taken->impl().Take();
  EXPECT_EQ(code(std::move(taken), {}, options), ErrorCode::kInvalidRequest);
}

}  // namespace
}  // namespace chainkeep::test
