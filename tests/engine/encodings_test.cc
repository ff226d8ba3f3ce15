// Which encodings and serial numbers are taken: the same at registration, under
// both policies, at a first connection and of intermediates, in the same words.

#include <optional>
#include <string>
#include <vector>

#include "engine/x509/certificate.h"
#include "gtest/gtest.h"
#include "tests/engine/gate_fixture.h"
#include "tests/support/der_writer.h"
#include "tests/support/test_crls.h"
#include "tests/support/tolerated_encodings.h"

namespace chainkeep::test {
namespace {

using In = ToleratedEncoding::In;

class EncodingsTest : public GateFixture {
 protected:
  static ValidationOptions Rules(
      EncodingRule encoding, SerialRule serials = SerialRule::kPositive,
      ValidationPolicy policy = ValidationPolicy::kTrustedChain) {
    return {.policy = policy, .encoding = encoding, .serial_rule = serials};
  }

  Verdict AskUnder(const ValidationOptions& rules, const TestCertificate& leaf,
                   std::span<const Bytes> presented = {}) const {
    ListenerOptions options;
    options.region = east_;
    options.validation = rules;
    return test::Judge(
        *engine_->CreateListener(options),
        {.server_name = kNameA, .leaf = leaf.bytes(), .presented = presented});
  }

  // Makes an engine anew, whose registration takes what the two rules say.
  void Reopen(EncodingRule encoding, SerialRule serials) {
    engine_ = *Engine::Create({.clock = &clock_,
                               .observer = &events_,
                               .registration_encoding = encoding,
                               .registration_serial_rule = serials});
    EXPECT_TRUE(
        registry()
            .PutEndpoint({.host_name = kNameA, .account = a_, .region = east_})
            .ok());
  }

  absl::Status TryRegisterCa(const TestCertificate& ca,
                             bool auto_registration = false) {
    return registry()
        .RegisterCaCertificate({.account = a_,
                                .region = east_,
                                .ca_certificate = ToPem(ca.der),
                                .certificate_mode = "SNI_ONLY",
                                .set_as_active = true,
                                .allow_auto_registration = auto_registration})
        .status();
  }

