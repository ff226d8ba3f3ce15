#include "engine/path/path_check.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chainkeep/certificate.h"
#include "engine/path/work.h"
#include "engine/revocation/loaded_crl.h"
#include "engine/signature/public_key.h"
#include "gtest/gtest.h"
#include "tests/support/der_writer.h"
#include "tests/support/path_sources.h"
#include "tests/support/test_certificates.h"
#include "tests/support/test_crls.h"

namespace chainkeep::path {
namespace {

using test::CaSpec;
using test::CertificateSpec;
using test::DnsName;
using test::kDay;
using test::kTestNow;
using test::LeafSpec;
using test::MakeCertificate;
using test::TestCertificate;
using test::Tlv;

constexpr AnchorRules kAllAnchorRules[] = {
    AnchorRules::kNameAndKey, AnchorRules::kConstraints, AnchorRules::kFull};

// A path made of specs, which are written like it: the leaf first.
class Chain {
 public:
  explicit Chain(const std::vector<CertificateSpec>& specs) {
    for (size_t i = specs.size(); i-- > 0;) {
      made_.push_front(
          MakeCertificate(specs[i], made_.empty() ? nullptr : &made_.front()));
    }
    for (const TestCertificate& certificate : made_) {
      const auto parsed = x509::Certificate::Parse(certificate.bytes());
      EXPECT_TRUE(parsed.ok()) << parsed.fault().what;
      views_.push_back(*parsed);
    }
    for (const x509::Certificate& view : views_) path_.push_back(&view);
  }

  Path path() const { return path_; }
  const TestCertificate& made(size_t i) const { return made_[i]; }

