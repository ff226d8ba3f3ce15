// R60 and R83 to R95: a device connects for the first time.

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chainkeep/provisioning.h"
#include "tests/engine/gate_fixture.h"

namespace chainkeep::test {
namespace {

using Name = std::optional<std::string_view>;

// Keeps what is told of first connections and of changes.
class FirstConnectLog final : public EventObserver {
 public:
  void OnFirstConnect(const FirstConnectEvent& event) override {
    const std::lock_guard lock(mutex_);
    events.push_back(event);
  }
  void OnChange(const ChangeEvent& event) override {
    const std::lock_guard lock(mutex_);
    changes.push_back(absl::StrCat(event.operation, " ", event.account.text()));
  }
  void OnRefused(const ConnectionEvent& event) override {
    const std::lock_guard lock(mutex_);
    refused.push_back(absl::StrCat(ReasonName(event.verdict.reason()), " ",
                                   event.verdict.account().text()));
  }

  std::vector<FirstConnectEvent> events;
  std::vector<std::string> changes;
  std::vector<std::string> refused;

 private:
  std::mutex mutex_;
};

// Takes what a template would create, or fails.
class FakeProvisioner final : public ProvisioningObserver {
 public:
  absl::Status OnProvision(const ProvisioningRequest& request) override {
    if (while_at_it != nullptr) while_at_it();
    requests.push_back(request);
    return answer;
  }

  std::vector<ProvisioningRequest> requests;
  absl::Status answer;
  std::function<void()> while_at_it;
};

constexpr std::string_view kTemplate = R"({
  "Parameters": {
    "AWS::IoT::Certificate::CommonName": {"Type": "String"},
    "AWS::IoT::Certificate::Id": {"Type": "String"}},
  "Resources": {
    "thing": {"Type": "AWS::IoT::Thing", "Properties": {
        "ThingName": {"Ref": "AWS::IoT::Certificate::CommonName"}}},
    "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {
        "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"},
        "Status": "ACTIVE"}},
    "policy": {"Type": "AWS::IoT::Policy", "Properties": {
        "PolicyName": "fleet"}}}})";

class FirstConnectRules : public GateFixture {
 protected:
  FirstConnectRules() { Open({}); }

  // The fixture's engine with another observer and provisioner.
  void Open(EngineOptions options) {
    options.clock = &clock_;
    options.observer = &log_;
    options.provisioning = &provisioner_;
    engine_ = *Engine::Create(options);
    for (const auto& [host, account] :
         {std::pair(kNameA, a_), std::pair(kNameB, b_)}) {
      ASSERT_TRUE(
          registry()
              .PutEndpoint(
                  {.host_name = host, .account = account, .region = east_})
              .ok());
    }
    log_.changes.clear();
  }

  void RegisterCa(const Account& account, const TestCertificate& ca, Mode mode,
                  std::optional<RegistrationConfig> config = {}) {
    CertificateSpec proof;
    proof.subject = CommonName(*registry().GetRegistrationCode(account, east_));
    const std::string verification =
        mode == Mode::kDefault ? ToPem(MakeCertificate(proof, &ca).der) : "";
    const auto registered = registry().RegisterCaCertificate(
        {.account = account,
         .region = east_,
         .ca_certificate = ToPem(ca.der),
         .verification_certificate = verification,
         .certificate_mode = ModeName(mode),
         .set_as_active = true,
         .allow_auto_registration = true,
         .registration_config = config});
    ASSERT_TRUE(registered.ok()) << registered.status();
    log_.changes.clear();
  }

  static RegistrationConfig Config(std::string_view body) {
    return {.template_body = std::string(body),
            .role_arn = "",
            .template_name = ""};
  }

  Listener RegisteredDeviceListener(
      FirstConnectIssuer issuer = FirstConnectIssuer::kMustBePresented) const {
    ListenerOptions options;
    options.region = east_;
    options.validation.policy = ValidationPolicy::kRegisteredDevice;
    options.validation.first_connect_issuer = issuer;
    return *engine_->CreateListener(options);
  }

  // One connection whose client proves its key.
  Reason Connect(
      Name name, const TestCertificate& leaf,
      std::vector<const TestCertificate*> presented = {},
      FirstConnectIssuer issuer = FirstConnectIssuer::kMustBePresented) {
    std::vector<Bytes> chain;
    for (const TestCertificate* one : presented) chain.push_back(one->bytes());
    const Listener listener = RegisteredDeviceListener(issuer);
    const Attempt handshake{
        .server_name = name, .leaf = leaf.bytes(), .presented = chain};
    const Admission admission = test::Connect(listener, handshake);
    EXPECT_FALSE(admission.verdict().needs_completion());
    return admission.verdict().reason();
  }

  std::optional<DeviceDescription> Record(const Account& account,
                                          const TestCertificate& device) {
    auto description = registry().DescribeCertificate(
        {.account = account, .region = east_, .certificate_id = IdOf(device)});
    if (!description.ok()) return std::nullopt;
    return *std::move(description);
  }
  std::string StatusOf(const Account& account, const TestCertificate& device) {
    const auto record = Record(account, device);
    return record ? std::string(DeviceStatusName(record->status)) : "none";
  }

