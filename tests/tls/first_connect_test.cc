// First connections in real handshakes: the key is proven before anything
// happens, and whoever is registered for the first time has to come back.

#include <string>
#include <thread>
#include <vector>

#include "chainkeep/hook.h"
#include "chainkeep/tls.h"
#include "gtest/gtest.h"
#include "tests/engine/gate_fixture.h"
#include "tests/tls/tls_pair.h"

namespace chainkeep {
namespace {

using test::ClientSpec;
using test::HandshakeOutcome;
using test::LeafSpec;
using test::MakeCertificate;
using test::RunHandshake;
using test::TestCertificate;

class FirstConnectRules : public test::GateFixture {
 protected:
  FirstConnectRules() : server_(ContextWith(nullptr)) {
    RegisterAutomatic(a_, ca_);
    events_.clear();
  }

  // A server for registered devices. `hook` is null, or outlives it.
  bssl::UniquePtr<SSL_CTX> ContextWith(ValidationHook* hook) {
    ListenerOptions options;
    options.region = east_;
    options.validation.policy = ValidationPolicy::kRegisteredDevice;
    options.hook = hook;
    bssl::UniquePtr<SSL_CTX> context =
        test::ServerContext(TLS_with_buffers_method());
    EXPECT_TRUE(
        InstallGate(context.get(), *engine_->CreateListener(options)).ok());
    return context;
  }

  HandshakeOutcome Connect(const ClientSpec& client) {
    return RunHandshake(server_.get(), client);
  }

  std::string StatusOf(const TestCertificate& device) {
    const auto record = registry().DescribeCertificate(
        {.account = a_, .region = east_, .certificate_id = IdOf(device)});
    return record.ok() ? std::string(DeviceStatusName(record->status)) : "none";
  }

