// A post-quantum CA: registered, and let in, only where both policies say so.

#include "tests/support/ml_dsa.h"

#include <memory>
#include <string>
#include <vector>

#include "chainkeep/certificate.h"
#include "chainkeep/engine.h"
#include "chainkeep/registry.h"
#include "chainkeep/status.h"
#include "gtest/gtest.h"
#include "tests/support/ask.h"
#include "tests/support/manual_clock.h"
#include "tests/support/test_certificates.h"
#include "tests/support/test_crls.h"

namespace chainkeep {
namespace {

using test::CertificateSpec;
using test::MakeCertificate;
using test::MlDsaSigner;
using test::TestCertificate;
using test::ToPem;

constexpr EnumSet<MlDsa> kAll = {MlDsa::k44, MlDsa::k65, MlDsa::k87};

// An engine whose one account may register what `registration` allows.
class MlDsaGate {
 public:
  explicit MlDsaGate(EnumSet<MlDsa> registration) {
    EngineOptions options;
    options.clock = &clock_;
    options.registration_algorithms.ml_dsa = registration;
    engine_ = *Engine::Create(options);
  }

  // In mode DEFAULT: `signer` signs the proof.
  ErrorCode Register(const TestCertificate& ca, const MlDsaSigner& signer) {
    CertificateSpec spec;
    spec.subject = test::CommonName(
        *engine_->registry().GetRegistrationCode(account_, region_));
    const TestCertificate proof = MakeCertificate(spec, signer, &ca);
    return CodeOf(ca, ToPem(proof.der));
  }
  ErrorCode Register(const TestCertificate& ca) {
    CertificateSpec spec;
    spec.subject = test::CommonName(
        *engine_->registry().GetRegistrationCode(account_, region_));
    return CodeOf(ca, ToPem(MakeCertificate(spec, &ca).der));
  }

  ErrorCode SetCrl(const TestCertificate& ca, const std::string& crl) {
    return ErrorCodeOf(
        engine_->registry().SetCrls({.account = account_,
                                     .region = region_,
                                     .ca_certificate = ToPem(ca.der),
                                     .crls = {crl}}));
  }

  Reason Ask(
      EnumSet<MlDsa> allowed, const TestCertificate& leaf,
      const TestCertificate* intermediate = nullptr,
      RevocationOptions::Scope scope = RevocationOptions::Scope::kOff) const {
    ListenerOptions options;
    options.region = region_;
    options.validation.revocation.scope = scope;
    options.validation.algorithms.ml_dsa = allowed;
    std::vector<Bytes> presented;
    if (intermediate != nullptr) presented.push_back(intermediate->bytes());
    return test::Judge(*engine_->CreateListener(options),
                       {.leaf = leaf.bytes(), .presented = presented})
        .reason();
  }

 private:
  ErrorCode CodeOf(const TestCertificate& ca, const std::string& proof) {
    const auto registered = engine_->registry().RegisterCaCertificate(
        {.account = account_,
         .region = region_,
         .ca_certificate = ToPem(ca.der),
         .verification_certificate = proof,
         .set_as_active = true});
    return registered.ok() ? ErrorCode::kOk : ErrorCodeOf(registered.status());
  }

