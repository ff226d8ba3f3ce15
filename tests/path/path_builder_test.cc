#include "engine/path/path_builder.h"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "chainkeep/certificate.h"
#include "gtest/gtest.h"
#include "tests/support/path_sources.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::path {
namespace {

using test::CaSpec;
using test::CertificateSpec;
using test::DistinguishedName;
using test::kDay;
using test::KeyType;
using test::kTestNow;
using test::LeafSpec;
using test::ListOfAnchors;
using test::MakeCertificate;
using test::TestCertificate;

// One search: registered CAs, presented certificates, a leaf.
class PathBuilder : public testing::Test {
 protected:
  PathResult Build(const TestCertificate& leaf) {
    const auto parsed = x509::Certificate::Parse(leaf.bytes());
    EXPECT_TRUE(parsed.ok()) << parsed.fault().what;
    Budget budget(options_.budgets);
    return BuildPath({.leaf = *parsed,
                      .presented = presented_,
                      .anchors = anchors_,
                      .denials = anchors_,
                      .crls = test::NoCrls(),
                      .options = options_,
                      .budget = budget,
                      .now = now_});
  }

  Reason ReasonFor(const TestCertificate& leaf) {
    const PathResult result = Build(leaf);
    return result.path ? Reason::kAccepted : result.failure.reason;
  }

  void Register(const TestCertificate& ca,
                CaStatus status = CaStatus::kActive) {
    ASSERT_TRUE(anchors_.Add(ca.der, status));
  }

  void Present(const TestCertificate& certificate) {
    kept_.push_back(certificate.der);
    presented_.push_back(AsBytes(kept_.back()));
  }

