#include "tests/support/vectors.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "gtest/gtest.h"

namespace chainkeep::test {
namespace {

std::string WriteFile(const std::string& name, const std::string& text) {
  const std::string folder = ::testing::TempDir();
  std::ofstream(std::filesystem::path(folder) / name) << text;
  return folder;
}

TEST(VectorsTest, ReadsEveryFieldOfAChain) {
  const std::string folder = WriteFile("chain.jsonl", R"({"suite": "s",
      "id": "s/1", "group": "s/g", "description": "d", "trusted": ["AQ=="],
      "untrusted": ["AgM=", "BA=="], "leaf": "BQ==", "crls": ["Bg=="],
      "time": -5, "revocation": {"mode": "chain", "unknown": "accept",
      "expired_crl": "reject", "max_age_s": 60}, "eku": ["clientAuth"],
      "expected": "success", "expected_peer_name": {"kind": "DNS",
      "value": "a.b"}, "expected_without_name": "failure", "max_depth": 3,
      "anchor": "name-key", "crypto": {"min_rsa_bits": 1024, "sha1": "allow"},
      "policies": {"initial_policy_set": ["2.5.29.32.0"],
      "initial_explicit_policy": true, "initial_policy_mapping_inhibit": false,
      "initial_inhibit_any_policy": true,
      "expected_user_constrained_policy_set": ["1.2"]}, "relevance": "path",
      "device_relevant": true, "core": true, "features": ["x", "y"],
      "sig_algs": ["a"], "key_types": ["k"], "reference": {"r": "success"},
      "raw": {"n": 1}})");
  // Written over several lines above, so read as one.
  std::string text;
  {
    std::ifstream in(std::filesystem::path(folder) / "chain.jsonl");
    for (std::string line; std::getline(in, line);) text += line;
  }
  WriteFile("chain.jsonl", text + "\n");