  FirstConnectLog log_;
  FakeProvisioner provisioner_;
};

TEST_F(FirstConnectRules, R83_ADeviceIsRegisteredAndRefused) {
  for (const Mode mode : {Mode::kDefault, Mode::kSniOnly}) {
    SCOPED_TRACE(ModeName(mode));
    const TestCertificate ca = MakeCertificate(CaSpec("of a"), nullptr);
    const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &ca);
    RegisterCa(a_, ca, mode);
    EXPECT_EQ(Connect(kNameA, leaf), Reason::kDevicePendingActivation);
    const auto record = Record(a_, leaf);
    ASSERT_TRUE(record.has_value());
    EXPECT_EQ(record->status, DeviceStatus::kPendingActivation);
    EXPECT_EQ(record->mode, mode);
    EXPECT_EQ(record->ca.ToHex(), IdOf(ca));
    EXPECT_EQ(record->creation_date, kTestNow * 1000);
    // Activated, the next connection is let in.
    ASSERT_TRUE(SetDeviceStatus(a_, leaf, "ACTIVE").ok());
    EXPECT_EQ(Connect(kNameA, leaf), Reason::kAccepted);
  }
}

// A certificate alone, which anybody may have seen, changes nothing.
TEST_F(FirstConnectRules, R83_WithoutProofNothingHappens) {
  RegisterCa(a_, ca_, Mode::kSniOnly);
  const Listener listener = RegisteredDeviceListener();
  const Attempt handshake{.server_name = kNameA, .leaf = leaf_.bytes()};
  {
    const Handshake unproven = test::Show(listener, handshake);
    EXPECT_TRUE(unproven.answer().goes_on());
  }
  EXPECT_EQ(StatusOf(a_, leaf_), "none");
  EXPECT_TRUE(log_.events.empty());
}

TEST_F(FirstConnectRules, R83_UnderTrustedChainNobodyIsRegistered) {
  RegisterCa(a_, ca_, Mode::kSniOnly);
  const Listener listener = ListenerIn(east_);
  const Attempt handshake{.server_name = kNameA, .leaf = leaf_.bytes()};
  EXPECT_TRUE(test::Connect(listener, handshake).accepted());
  EXPECT_EQ(StatusOf(a_, leaf_), "none");
  EXPECT_TRUE(log_.events.empty());
}

TEST_F(FirstConnectRules, R84_TheEventHasExactlyTheSixKeys) {
  RegisterCa(a_, ca_, Mode::kSniOnly);
  ASSERT_EQ(Connect(kNameA, leaf_), Reason::kDevicePendingActivation);
  ASSERT_EQ(log_.events.size(), 1u);
  EXPECT_EQ(FirstConnectTopic(log_.events[0]),
            "$aws/events/certificates/registered/" + IdOf(ca_));
  EXPECT_EQ(FirstConnectPayload(log_.events[0]),
            absl::StrCat("{\"certificateId\":\"", IdOf(leaf_),
                         "\",\"caCertificateId\":\"", IdOf(ca_),
                         "\",\"timestamp\":", kTestNow * 1000,
                         ",\"certificateStatus\":\"PENDING_ACTIVATION\","
                         "\"awsAccountId\":\"111122223333\","
                         "\"certificateRegistrationTimestamp\":\"",
                         kTestNow * 1000, "\"}"));
  EXPECT_EQ(log_.changes,
            std::vector<std::string>{"AutoRegisterCertificate 111122223333"});
}

TEST_F(FirstConnectRules, R85_TheEventComesAgainWithTheOldDate) {
  RegisterCa(a_, ca_, Mode::kSniOnly);
  ASSERT_EQ(Connect(kNameA, leaf_), Reason::kDevicePendingActivation);
  clock_.Advance(60);
  EXPECT_EQ(Connect(kNameA, leaf_), Reason::kDevicePendingActivation);
  // What becomes of the CA does not touch it (R42).
  ASSERT_TRUE(SetStatus(a_, ca_, "INACTIVE").ok());
  EXPECT_EQ(Connect(kNameA, leaf_), Reason::kDevicePendingActivation);
  ASSERT_EQ(log_.events.size(), 3u);
  for (const FirstConnectEvent& event : log_.events) {
    EXPECT_EQ(event.registration_time, kTestNow * 1000);
  }
  EXPECT_EQ(log_.events[1].time, (kTestNow + 60) * 1000);
  // Once it is ACTIVE there is nothing to tell.
  ASSERT_TRUE(SetDeviceStatus(a_, leaf_, "ACTIVE").ok());
  EXPECT_EQ(Connect(kNameA, leaf_), Reason::kAccepted);
  EXPECT_EQ(log_.events.size(), 3u);
}