  static TestCertificate CaWith(KeyType key) {
    CertificateSpec spec = CaSpec("CA");
    spec.key_type = key;
    return MakeCertificate(spec, nullptr);
  }
};

std::string Message(const absl::Status& status) {
  return std::string(status.message());
}

void ExpectRefused(const Verdict& verdict, std::string_view words, int place) {
  EXPECT_EQ(verdict.reason(), Reason::kMalformed) << words;
  EXPECT_EQ(verdict.detail(), words);
  EXPECT_EQ(verdict.failing_certificate(), place) << words;
  EXPECT_FALSE(verdict.device().empty()) << words;
}

constexpr auto kTolerant = EncodingRule::kTolerant;
constexpr auto kStrict = EncodingRule::kStrict;
constexpr auto kPositive = SerialRule::kPositive;
constexpr auto kAny = SerialRule::kAnyInteger;
constexpr auto kDevice = ValidationPolicy::kRegisteredDevice;

TEST_F(EncodingsTest, OfADevice) {
  for (const ToleratedEncoding& encoding : ToleratedEncodings()) {
    if (encoding.in == In::kCa) continue;
    const TestCertificate ca = CaWith(encoding.issuer_key);
    CertificateSpec spec = LeafSpec("device");
    encoding.write(spec);
    const TestCertificate leaf = MakeCertificate(spec, &ca);

    Reopen(kStrict, kPositive);
    ASSERT_TRUE(TryRegisterCa(ca, /*auto_registration=*/true).ok());
    const std::string by_hand = Message(RegisterDevice(a_, leaf));
    EXPECT_NE(by_hand.find(encoding.words), std::string::npos) << by_hand;
    EXPECT_NE(by_hand.find(IdOf(leaf)), std::string::npos) << by_hand;

    // At its first connection: the listener's rule, then registration's.
    ExpectRefused(AskUnder(Rules(kStrict, kPositive, kDevice), leaf),
                  encoding.words, 0);
    const ListenerOptions options = {
        .region = east_, .validation = Rules(kTolerant, kPositive, kDevice)};
    const Listener listener = *engine_->CreateListener(options);
    const Attempt handshake = {.server_name = kNameA, .leaf = leaf.bytes()};
    EXPECT_TRUE(test::Judge(listener, handshake).needs_completion())
        << encoding.words;
    const Verdict completed = test::Connect(listener, handshake).verdict();
    EXPECT_EQ(completed.reason(), Reason::kMalformed) << encoding.words;
    EXPECT_EQ(completed.detail(), encoding.words);

    Reopen(kTolerant, kPositive);
    ASSERT_TRUE(TryRegisterCa(ca).ok());
    EXPECT_TRUE(AskUnder(Rules(kTolerant), leaf).accepted()) << encoding.words;
    ExpectRefused(AskUnder(Rules(kStrict), leaf), encoding.words, 0);
    const absl::Status registered = RegisterDevice(a_, leaf);
    EXPECT_TRUE(registered.ok()) << registered;
    EXPECT_TRUE(AskUnder(Rules(kTolerant, kPositive, kDevice), leaf).accepted())
        << encoding.words;
    ExpectRefused(AskUnder(Rules(kStrict, kPositive, kDevice), leaf),
                  encoding.words, 0);
  }
}

TEST_F(EncodingsTest, OfACa) {
  for (const ToleratedEncoding& encoding : ToleratedEncodings()) {
    if (encoding.in == In::kLeaf) continue;
    CertificateSpec spec = CaSpec("CA");
    spec.key_type = encoding.issuer_key;
    encoding.write(spec);
    const TestCertificate ca = MakeCertificate(spec, nullptr);
    const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &ca);
    // The name of such a CA is in its devices' certificates as well.
    const int place = encoding.words.starts_with("issuer") ? 0 : 1;

    Reopen(kStrict, kPositive);
    const std::string refusal = Message(TryRegisterCa(ca));
    EXPECT_NE(refusal.find(encoding.words), std::string::npos) << refusal;
    EXPECT_NE(refusal.find(IdOf(ca)), std::string::npos) << refusal;

    Reopen(kTolerant, kPositive);
    const absl::Status registered = TryRegisterCa(ca);
    ASSERT_TRUE(registered.ok()) << registered;
    EXPECT_TRUE(AskUnder(Rules(kTolerant), leaf).accepted()) << encoding.words;
    ExpectRefused(AskUnder(Rules(kStrict), leaf), encoding.words, place);
    ASSERT_TRUE(RegisterDevice(a_, leaf).ok());
    ValidationOptions with_ca = Rules(kTolerant, kPositive, kDevice);
    with_ca.registered_ca = RegisteredCa::kMustBeActive;
    EXPECT_TRUE(AskUnder(with_ca, leaf).accepted()) << encoding.words;
    with_ca.encoding = kStrict;
    ExpectRefused(AskUnder(with_ca, leaf), encoding.words, place);
  }
}

TEST_F(EncodingsTest, OfAnIntermediate) {
  for (const ToleratedEncoding& encoding : ToleratedEncodings()) {
    if (encoding.in == In::kLeaf) continue;
    const TestCertificate root = CaWith(encoding.issuer_key);
    CertificateSpec spec = CaSpec("intermediate");
    encoding.write(spec);
    const TestCertificate intermediate = MakeCertificate(spec, &root);
    const TestCertificate leaf =
        MakeCertificate(LeafSpec("device"), &intermediate);
    const int place = encoding.words.starts_with("issuer") ? 0 : 1;
    Reopen(kTolerant, kPositive);
    ASSERT_TRUE(TryRegisterCa(root).ok());
    const Bytes presented[] = {intermediate.bytes()};
    EXPECT_TRUE(AskUnder(Rules(kTolerant), leaf, presented).accepted())
        << encoding.words;
    ExpectRefused(AskUnder(Rules(kStrict), leaf, presented), encoding.words,
                  place);
  }
}

// One name however its attributes are ordered: a CA and its devices need not
// spell it alike.
TEST_F(EncodingsTest, V4_ANameIsOneInEveryOrder) {
  const DistinguishedName unsorted = {
      {.type = "OU", .value = "unit"},
      {.type = "CN", .value = "CA", .joins_previous = true},
      {.type = "O", .value = "org", .joins_previous = true}};
  for (const bool ca_is_sorted : {false, true}) {
    CertificateSpec spec = CaSpec("");
    spec.subject = ca_is_sorted ? InDerOrder(unsorted) : unsorted;
    const TestCertificate ca = MakeCertificate(spec, nullptr);
    Reopen(kTolerant, kPositive);
    ASSERT_TRUE(TryRegisterCa(ca).ok());
    for (const bool leaf_is_sorted : {false, true}) {
      CertificateSpec of = LeafSpec("device");
      of.issuer = leaf_is_sorted ? InDerOrder(unsorted) : unsorted;
      const TestCertificate leaf = MakeCertificate(of, &ca);
      EXPECT_TRUE(AskUnder(Rules(kTolerant), leaf).accepted())
          << ca_is_sorted << leaf_is_sorted;
      EXPECT_TRUE(RegisterDevice(a_, leaf).ok())
          << ca_is_sorted << leaf_is_sorted;
    }
  }
}

// The signature is over the bytes as they were sent: what is tolerated is never
// written anew.
TEST_F(EncodingsTest, V5_TheSignatureIsOverTheBytesAsSent) {
  for (const ToleratedEncoding& encoding : ToleratedEncodings()) {
    if (encoding.in == In::kCa) continue;
    const TestCertificate ca = CaWith(encoding.issuer_key);
    CertificateSpec spec = LeafSpec("device");
    spec.key = leaf_.key.get();
    spec.serial = "\x07";
    const TestCertificate in_der = MakeCertificate(spec, &ca);
    encoding.write(spec);
    // The signature of the same in DER.
    TestCertificate leaf = MakeCertificate(spec, &ca);
    const auto own = x509::Certificate::Parse(leaf.bytes());
    const auto other = x509::Certificate::Parse(in_der.bytes());
    ASSERT_TRUE(own.ok() && other.ok());
    if (own->signature().size() != other->signature().size()) continue;
    const size_t at = own->signature().data() - own->der().data();
    leaf.der.replace(at, own->signature().size(),
                     reinterpret_cast<const char*>(other->signature().data()),
                     other->signature().size());
    Reopen(kTolerant, kPositive);
    ASSERT_TRUE(TryRegisterCa(ca).ok());
    EXPECT_EQ(AskUnder(Rules(kTolerant), leaf).reason(), Reason::kBadSignature)
        << encoding.words;
  }
}

TEST_F(EncodingsTest, V2_SerialNumbersFollowOneRule) {
  struct Case {
    std::string serial;
    std::string_view words;
  };
  for (const Case& c : {
           Case{FromHex("00"), "serialNumber: zero, where it must be positive"},
           Case{FromHex("80"),
                "serialNumber: negative, where it must be positive"},
           Case{std::string(21, 'x'), "serialNumber: longer than 20 octets"},
       }) {
    CertificateSpec spec = LeafSpec("device");
    spec.serial = c.serial;
    const TestCertificate leaf = MakeCertificate(spec, &ca_);

    // By hand, and at a first connection.
    Reopen(kTolerant, kPositive);
    ASSERT_TRUE(TryRegisterCa(ca_, /*auto_registration=*/true).ok());
    for (const absl::Status& status :
         {RegisterDevice(a_, leaf), RegisterWithoutCa(a_, leaf)}) {
      EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kCertificateValidation);
      EXPECT_NE(Message(status).find(c.words), std::string::npos) << status;
    }
    ExpectRefused(AskUnder(Rules(kTolerant, kPositive, kDevice), leaf), c.words,
                  0);
    EXPECT_TRUE(
        AskUnder(Rules(kTolerant, kAny, kDevice), leaf).needs_completion());

    Reopen(kTolerant, kAny);
    ASSERT_TRUE(TryRegisterCa(ca_).ok());
    ASSERT_TRUE(RegisterDevice(a_, leaf).ok());
    for (const auto policy : {ValidationPolicy::kTrustedChain, kDevice}) {
      ExpectRefused(AskUnder(Rules(kTolerant, kPositive, policy), leaf),
                    c.words, 0);
      EXPECT_TRUE(AskUnder(Rules(kTolerant, kAny, policy), leaf).accepted())
          << c.words;
    }

    // Of an intermediate as well, and not of a registered CA.
    CertificateSpec below = CaSpec("intermediate");
    below.serial = c.serial;
    const TestCertificate intermediate = MakeCertificate(below, &ca_);
    const TestCertificate its =
        MakeCertificate(LeafSpec("device"), &intermediate);
    const Bytes presented[] = {intermediate.bytes()};
    ExpectRefused(AskUnder(Rules(kTolerant), its, presented), c.words, 1);
    EXPECT_TRUE(AskUnder(Rules(kTolerant, kAny), its, presented).accepted());
    Reopen(kTolerant, kPositive);
    ASSERT_TRUE(TryRegisterCa(intermediate).ok());
    EXPECT_TRUE(AskUnder(Rules(kTolerant), its).accepted()) << c.words;
  }
}

