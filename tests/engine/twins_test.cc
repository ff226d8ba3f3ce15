// A certificate's signature is not signed: whoever holds one can make others of
// it that verify as well (tests/support/twin.h). What is denied, found or
// counted as one device, or as one CA, does not go by such bytes.

#include <unistd.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chainkeep/provisioning.h"
#include "chainkeep/store.h"
#include "engine/signature/signed_id.h"
#include "engine/x509/certificate.h"
#include "tests/engine/gate_fixture.h"
#include "tests/support/der_writer.h"
#include "tests/support/twin.h"

namespace chainkeep::test {
namespace {

using Name = std::optional<std::string_view>;

constexpr ValidationPolicy kTrustedChain = ValidationPolicy::kTrustedChain;
constexpr ValidationPolicy kRegisteredDevice =
    ValidationPolicy::kRegisteredDevice;

constexpr std::string_view kTemplate = R"({
  "Parameters": {"AWS::IoT::Certificate::Id": {"Type": "String"}},
  "Resources": {"certificate": {
      "Type": "AWS::IoT::Certificate",
      "Properties": {
          "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"},
          "Status": "ACTIVE"}}}})";

class TwinsTest : public GateFixture {
 protected:
  Listener ListenerFor(ValidationPolicy policy) const {
    ListenerOptions options;
    options.region = east_;
    options.validation.policy = policy;
    options.validation.first_connect_issuer = FirstConnectIssuer::kLeafSuffices;
    return *engine_->CreateListener(options);
  }
  // As far as the client's proof, and after it.
  struct Answers {
    Verdict before, after;
  };
  Answers Connect(ValidationPolicy policy, Name name, std::string_view leaf,
                  std::span<const Bytes> presented = {}) {
    const Listener listener = ListenerFor(policy);
    const Attempt handshake{
        .server_name = name, .leaf = AsBytes(leaf), .presented = presented};
    const Verdict before = test::Judge(listener, handshake);
    return {before, test::Connect(listener, handshake).verdict()};
  }
  Reason Final(ValidationPolicy policy, Name name, std::string_view leaf,
               std::span<const Bytes> presented = {}) {
    return Connect(policy, name, leaf, presented).after.reason();
  }

  void RegisterWithTemplate(const TestCertificate& ca) {
    const auto registered = registry().RegisterCaCertificate(
        {.account = a_,
         .region = east_,
         .ca_certificate = ToPem(ca.der),
         .certificate_mode = "SNI_ONLY",
         .set_as_active = true,
         .allow_auto_registration = true,
         .registration_config =
             RegistrationConfig{.template_body = std::string(kTemplate)}});
    ASSERT_TRUE(registered.ok()) << registered.status();
  }
  size_t CountDevices(const Account& account) {
    return registry()
        .ListCertificates({.account = account, .region = east_})
        ->items.size();
  }

  const std::string twin_ = TwinOf(leaf_.der);
};

TEST_F(TwinsTest, ATwinVerifiesAndHasAnotherId) {
  ASSERT_NE(twin_, leaf_.der);
  RegisterSniOnly(a_, ca_);
  const Verdict verdict = Connect(kTrustedChain, kNameA, twin_).after;
  EXPECT_TRUE(verdict.accepted());
  EXPECT_EQ(verdict.device(), ComputeCertificateId(AsBytes(twin_)));
  EXPECT_EQ(verdict.signed_id(), Ask(kNameA, leaf_).signed_id());
}

