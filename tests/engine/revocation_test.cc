// R102 end to end: CRLs given to the registry, handshakes answered from them.

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/engine/gate_fixture.h"
#include "tests/support/test_crls.h"

namespace chainkeep {
namespace {

using test::CaSpec;
using test::CertificateSpec;
using test::CrlSpec;
using test::kDay;
using test::kTestNow;
using test::LeafSpec;
using test::MakeCertificate;
using test::MakeCrl;
using test::TestCertificate;
using OnDoubt = RevocationOptions::OnDoubt;

TestCertificate LeafWithSerial(std::string_view serial,
                               const TestCertificate& issuer) {
  CertificateSpec spec = LeafSpec("device");
  spec.serial = std::string(serial);
  return MakeCertificate(spec, &issuer);
}

std::string CrlNaming(const TestCertificate& ca, std::string_view serial) {
  CrlSpec spec;
  if (!serial.empty()) spec.revoked = {{.serial = std::string(serial)}};
  return MakeCrl(spec, ca);
}

class RevocationTest : public test::GateFixture {
 protected:
  RevocationTest() {
    RegisterDefault(a_, ca_);
    RegisterSniOnly(b_, ca_);
    revocation_.scope = RevocationOptions::Scope::kLeaf;
  }

  absl::Status SetCrls(const Account& account, const TestCertificate& ca,
                       const std::vector<std::string>& crls) {
    return registry().SetCrls({.account = account,
                               .region = east_,
                               .ca_certificate = test::ToPem(ca.der),
                               .crls = {crls.begin(), crls.end()}});
  }

  Listener Gate() const {
    ListenerOptions options;
    options.region = east_;
    options.validation.revocation = revocation_;
    return *engine_->CreateListener(options);
  }

  Reason ReasonFor(std::optional<std::string_view> name,
                   const TestCertificate& leaf,
                   std::span<const Bytes> presented = {}) const {
    return engine_
        ->Validate(
            Gate(),
            {.server_name = name, .leaf = leaf.bytes(), .presented = presented})
        .reason();
  }

