#include "cmd/listener_options.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

using Rows = std::vector<ListenerOption>;

// What `text` names among `choices`, "a b c": its place.
size_t PlaceOf(std::string_view option, std::string_view choices,
               std::string_view text) {
  const std::vector<std::string_view> known = absl::StrSplit(choices, ' ');
  for (size_t i = 0; i < known.size(); ++i) {
    if (known[i] == text) return i;
  }
  throw UsageError(absl::StrCat("--", option, " is one of ",
                                absl::StrJoin(known, ", "), ", not ",
                                Quoted(text)));
}

// The parts of "a,b"; none of "".
std::vector<std::string_view> PartsOf(std::string_view text) {
  if (text.empty()) return {};
  return absl::StrSplit(text, ',');
}

// `at` returns the field to be set. Enumerators stand in the order of
// `spec.choices`.
template <typename E, typename At>
ListenerOption Choice(std::string_view field, OptionSpec spec,
                      std::vector<E> enumerators, At at) {
  return {spec, field, [=](std::string_view text, ListenerOptions* options) {
            at(options) = enumerators[PlaceOf(spec.name, spec.choices, text)];
          }};
}

// Of "a,b", of at most four.
template <typename E, typename At>
ListenerOption Set(std::string_view field, OptionSpec spec,
                   std::vector<E> enumerators, At at) {
  return {spec, field, [=](std::string_view text, ListenerOptions* options) {
            std::vector<E> members;
            for (const std::string_view part : PartsOf(text)) {
              members.push_back(
                  enumerators[PlaceOf(spec.name, spec.choices, part)]);
            }
            EnumSet<E>& set = at(options);
            if (members.empty()) {
              set = {};
              return;
            }
            // A set takes a member twice.
            if (members.size() > 4) {
              throw UsageError(
                  absl::StrCat("--", spec.name, " has more than there are"));
            }
            members.resize(4, members.front());
            set = {members[0], members[1], members[2], members[3]};
          }};
}

template <typename At>
ListenerOption Number(std::string_view field, OptionSpec spec, At at) {
  spec.kind = OptionKind::kInteger;
  return {spec, field, [=](std::string_view text, ListenerOptions* options) {
            if (absl::SimpleAtoi(text, &at(options))) return;
            throw UsageError(absl::StrCat(
                "--", spec.name, " takes a whole number, not ", Quoted(text)));
          }};
}

template <typename At>
ListenerOption Switch(std::string_view field, OptionSpec spec, At at) {
  spec.kind = OptionKind::kFlag;
  return {spec, field, [=](std::string_view text, ListenerOptions* options) {
            at(options) = text == kFlagOn;
          }};
}

// Dotted OIDs, which CreateListener judges.
template <typename At>
ListenerOption Oids(std::string_view field, OptionSpec spec, At at) {
  return {spec, field, [=](std::string_view text, ListenerOptions* options) {
            at(options).clear();
            for (const std::string_view part : PartsOf(text)) {
              at(options).emplace_back(part);
            }
          }};
}

KeyPurpose PurposeIn(std::string_view text) {
  if (text == "clientAuth") return KeyPurpose::ClientAuth();
  if (text == "serverAuth") return KeyPurpose::ServerAuth();
  const auto purpose = KeyPurpose::FromOid(text);
  if (purpose.ok()) return *purpose;
  throw UsageError(
      absl::StrCat("--required-purpose is clientAuth, serverAuth or an OID "
                   "such as 1.3.6.1.5.5.7.3.2, not ",
                   Quoted(text)));
}

