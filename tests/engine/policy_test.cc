// What lets a device in: its chain, or its record. The table of the two
// policies, and the rules R42, R69 to R79 as they decide a verdict.

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chainkeep/hook.h"
#include "engine/signature/signed_id.h"
#include "engine/x509/certificate.h"
#include "tests/engine/gate_fixture.h"

namespace chainkeep::test {
namespace {

constexpr ValidationPolicy kTrustedChain = ValidationPolicy::kTrustedChain;
constexpr ValidationPolicy kRegisteredDevice =
    ValidationPolicy::kRegisteredDevice;

using Name = std::optional<std::string_view>;

class PolicyRules : public GateFixture {
 protected:
  ListenerOptions OptionsFor(ValidationPolicy policy) const {
    ListenerOptions options;
    options.region = east_;
    options.validation.policy = policy;
    return options;
  }

  Verdict AskOn(const ListenerOptions& options, Name name,
                const TestCertificate& leaf,
                std::span<const Bytes> presented = {}) const {
    return test::Judge(
        *engine_->CreateListener(options),
        {.server_name = name, .leaf = leaf.bytes(), .presented = presented});
  }
  Reason ReasonOn(ValidationPolicy policy, Name name,
                  const TestCertificate& leaf) const {
    return AskOn(OptionsFor(policy), name, leaf).reason();
  }
};

using ResolutionRules = PolicyRules;

Intermediate IntermediateOf(const TestCertificate& ca) {
  return {ComputeCertificateId(ca.bytes()),
          signature::ComputeCaId(*x509::Certificate::Parse(ca.bytes()))};
}

// Each row is a status of the record, and what either policy makes of it.
TEST_F(PolicyRules, R74_TheStatusOfTheRecordDecides) {
  RegisterSniOnly(a_, ca_);
  EXPECT_EQ(ReasonOn(kTrustedChain, kNameA, leaf_), Reason::kAccepted);
  EXPECT_EQ(ReasonOn(kRegisteredDevice, kNameA, leaf_),
            Reason::kDeviceNotRegistered);
  ASSERT_TRUE(RegisterDevice(a_, leaf_).ok());
  const struct {
    std::string_view status;
    Reason reason;
  } kRows[] = {
      {"ACTIVE", Reason::kAccepted},
      {"INACTIVE", Reason::kDeviceInactive},
      {"ACTIVE", Reason::kAccepted},
      {"REVOKED", Reason::kDeviceRevoked},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.status);
    ASSERT_TRUE(SetDeviceStatus(a_, leaf_, row.status).ok());
    EXPECT_EQ(ReasonOn(kTrustedChain, kNameA, leaf_), row.reason);
    EXPECT_EQ(ReasonOn(kRegisteredDevice, kNameA, leaf_), row.reason);
  }
}

TEST_F(PolicyRules, R74_ATransferRefusesAsInactive) {
  RegisterSniOnly(a_, ca_);
  ASSERT_TRUE(RegisterDevice(a_, leaf_, "INACTIVE").ok());
  ASSERT_TRUE(
      registry()
          .TransferCertificate({.certificate = {.account = a_,
                                                .region = east_,
                                                .certificate_id = IdOf(leaf_)},
                                .target_account = b_.text()})
          .ok());
  EXPECT_EQ(ReasonOn(kRegisteredDevice, kNameA, leaf_),
            Reason::kDeviceInactive);
  EXPECT_EQ(ReasonOn(kTrustedChain, kNameA, leaf_), Reason::kDeviceInactive);
}

// A record in B refuses nobody in A.
TEST_F(PolicyRules, R74_AnothersRecordDoesNotRefuse) {
  RegisterSniOnly(a_, ca_);
  RegisterSniOnly(b_, ca_);
  ASSERT_TRUE(RegisterDevice(b_, leaf_, "REVOKED").ok());
  EXPECT_EQ(ReasonOn(kTrustedChain, kNameA, leaf_), Reason::kAccepted);
  EXPECT_EQ(ReasonOn(kTrustedChain, kNameB, leaf_), Reason::kDeviceRevoked);
}

TEST_F(PolicyRules, R75_ValidityCountsThoughTheRecordIsActive) {
  RegisterSniOnly(a_, ca_);
  ASSERT_TRUE(RegisterDevice(a_, leaf_).ok());
  const UnixSeconds not_after =
      AskOn(OptionsFor(kRegisteredDevice), kNameA, leaf_).not_after();
  clock_.Set(not_after);
  EXPECT_EQ(ReasonOn(kRegisteredDevice, kNameA, leaf_), Reason::kAccepted);
  clock_.Set(not_after + 1);
  EXPECT_EQ(ReasonOn(kRegisteredDevice, kNameA, leaf_), Reason::kExpired);
  clock_.Set(kTestNow - 1000 * kDay);
  EXPECT_EQ(ReasonOn(kRegisteredDevice, kNameA, leaf_), Reason::kNotYetValid);
  // R79: the status comes before the validity.
  ASSERT_TRUE(SetDeviceStatus(a_, leaf_, "INACTIVE").ok());
  EXPECT_EQ(ReasonOn(kRegisteredDevice, kNameA, leaf_),
            Reason::kDeviceInactive);
}

// R42 and R97: what becomes of the CA matters to one policy and not the other.
TEST_F(PolicyRules, R76_TheCaIsNotConsultedUnlessAskedFor) {
  RegisterSniOnly(a_, ca_);
  ASSERT_TRUE(RegisterDevice(a_, leaf_).ok());
  ListenerOptions strict = OptionsFor(kRegisteredDevice);
  strict.validation.registered_ca = RegisteredCa::kMustBeActive;
  EXPECT_EQ(AskOn(strict, kNameA, leaf_).reason(), Reason::kAccepted);
  EXPECT_NE(AskOn(strict, kNameA, leaf_).trust_versions().anchor, 0u);

  ASSERT_TRUE(SetStatus(a_, ca_, "INACTIVE").ok());
  EXPECT_EQ(ReasonOn(kRegisteredDevice, kNameA, leaf_), Reason::kAccepted);
  EXPECT_EQ(AskOn(strict, kNameA, leaf_).reason(), Reason::kCaInactive);
  EXPECT_EQ(ReasonOn(kTrustedChain, kNameA, leaf_), Reason::kCaInactive);

  ASSERT_TRUE(registry().DeleteCaCertificate(a_, east_, IdOf(ca_)).ok());
  EXPECT_EQ(ReasonOn(kRegisteredDevice, kNameA, leaf_), Reason::kAccepted);
  EXPECT_EQ(AskOn(strict, kNameA, leaf_).reason(), Reason::kNoRegisteredCa);
  EXPECT_EQ(ReasonOn(kTrustedChain, kNameA, leaf_), Reason::kNoRegisteredCa);
  // Back, in another account: it is not the one that counts.
  RegisterSniOnly(b_, ca_);
  EXPECT_EQ(AskOn(strict, kNameA, leaf_).reason(), Reason::kNoRegisteredCa);
}

TEST_F(PolicyRules, R76_StrictEndsWithTheCasValidity) {
  CertificateSpec spec = CaSpec("short");
  spec.not_after = kTestNow + 10;
  const TestCertificate ca = MakeCertificate(spec, nullptr);
  const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &ca);
  RegisterSniOnly(a_, ca);
  ASSERT_TRUE(RegisterDevice(a_, leaf).ok());
  ListenerOptions strict = OptionsFor(kRegisteredDevice);
  strict.validation.registered_ca = RegisteredCa::kMustBeActive;
  EXPECT_EQ(AskOn(strict, kNameA, leaf).not_after(), kTestNow + 10);
  clock_.Set(kTestNow + 11);
  EXPECT_EQ(AskOn(strict, kNameA, leaf).reason(), Reason::kExpired);
  EXPECT_EQ(ReasonOn(kRegisteredDevice, kNameA, leaf), Reason::kAccepted);
  // Registered without a CA, there is none to be ACTIVE.
  const TestCertificate alone = MakeCertificate(LeafSpec("alone"), nullptr);
  ASSERT_TRUE(RegisterWithoutCa(a_, alone).ok());
  EXPECT_EQ(ReasonOn(kRegisteredDevice, kNameA, alone), Reason::kAccepted);
  EXPECT_EQ(AskOn(strict, kNameA, alone).reason(), Reason::kNoRegisteredCa);
}