// Each row: how it is registered, and asked for.
TEST_F(TwinsTest, ADevicesRecordDecidesOfItsTwin) {
  const struct {
    const char* what;
    Mode mode;
    Name name;
  } kRows[] = {{"SNI_ONLY", Mode::kSniOnly, kNameA},
               {"DEFAULT, with a name", Mode::kDefault, kNameA},
               {"DEFAULT, without one", Mode::kDefault, std::nullopt}};
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);
    const TestCertificate ca = MakeCertificate(CaSpec(row.what), nullptr);
    const TestCertificate leaf = MakeCertificate(LeafSpec("d"), &ca);
    row.mode == Mode::kDefault ? RegisterDefault(a_, ca)
                               : RegisterSniOnly(a_, ca);
    ASSERT_TRUE(RegisterDevice(a_, leaf).ok());
    const std::string twin = TwinOf(leaf.der);
    for (const auto policy : {kTrustedChain, kRegisteredDevice}) {
      EXPECT_EQ(Final(policy, row.name, twin), Reason::kAccepted);
    }
    for (const auto& [status, reason] :
         {std::pair{"INACTIVE", Reason::kDeviceInactive},
          {"REVOKED", Reason::kDeviceRevoked}}) {
      const Listener listener = ListenerFor(kTrustedChain);
      const Attempt handshake{.server_name = row.name, .leaf = AsBytes(twin)};
      Admission held = test::Connect(listener, handshake);
      Handshake late = test::Show(listener, handshake);
      ASSERT_TRUE(SetDeviceStatus(a_, leaf, status).ok());
      EXPECT_FALSE(held.Holds(handshake.leaf));
      EXPECT_FALSE(late.Finish().accepted());
      for (const auto policy : {kTrustedChain, kRegisteredDevice}) {
        EXPECT_EQ(Final(policy, row.name, twin), reason) << status;
      }
      if (reason == Reason::kDeviceInactive) {
        ASSERT_TRUE(SetDeviceStatus(a_, leaf, "ACTIVE").ok());
      }
    }
  }
}

TEST_F(TwinsTest, ATwinIsRegisteredAlready) {
  RegisterSniOnly(a_, ca_);
  ASSERT_TRUE(RegisterDevice(a_, leaf_, "REVOKED").ok());
  const auto by_ca = registry().RegisterCertificate(
      {.account = a_, .region = east_, .certificate = ToPem(twin_)});
  ASSERT_EQ(ErrorCodeOf(by_ca.status()), ErrorCode::kResourceAlreadyExists);
  EXPECT_EQ(ResourceOf(by_ca.status())->id, IdOf(leaf_));
  const auto without = registry().RegisterCertificateWithoutCa(
      {.account = a_, .region = east_, .certificate = ToPem(twin_)});
  EXPECT_EQ(ErrorCodeOf(without.status()), ErrorCode::kResourceAlreadyExists);
  // For another account it is no more there than the certificate is.
  RegisterSniOnly(b_, ca_);
  EXPECT_TRUE(
      registry()
          .RegisterCertificate(
              {.account = b_, .region = east_, .certificate = ToPem(twin_)})
          .ok());
}

// It does not provision itself anew, nor is it registered a second time.
TEST_F(TwinsTest, ATwinIsNoNewDeviceAtItsFirstConnection) {
  RegisterWithTemplate(ca_);
  ASSERT_TRUE(RegisterDevice(a_, leaf_, "REVOKED").ok());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Final(kRegisteredDevice, kNameA, twin_), Reason::kDeviceRevoked);
  }
  EXPECT_EQ(CountDevices(a_), 1u);
  // One that is not registered is one device, whichever of the two comes first.
  const TestCertificate other = MakeCertificate(LeafSpec("other"), &ca_);
  EXPECT_EQ(Final(kRegisteredDevice, kNameA, TwinOf(other.der)),
            Reason::kDeviceProvisioned);
  EXPECT_EQ(Final(kRegisteredDevice, kNameA, other.der), Reason::kAccepted);
  EXPECT_EQ(CountDevices(a_), 2u);
}

// Who has only seen a certificate can make no record answer for other contents;
// and to be registered it takes the CA's signature.
TEST_F(TwinsTest, AForgeryIsNoTwin) {
  RegisterWithTemplate(ca_);
  EXPECT_EQ(Final(kTrustedChain, kNameA, ForgeryOf(leaf_.der)),
            Reason::kBadSignature);
  EXPECT_EQ(Final(kRegisteredDevice, kNameA, ForgeryOf(leaf_.der)),
            Reason::kDeviceNotRegistered);
  EXPECT_EQ(CountDevices(a_), 0u);
}

