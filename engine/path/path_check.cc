#include "engine/path/path_check.h"

#include <algorithm>
#include <optional>

#include "engine/path/policy_tree.h"
#include "engine/path/rules.h"
#include "engine/path/work.h"
#include "engine/x509/general_name.h"
#include "engine/x509/name.h"
#include "engine/x509/name_constraints.h"
#include "engine/x509/policies.h"

namespace chainkeep::path {
namespace {

// Of the anchor nothing rests on its serial number or its issuer.
Reason CheckAsAnchor(const x509::Certificate& certificate,
                     const ValidationOptions& options, UnixSeconds now) {
  const Reason reason = CheckValidity(certificate, now);
  return reason == Reason::kAccepted
             ? CheckCriticalExtensions(certificate, options)
             : reason;
}

Finding CheckOwnForm(const x509::Certificate& certificate,
                     const ValidationOptions& options, UnixSeconds now) {
  Finding finding = CheckEncoding(certificate, options.encoding);
  if (finding.ok()) {
    finding = CheckBasicFields(certificate, options.serial_rule);
  }
  if (finding.ok()) finding.reason = CheckAsAnchor(certificate, options, now);
  return finding;
}

Finding CheckAnchor(const x509::Certificate& anchor,
                    const ValidationOptions& options, UnixSeconds now) {
  switch (options.anchor_rules) {
    case AnchorRules::kNameAndKey:
      return {};
    case AnchorRules::kConstraints:
      return {.reason = CheckIssuerUnlessSilent(anchor)};
    case AnchorRules::kFull:
      break;
  }
  Finding finding = CheckEncoding(anchor, options.encoding);
  if (finding.ok()) finding.reason = CheckAsAnchor(anchor, options, now);
  if (finding.ok()) finding.reason = CheckIssuer(anchor);
  return finding;
}

Finding CheckIntermediate(const x509::Certificate& certificate,
                          const ValidationOptions& options, UnixSeconds now) {
  Finding finding = CheckOwnForm(certificate, options, now);
  if (finding.ok()) finding.reason = CheckIssuer(certificate);
  if (finding.ok()) finding.reason = CheckIssuerPurpose(certificate, options);
  return finding;
}

Finding CheckAsLeaf(const x509::Certificate& leaf,
                    const ValidationOptions& options, UnixSeconds now) {
  Finding finding = CheckOwnForm(leaf, options, now);
  if (finding.ok()) finding.reason = CheckLeafNameConstraints(leaf);
  if (finding.ok()) finding.reason = CheckLeaf(leaf, options);
  return finding;
}

// Where on the path the last certificate stands whose own extensions bind those
// below it.
size_t LastBinding(Path path, AnchorRules anchor_rules) {
  return anchor_rules == AnchorRules::kNameAndKey ? path.size() - 2
                                                  : path.size() - 1;
}

Finding ToFinding(x509::NameConstraintResult result, size_t place,
                  Budget& budget) {
  const int certificate = static_cast<int>(place);
  switch (result) {
    case x509::NameConstraintResult::kAllowed:
      return {};
    case x509::NameConstraintResult::kForbidden:
      return {Reason::kNameConstraint, certificate};
    case x509::NameConstraintResult::kUnsupported:
      return {Reason::kNameConstraint, certificate,
              "a constraint of a form that is not processed"};
    case x509::NameConstraintResult::kBudget:
      break;
  }
  budget.ExhaustNameComparisons();
  return {Reason::kBudgetNameComparisons, certificate};
}

// Names times constraints beyond which a certificate is refused whatever the
// answer would cost. BoringSSL and OpenSSL stop there, no CA comes near it, and
// to be the only one that takes such a certificate is of no use to anybody.
constexpr uint64_t kMostPairs = uint64_t{1} << 20;

uint64_t CountBases(const x509::NameConstraints& constraints) {
  return constraints.Count(x509::SubtreeList::kPermitted) +
         constraints.Count(x509::SubtreeList::kExcluded);
}

uint64_t CountNames(const x509::Certificate& certificate) {
  uint64_t count = 0;
  x509::AttributeReader attributes(certificate.subject());
  while (attributes.Next()) ++count;
  if (const auto& contents = certificate.extensions().subject_alt_name) {
    const auto alt_names = x509::GeneralNames::Parse(*contents);
    for (size_t form = 0; alt_names.ok() && form < x509::kNameFormCount;
         ++form) {
      count += alt_names->Count(static_cast<x509::NameForm>(form));
    }
  }
  return count;
}

// Whether the certificate at a place is self-issued, found out once: its names
// may be long. A path has far fewer than 64 places.
class SelfIssuedPlaces {
 public:
  explicit SelfIssuedPlaces(Path path) : path_(path) {}