  bssl::UniquePtr<SSL_CTX> server_;
};

constexpr uint16_t kVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

TEST_F(FirstConnectRules, R83_TheHandshakeFinishesAndIsRefused) {
  for (const uint16_t version : kVersions) {
    const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &ca_);
    const ClientSpec client{
        .server_name = kNameA, .certificate = &leaf, .version = version};
    HandshakeOutcome outcome = Connect(client);
    EXPECT_TRUE(outcome.finished);
    EXPECT_EQ(outcome.verdict.reason(), Reason::kDevicePendingActivation);
    EXPECT_FALSE(outcome.verdict.accepted());
    EXPECT_FALSE(outcome.verdict.needs_completion());
    EXPECT_EQ(StatusOf(leaf), "PENDING_ACTIVATION");
    // A second call says the same and does nothing again.
    const size_t told = events_.log().size();
    EXPECT_EQ(FinishHandshake(outcome.server.get()).verdict().reason(),
              Reason::kDevicePendingActivation);
    EXPECT_EQ(events_.log().size(), told);

    ASSERT_TRUE(SetDeviceStatus(a_, leaf, "ACTIVE").ok());
    EXPECT_TRUE(Connect(client).verdict.accepted());
    ASSERT_TRUE(SetDeviceStatus(a_, leaf, "REVOKED").ok());
    outcome = Connect(client);
    EXPECT_FALSE(outcome.finished);
    EXPECT_EQ(outcome.alert, SSL_AD_CERTIFICATE_REVOKED);
  }
}

class Consenting final : public ValidationHook {
  absl::StatusOr<HookAnswer> Ask(const HookRequest&) override {
    return HookAnswer::kAccept;
  }
};

// Who serves others meanwhile is told when completing may take its time.
TEST_F(FirstConnectRules, WhatMayWaitIsKnownBefore) {
  const TestCertificate active = MakeCertificate(LeafSpec("active"), &ca_);
  ASSERT_TRUE(RegisterDevice(a_, active).ok());
  const TestCertificate revoked = MakeCertificate(LeafSpec("revoked"), &ca_);
  ASSERT_TRUE(RegisterDevice(a_, revoked, "REVOKED").ok());
  Consenting hook;
  const bssl::UniquePtr<SSL_CTX> asking = ContextWith(&hook);
  const struct {
    const char* what;
    SSL_CTX* server;
    const TestCertificate* device;
    bool may_wait;
    Reason reason;
  } kRows[] = {
      {"unknown", server_.get(), &leaf_, true,
       Reason::kDevicePendingActivation},
      {"waiting", server_.get(), &leaf_, true,
       Reason::kDevicePendingActivation},
      {"registered", server_.get(), &active, false, Reason::kAccepted},
      {"revoked", server_.get(), &revoked, false, Reason::kDeviceRevoked},
      {"with a hook", asking.get(), &active, true, Reason::kAccepted},
      {"with a hook, revoked", asking.get(), &revoked, false,
       Reason::kDeviceRevoked},
  };
  for (const uint16_t version : kVersions) {
    for (const auto& row : kRows) {
      SCOPED_TRACE(row.what);
      bool may_wait = !row.may_wait;
      const HandshakeOutcome outcome = RunHandshake(
          row.server, {.server_name = kNameA,
                       .certificate = row.device,
                       .version = version,
                       .before_completion = [&](SSL* ssl) {
                         may_wait = test::MayWait(ssl);
                         EXPECT_FALSE(MayStay(ssl));
                         if (!may_wait) return;
                         // As such a host does it.
                         std::thread([ssl] { FinishHandshake(ssl); }).join();
                       }});
      EXPECT_EQ(may_wait, row.may_wait);
      EXPECT_EQ(outcome.verdict.reason(), row.reason);
      EXPECT_FALSE(test::MayWait(outcome.server.get()));
      EXPECT_EQ(MayStay(outcome.server.get()), row.reason == Reason::kAccepted);
    }
  }
}

// A device that is forgotten between Validate and the end of its handshake is
// one that connects for the first time.
TEST_F(FirstConnectRules, WhoHasJustLostItsRecordMayWait) {
  ASSERT_TRUE(RegisterDevice(a_, leaf_).ok());
  bool may_wait = false;
  const HandshakeOutcome outcome =
      Connect({.server_name = kNameA,
               .certificate = &leaf_,
               .before_completion = [&](SSL* ssl) {
                 EXPECT_FALSE(test::MayWait(ssl));
                 ASSERT_TRUE(SetDeviceStatus(a_, leaf_, "INACTIVE").ok());
                 ASSERT_TRUE(DeleteDevice(a_, leaf_).ok());
                 may_wait = test::MayWait(ssl);
               }});
  EXPECT_TRUE(may_wait);
  EXPECT_EQ(outcome.verdict.reason(), Reason::kDevicePendingActivation);
}

// Without room the device is refused, which is told, and nothing is done for
// it. Each row: who comes, and what is told of him.
TEST_F(FirstConnectRules, WhoIsTurnedAwayIsRefusedAndTold) {
  const TestCertificate active = MakeCertificate(LeafSpec("active"), &ca_);
  ASSERT_TRUE(RegisterDevice(a_, active).ok());
  Consenting hook;
  const bssl::UniquePtr<SSL_CTX> asking = ContextWith(&hook);
  const struct {
    const char* what;
    SSL_CTX* server;
    const TestCertificate* device;
    Reason reason;
  } kRows[] = {
      {"unknown", server_.get(), &leaf_, Reason::kRegistrationThrottled},
      {"with a hook", asking.get(), &active, Reason::kHookTimeout},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);
    events_.clear();
    const HandshakeOutcome outcome = RunHandshake(
        row.server, {.server_name = kNameA,
                     .certificate = row.device,
                     .before_completion = [&](SSL* ssl) {
                       EXPECT_EQ(test::OwnerOf(ssl), a_);
                       EXPECT_EQ(test::TurnAway(ssl).reason(), row.reason);
                       EXPECT_FALSE(test::TurnAway(ssl).accepted());
                       EXPECT_TRUE(test::OwnerOf(ssl).empty());
                     }});
    EXPECT_EQ(outcome.verdict.reason(), row.reason);
    EXPECT_EQ(outcome.verdict.account(), a_);
    EXPECT_EQ(events_.log(),
              std::vector<std::string>{"refused " +
                                       std::string(ReasonName(row.reason))});
  }
  EXPECT_EQ(StatusOf(leaf_), "none");
}