// A serial number that is not one INTEGER in DER has two readings, or none.
TEST_F(EncodingsTest, V2_NoRuleTakesASerialNumberThatIsNoInteger) {
  RegisterSniOnly(a_, ca_);
  for (const char* hex : {"0001", "000080", "ffff", "ff80", "0000"}) {
    CertificateSpec spec = LeafSpec("device");
    spec.serial = FromHex(hex);
    ExpectRefused(AskUnder(Rules(kTolerant, kAny), MakeCertificate(spec, &ca_)),
                  "serialNumber: no INTEGER in the fewest bytes", 0);
  }
}

TEST_F(EncodingsTest, ACertificateThatCannotBeParsedHasItsId) {
  RegisterSniOnly(a_, ca_);
  TestCertificate cut = MakeCertificate(LeafSpec("device"), &ca_);
  cut.der.pop_back();
  for (const auto policy : {ValidationPolicy::kTrustedChain, kDevice}) {
    const Verdict verdict = AskUnder(Rules(kTolerant, kPositive, policy), cut);
    EXPECT_EQ(verdict.reason(), Reason::kMalformed);
    EXPECT_EQ(verdict.device().ToHex(), IdOf(cut));
  }
  const std::string by_hand = Message(RegisterDevice(a_, cut));
  EXPECT_NE(by_hand.find(IdOf(cut)), std::string::npos) << by_hand;
  const std::string ca = Message(TryRegisterCa(cut));
  EXPECT_NE(ca.find(IdOf(cut)), std::string::npos) << ca;
}