  ListOfAnchors anchors_;
  std::deque<std::string> kept_;
  std::vector<Bytes> presented_;
  ValidationOptions options_;
  UnixSeconds now_ = kTestNow;
};

TestCertificate Ca(std::string_view name,
                   const TestCertificate* issuer = nullptr) {
  return MakeCertificate(CaSpec(name), issuer);
}

std::string KeyIdOf(const TestCertificate& certificate) {
  const auto parsed = x509::Certificate::Parse(certificate.bytes());
  const Bytes id = parsed->extensions().subject_key_id.value_or(Bytes());
  return {id.begin(), id.end()};
}

TestCertificate Leaf(const TestCertificate& issuer) {
  CertificateSpec spec = LeafSpec("device");
  spec.authority_key_id = KeyIdOf(issuer);
  return MakeCertificate(spec, &issuer);
}

TEST_F(PathBuilder, OneStepCostsOneSignature) {
  const TestCertificate ca = Ca("CA");
  Register(ca);
  const PathResult result = Build(Leaf(ca));
  ASSERT_TRUE(result.path.has_value());
  EXPECT_EQ(result.path->anchor().ca->id, ComputeCertificateId(ca.bytes()));
  EXPECT_EQ(result.spent.signatures, 1u);
  EXPECT_EQ(result.spent.path_length, 2u);
}

TEST_F(PathBuilder, ValidityOfTheAnswerIsTheIntersection) {
  CertificateSpec ca_spec = CaSpec("CA");
  ca_spec.not_before = kTestNow - 10;
  ca_spec.not_after = kTestNow + 5;
  const TestCertificate ca = MakeCertificate(ca_spec, nullptr);
  Register(ca);
  const PathResult result = Build(Leaf(ca));
  ASSERT_TRUE(result.path.has_value());
  EXPECT_EQ(result.path->not_before(), kTestNow - 10);
  EXPECT_EQ(result.path->not_after(), kTestNow + 5);
}

// Found by chain_fuzz: an accepted device, good until the year before.
TEST_F(PathBuilder, ValidityOfAnAnchorThatIsNotEnforcedDoesNotCount) {
  CertificateSpec ca_spec = CaSpec("CA");
  ca_spec.not_before = kTestNow - 20 * kDay;
  ca_spec.not_after = kTestNow - 10 * kDay;
  const TestCertificate ca = MakeCertificate(ca_spec, nullptr);
  Register(ca);
  const TestCertificate leaf = Leaf(ca);
  for (AnchorRules rules :
       {AnchorRules::kConstraints, AnchorRules::kNameAndKey}) {
    options_.anchor_rules = rules;
    const PathResult result = Build(leaf);
    ASSERT_TRUE(result.path.has_value());
    EXPECT_EQ(result.path->not_before(), kTestNow - kDay);
    EXPECT_EQ(result.path->not_after(), kTestNow + 365 * kDay);
  }
  options_.anchor_rules = AnchorRules::kFull;
  EXPECT_EQ(ReasonFor(leaf), Reason::kExpired);
}

TEST_F(PathBuilder, EveryKeyKindIssues) {
  for (KeyType type : {KeyType::kP256, KeyType::kP384, KeyType::kP521,
                       KeyType::kRsa2048, KeyType::kEd25519}) {
    CertificateSpec spec = CaSpec("CA of a kind");
    spec.key_type = type;
    const TestCertificate ca = MakeCertificate(spec, nullptr);
    Register(ca);
    EXPECT_EQ(ReasonFor(Leaf(ca)), Reason::kAccepted) << static_cast<int>(type);
  }
}

TEST_F(PathBuilder, UnknownIssuerIsNotRegistered) {
  Register(Ca("CA"));
  EXPECT_EQ(ReasonFor(Leaf(Ca("another"))), Reason::kNoRegisteredCa);
  // Also when the leaf has faults of its own: they are not ours to tell.
  CertificateSpec spec = LeafSpec("device");
  spec.not_after = kTestNow - 1;
  const TestCertificate other = Ca("another");
  EXPECT_EQ(ReasonFor(MakeCertificate(spec, &other)), Reason::kNoRegisteredCa);
}

TEST_F(PathBuilder, R90_AnImpostorIsRefused) {
  Register(Ca("CA"));
  const TestCertificate impostor = Ca("CA");
  EXPECT_EQ(ReasonFor(Leaf(impostor)), Reason::kBadSignature);
  Present(impostor);
  EXPECT_EQ(ReasonFor(Leaf(impostor)), Reason::kBadSignature);
}

TEST_F(PathBuilder, R48_ALeafUnderAPresentedIntermediateIsFollowed) {
  const TestCertificate root = Ca("root");
  const TestCertificate middle = Ca("middle", &root);
  Register(root);
  const TestCertificate leaf = Leaf(middle);
  EXPECT_EQ(ReasonFor(leaf), Reason::kNoRegisteredCa);
  Present(middle);
  const PathResult result = Build(leaf);
  ASSERT_TRUE(result.path.has_value());
  EXPECT_EQ(result.spent.path_length, 3u);
  EXPECT_EQ(result.spent.signatures, 2u);
}

TEST_F(PathBuilder, APresentedIntermediateWithoutItsIssuerIsNoIssuer) {
  Register(Ca("root"));
  const TestCertificate stranger = Ca("stranger");
  const TestCertificate middle = Ca("middle", &stranger);
  Present(middle);
  const PathResult result = Build(Leaf(middle));
  EXPECT_EQ(result.failure.reason, Reason::kNoIssuer);
  EXPECT_EQ(result.failure.certificate, 1);
}

TEST_F(PathBuilder, InactiveIsToldOnlyOfWhoReallyIssued) {
  const TestCertificate ca = Ca("CA");
  Register(ca, CaStatus::kInactive);
  EXPECT_EQ(ReasonFor(Leaf(ca)), Reason::kCaInactive);
  EXPECT_EQ(ReasonFor(Leaf(Ca("CA"))), Reason::kBadSignature);
}

struct LeafCase {
  const char* what;
  void (*change)(CertificateSpec&);
  Reason reason;
};

TEST_F(PathBuilder, LeavesAreChecked) {
  const TestCertificate ca = Ca("CA");
  Register(ca);
  const LeafCase kCases[] = {
      {"nothing unusual", [](CertificateSpec&) {}, Reason::kAccepted},
      {"last second", [](CertificateSpec& s) { s.not_after = kTestNow; },
       Reason::kAccepted},
      {"first second", [](CertificateSpec& s) { s.not_before = kTestNow; },
       Reason::kAccepted},
      {"expired", [](CertificateSpec& s) { s.not_after = kTestNow - 1; },
       Reason::kExpired},
      {"not yet", [](CertificateSpec& s) { s.not_before = kTestNow + 1; },
       Reason::kNotYetValid},
      {"version 1, no extension",
       [](CertificateSpec& s) {
         s.version = 1;
         s.key_usage.reset();
         s.extended_key_usage.clear();
       },
       Reason::kAccepted},
      {"serverAuth only",
       [](CertificateSpec& s) {
         s.extended_key_usage = {test::kEkuServerAuth};
       },
       Reason::kExtendedKeyUsage},
      {"anyExtendedKeyUsage",
       [](CertificateSpec& s) { s.extended_key_usage = {test::kEkuAny}; },
       Reason::kAccepted},
      {"no digitalSignature",
       [](CertificateSpec& s) { s.key_usage = test::kKeyEncipherment; },
       Reason::kKeyUsage},
      {"a CA",
       [](CertificateSpec& s) {
         s.basic_constraints = test::BasicConstraints();
       },
       Reason::kCaAsLeaf},
      {"not a CA, and says so",
       [](CertificateSpec& s) {
         s.basic_constraints = test::BasicConstraints();
         s.basic_constraints->is_ca = false;
       },
       Reason::kAccepted},
      {"unknown extension",
       [](CertificateSpec& s) {
         s.extensions.push_back({"1.3.6.1.4.1.55555.1", "x", false});
       },
       Reason::kAccepted},
      {"unknown critical extension",
       [](CertificateSpec& s) {
         s.extensions.push_back({"1.3.6.1.4.1.55555.1", "x", true});
       },
       Reason::kUnknownCriticalExtension},
      {"SHA-1", [](CertificateSpec& s) { s.digest = test::DigestType::kSha1; },
       Reason::kAlgorithmNotAllowed},
      {"RSA-1024 key",
       [](CertificateSpec& s) { s.key_type = KeyType::kRsa1024; },
       Reason::kWeakKey},
      {"P-224 key", [](CertificateSpec& s) { s.key_type = KeyType::kP224; },
       Reason::kWeakKey},
  };
  for (const LeafCase& c : kCases) {
    CertificateSpec spec = LeafSpec("device");
    c.change(spec);
    EXPECT_EQ(ReasonFor(MakeCertificate(spec, &ca)), c.reason) << c.what;
  }
}

TEST_F(PathBuilder, ProfilesAskForMoreOrLess) {
  const TestCertificate ca = Ca("CA");
  Register(ca);
  CertificateSpec none = LeafSpec("none");
  none.extended_key_usage.clear();
  CertificateSpec any = LeafSpec("any");
  any.extended_key_usage = {test::kEkuAny};
  CertificateSpec server = LeafSpec("server");
  server.extended_key_usage = {test::kEkuServerAuth};
  struct Case {
    LeafProfile profile;
    Reason none, any, server;
  };
  for (const Case& c :
       {Case{LeafProfile::kClientAuth, Reason::kAccepted, Reason::kAccepted,
             Reason::kExtendedKeyUsage},
        Case{LeafProfile::kClientAuthRequired, Reason::kExtendedKeyUsage,
             Reason::kExtendedKeyUsage, Reason::kExtendedKeyUsage},
        Case{LeafProfile::kAnyPurpose, Reason::kAccepted, Reason::kAccepted,
             Reason::kAccepted},
        Case{LeafProfile::kNone, Reason::kAccepted, Reason::kAccepted,
             Reason::kAccepted}}) {
    options_.leaf_profile = c.profile;
    EXPECT_EQ(ReasonFor(MakeCertificate(none, &ca)), c.none);
    EXPECT_EQ(ReasonFor(MakeCertificate(any, &ca)), c.any);
    EXPECT_EQ(ReasonFor(MakeCertificate(server, &ca)), c.server);
  }
  EXPECT_EQ(ReasonFor(Leaf(ca)), Reason::kAccepted);
}

TEST_F(PathBuilder, IssuersAreChecked) {
  struct Case {
    const char* what;
    void (*change)(CertificateSpec&);
    Reason reason;
  };
  const Case kCases[] = {
      {"good", [](CertificateSpec&) {}, Reason::kAccepted},
      {"not a CA",
       [](CertificateSpec& s) { s.basic_constraints->is_ca = false; },
       Reason::kNotACa},
      {"no basicConstraints",
       [](CertificateSpec& s) { s.basic_constraints.reset(); },
       Reason::kNotACa},
      {"version 1",
       [](CertificateSpec& s) {
         s.version = 1;
         s.basic_constraints.reset();
         s.key_usage.reset();
         s.subject_key_id = "";
       },
       Reason::kNotACa},
      {"no keyCertSign",
       [](CertificateSpec& s) { s.key_usage = test::kDigitalSignature; },
       Reason::kKeyUsage},
      {"no keyUsage", [](CertificateSpec& s) { s.key_usage.reset(); },
       Reason::kAccepted},
      {"expired", [](CertificateSpec& s) { s.not_after = kTestNow - 1; },
       Reason::kExpired},
      {"weak key", [](CertificateSpec& s) { s.key_type = KeyType::kRsa1024; },
       Reason::kWeakKey},
      {"SHA-1", [](CertificateSpec& s) { s.digest = test::DigestType::kSha1; },
       Reason::kAlgorithmNotAllowed},
      {"serverAuth only",
       [](CertificateSpec& s) {
         s.extended_key_usage = {test::kEkuServerAuth};
       },
       Reason::kExtendedKeyUsage},
      {"pathLen 0",
       [](CertificateSpec& s) { s.basic_constraints->path_length = 0; },
       Reason::kAccepted},
      {"unknown critical extension",
       [](CertificateSpec& s) {
         s.extensions.push_back({"1.3.6.1.4.1.55555.1", "x", true});
       },
       Reason::kUnknownCriticalExtension},
  };
  const TestCertificate root = Ca("root");
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.what);
    // As a presented intermediate …
    CertificateSpec spec = CaSpec("middle");
    c.change(spec);
    const TestCertificate middle = MakeCertificate(spec, &root);
    anchors_.Clear();
    Register(root);
    presented_.clear();
    Present(middle);
    EXPECT_EQ(ReasonFor(Leaf(middle)), c.reason);
    // … and as the anchor, whose own signature nobody asks about.
    if (std::string_view(c.what) == "SHA-1" ||
        std::string_view(c.what) == "serverAuth only") {
      continue;
    }
    anchors_.Clear();
    Register(middle);
    presented_.clear();
    EXPECT_EQ(ReasonFor(Leaf(middle)), c.reason);
  }
}

