// Chains that are built to cost: each ends by the budget that is meant for it,
// with that budget's reason, and has spent no more of any. What they take in
// time, //bench:hostile_bench says.
//
// Each budget also has a chain that only it stops: with all others out of the
// way the reason is its own, and with itself out of the way, too, there is an
// answer.

#include <algorithm>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chainkeep/certificate.h"
#include "engine/path/path_builder.h"
#include "gtest/gtest.h"
#include "tests/conformance/chain_case.h"
#include "tests/support/der_writer.h"
#include "tests/support/path_sources.h"
#include "tests/support/test_certificates.h"
#include "tests/support/vectors.h"

namespace chainkeep::path {
namespace {

using test::CaSpec;
using test::CertificateSpec;
using test::DnsName;
using test::KeyType;
using test::kTestNow;
using test::LeafSpec;
using test::MakeCertificate;
using test::TestCertificate;

constexpr unsigned kMax = std::numeric_limits<unsigned>::max();

// As far as an engine lets them be raised, or beyond all need.
Budgets Unlimited() {
  Budgets budgets;
  budgets.presented_certificates = kMaxPresented;
  budgets.certificate_bytes = std::numeric_limits<size_t>::max();
  budgets.chain_bytes = std::numeric_limits<size_t>::max();
  budgets.path_length = kMaxPathLength;
  budgets.candidates = kMaxCandidates;
  budgets.signature_units = kMax;
  budgets.work_bytes = std::numeric_limits<uint64_t>::max();
  budgets.steps = kMax;
  budgets.name_comparisons = kMax;
  return budgets;
}

class Pathological : public testing::Test {
 protected:
  // As Handshake::Present does it.
  Reason Judge(const Budgets& budgets) {
    options_.budgets = budgets;
    const Reason excess = MeasureInput(leaf_.bytes(), presented_, budgets);
    if (excess != Reason::kAccepted) return excess;
    const auto leaf = x509::Certificate::Parse(leaf_.bytes());
    if (!leaf.ok()) return Reason::kMalformed;
    Budget budget(budgets);
    const PathResult result = BuildPath({.leaf = *leaf,
                                         .presented = presented_,
                                         .anchors = anchors_,
                                         .denials = anchors_,
                                         .crls = test::NoCrls(),
                                         .options = options_,
                                         .budget = budget,
                                         .now = kTestNow});
    spent_ = result.spent;
    return result.path ? Reason::kAccepted : result.failure.reason;
  }

  // Ends by this budget, and within all of them. Only what a certificate holds
  // is known too late, once it has been parsed.
  void ExpectEnds(const Budgets& budgets, Reason reason) {
    spent_ = {};
    EXPECT_EQ(ReasonName(Judge(budgets)), ReasonName(reason));
    EXPECT_LE(spent_.signature_units, budgets.signature_units);
    EXPECT_LE(spent_.steps, budgets.steps);
    EXPECT_LE(spent_.name_comparisons, budgets.name_comparisons);
    constexpr uint64_t kDearestByte = 20;
    if (reason != Reason::kBudgetWork) {
      EXPECT_LE(spent_.work_bytes, budgets.work_bytes);
    } else {
      EXPECT_LE(spent_.work_bytes,
                budgets.work_bytes + kDearestByte * budgets.certificate_bytes);
    }
  }

  // `set` puts one budget of Unlimited() back to its default; it alone makes
  // the difference between `reason` and `answer`.
  void ExpectOnly(void (*set)(Budgets&), Reason reason, Reason answer) {
    Budgets budgets = Unlimited();
    EXPECT_EQ(ReasonName(Judge(budgets)), ReasonName(answer));
    set(budgets);
    EXPECT_EQ(ReasonName(Judge(budgets)), ReasonName(reason));
  }

  void Register(const TestCertificate& ca) {
    ASSERT_TRUE(anchors_.Add(ca.der));
  }

  void Present(const TestCertificate& certificate) {
    kept_.push_back(certificate.der);
    presented_.push_back(AsBytes(kept_.back()));
  }