TEST_F(FirstConnectRules, R86_ManyAtOnceMakeOneRecord) {
  RegisterCa(a_, ca_, Mode::kDefault);
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      refused += Connect(kNameA, leaf_) == Reason::kDevicePendingActivation;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 6);
  EXPECT_EQ(log_.events.size(), 6u);
  EXPECT_EQ(log_.changes.size(), 1u);
  EXPECT_EQ(Record(a_, leaf_)->customer_version, 1);
}

TEST_F(FirstConnectRules, R87_OnlyAnActiveValidCaWithAutoRegistration) {
  CertificateSpec spec = CaSpec("short");
  spec.not_after = kTestNow + 100;
  const TestCertificate ca = MakeCertificate(spec, nullptr);
  const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &ca);
  RegisterCa(a_, ca, Mode::kSniOnly);
  const auto update = [&](std::string_view status, std::string_view automatic) {
    ASSERT_TRUE(
        registry()
            .UpdateCaCertificate({.account = a_,
                                  .region = east_,
                                  .ca_certificate_id = IdOf(ca),
                                  .new_status = status,
                                  .new_auto_registration_status = automatic})
            .ok());
  };
  update("INACTIVE", "ENABLE");
  EXPECT_EQ(Connect(kNameA, leaf), Reason::kDeviceNotRegistered);
  update("ACTIVE", "DISABLE");
  EXPECT_EQ(Connect(kNameA, leaf), Reason::kDeviceNotRegistered);
  update("ACTIVE", "ENABLE");
  clock_.Advance(101);
  EXPECT_EQ(Connect(kNameA, leaf), Reason::kDeviceNotRegistered);
  EXPECT_EQ(StatusOf(a_, leaf), "none");
  EXPECT_TRUE(log_.events.empty());
  clock_.Advance(-1);
  EXPECT_EQ(Connect(kNameA, leaf), Reason::kDevicePendingActivation);
}

// There is nothing to do for devices of a CA that registers none: they are
// refused before they prove anything, and are nobody's work afterwards.
TEST_F(FirstConnectRules, R87_WhoCannotBeRegisteredNeedsNoCompletion) {
  for (const Mode mode : {Mode::kDefault, Mode::kSniOnly}) {
    SCOPED_TRACE(ModeName(mode));
    const TestCertificate ca = MakeCertificate(CaSpec(ModeName(mode)), nullptr);
    const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &ca);
    RegisterCa(a_, ca, mode);
    const Listener listener = RegisteredDeviceListener();
    const auto ask = [&] {
      return test::Judge(listener,
                         {.server_name = kNameA, .leaf = leaf.bytes()});
    };
    const struct {
      const char* what;
      std::string_view automatic;
      bool remove;
      bool needs_completion;
    } kRows[] = {
        {"as registered", "", false, true},
        {"disabled", "DISABLE", false, false},
        {"again", "DISABLE", false, false},
        {"enabled", "ENABLE", false, true},
        {"removed", "", true, false},
        {"enabled again", "ENABLE", false, true},
    };
    for (const auto& row : kRows) {
      SCOPED_TRACE(row.what);
      ASSERT_TRUE(registry()
                      .UpdateCaCertificate(
                          {.account = a_,
                           .region = east_,
                           .ca_certificate_id = IdOf(ca),
                           .new_status = "ACTIVE",
                           .new_auto_registration_status = row.automatic,
                           .remove_auto_registration = row.remove})
                      .ok());
      const Verdict verdict = ask();
      EXPECT_EQ(verdict.reason(), Reason::kDeviceNotRegistered);
      EXPECT_EQ(verdict.needs_completion(), row.needs_completion);
      // It is not even worth a signature.
      EXPECT_EQ(verdict.spent().signatures, row.needs_completion ? 1u : 0u);
    }
  }
}

TEST_F(FirstConnectRules, R88_WithoutANameTheCaMustBePresented) {
  RegisterCa(a_, ca_, Mode::kDefault);
  const TestCertificate other = MakeCertificate(CaSpec("other"), nullptr);
  EXPECT_EQ(Connect({}, leaf_), Reason::kDeviceNotRegistered);
  EXPECT_EQ(Connect({}, leaf_, {&other}), Reason::kDeviceNotRegistered);
  EXPECT_EQ(StatusOf(a_, leaf_), "none");
  EXPECT_EQ(Connect({}, leaf_, {&other, &ca_}),
            Reason::kDevicePendingActivation);
  EXPECT_EQ(StatusOf(a_, leaf_), "PENDING_ACTIVATION");
  const TestCertificate second = MakeCertificate(LeafSpec("second"), &ca_);
  EXPECT_EQ(Connect({}, second, {}, FirstConnectIssuer::kLeafSuffices),
            Reason::kDevicePendingActivation);
  // R78: without a server name no account's log hears of the refusals.
  for (const std::string& line : log_.refused) {
    EXPECT_EQ(line.back(), ' ') << line;
  }
}