// The same subject, the same key, the same CA: another certificate.
TEST_F(PolicyRules, R77_OnlyTheVeryCertificateIsTheDevice) {
  RegisterSniOnly(a_, ca_);
  CertificateSpec spec = LeafSpec("device");
  spec.key = leaf_.key.get();
  const TestCertificate renewed = MakeCertificate(spec, &ca_);
  ASSERT_NE(renewed.der, leaf_.der);
  ASSERT_TRUE(RegisterDevice(a_, leaf_).ok());
  EXPECT_EQ(ReasonOn(kRegisteredDevice, kNameA, leaf_), Reason::kAccepted);
  EXPECT_EQ(ReasonOn(kRegisteredDevice, kNameA, renewed),
            Reason::kDeviceNotRegistered);
}

// Under kRegisteredDevice the fingerprint decides: no V8, no chain.
TEST_F(PolicyRules, R53_NeitherUsageNorChainCounts) {
  CertificateSpec spec = LeafSpec("server");
  spec.extended_key_usage = {kEkuServerAuth};
  const TestCertificate leaf = MakeCertificate(spec, nullptr);
  ASSERT_TRUE(RegisterWithoutCa(a_, leaf).ok());
  const Verdict verdict = AskOn(OptionsFor(kRegisteredDevice), kNameA, leaf);
  EXPECT_TRUE(verdict.accepted());
  EXPECT_EQ(verdict.account(), a_);
  EXPECT_EQ(verdict.mode(), Mode::kSniOnly);
  EXPECT_TRUE(verdict.ca().empty());
  EXPECT_FALSE(ReasonOn(kTrustedChain, kNameA, leaf) == Reason::kAccepted);
  // What a listener says of keys holds.
  ListenerOptions options = OptionsFor(kRegisteredDevice);
  options.validation.algorithms.curves = {EllipticCurve::kP384};
  EXPECT_EQ(AskOn(options, kNameA, leaf).reason(), Reason::kWeakKey);
}