// Nothing had to wait after all: the record has changed, and still lets it in.
TEST_F(FirstConnectRules, WhoNeedNotWaitIsNotTurnedAway) {
  ASSERT_TRUE(RegisterDevice(a_, leaf_).ok());
  for (const bool is_active : {true, false}) {
    SCOPED_TRACE(is_active);
    ASSERT_TRUE(SetDeviceStatus(a_, leaf_, "ACTIVE").ok());
    events_.clear();
    const HandshakeOutcome outcome =
        Connect({.server_name = kNameA,
                 .certificate = &leaf_,
                 .before_completion = [&](SSL* ssl) {
                   ASSERT_TRUE(SetDeviceStatus(a_, leaf_, "INACTIVE").ok());
                   if (is_active) {
                     ASSERT_TRUE(SetDeviceStatus(a_, leaf_, "ACTIVE").ok());
                   }
                   EXPECT_TRUE(test::MayWait(ssl));
                   EXPECT_EQ(test::TurnAway(ssl).accepted(), is_active);
                 }});
    EXPECT_EQ(outcome.verdict.reason(),
              is_active ? Reason::kAccepted : Reason::kDeviceInactive);
    EXPECT_EQ(MayStay(outcome.server.get()), is_active);
    EXPECT_EQ(events_.log(),
              std::vector<std::string>{is_active ? "accepted 111122223333"
                                                 : "refused kDeviceInactive"});
  }
}

// Without a server name too it is the account that waits, not each of its CAs.
TEST_F(FirstConnectRules, AnAccountWaitsOnceForAllItsCas) {
  for (const char* name : {"first", "second"}) {
    SCOPED_TRACE(name);
    const TestCertificate ca = MakeCertificate(test::CaSpec(name), nullptr);
    RegisterDefault(a_, ca);
    ASSERT_TRUE(
        registry()
            .UpdateCaCertificate({.account = a_,
                                  .region = east_,
                                  .ca_certificate_id = IdOf(ca),
                                  .new_auto_registration_status = "ENABLE"})
            .ok());
    const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &ca);
    Account whose;
    const HandshakeOutcome outcome =
        Connect({.certificate = &leaf,
                 .chain = {ca.der},
                 .before_completion = [&](SSL* ssl) {
                   EXPECT_TRUE(test::MayWait(ssl));
                   whose = test::OwnerOf(ssl);
                 }});
    EXPECT_EQ(whose, a_);
    EXPECT_EQ(outcome.verdict.reason(), Reason::kDevicePendingActivation);
    EXPECT_TRUE(outcome.verdict.account().empty());  // R78
  }
}

TEST_F(FirstConnectRules, AVerdictHoldsUntilSomethingChanges) {
  ASSERT_TRUE(RegisterDevice(a_, leaf_).ok());
  const HandshakeOutcome outcome =
      Connect({.server_name = kNameA, .certificate = &leaf_});
  ASSERT_TRUE(outcome.verdict.accepted());
  EXPECT_TRUE(MayStay(outcome.server.get()));
  ASSERT_TRUE(SetDeviceStatus(a_, leaf_, "REVOKED").ok());
  EXPECT_FALSE(MayStay(outcome.server.get()));
}

// Somebody else's certificate, without its key.
TEST_F(FirstConnectRules, R83_AStolenCertificateRegistersNobody) {
  const TestCertificate thief = MakeCertificate(LeafSpec("thief"), &ca_);
  for (const uint16_t version : kVersions) {
    const HandshakeOutcome outcome = Connect({.server_name = kNameA,
                                              .certificate = &leaf_,
                                              .key = thief.key.get(),
                                              .version = version});
    EXPECT_FALSE(outcome.finished);
    EXPECT_EQ(outcome.verdict.reason(), Reason::kNoVerdict);
    EXPECT_EQ(StatusOf(leaf_), "none");
  }
  EXPECT_EQ(events_.log(), std::vector<std::string>(2, "unproven kNoVerdict"));
}

// R69: whether a device is unknown or hidden, a client without a server name
// gets the same alert at the same moment.
TEST_F(FirstConnectRules, R69_TheAlertTellsNothingOfSniOnlyRecords) {
  const TestCertificate other = MakeCertificate(test::CaSpec("other"), nullptr);
  const TestCertificate stranger = MakeCertificate(LeafSpec("d"), &other);
  ASSERT_TRUE(RegisterDevice(a_, leaf_).ok());
  for (const uint16_t version : kVersions) {
    const HandshakeOutcome hidden =
        Connect({.certificate = &leaf_, .version = version});
    const HandshakeOutcome unknown =
        Connect({.certificate = &stranger, .version = version});
    EXPECT_FALSE(hidden.finished);
    EXPECT_FALSE(unknown.finished);
    EXPECT_EQ(hidden.alert, SSL_AD_UNKNOWN_CA);
    EXPECT_EQ(unknown.alert, hidden.alert);
    EXPECT_TRUE(
        Connect(
            {.server_name = kNameA, .certificate = &leaf_, .version = version})
            .verdict.accepted());
  }
}

}  // namespace
}  // namespace chainkeep