 private:
  std::deque<TestCertificate> made_;
  std::deque<x509::Certificate> views_;
  std::vector<const x509::Certificate*> path_;
};

CertificateSpec With(CertificateSpec spec, void (*change)(CertificateSpec&)) {
  change(spec);
  return spec;
}

void ExpectFinding(const Finding& finding, Reason reason, int certificate,
                   std::string_view what) {
  EXPECT_EQ(ReasonName(finding.reason), ReasonName(reason)) << what;
  if (reason != Reason::kAccepted) {
    EXPECT_EQ(finding.certificate, certificate) << what;
  }
}

// --- Each certificate in its place ------------------------------------------

// What a fault comes to where it stands. Accepted: it is not looked for there.
struct FaultCase {
  const char* what;
  void (*change)(CertificateSpec&);
  Reason leaf, intermediate;
  Reason anchor_name_and_key, anchor_constraints, anchor_full;
};

TEST(CheckEach, FaultsTimesPlacesTimesAnchorRules) {
  using enum Reason;
  for (const FaultCase& c : {
           FaultCase{"none", [](CertificateSpec&) {}, kAccepted, kAccepted,
                     kAccepted, kAccepted, kAccepted},
           FaultCase{"expired",
                     [](CertificateSpec& s) { s.not_after = kTestNow - 1; },
                     kExpired, kExpired, kAccepted, kAccepted, kExpired},
           FaultCase{"not yet valid",
                     [](CertificateSpec& s) { s.not_before = kTestNow + 1; },
                     kNotYetValid, kNotYetValid, kAccepted, kAccepted,
                     kNotYetValid},
           FaultCase{"a critical extension",
                     [](CertificateSpec& s) {
                       s.extensions = {{"1.3.6.1.4.1.55555.1", "x", true}};
                     },
                     kUnknownCriticalExtension, kUnknownCriticalExtension,
                     kAccepted, kAccepted, kUnknownCriticalExtension},
           FaultCase{"serial zero",
                     [](CertificateSpec& s) { s.serial = std::string(1, 0); },
                     kMalformed, kMalformed, kAccepted, kAccepted, kAccepted},
           FaultCase{
               "a weak key",
               [](CertificateSpec& s) { s.key_type = test::KeyType::kRsa1024; },
               kWeakKey, kWeakKey, kWeakKey, kWeakKey, kWeakKey},
           FaultCase{
               "keyUsage for encipherment",
               [](CertificateSpec& s) { s.key_usage = test::kKeyEncipherment; },
               kKeyUsage, kKeyUsage, kAccepted, kKeyUsage, kKeyUsage},
           FaultCase{"purpose serverAuth",
                     [](CertificateSpec& s) {
                       s.extended_key_usage = {test::kEkuServerAuth};
                     },
                     kExtendedKeyUsage, kExtendedKeyUsage, kAccepted, kAccepted,
                     kAccepted},
           FaultCase{"no basicConstraints",
                     [](CertificateSpec& s) { s.basic_constraints.reset(); },
                     kAccepted, kNotACa, kAccepted, kAccepted, kNotACa},
           FaultCase{
               "cA FALSE",
               [](CertificateSpec& s) {
                 s.basic_constraints = test::BasicConstraints{false, {}, true};
               },
               kAccepted, kNotACa, kAccepted, kNotACa, kNotACa},
           FaultCase{
               "cA TRUE",
               [](CertificateSpec& s) {
                 s.basic_constraints = test::BasicConstraints{true, {}, true};
               },
               kCaAsLeaf, kAccepted, kAccepted, kAccepted, kAccepted},
           FaultCase{"names constrained",
                     [](CertificateSpec& s) {
                       s.name_constraints = {{DnsName("a")}, {}};
                     },
                     kNameConstraint, kAccepted, kAccepted, kAccepted,
                     kAccepted},
       }) {
    const CertificateSpec leaf = LeafSpec("device"), middle = CaSpec("middle"),
                          root = CaSpec("root");
    ValidationOptions options;
    ExpectFinding(CheckEach(Chain({With(leaf, c.change), middle, root}).path(),
                            options, kTestNow),
                  c.leaf, 0, c.what);
    ExpectFinding(CheckEach(Chain({leaf, With(middle, c.change), root}).path(),
                            options, kTestNow),
                  c.intermediate, 1, c.what);
    const Chain chain({leaf, middle, With(root, c.change)});
    const Reason at_anchor[] = {c.anchor_name_and_key, c.anchor_constraints,
                                c.anchor_full};
    for (size_t i = 0; i < 3; ++i) {
      options.anchor_rules = kAllAnchorRules[i];
      ExpectFinding(CheckEach(chain.path(), options, kTestNow), at_anchor[i], 2,
                    c.what);
    }
  }
}

TEST(CheckEach, ALenientSerialRuleIsForLeafAndIntermediates) {
  const auto zero = [](CertificateSpec& s) { s.serial = std::string(1, 0); };
  const Chain chain({With(LeafSpec("device"), zero),
                     With(CaSpec("middle"), zero), CaSpec("root")});
  ValidationOptions options;
  ExpectFinding(CheckEach(chain.path(), options, kTestNow), Reason::kMalformed,
                0, "strict");
  options.serial_rule = SerialRule::kAnyInteger;
  ExpectFinding(CheckEach(chain.path(), options, kTestNow), Reason::kAccepted,
                0, "lenient");
}

TEST(CheckEach, TheFirstFaultFromTheLeafIsTold) {
  const auto expired = [](CertificateSpec& s) { s.not_after = kTestNow - 1; };
  const Chain chain({LeafSpec("device"), With(CaSpec("middle"), expired),
                     With(CaSpec("root"), expired)});
  ExpectFinding(CheckEach(chain.path(), {}, kTestNow), Reason::kExpired, 1, "");
}

// --- pathLenConstraint -------------------------------------------------------

CertificateSpec CaOfLength(std::string_view name,
                           std::optional<uint64_t> length) {
  CertificateSpec spec = CaSpec(name);
  spec.basic_constraints->path_length = length;
  return spec;
}

TEST(CheckPathLengths, CountsWhatIsBetween) {
  constexpr auto kNone = std::nullopt;
  struct Case {
    const char* what;
    std::vector<CertificateSpec> issuers;  // the lowest first
    int place;                             // -1: accepted
  };
  for (const Case& c : {
           Case{"none", {CaOfLength("a", kNone), CaOfLength("r", kNone)}, -1},
           Case{"0 with nothing below",
                {CaOfLength("a", 0), CaOfLength("r", 1)},
                -1},
           Case{"0 with one below",
                {CaOfLength("a", kNone), CaOfLength("r", 0)},
                2},
           Case{"1 with two below",
                {CaOfLength("a", kNone), CaOfLength("b", kNone),
                 CaOfLength("r", 1)},
                3},
           Case{"2 with two below",
                {CaOfLength("a", kNone), CaOfLength("b", kNone),
                 CaOfLength("r", 2)},
                -1},
           Case{"may grow downwards",
                {CaOfLength("a", 7), CaOfLength("b", 1), CaOfLength("r", 2)},
                -1},
           Case{
               "the lower one is broken",
               {CaOfLength("a", kNone), CaOfLength("b", 0), CaOfLength("r", 5)},
               2},
           Case{"self-issued ones do not count",
                {CaOfLength("r", 0), CaOfLength("r", 0), CaOfLength("r", 0)},
                -1},
           Case{"of the others, each does",
                {CaOfLength("a", 0), CaOfLength("r", 0), CaOfLength("r", 0)},
                2},
           Case{"beyond 2^32",
                {CaOfLength("a", kNone), CaOfLength("r", uint64_t{1} << 40)},
                -1},
       }) {
    std::vector<CertificateSpec> specs = {LeafSpec("device")};
    specs.insert(specs.end(), c.issuers.begin(), c.issuers.end());
    ExpectFinding(CheckPathLengths(Chain(specs).path(), AnchorRules::kFull),
                  c.place < 0 ? Reason::kAccepted : Reason::kPathLengthExceeded,
                  c.place, c.what);
  }
}

TEST(CheckPathLengths, OfALeafMeansNothing) {
  CertificateSpec leaf = CaOfLength("device", 0);
  ExpectFinding(CheckPathLengths(Chain({leaf, CaOfLength("r", 0)}).path(),
                                 AnchorRules::kFull),
                Reason::kAccepted, -1, "");
}

TEST(CheckPathLengths, TheAnchorsCountsUnlessItIsANameAndAKey) {
  const Chain chain({LeafSpec("device"), CaSpec("a"), CaOfLength("r", 0)});
  for (AnchorRules rules : kAllAnchorRules) {
    ExpectFinding(CheckPathLengths(chain.path(), rules),
                  rules == AnchorRules::kNameAndKey
                      ? Reason::kAccepted
                      : Reason::kPathLengthExceeded,
                  2, "");
  }
}

// --- Name constraints --------------------------------------------------------

CertificateSpec LeafNamed(std::string_view dns) {
  CertificateSpec spec = LeafSpec("device");
  spec.subject_alt_names = {DnsName(dns)};
  return spec;
}

CertificateSpec CaNamed(std::string_view name, std::string_view dns) {
  CertificateSpec spec = CaSpec(name);
  spec.subject_alt_names = {DnsName(dns)};
  return spec;
}

CertificateSpec CaPermitting(std::string_view name, std::string_view dns) {
  CertificateSpec spec = CaSpec(name);
  spec.name_constraints = {{DnsName(dns)}, {}};
  return spec;
}

CertificateSpec CaExcluding(std::string_view name, std::string_view dns) {
  CertificateSpec spec = CaSpec(name);
  spec.name_constraints = {{}, {DnsName(dns)}};
  return spec;
}

TEST(CheckNameConstraints, BindWhatIsBelow) {
  struct Case {
    const char* what;
    std::vector<CertificateSpec> specs;
    int place;  // -1: accepted
  };
  for (const Case& c : {
           Case{"permitted",
                {LeafNamed("x.a"), CaPermitting("c", "a"), CaSpec("r")},
                -1},
           Case{"not permitted",
                {LeafNamed("b"), CaPermitting("c", "a"), CaSpec("r")},
                0},
           Case{"excluded",
                {LeafNamed("a"), CaExcluding("c", "a"), CaSpec("r")},
                0},
           Case{"not excluded",
                {LeafNamed("b"), CaExcluding("c", "a"), CaSpec("r")},
                -1},
           Case{"by the anchor",
                {LeafNamed("b"), CaSpec("c"), CaPermitting("r", "a")},
                0},
           Case{"permitted by one, not by the other",
                {LeafNamed("x.a"), CaPermitting("c", "a"),
                 CaPermitting("r", "y.a")},
                0},
           Case{"permitted by both",
                {LeafNamed("x.y.a"), CaPermitting("c", "y.a"),
                 CaPermitting("r", "a")},
                -1},
           Case{"an intermediate's own name",
                {LeafNamed("a"), CaNamed("c", "b"), CaPermitting("r", "a")},
                1},
           Case{"a CA's own constraints are not for itself",
                {LeafNamed("a"),
                 [] {
                   CertificateSpec spec = CaNamed("c", "b");
                   spec.name_constraints = {{DnsName("a")}, {}};
                   return spec;
                 }(),
                 CaSpec("r")},
                -1},
           Case{"an intermediate that is self-issued is exempt",
                {LeafNamed("a"), CaNamed("r", "b"), CaPermitting("r", "a")},
                -1},
           Case{"but not what is below it",
                {LeafNamed("b"), CaNamed("r", "b"), CaPermitting("r", "a")},
                0},
       }) {
    const ValidationOptions options;
    Budget budget(options.budgets);
    ExpectFinding(
        CheckNameConstraints(Chain(c.specs).path(), AnchorRules::kFull, budget),
        c.place < 0 ? Reason::kAccepted : Reason::kNameConstraint, c.place,
        c.what);
    EXPECT_FALSE(budget.exhausted().has_value()) << c.what;
  }
}

// RFC 5280 §6.1.3 (b): only intermediates are exempt.
TEST(CheckNameConstraints, ASelfIssuedLeafIsNotExempt) {
  CertificateSpec leaf = LeafNamed("b");
  leaf.subject = test::CommonName("r");
  const Budgets budgets;
  Budget budget(budgets);
  ExpectFinding(
      CheckNameConstraints(Chain({leaf, CaPermitting("r", "a")}).path(),
                           AnchorRules::kFull, budget),
      Reason::kNameConstraint, 0, "");
}

TEST(CheckNameConstraints, TheAnchorsCountUnlessItIsANameAndAKey) {
  const Chain chain({LeafNamed("b"), CaSpec("c"), CaPermitting("r", "a")});
  for (AnchorRules rules : kAllAnchorRules) {
    const Budgets budgets;
    Budget budget(budgets);
    ExpectFinding(CheckNameConstraints(chain.path(), rules, budget),
                  rules == AnchorRules::kNameAndKey ? Reason::kAccepted
                                                    : Reason::kNameConstraint,
                  0, "");
  }
}

// F1: a form that is not implemented, with such a name there.
TEST(CheckNameConstraints, F1_UnimplementedFormsRefuse) {
  const test::GeneralName registered_id{0x88, "\x2a\x03"};
  CertificateSpec ca = CaSpec("c");
  ca.name_constraints = {{registered_id}, {}};
  CertificateSpec leaf = LeafSpec("device");
  leaf.subject_alt_names = {registered_id};
  const Budgets budgets;
  Budget budget(budgets);
  const Finding finding = CheckNameConstraints(Chain({leaf, ca}).path(),
                                               AnchorRules::kFull, budget);
  ExpectFinding(finding, Reason::kNameConstraint, 0, "");
  EXPECT_NE(finding.detail, "");
}

TEST(CheckNameConstraints, SpendsOneBudgetForAllOfThePath) {
  const Chain chain({LeafNamed("x.a"), CaNamed("b", "y.a"),
                     CaPermitting("c", "a"), CaPermitting("r", "a")});
  Budgets budgets;
  Budget enough(budgets);
  EXPECT_TRUE(
      CheckNameConstraints(chain.path(), AnchorRules::kFull, enough).ok());
  const unsigned spent = enough.spent().name_comparisons;
  EXPECT_GT(spent, 0u);

  for (unsigned limit : {spent, spent - 1, 0u}) {
    budgets.name_comparisons = limit;
    Budget budget(budgets);
    const Finding finding =
        CheckNameConstraints(chain.path(), AnchorRules::kFull, budget);
    EXPECT_EQ(finding.ok(), limit == spent) << limit;
    if (limit == spent) continue;
    EXPECT_EQ(finding.reason, Reason::kBudgetNameComparisons);
    EXPECT_EQ(budget.exhausted(), Reason::kBudgetNameComparisons);
  }
}

// 2^20 names times constraints is the most, whatever they would cost.
TEST(CheckNameConstraints, MoreThanAMillionPairsAreRefused) {
  const auto chain_of = [](int names, int bases) {
    CertificateSpec leaf = LeafSpec("device");  // one name is its subject
    for (int i = 1; i < names; ++i)
      leaf.subject_alt_names.push_back(DnsName("a"));
    CertificateSpec ca = CaSpec("c");
    ca.name_constraints = test::NameConstraints();
    for (int i = 0; i < bases; ++i) {
      // Of another form: nothing would be compared.
      ca.name_constraints->excluded.push_back(
          test::EmailName("u" + std::to_string(i) + "@a"));
    }
    return Chain({leaf, ca});
  };
  const Budgets budgets;
  Budget enough(budgets);
  EXPECT_TRUE(CheckNameConstraints(chain_of(1024, 1024).path(),
                                   AnchorRules::kFull, enough)
                  .ok());
  Budget budget(budgets);
  ExpectFinding(CheckNameConstraints(chain_of(1025, 1024).path(),
                                     AnchorRules::kFull, budget),
                Reason::kBudgetNameComparisons, 0, "");
  EXPECT_EQ(budget.exhausted(), Reason::kBudgetNameComparisons);
}

// --- Certificate policies ----------------------------------------------------

test::RawExtension Policies(const std::vector<std::string>& oids) {
  std::string list;
  for (const std::string& oid : oids) list += Tlv(0x30, test::Oid(oid));
  return {"2.5.29.32", Tlv(0x30, list), false};
}

test::RawExtension RequireExplicit(uint8_t skip) {
  return {"2.5.29.36", Tlv(0x30, Tlv(0x80, std::string(1, skip))), true};
}

test::RawExtension Mapping(const std::string& from, const std::string& to) {
  return {"2.5.29.33", Tlv(0x30, Tlv(0x30, test::Oid(from) + test::Oid(to))),
          true};
}

CertificateSpec Having(CertificateSpec spec,
                       std::vector<test::RawExtension> extensions) {
  spec.extensions = std::move(extensions);
  return spec;
}

constexpr char kGold[] = "1.3.6.1.4.1.55555.1.1";
constexpr char kSilver[] = "1.3.6.1.4.1.55555.1.2";
constexpr char kAny[] = "2.5.29.32.0";

TEST(CheckPolicies, AreAskedForByOptionOrCertificate) {
  using Options = CertificatePolicyOptions;
  const CertificateSpec leaf = LeafSpec("device"), ca = CaSpec("c"),
                        root = CaSpec("r");
  const Options required{.explicit_policy = Options::Explicit::kRequired};
  const Options gold{.initial_policies = {kGold},
                     .explicit_policy = Options::Explicit::kRequired};
  const Options gold_if_asked{.initial_policies = {kGold}};
  Options no_any = gold;
  no_any.any_policy = Options::AnyPolicy::kInhibited;
  Options no_mapping = gold;
  no_mapping.mapping = Options::Mapping::kInhibited;
  struct Case {
    const char* what;
    CertificateSpec leaf, ca;
    Options options;
    bool valid;
  };
  for (const Case& c : {
           Case{"nobody asks, none there", leaf, ca, {}, true},
           Case{"nobody asks, others there", Having(leaf, {Policies({kGold})}),
                Having(ca, {Policies({kSilver})}), gold_if_asked, true},
           Case{"required, none there", leaf, ca, required, false},
           Case{"required, the leaf's only", Having(leaf, {Policies({kGold})}),
                ca, required, false},
           Case{"required, on the whole path",
                Having(leaf, {Policies({kGold})}),
                Having(ca, {Policies({kGold, kSilver})}), required, true},
           Case{"required, no common one", Having(leaf, {Policies({kGold})}),
                Having(ca, {Policies({kSilver})}), required, false},
           Case{"gold, and it is", Having(leaf, {Policies({kGold})}),
                Having(ca, {Policies({kGold})}), gold, true},
           Case{"gold, and it is silver", Having(leaf, {Policies({kSilver})}),
                Having(ca, {Policies({kSilver})}), gold, false},
           Case{"gold, through anyPolicy", Having(leaf, {Policies({kGold})}),
                Having(ca, {Policies({kAny})}), gold, true},
           Case{"gold, through anyPolicy, which is inhibited",
                Having(leaf, {Policies({kGold})}),
                Having(ca, {Policies({kAny})}), no_any, false},
           Case{"gold, mapped to silver", Having(leaf, {Policies({kSilver})}),
                Having(ca, {Policies({kGold}), Mapping(kGold, kSilver)}), gold,
                true},
           Case{"gold, mapped to silver, which is inhibited",
                Having(leaf, {Policies({kSilver})}),
                Having(ca, {Policies({kGold}), Mapping(kGold, kSilver)}),
                no_mapping, false},
           Case{"the CA asks, none there",
                leaf,
                Having(ca, {RequireExplicit(0)}),
                {},
                false},
           Case{"the CA asks, and they are",
                Having(leaf, {Policies({kGold})}),
                Having(ca, {Policies({kGold}), RequireExplicit(0)}),
                {},
                true},
           Case{"the CA asks from further down on",
                leaf,
                Having(ca, {RequireExplicit(5)}),
                {},
                true},
           Case{"the leaf asks",
                Having(leaf, {RequireExplicit(0)}),
                ca,
                {},
                false},
       }) {
    ValidationOptions options;
    options.policies = c.options;
    ExpectFinding(CheckPolicies(Chain({c.leaf, c.ca, root}).path(), options),
                  c.valid ? Reason::kAccepted : Reason::kPolicy, 0, c.what);
  }
}

TEST(CheckPolicies, TheAnchorAsksUnlessItIsANameAndAKey) {
  const Chain chain({LeafSpec("device"), CaSpec("c"),
                     Having(CaSpec("r"), {RequireExplicit(0)})});
  for (AnchorRules rules : kAllAnchorRules) {
    ValidationOptions options;
    options.anchor_rules = rules;
    ExpectFinding(
        CheckPolicies(chain.path(), options),
        rules == AnchorRules::kNameAndKey ? Reason::kAccepted : Reason::kPolicy,
        0, "");
  }
}

// RFC 5280 §6.1.4 (h): a self-issued certificate does not count down.
TEST(CheckPolicies, SelfIssuedCertificatesDoNotCountDown) {
  const auto valid = [](std::string_view middle) {
    const Chain chain({LeafSpec("device"), CaSpec(middle), CaSpec("a"),
                       Having(CaSpec("r"), {RequireExplicit(3)})});
    return CheckPolicies(chain.path(), {}).ok();
  };
  EXPECT_TRUE(valid("a"));
  EXPECT_FALSE(valid("b"));
}

// --- Revocation --------------------------------------------------------------

std::shared_ptr<const revocation::LoadedCrl> LoadCrl(
    const test::CrlSpec& spec, const TestCertificate& issuer) {
  const auto certificate = x509::Certificate::Parse(issuer.bytes());
  const auto key = signature::PublicKey::Parse(certificate->spki());
  revocation::CrlLoad load = revocation::LoadedCrl::Load(
      test::MakeCrl(spec, issuer), {*certificate, *key}, {});
  EXPECT_NE(load.crl, nullptr) << load.what;
  return std::move(load.crl);
}

using Scope = RevocationOptions::Scope;
using OnDoubt = RevocationOptions::OnDoubt;

// device (0) <- middle (1) <- root (2).
class CheckRevocationTest : public testing::Test {
 protected:
  // What a list says of a certificate.
  enum class Says : uint8_t {
    kGood,
    kRevoked,
    kNothing,
    kStale,
    kStaleRevoked
  };