  RevocationOptions revocation_;
  const TestCertificate good_ = LeafWithSerial("\x01", ca_);
  const TestCertificate bad_ = LeafWithSerial("\x02", ca_);
};

TEST_F(RevocationTest, H1_SilenceRefusesUnlessItIsAccepted) {
  EXPECT_EQ(ReasonFor({}, good_), Reason::kRevocationUnknown);
  revocation_.unknown = OnDoubt::kAccept;
  EXPECT_EQ(ReasonFor({}, good_), Reason::kAccepted);
  revocation_.scope = RevocationOptions::Scope::kOff;
  revocation_.unknown = OnDoubt::kRefuse;
  EXPECT_EQ(ReasonFor({}, good_), Reason::kAccepted);
}

TEST_F(RevocationTest, ACrlNamesTheRevoked) {
  ASSERT_TRUE(SetCrls(a_, ca_, {CrlNaming(ca_, "\x02")}).ok());
  EXPECT_EQ(ReasonFor({}, good_), Reason::kAccepted);
  EXPECT_EQ(ReasonFor({}, bad_), Reason::kRevoked);
  EXPECT_EQ(TlsAlertOf(Reason::kRevoked), 44);
}

TEST_F(RevocationTest, H0_CrlsAreTheirTenantsOwn) {
  ASSERT_TRUE(SetCrls(a_, ca_, {CrlNaming(ca_, "\x02")}).ok());
  revocation_.unknown = OnDoubt::kAccept;
  EXPECT_EQ(ReasonFor(kNameA, bad_), Reason::kRevoked);
  EXPECT_EQ(ReasonFor(kNameB, bad_), Reason::kAccepted);
}

TEST_F(RevocationTest, H0_AListIsReplacedAsAWhole) {
  ASSERT_TRUE(SetCrls(a_, ca_, {CrlNaming(ca_, "\x02")}).ok());
  ASSERT_TRUE(SetCrls(a_, ca_, {CrlNaming(ca_, "\x01")}).ok());
  EXPECT_EQ(ReasonFor({}, good_), Reason::kRevoked);
  EXPECT_EQ(ReasonFor({}, bad_), Reason::kAccepted);
  ASSERT_TRUE(SetCrls(a_, ca_, {}).ok());
  EXPECT_EQ(ReasonFor({}, bad_), Reason::kRevocationUnknown);
}

TEST_F(RevocationTest, PemAndDerAreTheSame) {
  const std::string der = CrlNaming(ca_, "\x02");
  std::string pem = test::ToPem(der);
  for (const std::string_view edge : {"BEGIN ", "END "}) {
    const std::string from = std::string(edge) + "CERTIFICATE";
    pem.replace(pem.find(from), from.size(), std::string(edge) + "X509 CRL");
  }
  ASSERT_TRUE(SetCrls(a_, ca_, {pem}).ok());
  EXPECT_EQ(ReasonFor({}, bad_), Reason::kRevoked);
}

TEST_F(RevocationTest, AStaleListIsInDoubtButStillRevokes) {
  CrlSpec spec;
  spec.next_update = kTestNow + kDay;
  spec.revoked = {{.serial = "\x02"}};
  ASSERT_TRUE(SetCrls(a_, ca_, {MakeCrl(spec, ca_)}).ok());
  EXPECT_EQ(engine_->Validate(Gate(), {.leaf = good_.bytes()}).not_after(),
            kTestNow + kDay);
  clock_.Set(kTestNow + kDay + 1);
  EXPECT_EQ(ReasonFor({}, good_), Reason::kRevocationUnknown);
  EXPECT_EQ(ReasonFor({}, bad_), Reason::kRevoked);
  revocation_.stale = OnDoubt::kAccept;
  EXPECT_EQ(ReasonFor({}, good_), Reason::kAccepted);
  EXPECT_EQ(ReasonFor({}, bad_), Reason::kRevoked);
  EXPECT_EQ(engine_->Validate(Gate(), {.leaf = good_.bytes()}).not_after(),
            kTestNow + 365 * kDay);
}

TEST_F(RevocationTest, F9_AVerdictEndsBeforeAListFromTheFutureBegins) {
  CrlSpec spec;
  spec.this_update = kTestNow + 60;
  spec.revoked = {{.serial = "\x02"}};
  revocation_.unknown = OnDoubt::kAccept;
  ASSERT_TRUE(SetCrls(a_, ca_, {MakeCrl(spec, ca_)}).ok());
  const Verdict verdict = engine_->Validate(
      Gate(), {.server_name = std::nullopt, .leaf = bad_.bytes()});
  EXPECT_EQ(verdict.reason(), Reason::kAccepted);
  EXPECT_EQ(verdict.not_after(), kTestNow + 59);
  clock_.Set(kTestNow + 59);
  EXPECT_EQ(ReasonFor({}, bad_), Reason::kAccepted);
  clock_.Set(kTestNow + 60);
  EXPECT_EQ(ReasonFor({}, bad_), Reason::kRevoked);
}

TEST_F(RevocationTest, TheWholeChainMayBeAsked) {
  CertificateSpec spec = CaSpec("middle");
  spec.serial = "\x07";
  const TestCertificate middle = MakeCertificate(spec, &ca_);
  const TestCertificate leaf = LeafWithSerial("\x01", middle);
  const std::vector<Bytes> presented = {middle.bytes()};
  // An intermediate need not be registered to have a CRL.
  ASSERT_TRUE(SetCrls(a_, middle, {CrlNaming(middle, "")}).ok());
  EXPECT_EQ(ReasonFor({}, leaf, presented), Reason::kAccepted);
  revocation_.scope = RevocationOptions::Scope::kChain;
  EXPECT_EQ(ReasonFor({}, leaf, presented), Reason::kRevocationUnknown);
  ASSERT_TRUE(SetCrls(a_, ca_, {CrlNaming(ca_, "")}).ok());
  EXPECT_EQ(ReasonFor({}, leaf, presented), Reason::kAccepted);
  ASSERT_TRUE(SetCrls(a_, ca_, {CrlNaming(ca_, "\x07")}).ok());
  const Verdict verdict =
      engine_->Validate(Gate(), {.leaf = leaf.bytes(), .presented = presented});
  EXPECT_EQ(verdict.reason(), Reason::kRevoked);
  EXPECT_EQ(verdict.failing_certificate(), 1);
}

TEST_F(RevocationTest, H3_ALastWordOfAnotherCaDoesNotCount) {
  const TestCertificate impostor = MakeCertificate(CaSpec("CA"), nullptr);
  const TestCertificate other = MakeCertificate(CaSpec("other"), nullptr);
  const auto code = [&](const std::string& crl) {
    return ErrorCodeOf(SetCrls(a_, ca_, {crl}));
  };
  EXPECT_EQ(code(CrlNaming(impostor, "\x01")),
            ErrorCode::kCertificateValidation);
  EXPECT_EQ(code(CrlNaming(other, "\x01")), ErrorCode::kCertificateValidation);
  EXPECT_EQ(code("garbage"), ErrorCode::kCertificateValidation);
  EXPECT_EQ(code(""), ErrorCode::kCertificateValidation);
  // And a CRL of the impostor's, for the impostor, touches nobody below the CA.
  ASSERT_TRUE(SetCrls(a_, impostor, {CrlNaming(impostor, "\x01")}).ok());
  ASSERT_TRUE(SetCrls(a_, ca_, {CrlNaming(ca_, "\x02")}).ok());
  EXPECT_EQ(ReasonFor({}, good_), Reason::kAccepted);
}

TEST_F(RevocationTest, ARefusedListChangesNothing) {
  ASSERT_TRUE(SetCrls(a_, ca_, {CrlNaming(ca_, "\x02")}).ok());
  const absl::Status status =
      SetCrls(a_, ca_, {CrlNaming(ca_, "\x01"), "garbage"});
  EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kCertificateValidation);
  EXPECT_NE(status.message().find("CRL 2"), std::string_view::npos) << status;
  EXPECT_EQ(ReasonFor({}, good_), Reason::kAccepted);
  EXPECT_EQ(ReasonFor({}, bad_), Reason::kRevoked);
  EXPECT_EQ(ErrorCodeOf(SetCrls(
                a_, ca_, std::vector<std::string>(65, CrlNaming(ca_, "")))),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(ErrorCodeOf(SetCrls(Account(), ca_, {})),
            ErrorCode::kInvalidRequest);
}

TEST_F(RevocationTest, CompleteSeesACrlThatCameMeanwhile) {
  ASSERT_TRUE(SetCrls(a_, ca_, {CrlNaming(ca_, "")}).ok());
  const Handshake handshake{.leaf = bad_.bytes()};
  const Verdict verdict = engine_->Validate(Gate(), handshake);
  ASSERT_TRUE(verdict.accepted());
  EXPECT_NE(verdict.trust_versions().revocation, 0u);
  // Another tenant's list is nothing to this one.
  ASSERT_TRUE(SetCrls(b_, ca_, {CrlNaming(ca_, "\x02")}).ok());
  EXPECT_EQ(
      engine_->Complete(Gate(), handshake, verdict).trust_versions().revocation,
      verdict.trust_versions().revocation);
  ASSERT_TRUE(SetCrls(a_, ca_, {CrlNaming(ca_, "\x02")}).ok());
  EXPECT_EQ(engine_->Complete(Gate(), handshake, verdict).reason(),
            Reason::kRevoked);
}

TEST_F(RevocationTest, ACrossCertifiedCaHasOneList) {
  const TestCertificate root = MakeCertificate(CaSpec("root"), nullptr);
  CertificateSpec spec = CaSpec("CA");
  spec.key = ca_.key.get();
  const TestCertificate cross = MakeCertificate(spec, &root);
  ASSERT_TRUE(SetCrls(a_, cross, {CrlNaming(ca_, "\x02")}).ok());
  EXPECT_EQ(ReasonFor({}, bad_), Reason::kRevoked);
}

}  // namespace
}  // namespace chainkeep