TEST_F(FirstConnectRules, R88_AnSniOnlyCaRegistersNobodyWithoutAName) {
  RegisterCa(a_, ca_, Mode::kSniOnly);
  EXPECT_EQ(Connect({}, leaf_, {&ca_}), Reason::kServerNameRequired);
  EXPECT_EQ(Connect({}, leaf_, {&ca_}, FirstConnectIssuer::kLeafSuffices),
            Reason::kServerNameRequired);
  EXPECT_EQ(StatusOf(a_, leaf_), "none");
}

// A record stays SNI_ONLY when its CA is registered anew in mode DEFAULT (R44).
TEST_F(FirstConnectRules, R88_AnSniOnlyRecordIsNotThereWithoutAName) {
  RegisterCa(a_, ca_, Mode::kSniOnly);
  ASSERT_EQ(Connect(kNameA, leaf_), Reason::kDevicePendingActivation);
  ASSERT_TRUE(SetStatus(a_, ca_, "INACTIVE").ok());
  ASSERT_TRUE(registry().DeleteCaCertificate(a_, east_, IdOf(ca_)).ok());
  RegisterCa(a_, ca_, Mode::kDefault, Config(kTemplate));
  EXPECT_EQ(Connect({}, leaf_, {&ca_}), Reason::kDeviceNotRegistered);
  EXPECT_EQ(StatusOf(a_, leaf_), "PENDING_ACTIVATION");
}

TEST_F(FirstConnectRules, R89_TheOneWhoseKeySignedItIsChosen) {
  std::vector<TestCertificate> cas;
  for (int i = 0; i < 4; ++i) {
    cas.push_back(MakeCertificate(CaSpec("same name"), nullptr));
    RegisterCa(a_, cas[i], Mode::kSniOnly);
  }
  const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &cas[2]);
  EXPECT_EQ(Connect(kNameA, leaf), Reason::kDevicePendingActivation);
  EXPECT_EQ(Record(a_, leaf)->ca.ToHex(), IdOf(cas[2]));
  const TestCertificate none = MakeCertificate(CaSpec("same name"), nullptr);
  EXPECT_EQ(Connect(kNameA, MakeCertificate(LeafSpec("d"), &none)),
            Reason::kDeviceNotRegistered);
}

// Two certificates of one name and key: the presented one, else the older.
TEST_F(FirstConnectRules, R89_OfTwinsThePresentedOneOrTheOlder) {
  CertificateSpec spec = CaSpec("twin");
  spec.key = ca_.key.get();
  const TestCertificate older = MakeCertificate(spec, nullptr);
  const TestCertificate younger = MakeCertificate(spec, nullptr);
  RegisterCa(a_, older, Mode::kSniOnly);
  clock_.Advance(1);
  RegisterCa(a_, younger, Mode::kSniOnly);
  const TestCertificate first = MakeCertificate(LeafSpec("first"), &older);
  const TestCertificate second = MakeCertificate(LeafSpec("second"), &older);
  EXPECT_EQ(Connect(kNameA, first), Reason::kDevicePendingActivation);
  EXPECT_EQ(Record(a_, first)->ca.ToHex(), IdOf(older));
  EXPECT_EQ(Connect(kNameA, second, {&younger}),
            Reason::kDevicePendingActivation);
  EXPECT_EQ(Record(a_, second)->ca.ToHex(), IdOf(younger));
}

// One that registers nobody stands in nobody's way.
TEST_F(FirstConnectRules, R89_OfTwinsTheOneThatAutoRegisters) {
  CertificateSpec spec = CaSpec("twin");
  spec.key = ca_.key.get();
  const TestCertificate older = MakeCertificate(spec, nullptr);
  const TestCertificate younger = MakeCertificate(spec, nullptr);
  for (const TestCertificate* twin : {&older, &younger}) {
    RegisterCa(a_, *twin, Mode::kSniOnly);
    clock_.Advance(1);
  }
  ASSERT_TRUE(
      registry()
          .UpdateCaCertificate({.account = a_,
                                .region = east_,
                                .ca_certificate_id = IdOf(older),
                                .new_auto_registration_status = "DISABLE"})
          .ok());
  const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &older);
  EXPECT_EQ(Connect(kNameA, leaf, {&older}), Reason::kDevicePendingActivation);
  EXPECT_EQ(Record(a_, leaf)->ca.ToHex(), IdOf(younger));
}

TEST_F(FirstConnectRules, R90_APresentedCaIsNotTrusted) {
  RegisterCa(a_, ca_, Mode::kDefault);
  const TestCertificate forged = MakeCertificate(CaSpec("CA"), nullptr);
  const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &forged);
  EXPECT_EQ(Connect(kNameA, leaf, {&forged}), Reason::kDeviceNotRegistered);
  EXPECT_EQ(Connect({}, leaf, {&forged, &ca_}), Reason::kDeviceNotRegistered);
  // Nor is a CA below the registered one its own.
  const TestCertificate sub = MakeCertificate(CaSpec("sub"), &ca_);
  const TestCertificate below = MakeCertificate(LeafSpec("below"), &sub);
  EXPECT_EQ(Connect(kNameA, below, {&sub, &ca_}), Reason::kDeviceNotRegistered);
  EXPECT_TRUE(log_.events.empty());
}