  CheckRevocationTest()
      : chain_({Serial(LeafSpec("device"), 5), Serial(CaSpec("middle"), 6),
                CaSpec("root")}) {}

  static CertificateSpec Serial(CertificateSpec spec, char serial) {
    spec.serial = std::string(1, serial);
    return spec;
  }

  // The issuer of certificate `i` says `says` of it.
  void Give(size_t i, Says says) {
    if (says == Says::kNothing) return;
    test::CrlSpec spec;
    const bool revokes = says == Says::kRevoked || says == Says::kStaleRevoked;
    spec.revoked = {{.serial = std::string(1, revokes ? 5 + i : 99)}};
    if (says == Says::kStale || says == Says::kStaleRevoked) {
      spec.next_update = kTestNow - 1;
    }
    crls_.Add(chain_.path()[i + 1]->subject(),
              {LoadCrl(spec, chain_.made(i + 1))});
  }

  Finding Check(const RevocationOptions& options) {
    const RevocationFinding result =
        CheckRevocation(chain_.path(), {}, crls_, options, kTestNow);
    good_until_ = result.good_until.value_or(kTestNow + 365 * kDay);
    return result.finding;
  }

  Chain chain_;
  test::ListOfCrls crls_;
  UnixSeconds good_until_ = 0;
};

TEST_F(CheckRevocationTest, ScopesTimesAnswersTimesDoubts) {
  struct Case {
    const char* what;
    Says says;
    // Under (unknown, stale): refuse both, accept unknown, accept stale, both.
    Reason refuse, unknown_accepted, stale_accepted, both_accepted;
  };
  using enum Reason;
  for (const Case& c : {
           Case{"good", Says::kGood, kAccepted, kAccepted, kAccepted,
                kAccepted},
           Case{"revoked", Says::kRevoked, kRevoked, kRevoked, kRevoked,
                kRevoked},
           Case{"unknown", Says::kNothing, kRevocationUnknown, kAccepted,
                kRevocationUnknown, kAccepted},
           Case{"stale", Says::kStale, kRevocationUnknown, kRevocationUnknown,
                kAccepted, kAccepted},
           Case{"revoked by a stale list", Says::kStaleRevoked, kRevoked,
                kRevoked, kRevoked, kRevoked},
       }) {
    const std::pair<RevocationOptions, Reason> policies[] = {
        {{.unknown = OnDoubt::kRefuse, .stale = OnDoubt::kRefuse}, c.refuse},
        {{.unknown = OnDoubt::kAccept, .stale = OnDoubt::kRefuse},
         c.unknown_accepted},
        {{.unknown = OnDoubt::kRefuse, .stale = OnDoubt::kAccept},
         c.stale_accepted},
        {{.unknown = OnDoubt::kAccept, .stale = OnDoubt::kAccept},
         c.both_accepted},
    };
    for (const auto& [policy, reason] : policies) {
      RevocationOptions options = policy;
      // Said of the device, the intermediate being good.
      crls_ = test::ListOfCrls();
      Give(0, c.says);
      Give(1, Says::kGood);
      options.scope = Scope::kOff;
      ExpectFinding(Check(options), kAccepted, 0, c.what);
      options.scope = Scope::kLeaf;
      ExpectFinding(Check(options), reason, 0, c.what);
      options.scope = Scope::kChain;
      ExpectFinding(Check(options), reason, 0, c.what);

      // Said of the intermediate, the device being good.
      crls_ = test::ListOfCrls();
      Give(0, Says::kGood);
      Give(1, c.says);
      options.scope = Scope::kLeaf;
      ExpectFinding(Check(options), kAccepted, 1, c.what);
      options.scope = Scope::kChain;
      ExpectFinding(Check(options), reason, 1, c.what);
    }
  }
}

// RFC 9608.
TEST_F(CheckRevocationTest, SilenceIsNoDoubtWhereNothingIsPublished) {
  const test::RawExtension no_rev_avail = {.oid = "2.5.29.56",
                                           .value = std::string("\x05\x00", 2)};
  const auto make = [&](CertificateSpec leaf, CertificateSpec middle) {
    chain_ = Chain({Serial(std::move(leaf), 5), Serial(std::move(middle), 6),
                    CaSpec("root")});
    crls_ = test::ListOfCrls();
  };
  CertificateSpec says_so = LeafSpec("device");
  says_so.extensions = {no_rev_avail};
  for (const Says says : {Says::kNothing, Says::kStale, Says::kGood}) {
    make(says_so, CaSpec("middle"));
    Give(0, says);
    ExpectFinding(Check({.scope = Scope::kLeaf}), Reason::kAccepted, -1, "");
  }
  // What a list names is revoked whatever the certificate says.
  make(says_so, CaSpec("middle"));
  Give(0, Says::kRevoked);
  ExpectFinding(Check({.scope = Scope::kLeaf}), Reason::kRevoked, 0, "");

  // Of a CA it must not be said.
  CertificateSpec ca = CaSpec("middle");
  ca.extensions = {no_rev_avail};
  make(LeafSpec("device"), ca);
  Give(0, Says::kGood);
  ExpectFinding(Check({.scope = Scope::kChain}), Reason::kRevocationUnknown, 1,
                "");
  // Nor beside a distribution point.
  CertificateSpec published = says_so;
  published.extensions.push_back(
      {.oid = "2.5.29.31",
       .value = "\x30\x10\x30\x0e\xa0\x0c\xa0\x0a\x86\x08http://c"});
  make(published, CaSpec("middle"));
  ExpectFinding(Check({.scope = Scope::kLeaf}), Reason::kRevocationUnknown, 0,
                "");
}

TEST_F(CheckRevocationTest, TheAnchorNeedsNoList) {
  Give(0, Says::kGood);
  Give(1, Says::kGood);
  ExpectFinding(Check({.scope = Scope::kChain}), Reason::kAccepted, -1, "");
}

TEST_F(CheckRevocationTest, GoodUntilTheFirstListIsStale) {
  const auto give = [this](size_t i, std::optional<UnixSeconds> next_update) {
    test::CrlSpec spec;
    spec.next_update = next_update;
    crls_.Add(chain_.path()[i + 1]->subject(),
              {LoadCrl(spec, chain_.made(i + 1))});
  };
  give(0, kTestNow + 20);
  give(1, kTestNow + 10);
  const UnixSeconds untouched = kTestNow + 365 * kDay;
  ASSERT_TRUE(Check({.scope = Scope::kOff}).ok());
  EXPECT_EQ(good_until_, untouched);
  ASSERT_TRUE(Check({.scope = Scope::kLeaf}).ok());
  EXPECT_EQ(good_until_, kTestNow + 20);
  ASSERT_TRUE(Check({.scope = Scope::kChain}).ok());
  EXPECT_EQ(good_until_, kTestNow + 10);
  // A stale list would do as well.
  ASSERT_TRUE(Check({.scope = Scope::kChain, .stale = OnDoubt::kAccept}).ok());
  EXPECT_EQ(good_until_, untouched);
  // The list's age counts, too: it is a day old.
  ASSERT_TRUE(
      Check({.scope = Scope::kChain, .max_age_seconds = kDay + 5}).ok());
  EXPECT_EQ(good_until_, kTestNow + 5);
  ExpectFinding(Check({.scope = Scope::kChain, .max_age_seconds = kDay - 1}),
                Reason::kRevocationUnknown, 0, "too old");

  crls_ = test::ListOfCrls();
  give(0, std::nullopt);
  ASSERT_TRUE(Check({.scope = Scope::kLeaf}).ok());
  EXPECT_EQ(good_until_, untouched);
}

// A list from the future revokes what it names; and where there is no current
// one, an accepted verdict must not outlive the second at which it begins.
TEST_F(CheckRevocationTest, F9_GoodUntilAListFromTheFutureBegins) {
  const auto later = [](UnixSeconds this_update, const char* serial) {
    return test::CrlSpec{.this_update = this_update,
                         .revoked = {{.serial = serial}}};
  };
  const auto give = [this](size_t i, const std::vector<test::CrlSpec>& specs) {
    std::vector<std::shared_ptr<const revocation::LoadedCrl>> crls;
    for (const test::CrlSpec& spec : specs) {
      crls.push_back(LoadCrl(spec, chain_.made(i + 1)));
    }
    crls_.Add(chain_.path()[i + 1]->subject(), std::move(crls));
  };
  const UnixSeconds untouched = kTestNow + 365 * kDay;
  const test::CrlSpec stale{.next_update = kTestNow - 1};

  give(0, {later(kTestNow + 60, "\x05")});
  ExpectFinding(Check({.scope = Scope::kLeaf, .unknown = OnDoubt::kAccept}),
                Reason::kRevoked, 0, "named by a list to come");

  crls_ = test::ListOfCrls();
  give(0, {later(kTestNow + 60, "\x63")});
  ASSERT_TRUE(Check({.scope = Scope::kLeaf, .unknown = OnDoubt::kAccept}).ok());
  EXPECT_EQ(good_until_, kTestNow + 59);

  crls_ = test::ListOfCrls();
  give(0, {stale, later(kTestNow + 60, "\x63")});
  ASSERT_TRUE(Check({.scope = Scope::kLeaf, .stale = OnDoubt::kAccept}).ok());
  EXPECT_EQ(good_until_, kTestNow + 59);

  // The device is good now and stays so, and its issuer is named by a list to
  // come.
  crls_ = test::ListOfCrls();
  give(0, {{}, later(kTestNow + 60, "\x63")});
  give(1, {{}, later(kTestNow + 90, "\x06")});
  for (const OnDoubt stale_is : {OnDoubt::kRefuse, OnDoubt::kAccept}) {
    ASSERT_TRUE(Check({.scope = Scope::kLeaf, .stale = stale_is}).ok());
    EXPECT_EQ(good_until_,
              stale_is == OnDoubt::kAccept ? untouched : kTestNow + 30 * kDay);
    ExpectFinding(Check({.scope = Scope::kChain, .stale = stale_is}),
                  Reason::kRevoked, 1, "the issuer is named");
  }
}

// Lists that come between two looks of one check: the answer bears the version
// of the first look, which is not that of what is there now.
class ChangingCrls final : public RevocationSource {
 public:
  FoundCrls FindCrls(const Anchor&, const x509::Certificate&) const override {
    return {nullptr, ++version_};
  }
  uint64_t version() const { return version_; }