// The contents of a device's certificate, signed by a CA of the same name and
// another key: neither keeps the other out, and each is its account's.
TEST_F(TwinsTest, ALookAlikeIssuersDeviceIsAnother) {
  const TestCertificate look_alike = MakeCertificate(CaSpec("CA"), nullptr);
  CertificateSpec spec = LeafSpec("device");
  spec.serial = "\x07";
  spec.authority_key_id = std::nullopt;
  spec.key = leaf_.key.get();
  const TestCertificate mine = MakeCertificate(spec, &ca_);
  const TestCertificate theirs = MakeCertificate(spec, &look_alike);
  const auto signed_id = [](const TestCertificate& certificate) {
    return signature::ComputeSignedId(
        *x509::Certificate::Parse(certificate.bytes()));
  };
  ASSERT_EQ(signed_id(mine), signed_id(theirs));
  RegisterDefault(b_, look_alike);
  ASSERT_TRUE(RegisterDevice(b_, theirs, "REVOKED").ok());
  RegisterDefault(a_, ca_);
  ASSERT_TRUE(RegisterDevice(a_, mine).ok());
  for (const auto policy : {kTrustedChain, kRegisteredDevice}) {
    const Verdict verdict = Connect(policy, {}, mine.der).after;
    EXPECT_TRUE(verdict.accepted());
    EXPECT_EQ(verdict.account(), a_);
    EXPECT_EQ(Final(policy, {}, theirs.der), Reason::kDeviceRevoked);
  }
}

// What SNI_ONLY refuses holds without a server name too; but nobody learns of
// it who has only seen the certificate.
TEST_F(TwinsTest, ADenialInModeSniOnlyHoldsWithoutAName) {
  RegisterSniOnly(a_, ca_);
  ASSERT_TRUE(RegisterDevice(a_, leaf_, "REVOKED").ok());
  ASSERT_TRUE(SetStatus(a_, ca_, "INACTIVE").ok());
  ASSERT_TRUE(registry().DeleteCaCertificate(a_, east_, IdOf(ca_)).ok());
  RegisterDefault(a_, ca_);
  for (const std::string& der : {leaf_.der, twin_}) {
    const Answers answers = Connect(kTrustedChain, {}, der);
    EXPECT_EQ(answers.before.reason(), Reason::kDeviceRevoked);
    // The handshake goes on as that of a device which is accepted.
    EXPECT_TRUE(answers.before.needs_completion());
    EXPECT_TRUE(answers.before.account().empty());
    EXPECT_EQ(answers.after.reason(), Reason::kDeviceRevoked);
    EXPECT_FALSE(answers.after.needs_completion());
  }
  // Another account's refusal is nothing to a_'s devices.
  const TestCertificate other = MakeCertificate(LeafSpec("other"), &ca_);
  ASSERT_TRUE(RegisterWithoutCa(b_, other, "REVOKED").ok());
  EXPECT_EQ(Final(kTrustedChain, {}, other.der), Reason::kAccepted);
  // One that comes later ends what was accepted.
  const Listener listener = ListenerFor(kTrustedChain);
  const Attempt handshake{.server_name = {}, .leaf = other.bytes()};
  Admission held = test::Connect(listener, handshake);
  Handshake late = test::Show(listener, handshake);
  ASSERT_TRUE(RegisterWithoutCa(a_, other, "REVOKED").ok());
  EXPECT_FALSE(held.Holds(handshake.leaf));
  EXPECT_EQ(late.Finish().verdict().reason(), Reason::kDeviceRevoked);
}