void AddAdmission(Rows& rows) {
  rows.push_back(Choice<EndpointService>(
      "service",
      {.name = "service",
       .help = "Which service is served here. Without it, data.",
       .choices = "data credential-provider jobs"},
      {EndpointService::kData, EndpointService::kCredentialProvider,
       EndpointService::kJobs},
      [](ListenerOptions * o) -> auto& { return o->service; }));
  rows.push_back(Switch(
      "ip_literal_as_absent",
      {.name = "ip-literal-as-absent",
       .help = "A server name that is an IP address counts as none."},
      [](ListenerOptions* o) -> bool& { return o->ip_literal_as_absent; }));
  rows.push_back(Switch(
      "legacy_default_routing",
      {.name = "legacy-default-routing",
       .help = "Devices of mode DEFAULT are let in by another account's name."},
      [](ListenerOptions* o) -> bool& { return o->legacy_default_routing; }));
  rows.push_back(Choice<ValidationPolicy>(
      "validation.policy",
      {.name = "policy",
       .help = "What lets a device in. trusted-chain: a chain to an ACTIVE CA. "
               "registered-device: an ACTIVE record of its certificate, as "
               "with AWS. Without it, trusted-chain.",
       .choices = "trusted-chain registered-device"},
      {ValidationPolicy::kTrustedChain, ValidationPolicy::kRegisteredDevice},
      [](ListenerOptions * o) -> auto& { return o->validation.policy; }));
  rows.push_back(Choice<RegisteredCa>(
      "validation.registered_ca",
      {.name = "registered-ca",
       .help = "Under registered-device: whether the device's CA must be "
               "ACTIVE when it connects.",
       .choices = "not-consulted must-be-active"},
      {RegisteredCa::kNotConsulted, RegisteredCa::kMustBeActive}, [
      ](ListenerOptions * o) -> auto& { return o->validation.registered_ca; }));
  rows.push_back(Choice<FirstConnectIssuer>(
      "validation.first_connect_issuer",
      {.name = "first-connect-issuer",
       .help = "Under registered-device: whether a new device must send its "
               "CA's certificate where it sends no server name.",
       .choices = "must-be-presented leaf-suffices"},
      {FirstConnectIssuer::kMustBePresented, FirstConnectIssuer::kLeafSuffices},
      [](ListenerOptions * o) -> auto& {
        return o->validation.first_connect_issuer;
      }));
}

void AddChain(Rows& rows) {
  rows.push_back(Switch(
      "validation.direct_issuer_only",
      {.name = "direct-issuer-only",
       .help = "A registered CA lets in only what it has signed itself."},
      [](ListenerOptions* o) -> bool& {
        return o->validation.direct_issuer_only;
      }));
  rows.push_back(Choice<LeafProfile>(
      "validation.leaf_profile",
      {.name = "leaf-profile",
       .help = "What the device's key usages must say. Without it, "
               "client-auth.",
       .choices = "client-auth client-auth-required any-purpose none"},
      {LeafProfile::kClientAuth, LeafProfile::kClientAuthRequired,
       LeafProfile::kAnyPurpose, LeafProfile::kNone},
      [](ListenerOptions * o) -> auto& { return o->validation.leaf_profile; }));
  rows.push_back(
      {{.name = "required-purpose",
        .help = "The extended key usage that certificates must have where they "
                "have any: clientAuth, serverAuth or an OID."},
       "validation.required_purpose",
       [](std::string_view text, ListenerOptions* options) {
         options->validation.required_purpose = PurposeIn(text);
       }});
  rows.push_back(Choice<AnchorRules>(
      "validation.anchor_rules",
      {.name = "anchor-rules",
       .help = "What of the registered CA's certificate is enforced. Without "
               "it, full.",
       .choices = "name-and-key constraints full"},
      {AnchorRules::kNameAndKey, AnchorRules::kConstraints, AnchorRules::kFull},
      [](ListenerOptions * o) -> auto& { return o->validation.anchor_rules; }));
  rows.push_back(Oids(
      "validation.processed_extensions",
      {.name = "processed-extensions",
       .help = "Critical extensions that the gateway's host processes: OIDs, "
               "joined by commas."},
      [](ListenerOptions * o) -> auto& {
        return o->validation.processed_extensions;
      }));
}