// Without a server name records of mode SNI_ONLY are as if they were not there.
TEST_F(ResolutionRules, R69_SniOnlyRecordsDoNotExistWithoutAName) {
  RegisterDefault(a_, ca_);
  const TestCertificate other_ca = MakeCertificate(CaSpec("other"), nullptr);
  const TestCertificate hidden = MakeCertificate(LeafSpec("hidden"), &other_ca);
  const TestCertificate unknown =
      MakeCertificate(LeafSpec("unknown"), &other_ca);
  RegisterSniOnly(b_, other_ca);
  ASSERT_TRUE(RegisterDevice(a_, leaf_).ok());
  ASSERT_TRUE(RegisterDevice(b_, hidden).ok());
  const Verdict seen = AskOn(OptionsFor(kRegisteredDevice), {}, leaf_);
  EXPECT_TRUE(seen.accepted());
  EXPECT_EQ(seen.account(), a_);
  for (const std::string_view status : {"ACTIVE", "INACTIVE", "REVOKED"}) {
    ASSERT_TRUE(SetDeviceStatus(b_, hidden, status).ok());
    for (const ValidationPolicy policy : {kTrustedChain, kRegisteredDevice}) {
      const Verdict a = AskOn(OptionsFor(policy), {}, hidden);
      const Verdict b = AskOn(OptionsFor(policy), {}, unknown);
      EXPECT_FALSE(a.accepted());
      EXPECT_EQ(a.reason(), b.reason());
      EXPECT_EQ(a.needs_completion(), b.needs_completion());
      EXPECT_EQ(TlsAlertOf(a.reason()),
                TlsAlertOf(Reason::kDeviceNotRegistered));
      EXPECT_TRUE(a.account().empty());
    }
  }
}

// Who holds no certificate that a registered CA has signed learns nothing of
// which CAs there are: the alert is the same for a name that a CA of the view
// has, that one has which is of no use, and that none has.
TEST_F(PolicyRules, StrangersLearnNoNames) {
  CertificateSpec old = CaSpec("old");
  old.not_after = kTestNow + 10;
  const TestCertificate old_ca = MakeCertificate(old, nullptr);
  const TestCertificate inactive = MakeCertificate(CaSpec("inactive"), nullptr);
  const TestCertificate shown = MakeCertificate(CaSpec("shown"), nullptr);
  for (const TestCertificate* ca : {&ca_, &old_ca, &inactive}) {
    ASSERT_TRUE(registry()
                    .RegisterCaCertificate({.account = a_,
                                            .region = east_,
                                            .ca_certificate = ToPem(ca->der),
                                            .certificate_mode = "SNI_ONLY",
                                            .set_as_active = ca != &inactive,
                                            .allow_auto_registration = true})
                    .ok());
  }
  RegisterDefault(b_, shown);
  clock_.Advance(11);

  struct Case {
    const char* what;
    std::function<void(CertificateSpec&)> change;
    bool has_chain;
  };
  const Case kCases[] = {
      {"good", [](auto&) {}, false},
      {"expired", [](auto& s) { s.not_after = kTestNow; }, false},
      {"to come", [](auto& s) { s.not_before = kTestNow + kDay; }, false},
      {"weak key", [](auto& s) { s.key_type = KeyType::kRsa1024; }, false},
      {"curve", [](auto& s) { s.key_type = KeyType::kP224; }, false},
      {"SHA-1", [](auto& s) { s.digest = DigestType::kSha1; }, false},
      {"critical",
       [](auto& s) {
         s.extensions = {{"1.2.3.4", "\x05", true}};
       },
       false},
      {"a CA", [](auto& s) { s.basic_constraints.emplace(); }, false},
      {"serial", [](auto& s) { s.serial = std::string(30, 'x'); }, false},
      {"usage", [](auto& s) { s.extended_key_usage = {kEkuServerAuth}; },
       false},
      {"with a chain", [](auto&) {}, true},
  };
  const TestCertificate stranger = MakeCertificate(CaSpec("x"), nullptr);
  for (const Case& row : kCases) {
    for (const Name& server_name : {Name(kNameA), Name()}) {
      for (const ValidationPolicy policy : {kTrustedChain, kRegisteredDevice}) {
        for (const char* name : {"CA", "old", "inactive", "shown", "none"}) {
          SCOPED_TRACE(std::string(row.what) + " under " + name);
          CertificateSpec forged = CaSpec("sub");
          forged.issuer = CommonName(name);
          const TestCertificate sub = MakeCertificate(forged, &stranger);
          CertificateSpec spec = LeafSpec("d");
          if (!row.has_chain) spec.issuer = CommonName(name);
          row.change(spec);
          const TestCertificate leaf =
              MakeCertificate(spec, row.has_chain ? &sub : &stranger);
          std::vector<Bytes> presented;
          if (row.has_chain) presented.push_back(sub.bytes());
          const Verdict verdict =
              AskOn(OptionsFor(policy), server_name, leaf, presented);
          EXPECT_FALSE(verdict.accepted());
          EXPECT_FALSE(verdict.needs_completion());
          EXPECT_EQ(TlsAlertOf(verdict), TlsAlertOf(Reason::kNoRegisteredCa))
              << ReasonName(verdict.reason());
        }
      }
    }
  }
}