// A stored record decides of a twin too: for one question, and for an engine
// that has loaded the store. So does a CA that is switched off.
TEST_F(TwinsTest, AStoredRecordDecidesOfATwin) {
  const std::string path =
      testing::TempDir() + "/twins." + std::to_string(getpid()) + ".db";
  const TestCertificate sub = MakeCertificate(CaSpec("sub"), &ca_);
  const TestCertificate below = MakeCertificate(LeafSpec("below"), &sub);
  {
    engine_ = *Engine::Create({.clock = &clock_}, *OpenStore({.path = path}));
    RegisterDefault(a_, ca_);
    ASSERT_TRUE(RegisterDevice(a_, leaf_, "REVOKED").ok());
    RegisterSniOnly(a_, sub);
    ASSERT_TRUE(SetStatus(a_, sub, "INACTIVE").ok());
    engine_.reset();
  }
  const auto ask = [&](const Attempt& handshake,
                       LeafProfile profile = LeafProfile::kClientAuth) {
    ListenerOptions listener;
    listener.region = east_;
    listener.validation.leaf_profile = profile;
    return Engine::AskStore({.clock = &clock_}, *OpenStore({.path = path}),
                            listener, handshake)
        ->reason();
  };
  const std::string sub_twin = TwinOf(sub.der);
  const Bytes presented[] = {AsBytes(sub_twin)};
  EXPECT_EQ(ask({.leaf = AsBytes(twin_)}), Reason::kDeviceRevoked);
  EXPECT_EQ(ask({.leaf = below.bytes(), .presented = presented}),
            Reason::kCaInactive);
  EXPECT_EQ(ask({.leaf = AsBytes(sub_twin)}, LeafProfile::kNone),
            Reason::kCaInactive);
  engine_ = *Engine::Create({.clock = &clock_}, *OpenStore({.path = path}));
  EXPECT_EQ(Final(kTrustedChain, {}, twin_), Reason::kDeviceRevoked);
  EXPECT_EQ(Final(kTrustedChain, {}, below.der, presented),
            Reason::kCaInactive);
  engine_.reset();
  for (const char* end : {"", "-wal", "-shm"}) unlink((path + end).c_str());
}

// A root, and below it a CA that is switched off.
class InactiveCaTest : public TwinsTest {
 protected:
  CertificateSpec Renewed() const {
    CertificateSpec spec = CaSpec("sub");
    spec.serial = "\x55";
    spec.key = sub_.key.get();
    return spec;
  }
  void RegisterInactive(const TestCertificate& ca) {
    RegisterSniOnly(a_, ca);
    ASSERT_TRUE(SetStatus(a_, ca, "INACTIVE").ok());
  }
  Reason By(std::string_view sub, Name name = kNameA) {
    const Bytes presented[] = {AsBytes(sub)};
    return Final(kTrustedChain, name, device_.der, presented);
  }

  const TestCertificate root_ = MakeCertificate(CaSpec("root"), nullptr);
  const TestCertificate sub_ = MakeCertificate(CaSpec("sub"), &root_);
  const TestCertificate renewed_ = MakeCertificate(Renewed(), &root_);
  const TestCertificate stranger_ = MakeCertificate(CaSpec("sub"), &root_);
  const TestCertificate device_ = MakeCertificate(LeafSpec("d"), &sub_);
};

TEST_F(InactiveCaTest, BarsEveryCertificateOfItsNameAndKey) {
  RegisterSniOnly(a_, root_);
  EXPECT_EQ(By(sub_.der), Reason::kAccepted);
  RegisterInactive(sub_);
  EXPECT_EQ(By(sub_.der), Reason::kCaInactive);
  EXPECT_EQ(By(TwinOf(sub_.der)), Reason::kCaInactive);
  EXPECT_EQ(By(renewed_.der), Reason::kCaInactive);
  // Of another key it is another CA.
  const TestCertificate other = MakeCertificate(LeafSpec("o"), &stranger_);
  const Bytes presented[] = {stranger_.bytes()};
  EXPECT_EQ(Final(kTrustedChain, kNameA, other.der, presented),
            Reason::kAccepted);
  // One ACTIVE registration of the CA makes up for it.
  RegisterSniOnly(a_, renewed_);
  EXPECT_EQ(By(sub_.der), Reason::kAccepted);
  ASSERT_TRUE(SetStatus(a_, renewed_, "INACTIVE").ok());
  EXPECT_EQ(By(TwinOf(sub_.der)), Reason::kCaInactive);
  ASSERT_TRUE(SetStatus(a_, sub_, "ACTIVE").ok());
  EXPECT_EQ(By(renewed_.der), Reason::kAccepted);
}

