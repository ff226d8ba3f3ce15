// What is said on the command line becomes the field of the listener that is
// meant, and no other.

#include "cmd/listener_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>

#include "cmd/arguments.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

using O = const ListenerOptions&;

struct Case {
  const char* option;
  const char* value;
  std::function<bool(O)> is_so;
};

const Case kCases[] = {
    {"service", "jobs",
     [](O o) { return o.service == EndpointService::kJobs; }},
    {"ip-literal-as-absent", "true",
     [](O o) { return o.ip_literal_as_absent; }},
    {"legacy-default-routing", "true",
     [](O o) { return o.legacy_default_routing; }},
    {"policy", "registered-device",
     [](O o) {
       return o.validation.policy == ValidationPolicy::kRegisteredDevice;
     }},
    {"registered-ca", "must-be-active",
     [](O o) {
       return o.validation.registered_ca == RegisteredCa::kMustBeActive;
     }},
    {"first-connect-issuer", "leaf-suffices",
     [](O o) {
       return o.validation.first_connect_issuer ==
              FirstConnectIssuer::kLeafSuffices;
     }},
    {"direct-issuer-only", "true",
     [](O o) { return o.validation.direct_issuer_only; }},
    {"leaf-profile", "any-purpose",
     [](O o) { return o.validation.leaf_profile == LeafProfile::kAnyPurpose; }},
    {"required-purpose", "serverAuth",
     [](O o) {
       return o.validation.required_purpose.has_value() &&
              o.validation.required_purpose->oid().back() == 1;
     }},
    {"anchor-rules", "constraints",
     [](O o) {
       return o.validation.anchor_rules == AnchorRules::kConstraints;
     }},
    {"processed-extensions", "1.2.3,2.23.133.5.4.1",
     [](O o) {
       return o.validation.processed_extensions ==
              std::vector<std::string>{"1.2.3", "2.23.133.5.4.1"};
     }},
    {"min-rsa-bits", "3072",
     [](O o) { return o.validation.algorithms.min_rsa_bits == 3072; }},
    {"max-rsa-bits", "4096",
     [](O o) { return o.validation.algorithms.max_rsa_bits == 4096; }},
    {"schemes", "ecdsa,ed25519",
     [](O o) {
       return o.validation.algorithms.schemes ==
              EnumSet<SignatureScheme>{SignatureScheme::kEcdsa,
                                       SignatureScheme::kEd25519};
     }},
    {"digests", "sha384",
     [](O o) {
       return o.validation.algorithms.digests ==
              EnumSet<SignatureDigest>{SignatureDigest::kSha384};
     }},
    {"curves", "p384,p521",
     [](O o) {
       return o.validation.algorithms.curves ==
              EnumSet<EllipticCurve>{EllipticCurve::kP384,
                                     EllipticCurve::kP521};
     }},
    {"ml-dsa", "44,65,87",
     [](O o) {
       return o.validation.algorithms.ml_dsa ==
              EnumSet<MlDsa>{MlDsa::k44, MlDsa::k65, MlDsa::k87};
     }},
    {"insecure-sha1", "true",
     [](O o) { return o.validation.algorithms.insecure_sha1; }},
    {"initial-policies", "1.2.3",
     [](O o) {
       return o.validation.policies.initial_policies ==
              std::vector<std::string>{"1.2.3"};
     }},
    {"explicit-policy", "required",
     [](O o) {
       return o.validation.policies.explicit_policy ==
              CertificatePolicyOptions::Explicit::kRequired;
     }},
    {"policy-mapping", "inhibited",
     [](O o) {
       return o.validation.policies.mapping ==
              CertificatePolicyOptions::Mapping::kInhibited;
     }},
    {"any-policy", "inhibited",
     [](O o) {
       return o.validation.policies.any_policy ==
              CertificatePolicyOptions::AnyPolicy::kInhibited;
     }},
    {"revocation", "leaf",
     [](O o) {
       return o.validation.revocation.scope == RevocationOptions::Scope::kLeaf;
     }},
    {"revocation-unknown", "accept",
     [](O o) {
       return o.validation.revocation.unknown ==
              RevocationOptions::OnDoubt::kAccept;
     }},
    {"revocation-stale", "accept",
     [](O o) {
       return o.validation.revocation.stale ==
              RevocationOptions::OnDoubt::kAccept;
     }},
    {"revocation-max-age-seconds", "5000000000",
     [](O o) {
       return o.validation.revocation.max_age_seconds == 5'000'000'000;
     }},
    {"budget-presented-certificates", "3",
     [](O o) { return o.validation.budgets.presented_certificates == 3; }},
    {"budget-certificate-bytes", "3",
     [](O o) { return o.validation.budgets.certificate_bytes == 3; }},
    {"budget-chain-bytes", "3",
     [](O o) { return o.validation.budgets.chain_bytes == 3; }},
    {"budget-path-length", "3",
     [](O o) { return o.validation.budgets.path_length == 3; }},
    {"budget-candidates", "3",
     [](O o) { return o.validation.budgets.candidates == 3; }},
    {"budget-signature-units", "3",
     [](O o) { return o.validation.budgets.signature_units == 3; }},
    {"budget-steps", "3", [](O o) { return o.validation.budgets.steps == 3; }},
    {"budget-work-bytes", "5000000000",
     [](O o) { return o.validation.budgets.work_bytes == 5'000'000'000; }},
    {"budget-name-comparisons", "3",
     [](O o) { return o.validation.budgets.name_comparisons == 3; }},
};

TEST(ListenerOptions, EachSetsItsFieldAndNoOther) {
  std::set<std::string> tried;
  for (const Case& given : kCases) {
    tried.insert(given.option);
    Arguments arguments;
    arguments.Add(given.option, given.value);
    ListenerOptions options;
    ApplyListenerOptions(arguments, &options);
    for (const Case& c : kCases) {
      EXPECT_EQ(c.is_so(options), &c == &given)
          << given.option << " and " << c.option;
    }
  }
  std::set<std::string> all;
  for (const auto& option : ListenerOptionTable()) {
    all.emplace(option.spec.name);
  }
  EXPECT_EQ(tried, all);
}

TEST(ListenerOptions, WhatIsNoneIsNamed) {
  for (const auto& option : ListenerOptionTable()) {
    if (option.spec.kind == OptionKind::kFlag) continue;
    const std::string name(option.spec.name);
    // OIDs are judged by the engine.
    if (name == "processed-extensions" || name == "initial-policies") continue;
    for (const char* value : {"maybe", "-1", "1e3", "99999999999999999999"}) {
      if (name == "revocation-max-age-seconds" && *value == '-') continue;
      Arguments arguments;
      arguments.Add(name, value);
      ListenerOptions options;
      try {
        ApplyListenerOptions(arguments, &options);
        ADD_FAILURE() << name << " " << value;
      } catch (const UsageError& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("--" + name)) << value;
        EXPECT_THAT(error.what(), testing::HasSubstr(value)) << name;
      }
    }
  }
}

TEST(ListenerOptions, ASetMayBeEmpty) {
  Arguments arguments;
  arguments.Add("curves", "");
  ListenerOptions options;
  ApplyListenerOptions(arguments, &options);
  EXPECT_TRUE(options.validation.algorithms.curves.empty());
}

}  // namespace
}  // namespace chainkeep::cmd
