#include "chainkeep/tls.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/engine/gate_fixture.h"
#include "tests/support/twin.h"
#include "tests/tls/tls_pair.h"

namespace chainkeep {
namespace {

using test::CaSpec;
using test::CertificateSpec;
using test::ClientSpec;
using test::HandshakeOutcome;
using test::KeyType;
using test::LeafSpec;
using test::MakeCertificate;
using test::RunHandshake;
using test::TestCertificate;

// What the server's info callback, which takes no context, does at the end.
std::function<void()> on_done;

class TlsTest : public test::GateFixture {
 protected:
  TlsTest() : server_(test::ServerContext(TLS_with_buffers_method())) {
    EXPECT_TRUE(InstallGate(server_.get(), ListenerIn(east_)).ok());
    RegisterDefault(a_, ca_);
    RegisterSniOnly(b_, ca_);
    events_.clear();
  }

  HandshakeOutcome Connect(const ClientSpec& client) {
    return RunHandshake(server_.get(), client);
  }

  bssl::UniquePtr<SSL_CTX> server_;
};

constexpr uint16_t kVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

TEST_F(TlsTest, ADeviceGetsIn) {
  for (const uint16_t version : kVersions) {
    const HandshakeOutcome outcome =
        Connect({.certificate = &leaf_, .version = version});
    EXPECT_TRUE(outcome.finished);
    ASSERT_TRUE(outcome.verdict.accepted());
    EXPECT_EQ(outcome.verdict.account(), a_);
    EXPECT_EQ(outcome.verdict.device().ToHex(), IdOf(leaf_));
    EXPECT_GT(outcome.verdict_ns, 0);
  }
  EXPECT_EQ(engine_->GetStats().accepted, 2u);
}

TEST_F(TlsTest, TheServerNameSaysWhichAccount) {
  for (const uint16_t version : kVersions) {
    EXPECT_EQ(
        Connect(
            {.server_name = kNameA, .certificate = &leaf_, .version = version})
            .verdict.account(),
        a_);
    EXPECT_EQ(
        Connect(
            {.server_name = kNameB, .certificate = &leaf_, .version = version})
            .verdict.account(),
        b_);
  }
}

TEST_F(TlsTest, ARefusedServerNameEndsWithUnrecognizedName) {
  for (const uint16_t version : kVersions) {
    for (const auto& [name, reason] :
         {std::pair("unknown.example.com", Reason::kServerNameUnknown),
          std::pair("a.example.com.", Reason::kServerNameMalformed),
          std::pair("127.0.0.1", Reason::kServerNameMalformed)}) {
      const HandshakeOutcome outcome = Connect(
          {.server_name = name, .certificate = &leaf_, .version = version});
      EXPECT_FALSE(outcome.finished) << name;
      EXPECT_EQ(outcome.verdict.reason(), reason) << name;
      EXPECT_EQ(outcome.alert, SSL_AD_UNRECOGNIZED_NAME) << name;
      EXPECT_EQ(outcome.verdict_ns, 0) << name;
    }
  }
}

TEST_F(TlsTest, ARefusedCertificateEndsWithItsAlert) {
  const TestCertificate stranger = MakeCertificate(CaSpec("other"), nullptr);
  const TestCertificate impostor = MakeCertificate(CaSpec("CA"), nullptr);
  CertificateSpec expired = LeafSpec("device");
  expired.not_after = test::kTestNow - 1;
  CertificateSpec sha1 = LeafSpec("device");
  sha1.digest = test::DigestType::kSha1;
  struct Case {
    TestCertificate leaf;
    Reason reason;
    int alert;
  };
  const Case kCases[] = {
      {MakeCertificate(LeafSpec("d"), &stranger), Reason::kNoRegisteredCa,
       SSL_AD_UNKNOWN_CA},
      // What no registered CA has signed does not tell which are registered.
      {MakeCertificate(LeafSpec("d"), &impostor), Reason::kBadSignature,
       SSL_AD_UNKNOWN_CA},
      {MakeCertificate(expired, &ca_), Reason::kExpired,
       SSL_AD_CERTIFICATE_EXPIRED},
      {MakeCertificate(sha1, &ca_), Reason::kAlgorithmNotAllowed,
       SSL_AD_UNKNOWN_CA},
  };
  for (const uint16_t version : kVersions) {
    for (const Case& c : kCases) {
      const HandshakeOutcome outcome =
          Connect({.certificate = &c.leaf, .version = version});
      EXPECT_FALSE(outcome.finished);
      EXPECT_EQ(outcome.verdict.reason(), c.reason);
      EXPECT_EQ(outcome.alert, c.alert) << ReasonName(c.reason);
    }
  }
  EXPECT_EQ(events_.log().size(), 8u);
  EXPECT_EQ(events_.log()[0], "unproven kNoRegisteredCa");
  EXPECT_EQ(engine_->GetStats().accepted, 0u);
  EXPECT_EQ(engine_->GetStats().refused, 0u) << "nobody had proven a key";
}

TEST_F(TlsTest, ACertificateIsDemanded) {
  for (const uint16_t version : kVersions) {
    const HandshakeOutcome outcome = Connect({.version = version});
    EXPECT_FALSE(outcome.finished);
    EXPECT_EQ(outcome.verdict.reason(), Reason::kNoVerdict);
    EXPECT_EQ(outcome.alert, version == TLS1_3_VERSION
                                 ? SSL_AD_CERTIFICATE_REQUIRED
                                 : SSL_AD_HANDSHAKE_FAILURE);
  }
  EXPECT_EQ(events_.log(), std::vector<std::string>(2, "unproven kNoVerdict"));
}

// BoringSSL's own list for servers lacks Ed25519 and P-521.
TEST_F(TlsTest, V3_EveryKeyOfThePolicyCanProveItself) {
  for (const KeyType type : {KeyType::kP256, KeyType::kP384, KeyType::kP521,
                             KeyType::kRsa2048, KeyType::kEd25519}) {
    CertificateSpec spec = LeafSpec("device");
    spec.key_type = type;
    const TestCertificate leaf = MakeCertificate(spec, &ca_);
    for (const uint16_t version : kVersions) {
      EXPECT_TRUE(Connect({.certificate = &leaf, .version = version})
                      .verdict.accepted())
          << static_cast<int>(type) << " " << version;
    }
  }
}

// What the policy does not allow is not even offered: the client has nothing to
// prove its key with.
TEST_F(TlsTest, V3_TheOfferFollowsThePolicy) {
  bssl::UniquePtr<SSL_CTX> ctx = test::ServerContext(TLS_with_buffers_method());
  ListenerOptions options;
  options.region = east_;
  options.validation.algorithms = kAws;
  ASSERT_TRUE(InstallGate(ctx.get(), *engine_->CreateListener(options)).ok());
  CertificateSpec spec = LeafSpec("device");
  spec.key_type = KeyType::kEd25519;
  const TestCertificate leaf = MakeCertificate(spec, &ca_);
  for (const uint16_t version : kVersions) {
    EXPECT_FALSE(
        RunHandshake(ctx.get(), {.certificate = &leaf, .version = version})
            .finished);
    EXPECT_TRUE(
        RunHandshake(ctx.get(), {.certificate = &leaf_, .version = version})
            .verdict.accepted());
  }
}

TEST_F(TlsTest, APresentedIntermediateIsFollowed) {
  const TestCertificate middle = MakeCertificate(CaSpec("middle"), &ca_);
  const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &middle);
  EXPECT_EQ(Connect({.certificate = &leaf}).verdict.reason(),
            Reason::kNoRegisteredCa);
  EXPECT_TRUE(Connect({.certificate = &leaf, .chain = {middle.der}})
                  .verdict.accepted());
}

// Anybody who has seen a certificate can present it. Without its key he comes
// as far as Validate, and nothing in the engine tells that he was there.
TEST_F(TlsTest, AnUnprovenCertificateChangesNothing) {
  const auto other_key = test::MakeKey(KeyType::kP256);
  const Stats before = engine_->GetStats();
  const auto description =
      registry().DescribeCaCertificate(a_, east_, IdOf(ca_));
  for (const uint16_t version : kVersions) {
    for (std::optional<std::string> name :
         {std::optional<std::string>(), std::optional<std::string>(kNameB)}) {
      const HandshakeOutcome outcome = Connect({.server_name = name,
                                                .certificate = &leaf_,
                                                .key = other_key.get(),
                                                .version = version});
      EXPECT_FALSE(outcome.finished);
      EXPECT_GT(outcome.verdict_ns, 0);  // Validate was asked, and said yes
      EXPECT_FALSE(outcome.verdict.accepted());
      EXPECT_EQ(outcome.verdict.reason(), Reason::kNoVerdict);
      EXPECT_EQ(outcome.alert, SSL_AD_DECRYPT_ERROR);
    }
  }
  const Stats after = engine_->GetStats();
  EXPECT_EQ(after.accepted, before.accepted);
  EXPECT_EQ(after.refused, before.refused);
  EXPECT_EQ(after.registrations, before.registrations);
  EXPECT_EQ(after.ca_records, before.ca_records);
  EXPECT_EQ(after.endpoints, before.endpoints);
  for (const std::string& line : events_.log()) {
    EXPECT_EQ(line, "unproven kNoVerdict");
  }
  const auto now = registry().DescribeCaCertificate(a_, east_, IdOf(ca_));
  EXPECT_EQ(now->generation_id, description->generation_id);
  EXPECT_EQ(now->customer_version, description->customer_version);
}

// Likewise one that Validate refuses: the observer hears of a claim, the engine
// counts nothing.
TEST_F(TlsTest, ARefusedUnprovenCertificateChangesNothing) {
  CertificateSpec spec = LeafSpec("device");
  spec.not_after = test::kTestNow - 1;
  const TestCertificate expired = MakeCertificate(spec, &ca_);
  const auto other_key = test::MakeKey(KeyType::kP256);
  const Stats before = engine_->GetStats();
  const HandshakeOutcome outcome = Connect(
      {.server_name = kNameA, .certificate = &expired, .key = other_key.get()});
  EXPECT_EQ(outcome.verdict.reason(), Reason::kExpired);
  EXPECT_EQ(events_.log(), (std::vector<std::string>{"unproven kExpired"}));
  const Stats after = engine_->GetStats();
  EXPECT_EQ(after.accepted, before.accepted);
  EXPECT_EQ(after.refused, before.refused);
}

// A REVOKED device that sends another certificate of the same signed contents
// (tests/support/twin.h) is the same device.
TEST_F(TlsTest, ARevokedDeviceDoesNotComeBackAsItsTwin) {
  ASSERT_TRUE(RegisterDevice(a_, leaf_, "REVOKED").ok());
  TestCertificate twin = MakeCertificate(LeafSpec("device"), &ca_);
  twin.der = test::TwinOf(leaf_.der);
  for (const uint16_t version : kVersions) {
    for (std::optional<std::string> name :
         {std::optional<std::string>(), std::optional<std::string>(kNameA)}) {
      const HandshakeOutcome outcome = Connect({.server_name = name,
                                                .certificate = &twin,
                                                .key = leaf_.key.get(),
                                                .version = version});
      EXPECT_EQ(outcome.verdict.reason(), Reason::kDeviceRevoked);
      EXPECT_EQ(outcome.alert, SSL_AD_CERTIFICATE_REVOKED);
    }
  }
}

// What an account has refused in mode SNI_ONLY holds without a server name. A
// stranger who sends the certificate sees what he would see if it were let in;
// only who has proven the key is refused.
TEST_F(TlsTest, ARefusalOutOfSightIsShownToTheKeyOnly) {
  const TestCertificate other = MakeCertificate(LeafSpec("other"), &ca_);
  ASSERT_TRUE(RegisterWithoutCa(a_, leaf_, "REVOKED").ok());
  const auto stranger = test::MakeKey(KeyType::kP256);
  for (const uint16_t version : kVersions) {
    for (const TestCertificate* certificate : {&leaf_, &other}) {
      const HandshakeOutcome outcome = Connect({.certificate = certificate,
                                                .key = stranger.get(),
                                                .version = version});
      EXPECT_EQ(outcome.verdict.reason(), Reason::kNoVerdict);
      EXPECT_EQ(outcome.alert, SSL_AD_DECRYPT_ERROR);
    }
    const HandshakeOutcome outcome =
        Connect({.certificate = &leaf_, .version = version});
    EXPECT_EQ(outcome.verdict.reason(), Reason::kDeviceRevoked);
    EXPECT_FALSE(outcome.verdict.needs_completion());
  }
}

// SSL_clear does not clear what others keep with an SSL.
TEST_F(TlsTest, AClearedSslForgetsItsVerdict) {
  HandshakeOutcome first = Connect({.certificate = &leaf_});
  ASSERT_TRUE(first.verdict.accepted());
  ASSERT_EQ(SSL_clear(first.server.get()), 1);
  EXPECT_FALSE(FinishHandshake(first.server.get()).verdict().accepted());

  // The next client sends nothing.
  const HandshakeOutcome second =
      test::RunHandshake(std::move(first.server), {});
  EXPECT_FALSE(second.finished);
  EXPECT_FALSE(second.verdict.accepted());

  HandshakeOutcome third = Connect({.certificate = &leaf_});
  ASSERT_EQ(SSL_clear(third.server.get()), 1);
  const HandshakeOutcome fourth =
      test::RunHandshake(std::move(third.server), {.certificate = &leaf_});
  EXPECT_TRUE(fourth.verdict.accepted());
  EXPECT_EQ(engine_->GetStats().accepted, 3u) << "asked each time";
}

TEST_F(TlsTest, ResumptionIsOff) {
  for (const uint16_t version : kVersions) {
    const HandshakeOutcome first =
        Connect({.certificate = &leaf_, .version = version});
    ASSERT_TRUE(first.verdict.accepted());
    EXPECT_FALSE(first.ticket) << version;
    // What the client made of the handshake, resumable or not.
    const bssl::UniquePtr<SSL_SESSION> session(
        SSL_get1_session(first.client.get()));
    ASSERT_NE(session, nullptr);
    const HandshakeOutcome second = Connect(
        {.certificate = &leaf_, .version = version, .session = session.get()});
    EXPECT_FALSE(second.resumed) << version;
    EXPECT_TRUE(second.verdict.accepted());
    EXPECT_GT(second.verdict_ns, 0) << "the gate was not asked";
  }
  EXPECT_EQ(SSL_CTX_sess_number(server_.get()), 0u);
}

// A session from a server with tickets, and with the same ticket keys, is one
// that could be resumed, with early data. The gate's server takes neither.
TEST_F(TlsTest, ATicketOfASiblingIsNotTaken) {
  std::vector<uint8_t> keys(
      SSL_CTX_get_tlsext_ticket_keys(server_.get(), nullptr, 0), 7);
  bssl::UniquePtr<SSL_CTX> sibling =
      test::ServerContext(TLS_with_buffers_method());
  SSL_CTX_set_early_data_enabled(sibling.get(), 1);
  ASSERT_EQ(
      SSL_CTX_set_tlsext_ticket_keys(sibling.get(), keys.data(), keys.size()),
      1);
  ASSERT_EQ(
      SSL_CTX_set_tlsext_ticket_keys(server_.get(), keys.data(), keys.size()),
      1);
  for (const uint16_t version : kVersions) {
    const HandshakeOutcome first = RunHandshake(
        sibling.get(), {.certificate = &leaf_, .version = version});
    ASSERT_TRUE(first.ticket) << "the test has no ticket to offer";
    const HandshakeOutcome again =
        RunHandshake(sibling.get(), {.certificate = &leaf_,
                                     .version = version,
                                     .session = first.session.get()});
    ASSERT_TRUE(again.resumed) << "the ticket is not good anywhere";
    const HandshakeOutcome second = Connect({.certificate = &leaf_,
                                             .version = version,
                                             .session = first.session.get()});
    EXPECT_FALSE(second.resumed);
    EXPECT_EQ(SSL_early_data_accepted(second.server.get()), 0);
    EXPECT_TRUE(second.verdict.accepted());
    EXPECT_GT(second.verdict_ns, 0) << "the gate was not asked";
  }
}

TEST_F(TlsTest, Tls11IsRefused) {
  const HandshakeOutcome outcome =
      Connect({.certificate = &leaf_, .version = TLS1_1_VERSION});
  EXPECT_FALSE(outcome.finished);
  EXPECT_EQ(outcome.alert, SSL_AD_PROTOCOL_VERSION);
}

TEST_F(TlsTest, CompletingTwiceTellsOnce) {
  const HandshakeOutcome outcome = Connect({.certificate = &leaf_});
  ASSERT_TRUE(outcome.verdict.accepted());
  EXPECT_TRUE(FinishHandshake(outcome.server.get()).verdict().accepted());
  EXPECT_EQ(events_.log(), (std::vector<std::string>{"accepted 111122223333"}));
  EXPECT_EQ(engine_->GetStats().accepted, 1u);
}

TEST_F(TlsTest, WithoutAnEndOrAGateThereIsNoVerdict) {
  bssl::UniquePtr<SSL> ssl(SSL_new(server_.get()));
  EXPECT_EQ(FinishHandshake(ssl.get()).verdict().reason(), Reason::kNoVerdict);
  EXPECT_EQ(VerdictDuration(ssl.get()), 0);
  bssl::UniquePtr<SSL_CTX> plain =
      test::ServerContext(TLS_with_buffers_method());
  ssl.reset(SSL_new(plain.get()));
  EXPECT_EQ(FinishHandshake(ssl.get()).verdict().reason(), Reason::kNoVerdict);
  EXPECT_EQ(FinishHandshake(nullptr).verdict().reason(), Reason::kNoVerdict);
  EXPECT_EQ(VerdictDuration(nullptr), 0);
  EXPECT_FALSE(test::MayWait(ssl.get()));
  EXPECT_EQ(HandshakeOf(nullptr), nullptr);
  EXPECT_FALSE(MayStay(ssl.get()));
  EXPECT_FALSE(MayStay(nullptr));
  EXPECT_TRUE(events_.log().empty());
}

TEST_F(TlsTest, TrustWithdrawnDuringTheHandshakeRefuses) {
  // The whole handshake runs; only the question at its end is new.
  bssl::UniquePtr<SSL_CTX> ctx = test::ServerContext(TLS_with_buffers_method());
  ASSERT_TRUE(InstallGate(ctx.get(), ListenerIn(east_)).ok());
  SSL_CTX_set_info_callback(ctx.get(), [](const SSL*, int type, int) {
    if (type == SSL_CB_HANDSHAKE_DONE) on_done();
  });
  on_done = [this] { EXPECT_TRUE(SetStatus(a_, ca_, "INACTIVE").ok()); };
  const HandshakeOutcome outcome =
      RunHandshake(ctx.get(), {.certificate = &leaf_});
  EXPECT_TRUE(outcome.finished);
  EXPECT_EQ(outcome.verdict.reason(), Reason::kCaInactive);
}

TEST_F(TlsTest, WorksWithX509MethodsToo) {
  bssl::UniquePtr<SSL_CTX> ctx = test::ServerContext(TLS_method());
  ASSERT_NE(ctx, nullptr);
  ASSERT_TRUE(InstallGate(ctx.get(), ListenerIn(east_)).ok());
  for (const uint16_t version : kVersions) {
    EXPECT_TRUE(
        RunHandshake(ctx.get(), {.certificate = &leaf_, .version = version})
            .verdict.accepted());
  }
}

TEST_F(TlsTest, InstallGateChecksItsArguments) {
  const Listener listener = ListenerIn(east_);
  bssl::UniquePtr<SSL_CTX> ctx = test::ServerContext(TLS_with_buffers_method());
  EXPECT_EQ(ErrorCodeOf(InstallGate(nullptr, listener)),
            ErrorCode::kInvalidRequest);
  ListenerOptions options;
  options.region = east_;
  options.validation.algorithms.schemes = {};
  EXPECT_EQ(
      ErrorCodeOf(InstallGate(ctx.get(), *engine_->CreateListener(options))),
      ErrorCode::kInvalidRequest);
  EXPECT_TRUE(InstallGate(ctx.get(), listener).ok());
  EXPECT_EQ(ErrorCodeOf(InstallGate(ctx.get(), listener)),
            ErrorCode::kInvalidRequest);
}

TEST_F(TlsTest, D5_ManyOrLargeCertificatesAreRefused) {
  const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &ca_);
  std::vector<std::string> many(17, ca_.der);
  HandshakeOutcome outcome =
      Connect({.certificate = &leaf, .chain = std::move(many)});
  EXPECT_EQ(outcome.verdict.reason(), Reason::kBudgetCertificates);
  EXPECT_EQ(outcome.alert, SSL_AD_BAD_CERTIFICATE);

  CertificateSpec large = CaSpec("large");
  large.extensions = {{"1.2.3.4", std::string(70'000, 'x'), false}};
  outcome = Connect(
      {.certificate = &leaf, .chain = {MakeCertificate(large, nullptr).der}});
  EXPECT_EQ(outcome.verdict.reason(), Reason::kBudgetBytes);

  large.extensions = {{"1.2.3.4", std::string(300'000, 'x'), false}};
  outcome = Connect(
      {.certificate = &leaf, .chain = {MakeCertificate(large, nullptr).der}});
  EXPECT_FALSE(outcome.finished);
  EXPECT_EQ(outcome.verdict.reason(), Reason::kNoVerdict);
  EXPECT_TRUE(Connect({.certificate = &leaf}).verdict.accepted());
}

}  // namespace
}  // namespace chainkeep