// Each row: which certificate of the CA is registered INACTIVE while a
// connection by way of another stands.
TEST_F(InactiveCaTest, EndsWhatCameByAnyCertificateOfIt) {
  for (const bool is_twin : {false, true}) {
    SCOPED_TRACE(is_twin);
    if (!is_twin) RegisterSniOnly(a_, root_);
    const std::string way = is_twin ? TwinOf(sub_.der) : renewed_.der;
    const Bytes presented[] = {AsBytes(way)};
    const Listener listener = ListenerFor(kTrustedChain);
    const Attempt handshake{
        .server_name = kNameA, .leaf = device_.bytes(), .presented = presented};
    Admission held = test::Connect(listener, handshake);
    ASSERT_TRUE(held.accepted());
    Handshake late = test::Show(listener, handshake);
    RegisterInactive(sub_);
    EXPECT_FALSE(held.Holds(handshake.leaf, presented));
    EXPECT_EQ(late.Finish().verdict().reason(), Reason::kCaInactive);
    ASSERT_TRUE(registry().DeleteCaCertificate(a_, east_, IdOf(sub_)).ok());
    EXPECT_TRUE(held.Holds(handshake.leaf, presented));
  }
}

TEST_F(InactiveCaTest, InModeSniOnlyBarsWithoutANameOnceTheKeyIsProven) {
  RegisterDefault(a_, root_);
  RegisterInactive(sub_);
  for (const std::string& way : {sub_.der, TwinOf(sub_.der), renewed_.der}) {
    const Bytes presented[] = {AsBytes(way)};
    const Answers answers = Connect(kTrustedChain, {}, device_.der, presented);
    EXPECT_EQ(answers.before.reason(), Reason::kCaInactive);
    EXPECT_TRUE(answers.before.needs_completion());
    EXPECT_EQ(answers.after.reason(), Reason::kCaInactive);
    EXPECT_FALSE(answers.after.needs_completion());
  }
  // What cannot be seen does not make up for what can.
  ASSERT_TRUE(SetStatus(a_, sub_, "ACTIVE").ok());
  EXPECT_EQ(By(sub_.der, std::nullopt), Reason::kAccepted);
}

TEST_F(InactiveCaTest, ATwinOfARegisteredCaIsRegisteredAlready) {
  RegisterInactive(sub_);
  const auto registered = registry().RegisterCaCertificate(
      {.account = a_,
       .region = east_,
       .ca_certificate = ToPem(TwinOf(sub_.der)),
       .certificate_mode = "SNI_ONLY",
       .set_as_active = true});
  ASSERT_EQ(ErrorCodeOf(registered.status()),
            ErrorCode::kResourceAlreadyExists);
  EXPECT_EQ(ResourceOf(registered.status())->id, IdOf(sub_));
  RegisterSniOnly(a_, renewed_);
}

