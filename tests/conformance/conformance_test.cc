// Holds our answers on the published suites against the reviewed divergences,
// and the runner's own parts against what they promise.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/signature/prepared/arithmetic.h"
#include "gtest/gtest.h"
#include "tests/conformance/chain_case.h"
#include "tests/conformance/divergences.h"
#include "tests/conformance/report.h"
#include "tests/support/vectors.h"

namespace chainkeep::conformance {
namespace {

using signature::prepared::Arithmetic;

using test::VectorCase;
using test::VectorKind;
using test::VectorResult;
namespace fs = std::filesystem;

std::string ReviewedText() {
  std::ifstream file("tests/conformance/divergences.txt");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> SuiteFiles(const std::string& folder) {
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".jsonl") {
      files.push_back(entry.path().filename().string());
    }
  }
  return files;
}

double ShareOf(const Count& count) {
  return count.total == 0 ? 1.0
                          : static_cast<double>(count.agree) / count.total;
}

struct Rule {
  EncodingRule encoding;
  const char* name;
  // Of the device-relevant cases, whatever is listed. The devices that exist
  // are not all in DER.
  double least_share;
  Arithmetic arithmetic = Arithmetic::kOff;
};
// Tables of keys change no answer.
constexpr Rule kRules[] = {
    {EncodingRule::kTolerant, "tolerant", 0.993},
    {EncodingRule::kStrict, "strict", 0.95},
    {EncodingRule::kTolerant, "portable", 0.993, Arithmetic::kPortable},
    {EncodingRule::kTolerant, "fastest", 0.993, Arithmetic::kBest}};

TEST(Conformance, DiffersFromThePublicSuitesOnlyWhereReviewed) {
  const std::optional<std::string> folder = test::FindVectors();
  if (!folder) GTEST_SKIP() << test::kNoVectors;
  for (const Rule& rule : kRules) {
    SCOPED_TRACE(rule.name);
    const auto divergences = ParseDivergences(ReviewedText(), rule.encoding);
    ASSERT_TRUE(divergences.ok()) << divergences.status();
    const auto arithmetic = signature::prepared::Choose(rule.arithmetic);
    Report report(rule.encoding, arithmetic.value());
    for (const std::string& file : SuiteFiles(*folder)) {
      for (const VectorCase& c : test::ReadVectors(*folder, file)) {
        report.Add(c);
      }
    }
    EXPECT_EQ(absl::StrJoin(report.Complaints(*divergences), "\n"), "");
    EXPECT_EQ(absl::StrJoin(report.Unseen(*divergences), "\n"), "");

    EXPECT_GT(report.counts().core.total, 0);
    if (rule.encoding == EncodingRule::kTolerant) {
      EXPECT_EQ(report.counts().core.agree, report.counts().core.total);
    }
    EXPECT_GE(ShareOf(report.counts().device), rule.least_share);
    for (const auto& [suite, counts] : report.suites()) {
      RecordProperty(absl::StrCat(suite, "_", rule.name),
                     absl::StrCat(counts.all.agree, " of ", counts.all.total));
    }
  }
}

TEST(ReviewedDivergences, NameARuleEach) {
  for (const Rule& rule : kRules) {
    const auto divergences = ParseDivergences(ReviewedText(), rule.encoding);
    ASSERT_TRUE(divergences.ok()) << divergences.status();
    EXPECT_FALSE(divergences->empty());
  }
}

constexpr auto kTolerant = EncodingRule::kTolerant;
constexpr auto kStrict = EncodingRule::kStrict;

TEST(ParseDivergences, AFifthFieldIsForOneRule) {
  constexpr std::string_view kText =
      "a/1 | success | failure | both (V1)\n"
      "a/2 | success | failure | one (V1) | kTolerant\n"
      "a/2 | failure | success | the other (V1) | kStrict\n";
  const auto tolerant = ParseDivergences(kText, kTolerant);
  const auto strict = ParseDivergences(kText, kStrict);
  ASSERT_TRUE(tolerant.ok() && strict.ok());
  EXPECT_EQ(tolerant->size(), 2u);
  EXPECT_EQ(tolerant->at("a/2").why, "one (V1)");
  EXPECT_EQ(strict->at("a/2").why, "the other (V1)");
  EXPECT_EQ(strict->at("a/1").why, "both (V1)");
}

TEST(ParseDivergences, TakesLinesOfFourFields) {
  const auto parsed = ParseDivergences(
      "# why not\n\n"
      "a/1 | success | failure | strict (V1)\n"
      "a/2|failure|success|two reasons (V2, V13)\n"
      "a/3 | success | failure | refused (indirect/delta CRL)\n",
      kTolerant);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  ASSERT_EQ(parsed->size(), 3u);
  const Divergence& first = parsed->at("a/1");
  EXPECT_EQ(first.expected, VectorResult::kSuccess);
  EXPECT_EQ(first.actual, VectorResult::kFailure);
  EXPECT_EQ(first.why, "strict (V1)");
}

TEST(ParseDivergences, RefusesWhatWasNotReviewed) {
  for (const char* text : {
           "a/1 | success | failure",
           "a/1 | success | failure | x (V1) | y",
           "a/1 | success | failure | x (V1) | kStrict | z",
           "a/1 | success | failure | no rule | kStrict",
           "a/1 | success | success | no difference (V1)",
           "a/1 | success | either | a word (V1)",
           "a/1 | success | failure | no rule",
           "a/1 | success | failure | no such rule (V14)",
           "a/1 | success | failure | no such rule (V0)",
           "a/1 | success | failure | no rule ()",
           "a/1 | success | failure | ",
           "a/1|success|failure|x (V1)\na/1|success|failure|x (V1)",
       }) {
    EXPECT_FALSE(ParseDivergences(text, kTolerant).ok()) << text;
  }
}

// A case that anybody can see the answer of: bytes that are no certificate.
VectorCase Garbage(std::string id, VectorResult expected) {
  VectorCase c;
  c.suite = "suite";
  c.id = std::move(id);
  c.kind = VectorKind::kParseCertificate;
  c.leaf = "garbage";
  c.expected = expected;
  return c;
}

TEST(Report, CountsCoreDeviceAndAll) {
  Report report(kTolerant);
  VectorCase c = Garbage("a", VectorResult::kFailure);
  c.core = true;
  c.device_relevant = true;
  report.Add(c);
  c = Garbage("b", VectorResult::kSuccess);
  c.device_relevant = true;
  report.Add(c);
  c.id = "c";
  c.features = {"contested"};
  report.Add(c);
  report.Add(Garbage("d", VectorResult::kEither));
  // Without an expectation for whoever matches no server name.
  c = Garbage("e", VectorResult::kFailure);
  c.expected_peer_name = test::VectorPeerName{"DNS", "a"};
  report.Add(c);
  // With one, which is the other way.
  c.id = "f";
  c.expected_without_name = VectorResult::kSuccess;
  report.Add(c);

  EXPECT_EQ(report.Json(),
            "{\"core_total\":1,\"core_agree\":1,\"device_total\":2,"
            "\"device_agree\":1,\"all_total\":4,\"all_agree\":1,\"crashes\":0,"
            "\"suites\":{\"suite\":{\"core_total\":1,\"core_agree\":1,"
            "\"device_total\":2,\"device_agree\":1,\"all_total\":4,"
            "\"all_agree\":1}}}\n");
  EXPECT_EQ(report.MismatchLines(),
            "b success failure Certificate\n"
            "c success failure Certificate\n"
            "f success failure Certificate\n");
}

TEST(Report, ComplainsOfSurprisesBothWays) {
  Report report(kTolerant);
  report.Add(Garbage("agrees", VectorResult::kFailure));
  report.Add(Garbage("differs", VectorResult::kSuccess));
  const Divergence differs{VectorResult::kSuccess, VectorResult::kFailure, ""};
  const Divergence reverse{VectorResult::kFailure, VectorResult::kSuccess, ""};
  using Lines = std::vector<std::string>;
  EXPECT_EQ(report.Complaints({{"differs", differs}}), Lines());
  EXPECT_EQ(report.Complaints({}), Lines{"not listed: differs"});
  EXPECT_EQ(report.Complaints({{"differs", reverse}}),
            Lines{"listed the wrong way: differs"});
  EXPECT_EQ(report.Complaints({{"differs", differs}, {"agrees", reverse}}),
            Lines{"listed, and agrees: agrees"});
  EXPECT_EQ(report.Unseen({{"differs", differs}, {"gone", differs}}),
            Lines{"gone"});
}

// What a case may set, by its fields: everything else is as it ships.
TEST(OptionsOf, ComeFromTheFieldsAlone) {
  const ValidationOptions shipped;
  VectorCase c;
  c.id = c.suite = "name-key";
  c.anchor = "full";
  ValidationOptions options = OptionsOf(c, kTolerant);
  EXPECT_EQ(options.leaf_profile, LeafProfile::kNone);
  EXPECT_FALSE(options.required_purpose.has_value());
  EXPECT_EQ(options.anchor_rules, AnchorRules::kFull);
  EXPECT_EQ(options.serial_rule, shipped.serial_rule);
  EXPECT_EQ(options.algorithms.min_rsa_bits, 1024u);
  EXPECT_FALSE(options.algorithms.insecure_sha1);
  EXPECT_EQ(options.revocation.scope, RevocationOptions::Scope::kOff);
  EXPECT_EQ(options.budgets.presented_certificates, 64u);
  EXPECT_EQ(options.budgets.path_length, shipped.budgets.path_length);
  EXPECT_EQ(options.budgets.signature_units, shipped.budgets.signature_units);
  EXPECT_EQ(options.budgets.work_bytes, shipped.budgets.work_bytes);
  EXPECT_EQ(options.budgets.steps, shipped.budgets.steps);
  EXPECT_EQ(options.budgets.name_comparisons, shipped.budgets.name_comparisons);

  c.eku = {"clientAuth"};
  c.anchor = "name-key-nc";
  c.max_depth = 1;
  c.crypto = {.min_rsa_bits = 2048, .allows_sha1 = true};
  c.features = {"lenient-serial"};
  c.revocation = {.mode = test::VectorRevocationMode::kChain,
                  .accepts_unknown = true,
                  .max_age_seconds = 7};
  options = OptionsOf(c, kStrict);
  EXPECT_EQ(options.encoding, EncodingRule::kStrict);
  EXPECT_EQ(options.required_purpose->oid().size(),
            KeyPurpose::ClientAuth().oid().size());
  EXPECT_EQ(options.anchor_rules, AnchorRules::kConstraints);
  EXPECT_EQ(options.serial_rule, SerialRule::kAnyInteger);
  EXPECT_EQ(options.algorithms.min_rsa_bits, 2048u);
  EXPECT_TRUE(options.algorithms.insecure_sha1);
  EXPECT_EQ(options.revocation.scope, RevocationOptions::Scope::kChain);
  EXPECT_EQ(options.revocation.unknown, RevocationOptions::OnDoubt::kAccept);
  EXPECT_EQ(options.revocation.stale, RevocationOptions::OnDoubt::kRefuse);
  EXPECT_EQ(options.revocation.max_age_seconds, 7);
  EXPECT_EQ(options.budgets.path_length, 3u);
}

}  // namespace
}  // namespace chainkeep::conformance
