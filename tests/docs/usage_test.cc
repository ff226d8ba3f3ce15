// docs/usage.md says what the code does: its tables are compared with it.
//
// Each table stands between "<!-- NAME begin -->" and "<!-- NAME end -->". When
// one is wrong, the failure prints the right one.

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include "chainkeep/options.h"
#include "chainkeep/status.h"
#include "chainkeep/verdict.h"
#include "tests/support/tolerated_encodings.h"

namespace chainkeep {
namespace {

std::string Usage() {
  std::ifstream file("docs/usage.md");
  EXPECT_TRUE(file.good());
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Table(const std::string& name) {
  const std::string text = Usage();
  const std::string begin = "<!-- " + name + " begin -->\n";
  const size_t from = text.find(begin);
  const size_t until = text.find("<!-- " + name + " end -->");
  if (from == std::string::npos || until == std::string::npos) {
    return "no table " + name;
  }
  return text.substr(from + begin.size(), until - from - begin.size());
}

// Names of RFC 8446 §6.2 and RFC 6066 §9.
std::string AlertName(uint8_t alert) {
  static const auto& names = *new std::map<uint8_t, std::string>{
      {0, "–"},
      {40, "handshake_failure"},
      {42, "bad_certificate"},
      {43, "unsupported_certificate"},
      {44, "certificate_revoked"},
      {45, "certificate_expired"},
      {46, "certificate_unknown"},
      {48, "unknown_ca"},
      {49, "access_denied"},
      {80, "internal_error"},
      {112, "unrecognized_name"},
      {116, "certificate_required"},
  };
  const auto found = names.find(alert);
  if (found == names.end()) return "not in the list of this test";
  if (alert == 0) return found->second;
  return std::to_string(alert) + " `" + found->second + "`";
}

TEST(Usage, ListsEveryReasonWithItsAlertAndText) {
  std::string expected =
      "| reason | alert that the peer sees | what the operator reads |\n"
      "|---|---|---|\n";
  for (int i = 0; i < kReasonCount; ++i) {
    const Reason reason = static_cast<Reason>(i);
    expected += "| `" + std::string(ReasonName(reason)) + "` | " +
                AlertName(TlsAlertOf(reason)) + " | " +
                std::string(ReasonText(reason)) + " |\n";
  }
  EXPECT_EQ(Table("reasons"), expected) << "It should be:\n" << expected;
}

TEST(Usage, ListsEveryErrorWithItsNameAndHttpStatus) {
  std::string expected = "| code | AWS's name | HTTP |\n|---|---|---|\n";
  const struct {
    ErrorCode code;
    const char* name;
  } kCodes[] = {
      {ErrorCode::kInvalidRequest, "kInvalidRequest"},
      {ErrorCode::kCertificateValidation, "kCertificateValidation"},
      {ErrorCode::kRegistrationCodeValidation, "kRegistrationCodeValidation"},
      {ErrorCode::kCertificateState, "kCertificateState"},
      {ErrorCode::kResourceAlreadyExists, "kResourceAlreadyExists"},
      {ErrorCode::kResourceNotFound, "kResourceNotFound"},
      {ErrorCode::kLimitExceeded, "kLimitExceeded"},
      {ErrorCode::kCertificateConflict, "kCertificateConflict"},
      {ErrorCode::kDeleteConflict, "kDeleteConflict"},
      {ErrorCode::kTransferConflict, "kTransferConflict"},
      {ErrorCode::kTransferAlreadyCompleted, "kTransferAlreadyCompleted"},
      {ErrorCode::kThrottling, "kThrottling"},
      {ErrorCode::kServiceUnavailable, "kServiceUnavailable"},
      {ErrorCode::kInternalFailure, "kInternalFailure"},
  };
  for (const auto& [code, name] : kCodes) {
    expected += "| `" + std::string(name) + "` | `" +
                std::string(ErrorName(code)) + "` | " +
                std::to_string(ErrorHttpStatus(code)) + " |\n";
  }
  EXPECT_EQ(Table("errors"), expected) << "It should be:\n" << expected;
}

// The first two columns of each row: an option and its default.
std::map<std::string, std::string> Defaults() {
  std::map<std::string, std::string> defaults;
  std::stringstream lines(Table("options"));
  std::string line;
  while (std::getline(lines, line)) {
    const size_t first = line.find('`');
    if (first == std::string::npos) continue;
    const size_t second = line.find('`', first + 1);
    const size_t third = line.find('`', second + 1);
    const size_t fourth = line.find('`', third + 1);
    if (fourth == std::string::npos) continue;
    defaults[line.substr(first + 1, second - first - 1)] =
        line.substr(third + 1, fourth - third - 1);
  }
  return defaults;
}

std::string Text(bool value) { return value ? "true" : "false"; }

// What strict DER says of each encoding of certificates that is tolerated. (Of
// those that CRLs alone have, x509/crl_test.cc knows the words.)
TEST(Usage, ListsEveryToleratedEncoding) {
  const std::string table = Table("encodings");
  for (const test::ToleratedEncoding& encoding : test::ToleratedEncodings()) {
    EXPECT_NE(table.find("`" + std::string(encoding.words) + "`"),
              std::string::npos)
        << encoding.words;
  }
}

TEST(Usage, ListsEveryOptionWithItsDefault) {
  const ListenerOptions listener;
  const AlgorithmPolicy& algorithms = listener.validation.algorithms;
  const Budgets& budgets = listener.validation.budgets;
  ASSERT_TRUE(listener.region.empty());
  ASSERT_EQ(listener.service, EndpointService::kData);
  ASSERT_EQ(listener.validation.leaf_profile, LeafProfile::kClientAuth);
  ASSERT_FALSE(listener.validation.required_purpose.has_value());
  ASSERT_EQ(listener.validation.encoding, EncodingRule::kTolerant);
  ASSERT_EQ(listener.validation.serial_rule, SerialRule::kPositive);
  ASSERT_EQ(EngineOptions().registration_encoding, EncodingRule::kTolerant);
  ASSERT_EQ(EngineOptions().registration_serial_rule, SerialRule::kPositive);
  ASSERT_EQ(listener.validation.anchor_rules, AnchorRules::kFull);
  ASSERT_TRUE(listener.validation.processed_extensions.empty());
  using Policies = CertificatePolicyOptions;
  const Policies& policies = listener.validation.policies;
  ASSERT_TRUE(policies.initial_policies.empty());
  ASSERT_EQ(policies.explicit_policy, Policies::Explicit::kNotRequired);
  ASSERT_EQ(policies.mapping, Policies::Mapping::kAllowed);
  ASSERT_EQ(policies.any_policy, Policies::AnyPolicy::kAllowed);
  const RevocationOptions& revocation = listener.validation.revocation;
  ASSERT_EQ(revocation.scope, RevocationOptions::Scope::kOff);
  ASSERT_EQ(revocation.unknown, RevocationOptions::OnDoubt::kRefuse);
  ASSERT_EQ(revocation.stale, RevocationOptions::OnDoubt::kRefuse);
  ASSERT_FALSE(revocation.max_age_seconds.has_value());
  for (const SignatureScheme scheme :
       {SignatureScheme::kRsaPkcs1, SignatureScheme::kRsaPss,
        SignatureScheme::kEcdsa, SignatureScheme::kEd25519}) {
    ASSERT_TRUE(algorithms.schemes.Has(scheme));
  }
  for (const SignatureDigest digest :
       {SignatureDigest::kSha256, SignatureDigest::kSha384,
        SignatureDigest::kSha512}) {
    ASSERT_TRUE(algorithms.digests.Has(digest));
  }
  for (const EllipticCurve curve :
       {EllipticCurve::kP256, EllipticCurve::kP384, EllipticCurve::kP521}) {
    ASSERT_TRUE(algorithms.curves.Has(curve));
  }
  ASSERT_TRUE(algorithms.ml_dsa.empty());
  const AlgorithmPolicy registration = EngineOptions().registration_algorithms;
  ASSERT_EQ(registration.min_rsa_bits, algorithms.min_rsa_bits);
  ASSERT_EQ(registration.max_rsa_bits, algorithms.max_rsa_bits);
  ASSERT_EQ(registration.schemes, algorithms.schemes);
  ASSERT_EQ(registration.digests, algorithms.digests);
  ASSERT_EQ(registration.curves, algorithms.curves);
  ASSERT_EQ(registration.ml_dsa, algorithms.ml_dsa);
  ASSERT_EQ(registration.insecure_sha1, algorithms.insecure_sha1);
  ASSERT_EQ(EngineOptions().wildcard_endpoints, WildcardEndpoints::kRefused);
  ASSERT_EQ(EngineOptions().endpoint_source, nullptr);
  const EndpointCacheOptions cache = EngineOptions().endpoint_cache;
  const std::map<std::string, std::string> expected = {
      {"region", "none"},
      {"service", "EndpointService::kData"},
      {"validation.policy", "ValidationPolicy::kTrustedChain"},
      {"validation.registered_ca", "RegisteredCa::kNotConsulted"},
      {"validation.first_connect_issuer",
       "FirstConnectIssuer::kMustBePresented"},
      {"validation.direct_issuer_only",
       Text(listener.validation.direct_issuer_only)},
      {"validation.leaf_profile", "LeafProfile::kClientAuth"},
      {"validation.required_purpose", "none"},
      {"validation.encoding", "EncodingRule::kTolerant"},
      {"validation.serial_rule", "SerialRule::kPositive"},
      {"validation.processed_extensions", "none"},
      {"validation.anchor_rules", "AnchorRules::kFull"},
      {"validation.policies.initial_policies", "any"},
      {"validation.policies.explicit_policy", "kNotRequired"},
      {"validation.policies.mapping", "kAllowed"},
      {"validation.policies.any_policy", "kAllowed"},
      {"validation.revocation.scope", "kOff"},
      {"validation.revocation.unknown", "kRefuse"},
      {"validation.revocation.stale", "kRefuse"},
      {"validation.revocation.max_age_seconds", "none"},
      {"validation.budgets.name_comparisons",
       std::to_string(budgets.name_comparisons)},
      {"ip_literal_as_absent", Text(listener.ip_literal_as_absent)},
      {"legacy_default_routing", Text(listener.legacy_default_routing)},
      {"hook", "none"},
      {"hook_timeout_millis", std::to_string(listener.hook_timeout_millis)},
      {"validation.algorithms.min_rsa_bits",
       std::to_string(algorithms.min_rsa_bits)},
      {"validation.algorithms.max_rsa_bits",
       std::to_string(algorithms.max_rsa_bits)},
      {"validation.algorithms.schemes", "all"},
      {"validation.algorithms.digests", "all"},
      {"validation.algorithms.curves", "all"},
      {"validation.algorithms.ml_dsa", "none"},
      {"validation.algorithms.insecure_sha1", Text(algorithms.insecure_sha1)},
      {"validation.budgets.presented_certificates",
       std::to_string(budgets.presented_certificates)},
      {"validation.budgets.certificate_bytes",
       std::to_string(budgets.certificate_bytes)},
      {"validation.budgets.path_length", std::to_string(budgets.path_length)},
      {"validation.budgets.candidates", std::to_string(budgets.candidates)},
      {"validation.budgets.chain_bytes", std::to_string(budgets.chain_bytes)},
      {"validation.budgets.signature_units",
       std::to_string(budgets.signature_units)},
      {"validation.budgets.work_bytes", std::to_string(budgets.work_bytes)},
      {"validation.budgets.steps", std::to_string(budgets.steps)},
      {"clock", "SystemClock()"},
      {"observer", "none"},
      {"registration_algorithms", "as a listener's"},
      {"registration_encoding", "EncodingRule::kTolerant"},
      {"registration_serial_rule", "SerialRule::kPositive"},
      {"wildcard_endpoints", "kRefused"},
      {"endpoint_source", "none"},
      {"endpoint_domain", EngineOptions().endpoint_domain},
      {"provisioning", "none"},
      {"first_connects_per_second",
       std::to_string(EngineOptions().first_connects_per_second)},
      {"endpoint_cache.bytes", std::to_string(cache.bytes)},
      {"endpoint_cache.negative_bytes", std::to_string(cache.negative_bytes)},
      {"endpoint_cache.ttl_seconds", std::to_string(cache.ttl_seconds)},
      {"endpoint_cache.negative_ttl_seconds",
       std::to_string(cache.negative_ttl_seconds)},
      {"endpoint_cache.stale_seconds", std::to_string(cache.stale_seconds)},
      {"endpoint_cache.lookups", std::to_string(cache.lookups)},
      {"endpoint_cache.lookup_timeout_seconds",
       std::to_string(cache.lookup_timeout_seconds)},
      {"prepared_keys", "kAutomatic"},
      {"prepared_key_bytes",
       std::to_string(EngineOptions().prepared_key_bytes)},
      {"prepared_compare_one_in",
       std::to_string(EngineOptions().prepared_compare_one_in)},
  };
  EXPECT_EQ(Defaults(), expected);
}

}  // namespace
}  // namespace chainkeep