// LeafProfile::kNone takes a CA's certificate as a device's.
TEST_F(InactiveCaTest, IsBarredAsADeviceToo) {
  RegisterDefault(a_, root_);
  ListenerOptions options;
  options.region = east_;
  options.validation.leaf_profile = LeafProfile::kNone;
  const Listener listener = *engine_->CreateListener(options);
  const std::string ways[] = {sub_.der, TwinOf(sub_.der), renewed_.der};
  for (const Name name : {Name(kNameA), Name()}) {
    std::deque<Admission> held;
    std::deque<Handshake> late;
    for (const std::string& way : ways) {
      const Attempt attempt{.server_name = name, .leaf = AsBytes(way)};
      held.push_back(test::Connect(listener, attempt));
      EXPECT_TRUE(held.back().accepted());
      late.push_back(test::Show(listener, attempt));
    }
    RegisterInactive(sub_);
    for (size_t i = 0; i < held.size(); ++i) {
      EXPECT_FALSE(held[i].IsUnchanged());
      EXPECT_FALSE(held[i].Holds(AsBytes(ways[i])));
      const Verdict verdict = late[i].Finish().verdict();
      EXPECT_EQ(verdict.reason(), Reason::kCaInactive);
      EXPECT_EQ(verdict.failing_certificate(), 0);
    }
    ASSERT_TRUE(registry().DeleteCaCertificate(a_, east_, IdOf(sub_)).ok());
  }
}

// RSA's parameters are NULL, or absent: that makes no other key.
class ReencodedCaTest : public TwinsTest {
 protected:
  static CertificateSpec Sub() {
    CertificateSpec spec = CaSpec("sub");
    spec.key_type = KeyType::kRsa2048;
    return spec;
  }
  CertificateSpec Reencoded() const {
    constexpr size_t kHeaderAndAlgorithm = 4 + 15;
    CertificateSpec spec = Sub();
    spec.key = sub_.key.get();
    spec.spki = Tlv(0x30, Tlv(0x30, Oid("1.2.840.113549.1.1.1")) +
                              EncodeSpki(spec.key).substr(kHeaderAndAlgorithm));
    return spec;
  }
  Reason By(const TestCertificate& sub, Name name = kNameA) {
    const Bytes presented[] = {sub.bytes()};
    return Final(kTrustedChain, name, device_.der, presented);
  }

  const TestCertificate root_ = MakeCertificate(CaSpec("root"), nullptr);
  const TestCertificate sub_ = MakeCertificate(Sub(), &root_);
  const TestCertificate other_ = MakeCertificate(Reencoded(), &root_);
  const TestCertificate device_ = MakeCertificate(LeafSpec("d"), &sub_);
};

TEST_F(ReencodedCaTest, InactiveBarsEveryEncodingOfTheKey) {
  RegisterDefault(a_, root_);
  const std::pair<const TestCertificate*, const TestCertificate*> kPairs[] = {
      {&sub_, &other_}, {&other_, &sub_}};
  for (const auto& [registered, presented] : kPairs) {
    EXPECT_EQ(By(*presented), Reason::kAccepted);
    RegisterSniOnly(a_, *registered);
    ASSERT_TRUE(SetStatus(a_, *registered, "INACTIVE").ok());
    EXPECT_EQ(By(*presented), Reason::kCaInactive);
    EXPECT_EQ(By(*presented, std::nullopt), Reason::kCaInactive);
    RegisterSniOnly(a_, *presented);
    EXPECT_EQ(By(*registered), Reason::kAccepted);
    for (const TestCertificate* ca : {registered, presented}) {
      ASSERT_TRUE(SetStatus(a_, *ca, "INACTIVE").ok());
      ASSERT_TRUE(registry().DeleteCaCertificate(a_, east_, IdOf(*ca)).ok());
    }
  }
}

// One account has the device REVOKED, and another one the root, to which the
// device comes by the other encoding of its CA.
TEST_F(ReencodedCaTest, ADevicesIssuerIsOneInEveryEncoding) {
  RegisterDefault(a_, sub_);
  ASSERT_TRUE(RegisterDevice(a_, device_, "REVOKED").ok());
  RegisterDefault(b_, root_);
  ASSERT_TRUE(SetStatus(a_, sub_, "INACTIVE").ok());
  EXPECT_EQ(By(sub_, std::nullopt), Reason::kDeviceRevoked);
  EXPECT_EQ(By(other_, std::nullopt), Reason::kDeviceRevoked);
  // Nor does it become another account's by that.
  RegisterDefault(b_, other_);
  EXPECT_EQ(ErrorCodeOf(RegisterDevice(b_, device_)),
            ErrorCode::kResourceAlreadyExists);
}