  bool Has(size_t place) {
    const uint64_t bit = uint64_t{1} << place;
    if ((asked_ & bit) == 0) {
      asked_ |= bit;
      if (path_[place]->is_self_issued()) self_issued_ |= bit;
    }
    return (self_issued_ & bit) != 0;
  }

 private:
  const Path path_;
  uint64_t asked_ = 0;
  uint64_t self_issued_ = 0;
};

// Characters beyond ASCII are decoded one by one: eight bytes of a name that
// are read a few times over cost as much as a name.
uint64_t BytesAsNames(size_t bytes) { return bytes / 8; }

size_t BytesOfNames(const x509::Certificate& certificate) {
  return certificate.subject().der().size() +
         certificate.extensions().subject_alt_name.value_or(Bytes()).size();
}

x509::NameConstraintResult CheckNames(const x509::NameConstraints& constraints,
                                      const x509::Certificate& certificate,
                                      Budget& budget) {
  const uint64_t names = CountNames(certificate);
  // They are read twice: to be counted, and to be compared.
  if (names * CountBases(constraints) > kMostPairs ||
      !budget.TakeNamesRead(2 * names +
                            BytesAsNames(BytesOfNames(certificate)))) {
    return x509::NameConstraintResult::kBudget;
  }
  const uint64_t before = budget.name_comparisons_left();
  uint64_t left = before;
  const x509::NameConstraintResult result = x509::Evaluate(
      constraints,
      {certificate.subject(), certificate.extensions().subject_alt_name},
      &left);
  budget.TakeNameComparisons(before - left);
  return result;
}

// Whether the path at all could be refused for its policies.
bool RequiresPolicies(Path path, const ValidationOptions& options) {
  const size_t last_binding = LastBinding(path, options.anchor_rules);
  using Explicit = CertificatePolicyOptions::Explicit;
  if (options.policies.explicit_policy == Explicit::kRequired) return true;
  return std::any_of(
      path.begin(), path.begin() + last_binding + 1,
      [](const x509::Certificate* certificate) {
        return certificate->extensions()
            .policies.constraints.require_explicit_policy.has_value();
      });
}

PolicyOptions ToPolicyOptions(const CertificatePolicyOptions& options) {
  using Options = CertificatePolicyOptions;
  PolicyOptions result;
  for (const std::string& dotted : options.initial_policies) {
    // One that is no OID matches no policy. CreateListener refuses it.
    result.initial_policies.push_back(
        internal::EncodeOid(dotted).value_or("?"));
  }
  if (options.explicit_policy == Options::Explicit::kRequired) {
    result.explicit_policy = InitialExplicitPolicy::kRequired;
  }
  if (options.mapping == Options::Mapping::kInhibited) {
    result.mapping = InitialPolicyMapping::kInhibited;
  }
  if (options.any_policy == Options::AnyPolicy::kInhibited) {
    result.any_policy = InitialAnyPolicy::kInhibited;
  }
  return result;
}

revocation::RevocationQuery QueryFor(const x509::Certificate& certificate,
                                     const RevocationOptions& options,
                                     UnixSeconds now) {
  const x509::Extensions& extensions = certificate.extensions();
  revocation::RevocationQuery query;
  query.issuer = certificate.issuer();
  query.serial = certificate.serial();
  query.kind = extensions.is_ca ? revocation::CertificateKind::kCa
                                : revocation::CertificateKind::kEndEntity;
  if (extensions.crl_distribution_points) {
    const der::Result<x509::DistributionPoints> points =
        x509::DistributionPoints::Parse(*extensions.crl_distribution_points);
    if (points.ok()) query.distribution_points = *points;
    query.has_unreadable_points = !points.ok();
  }
  query.now = now;
  query.max_age_seconds = options.max_age_seconds;
  return query;
}

Finding CheckPathLengths(Path path, AnchorRules anchor_rules,
                         SelfIssuedPlaces& self_issued) {
  const size_t last = LastBinding(path, anchor_rules);
  // Those between the leaf and the issuer looked at.
  uint32_t below = 0;
  for (size_t i = 1; i <= last; ++i) {
    const std::optional<uint32_t>& limit = path[i]->extensions().path_length;
    if (limit && below > *limit) {
      return {Reason::kPathLengthExceeded, static_cast<int>(i)};
    }
    // Comparing names costs; the anchor has nothing above it that would ask.
    if (i < last && !self_issued.Has(i)) ++below;
  }
  return {};
}

Finding CheckNameConstraints(Path path, AnchorRules anchor_rules,
                             Budget& budget, SelfIssuedPlaces& self_issued) {
  for (size_t i = LastBinding(path, anchor_rules); i >= 1; --i) {
    const std::optional<Bytes>& contents =
        path[i]->extensions().name_constraints;
    if (!contents) continue;
    const der::Result<x509::NameConstraints> constraints =
        x509::NameConstraints::Parse(*contents);
    if (!constraints.ok()) {
      return {Reason::kNameConstraint, static_cast<int>(i),
              constraints.fault().what};
    }
    if (!budget.TakeNamesRead(CountBases(*constraints) +
                              BytesAsNames(contents->size()))) {
      return {Reason::kBudgetNameComparisons, static_cast<int>(i)};
    }
    for (size_t j = 0; j < i; ++j) {
      if (j > 0 && self_issued.Has(j)) continue;
      const Finding finding =
          ToFinding(CheckNames(*constraints, *path[j], budget), j, budget);
      if (!finding.ok()) return finding;
    }
  }
  return {};
}

Finding CheckPolicies(Path path, const ValidationOptions& options,
                      SelfIssuedPlaces& self_issued) {
  const size_t last = LastBinding(path, options.anchor_rules);
  if (!RequiresPolicies(path, options)) return {};
  PolicyChecker checker(ToPolicyOptions(options.policies));
  for (size_t i = last + 1; i-- > 0;) {
    PolicyRole role = PolicyRole::kIssuer;
    if (i == 0) {
      role = PolicyRole::kLeaf;
    } else if (i + 1 == path.size()) {
      role = PolicyRole::kAnchor;
    } else if (self_issued.Has(i)) {
      role = PolicyRole::kSelfIssuedIssuer;
    }
    checker.Step(path[i]->extensions().policies, role);
  }
  if (checker.Finish().valid) return {};
  return {Reason::kPolicy, 0};
}

// RFC 9608: the issuer says that it publishes nothing of the certificate's
// revocation, so silence is no doubt. That must not be said of a CA, nor beside
// where something is published: there it counts as not said.
bool HasNoRevocation(const x509::Extensions& extensions) {
  return extensions.has_no_rev_avail && !extensions.is_ca &&
         !extensions.crl_distribution_points;
}

}  // namespace

Finding CheckEach(Path path, const ValidationOptions& options,
                  UnixSeconds now) {
  for (size_t i = 0; i < path.size(); ++i) {
    const x509::Certificate& certificate = *path[i];
    Finding finding;
    finding.reason = CheckSubjectKey(certificate, options.algorithms);
    if (finding.ok()) {
      if (i == 0) {
        finding = CheckAsLeaf(certificate, options, now);
      } else if (i + 1 == path.size()) {
        finding = CheckAnchor(certificate, options, now);
      } else {
        finding = CheckIntermediate(certificate, options, now);
      }
    }
    if (finding.reason == Reason::kWeakKey) {
      finding.detail = DescribeWeakKey(certificate, options.algorithms);
    }
    finding.certificate = static_cast<int>(i);
    if (!finding.ok()) return finding;
  }
  return {};
}

Finding CheckPathLengths(Path path, AnchorRules anchor_rules) {
  SelfIssuedPlaces self_issued(path);
  return CheckPathLengths(path, anchor_rules, self_issued);
}

Finding CheckNameConstraints(Path path, AnchorRules anchor_rules,
                             Budget& budget) {
  SelfIssuedPlaces self_issued(path);
  return CheckNameConstraints(path, anchor_rules, budget, self_issued);
}

Finding CheckPolicies(Path path, const ValidationOptions& options) {
  SelfIssuedPlaces self_issued(path);
  return CheckPolicies(path, options, self_issued);
}

RevocationFinding CheckRevocation(Path path, const Anchor& anchor,
                                  const RevocationSource& crls,
                                  const RevocationOptions& options,
                                  UnixSeconds now) {
  RevocationFinding result;
  const auto holds_until = [&result](UnixSeconds moment) {
    result.good_until = std::min(moment, result.good_until.value_or(moment));
  };
  const auto object = [&result](const Finding& finding) {
    result.finding = finding;
    return result;
  };
  size_t count = 0;
  switch (options.scope) {
    case RevocationOptions::Scope::kOff:
      break;
    case RevocationOptions::Scope::kLeaf:
      count = 1;
      break;
    case RevocationOptions::Scope::kChain:
      count = path.size() - 1;
      break;
  }
  for (size_t i = 0; i < count; ++i) {
    const FoundCrls found = crls.FindCrls(anchor, *path[i + 1]);
    if (i == 0) result.version = found.version;
    revocation::RevocationAnswer answer;
    if (found.set != nullptr) {
      answer = found.set->Ask(QueryFor(*path[i], options, now));
    }
    // A list that has not begun yet may put in doubt later what was accepted
    // for want of a list.
    if (answer.changes_at) {
      holds_until(*answer.changes_at - 1);
    }
    const int place = static_cast<int>(i);
    if (answer.status != revocation::RevocationStatus::kRevoked &&
        HasNoRevocation(path[i]->extensions())) {
      continue;
    }
    switch (answer.status) {
      case revocation::RevocationStatus::kRevoked:
        return object({Reason::kRevoked, place});
      case revocation::RevocationStatus::kUnknown:
        if (options.unknown == RevocationOptions::OnDoubt::kRefuse) {
          return object({Reason::kRevocationUnknown, place,
                         "no CRL speaks of the certificate"});
        }
        break;
      case revocation::RevocationStatus::kStale:
        if (options.stale == RevocationOptions::OnDoubt::kRefuse) {
          return object(
              {Reason::kRevocationUnknown, place, "the CRL is stale"});
        }
        break;
      case revocation::RevocationStatus::kGood:
        if (options.stale == RevocationOptions::OnDoubt::kRefuse &&
            answer.fresh_until) {
          holds_until(*answer.fresh_until);
        }
        break;
    }
  }
  return result;
}

Finding CheckPath(Path path, const ValidationOptions& options, UnixSeconds now,
                  Budget& budget) {
  SelfIssuedPlaces self_issued(path);
  Finding finding = CheckEach(path, options, now);
  if (finding.ok()) {
    finding = CheckPathLengths(path, options.anchor_rules, self_issued);
  }
  if (finding.ok()) {
    finding =
        CheckNameConstraints(path, options.anchor_rules, budget, self_issued);
  }
  if (finding.ok() && RequiresPolicies(path, options) &&
      !budget.TakeWork(PolicyWork(path))) {
    finding = {Reason::kBudgetWork};
  }
  if (finding.ok()) finding = CheckPolicies(path, options, self_issued);
  return finding;
}

}  // namespace chainkeep::path