TEST_F(FirstConnectRules, R91_ALeafThatMayNotBeRegisteredIsNot) {
  RegisterCa(a_, ca_, Mode::kSniOnly);
  const auto make = [&](auto change) {
    CertificateSpec spec = LeafSpec("device");
    change(spec);
    return MakeCertificate(spec, &ca_);
  };
  const struct {
    const char* what;
    TestCertificate leaf;
    Reason reason;
  } kRows[] = {
      {"expired", make([](CertificateSpec& s) { s.not_after = kTestNow - 1; }),
       Reason::kExpired},
      {"not yet valid",
       make([](CertificateSpec& s) { s.not_before = kTestNow + 1; }),
       Reason::kNotYetValid},
      {"short key",
       make([](CertificateSpec& s) { s.key_type = KeyType::kRsa1024; }),
       Reason::kWeakKey},
      {"SHA-1", make([](CertificateSpec& s) { s.digest = DigestType::kSha1; }),
       Reason::kAlgorithmNotAllowed},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);
    log_.refused.clear();
    EXPECT_EQ(Connect(kNameA, row.leaf), row.reason);
    EXPECT_EQ(StatusOf(a_, row.leaf), "none");
    EXPECT_EQ(log_.refused, std::vector<std::string>{absl::StrCat(
                                ReasonName(row.reason), " 111122223333")});
  }
}

// Who waits already is looked at again: nothing is told of one that may not be
// registered any more, and no template runs for it.
TEST_F(FirstConnectRules, R91_NorIsOneThatWaitsActivated) {
  for (const bool has_template : {false, true}) {
    SCOPED_TRACE(has_template ? "a template" : "an owner");
    const TestCertificate ca = MakeCertificate(CaSpec("of a"), nullptr);
    RegisterCa(a_, ca, Mode::kSniOnly,
               has_template ? std::optional(Config(kTemplate)) : std::nullopt);
    CertificateSpec spec = LeafSpec("device");
    spec.not_before = kTestNow - 10;
    spec.not_after = kTestNow + 10;
    spec.digest = DigestType::kSha384;
    const TestCertificate leaf = MakeCertificate(spec, &ca);
    provisioner_.answer = absl::UnavailableError("no things today");
    const Reason waits = has_template ? Reason::kProvisioningFailed
                                      : Reason::kDevicePendingActivation;
    ASSERT_EQ(Connect(kNameA, leaf), waits);
    provisioner_.answer = absl::OkStatus();
    provisioner_.requests.clear();
    log_.events.clear();
    const struct {
      UnixSeconds now;
      Reason reason;
    } kRows[] = {{kTestNow + 11, Reason::kExpired},
                 {kTestNow - 11, Reason::kNotYetValid}};
    for (const auto& row : kRows) {
      clock_.Set(row.now);
      log_.refused.clear();
      EXPECT_EQ(Connect(kNameA, leaf), row.reason);
      EXPECT_EQ(log_.refused, std::vector<std::string>{absl::StrCat(
                                  ReasonName(row.reason), " 111122223333")});
    }
    clock_.Set(kTestNow);
    ListenerOptions strict = RegisteredDeviceListener().options();
    strict.validation.algorithms.digests = {SignatureDigest::kSha256};
    const Verdict verdict =
        test::Judge(*engine_->CreateListener(strict),
                    {.server_name = kNameA, .leaf = leaf.bytes()});
    EXPECT_EQ(verdict.reason(), Reason::kAlgorithmNotAllowed);
    EXPECT_FALSE(verdict.needs_completion());

    EXPECT_EQ(StatusOf(a_, leaf), "PENDING_ACTIVATION");
    EXPECT_TRUE(log_.events.empty());
    EXPECT_TRUE(provisioner_.requests.empty());
    EXPECT_EQ(Connect(kNameA, leaf), has_template
                                         ? Reason::kDeviceProvisioned
                                         : Reason::kDevicePendingActivation);
  }
}

// A listener may take more than may be registered.
TEST_F(FirstConnectRules, R91_WhatMayBeRegisteredIsTheEnginesToSay) {
  EngineOptions options;
  options.registration_algorithms.digests = {SignatureDigest::kSha256};
  Open(options);
  RegisterCa(a_, ca_, Mode::kSniOnly);
  CertificateSpec spec = LeafSpec("device");
  spec.digest = DigestType::kSha384;
  const TestCertificate leaf = MakeCertificate(spec, &ca_);
  EXPECT_EQ(ErrorCodeOf(RegisterDevice(a_, leaf)),
            ErrorCode::kCertificateValidation);
  EXPECT_EQ(Connect(kNameA, leaf), Reason::kAlgorithmNotAllowed);
  EXPECT_EQ(StatusOf(a_, leaf), "none");
  EXPECT_TRUE(log_.events.empty());
  EXPECT_EQ(Connect(kNameA, leaf_), Reason::kDevicePendingActivation);
}