// What its issuer says nobody may overlook does not depend on the policy, nor
// on whether the device is known: only the host can say that it does not.
TEST_F(PolicyRules, UnknownCriticalExtensionsAreRefusedByBothPolicies) {
  ASSERT_TRUE(registry()
                  .RegisterCaCertificate({.account = a_,
                                          .region = east_,
                                          .ca_certificate = ToPem(ca_.der),
                                          .certificate_mode = "SNI_ONLY",
                                          .set_as_active = true,
                                          .allow_auto_registration = true})
                  .ok());
  CertificateSpec spec = LeafSpec("d");
  spec.extensions = {{"1.3.6.1.4.1.55555.1", "x", true}};
  const TestCertificate known = MakeCertificate(spec, &ca_);
  const TestCertificate unknown = MakeCertificate(spec, &ca_);
  ASSERT_TRUE(RegisterDevice(a_, known).ok());
  for (const ValidationPolicy policy : {kTrustedChain, kRegisteredDevice}) {
    ListenerOptions options = OptionsFor(policy);
    EXPECT_EQ(AskOn(options, kNameA, known).reason(),
              Reason::kUnknownCriticalExtension);
    EXPECT_EQ(AskOn(options, kNameA, unknown).reason(),
              Reason::kUnknownCriticalExtension);
    EXPECT_FALSE(AskOn(options, kNameA, unknown).needs_completion());
    options.validation.processed_extensions = {"1.3.6.1.4.1.55555.1"};
    EXPECT_EQ(AskOn(options, kNameA, known).reason(), Reason::kAccepted);
    const Verdict first = AskOn(options, kNameA, unknown);
    EXPECT_TRUE(first.accepted() || first.needs_completion());
  }
  ListenerOptions options = OptionsFor(kTrustedChain);
  options.validation.processed_extensions = {"not an OID"};
  EXPECT_FALSE(engine_->CreateListener(options).ok());
  options.validation.processed_extensions.assign(33, "1.2.3");
  EXPECT_FALSE(engine_->CreateListener(options).ok());
}

// Who does hold one is told what is wrong with it.
TEST_F(PolicyRules, DevicesLearnWhyTheyAreRefused) {
  RegisterSniOnly(a_, ca_);
  const auto alert = [&](auto change) {
    CertificateSpec spec = LeafSpec("d");
    change(spec);
    const Verdict verdict = Ask(kNameA, MakeCertificate(spec, &ca_));
    return std::pair(verdict.reason(), TlsAlertOf(verdict));
  };
  const auto told = [](Reason reason) {
    return std::pair(reason, TlsAlertOf(reason));
  };
  EXPECT_EQ(alert([](auto&) {}), told(Reason::kAccepted));
  EXPECT_EQ(alert([](auto& s) { s.not_after = kTestNow - 1; }),
            told(Reason::kExpired));
  EXPECT_EQ(alert([](auto& s) { s.not_before = kTestNow + 1; }),
            told(Reason::kNotYetValid));
  ASSERT_TRUE(SetStatus(a_, ca_, "INACTIVE").ok());
  EXPECT_EQ(alert([](auto&) {}), told(Reason::kCaInactive));
  // What cannot be read is told of whatever is registered.
  TestCertificate malformed = MakeCertificate(LeafSpec("d"), &ca_);
  malformed.der.pop_back();
  const Verdict verdict = Ask(kNameA, malformed);
  EXPECT_EQ(verdict.reason(), Reason::kMalformed);
  EXPECT_EQ(TlsAlertOf(verdict), TlsAlertOf(Reason::kMalformed));
}