TEST_F(PathBuilder, PathLengthDoesNotCountTheSelfIssued) {
  CertificateSpec spec = CaSpec("root");
  spec.basic_constraints->path_length = 0;
  const TestCertificate root = MakeCertificate(spec, nullptr);
  Register(root);
  // A self-issued certificate: the root's next key.
  const TestCertificate rollover = Ca("root", &root);
  Present(rollover);
  EXPECT_EQ(ReasonFor(Leaf(rollover)), Reason::kAccepted);

  const TestCertificate middle = Ca("middle", &root);
  Present(middle);
  EXPECT_EQ(ReasonFor(Leaf(middle)), Reason::kPathLengthExceeded);
}

// D6: a bad path first does not hide a good one, in either order.
TEST_F(PathBuilder, D6_BacktracksInBothOrders) {
  const TestCertificate root = Ca("root");
  Register(root);
  CertificateSpec good = CaSpec("middle");
  const auto key = test::MakeKey(KeyType::kP256);
  good.key = key.get();
  const TestCertificate good_middle = MakeCertificate(good, &root);

  const std::pair<const char*, void (*)(CertificateSpec&)> kBad[] = {
      {"expired", [](CertificateSpec& s) { s.not_after = kTestNow - 1; }},
      {"not a CA", [](CertificateSpec& s) { s.basic_constraints.reset(); }},
      {"no keyCertSign",
       [](CertificateSpec& s) { s.key_usage = test::kCrlSign; }},
      {"purpose",
       [](CertificateSpec& s) {
         s.extended_key_usage = {test::kEkuServerAuth};
       }},
      {"another key", [](CertificateSpec& s) { s.key = nullptr; }},
      {"SHA-1", [](CertificateSpec& s) { s.digest = test::DigestType::kSha1; }},
      {"critical", [](CertificateSpec& s) {
         s.extensions.push_back({"1.3.6.1.4.1.55555.1", "x", true});
       }}};
  for (const auto& [what, change] : kBad) {
    CertificateSpec bad = good;
    change(bad);
    const TestCertificate bad_middle = MakeCertificate(bad, &root);
    const TestCertificate leaf = Leaf(good_middle);
    for (const bool bad_first : {true, false}) {
      presented_.clear();
      Present(bad_first ? bad_middle : good_middle);
      Present(bad_first ? good_middle : bad_middle);
      EXPECT_EQ(ReasonFor(leaf), Reason::kAccepted) << what << bad_first;
    }
  }
}

