#include "engine/path/policy_tree.h"

#include <algorithm>
#include <string_view>

namespace chainkeep::path {
namespace {

using x509::IsAnyPolicy;

bool Less(Bytes a, Bytes b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

std::string_view AsText(Bytes oid) {
  return {reinterpret_cast<const char*>(oid.data()), oid.size()};
}

Bytes AsBytes(const std::string& oid) {
  return {reinterpret_cast<const uint8_t*>(oid.data()), oid.size()};
}

void Decrement(uint32_t* counter) {
  if (*counter > 0) --*counter;
}

// A certificate's policies, sorted, anyPolicy apart.
struct Policies {
  explicit Policies(const x509::CertificatePolicies& list) {
    x509::PolicyReader reader(list);
    while (std::optional<Bytes> oid = reader.Next()) {
      if (IsAnyPolicy(*oid)) {
        has_any = true;
      } else {
        sorted.push_back(*oid);
      }
    }
    std::sort(sorted.begin(), sorted.end(), Less);
  }

  std::vector<Bytes> sorted;
  bool has_any = false;
};

}  // namespace

PolicyChecker::PolicyChecker(const PolicyOptions& options)
    : initial_policies_(options.initial_policies),
      explicit_policy_(options.explicit_policy ==
                               InitialExplicitPolicy::kRequired
                           ? 0
                           : UINT32_MAX),
      policy_mapping_(
          options.mapping == InitialPolicyMapping::kInhibited ? 0 : UINT32_MAX),
      inhibit_any_policy_(
          options.any_policy == InitialAnyPolicy::kInhibited ? 0 : UINT32_MAX) {
  std::sort(initial_policies_.begin(), initial_policies_.end());
  initial_policies_.erase(
      std::unique(initial_policies_.begin(), initial_policies_.end()),
      initial_policies_.end());
  takes_any_initial_policy_ =
      initial_policies_.empty() ||
      std::any_of(initial_policies_.begin(), initial_policies_.end(),
                  [](const std::string& p) { return IsAnyPolicy(AsBytes(p)); });
  // RFC 5280 §6.1.2 (a): the tree begins as one node of anyPolicy.
  depths_.emplace_back().has_any = true;
}

// RFC 5280 §6.1.3 (d).
void PolicyChecker::AddDepth(const x509::CertificatePolicies& list,
                             PolicyRole role) {
  const Policies policies(list);
  const bool any_applies =
      policies.has_any &&
      (inhibit_any_policy_ > 0 || role == PolicyRole::kSelfIssuedIssuer ||
       role == PolicyRole::kAnchor);
  const bool parent_has_any = depths_.back().has_any;
  Depth depth;
  depth.has_any = any_applies && parent_has_any;

  // Adds a node for `policy` whose parents are expected_[begin, end), or the
  // anyPolicy node if there are none.
  const auto add = [&](Bytes policy, size_t begin, size_t end) {
    Node node{policy, static_cast<uint32_t>(depth.parents.size()), 0};
    for (size_t i = begin; i < end; ++i) {
      depth.parents.push_back(expected_[i].node);
    }
    if (begin == end) depth.parents.push_back(kAnyParent);
    node.parent_count =
        static_cast<uint32_t>(depth.parents.size()) - node.first_parent;
    depth.nodes.push_back(node);
  };

  // Walks the certificate's policies and the expected ones, both sorted.
  size_t at = 0;
  const auto end_of_policy = [&](size_t begin) {
    size_t end = begin;
    while (end < expected_.size() &&
           der::Equal(expected_[end].policy, expected_[begin].policy)) {
      ++end;
    }
    return end;
  };
  const auto skip_until = [&](const Bytes* policy) {
    while (at < expected_.size() &&
           (policy == nullptr || Less(expected_[at].policy, *policy))) {
      const size_t end = end_of_policy(at);
      // (d) (2): anyPolicy stands for each expected policy not named.
      if (any_applies) add(expected_[at].policy, at, end);
      at = end;
    }
  };
  for (const Bytes& policy : policies.sorted) {
    skip_until(&policy);
    if (at < expected_.size() && der::Equal(expected_[at].policy, policy)) {
      const size_t end = end_of_policy(at);
      add(policy, at, end);  // (d) (1) (i)
      at = end;
    } else if (parent_has_any) {
      add(policy, at, at);  // (d) (1) (ii)
    }
  }
  skip_until(nullptr);
  depths_.push_back(std::move(depth));
}

// Each node expects its own policy: the state before mappings.
void PolicyChecker::ExpectSame() {
  expected_.clear();
  const std::vector<Node>& nodes = depths_.back().nodes;
  for (size_t i = 0; i < nodes.size(); ++i) {
    expected_.push_back({nodes[i].policy, static_cast<uint32_t>(i)});
  }
}

// RFC 5280 §6.1.4 (b), in place of ExpectSame.
void PolicyChecker::ApplyMappings(const x509::PolicyMappings& mappings) {
  std::vector<x509::PolicyMapping> sorted;
  x509::PolicyMappingReader reader(mappings);
  while (std::optional<x509::PolicyMapping> mapping = reader.Next()) {
    sorted.push_back(*mapping);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const x509::PolicyMapping& a, const x509::PolicyMapping& b) {
              return Less(a.issuer_domain, b.issuer_domain);
            });