TEST_F(ResolutionRules, R70_TheNamesAccountHasItInEitherMode) {
  RegisterDefault(a_, ca_);
  RegisterSniOnly(b_, ca_);
  ASSERT_TRUE(RegisterDevice(a_, leaf_).ok());
  ASSERT_TRUE(RegisterDevice(b_, leaf_).ok());
  for (const ValidationPolicy policy : {kTrustedChain, kRegisteredDevice}) {
    const Verdict a = AskOn(OptionsFor(policy), kNameA, leaf_);
    EXPECT_EQ(a.account(), a_);
    EXPECT_EQ(a.mode(), Mode::kDefault);
    const Verdict b = AskOn(OptionsFor(policy), kNameB, leaf_);
    EXPECT_EQ(b.account(), b_);
    EXPECT_EQ(b.mode(), Mode::kSniOnly);
  }
}

TEST_F(ResolutionRules, R71_ADefaultDeviceOfAnotherIsMisused) {
  RegisterDefault(b_, ca_);
  ASSERT_TRUE(RegisterDevice(b_, leaf_).ok());
  for (const ValidationPolicy policy : {kTrustedChain, kRegisteredDevice}) {
    const Verdict verdict = AskOn(OptionsFor(policy), kNameA, leaf_);
    EXPECT_EQ(verdict.reason(), Reason::kServerNameMisused);
    EXPECT_EQ(verdict.account(), a_);
    EXPECT_FALSE(verdict.needs_completion());
    // A peer learns nothing of B.
    EXPECT_EQ(TlsAlertOf(verdict.reason()),
              TlsAlertOf(Reason::kNoRegisteredCa));
    EXPECT_EQ(AskOn(OptionsFor(policy), kNameB, leaf_).reason(),
              Reason::kAccepted);
  }
}

TEST_F(ResolutionRules, R72_AnSniOnlyDeviceOfAnotherIsNotRegistered) {
  RegisterSniOnly(b_, ca_);
  ASSERT_TRUE(RegisterDevice(b_, leaf_).ok());
  EXPECT_EQ(ReasonOn(kRegisteredDevice, kNameA, leaf_),
            Reason::kDeviceNotRegistered);
  EXPECT_EQ(ReasonOn(kTrustedChain, kNameA, leaf_), Reason::kNoRegisteredCa);
}

TEST_F(ResolutionRules, R73_LegacyRoutingReachesDefaultOnly) {
  RegisterDefault(b_, ca_);
  ASSERT_TRUE(RegisterDevice(b_, leaf_).ok());
  const TestCertificate other_ca = MakeCertificate(CaSpec("other"), nullptr);
  const TestCertificate hidden = MakeCertificate(LeafSpec("hidden"), &other_ca);
  RegisterSniOnly(b_, other_ca);
  ASSERT_TRUE(RegisterDevice(b_, hidden).ok());
  for (const ValidationPolicy policy : {kTrustedChain, kRegisteredDevice}) {
    ListenerOptions options = OptionsFor(policy);
    options.legacy_default_routing = true;
    const Listener listener = *engine_->CreateListener(options);
    const Attempt handshake{.server_name = kNameA, .leaf = leaf_.bytes()};
    Admission routed = test::Connect(listener, handshake);
    EXPECT_EQ(routed.verdict().reason(), Reason::kAccepted);
    EXPECT_EQ(routed.verdict().account(), b_);
    EXPECT_TRUE(routed.IsUnchanged());
    EXPECT_FALSE(AskOn(options, kNameA, hidden).accepted());
    EXPECT_FALSE(AskOn(options, "unknown.example.com", leaf_).accepted());
    EXPECT_FALSE(AskOn(OptionsFor(policy), kNameA, leaf_).accepted());
  }
}