void AddAlgorithms(Rows& rows) {
  rows.push_back(
      Number("validation.algorithms.min_rsa_bits",
             {.name = "min-rsa-bits", .help = "The shortest RSA key. 2048."},
             [](ListenerOptions* o) -> unsigned& {
               return o->validation.algorithms.min_rsa_bits;
             }));
  rows.push_back(
      Number("validation.algorithms.max_rsa_bits",
             {.name = "max-rsa-bits", .help = "The longest RSA key. 8192."},
             [](ListenerOptions* o) -> unsigned& {
               return o->validation.algorithms.max_rsa_bits;
             }));
  rows.push_back(Set<SignatureScheme>(
      "validation.algorithms.schemes",
      {.name = "schemes",
       .help = "The signature schemes, joined by commas. All.",
       .choices = "rsa-pkcs1 rsa-pss ecdsa ed25519"},
      {SignatureScheme::kRsaPkcs1, SignatureScheme::kRsaPss,
       SignatureScheme::kEcdsa, SignatureScheme::kEd25519},
      [](ListenerOptions * o) -> auto& {
        return o->validation.algorithms.schemes;
      }));
  rows.push_back(Set<SignatureDigest>(
      "validation.algorithms.digests",
      {.name = "digests",
       .help = "The digests of RSA and ECDSA signatures, joined by commas. "
               "All.",
       .choices = "sha256 sha384 sha512"},
      {SignatureDigest::kSha256, SignatureDigest::kSha384,
       SignatureDigest::kSha512},
      [](ListenerOptions * o) -> auto& {
        return o->validation.algorithms.digests;
      }));
  rows.push_back(Set<EllipticCurve>(
      "validation.algorithms.curves",
      {.name = "curves",
       .help = "The curves of ECDSA keys, joined by commas. All.",
       .choices = "p256 p384 p521"},
      {EllipticCurve::kP256, EllipticCurve::kP384, EllipticCurve::kP521},
      [](ListenerOptions * o) -> auto& {
        return o->validation.algorithms.curves;
      }));
  rows.push_back(Set<MlDsa>(
      "validation.algorithms.ml_dsa",
      {.name = "ml-dsa",
       .help = "The parameter sets of ML-DSA, joined by commas. None.",
       .choices = "44 65 87"},
      {MlDsa::k44, MlDsa::k65, MlDsa::k87}, [](ListenerOptions * o) -> auto& {
        return o->validation.algorithms.ml_dsa;
      }));
  rows.push_back(
      Switch("validation.algorithms.insecure_sha1",
             {.name = "insecure-sha1", .help = "Take SHA-1, which collides."},
             [](ListenerOptions* o) -> bool& {
               return o->validation.algorithms.insecure_sha1;
             }));
}

void AddPolicies(Rows& rows) {
  using Policies = CertificatePolicyOptions;
  rows.push_back(Oids(
      "validation.policies.initial_policies",
      {.name = "initial-policies",
       .help = "The acceptable certificate policies: OIDs, joined by commas. "
               "Needs --explicit-policy required."},
      [](ListenerOptions * o) -> auto& {
        return o->validation.policies.initial_policies;
      }));
  rows.push_back(Choice<Policies::Explicit>(
      "validation.policies.explicit_policy",
      {.name = "explicit-policy",
       .help = "Whether certificates must have an acceptable policy.",
       .choices = "not-required required"},
      {Policies::Explicit::kNotRequired, Policies::Explicit::kRequired},
      [](ListenerOptions * o) -> auto& {
        return o->validation.policies.explicit_policy;
      }));
  rows.push_back(Choice<Policies::Mapping>(
      "validation.policies.mapping",
      {.name = "policy-mapping",
       .help = "Whether policies may be mapped.",
       .choices = "allowed inhibited"},
      {Policies::Mapping::kAllowed, Policies::Mapping::kInhibited},
      [](ListenerOptions * o) -> auto& {
        return o->validation.policies.mapping;
      }));
  rows.push_back(Choice<Policies::AnyPolicy>(
      "validation.policies.any_policy",
      {.name = "any-policy",
       .help = "Whether anyPolicy stands for any.",
       .choices = "allowed inhibited"},
      {Policies::AnyPolicy::kAllowed, Policies::AnyPolicy::kInhibited},
      [](ListenerOptions * o) -> auto& {
        return o->validation.policies.any_policy;
      }));
}