  Depth& depth = depths_.back();
  const bool may_map = policy_mapping_ > 0;
  if (may_map && depth.has_any) {
    // (b) (1), second half: anyPolicy stands for the mapped policy, too.
    std::vector<Node> added;
    size_t at = 0;
    for (size_t i = 0; i < sorted.size(); ++i) {
      const Bytes policy = sorted[i].issuer_domain;
      if (i > 0 && der::Equal(policy, sorted[i - 1].issuer_domain)) continue;
      while (at < depth.nodes.size() && Less(depth.nodes[at].policy, policy)) {
        ++at;
      }
      if (at < depth.nodes.size() &&
          der::Equal(depth.nodes[at].policy, policy)) {
        continue;
      }
      added.push_back({policy, static_cast<uint32_t>(depth.parents.size()), 1});
      depth.parents.push_back(kAnyParent);
    }
    const size_t middle = depth.nodes.size();
    depth.nodes.insert(depth.nodes.end(), added.begin(), added.end());
    std::inplace_merge(
        depth.nodes.begin(), depth.nodes.begin() + middle, depth.nodes.end(),
        [](const Node& a, const Node& b) { return Less(a.policy, b.policy); });
  }

  expected_.clear();
  size_t at = 0;
  bool remains = depth.has_any;
  for (size_t i = 0; i < depth.nodes.size(); ++i) {
    const Bytes policy = depth.nodes[i].policy;
    const uint32_t node = static_cast<uint32_t>(i);
    while (at < sorted.size() && Less(sorted[at].issuer_domain, policy)) ++at;
    if (at == sorted.size() || !der::Equal(sorted[at].issuer_domain, policy)) {
      expected_.push_back({policy, node});
      remains = true;
      continue;
    }
    // (b) (2): a mapped policy that may not be mapped is deleted. A node that
    // expects nothing has no children and is pruned with them.
    if (!may_map) continue;
    remains = true;
    for (; at < sorted.size() && der::Equal(sorted[at].issuer_domain, policy);
         ++at) {
      expected_.push_back({sorted[at].subject_domain, node});
    }
  }
  if (!remains) depth = Depth();