TEST_F(PolicyRules, R79_TheFirstFailureDecides) {
  RegisterSniOnly(a_, ca_);
  ASSERT_TRUE(RegisterDevice(a_, leaf_, "REVOKED").ok());
  ASSERT_TRUE(registry()
                  .PutEndpoint({.host_name = "off.example.com",
                                .account = a_,
                                .region = east_,
                                .status = EndpointStatus::kDisabled})
                  .ok());
  TestCertificate garbage;
  garbage.der = "garbage";
  clock_.Set(kTestNow + 100'000 * kDay);  // everything has expired
  const struct {
    const char* what;
    Name name;
    const TestCertificate* leaf;
    Reason reason;
  } kRows[] = {
      {"name", "bad..name", &garbage, Reason::kServerNameMalformed},
      {"endpoint", "unknown.example.com", &garbage, Reason::kServerNameUnknown},
      {"its status", "off.example.com", &garbage, Reason::kServerNameDisabled},
      {"leaf", kNameA, &garbage, Reason::kMalformed},
      {"status", kNameA, &leaf_, Reason::kDeviceRevoked},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);
    EXPECT_EQ(ReasonOn(kRegisteredDevice, row.name, *row.leaf), row.reason);
  }
}

// A verdict rests on the device's record, or on there being none.
TEST_F(PolicyRules, R58_AVerdictEndsWithItsRecord) {
  RegisterSniOnly(a_, ca_);
  for (const ValidationPolicy policy : {kTrustedChain, kRegisteredDevice}) {
    SCOPED_TRACE(static_cast<int>(policy));
    const TestCertificate leaf = MakeCertificate(LeafSpec("one"), &ca_);
    const Listener listener = *engine_->CreateListener(OptionsFor(policy));
    const Attempt handshake{.server_name = kNameA, .leaf = leaf.bytes()};
    if (policy == kTrustedChain) {
      Admission without = test::Connect(listener, handshake);
      EXPECT_EQ(without.verdict().trust_versions().device, 0u);
      EXPECT_TRUE(without.IsUnchanged());
      ASSERT_TRUE(RegisterDevice(a_, leaf).ok());
      EXPECT_FALSE(without.IsUnchanged());
      EXPECT_TRUE(without.Holds(handshake.leaf));
      EXPECT_NE(without.verdict().trust_versions().device, 0u);
    } else {
      ASSERT_TRUE(RegisterDevice(a_, leaf).ok());
    }
    Admission with = test::Connect(listener, handshake);
    ASSERT_TRUE(with.accepted());
    EXPECT_NE(with.verdict().trust_versions().device, 0u);
    EXPECT_TRUE(with.IsUnchanged());
    Handshake late = test::Show(listener, handshake);
    ASSERT_TRUE(SetDeviceStatus(a_, leaf, "REVOKED").ok());
    EXPECT_FALSE(with.IsUnchanged());
    EXPECT_FALSE(with.Holds(handshake.leaf));
    EXPECT_EQ(late.Finish().verdict().reason(), Reason::kDeviceRevoked);
  }
}

TEST_F(PolicyRules, R48_DirectIssuersOnly) {
  const TestCertificate sub = MakeCertificate(CaSpec("sub"), &ca_);
  const TestCertificate below = MakeCertificate(LeafSpec("below"), &sub);
  RegisterSniOnly(a_, ca_);
  const Bytes presented[] = {sub.bytes()};
  ListenerOptions options = OptionsFor(kTrustedChain);
  EXPECT_TRUE(AskOn(options, kNameA, below, presented).accepted());
  options.validation.direct_issuer_only = true;
  EXPECT_EQ(AskOn(options, kNameA, below, presented).reason(),
            Reason::kNoRegisteredCa);
  EXPECT_TRUE(AskOn(options, kNameA, leaf_).accepted());
  // A registered CA that is presented is a direct issuer.
  RegisterSniOnly(a_, sub);
  EXPECT_TRUE(AskOn(options, kNameA, below, presented).accepted());
}

