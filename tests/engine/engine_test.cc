#include "chainkeep/engine.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/engine/gate_fixture.h"

namespace chainkeep {
namespace {

using test::CaSpec;
using test::CertificateSpec;
using test::kTestNow;
using test::LeafSpec;
using test::MakeCertificate;
using test::TestCertificate;

class EngineTest : public test::GateFixture {};

TEST(Verdict, A6_ADefaultConstructedOneIsARefusal) {
  const Verdict verdict;
  EXPECT_FALSE(verdict.accepted());
  EXPECT_EQ(verdict.reason(), Reason::kNoVerdict);
  EXPECT_NE(static_cast<int>(Reason::kAccepted), 0);
  EXPECT_TRUE(verdict.account().empty());
}

TEST(Reason, EachHasANameATextAndAnAlert) {
  std::vector<std::string_view> names;
  for (int i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    EXPECT_TRUE(ReasonName(reason).starts_with("k"));
    EXPECT_FALSE(ReasonText(reason).empty());
    EXPECT_EQ(TlsAlertOf(reason) == 0, reason == Reason::kAccepted);
    for (std::string_view name : names) EXPECT_NE(name, ReasonName(reason));
    names.push_back(ReasonName(reason));
  }
  EXPECT_EQ(ReasonName(static_cast<Reason>(255)), "kNoVerdict");
  // R69: not to be told apart by the peer.
  EXPECT_EQ(TlsAlertOf(Reason::kServerNameRequired),
            TlsAlertOf(Reason::kNoRegisteredCa));
}

TEST_F(EngineTest, TheSeedsStory) {
  RegisterDefault(a_, ca_);
  RegisterSniOnly(b_, ca_);
  Verdict verdict = Ask(std::nullopt, leaf_);
  ASSERT_TRUE(verdict.accepted());
  EXPECT_EQ(verdict.account(), a_);
  EXPECT_EQ(verdict.mode(), Mode::kDefault);
  EXPECT_EQ(verdict.region(), east_);
  EXPECT_EQ(verdict.ca().ToHex(), IdOf(ca_));
  EXPECT_EQ(verdict.device().ToHex(), IdOf(leaf_));
  EXPECT_EQ(verdict.spent().signatures, 1u);

  verdict = Ask(kNameA, leaf_);
  ASSERT_TRUE(verdict.accepted());
  EXPECT_EQ(verdict.account(), a_);

  verdict = Ask("B.Example.COM", leaf_);
  ASSERT_TRUE(verdict.accepted());
  EXPECT_EQ(verdict.account(), b_);
  EXPECT_EQ(verdict.mode(), Mode::kSniOnly);
}

TEST_F(EngineTest, R8_RegionsAreIndependent) {
  RegisterDefault(a_, ca_);
  EXPECT_EQ(ErrorCodeOf(TryRegisterDefault(c_, east_, ca_)),
            ErrorCode::kResourceAlreadyExists);
  ASSERT_TRUE(TryRegisterDefault(c_, west_, ca_).ok());
  EXPECT_EQ(test::Judge(ListenerIn(west_), {.leaf = leaf_.bytes()}).account(),
            c_);
  // R65: an endpoint of another region is unknown here.
  EXPECT_EQ(test::Judge(ListenerIn(west_),
                        {.server_name = kNameA, .leaf = leaf_.bytes()})
                .reason(),
            Reason::kServerNameUnknown);
}

TEST_F(EngineTest, ServerNamesThatRefuse) {
  RegisterDefault(a_, ca_);
  ASSERT_TRUE(registry()
                  .PutEndpoint({.host_name = "off.example.com",
                                .account = a_,
                                .region = east_,
                                .status = EndpointStatus::kDisabled})
                  .ok());
  ASSERT_TRUE(registry()
                  .PutEndpoint({.host_name = "jobs.example.com",
                                .account = a_,
                                .region = east_,
                                .service = EndpointService::kJobs})
                  .ok());
  struct Case {
    std::string_view name;
    Reason reason;
  };
  const std::string with_nul("a.example.com\0", 14);
  for (const Case& c :
       {Case{"unknown.example.com", Reason::kServerNameUnknown},
        Case{"", Reason::kServerNameMalformed},
        Case{"a.example.com.", Reason::kServerNameMalformed},
        Case{"127.0.0.1", Reason::kServerNameMalformed},
        Case{with_nul, Reason::kServerNameMalformed},
        Case{"off.example.com", Reason::kServerNameDisabled},
        Case{"jobs.example.com", Reason::kServerNameWrongService}}) {
    EXPECT_EQ(Ask(c.name, leaf_).reason(), c.reason) << c.name;
    const Provisional early = ListenerIn(east_).Begin(c.name).answer();
    EXPECT_FALSE(early.goes_on()) << c.name;
    EXPECT_EQ(early.reason(), c.reason);
  }
  EXPECT_EQ(Ask("off.example.com", leaf_).account(), a_);
  EXPECT_TRUE(ListenerIn(east_).Begin(kNameA).answer().goes_on());
  EXPECT_TRUE(ListenerIn(east_).Begin(std::nullopt).answer().goes_on());
}

TEST_F(EngineTest, AnIpLiteralMayCountAsNoName) {
  RegisterDefault(a_, ca_);
  ListenerOptions options;
  options.region = east_;
  options.ip_literal_as_absent = true;
  const Listener listener = *engine_->CreateListener(options);
  for (std::string_view name : {"127.0.0.1", "::1", "[::1]"}) {
    EXPECT_EQ(
        test::Judge(listener, {.server_name = name, .leaf = leaf_.bytes()})
            .account(),
        a_);
  }
  EXPECT_EQ(
      test::Judge(listener, {.server_name = "1.2.3", .leaf = leaf_.bytes()})
          .reason(),
      Reason::kServerNameMalformed);
}

TEST_F(EngineTest, R69_SniOnlyWithoutANameReadsAsUnknownToThePeer) {
  RegisterSniOnly(b_, ca_);
  const Verdict verdict = Ask(std::nullopt, leaf_);
  EXPECT_EQ(verdict.reason(), Reason::kServerNameRequired);
  EXPECT_TRUE(verdict.account().empty());
  EXPECT_EQ(TlsAlertOf(verdict.reason()), TlsAlertOf(Reason::kNoRegisteredCa));
}

TEST_F(EngineTest, R72_AnothersSniOnlyCaIsNotRegisteredHere) {
  RegisterSniOnly(b_, ca_);
  EXPECT_EQ(Ask(kNameA, leaf_).reason(), Reason::kNoRegisteredCa);
  EXPECT_EQ(Ask(kNameA, leaf_).account(), a_);
}

TEST_F(EngineTest, R71_SniWinsOverAnothersDefault) {
  RegisterDefault(a_, ca_);
  EXPECT_EQ(Ask(kNameB, leaf_).reason(), Reason::kNoRegisteredCa);
}

TEST_F(EngineTest, R96_ChangesAreVisibleToTheNextHandshake) {
  EXPECT_EQ(Ask(std::nullopt, leaf_).reason(), Reason::kNoRegisteredCa);
  RegisterDefault(a_, ca_);
  EXPECT_TRUE(Ask(std::nullopt, leaf_).accepted());
  ASSERT_TRUE(SetStatus(a_, ca_, "INACTIVE").ok());
  EXPECT_EQ(Ask(std::nullopt, leaf_).reason(), Reason::kCaInactive);
  ASSERT_TRUE(SetStatus(a_, ca_, "ACTIVE").ok());
  EXPECT_TRUE(Ask(std::nullopt, leaf_).accepted());
  ASSERT_TRUE(SetStatus(a_, ca_, "INACTIVE").ok());
  ASSERT_TRUE(registry().DeleteCaCertificate(a_, east_, IdOf(ca_)).ok());
  EXPECT_EQ(Ask(std::nullopt, leaf_).reason(), Reason::kNoRegisteredCa);
}

TEST_F(EngineTest, R10_ReregisteringInTheOtherModeRoutesByIt) {
  RegisterDefault(a_, ca_);
  ASSERT_TRUE(SetStatus(a_, ca_, "INACTIVE").ok());
  ASSERT_TRUE(registry().DeleteCaCertificate(a_, east_, IdOf(ca_)).ok());
  RegisterSniOnly(a_, ca_);
  EXPECT_EQ(Ask(std::nullopt, leaf_).reason(), Reason::kServerNameRequired);
  EXPECT_EQ(Ask(kNameA, leaf_).mode(), Mode::kSniOnly);
}

TEST_F(EngineTest, R75_TheClockIsTheEngines) {
  RegisterDefault(a_, ca_);
  const UnixSeconds end = kTestNow + 365 * test::kDay;
  EXPECT_EQ(Ask(std::nullopt, leaf_).not_after(), end);
  clock_.Set(end);
  EXPECT_TRUE(Ask(std::nullopt, leaf_).accepted());
  clock_.Set(end + 1);
  EXPECT_EQ(Ask(std::nullopt, leaf_).reason(), Reason::kExpired);
  clock_.Set(kTestNow - 2 * test::kDay);
  EXPECT_EQ(Ask(std::nullopt, leaf_).reason(), Reason::kNotYetValid);
}

TEST_F(EngineTest, D5_InputIsMeasuredBeforeItIsParsed) {
  RegisterDefault(a_, ca_);
  const std::string garbage(70'000, '\xff');
  std::vector<Bytes> presented(16, leaf_.bytes());
  EXPECT_TRUE(Ask(std::nullopt, leaf_, presented).accepted());
  presented.push_back(leaf_.bytes());
  EXPECT_EQ(Ask(std::nullopt, leaf_, presented).reason(),
            Reason::kBudgetCertificates);
  presented.assign(10'000, AsBytes(garbage));
  EXPECT_EQ(Ask(std::nullopt, leaf_, presented).reason(),
            Reason::kBudgetCertificates);
  presented.assign(1, AsBytes(garbage));
  EXPECT_EQ(Ask(std::nullopt, leaf_, presented).reason(), Reason::kBudgetBytes);
  EXPECT_EQ(test::Judge(ListenerIn(east_), {.leaf = AsBytes(garbage)}).reason(),
            Reason::kBudgetBytes);
  EXPECT_EQ(test::Judge(ListenerIn(east_), {}).reason(), Reason::kMalformed);
}

TEST_F(EngineTest, MalformedLeavesSayWhere) {
  RegisterDefault(a_, ca_);
  TestCertificate cut;
  cut.der = leaf_.der.substr(0, 100);
  const Verdict verdict = Ask(kNameA, cut);
  EXPECT_EQ(verdict.reason(), Reason::kMalformed);
  EXPECT_EQ(verdict.failing_certificate(), 0);
  EXPECT_EQ(verdict.account(), a_);
  EXPECT_FALSE(verdict.detail().empty());
  EXPECT_LE(verdict.detail().size(), 120u);
}

TEST_F(EngineTest, ListenersAreChecked) {
  const auto code = [&](auto change) {
    ListenerOptions options;
    options.region = east_;
    change(options);
    return ErrorCodeOf(engine_->CreateListener(options).status());
  };
  EXPECT_EQ(code([](ListenerOptions&) {}), ErrorCode::kOk);
  const std::vector<void (*)(ListenerOptions&)> kBad = {
      [](ListenerOptions& o) { o.region = Region(); },
      [](ListenerOptions& o) { o.validation.algorithms.min_rsa_bits = 512; },
      [](ListenerOptions& o) { o.validation.algorithms.max_rsa_bits = 32768; },
      [](ListenerOptions& o) { o.validation.algorithms.max_rsa_bits = 1024; },
      [](ListenerOptions& o) { o.validation.budgets.path_length = 1; },
      [](ListenerOptions& o) { o.validation.budgets.path_length = 17; },
      [](ListenerOptions& o) { o.validation.budgets.candidates = 0; },
      [](ListenerOptions& o) { o.validation.budgets.candidates = 33; },
      [](ListenerOptions& o) { o.validation.budgets.signature_units = 0; },
      [](ListenerOptions& o) { o.validation.budgets.work_bytes = 0; },
      [](ListenerOptions& o) { o.validation.budgets.steps = 0; },
      [](ListenerOptions& o) { o.validation.budgets.certificate_bytes = 0; },
      [](ListenerOptions& o) {
        o.validation.budgets.presented_certificates = 65;
      },
      [](ListenerOptions& o) { o.validation.budgets.chain_bytes = 0; },
      [](ListenerOptions& o) { o.validation.budgets.name_comparisons = 0; },
      [](ListenerOptions& o) { o.validation.revocation.max_age_seconds = -1; },
      [](ListenerOptions& o) {
        o.validation.policies.initial_policies = {"1.2.3"};
      },
      [](ListenerOptions& o) {
        o.validation.policies.initial_policies = {"not an OID"};
        o.validation.policies.explicit_policy =
            CertificatePolicyOptions::Explicit::kRequired;
      }};
  for (auto change : kBad) {
    EXPECT_EQ(code(change), ErrorCode::kInvalidRequest);
  }
}

TEST_F(EngineTest, EventsFollowTheRegistry) {
  events_.clear();
  RegisterDefault(a_, ca_);
  ASSERT_TRUE(SetStatus(a_, ca_, "INACTIVE").ok());
  ASSERT_TRUE(SetStatus(a_, ca_, "ACTIVE").ok());
  EXPECT_EQ(events_.log(),
            (std::vector<std::string>{
                "registered 111122223333", "activated 111122223333",
                "deactivated 111122223333", "activated 111122223333"}));
}

TEST_F(EngineTest, StatsCountWhatIsThere) {
  RegisterDefault(a_, ca_);
  RegisterSniOnly(b_, ca_);
  const Stats stats = engine_->GetStats();
  EXPECT_EQ(stats.registrations, 2u);
  EXPECT_EQ(stats.ca_records, 1u);
  EXPECT_EQ(stats.endpoints, 2u);
}

// Handshakes and registrations together, under whatever sanitizer is on.
TEST_F(EngineTest, HandshakesGoOnWhileTheRegistryChanges) {
  RegisterDefault(a_, ca_);
  RegisterSniOnly(b_, ca_);
  std::atomic<bool> stop{false};
  std::atomic<int> asked{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      const Listener listener = ListenerIn(east_);
      while (!stop) {
        const Attempt handshake{.server_name = kNameB, .leaf = leaf_.bytes()};
        const Verdict verdict = test::Judge(listener, handshake);
        if (verdict.accepted()) {
          EXPECT_EQ(verdict.account(), b_);
        } else {
          EXPECT_EQ(verdict.reason(), Reason::kCaInactive);
        }
        const Verdict by_default =
            test::Judge(listener, {.leaf = leaf_.bytes()});
        EXPECT_EQ(by_default.account(), a_);
        ++asked;
      }
    });
  }
  for (int i = 0; i < 200 || asked < 20; ++i) {
    ASSERT_TRUE(SetStatus(b_, ca_, i % 2 == 0 ? "INACTIVE" : "ACTIVE").ok());
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace chainkeep