// CRLs are judged when they are given, as certificates are.
TEST_F(EncodingsTest, OfACrl) {
  struct Case {
    std::string_view words;
    CrlSpec spec;
  };
  const std::string null_algorithm =
      Tlv(0x30, Oid("1.2.840.10045.4.3.2") + Tlv(0x05, ""));
  for (Case c : {
           Case{"signatureAlgorithm: parameters are NULL, which for ECDSA are "
                "absent",
                {.inner_algorithm = null_algorithm,
                .outer_algorithm = null_algorithm}},
           Case{"revokedCertificates: the list is empty",
                {.writes_empty_revoked = true}},
           Case{"crlExtensions: the list is empty",
                {.writes_empty_extensions = true}},
           Case{"crlEntryExtensions: the list is empty",
                {.revoked = {{.serial = "\x01", .extensions = ""}}}},
       }) {
    const std::string crl = MakeCrl(c.spec, ca_);
    for (const EncodingRule rule : {kTolerant, kStrict}) {
      Reopen(rule, kPositive);
      ASSERT_TRUE(TryRegisterCa(ca_).ok());
      const absl::Status given =
          registry().SetCrls({.account = a_,
                              .region = east_,
                              .ca_certificate = ToPem(ca_.der),
                              .crls = {crl}});
      EXPECT_EQ(given.ok(), rule == kTolerant) << given;
      if (rule == kTolerant) continue;
      EXPECT_EQ(ErrorCodeOf(given), ErrorCode::kCertificateValidation);
      EXPECT_NE(Message(given).find(c.words), std::string::npos) << given;
    }
  }
}

}  // namespace
}  // namespace chainkeep::test