// D8: an expired cross-certificate and a registered root of the same name.
TEST_F(PathBuilder, D8_ExpiredCrossRootHasAnAlternative) {
  const TestCertificate old_root = Ca("old root");
  const TestCertificate new_root = Ca("new root");
  Register(old_root);
  Register(new_root);
  CertificateSpec cross = CaSpec("new root");
  cross.key = new_root.key.get();
  cross.not_after = kTestNow - 1;
  Present(MakeCertificate(cross, &old_root));
  const TestCertificate middle = Ca("middle", &new_root);
  Present(middle);
  EXPECT_EQ(ReasonFor(Leaf(middle)), Reason::kAccepted);
}

// D4: cycles end, and are left where an anchor is inside.
TEST_F(PathBuilder, D4_CyclesEnd) {
  const TestCertificate a = Ca("A");
  const TestCertificate b = Ca("B", &a);
  CertificateSpec back = CaSpec("A");
  back.key = a.key.get();
  const TestCertificate a_by_b = MakeCertificate(back, &b);
  Present(b);
  Present(a_by_b);
  EXPECT_EQ(ReasonFor(Leaf(b)), Reason::kNoIssuer);
  Register(a);
  EXPECT_EQ(ReasonFor(Leaf(b)), Reason::kAccepted);
}