// What is looked for by certificate, a twin of it is not: a hint that is lost.
TEST_F(TwinsTest, ATwinOfARegisteredCaIsNoHint) {
  const TestCertificate root = MakeCertificate(CaSpec("root"), nullptr);
  const TestCertificate ca = MakeCertificate(CaSpec("hint"), &root);
  const TestCertificate leaf = MakeCertificate(LeafSpec("d"), &ca);
  CertificateSpec proof;
  proof.subject = CommonName(*registry().GetRegistrationCode(a_, east_));
  const auto registered = registry().RegisterCaCertificate(
      {.account = a_,
       .region = east_,
       .ca_certificate = ToPem(ca.der),
       .verification_certificate = ToPem(MakeCertificate(proof, &ca).der),
       .set_as_active = true,
       .allow_auto_registration = true});
  ASSERT_TRUE(registered.ok()) << registered.status();
  const std::string twin = TwinOf(ca.der);
  const Bytes by_twin[] = {AsBytes(twin)};
  const Bytes by_ca[] = {ca.bytes()};
  // Without a name the CA must be presented, and is not.
  ListenerOptions options;
  options.region = east_;
  options.validation.policy = kRegisteredDevice;
  const Listener listener = *engine_->CreateListener(options);
  const auto connect = [&](std::span<const Bytes> presented) {
    return test::Connect(listener,
                         {.leaf = leaf.bytes(), .presented = presented})
        .verdict()
        .reason();
  };
  EXPECT_EQ(connect(by_twin), Reason::kDeviceNotRegistered);
  EXPECT_EQ(CountDevices(a_), 0u);
  // Nor is it one that a request may name.
  const auto named = [&](std::string_view given) {
    return registry()
        .RegisterCertificate({.account = a_,
                              .region = east_,
                              .certificate = ToPem(leaf.der),
                              .ca_certificate = given})
        .status();
  };
  EXPECT_EQ(ErrorCodeOf(named(ToPem(twin))), ErrorCode::kCertificateValidation);
  EXPECT_EQ(connect(by_ca), Reason::kDevicePendingActivation);
  EXPECT_EQ(CountDevices(a_), 1u);
  EXPECT_EQ(ErrorCodeOf(named(ToPem(ca.der))),
            ErrorCode::kResourceAlreadyExists);
  // A path needs no hint, and none switches a CA on.
  const TestCertificate good = MakeCertificate(LeafSpec("good"), &ca);
  EXPECT_NE(Final(kTrustedChain, kNameB, good.der, by_twin), Reason::kAccepted);
  EXPECT_EQ(Final(kTrustedChain, kNameA, good.der, by_twin), Reason::kAccepted);
  ASSERT_TRUE(SetStatus(a_, ca, "INACTIVE").ok());
  for (const Name name : {Name(kNameA), Name()}) {
    EXPECT_EQ(Final(kTrustedChain, name, good.der, by_twin),
              Reason::kCaInactive);
  }
}