 private:
  mutable uint64_t version_ = 0;
};

TEST_F(CheckRevocationTest, BearsTheVersionOfWhatWasReadFirst) {
  const ChangingCrls crls;
  RevocationOptions options;
  options.unknown = RevocationOptions::OnDoubt::kAccept;
  options.scope = RevocationOptions::Scope::kChain;
  const RevocationFinding result =
      CheckRevocation(chain_.path(), {}, crls, options, kTestNow);
  EXPECT_TRUE(result.finding.ok());
  EXPECT_GT(crls.version(), 1u);
  EXPECT_EQ(result.version, 1u);
}

// --- All of them -------------------------------------------------------------

TEST(CheckPath, AppliesEachRule) {
  const CertificateSpec leaf = LeafNamed("a"), ca = CaSpec("c"),
                        root = CaSpec("r");
  struct Case {
    const char* what;
    std::vector<CertificateSpec> specs;
    Reason reason;
  };
  for (const Case& c : {
           Case{"none", {leaf, ca, root}, Reason::kAccepted},
           Case{"each",
                {leaf,
                 With(ca,
                      [](CertificateSpec& s) { s.not_after = kTestNow - 1; }),
                 root},
                Reason::kExpired},
           Case{"path length",
                {leaf, ca, CaOfLength("r", 0)},
                Reason::kPathLengthExceeded},
           Case{"names",
                {leaf, CaExcluding("c", "a"), root},
                Reason::kNameConstraint},
           Case{"policies",
                {leaf, Having(ca, {RequireExplicit(0)}), root},
                Reason::kPolicy},
       }) {
    const ValidationOptions options;
    Budget budget(options.budgets);
    EXPECT_EQ(
        CheckPath(Chain(c.specs).path(), options, kTestNow, budget).reason,
        c.reason)
        << c.what;
  }
}

// ---- What judging is charged for

uint64_t JudgingWorkOf(const std::vector<CertificateSpec>& specs, Scope scope) {
  RevocationOptions revocation;
  revocation.scope = scope;
  const Chain chain(specs);
  return JudgingWork(chain.path(), revocation);
}

// Each directoryName among the points is hashed and may be compared with one of
// 4 KiB; a relative one stands for the issuer's whole name as well.
TEST(JudgingWork, CountsTheNamesOfDistributionPoints) {
  const std::string relative =
      Tlv(0x30, Tlv(0xa0, Tlv(0xa1, test::Tlv(0x30, test::Oid("2.5.4.3") +
                                                        Tlv(0x0c, "x")))));
  const auto with_points = [](const std::string& points) {
    CertificateSpec leaf = LeafSpec("device");
    leaf.extensions = {{"2.5.29.31", Tlv(0x30, points)}};
    return leaf;
  };
  const auto repeated = [](const std::string& point, int count) {
    std::string points;
    for (int i = 0; i < count; ++i) points += point;
    return points;
  };
  const CertificateSpec root = CaSpec(std::string(3'000, 'r'));
  const auto work = [&](const std::string& points, Scope scope) {
    return JudgingWorkOf({with_points(points), root}, scope);
  };
  const std::string uri =
      Tlv(0x30, Tlv(0xa0, Tlv(0xa0, Tlv(0x86, "http://example.com/1.crl"))));
  const uint64_t of_uris = work(repeated(uri, 16), Scope::kLeaf);
  EXPECT_LT(of_uris, Budgets().work_bytes / 2);
  const uint64_t of_one = work(relative, Scope::kLeaf);
  EXPECT_GE(work(repeated(relative, 16), Scope::kLeaf),
            of_one + 15 * uint64_t{17 * 3'000 + 10 * 4'096});
  // Nobody asks.
  EXPECT_LT(work(repeated(relative, 16), Scope::kOff), of_one);
}

// Whether an intermediate is denied is asked by its name and key.
TEST(JudgingWork, CountsTheIdentitiesOfIntermediates) {
  const auto work = [](size_t size) {
    return JudgingWorkOf(
        {LeafSpec("device"), CaSpec(std::string(size, 'm')), CaSpec("root")},
        Scope::kOff);
  };
  // Of the same name: parsed as a part of the certificate, compared as the
  // leaf's issuer and the subject, hashed.
  EXPECT_GE(work(2'000), work(1'000) + 1'000 * uint64_t{1 + 2 * 10 + 7});
}

}  // namespace
}  // namespace chainkeep::path