// What an account has switched off is no way to a CA of its own that it has
// not, whoever presents it; deleted, it is a stranger that the root vouches
// for.
TEST_F(PolicyRules, R97_AnInactiveCaIsNoStepToItsRoot) {
  const TestCertificate sub = MakeCertificate(CaSpec("sub"), &ca_);
  const TestCertificate subsub = MakeCertificate(CaSpec("subsub"), &sub);
  const TestCertificate below = MakeCertificate(LeafSpec("below"), &sub);
  const TestCertificate deep = MakeCertificate(LeafSpec("deep"), &subsub);
  const Bytes presented[] = {subsub.bytes(), sub.bytes()};
  const ListenerOptions options = OptionsFor(kTrustedChain);
  const auto ask = [&](Name name, const TestCertificate& leaf) {
    return AskOn(options, name, leaf, presented);
  };
  RegisterSniOnly(a_, ca_);
  RegisterSniOnly(b_, ca_);
  EXPECT_TRUE(ask(kNameA, deep).accepted());
  RegisterSniOnly(a_, sub);
  EXPECT_EQ(ask(kNameA, below).ca().ToHex(), IdOf(sub));
  ASSERT_TRUE(SetStatus(a_, sub, "INACTIVE").ok());
  EXPECT_EQ(ask(kNameA, below).reason(), Reason::kCaInactive);
  EXPECT_EQ(ask(kNameA, below).failing_certificate(), 1);
  EXPECT_EQ(ask(kNameA, deep).reason(), Reason::kCaInactive);
  EXPECT_EQ(ask(kNameA, deep).failing_certificate(), 2);
  // Another account's is its own, and so are devices of the root itself.
  EXPECT_TRUE(ask(kNameB, below).accepted());
  EXPECT_TRUE(ask(kNameB, deep).accepted());
  EXPECT_TRUE(ask(kNameA, leaf_).accepted());
  ASSERT_TRUE(SetStatus(a_, sub, "ACTIVE").ok());
  EXPECT_TRUE(ask(kNameA, deep).accepted());
  ASSERT_TRUE(SetStatus(a_, sub, "INACTIVE").ok());
  ASSERT_TRUE(registry().DeleteCaCertificate(a_, east_, IdOf(sub)).ok());
  EXPECT_EQ(ask(kNameA, deep).ca().ToHex(), IdOf(ca_));
}

class Consenting final : public ValidationHook {
  absl::StatusOr<HookAnswer> Ask(const HookRequest&) override {
    return HookAnswer::kAccept;
  }
};

// Who is turned away is told what holds: no hook is blamed where there is none.
// Each row: what happens after Present, and what is told with a hook.
TEST_F(PolicyRules, FinishingWithoutWaitingSaysWhatHolds) {
  RegisterDefault(a_, ca_);
  Consenting hook;
  ListenerOptions options = OptionsFor(kTrustedChain);
  const Listener plain = *engine_->CreateListener(options);
  options.hook = &hook;
  const Listener asking = *engine_->CreateListener(options);
  const auto set = [&](std::string_view status) {
    ASSERT_TRUE(SetStatus(a_, ca_, status).ok());
  };
  const struct {
    const char* what;
    Name name;
    std::function<void()> change;
    Reason reason;
    Reason with_hook;
  } kRows[] = {
      {"nothing", kNameA, [] {}, Reason::kAccepted, Reason::kHookTimeout},
      {"off", kNameA, [&] { set("INACTIVE"); }, Reason::kCaInactive,
       Reason::kCaInactive},
      {"off, without a name",
       {},
       [&] { set("INACTIVE"); },
       Reason::kCaInactive,
       Reason::kCaInactive},
      {"off and on", kNameA,
       [&] {
         set("INACTIVE");
         set("ACTIVE");
       },
       Reason::kAccepted, Reason::kHookTimeout},
      {"expiry", kNameA, [&] { clock_.Advance(100 * 365 * kDay); },
       Reason::kExpired, Reason::kExpired},
  };
  for (const auto& row : kRows) {
    for (const Listener* listener : {&plain, &asking}) {
      const bool has_hook = listener == &asking;
      SCOPED_TRACE(row.what);
      SCOPED_TRACE(has_hook);
      Handshake shown = test::Show(
          *listener, {.server_name = row.name, .leaf = leaf_.bytes()});
      ASSERT_TRUE(shown.answer().goes_on());
      row.change();
      events_.clear();
      const Verdict away =
          shown.Finish({.waiting = FinishOptions::Waiting::kForbidden})
              .verdict();
      const Reason reason = has_hook ? row.with_hook : row.reason;
      EXPECT_EQ(ReasonName(away.reason()), ReasonName(reason));
      EXPECT_NE(away.detail(), "a server name is needed");
      EXPECT_EQ(
          events_.log(),
          std::vector{away.accepted()
                          ? "accepted " + std::string(a_.text())
                          : "refused " + std::string(ReasonName(reason))});
      set("ACTIVE");
      clock_.Set(kTestNow);
    }
  }
}

