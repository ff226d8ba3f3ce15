// R102 end to end: CRLs given to the registry, handshakes answered from them.

#include <unistd.h>

#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include "chainkeep/store.h"
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
    return test::Judge(Gate(), {.server_name = name,
                                .leaf = leaf.bytes(),
                                .presented = presented})
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
  EXPECT_EQ(test::Judge(Gate(), {.leaf = good_.bytes()}).not_after(),
            kTestNow + kDay);
  clock_.Set(kTestNow + kDay + 1);
  EXPECT_EQ(ReasonFor({}, good_), Reason::kRevocationUnknown);
  EXPECT_EQ(ReasonFor({}, bad_), Reason::kRevoked);
  revocation_.stale = OnDoubt::kAccept;
  EXPECT_EQ(ReasonFor({}, good_), Reason::kAccepted);
  EXPECT_EQ(ReasonFor({}, bad_), Reason::kRevoked);
  EXPECT_EQ(test::Judge(Gate(), {.leaf = good_.bytes()}).not_after(),
            kTestNow + 365 * kDay);
}

TEST_F(RevocationTest, F9_AListFromTheFutureRevokesAndEndsVerdicts) {
  CrlSpec spec;
  spec.this_update = kTestNow + 60;
  spec.revoked = {{.serial = "\x02"}};
  revocation_.unknown = OnDoubt::kAccept;
  ASSERT_TRUE(SetCrls(a_, ca_, {MakeCrl(spec, ca_)}).ok());
  const Verdict verdict =
      test::Judge(Gate(), {.server_name = std::nullopt, .leaf = good_.bytes()});
  EXPECT_EQ(verdict.reason(), Reason::kAccepted);
  EXPECT_EQ(verdict.not_after(), kTestNow + 59);
  EXPECT_EQ(ReasonFor({}, bad_), Reason::kRevoked);
  clock_.Set(kTestNow + 60);
  EXPECT_EQ(ReasonFor({}, good_), Reason::kAccepted);
  EXPECT_EQ(ReasonFor({}, bad_), Reason::kRevoked);
}

