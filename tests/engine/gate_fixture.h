// GateFixture is an engine with two accounts, their endpoints and a clock, for
// tests that ask it about handshakes.

#ifndef CHAINKEEP_TESTS_ENGINE_GATE_FIXTURE_H_
#define CHAINKEEP_TESTS_ENGINE_GATE_FIXTURE_H_

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chainkeep/certificate.h"
#include "chainkeep/engine.h"
#include "chainkeep/events.h"
#include "chainkeep/registry.h"
#include "chainkeep/status.h"
#include "engine/memory/fork_safe_mutex.h"
#include "gtest/gtest.h"
#include "tests/support/ask.h"
#include "tests/support/manual_clock.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::test {

// Keeps what it is told, in order, as text.
// Thread-safe, and of use in a child of fork().
class EventLog final : public EventObserver {
 public:
  void OnCaRegistered(const CaEvent& event) override {
    Add("registered", event);
  }
  void OnCaActivated(const CaEvent& event) override { Add("activated", event); }
  void OnCaDeactivated(const CaEvent& event) override {
    Add("deactivated", event);
  }
  void OnAccepted(const ConnectionEvent& event) override {
    Add("accepted " + std::string(event.verdict.account().text()));
  }
  void OnRefused(const ConnectionEvent& event) override {
    Add((event.proof == KeyProof::kProven ? "refused " : "unproven ") +
        std::string(ReasonName(event.verdict.reason())));
  }

  std::vector<std::string> log() const {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    log_.clear();
  }

 private:
  void Add(std::string_view what, const CaEvent& event) {
    Add(std::string(what) + " " + std::string(event.scope.account.text()));
  }
  void Add(std::string line) {
    const std::lock_guard lock(mutex_);
    log_.push_back(std::move(line));
  }

  mutable memory::ForkSafeMutex mutex_;
  std::vector<std::string> log_;
};

class GateFixture : public testing::Test {
 protected:
  GateFixture() {
    engine_ = *Engine::Create({.clock = &clock_, .observer = &events_});
    EXPECT_TRUE(
        registry()
            .PutEndpoint({.host_name = kNameA, .account = a_, .region = east_})
            .ok());
    EXPECT_TRUE(
        registry()
            .PutEndpoint({.host_name = kNameB, .account = b_, .region = east_})
            .ok());
  }

  Registry& registry() { return engine_->registry(); }

  Listener ListenerIn(const Region& region) const {
    ListenerOptions options;
    options.region = region;
    return *engine_->CreateListener(options);
  }

  void RegisterSniOnly(const Account& account, const TestCertificate& ca) {
    const auto registered =
        registry().RegisterCaCertificate({.account = account,
                                          .region = east_,
                                          .ca_certificate = ToPem(ca.der),
                                          .certificate_mode = "SNI_ONLY",
                                          .set_as_active = true});
    EXPECT_TRUE(registered.ok()) << registered.status();
  }

  // Likewise, of a CA whose devices are registered when they first connect.
  void RegisterAutomatic(const Account& account, const TestCertificate& ca) {
    const auto registered =
        registry().RegisterCaCertificate({.account = account,
                                          .region = east_,
                                          .ca_certificate = ToPem(ca.der),
                                          .certificate_mode = "SNI_ONLY",
                                          .set_as_active = true,
                                          .allow_auto_registration = true});
    EXPECT_TRUE(registered.ok()) << registered.status();
  }

  absl::Status TryRegisterDefault(const Account& account, const Region& region,
                                  const TestCertificate& ca) {
    CertificateSpec proof;
    proof.subject =
        CommonName(*registry().GetRegistrationCode(account, region));
    const TestCertificate verification = MakeCertificate(proof, &ca);
    return registry()
        .RegisterCaCertificate(
            {.account = account,
             .region = region,
             .ca_certificate = ToPem(ca.der),
             .verification_certificate = ToPem(verification.der),
             .set_as_active = true})
        .status();
  }

  void RegisterDefault(const Account& account, const TestCertificate& ca) {
    const absl::Status status = TryRegisterDefault(account, east_, ca);
    EXPECT_TRUE(status.ok()) << status;
  }

  absl::Status SetStatus(const Account& account, const TestCertificate& ca,
                         std::string_view status) {
    return registry().UpdateCaCertificate({.account = account,
                                           .region = east_,
                                           .ca_certificate_id = IdOf(ca),
                                           .new_status = status});
  }

  // Registers a device certificate, under the account's CA that signed it.
  absl::Status RegisterDevice(const Account& account,
                              const TestCertificate& device,
                              std::string_view status = "ACTIVE") {
    return registry()
        .RegisterCertificate({.account = account,
                              .region = east_,
                              .certificate = ToPem(device.der),
                              .status = status})
        .status();
  }
  absl::Status RegisterWithoutCa(const Account& account,
                                 const TestCertificate& device,
                                 std::string_view status = "ACTIVE") {
    return registry()
        .RegisterCertificateWithoutCa({.account = account,
                                       .region = east_,
                                       .certificate = ToPem(device.der),
                                       .status = status})
        .status();
  }
  absl::Status SetDeviceStatus(const Account& account,
                               const TestCertificate& device,
                               std::string_view status) {
    return registry().UpdateCertificate(
        {.certificate = {.account = account,
                         .region = east_,
                         .certificate_id = IdOf(device)},
         .new_status = status});
  }

  absl::Status DeleteDevice(const Account& account,
                            const TestCertificate& device) {
    return registry().DeleteCertificate(
        {.certificate = {.account = account,
                         .region = east_,
                         .certificate_id = IdOf(device)}});
  }

  static std::string IdOf(const TestCertificate& certificate) {
    return ComputeCertificateId(certificate.bytes()).ToHex();
  }

  Verdict Ask(std::optional<std::string_view> server_name,
              const TestCertificate& leaf,
              std::span<const Bytes> presented = {}) const {
    return test::Judge(ListenerIn(east_), {.server_name = server_name,
                                           .leaf = leaf.bytes(),
                                           .presented = presented});
  }

  static constexpr const char* kNameA = "a.example.com";
  static constexpr const char* kNameB = "b.example.com";

  const Account a_ = *Account::Parse("111122223333");
  const Account b_ = *Account::Parse("444455556666");
  const Account c_ = *Account::Parse("777788889999");
  const Region east_ = *Region::Parse("us-east-1");
  const Region west_ = *Region::Parse("eu-west-1");
  const TestCertificate ca_ = MakeCertificate(CaSpec("CA"), nullptr);
  const TestCertificate leaf_ = MakeCertificate(LeafSpec("device"), &ca_);
  ManualClock clock_;
  EventLog events_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_ENGINE_GATE_FIXTURE_H_