TEST_F(FirstConnectRules, R92_ATemplateActivatesTheDevice) {
  RegisterCa(a_, ca_, Mode::kSniOnly, Config(kTemplate));
  EXPECT_EQ(Connect(kNameA, leaf_), Reason::kDeviceProvisioned);
  ASSERT_EQ(provisioner_.requests.size(), 1u);
  const ProvisioningRequest& request = provisioner_.requests[0];
  EXPECT_EQ(request.account, a_);
  EXPECT_EQ(request.device.ToHex(), IdOf(leaf_));
  EXPECT_EQ(request.ca.ToHex(), IdOf(ca_));
  EXPECT_EQ(request.template_name, "");
  ASSERT_FALSE(request.resources.empty());
  EXPECT_EQ(request.resources[0].type, "AWS::IoT::Thing");
  EXPECT_NE(request.resources[0].properties.find("\"device\""),
            std::string::npos);
  const auto record = Record(a_, leaf_);
  EXPECT_EQ(record->status, DeviceStatus::kActive);
  EXPECT_EQ(record->things, std::vector<std::string>{"device"});
  EXPECT_EQ(record->policies, std::vector<std::string>{"fleet"});
  EXPECT_EQ(Connect(kNameA, leaf_), Reason::kAccepted);
  // The template decides: the host is not asked to.
  EXPECT_TRUE(log_.events.empty());
  EXPECT_EQ(log_.changes,
            (std::vector<std::string>{"AutoRegisterCertificate 111122223333",
                                      "RegisterThing 111122223333"}));
}

TEST_F(FirstConnectRules, R92_AFailureWaitsForTheNextConnection) {
  RegisterCa(a_, ca_, Mode::kSniOnly, Config(kTemplate));
  provisioner_.answer = absl::UnavailableError("no things today");
  EXPECT_EQ(Connect(kNameA, leaf_), Reason::kProvisioningFailed);
  EXPECT_EQ(StatusOf(a_, leaf_), "PENDING_ACTIVATION");
  EXPECT_EQ(Connect(kNameA, leaf_), Reason::kProvisioningFailed);
  provisioner_.answer = absl::OkStatus();
  EXPECT_EQ(Connect(kNameA, leaf_), Reason::kDeviceProvisioned);
  EXPECT_EQ(StatusOf(a_, leaf_), "ACTIVE");
  // Without a common name the template cannot be run, now or ever.
  CertificateSpec spec = LeafSpec("");
  spec.subject = {{.type = "O", .value = "nameless"}};
  const TestCertificate nameless = MakeCertificate(spec, &ca_);
  EXPECT_EQ(Connect(kNameA, nameless), Reason::kProvisioningFailed);
  EXPECT_EQ(StatusOf(a_, nameless), "PENDING_ACTIVATION");
}

// What the owner decides while the host provisions holds.
TEST_F(FirstConnectRules, R92_WhoIsRevokedMeanwhileStaysSo) {
  RegisterCa(a_, ca_, Mode::kSniOnly, Config(kTemplate));
  provisioner_.while_at_it = [&] {
    EXPECT_TRUE(SetDeviceStatus(a_, leaf_, "REVOKED").ok());
  };
  EXPECT_EQ(Connect(kNameA, leaf_), Reason::kProvisioningFailed);
  EXPECT_EQ(StatusOf(a_, leaf_), "REVOKED");
}

TEST_F(FirstConnectRules, R92_ANamedTemplateMustBeOneThatRuns) {
  ASSERT_TRUE(registry()
                  .CreateProvisioningTemplate(
                      {.account = a_,
                       .region = east_,
                       .name = "fleet",
                       .body = kTemplate,
                       .enabled = true,
                       .role_arn = "arn:aws:iam::111122223333:role/r",
                       .type = "JITP"})
                  .ok());
  RegisterCa(
      a_, ca_, Mode::kSniOnly,
      RegistrationConfig{
          .template_body = "", .role_arn = "", .template_name = "fleet"});
  EXPECT_EQ(Connect(kNameA, leaf_), Reason::kDeviceProvisioned);
  EXPECT_EQ(provisioner_.requests[0].template_name, "fleet");
}