// D3: the key id finds the right one of many CAs of a name with one check.
TEST_F(PathBuilder, D3_KeyIdChoosesAmongSameSubjects) {
  std::vector<TestCertificate> cas;
  for (int i = 0; i < 10; ++i) {
    cas.push_back(Ca("shared"));
    Register(cas.back());
  }
  const PathResult result = Build(Leaf(cas[9]));
  ASSERT_TRUE(result.path.has_value());
  EXPECT_EQ(result.spent.signatures, 1u);
}

// C3: the key id is a hint. A wrong one, a missing one, a stolen one: the same
// answer.
TEST_F(PathBuilder, C3_KeyIdNeverDecides) {
  const TestCertificate ca = Ca("CA");
  const TestCertificate other = Ca("CA");
  Register(other);
  Register(ca);
  for (const std::string& key_id :
       {std::string(), std::string("x"), KeyIdOf(other)}) {
    CertificateSpec spec = LeafSpec("device");
    spec.authority_key_id = key_id;
    EXPECT_EQ(ReasonFor(MakeCertificate(spec, &ca)), Reason::kAccepted);
  }
}

// Decision 5: a flood of same-subject CAs beyond the cap is passed by a
// presented issuer.
TEST_F(PathBuilder, APresentedIssuerIsFoundBeyondTheCap) {
  CertificateSpec spec = CaSpec("shared");
  spec.subject_key_id = "same";
  for (int i = 0; i < 40; ++i) Register(MakeCertificate(spec, nullptr));
  const TestCertificate ca = MakeCertificate(spec, nullptr);
  Register(ca);
  CertificateSpec leaf_spec = LeafSpec("device");
  leaf_spec.authority_key_id = "same";
  const TestCertificate leaf = MakeCertificate(leaf_spec, &ca);
  EXPECT_EQ(ReasonFor(leaf), Reason::kBudgetCandidates);
  Present(ca);
  const PathResult result = Build(leaf);
  ASSERT_TRUE(result.path.has_value());
  EXPECT_EQ(result.spent.signatures, 1u);
}

// Where one candidate is all that is looked at, that it is the only one cannot
// be told.
TEST_F(PathBuilder, APresentedIssuerIsFoundBeyondACapOfOne) {
  options_.budgets.candidates = 1;
  Register(Ca("shared"));
  const TestCertificate ca = Ca("shared");
  Register(ca);
  const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &ca);
  EXPECT_EQ(ReasonFor(leaf), Reason::kBudgetCandidates);
  Present(ca);
  EXPECT_EQ(ReasonFor(leaf), Reason::kAccepted);
}

// Of more CAs of one name than are tried, it is said that there were more; a
// path through what the device presents is found all the same.
TEST_F(PathBuilder, V13_MoreCandidatesThanAreTried) {
  for (int i = 0; i < 16; ++i) Register(Ca("shared"));
  const TestCertificate root = Ca("root");
  const TestCertificate ca = Ca("shared", &root);
  const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &ca);
  EXPECT_EQ(ReasonFor(leaf), Reason::kBadSignature);
  Register(Ca("shared"));
  EXPECT_EQ(ReasonFor(leaf), Reason::kBudgetCandidates);
  Register(root);
  Present(ca);
  EXPECT_EQ(ReasonFor(leaf), Reason::kAccepted);
}

// A key that may be registered costs nothing where a listener leaves it out.
TEST_F(PathBuilder, V13_AKeyOutsideThePolicyCostsNoSignature) {
  options_.algorithms.curves = {EllipticCurve::kP256};
  CertificateSpec spec = CaSpec("shared");
  spec.key_type = KeyType::kP521;
  for (int i = 0; i < 16; ++i) Register(MakeCertificate(spec, nullptr));
  const TestCertificate stranger = Ca("shared");
  const PathResult result = Build(Leaf(stranger));
  ASSERT_FALSE(result.path.has_value());
  EXPECT_EQ(result.failure.reason, Reason::kWeakKey);
  EXPECT_EQ(result.failure.certificate, 1);
  EXPECT_EQ(result.spent.signatures, 0u);
}