  std::sort(expected_.begin(), expected_.end(),
            [](const Expected& a, const Expected& b) {
              if (Less(a.policy, b.policy)) return true;
              if (Less(b.policy, a.policy)) return false;
              return a.node < b.node;
            });
  expected_.erase(std::unique(expected_.begin(), expected_.end(),
                              [](const Expected& a, const Expected& b) {
                                return a.node == b.node &&
                                       der::Equal(a.policy, b.policy);
                              }),
                  expected_.end());
}

// RFC 5280 §6.1.4 (h) to (j).
void PolicyChecker::Tighten(const x509::PolicyExtensions& extensions,
                            PolicyRole role) {
  if (role == PolicyRole::kIssuer) {
    Decrement(&explicit_policy_);
    Decrement(&policy_mapping_);
    Decrement(&inhibit_any_policy_);
  }
  const x509::PolicyConstraints& constraints = extensions.constraints;
  explicit_policy_ =
      std::min(explicit_policy_,
               constraints.require_explicit_policy.value_or(UINT32_MAX));
  policy_mapping_ = std::min(
      policy_mapping_, constraints.inhibit_policy_mapping.value_or(UINT32_MAX));
  inhibit_any_policy_ = std::min(
      inhibit_any_policy_, extensions.inhibit_any_policy.value_or(UINT32_MAX));
}

void PolicyChecker::Step(const x509::PolicyExtensions& extensions,
                         PolicyRole role) {
  if (extensions.policies && !depths_.back().empty()) {
    AddDepth(*extensions.policies, role);
  } else if (role == PolicyRole::kAnchor) {
    depths_.emplace_back().has_any = true;
  } else {
    depths_.emplace_back();  // §6.1.3 (e): the tree is NULL from here on
  }
  // §6.1.3 (f).
  if (explicit_policy_ == 0 && depths_.back().empty()) failed_ = true;

  if (role == PolicyRole::kLeaf) {
    // §6.1.5 (a), (b).
    Decrement(&explicit_policy_);
    if (extensions.constraints.require_explicit_policy == 0u) {
      explicit_policy_ = 0;
    }
    ended_ = true;
    return;
  }
  if (extensions.mappings) {
    ApplyMappings(*extensions.mappings);
  } else {
    ExpectSame();
  }
  Tighten(extensions, role);
}

// The policies, in the anchor's domain, from which a path of nodes leads down
// to the leaf: valid_policy_node_set of RFC 5280 §6.1.5 (g). Sorted, each once.
std::vector<Bytes> PolicyChecker::AuthorityPolicies() const {
  std::vector<Bytes> policies;
  std::vector<bool> reached(depths_.back().nodes.size(), true);
  for (size_t i = depths_.size() - 1; i > 0; --i) {
    const Depth& depth = depths_[i];
    std::vector<bool> above(depths_[i - 1].nodes.size(), false);
    for (size_t j = 0; j < depth.nodes.size(); ++j) {
      if (!reached[j]) continue;
      const Node& node = depth.nodes[j];
      for (uint32_t k = 0; k < node.parent_count; ++k) {
        const uint32_t parent = depth.parents[node.first_parent + k];
        if (parent == kAnyParent) {
          policies.push_back(node.policy);
        } else {
          above[parent] = true;
        }
      }
    }
    reached = std::move(above);
  }
  std::sort(policies.begin(), policies.end(), Less);
  policies.erase(std::unique(policies.begin(), policies.end(), der::Equal),
                 policies.end());
  return policies;
}

// RFC 5280 §6.1.5 (g).
std::vector<std::string> PolicyChecker::UserPolicies() const {
  std::vector<std::string> policies;
  if (depths_.back().empty()) return policies;
  const bool any = depths_.back().has_any;
  if (any && !takes_any_initial_policy_) return initial_policies_;
  if (any) {
    policies.emplace_back(AsText(x509::kOidAnyPolicy));
    return policies;
  }
  for (const Bytes& policy : AuthorityPolicies()) {
    if (takes_any_initial_policy_ ||
        std::binary_search(initial_policies_.begin(), initial_policies_.end(),
                           AsText(policy))) {
      policies.emplace_back(AsText(policy));
    }
  }
  return policies;
}

PolicyOutcome PolicyChecker::Finish() {
  PolicyOutcome outcome;
  if (!ended_ || failed_) return outcome;
  outcome.policies = UserPolicies();
  outcome.valid = explicit_policy_ > 0 || !outcome.policies.empty();
  return outcome;
}

}  // namespace chainkeep::path