  BudgetSpent spent_;
  TestCertificate leaf_;
  test::ListOfAnchors anchors_;
  std::deque<std::string> kept_;
  std::vector<Bytes> presented_;
  ValidationOptions options_;
};

TestCertificate Ca(std::string_view name,
                   const TestCertificate* issuer = nullptr) {
  return MakeCertificate(CaSpec(name), issuer);
}

TestCertificate Leaf(const TestCertificate& issuer) {
  return MakeCertificate(LeafSpec("device"), &issuer);
}

Budgets Presenting(unsigned count) {
  Budgets budgets;
  budgets.presented_certificates = count;
  return budgets;
}

// --- Presented certificates, by number and by size ---------------------------

TEST_F(Pathological, TenThousandPresentedCertificates) {
  const TestCertificate ca = Ca("CA");
  Register(ca);
  leaf_ = Leaf(ca);
  for (int i = 0; i < 10'000; ++i) Present(ca);
  ExpectEnds(Budgets(), Reason::kBudgetCertificates);
}

TEST_F(Pathological, OnlyTheirNumberStopsTooMany) {
  const TestCertificate ca = Ca("CA");
  Register(ca);
  leaf_ = Leaf(ca);
  for (int i = 0; i < 17; ++i) Present(ca);
  ExpectOnly(
      [](Budgets& b) {
        b.presented_certificates = Budgets().presented_certificates;
      },
      Reason::kBudgetCertificates, Reason::kAccepted);
}

TEST_F(Pathological, OnlyItsSizeStopsALargeCertificate) {
  const TestCertificate ca = Ca("CA");
  Register(ca);
  CertificateSpec spec = LeafSpec("device");
  spec.extensions = {
      {"1.3.6.1.4.1.55555.1", std::string(Budgets().certificate_bytes, 'x')}};
  leaf_ = MakeCertificate(spec, &ca);
  ExpectOnly(
      [](Budgets& b) { b.certificate_bytes = Budgets().certificate_bytes; },
      Reason::kBudgetBytes, Reason::kAccepted);
}

TEST_F(Pathological, OnlyTheirSizeStopsSeveralLargeCertificates) {
  const TestCertificate ca = Ca("CA");
  Register(ca);
  CertificateSpec spec = LeafSpec("device");
  spec.extensions = {{"1.3.6.1.4.1.55555.1", std::string(60'000, 'x')}};
  leaf_ = MakeCertificate(spec, &ca);
  for (int i = 0; i < 4; ++i) Present(leaf_);
  ExpectOnly([](Budgets& b) { b.chain_bytes = Budgets().chain_bytes; },
             Reason::kBudgetBytes, Reason::kAccepted);
}

// --- One subject, many keys --------------------------------------------------

// limbo's pathological chains, with the number of presented certificates as it
// ships, and as far as it can be raised.
class OneSubject : public Pathological,
                   public testing::WithParamInterface<bool> {
 protected:
  // The last of `count` self-issued CAs issues the leaf, and each one before it
  // the next; all have one key if the parameter says so.
  void MakeChain(int count) {
    CertificateSpec spec = CaSpec("the one subject");
    const auto key = test::MakeKey(KeyType::kP256);
    if (GetParam()) spec.key = key.get();
    TestCertificate issuer = MakeCertificate(spec, nullptr);
    for (int i = 1; i < count; ++i) {
      Present(issuer);
      issuer = MakeCertificate(spec, &issuer);
    }
    Present(issuer);
    leaf_ = Leaf(issuer);
    Register(Ca("the one subject"));
  }
};

TEST_P(OneSubject, AHundredIntermediates) {
  MakeChain(100);
  ExpectEnds(Budgets(), Reason::kBudgetCertificates);
}

TEST_P(OneSubject, AsManyIntermediatesAsCanBePresented) {
  MakeChain(kMaxPresented);
  ExpectEnds(Presenting(kMaxPresented), Reason::kBudgetSignatures);
}

INSTANTIATE_TEST_SUITE_P(, OneSubject, testing::Bool(), [](const auto& info) {
  return info.param ? "OneKey" : "DistinctKeys";
});

TEST_F(Pathological, OnlyTheSignaturesStopManyIssuersOfOneSubject) {
  const TestCertificate root = Ca("root");
  Register(root);
  for (int i = 0; i < 40; ++i) Present(Ca("middle", &root));
  const TestCertificate middle = Ca("middle", &root);
  Present(middle);
  CertificateSpec spec = LeafSpec("device");
  spec.authority_key_id = "no hint";
  leaf_ = MakeCertificate(spec, &middle);
  ExpectOnly([](Budgets& b) { b.signature_units = Budgets().signature_units; },
             Reason::kBudgetSignatures, Reason::kAccepted);
}

// --- Cross-signed cliques ----------------------------------------------------

class Clique : public Pathological {
 protected:
  // Each of `count` CAs has a certificate by each other; none by an anchor.
  void MakeClique(int count) {
    std::vector<TestCertificate> cas;
    for (int i = 0; i < count; ++i) cas.push_back(Ca(std::to_string(i)));
    for (int of = 0; of < count; ++of) {
      CertificateSpec spec = CaSpec(std::to_string(of));
      spec.key = cas[of].key.get();
      for (int by = 0; by < count; ++by) {
        if (by != of) Present(MakeCertificate(spec, &cas[by]));
      }
    }
    leaf_ = Leaf(cas[0]);
    Register(Ca("0"));
  }
};

TEST_F(Clique, OfFour) {
  MakeClique(4);
  ExpectEnds(Budgets(), Reason::kBudgetSignatures);
}

TEST_F(Clique, OfEight) {
  MakeClique(8);
  ExpectEnds(Presenting(kMaxPresented), Reason::kBudgetSignatures);
}

// --- Steps -------------------------------------------------------------------

// Seven CAs of one subject, each by the next, whose key ids lead upwards; and
// at each step as many expired ones of that subject as can be presented.
TEST_F(Pathological, OnlyTheStepsStopCandidatesThatCostNoSignature) {
  std::vector<TestCertificate> cas;
  const TestCertificate stranger = Ca("stranger");
  for (int i = 0; i < 6; ++i) {
    CertificateSpec spec = CaSpec("the one subject");
    spec.subject_key_id = std::to_string(i);
    spec.authority_key_id = std::to_string(i - 1);
    cas.push_back(MakeCertificate(spec, i == 0 ? &stranger : &cas.back()));
  }
  for (const TestCertificate& ca : cas) Present(ca);
  CertificateSpec expired = CaSpec("the one subject");
  expired.not_after = kTestNow - 1;
  while (presented_.size() < kMaxPresented) {
    Present(MakeCertificate(expired, nullptr));
  }
  CertificateSpec leaf = LeafSpec("device");
  leaf.authority_key_id = "5";
  leaf_ = MakeCertificate(leaf, &cas.back());
  Register(Ca("stranger"));
  ExpectEnds(Presenting(kMaxPresented), Reason::kBudgetSteps);
  ExpectOnly([](Budgets& b) { b.steps = Budgets().steps; },
             Reason::kBudgetSteps, Reason::kExpired);
}

// --- Length ------------------------------------------------------------------

TEST_F(Pathological, OnlyTheLengthStopsALongPath) {
  TestCertificate issuer = Ca("root");
  Register(issuer);
  for (int i = 0; i < 7; ++i) {
    issuer = Ca("middle " + std::to_string(i), &issuer);
    Present(issuer);
  }
  leaf_ = Leaf(issuer);
  ExpectEnds(Budgets(), Reason::kBudgetPathLength);
  ExpectOnly([](Budgets& b) { b.path_length = Budgets().path_length; },
             Reason::kBudgetPathLength, Reason::kAccepted);
}

// --- Name constraints --------------------------------------------------------

TEST_F(Pathological, MoreThanAMillionNamesTimesConstraints) {
  CertificateSpec ca_spec = CaSpec("CA");
  ca_spec.name_constraints = test::NameConstraints();
  CertificateSpec leaf_spec = LeafSpec("device");
  for (int i = 0; i < 1025; ++i) {
    ca_spec.name_constraints->permitted.push_back(
        DnsName(std::to_string(i) + ".example"));
    leaf_spec.subject_alt_names.push_back(
        DnsName(std::to_string(i) + ".example"));
  }
  const TestCertificate ca = MakeCertificate(ca_spec, nullptr);
  Register(ca);
  leaf_ = MakeCertificate(leaf_spec, &ca);
  ExpectEnds(Budgets(), Reason::kBudgetNameComparisons);
}

// Two CAs, each with as many directory names as go into a certificate, all of
// which the leaf's names have to be held against.
TEST_F(Pathological, OnlyTheComparisonsStopLargeConstraints) {
  const auto name = [](int i) {
    return test::DirectoryName(
        {{"O", std::string(30, 'x')}, {"CN", std::to_string(100'000 + i)}});
  };
  CertificateSpec root_spec = CaSpec("root"), middle_spec = CaSpec("middle"),
                  leaf_spec = LeafSpec("device");
  leaf_spec.subject = {};
  root_spec.name_constraints = test::NameConstraints();
  middle_spec.name_constraints = test::NameConstraints();
  for (int i = 0; i < 700; ++i) {
    root_spec.name_constraints->permitted.push_back(name(i));
    middle_spec.name_constraints->permitted.push_back(name(i));
    leaf_spec.subject_alt_names.push_back(name(i));
  }
  root_spec.name_constraints->permitted.push_back(
      test::DirectoryName(middle_spec.subject));
  const TestCertificate root = MakeCertificate(root_spec, nullptr);
  const TestCertificate middle = MakeCertificate(middle_spec, &root);
  Register(root);
  Present(middle);
  leaf_ = MakeCertificate(leaf_spec, &middle);
  ExpectEnds(Budgets(), Reason::kBudgetWork);
  ExpectOnly(
      [](Budgets& b) { b.name_comparisons = Budgets().name_comparisons; },
      Reason::kBudgetNameComparisons, Reason::kAccepted);
}

// One name, but a long one, which each base reads anew.
class OneLongName : public Pathological {
 protected:
  // The subject of the leaf, and the excluded base of which there are many.
  void Make(const test::DistinguishedName& subject,
            const test::DistinguishedName& base) {
    const TestCertificate root = Ca("root");
    Register(root);
    CertificateSpec middle = CaSpec("middle");
    middle.name_constraints = test::NameConstraints();
    for (int i = 0; i < 2'000; ++i) {
      middle.name_constraints->excluded.push_back(test::DirectoryName(base));
    }
    const TestCertificate issuer = MakeCertificate(middle, &root);
    Present(issuer);
    CertificateSpec leaf = LeafSpec("device");
    leaf.subject = subject;
    leaf_ = MakeCertificate(leaf, &issuer);
    ExpectEnds(Budgets(), Reason::kBudgetWork);
    ExpectOnly(
        [](Budgets& b) { b.name_comparisons = Budgets().name_comparisons; },
        Reason::kBudgetNameComparisons, Reason::kAccepted);
  }
};

TEST_F(OneLongName, OfWhiteSpace) {
  Make({{"CN", std::string(60'000, ' ') + "x"}}, {{"CN", "y"}});
}

TEST_F(OneLongName, OfTwoAttributes) {
  const auto name = [](const std::string& text) {
    return test::InDerOrder({{"CN", text}, {"O", "o", test::kUtf8, true}});
  };
  Make(name(std::string(60'000, 'x')), name("y"));
}

// --- Certificate policies ----------------------------------------------------

// CVE-2023-0464. A check of policies is charged by their bytes.
class ManyPolicies : public Pathological {
 protected:
  // A path of `length` intermediates with these extensions, which could end in
  // any of `anchors`.
  void MakePaths(const std::string& policies, const std::string& mappings,
                 int length, int anchors);
};

void ManyPolicies::MakePaths(const std::string& policies,
                             const std::string& mappings, int length,
                             int anchors) {
  const test::RawExtension having{"2.5.29.32", test::Tlv(0x30, policies)};
  const test::RawExtension mapping{"2.5.29.33", test::Tlv(0x30, mappings)};
  const auto with = [&](CertificateSpec spec) {
    spec.extensions = {having};
    if (spec.basic_constraints) spec.extensions.push_back(mapping);
    return spec;
  };
  options_.policies.explicit_policy =
      CertificatePolicyOptions::Explicit::kRequired;
  TestCertificate issuer = MakeCertificate(with(CaSpec("root")), nullptr);
  Register(issuer);
  // Several registrations with one key: each ends a path, and is asked.
  CertificateSpec twin = with(CaSpec("root"));
  twin.key = issuer.key.get();
  for (int i = 1; i < anchors; ++i) Register(MakeCertificate(twin, nullptr));
  for (int i = 0; i < length; ++i) {
    issuer =
        MakeCertificate(with(CaSpec("middle " + std::to_string(i))), &issuer);
    Present(issuer);
  }
  leaf_ = MakeCertificate(LeafSpec("device"), &issuer);  // without a policy
}

std::string Policy(int i) {
  return test::Oid("1.3.6.1.4.1." + std::to_string(i));
}

TEST_F(ManyPolicies, OnlyTheWorkStopsThem) {
  std::string policies;
  for (int i = 0; i < 1'000; ++i) policies += test::Tlv(0x30, Policy(i));
  MakePaths(policies, test::Tlv(0x30, Policy(1) + Policy(2)), 5, 6);
  ExpectEnds(Budgets(), Reason::kBudgetWork);
  ExpectOnly([](Budgets& b) { b.work_bytes = Budgets().work_bytes; },
             Reason::kBudgetWork, Reason::kPolicy);
}

// Mappings are charged though there is nothing to map: reading them costs.
TEST_F(ManyPolicies, OnlyTheWorkStopsTheirMappings) {
  std::string mappings;
  for (int i = 0; i < 2'400; ++i) {
    mappings += test::Tlv(0x30, Policy(i) + Policy(i + 1));
  }
  MakePaths(test::Tlv(0x30, Policy(1)), mappings, 3, 16);
  ExpectEnds(Budgets(), Reason::kBudgetWork);
  ExpectOnly([](Budgets& b) { b.work_bytes = Budgets().work_bytes; },
             Reason::kBudgetWork, Reason::kPolicy);
}

// --- Reading names and constraints, for each path that is judged -------------

class ManyAnchors : public Pathological {
 protected:
  // Three intermediates; a root, and fifteen of its name and key; each changed
  // by `change`. A path that ends in any of them is refused in the end.
  void MakePaths(void (*change)(CertificateSpec&), CertificateSpec leaf) {
    options_.policies.explicit_policy =
        CertificatePolicyOptions::Explicit::kRequired;
    CertificateSpec root = CaSpec("root");
    const auto key = test::MakeKey(KeyType::kP256);
    root.key = key.get();
    change(root);
    for (int i = 0; i < 15; ++i) Register(MakeCertificate(root, nullptr));
    TestCertificate issuer = MakeCertificate(root, nullptr);
    Register(issuer);
    for (int i = 0; i < 3; ++i) {
      CertificateSpec spec = CaSpec("middle " + std::to_string(i));
      change(spec);
      issuer = MakeCertificate(spec, &issuer);
      Present(issuer);
    }
    leaf_ = MakeCertificate(leaf, &issuer);
  }
};

TEST_F(ManyAnchors, LargeConstraints) {
  MakePaths(
      [](CertificateSpec& spec) {
        spec.name_constraints = test::NameConstraints();
        for (int i = 0; i < 5'000; ++i) {
          spec.name_constraints->excluded.push_back(DnsName(std::to_string(i)));
        }
      },
      LeafSpec("device"));
  ExpectEnds(Budgets(), Reason::kBudgetWork);
}

TEST_F(ManyAnchors, ManyNamesOfAFormThatNobodyConstrains) {
  CertificateSpec leaf = LeafSpec("device");
  for (int i = 0; i < 8'000; ++i) {
    leaf.subject_alt_names.push_back(DnsName(std::to_string(i)));
  }
  MakePaths(
      [](CertificateSpec& spec) {
        spec.name_constraints =
            test::NameConstraints{{}, {test::EmailName("u@a")}};
      },
      leaf);
  ExpectEnds(Budgets(), Reason::kBudgetNameComparisons);
}

// Characters beyond ASCII are decoded each time that names are read.
std::string Accents(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "\xc3\xa9";
  return text;
}

TEST_F(ManyAnchors, ALongName) {
  CertificateSpec leaf = LeafSpec("device");
  leaf.subject_alt_names = {test::DirectoryName({{"CN", Accents(30'000)}})};
  MakePaths(
      [](CertificateSpec& spec) {
        spec.name_constraints =
            test::NameConstraints{{}, {test::EmailName("u@a")}};
      },
      leaf);
  ExpectEnds(Budgets(), Reason::kBudgetNameComparisons);
}

TEST_F(ManyAnchors, ALongConstraint) {
  MakePaths(
      [](CertificateSpec& spec) {
        spec.name_constraints = test::NameConstraints{
            {}, {test::DirectoryName({{"CN", Accents(30'000)}})}};
      },
      LeafSpec("device"));
  ExpectEnds(Budgets(), Reason::kBudgetWork);
}

TEST_F(ManyAnchors, ALongListOfPurposes) {
  CertificateSpec leaf = LeafSpec("device");
  leaf.extended_key_usage.assign(7'000, test::kEkuAny);
  MakePaths(
      [](CertificateSpec& spec) {
        spec.extended_key_usage.assign(5'000, test::kEkuServerAuth);
        spec.extended_key_usage.push_back(test::kEkuAny);
      },
      leaf);
  ExpectEnds(Budgets(), Reason::kBudgetWork);
  ExpectOnly([](Budgets& b) { b.work_bytes = Budgets().work_bytes; },
             Reason::kBudgetWork, Reason::kPolicy);
}

// Six intermediates of one subject, whose names are equal and must be read to
// the end to see it, below sixteen roots of one key.
TEST_F(Pathological, OnlyTheWorkStopsLongNamesOfTheSelfIssued) {
  options_.policies.explicit_policy =
      CertificatePolicyOptions::Explicit::kRequired;
  const test::NameConstraints constraints{{}, {test::EmailName("u@a")}};
  CertificateSpec root = CaSpec("root");
  const auto key = test::MakeKey(KeyType::kP256);
  root.key = key.get();
  root.name_constraints = constraints;
  TestCertificate issuer;
  for (int i = 0; i < 16; ++i) {
    issuer = MakeCertificate(root, nullptr);
    Register(issuer);
  }
  const test::DistinguishedName upper = {{"CN", Accents(8'000) + "X"}},
                                lower = {{"CN", Accents(8'000) + "x"}};
  CertificateSpec leaf = LeafSpec("device");
  for (int i = 0; i < 6; ++i) {
    CertificateSpec spec = CaSpec("");
    spec.subject = lower;
    if (i > 0) spec.issuer = upper;
    spec.name_constraints = constraints;
    spec.subject_key_id = std::to_string(i);
    if (i > 0) spec.authority_key_id = std::to_string(i - 1);
    issuer = MakeCertificate(spec, &issuer);
    Present(issuer);
    leaf.authority_key_id = spec.subject_key_id;
  }
  leaf_ = MakeCertificate(leaf, &issuer);
  ExpectEnds(Budgets(), Reason::kBudgetWork);
  ExpectOnly([](Budgets& b) { b.work_bytes = Budgets().work_bytes; },
             Reason::kBudgetWork, Reason::kPolicy);
}

// --- limbo -------------------------------------------------------------------

TEST(PathologicalVectors, EndAsLimboExpects) {
  const std::optional<std::string> folder = test::FindVectors();
  if (!folder) GTEST_SKIP() << test::kNoVectors;
  int run = 0;
  for (const test::VectorCase& c : test::ReadVectors(*folder, "limbo.jsonl")) {
    if (c.id.find("pathological::") == std::string::npos) continue;
    SCOPED_TRACE(c.id);
    ++run;
    const conformance::Outcome outcome =
        conformance::RunChain(c, EncodingRule::kTolerant);
    EXPECT_EQ(outcome.success,
              *c.expected_without_name == test::VectorResult::kSuccess)
        << outcome.why;
    if (c.HasFeature("denial-of-service")) {
      EXPECT_EQ(outcome.why.substr(0, 7), "kBudget") << outcome.why;
    }
  }
  EXPECT_GT(run, 0);
}

}  // namespace
}  // namespace chainkeep::path