TEST_F(PathBuilder, D1_EachBudgetStopsASearchOfItsOwn) {
  const TestCertificate root = Ca("root");
  Register(root);
  // Sixteen presented impostors of one name: a signature each.
  const TestCertificate middle = Ca("middle", &root);
  for (int i = 0; i < 16; ++i) Present(Ca("middle", &root));
  const TestCertificate leaf = Leaf(middle);
  EXPECT_EQ(ReasonFor(leaf), Reason::kBadSignature);
  options_.budgets.signature_units = 15;
  PathResult result = Build(leaf);
  EXPECT_EQ(result.failure.reason, Reason::kBudgetSignatures);
  EXPECT_EQ(result.spent.signatures, 15u);
  options_.budgets.signature_units = 24;
  options_.budgets.steps = 15;
  EXPECT_EQ(ReasonFor(leaf), Reason::kBudgetSteps);
  options_.budgets.steps = 200;

  // A chain of six.
  presented_.clear();
  std::vector<TestCertificate> chain;
  chain.push_back(Ca("c0", &root));
  for (int i = 1; i < 4; ++i) {
    chain.push_back(Ca("c" + std::to_string(i), &chain.back()));
  }
  for (const TestCertificate& ca : chain) Present(ca);
  options_.budgets.path_length = 6;
  EXPECT_EQ(ReasonFor(Leaf(chain.back())), Reason::kAccepted);
  options_.budgets.path_length = 5;
  EXPECT_EQ(ReasonFor(Leaf(chain.back())), Reason::kBudgetPathLength);
}

TEST_F(PathBuilder, PresentedGarbageIsNoCandidate) {
  const TestCertificate root = Ca("root");
  const TestCertificate middle = Ca("middle", &root);
  Register(root);
  kept_.push_back("garbage");
  presented_.push_back(AsBytes(kept_.back()));
  kept_.push_back("");
  presented_.push_back(AsBytes(kept_.back()));
  kept_.push_back(middle.der.substr(0, middle.der.size() - 1));
  presented_.push_back(AsBytes(kept_.back()));
  Present(middle);
  EXPECT_EQ(ReasonFor(Leaf(middle)), Reason::kAccepted);
}

TEST_F(PathBuilder, TheSameInputGivesTheSameAnswer) {
  const TestCertificate root = Ca("root");
  Register(root);
  for (int i = 0; i < 8; ++i) Present(Ca("middle", &root));
  const TestCertificate leaf = Leaf(Ca("middle"));
  const PathResult first = Build(leaf);
  for (int i = 0; i < 3; ++i) {
    const PathResult again = Build(leaf);
    EXPECT_EQ(again.failure.reason, first.failure.reason);
    EXPECT_EQ(again.failure.certificate, first.failure.certificate);
    EXPECT_EQ(again.spent.signatures, first.spent.signatures);
    EXPECT_EQ(again.spent.steps, first.spent.steps);
  }
}

// A directoryName of a string type that is not read made the whole
// subjectAltName unread, and with it the dNSName that was excluded.
TEST_F(PathBuilder, V9_AnUnreadableNameHidesNoOther) {
  CertificateSpec ca_spec = CaSpec("CA");
  ca_spec.name_constraints = test::NameConstraints{
      .permitted = {}, .excluded = {test::DnsName("bank.example")}};
  const TestCertificate ca = MakeCertificate(ca_spec, nullptr);
  Register(ca);
  constexpr uint8_t kVisibleString = 0x1a;
  const test::GeneralName unreadable =
      test::DirectoryName({{"CN", "x", kVisibleString}});
  CertificateSpec spec = LeafSpec("device");
  spec.subject_alt_names = {test::DnsName("bank.example")};
  EXPECT_EQ(ReasonFor(MakeCertificate(spec, &ca)), Reason::kNameConstraint);
  spec.subject_alt_names.push_back(unreadable);
  EXPECT_EQ(ReasonFor(MakeCertificate(spec, &ca)), Reason::kNameConstraint);
  spec.subject_alt_names = {unreadable};
  EXPECT_EQ(ReasonFor(MakeCertificate(spec, &ca)), Reason::kNameConstraint);
  // Where nobody constrains names, what they are is nobody's business.
  const TestCertificate free = MakeCertificate(CaSpec("free"), nullptr);
  Register(free);
  EXPECT_EQ(ReasonFor(MakeCertificate(spec, &free)), Reason::kAccepted);
}