// Who was accepted, and has lost its record since, would have to be registered.
TEST_F(FirstConnectRules, WhoIsTurnedAwayIsNotRegistered) {
  RegisterCa(a_, ca_, Mode::kSniOnly);
  const Listener listener = RegisteredDeviceListener();
  const Attempt handshake{.server_name = kNameA, .leaf = leaf_.bytes()};
  for (const bool was_there : {false, true}) {
    SCOPED_TRACE(was_there);
    if (was_there) {
      ASSERT_TRUE(RegisterDevice(a_, leaf_).ok());
    }
    EXPECT_EQ(test::Judge(listener, handshake).accepted(), was_there);
    Handshake away = test::Show(listener, handshake);
    if (was_there) {
      ASSERT_TRUE(SetDeviceStatus(a_, leaf_, "INACTIVE").ok());
      ASSERT_TRUE(DeleteDevice(a_, leaf_).ok());
    }
    log_.refused.clear();
    const Verdict verdict =
        away.Finish({.waiting = FinishOptions::Waiting::kForbidden}).verdict();
    EXPECT_EQ(verdict.reason(), Reason::kRegistrationThrottled);
    EXPECT_FALSE(verdict.needs_completion());
    EXPECT_EQ(log_.refused,
              std::vector<std::string>{"kRegistrationThrottled 111122223333"});
    EXPECT_EQ(StatusOf(a_, leaf_), "none");
  }
}

// An account has one share of a queue, however many CAs it has. Each row: who
// comes with what name, and for whom he would be completed.
TEST_F(FirstConnectRules, TheOwnerIsKnownWithoutAName) {
  const TestCertificate second = MakeCertificate(CaSpec("second"), nullptr);
  const TestCertificate of_b = MakeCertificate(CaSpec("of b"), nullptr);
  const TestCertificate unknown = MakeCertificate(CaSpec("unknown"), nullptr);
  RegisterCa(a_, ca_, Mode::kDefault);
  RegisterCa(a_, second, Mode::kDefault);
  RegisterCa(b_, of_b, Mode::kDefault);
  RegisterCa(b_, ca_, Mode::kSniOnly);
  const auto below = [](const TestCertificate& ca) {
    return MakeCertificate(LeafSpec("device"), &ca);
  };
  TestCertificate active = below(ca_);
  ASSERT_TRUE(RegisterDevice(a_, active).ok());
  TestCertificate waiting = below(second);
  ASSERT_EQ(Connect(kNameA, waiting), Reason::kDevicePendingActivation);
  const struct {
    const char* what;
    Name name;
    TestCertificate leaf;
    const TestCertificate* ca;
    Account owner;
  } kRows[] = {
      {"one CA", {}, below(ca_), &ca_, a_},
      {"another of the account's", {}, below(second), &second, a_},
      {"another account's", {}, below(of_b), &of_b, b_},
      {"by name", kNameA, below(second), &second, a_},
      {"by another name", kNameB, below(ca_), &ca_, b_},
      {"waits already", {}, std::move(waiting), &second, a_},
      {"accepted", {}, std::move(active), &ca_, a_},
      {"nobody's", {}, below(unknown), &unknown, {}},
  };
  const Listener listener = RegisteredDeviceListener();
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);
    const Bytes presented[] = {row.ca->bytes()};
    const Attempt handshake{.server_name = row.name,
                            .leaf = row.leaf.bytes(),
                            .presented = presented};
    EXPECT_EQ(test::Show(listener, handshake).owner(), row.owner);
  }
}

// What it was said for may have gone since.
TEST_F(FirstConnectRules, TheOwnerMayHaveGone) {
  RegisterCa(a_, ca_, Mode::kDefault);
  const Listener listener = RegisteredDeviceListener();
  const Bytes presented[] = {ca_.bytes()};
  const Attempt named{.server_name = kNameA, .leaf = leaf_.bytes()};
  const Attempt nameless{.leaf = leaf_.bytes(), .presented = presented};
  const Handshake by_name = test::Show(listener, named);
  const Handshake by_ca = test::Show(listener, nameless);
  EXPECT_EQ(by_name.owner(), a_);
  EXPECT_EQ(by_ca.owner(), a_);
  ASSERT_TRUE(by_name.MayWait());
  ASSERT_TRUE(by_ca.MayWait());
  ASSERT_TRUE(SetStatus(a_, ca_, "INACTIVE").ok());
  ASSERT_TRUE(registry().DeleteCaCertificate(a_, east_, IdOf(ca_)).ok());
  EXPECT_TRUE(by_ca.owner().empty());
  ASSERT_TRUE(registry().DeleteEndpoint(a_, east_, kNameA).ok());
  EXPECT_EQ(by_name.owner(), a_);
}

TEST_F(FirstConnectRules, R94_AnAccountRegistersSoManyASecond) {
  EngineOptions options;
  options.first_connects_per_second = 2;
  Open(options);
  RegisterCa(a_, ca_, Mode::kSniOnly);
  RegisterCa(b_, ca_, Mode::kSniOnly);
  std::vector<TestCertificate> leaves;
  for (int i = 0; i < 4; ++i) {
    leaves.push_back(
        MakeCertificate(LeafSpec(absl::StrCat("device ", i)), &ca_));
  }
  EXPECT_EQ(Connect(kNameA, leaves[0]), Reason::kDevicePendingActivation);
  EXPECT_EQ(Connect(kNameA, leaves[1]), Reason::kDevicePendingActivation);
  EXPECT_EQ(Connect(kNameA, leaves[2]), Reason::kRegistrationThrottled);
  EXPECT_EQ(StatusOf(a_, leaves[2]), "none");
  // Who waits already may say so again, and another account is another.
  EXPECT_EQ(Connect(kNameA, leaves[0]), Reason::kDevicePendingActivation);
  EXPECT_EQ(Connect(kNameB, leaves[2]), Reason::kDevicePendingActivation);
  clock_.Advance(1);
  EXPECT_EQ(Connect(kNameA, leaves[2]), Reason::kDevicePendingActivation);
}