void AddRevocation(Rows& rows) {
  using Revocation = RevocationOptions;
  const std::vector<Revocation::OnDoubt> doubts = {
      Revocation::OnDoubt::kRefuse, Revocation::OnDoubt::kAccept};
  rows.push_back(Choice<Revocation::Scope>(
      "validation.revocation.scope",
      {.name = "revocation",
       .help = "Whose certificates CRLs must speak for: off, leaf or chain. "
               "Without it, off.",
       .choices = "off leaf chain"},
      {Revocation::Scope::kOff, Revocation::Scope::kLeaf,
       Revocation::Scope::kChain},
      [](ListenerOptions * o) -> auto& {
        return o->validation.revocation.scope;
      }));
  rows.push_back(Choice<Revocation::OnDoubt>(
      "validation.revocation.unknown",
      {.name = "revocation-unknown",
       .help = "What happens where no CRL speaks of a certificate. Without it, "
               "refuse.",
       .choices = "refuse accept"},
      doubts, [](ListenerOptions * o) -> auto& {
        return o->validation.revocation.unknown;
      }));
  rows.push_back(Choice<Revocation::OnDoubt>(
      "validation.revocation.stale",
      {.name = "revocation-stale",
       .help = "What happens where one does that is too old. Without it, "
               "refuse.",
       .choices = "refuse accept"},
      doubts, [](ListenerOptions * o) -> auto& {
        return o->validation.revocation.stale;
      }));
  rows.push_back(
      Number("validation.revocation.max_age_seconds",
             {.name = "revocation-max-age-seconds",
              .help = "How old a CRL may be, whatever its nextUpdate says."},
             [](ListenerOptions* o) -> int64_t& {
               return o->validation.revocation.max_age_seconds.emplace();
             }));
}

template <typename Field>
void AddBudget(Rows& rows, std::string_view field, OptionSpec spec,
               Field Budgets::*member) {
  rows.push_back(Number(field, spec, [member](ListenerOptions* o) -> Field& {
    return o->validation.budgets.*member;
  }));
}

void AddBudgets(Rows& rows) {
  AddBudget(rows, "validation.budgets.presented_certificates",
            {.name = "budget-presented-certificates",
             .help = "How many certificates a device may send beside its own."},
            &Budgets::presented_certificates);
  AddBudget(rows, "validation.budgets.certificate_bytes",
            {.name = "budget-certificate-bytes",
             .help = "The bytes of one certificate."},
            &Budgets::certificate_bytes);
  AddBudget(
      rows, "validation.budgets.chain_bytes",
      {.name = "budget-chain-bytes", .help = "The bytes of all certificates."},
      &Budgets::chain_bytes);
  AddBudget(rows, "validation.budgets.path_length",
            {.name = "budget-path-length",
             .help = "The certificates of a path, the registered CA's counted: "
                     "2 to 16."},
            &Budgets::path_length);
  AddBudget(rows, "validation.budgets.candidates",
            {.name = "budget-candidates",
             .help = "The registered CAs that are tried for one link: 1 to "
                     "32."},
            &Budgets::candidates);
  AddBudget(rows, "validation.budgets.signature_units",
            {.name = "budget-signature-units",
             .help = "What signature checks may cost."},
            &Budgets::signature_units);
  AddBudget(
      rows, "validation.budgets.steps",
      {.name = "budget-steps", .help = "The candidates of the whole search."},
      &Budgets::steps);
  AddBudget(rows, "validation.budgets.work_bytes",
            {.name = "budget-work-bytes",
             .help = "What reading and comparing may cost."},
            &Budgets::work_bytes);
  AddBudget(rows, "validation.budgets.name_comparisons",
            {.name = "budget-name-comparisons",
             .help = "Comparisons of names with name constraints."},
            &Budgets::name_comparisons);
}

}  // namespace

std::vector<ListenerOption> ListenerOptionTable() {
  Rows rows;
  AddAdmission(rows);
  AddRevocation(rows);
  AddChain(rows);
  AddAlgorithms(rows);
  AddPolicies(rows);
  AddBudgets(rows);
  return rows;
}

void ApplyListenerOptions(const Arguments& arguments,
                          ListenerOptions* options) {
  for (const ListenerOption& option : ListenerOptionTable()) {
    if (!arguments.Has(option.spec.name)) continue;
    option.set(arguments.Text(option.spec.name), options);
  }
}

}  // namespace chainkeep::cmd