// Keys that cannot have signed are neither prepared nor charged.
TEST_F(PathBuilder, V13_DecoysOfAnotherKindCostNoSignature) {
  const TestCertificate root = Ca("root");
  Register(root);
  for (int i = 0; i < 16; ++i) {
    CertificateSpec spec = CaSpec("decoy");
    spec.key_type = KeyType::kRsa4096;
    Present(MakeCertificate(spec, &root));
  }
  const PathResult result = Build(Leaf(Ca("decoy")));
  EXPECT_EQ(result.failure.reason, Reason::kBadSignature);
  EXPECT_EQ(result.spent.signatures, 0u);
}

// --- No signature without a way of names to a registered CA ------------------

// Sixteen certificates, and what they lead to; none of the keys is used unless
// that is registered.
TEST_F(PathBuilder, L4_WhatLeadsNowhereCostsNoSignature) {
  const TestCertificate root = Ca("root");
  for (const KeyType type :
       {KeyType::kP256, KeyType::kP521, KeyType::kRsa4096}) {
    presented_.clear();
    CertificateSpec spec = CaSpec("middle");
    spec.key_type = type;
    const TestCertificate middle = MakeCertificate(spec, &root);
    Present(middle);
    while (presented_.size() < 16) Present(MakeCertificate(spec, nullptr));
    const PathResult result = Build(Leaf(middle));
    EXPECT_EQ(result.failure.reason, Reason::kNoIssuer);
    EXPECT_EQ(result.failure.certificate, 1);
    EXPECT_EQ(result.spent.signatures, 0u);
    EXPECT_EQ(result.spent.steps, 0u);
  }
  Register(root);
  presented_.resize(1);
  EXPECT_EQ(ReasonFor(Leaf(Ca("middle"))), Reason::kBadSignature);
}

// The way may be long, and is looked for in any order; one that comes back to
// where it was is none.
TEST_F(PathBuilder, L4_TheWayIsFoundThroughAllThatIsPresented) {
  const TestCertificate root = Ca("root");
  std::vector<TestCertificate> chain;
  chain.push_back(Ca("c0", &root));
  for (int i = 1; i < 6; ++i) {
    chain.push_back(Ca("c" + std::to_string(i), &chain.back()));
  }
  for (const bool leaf_first : {false, true}) {
    presented_.clear();
    for (size_t i = 0; i < chain.size(); ++i) {
      Present(chain[leaf_first ? chain.size() - 1 - i : i]);
    }
    const PathResult nowhere = Build(Leaf(chain.back()));
    EXPECT_EQ(nowhere.failure.reason, Reason::kNoIssuer);
    EXPECT_EQ(nowhere.spent.signatures, 0u);
  }
  // c0 is issued by c5 as well: a circle.
  CertificateSpec circle = CaSpec("c0");
  circle.key = chain[0].key.get();
  Present(MakeCertificate(circle, &chain.back()));
  EXPECT_EQ(Build(Leaf(chain.back())).spent.signatures, 0u);
  Register(root);
  EXPECT_EQ(ReasonFor(Leaf(chain.back())), Reason::kAccepted);
}

// Beside a way, what leads elsewhere costs nothing.
TEST_F(PathBuilder, L4_OnlyCandidatesOnAWayAreVerified) {
  const TestCertificate root = Ca("root");
  Register(root);
  const TestCertificate stranger = Ca("stranger");
  for (int i = 0; i < 15; ++i) Present(Ca("middle", &stranger));
  const TestCertificate middle = Ca("middle", &root);
  Present(middle);
  const PathResult result = Build(Leaf(middle));
  ASSERT_TRUE(result.path.has_value());
  EXPECT_EQ(result.spent.signatures, 2u);
}

// --- Signatures cost what they cost ------------------------------------------

TEST_F(PathBuilder, L4_SignaturesAreCountedInUnits) {
  struct Row {
    KeyType type;
    uint32_t units;
  };
  for (const Row& row : {Row{KeyType::kP256, 1}, Row{KeyType::kEd25519, 1},
                         Row{KeyType::kRsa2048, 1}, Row{KeyType::kRsa4096, 2},
                         Row{KeyType::kP384, 11}, Row{KeyType::kP521, 28}}) {
    CertificateSpec spec = CaSpec("CA of " + std::to_string(row.units));
    spec.key_type = row.type;
    const TestCertificate ca = MakeCertificate(spec, nullptr);
    Register(ca);
    const PathResult result = Build(Leaf(ca));
    // Where the one check that an answer needs is dearer than the default, too.
    EXPECT_TRUE(result.path.has_value());
    EXPECT_EQ(result.spent.signatures, 1u);
    EXPECT_EQ(result.spent.signature_units, row.units);
  }
}

