#include "tests/conformance/chain_case.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/engine.h"
#include "engine/path/path_builder.h"
#include "engine/x509/certificate.h"
#include "tests/conformance/case_crls.h"
#include "tests/support/path_sources.h"

namespace chainkeep::conformance {
namespace {

using test::VectorCase;
using test::VectorRevocationMode;

// The least and most that Engine::CreateListener takes.
constexpr unsigned kLeastRsaBits = 1024;
constexpr unsigned kMostPresented = 64;

KeyPurpose PurposeOf(const std::string& word) {
  if (word == "serverAuth") return KeyPurpose::ServerAuth();
  if (word == "clientAuth") return KeyPurpose::ClientAuth();
  return KeyPurpose::FromOid(word).value();
}

AnchorRules AnchorRulesOf(const std::string& word) {
  if (word == "name-key") return AnchorRules::kNameAndKey;
  // What the anchor says of those below it; webpki reads of that only the name
  // constraints.
  if (word == "name-key-nc" || word == "name-key+constraints") {
    return AnchorRules::kConstraints;
  }
  // "full"; and "name-key+validity", which has no option of its own: validity
  // is only looked at where all is.
  return AnchorRules::kFull;
}

RevocationOptions RevocationOf(const test::VectorRevocation& revocation) {
  using OnDoubt = RevocationOptions::OnDoubt;
  using Scope = RevocationOptions::Scope;
  RevocationOptions options;
  switch (revocation.mode) {
    case VectorRevocationMode::kNone:
      options.scope = Scope::kOff;
      break;
    case VectorRevocationMode::kLeaf:
      options.scope = Scope::kLeaf;
      break;
    case VectorRevocationMode::kChain:
      options.scope = Scope::kChain;
      break;
  }
  options.unknown =
      revocation.accepts_unknown ? OnDoubt::kAccept : OnDoubt::kRefuse;
  options.stale =
      revocation.accepts_expired_crl ? OnDoubt::kAccept : OnDoubt::kRefuse;
  options.max_age_seconds = revocation.max_age_seconds;
  return options;
}

CertificatePolicyOptions PoliciesOf(const test::VectorPolicies& policies) {
  using Options = CertificatePolicyOptions;
  Options options;
  options.initial_policies = policies.initial_policy_set;
  if (policies.initial_explicit_policy) {
    options.explicit_policy = Options::Explicit::kRequired;
  }
  if (policies.initial_policy_mapping_inhibit) {
    options.mapping = Options::Mapping::kInhibited;
  }
  if (policies.initial_inhibit_any_policy) {
    options.any_policy = Options::AnyPolicy::kInhibited;
  }
  return options;
}

// A case must not set what no embedder could. One thing is let pass: initial
// policies that nobody requires, and that bind only where a certificate does
// (RFC 5280 §6.1.3 (f)). PKITS asks for them; of an embedder, an engine takes
// them for a mistake.
void CheckThatAnEmbedderMay(ValidationOptions options, const std::string& id) {
  if (!options.policies.initial_policies.empty()) {
    options.policies.explicit_policy =
        CertificatePolicyOptions::Explicit::kRequired;
  }
  static Engine& engine = *std::move(Engine::Create({})).value().release();
  const absl::Status status =
      engine
          .CreateListener({.region = Region::Parse("eu-west-1").value(),
                           .validation = options})
          .status();
  if (!status.ok()) {
    throw std::runtime_error(absl::StrCat(id, ": ", status.ToString()));
  }
}

UnixSeconds TimeOf(const VectorCase& c) {
  return c.time ? *c.time : SystemClock().Now();
}

// The searches of one case: its own, and those for signers of CRLs.
class ChainCase {
 public:
  ChainCase(const VectorCase& c, EncodingRule encoding,
            signature::prepared::Arithmetic arithmetic)
      : options_(OptionsOf(c, encoding)),
        now_(TimeOf(c)),
        anchors_(arithmetic),
        crls_(c, {.algorithms = options_.algorithms, .encoding = encoding},
              [this](const x509::Certificate& certificate) {
                return IsValid(certificate);
              }) {
    CheckThatAnEmbedderMay(options_, c.id);
    for (const std::string& der : c.trusted) anchors_.Add(der);
    for (const std::string& der : c.untrusted) {
      presented_.push_back(AsBytes(der));
    }
  }

  Outcome Run(Bytes leaf_der) {
    const Reason excess =
        path::MeasureInput(leaf_der, presented_, options_.budgets);
    if (excess != Reason::kAccepted) {
      return Fail(std::string(ReasonName(excess)));
    }
    const auto leaf = x509::Certificate::Parse(leaf_der);
    if (!leaf.ok()) return Fail(absl::StrCat("kMalformed ", leaf.fault().what));
    if (options_.revocation.scope != RevocationOptions::Scope::kOff &&
        !crls_.refusal().empty()) {
      return Fail(crls_.refusal());
    }
    const path::PathResult result = Search(*leaf, options_);
    if (anchors_.disagreements() > 0) return Fail("a table is wrong");
    if (result.path) return Succeed();
    return Fail(absl::StrCat(ReasonName(result.failure.reason), " @",
                             result.failure.certificate, " ",
                             result.failure.detail));
  }

 private:
  path::PathResult Search(const x509::Certificate& leaf,
                          const ValidationOptions& options) {
    path::Budget budget(options.budgets);
    return path::BuildPath({.leaf = leaf,
                            .presented = presented_,
                            .anchors = anchors_,
                            .denials = anchors_,
                            .crls = crls_,
                            .options = options,
                            .budget = budget,
                            .now = now_});
  }

  // Of a certificate that signs CRLs. It is used for nothing else.
  bool IsValid(const x509::Certificate& certificate) {
    ValidationOptions options = options_;
    options.required_purpose = std::nullopt;
    options.revocation.scope = RevocationOptions::Scope::kChain;
    return Search(certificate, options).path.has_value();
  }

  const ValidationOptions options_;
  const UnixSeconds now_;
  test::ListOfAnchors anchors_;
  std::vector<Bytes> presented_;
  CaseCrls crls_;
};

}  // namespace

ValidationOptions OptionsOf(const VectorCase& c, EncodingRule encoding) {
  ValidationOptions options;
  options.encoding = encoding;
  options.algorithms.min_rsa_bits =
      std::max(kLeastRsaBits, c.crypto.min_rsa_bits);
  options.algorithms.insecure_sha1 = c.crypto.allows_sha1;
  // A case's purpose is all that it asks of its leaf.
  options.leaf_profile = LeafProfile::kNone;
  if (!c.eku.empty()) options.required_purpose = PurposeOf(c.eku.front());
  if (c.HasFeature("lenient-serial")) {
    options.serial_rule = SerialRule::kAnyInteger;
  }
  options.anchor_rules = AnchorRulesOf(c.anchor);
  options.revocation = RevocationOf(c.revocation);
  if (c.policies) options.policies = PoliciesOf(*c.policies);
  options.budgets.presented_certificates = kMostPresented;
  // Intermediates, beside leaf and anchor.
  if (c.max_depth)
    options.budgets.path_length = std::clamp(*c.max_depth + 2, 2, 16);
  return options;
}

Outcome RunChain(const VectorCase& c, EncodingRule encoding,
                 signature::prepared::Arithmetic arithmetic) {
  return ChainCase(c, encoding, arithmetic).Run(AsBytes(c.leaf));
}

}  // namespace chainkeep::conformance