// A list to come replaces no current one: neither may the devices come in that
// it named, nor is there none for the others.
TEST_F(RevocationTest, AListToComeDoesNotReplaceACurrentOne) {
  CrlSpec spec;
  spec.this_update = kTestNow + 60;
  const std::string to_come = MakeCrl(spec, ca_);
  ASSERT_TRUE(SetCrls(a_, ca_, {CrlNaming(ca_, "\x02")}).ok());
  ASSERT_TRUE(SetCrls(a_, ca_, {to_come}).ok());
  EXPECT_EQ(ReasonFor({}, bad_), Reason::kRevoked);
  EXPECT_EQ(ReasonFor({}, good_), Reason::kAccepted);
  ASSERT_TRUE(SetCrls(a_, ca_, {to_come}).ok());
  EXPECT_EQ(registry().ListCrls(a_, east_)->front().lists, 2);
  // A current one does.
  ASSERT_TRUE(SetCrls(a_, ca_, {to_come, CrlNaming(ca_, "\x01")}).ok());
  EXPECT_EQ(registry().ListCrls(a_, east_)->front().lists, 2);
  EXPECT_EQ(ReasonFor({}, bad_), Reason::kAccepted);
  EXPECT_EQ(ReasonFor({}, good_), Reason::kRevoked);
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
      test::Judge(Gate(), {.leaf = leaf.bytes(), .presented = presented});
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

TEST_F(RevocationTest, FinishSeesACrlThatCameMeanwhile) {
  ASSERT_TRUE(SetCrls(a_, ca_, {CrlNaming(ca_, "")}).ok());
  const Attempt handshake{.leaf = bad_.bytes()};
  const Listener listener = Gate();
  const Verdict verdict = test::Judge(listener, handshake);
  ASSERT_TRUE(verdict.accepted());
  EXPECT_NE(verdict.trust_versions().revocation, 0u);
  // Another tenant's list is nothing to this one.
  Handshake other = test::Show(listener, handshake);
  ASSERT_TRUE(SetCrls(b_, ca_, {CrlNaming(ca_, "\x02")}).ok());
  EXPECT_EQ(other.Finish().verdict().trust_versions().revocation,
            verdict.trust_versions().revocation);
  Handshake late = test::Show(listener, handshake);
  ASSERT_TRUE(SetCrls(a_, ca_, {CrlNaming(ca_, "\x02")}).ok());
  EXPECT_EQ(late.Finish().verdict().reason(), Reason::kRevoked);
}

TEST_F(RevocationTest, ACrossCertifiedCaHasOneList) {
  const TestCertificate root = MakeCertificate(CaSpec("root"), nullptr);
  CertificateSpec spec = CaSpec("CA");
  spec.key = ca_.key.get();
  const TestCertificate cross = MakeCertificate(spec, &root);
  ASSERT_TRUE(SetCrls(a_, cross, {CrlNaming(ca_, "\x02")}).ok());
  EXPECT_EQ(ReasonFor({}, bad_), Reason::kRevoked);
}

// A CA is a name and a key: its lists are those given last, with whichever of
// its certificates, live and after a restart.
class RenewedCaTest : public RevocationTest {
 protected:
  RenewedCaTest() {
    CertificateSpec spec = CaSpec("CA");
    spec.key = ca_.key.get();
    renewed_ = MakeCertificate(spec, nullptr);
    spec.subject = {{"CN", "  cA  "}};
    respelled_ = MakeCertificate(spec, nullptr);
    Restart();
    RegisterSniOnly(a_, ca_);
    EXPECT_TRUE(
        registry()
            .PutEndpoint({.host_name = kNameA, .account = a_, .region = east_})
            .ok());
    revocation_.unknown = OnDoubt::kAccept;
  }
  ~RenewedCaTest() override {
    engine_.reset();
    for (const char* end : {"", "-wal", "-shm"}) {
      std::remove((path_ + end).c_str());
    }
  }

  void Restart() {
    engine_.reset();
    engine_ = *Engine::Create({.clock = &clock_, .observer = &events_},
                              *OpenStore({.path = path_}));
  }
  void Set(const TestCertificate& ca, std::string_view serial) {
    EXPECT_TRUE(SetCrls(a_, ca, {CrlNaming(ca, serial)}).ok());
  }
  void Remove(const TestCertificate& ca) {
    EXPECT_TRUE(SetCrls(a_, ca, {}).ok());
  }
  // Now, and after a restart.
  void ExpectRevoked(bool good, bool bad) {
    for (const char* when : {"live", "after a restart"}) {
      EXPECT_EQ(ReasonFor(kNameA, good_) == Reason::kRevoked, good) << when;
      EXPECT_EQ(ReasonFor(kNameA, bad_) == Reason::kRevoked, bad) << when;
      Restart();
    }
  }

  const std::string path_ =
      testing::TempDir() + "/renewed_ca_" + std::to_string(getpid()) + ".db";
  TestCertificate renewed_, respelled_;
};

TEST_F(RenewedCaTest, TheListGivenLastCounts) {
  Set(ca_, "\x07");
  Set(renewed_, "\x07");
  ExpectRevoked(false, false);
  Set(ca_, "\x02");
  ExpectRevoked(false, true);
  Set(respelled_, "\x01");
  ExpectRevoked(true, false);
  EXPECT_EQ(registry().GetRegistryStats()->crl_sets, 1);
  const auto listed = registry().ListCrls(a_, east_);
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ((*listed)[0].lists, 1);
  EXPECT_EQ((*listed)[0].given_with.size(), 3u);
  EXPECT_EQ((*listed)[0].given_with[2],
            ComputeCertificateId(respelled_.bytes()));
}

TEST_F(RenewedCaTest, WhatIsTakenBackLeavesWhatAnotherCertificateGave) {
  Set(ca_, "\x02");
  Set(renewed_, "\x02");
  Remove(renewed_);
  ExpectRevoked(false, true);
  Remove(renewed_);  // once more is nothing
  Remove(respelled_);
  ExpectRevoked(false, true);
  Remove(ca_);
  ExpectRevoked(false, false);
  EXPECT_EQ(registry().GetRegistryStats()->crl_sets, 0);
}

TEST_F(RenewedCaTest, ListsStayWithoutRegistrationsAndForTheNextOnes) {
  RegisterSniOnly(a_, renewed_);
  Set(renewed_, "\x02");
  const auto drop = [&](const TestCertificate& ca) {
    const std::string id = ComputeCertificateId(ca.bytes()).ToHex();
    EXPECT_TRUE(registry()
                    .UpdateCaCertificate({.account = a_,
                                          .region = east_,
                                          .ca_certificate_id = id,
                                          .new_status = "INACTIVE"})
                    .ok());
    EXPECT_TRUE(registry().DeleteCaCertificate(a_, east_, id).ok());
  };
  drop(renewed_);
  ExpectRevoked(false, true);
  drop(ca_);
  RegisterSniOnly(a_, respelled_);
  ExpectRevoked(false, true);
  RegisterSniOnly(a_, ca_);
  ExpectRevoked(false, true);
}

TEST_F(RenewedCaTest, DeleteCrlsRemovesThemWhateverTheyWereGivenWith) {
  Set(ca_, "\x02");
  Set(renewed_, "\x02");
  const std::string ca = registry().ListCrls(a_, east_)->front().ca.ToHex();
  EXPECT_EQ(ErrorCodeOf(registry().DeleteCrls(b_, east_, ca)),
            ErrorCode::kResourceNotFound);
  EXPECT_EQ(ErrorCodeOf(registry().DeleteCrls(a_, east_, "no id")),
            ErrorCode::kInvalidRequest);
  EXPECT_TRUE(registry().DeleteCrls(a_, east_, ca).ok());
  ExpectRevoked(false, false);
  EXPECT_TRUE(registry().ListCrls(a_, east_)->empty());
}

TEST_F(RenewedCaTest, ExportsKeepWhatTheListsWereGivenWith) {
  Set(ca_, "\x02");
  Set(renewed_, "\x02");
  std::ostringstream lines;
  ASSERT_TRUE(registry().Export(lines).ok());
  const auto other = *Engine::Create({.clock = &clock_});
  std::istringstream in(lines.str());
  ImportReport report;
  ASSERT_TRUE(
      other->registry()
          .Import(in, {.end = ImportOptions::End::kMayBeMissing}, report)
          .ok());
  EXPECT_EQ(report.refused, 0);
  const auto listed = other->registry().ListCrls(a_, east_);
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ((*listed)[0].given_with,
            registry().ListCrls(a_, east_)->front().given_with);
}

}  // namespace
}  // namespace chainkeep