// While a device is on its way to another account, and after.
TEST_F(TwinsTest, ATwinIsTransferredWithItsDevice) {
  RegisterDefault(a_, ca_);
  ASSERT_TRUE(RegisterDevice(a_, leaf_, "INACTIVE").ok());
  CertificateSpec renewed = CaSpec("CA");
  renewed.key = ca_.key.get();
  const TestCertificate theirs = MakeCertificate(renewed, nullptr);
  RegisterDefault(b_, theirs);
  const std::string id = IdOf(leaf_);
  const std::string twin_id = ComputeCertificateId(AsBytes(twin_)).ToHex();
  const auto named = [&](const Account& account, std::string_view of) {
    return CertificateRequest{
        .account = account, .region = east_, .certificate_id = of};
  };
  ASSERT_TRUE(registry()
                  .TransferCertificate({.certificate = named(a_, id),
                                        .target_account = b_.text()})
                  .ok());
  const auto register_twin = [&](const Account& account) {
    return ErrorCodeOf(registry()
                           .RegisterCertificate({.account = account,
                                                 .region = east_,
                                                 .certificate = ToPem(twin_),
                                                 .status = "ACTIVE"})
                           .status());
  };
  for (const Account& account : {a_, b_}) {
    EXPECT_EQ(register_twin(account), ErrorCode::kResourceAlreadyExists);
  }
  for (const auto policy : {kTrustedChain, kRegisteredDevice}) {
    EXPECT_EQ(Final(policy, {}, twin_), Reason::kDeviceInactive);
    EXPECT_EQ(Final(policy, kNameA, twin_), Reason::kDeviceInactive);
  }
  // An offer is of the certificate that its owner has.
  EXPECT_EQ(ErrorCodeOf(registry().AcceptCertificateTransfer(
                {.certificate = named(b_, twin_id)})),
            ErrorCode::kResourceNotFound);
  ASSERT_TRUE(
      registry()
          .RegisterCertificateWithoutCa(
              {.account = b_, .region = east_, .certificate = ToPem(twin_)})
          .ok());
  EXPECT_EQ(ErrorCodeOf(registry().AcceptCertificateTransfer(
                {.certificate = named(b_, id)})),
            ErrorCode::kTransferConflict);
  ASSERT_TRUE(
      registry().DeleteCertificate({.certificate = named(b_, twin_id)}).ok());
  ASSERT_TRUE(registry()
                  .AcceptCertificateTransfer(
                      {.certificate = named(b_, id), .set_as_active = true})
                  .ok());
  EXPECT_EQ(register_twin(a_), ErrorCode::kResourceAlreadyExists);
  EXPECT_EQ(Final(kRegisteredDevice, {}, twin_), Reason::kAccepted);
  ASSERT_TRUE(SetDeviceStatus(b_, leaf_, "REVOKED").ok());
  for (const auto policy : {kTrustedChain, kRegisteredDevice}) {
    EXPECT_EQ(Final(policy, {}, twin_), Reason::kDeviceRevoked);
    EXPECT_EQ(Final(policy, kNameB, twin_), Reason::kDeviceRevoked);
  }
}

// A registered device needs its CA, by whichever certificate.
TEST_F(InactiveCaTest, StrictDevicesNeedTheirCaAndNotOneCertificateOfIt) {
  RegisterSniOnly(a_, sub_);
  ASSERT_TRUE(RegisterDevice(a_, device_).ok());
  ListenerOptions options;
  options.region = east_;
  options.validation.policy = kRegisteredDevice;
  options.validation.registered_ca = RegisteredCa::kMustBeActive;
  const Listener listener = *engine_->CreateListener(options);
  const Attempt handshake{.server_name = kNameA, .leaf = device_.bytes()};
  const auto reason = [&] {
    return test::Connect(listener, handshake).verdict().reason();
  };
  EXPECT_EQ(reason(), Reason::kAccepted);
  ASSERT_TRUE(SetStatus(a_, sub_, "INACTIVE").ok());
  EXPECT_EQ(reason(), Reason::kCaInactive);
  RegisterSniOnly(a_, renewed_);
  EXPECT_EQ(reason(), Reason::kAccepted);
  ASSERT_TRUE(registry().DeleteCaCertificate(a_, east_, IdOf(sub_)).ok());
  EXPECT_EQ(reason(), Reason::kAccepted);
  ASSERT_TRUE(SetStatus(a_, renewed_, "INACTIVE").ok());
  EXPECT_NE(reason(), Reason::kAccepted);
}

}  // namespace
}  // namespace chainkeep::test