  const Account account_ = *Account::Parse("111122223333");
  const Region region_ = *Region::Parse("us-east-1");
  test::ManualClock clock_;
  std::unique_ptr<Engine> engine_;
};

CertificateSpec MlDsaCaSpec(std::string_view name, const MlDsaSigner& key) {
  CertificateSpec spec = test::CaSpec(name);
  spec.spki = key.Spki();
  return spec;
}

TEST(MlDsaCa, LetsADeviceOfP256InWhereBothPoliciesAllowIt) {
  for (const MlDsa set : {MlDsa::k44, MlDsa::k65, MlDsa::k87}) {
    SCOPED_TRACE(static_cast<int>(set));
    const MlDsaSigner signer(set);
    const TestCertificate ca =
        MakeCertificate(MlDsaCaSpec("CA", signer), signer, nullptr);
    const TestCertificate leaf =
        MakeCertificate(test::LeafSpec("device"), signer, &ca);
    const TestCertificate forged =
        MakeCertificate(test::LeafSpec("device"), MlDsaSigner(set, 2), &ca);
    MlDsaGate gate(kAll);
    ASSERT_EQ(gate.Register(ca, signer), ErrorCode::kOk);
    EXPECT_EQ(gate.Ask({set}, leaf), Reason::kAccepted);
    EXPECT_EQ(gate.Ask({set}, forged), Reason::kBadSignature);
    EXPECT_EQ(gate.Ask({}, leaf), Reason::kAlgorithmNotAllowed);
    for (const MlDsa other : {MlDsa::k44, MlDsa::k65, MlDsa::k87}) {
      if (other == set) continue;
      EXPECT_EQ(gate.Ask({other}, leaf), Reason::kAlgorithmNotAllowed);
    }
  }
}

TEST(MlDsaCa, IsNotRegisteredUnlessTheEngineAllowsIt) {
  const MlDsaSigner signer(MlDsa::k65);
  const TestCertificate ca =
      MakeCertificate(MlDsaCaSpec("CA", signer), signer, nullptr);
  EXPECT_EQ(MlDsaGate({}).Register(ca, signer),
            ErrorCode::kCertificateValidation);
  EXPECT_EQ(MlDsaGate({MlDsa::k44}).Register(ca, signer),
            ErrorCode::kCertificateValidation);
  EXPECT_EQ(MlDsaGate({MlDsa::k65}).Register(ca, MlDsaSigner(MlDsa::k65, 2)),
            ErrorCode::kCertificateValidation);
  EXPECT_EQ(MlDsaGate({MlDsa::k65}).Register(ca, signer), ErrorCode::kOk);

  // A key of P-256 that ML-DSA has certified is no other case.
  const TestCertificate below =
      MakeCertificate(test::CaSpec("below"), signer, &ca);
  EXPECT_EQ(MlDsaGate({}).Register(below), ErrorCode::kCertificateValidation);
  EXPECT_EQ(MlDsaGate(kAll).Register(below), ErrorCode::kOk);
}

// A registered CA of today, and a presented one of tomorrow below it.
TEST(MlDsaCa, MayBePresented) {
  const MlDsaSigner signer(MlDsa::k87);
  const TestCertificate root = MakeCertificate(test::CaSpec("root"), nullptr);
  const TestCertificate intermediate =
      MakeCertificate(MlDsaCaSpec("intermediate", signer), &root);
  const TestCertificate leaf =
      MakeCertificate(test::LeafSpec("device"), signer, &intermediate);
  MlDsaGate gate({});
  ASSERT_EQ(gate.Register(root), ErrorCode::kOk);
  EXPECT_EQ(gate.Ask({MlDsa::k87}, leaf, &intermediate), Reason::kAccepted);
  EXPECT_EQ(gate.Ask({}, leaf, &intermediate), Reason::kAlgorithmNotAllowed);

  // Likewise, where the policy minds the key and not the signature.
  const TestCertificate ordinary =
      MakeCertificate(test::LeafSpec("device"), &intermediate);
  EXPECT_EQ(gate.Ask({}, ordinary, &intermediate), Reason::kWeakKey);
  EXPECT_EQ(gate.Ask({MlDsa::k87}, ordinary, &intermediate),
            Reason::kBadSignature);
}

TEST(MlDsaCa, MayRevoke) {
  const MlDsaSigner signer(MlDsa::k44);
  const TestCertificate ca =
      MakeCertificate(MlDsaCaSpec("CA", signer), signer, nullptr);
  CertificateSpec spec = test::LeafSpec("device");
  spec.serial = "\x07";
  const TestCertificate revoked = MakeCertificate(spec, signer, &ca);
  spec.serial = "\x08";
  const TestCertificate good = MakeCertificate(spec, signer, &ca);
  test::CrlSpec list;
  list.revoked = {{.serial = "\x07"}};
  list.inner_algorithm = list.outer_algorithm = signer.Algorithm();
  const std::string by_another_key = test::MakeCrl(list, ca);
  MlDsaGate gate(kAll);
  ASSERT_EQ(gate.Register(ca, signer), ErrorCode::kOk);
  EXPECT_EQ(gate.SetCrl(ca, by_another_key), ErrorCode::kCertificateValidation);
  EXPECT_EQ(MlDsaGate({}).SetCrl(ca, signer.SignAgain(by_another_key)),
            ErrorCode::kCertificateValidation);
  EXPECT_EQ(gate.SetCrl(ca, signer.SignAgain(by_another_key)), ErrorCode::kOk);
  constexpr auto kLeaf = RevocationOptions::Scope::kLeaf;
  EXPECT_EQ(gate.Ask(kAll, revoked, nullptr, kLeaf), Reason::kRevoked);
  EXPECT_EQ(gate.Ask(kAll, good, nullptr, kLeaf), Reason::kAccepted);
}

// The engine takes such a key for a device; it is for whoever speaks TLS to see
// that the peer has proven it.
TEST(MlDsaCa, ADevicesKeyFollowsThePolicyToo) {
  const TestCertificate ca = MakeCertificate(test::CaSpec("CA"), nullptr);
  CertificateSpec spec = test::LeafSpec("device");
  spec.spki = MlDsaSigner(MlDsa::k44).Spki();
  const TestCertificate leaf = MakeCertificate(spec, &ca);
  MlDsaGate gate({});
  ASSERT_EQ(gate.Register(ca), ErrorCode::kOk);
  EXPECT_EQ(gate.Ask({}, leaf), Reason::kWeakKey);
  EXPECT_EQ(gate.Ask({MlDsa::k44}, leaf), Reason::kAccepted);
}

TEST(MlDsaCa, AnIdentifierWithParametersIsMalformed) {
  const MlDsaSigner signer(MlDsa::k44);
  const TestCertificate ca =
      MakeCertificate(MlDsaCaSpec("CA", signer), signer, nullptr);
  std::string algorithm = signer.Algorithm() + std::string("\x05\x00", 2);
  algorithm[1] = static_cast<char>(algorithm[1] + 2);
  CertificateSpec spec = test::LeafSpec("device");
  spec.inner_algorithm = algorithm;
  spec.outer_algorithm = algorithm;
  const TestCertificate leaf = MakeCertificate(spec, signer, &ca);
  MlDsaGate gate(kAll);
  ASSERT_EQ(gate.Register(ca, signer), ErrorCode::kOk);
  EXPECT_EQ(gate.Ask(kAll, leaf), Reason::kMalformed);
}

TEST(Engine, ChecksWhatMayBeRegistered) {
  EngineOptions options;
  options.registration_algorithms.max_rsa_bits = 16385;
  const auto engine = Engine::Create(options);
  ASSERT_FALSE(engine.ok());
  EXPECT_EQ(ErrorCodeOf(engine.status()), ErrorCode::kInvalidRequest);
}

}  // namespace
}  // namespace chainkeep