// proofs/cost: sixteen dear keys of one name, now with a registered CA's name.
TEST_F(PathBuilder, L4_DearKeysSpendTheBudgetSooner) {
  struct Row {
    KeyType type;
    uint32_t signatures;
  };
  const TestCertificate root = Ca("root");
  Register(root);
  for (const Row& row : {Row{KeyType::kP256, 16}, Row{KeyType::kP384, 2},
                         Row{KeyType::kP521, 1}}) {
    presented_.clear();
    CertificateSpec spec = CaSpec("middle");
    spec.key_type = row.type;
    for (int i = 0; i < 16; ++i) Present(MakeCertificate(spec, &root));
    const PathResult result = Build(Leaf(MakeCertificate(spec, &root)));
    EXPECT_FALSE(result.path.has_value());
    EXPECT_EQ(result.spent.signatures, row.signatures);
    EXPECT_LE(result.spent.signature_units, 28u);
  }
}

// --- Work --------------------------------------------------------------------

// Names that are equal only after normalization are found equal once, however
// often the search asks.
TEST_F(PathBuilder, V13_LargeEqualNamesCostLittle) {
  const auto make = [&](size_t size) {
    presented_.clear();
    const std::string value(size, 'n');
    for (int i = 0; i < 12; ++i) {
      CertificateSpec spec = CaSpec("");
      spec.subject = {{"CN", value}};
      spec.subject[0].value[static_cast<size_t>(i)] = 'N';
      spec.issuer = {{"CN", value}};
      Present(MakeCertificate(spec, nullptr));
    }
    CertificateSpec spec = LeafSpec("device");
    spec.issuer = {{"CN", value}};
    return MakeCertificate(spec, nullptr);
  };
  CertificateSpec registered = CaSpec("");
  registered.subject = {{"CN", std::string(500, 'n')}};
  Register(MakeCertificate(registered, nullptr));
  const PathResult small = Build(make(500));
  EXPECT_EQ(small.failure.reason, Reason::kBadSignature);
  EXPECT_LE(small.spent.work_bytes, options_.budgets.work_bytes);
  // Forty times as long: given up before anything is verified.
  const PathResult large = Build(make(20'000));
  EXPECT_EQ(large.failure.reason, Reason::kBudgetWork);
  EXPECT_EQ(large.spent.signatures, 0u);
}

// Each kind of contents is charged at least for its bytes, and ends the search
// before a signature when there is too much of it.
TEST_F(PathBuilder, V13_AllThatIsPresentedIsCharged) {
  const TestCertificate root = Ca("root");
  Register(root);
  using Change = void (*)(CertificateSpec&);
  for (const Change change : std::initializer_list<Change>{
           [](CertificateSpec& s) {
             s.extensions = {{"1.2.3.4", std::string(60'000, 'x')}};
           },
           [](CertificateSpec& s) {
             s.subject.push_back({"O", std::string(60'000, 'x')});
           },
           [](CertificateSpec& s) {
             s.subject_alt_names.assign(15'000, test::DnsName("a"));
           },
           [](CertificateSpec& s) {
             s.name_constraints.emplace();
             s.name_constraints->excluded.assign(8'000, test::DnsName("a"));
           },
           [](CertificateSpec& s) {
             s.extended_key_usage.assign(15'000, "2.5");
           }}) {
    presented_.clear();
    CertificateSpec spec = CaSpec("middle");
    const PathResult before = Build(Leaf(Ca("middle", &root)));
    change(spec);
    size_t bytes = 0;
    for (int i = 0; i < 4; ++i) {
      Present(MakeCertificate(spec, &root));
      bytes += kept_.back().size();
    }
    const PathResult result = Build(Leaf(Ca("middle", &root)));
    EXPECT_GE(result.spent.work_bytes, before.spent.work_bytes + bytes / 4);
    options_.budgets.work_bytes = bytes / 8;
    const PathResult ended = Build(Leaf(Ca("middle", &root)));
    EXPECT_EQ(ended.failure.reason, Reason::kBudgetWork);
    EXPECT_EQ(ended.spent.signatures, 0u);
    options_.budgets = Budgets();
  }
}

TEST_F(PathBuilder, V13_AChainHasABudgetOfBytes) {
  const std::string large(60'000, 'x');
  const std::vector<Bytes> presented(4, AsBytes(large));
  EXPECT_EQ(MeasureInput(AsBytes("leaf"), presented, options_.budgets),
            Reason::kAccepted);
  const std::vector<Bytes> one_more(5, AsBytes(large));
  EXPECT_EQ(MeasureInput(AsBytes("leaf"), one_more, options_.budgets),
            Reason::kBudgetBytes);
}

}  // namespace
}  // namespace chainkeep::path
