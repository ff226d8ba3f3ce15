// Certificate policies of a path (RFC 5280 §6.1.2 to §6.1.5).
//
//   PolicyChecker checker(options);
//   checker.Step(extensions_of_the_anchors_child, PolicyRole::kIssuer);
//   ...
//   checker.Step(extensions_of_the_leaf, PolicyRole::kLeaf);
//   if (!checker.Finish().valid) { ... }  // refuse
//
// Certificates are shown from the anchor's child down to the leaf, each once.
// The anchor is shown before them only if its own extensions shall count.
//
// NOT A TREE. RFC 5280 describes a tree whose nodes are copied for each parent,
// which a few certificates with mappings make exponential (CVE-2023-0464). All
// nodes of one depth and one valid_policy are alike but for their parents, so
// here a depth has one node for each policy, with all its parents (RFC 9618).
// With n bytes of extensions on a path of d certificates, a check takes
// O(d * n log n) time and O(d * n) memory, and gives the answer that the tree
// would; a test holds it against a literal tree.
//
// Allocates where a certificate has policies. The extensions are views, whose
// bytes must live as long as the checker. Thread-compatible, no locks.

#ifndef CHAINKEEP_ENGINE_PATH_POLICY_TREE_H_
#define CHAINKEEP_ENGINE_PATH_POLICY_TREE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "chainkeep/types.h"
#include "engine/x509/policies.h"

namespace chainkeep::path {

// The three switches of RFC 5280 §6.1.1 (e) to (g).
enum class InitialExplicitPolicy : uint8_t { kNotRequired, kRequired };
enum class InitialPolicyMapping : uint8_t { kAllowed, kInhibited };
enum class InitialAnyPolicy : uint8_t { kAllowed, kInhibited };

struct PolicyOptions {
  // user-initial-policy-set: contents of OIDs. Empty, or with anyPolicy among
  // them: any policy will do.
  std::vector<std::string> initial_policies;

  InitialExplicitPolicy explicit_policy = InitialExplicitPolicy::kNotRequired;
  InitialPolicyMapping mapping = InitialPolicyMapping::kAllowed;
  InitialAnyPolicy any_policy = InitialAnyPolicy::kAllowed;
};

// PolicyRole says what stands where.
enum class PolicyRole : uint8_t {
  // The anchor, where its own extensions shall count (RFC 5937). It is not
  // counted itself, and without policies it asks for none.
  kAnchor,
  kIssuer,
  // Not counted, and may use anyPolicy where others may not.
  kSelfIssuedIssuer,
  kLeaf,
};

struct PolicyOutcome {
  bool valid = false;
  // user-constrained-policy-set: contents of OIDs, sorted, in the anchor's
  // domain; anyPolicy alone if every policy is.
  std::vector<std::string> policies;
};

class PolicyChecker {
 public:
  explicit PolicyChecker(const PolicyOptions& options);

  // Step takes the next certificate. After a kLeaf there is none.
  void Step(const x509::PolicyExtensions& extensions, PolicyRole role);

  // Finish says what the path amounts to. Call once, after the leaf; for a path
  // without one it is not valid.
  PolicyOutcome Finish();

 private:
  // The parent that is the anyPolicy node of the depth above.
  static constexpr uint32_t kAnyParent = UINT32_MAX;

  // One valid_policy of one depth.
  struct Node {
    Bytes policy;
    // parents[first, first + count) of its depth: places in the depth above.
    uint32_t first_parent = 0;
    uint32_t parent_count = 0;
  };

  // The depth has a node for each policy of `nodes`, sorted by policy, and one
  // for anyPolicy if has_any. Without any node the tree is NULL.
  struct Depth {
    std::vector<Node> nodes;
    std::vector<uint32_t> parents;
    bool has_any = false;

    bool empty() const { return nodes.empty() && !has_any; }
  };

  // One member of a node's expected_policy_set.
  struct Expected {
    Bytes policy;
    uint32_t node = 0;
  };

  void AddDepth(const x509::CertificatePolicies& policies, PolicyRole role);
  void ApplyMappings(const x509::PolicyMappings& mappings);
  void ExpectSame();
  void Tighten(const x509::PolicyExtensions& extensions, PolicyRole role);
  std::vector<Bytes> AuthorityPolicies() const;
  std::vector<std::string> UserPolicies() const;

  // Constant after construction.
  std::vector<std::string> initial_policies_;  // sorted, each once
  bool takes_any_initial_policy_;

  // State variables of RFC 5280 §6.1.2. Those that begin as n + 1 there begin
  // beyond the length of any path.
  uint32_t explicit_policy_;
  uint32_t policy_mapping_;
  uint32_t inhibit_any_policy_;

  std::vector<Depth> depths_;       // the last one is the current
  std::vector<Expected> expected_;  // of the current depth; sorted by policy
  bool failed_ = false;
  bool ended_ = false;
};

}  // namespace chainkeep::path

#endif  // CHAINKEEP_ENGINE_PATH_POLICY_TREE_H_