  const std::vector<VectorCase> cases = ReadVectors(folder, "chain.jsonl");
  ASSERT_EQ(cases.size(), 1u);
  const VectorCase& c = cases[0];
  EXPECT_EQ(c.suite, "s");
  EXPECT_EQ(c.id, "s/1");
  EXPECT_EQ(c.group, "s/g");
  EXPECT_EQ(c.description, "d");
  EXPECT_EQ(c.kind, VectorKind::kChain);
  EXPECT_EQ(c.trusted, std::vector<std::string>({"\x01"}));
  EXPECT_EQ(c.untrusted, std::vector<std::string>({"\x02\x03", "\x04"}));
  EXPECT_EQ(c.leaf, "\x05");
  EXPECT_EQ(c.crls, std::vector<std::string>({"\x06"}));
  EXPECT_EQ(c.time, -5);
  EXPECT_EQ(c.revocation.mode, VectorRevocationMode::kChain);
  EXPECT_TRUE(c.revocation.accepts_unknown);
  EXPECT_FALSE(c.revocation.accepts_expired_crl);
  EXPECT_EQ(c.revocation.max_age_seconds, 60);
  EXPECT_EQ(c.eku, std::vector<std::string>({"clientAuth"}));
  EXPECT_EQ(c.expected, VectorResult::kSuccess);
  ASSERT_TRUE(c.expected_peer_name.has_value());
  EXPECT_EQ(c.expected_peer_name->kind, "DNS");
  EXPECT_EQ(c.expected_peer_name->value, "a.b");
  EXPECT_EQ(c.expected_without_name, VectorResult::kFailure);
  EXPECT_EQ(c.max_depth, 3);
  EXPECT_EQ(c.anchor, "name-key");
  EXPECT_EQ(c.crypto.min_rsa_bits, 1024u);
  EXPECT_TRUE(c.crypto.allows_sha1);
  ASSERT_TRUE(c.policies.has_value());
  EXPECT_EQ(c.policies->initial_policy_set,
            std::vector<std::string>({"2.5.29.32.0"}));
  EXPECT_TRUE(c.policies->initial_explicit_policy);
  EXPECT_FALSE(c.policies->initial_policy_mapping_inhibit);
  EXPECT_TRUE(c.policies->initial_inhibit_any_policy);
  EXPECT_EQ(c.policies->expected_user_constrained_policy_set,
            std::vector<std::string>({"1.2"}));
  EXPECT_EQ(c.relevance, "path");
  EXPECT_TRUE(c.device_relevant);
  EXPECT_TRUE(c.core);
  EXPECT_TRUE(c.HasFeature("y"));
  EXPECT_FALSE(c.HasFeature("z"));
  EXPECT_EQ(c.signature_algorithms, std::vector<std::string>({"a"}));
  EXPECT_EQ(c.key_types, std::vector<std::string>({"k"}));
  EXPECT_EQ(c.reference.at("r"), "success");
  EXPECT_EQ(c.raw, R"({"n":1})");
}

TEST(VectorsTest, ReadsTheFieldsOfTheOtherKinds) {
  const std::string folder = WriteFile(
      "kinds.jsonl",
      R"({"kind":"signature","expected":"either","spki":"AQ==",)"
      R"("alg":{"name":"RSA-PSS","salt_len":32},"message":"","signature":"Ag=="})"
      "\n"
      R"({"kind":"signature","expected":"failure","spki":"AQ==",)"
      R"("alg":{"algorithm_identifier":"MAA="},"message":"AA==",)"
      R"("signature":""})"
      "\n"
      R"({"kind":"name-constraints","expected":"success",)"
      R"("name_constraints":"MAA=","subject":null,"subject_alt_name":"MAE="})"
      "\n");
  const std::vector<VectorCase> cases = ReadVectors(folder, "kinds.jsonl");
  ASSERT_EQ(cases.size(), 3u);
  EXPECT_EQ(cases[0].expected, VectorResult::kEither);
  EXPECT_EQ(cases[0].signature.spki, "\x01");
  EXPECT_EQ(cases[0].signature.algorithm.at("name"), "RSA-PSS");
  EXPECT_EQ(cases[0].signature.algorithm.at("salt_len"), "32");
  EXPECT_EQ(cases[0].signature.message, "");
  EXPECT_EQ(cases[0].signature.signature, "\x02");
  EXPECT_EQ(cases[1].signature.algorithm_identifier,
            std::string("\x30\x00", 2));
  EXPECT_EQ(cases[2].name_constraints.name_constraints,
            std::string("\x30\x00", 2));
  EXPECT_FALSE(cases[2].name_constraints.subject.has_value());
  EXPECT_EQ(cases[2].name_constraints.subject_alt_name, "\x30\x01");
}

TEST(VectorsDeathTest, EndsOnWhatItCannotRead) {
  for (const char* line :
       {"", "{", R"({"id":"x"})", R"({"id":"x","expected":"perhaps"})",
        R"({"expected":"success","leaf":"*"})",
        R"({"expected":"success","kind":"riddle"})"}) {
    const std::string folder = WriteFile("bad.jsonl", line);
    EXPECT_DEATH(ReadVectors(folder, "bad.jsonl"), "conformance vectors")
        << line;
  }
  EXPECT_DEATH(ReadVectors(::testing::TempDir(), "absent.jsonl"),
               "cannot open absent.jsonl");
}

TEST(VectorsTest, TheEnvironmentNamesTheFolder) {
  const char* const before = std::getenv("CHAINKEEP_VECTORS");
  const std::optional<std::string> kept =
      before == nullptr ? std::nullopt : std::optional<std::string>(before);
  const std::string folder = ::testing::TempDir();
  ASSERT_EQ(setenv("CHAINKEEP_VECTORS", folder.c_str(), 1), 0);
  EXPECT_EQ(FindVectors(), folder);
  ASSERT_EQ(setenv("CHAINKEEP_VECTORS", (folder + "/absent").c_str(), 1), 0);
  EXPECT_EQ(FindVectors(), std::nullopt);
  ASSERT_EQ(kept ? setenv("CHAINKEEP_VECTORS", kept->c_str(), 1)
                 : unsetenv("CHAINKEEP_VECTORS"),
            0);
}

TEST(VectorsTest, ReadsAllThereAre) {
  const std::optional<std::string> folder = FindVectors();
  if (!folder) GTEST_SKIP() << kNoVectors;
  std::set<std::string> ids;
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    if (entry.path().extension() != ".jsonl") continue;
    for (const VectorCase& c :
         ReadVectors(*folder, entry.path().filename().string())) {
      EXPECT_TRUE(ids.insert(c.id).second) << c.id;
      EXPECT_FALSE(c.suite.empty()) << c.id;
      if (c.kind == VectorKind::kChain ||
          c.kind == VectorKind::kParseCertificate) {
        EXPECT_FALSE(c.leaf.empty()) << c.id;
      }
    }
  }
  EXPECT_FALSE(ids.empty());
}

}  // namespace
}  // namespace chainkeep::test