TEST_F(FirstConnectRules, R95_WhatHappensInBIsNoneOfAsBusiness) {
  RegisterCa(a_, ca_, Mode::kDefault);
  RegisterCa(b_, ca_, Mode::kSniOnly);
  ASSERT_EQ(Connect(kNameA, leaf_), Reason::kDevicePendingActivation);
  ASSERT_TRUE(SetDeviceStatus(a_, leaf_, "ACTIVE").ok());
  const auto before = Record(a_, leaf_);
  log_.events.clear();
  log_.refused.clear();
  log_.changes.clear();
  // A's device dials B: SNI wins, and B's CA registers it there.
  EXPECT_EQ(Connect(kNameB, leaf_), Reason::kDevicePendingActivation);
  EXPECT_EQ(StatusOf(b_, leaf_), "PENDING_ACTIVATION");
  EXPECT_EQ(Record(b_, leaf_)->mode, Mode::kSniOnly);
  const auto after = Record(a_, leaf_);
  EXPECT_EQ(after->customer_version, before->customer_version);
  EXPECT_EQ(after->generation_id, before->generation_id);
  ASSERT_EQ(log_.events.size(), 1u);
  EXPECT_EQ(log_.events[0].account, b_);
  for (const auto* lines : {&log_.refused, &log_.changes}) {
    for (const std::string& line : *lines) {
      EXPECT_NE(line.find("444455556666"), std::string::npos) << line;
    }
  }
  EXPECT_EQ(Connect(kNameA, leaf_), Reason::kAccepted);
}

// A cannot register what B has DEFAULT: neither without auto-registration, nor
// in mode DEFAULT itself.
TEST_F(FirstConnectRules, R71_WhatCannotBeRegisteredIsMisused) {
  RegisterCa(b_, ca_, Mode::kDefault);
  ASSERT_TRUE(RegisterDevice(b_, leaf_).ok());
  const auto registered =
      registry().RegisterCaCertificate({.account = a_,
                                        .region = east_,
                                        .ca_certificate = ToPem(ca_.der),
                                        .certificate_mode = "SNI_ONLY",
                                        .set_as_active = true});
  ASSERT_TRUE(registered.ok());
  log_.refused.clear();
  EXPECT_EQ(Connect(kNameA, leaf_), Reason::kServerNameMisused);
  EXPECT_EQ(StatusOf(a_, leaf_), "none");
  EXPECT_EQ(log_.refused,
            std::vector<std::string>{"kServerNameMisused 111122223333"});
}

// A's CA was B's before, and so was the device: there is nothing to do for A,
// whose limits are not touched, until B gives the device up.
TEST_F(FirstConnectRules, R71_WhatIsDefaultElsewhereNeedsNoCompletion) {
  RegisterCa(b_, ca_, Mode::kDefault);
  ASSERT_TRUE(RegisterDevice(b_, leaf_, "INACTIVE").ok());
  ASSERT_TRUE(SetStatus(b_, ca_, "INACTIVE").ok());
  ASSERT_TRUE(registry().DeleteCaCertificate(b_, east_, IdOf(ca_)).ok());
  RegisterCa(a_, ca_, Mode::kDefault);
  const Verdict verdict =
      test::Judge(RegisteredDeviceListener(),
                  {.server_name = kNameA, .leaf = leaf_.bytes()});
  EXPECT_EQ(verdict.reason(), Reason::kServerNameMisused);
  EXPECT_FALSE(verdict.needs_completion());
  EXPECT_EQ(StatusOf(a_, leaf_), "none");
  ASSERT_TRUE(DeleteDevice(b_, leaf_).ok());
  EXPECT_EQ(Connect(kNameA, leaf_), Reason::kDevicePendingActivation);
}

TEST_F(FirstConnectRules, R60_DeletedComesBackAndRevokedDoesNot) {
  RegisterCa(a_, ca_, Mode::kSniOnly);
  ASSERT_EQ(Connect(kNameA, leaf_), Reason::kDevicePendingActivation);
  ASSERT_TRUE(DeleteDevice(a_, leaf_).ok());
  EXPECT_EQ(Connect(kNameA, leaf_), Reason::kDevicePendingActivation);
  ASSERT_TRUE(SetDeviceStatus(a_, leaf_, "REVOKED").ok());
  EXPECT_EQ(Connect(kNameA, leaf_), Reason::kDeviceRevoked);
  EXPECT_EQ(StatusOf(a_, leaf_), "REVOKED");
}

}  // namespace
}  // namespace chainkeep::test