// What was accepted by way of a CA does not hold once its account has switched
// it off, however short the time: between Present and Finish, or later.
// Each row: what happens in between.
TEST_F(PolicyRules, R97_AVerdictEndsWithItsIntermediates) {
  const TestCertificate sub = MakeCertificate(CaSpec("sub"), &ca_);
  const TestCertificate subsub = MakeCertificate(CaSpec("subsub"), &sub);
  const TestCertificate other = MakeCertificate(CaSpec("other"), &ca_);
  const TestCertificate deep = MakeCertificate(LeafSpec("deep"), &subsub);
  const Bytes presented[] = {other.bytes(), subsub.bytes(), sub.bytes()};
  const auto switch_off = [&](const Account& account,
                              const TestCertificate& ca) {
    RegisterSniOnly(account, ca);
    ASSERT_TRUE(SetStatus(account, ca, "INACTIVE").ok());
  };
  RegisterSniOnly(a_, ca_);
  RegisterSniOnly(b_, ca_);
  const struct {
    const char* what;
    std::function<void()> change;
    bool holds;
  } kRows[] = {
      {"nothing", [] {}, true},
      {"another's", [&] { switch_off(b_, sub); }, true},
      {"one that was only presented", [&] { switch_off(a_, other); }, true},
      {"one that is ACTIVE", [&] { RegisterSniOnly(a_, subsub); }, true},
      {"the same, INACTIVE",
       [&] { ASSERT_TRUE(SetStatus(a_, subsub, "INACTIVE").ok()); }, false},
      {"the same, gone",
       [&] {
         ASSERT_TRUE(
             registry().DeleteCaCertificate(a_, east_, IdOf(subsub)).ok());
       },
       true},
      {"the other one", [&] { switch_off(a_, sub); }, false},
  };
  const Listener listener = *engine_->CreateListener(OptionsFor(kTrustedChain));
  const Attempt handshake{
      .server_name = kNameA, .leaf = deep.bytes(), .presented = presented};
  Admission admission = test::Connect(listener, handshake);
  ASSERT_TRUE(admission.accepted());
  EXPECT_EQ(admission.verdict().intermediates(),
            (std::vector{IntermediateOf(subsub), IntermediateOf(sub)}));
  std::deque<Handshake> late;
  for (size_t i = 0; i < std::size(kRows); ++i) {
    late.push_back(test::Show(listener, handshake));
  }
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);
    row.change();
    EXPECT_EQ(admission.IsUnchanged(), row.holds);
    EXPECT_EQ(admission.Holds(handshake.leaf, presented), row.holds);
    EXPECT_EQ(late.back().Finish().accepted(), row.holds);
    late.pop_back();
  }
}

// Without a server name the CAs of all accounts are side by side: one that a
// stranger has switched off stands in nobody else's way.
TEST_F(PolicyRules, R97_AStrangersInactiveCaIsNobodysBusiness) {
  const TestCertificate sub = MakeCertificate(CaSpec("sub"), &ca_);
  const TestCertificate below = MakeCertificate(LeafSpec("below"), &sub);
  const Bytes presented[] = {sub.bytes()};
  const ListenerOptions options = OptionsFor(kTrustedChain);
  RegisterDefault(a_, ca_);
  RegisterDefault(b_, sub);
  ASSERT_TRUE(SetStatus(b_, sub, "INACTIVE").ok());
  EXPECT_EQ(AskOn(options, {}, below, presented).account(), a_);
  ASSERT_TRUE(registry().DeleteCaCertificate(b_, east_, IdOf(sub)).ok());
  RegisterDefault(a_, sub);
  ASSERT_TRUE(SetStatus(a_, sub, "INACTIVE").ok());
  EXPECT_EQ(AskOn(options, {}, below, presented).reason(), Reason::kCaInactive);
}

// The device's record says whose it is: with it, another account's CA is none.
TEST_F(PolicyRules, R69_WithoutANameTheRecordSaysWhoseTheDeviceIs) {
  RegisterDefault(b_, ca_);
  ASSERT_TRUE(RegisterDevice(b_, leaf_).ok());
  ASSERT_TRUE(SetStatus(b_, ca_, "INACTIVE").ok());
  ASSERT_TRUE(registry().DeleteCaCertificate(b_, east_, IdOf(ca_)).ok());
  RegisterDefault(a_, ca_);
  EXPECT_EQ(ReasonOn(kTrustedChain, {}, leaf_), Reason::kNoRegisteredCa);
  EXPECT_EQ(AskOn(OptionsFor(kRegisteredDevice), {}, leaf_).account(), b_);
  const TestCertificate other = MakeCertificate(LeafSpec("other"), &ca_);
  EXPECT_EQ(AskOn(OptionsFor(kTrustedChain), {}, other).account(), a_);
}

TEST_F(PolicyRules, CrlsNeedAChain) {
  ListenerOptions options = OptionsFor(kRegisteredDevice);
  options.validation.revocation.scope = RevocationOptions::Scope::kLeaf;
  EXPECT_EQ(ErrorCodeOf(engine_->CreateListener(options).status()),
            ErrorCode::kInvalidRequest);
}

}  // namespace
}  // namespace chainkeep::test
