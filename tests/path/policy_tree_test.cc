#include "engine/path/policy_tree.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "chainkeep/certificate.h"
#include "engine/x509/certificate.h"
#include "gtest/gtest.h"
#include "tests/support/certificate_extensions.h"
#include "tests/support/der_writer.h"
#include "tests/support/vectors.h"

namespace chainkeep::path {
namespace {

using test::Oid;
using test::Tlv;

// Policies are written as dotted OIDs below 1.2, "any" is anyPolicy.
constexpr char kAny[] = "any";

std::string Dotted(const std::string& policy) {
  return policy == kAny ? "2.5.29.32.0" : "1.2." + policy;
}

// One certificate, in words.
struct Spec {
  std::vector<std::string> policies = {};  // empty: no extension
  std::vector<std::pair<std::string, std::string>> mappings = {};
  std::optional<uint32_t> require_explicit_policy = std::nullopt;
  std::optional<uint32_t> inhibit_policy_mapping = std::nullopt;
  std::optional<uint32_t> inhibit_any_policy = std::nullopt;
  bool self_issued = false;
};

// The extensions of a Spec, with the DER that they view.
class Extensions {
 public:
  explicit Extensions(const Spec& spec) {
    if (!spec.policies.empty()) {
      std::string list;
      for (const std::string& policy : spec.policies) {
        list += Tlv(0x30, Oid(Dotted(policy)));
      }
      policies_ = Tlv(0x30, list);
      view_.policies = *x509::CertificatePolicies::Parse(AsBytes(policies_));
    }
    if (!spec.mappings.empty()) {
      std::string list;
      for (const auto& [from, to] : spec.mappings) {
        list += Tlv(0x30, Oid(Dotted(from)) + Oid(Dotted(to)));
      }
      mappings_ = Tlv(0x30, list);
      view_.mappings = *x509::PolicyMappings::Parse(AsBytes(mappings_));
    }
    view_.constraints = {spec.require_explicit_policy,
                         spec.inhibit_policy_mapping};
    view_.inhibit_any_policy = spec.inhibit_any_policy;
  }
  Extensions(const Extensions&) = delete;
  Extensions& operator=(const Extensions&) = delete;

  const x509::PolicyExtensions& view() const { return view_; }

 private:
  std::string policies_, mappings_;
  x509::PolicyExtensions view_;
};

struct Inputs {
  std::vector<std::string> initial = {};  // empty: any
  bool explicit_policy = false;
  bool inhibit_mapping = false;
  bool inhibit_any = false;
};

struct Answer {
  bool valid = false;
  std::set<std::string> policies;

  friend bool operator==(const Answer&, const Answer&) = default;
};

std::ostream& operator<<(std::ostream& out, const Answer& answer) {
  return out << (answer.valid ? "valid " : "invalid ")
             << ::testing::PrintToString(answer.policies);
}

PolicyOptions OptionsOf(const Inputs& inputs) {
  PolicyOptions options;
  for (const std::string& policy : inputs.initial) {
    options.initial_policies.push_back(test::OidContents(Dotted(policy)));
  }
  if (inputs.explicit_policy) {
    options.explicit_policy = InitialExplicitPolicy::kRequired;
  }
  if (inputs.inhibit_mapping) {
    options.mapping = InitialPolicyMapping::kInhibited;
  }
  if (inputs.inhibit_any) options.any_policy = InitialAnyPolicy::kInhibited;
  return options;
}

// What PolicyChecker says of `path`, anchor's child first.
Answer Check(const std::vector<Spec>& path, const Inputs& inputs) {
  std::vector<std::unique_ptr<Extensions>> extensions;
  std::map<std::string, std::string> names = {
      {test::OidContents(Dotted(kAny)), kAny}};
  PolicyChecker checker(OptionsOf(inputs));
  for (const std::string& policy : inputs.initial) {
    names[test::OidContents(Dotted(policy))] = policy;
  }
  for (size_t i = 0; i < path.size(); ++i) {
    for (const std::string& policy : path[i].policies) {
      names[test::OidContents(Dotted(policy))] = policy;
    }
    for (const auto& [from, to] : path[i].mappings) {
      names[test::OidContents(Dotted(from))] = from;
      names[test::OidContents(Dotted(to))] = to;
    }
    extensions.push_back(std::make_unique<Extensions>(path[i]));
    const bool last = i + 1 == path.size();
    checker.Step(extensions.back()->view(), last ? PolicyRole::kLeaf
                                            : path[i].self_issued
                                                ? PolicyRole::kSelfIssuedIssuer
                                                : PolicyRole::kIssuer);
  }
  const PolicyOutcome outcome = checker.Finish();
  Answer answer{outcome.valid, {}};
  for (const std::string& policy : outcome.policies) {
    answer.policies.insert(names.at(policy));
  }
  EXPECT_TRUE(std::is_sorted(outcome.policies.begin(), outcome.policies.end()));
  EXPECT_EQ(answer.policies.size(), outcome.policies.size());
  return answer;
}

// --- Rules -------------------------------------------------------------------

struct Case {
  const char* what;
  std::vector<Spec> path;
  Inputs inputs;
  Answer expected;
};

void RunAll(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    EXPECT_EQ(Check(c.path, c.inputs), c.expected) << c.what;
  }
}

TEST(PolicyTreeTest, NobodyAsks) {
  RunAll({
      {"no policies", {{}, {}}, {}, {true, {}}},
      {"different policies", {{{"3"}}, {{"4"}}}, {}, {true, {}}},
      {"one certificate", {{{"3"}}}, {}, {true, {"3"}}},
      {"one certificate, none", {{}}, {}, {true, {}}},
  });
}

TEST(PolicyTreeTest, ExplicitPolicyRequired) {
  const Inputs required{.explicit_policy = true};
  RunAll({
      {"same", {{{"3"}}, {{"3"}}}, required, {true, {"3"}}},
      {"overlap", {{{"3", "4"}}, {{"4", "5"}}}, required, {true, {"4"}}},
      {"different", {{{"3"}}, {{"4"}}}, required, {false, {}}},
      {"none at the leaf", {{{"3"}}, {}}, required, {false, {}}},
      {"none at the issuer", {{}, {{"3"}}}, required, {false, {}}},
      {"none in between", {{{"3"}}, {}, {{"3"}}}, required, {false, {}}},
      {"user wants another",
       {{{"3"}}, {{"3"}}},
       {.initial = {"4"}, .explicit_policy = true},
       {false, {}}},
      {"user wants one of two",
       {{{"3", "4"}}, {{"3", "4"}}},
       {.initial = {"4"}, .explicit_policy = true},
       {true, {"4"}}},
      {"user's anyPolicy among others is any",
       {{{"3"}}, {{"3"}}},
       {.initial = {"4", kAny}, .explicit_policy = true},
       {true, {"3"}}},
      // A policy that another one is a prefix of is another one.
      {"prefix", {{{"3"}}, {{"3.0"}}}, required, {false, {}}},
  });
}

TEST(PolicyTreeTest, AnyPolicy) {
  const Inputs required{.explicit_policy = true};
  RunAll({
      {"any all the way", {{{kAny}}, {{kAny}}}, required, {true, {kAny}}},
      {"any above", {{{kAny}}, {{"3"}}}, required, {true, {"3"}}},
      {"any below", {{{"3"}}, {{kAny}}}, required, {true, {"3"}}},
      {"user's set of any",
       {{{kAny}}, {{kAny}}},
       {.initial = {"3", "4"}, .explicit_policy = true},
       {true, {"3", "4"}}},
      {"any and one",
       {{{kAny}}, {{kAny, "3"}}},
       {.initial = {"3", "4"}, .explicit_policy = true},
       {true, {"3", "4"}}},
      {"inhibited from the start",
       {{{kAny}}, {{"3"}}},
       {.explicit_policy = true, .inhibit_any = true},
       {false, {}}},
      {"inhibited below the issuer",
       {{.policies = {"3"}, .inhibit_any_policy = 0}, {{kAny}}},
       required,
       {false, {}}},
      {"inhibited one further",
       {{.policies = {"3"}, .inhibit_any_policy = 1}, {{kAny}}},
       required,
       {true, {"3"}}},
      {"a self-issued issuer may all the same",
       {{.policies = {"3"}, .inhibit_any_policy = 0},
        {.policies = {kAny}, .self_issued = true},
        {{"3"}}},
       required,
       {true, {"3"}}},
      {"a self-issued leaf may not",
       {{.policies = {"3"}, .inhibit_any_policy = 0},
        {.policies = {kAny}, .self_issued = true}},
       required,
       {false, {}}},
      {"a larger number does not loosen",
       {{.policies = {"3"}, .inhibit_any_policy = 0},
        {.policies = {"3"}, .inhibit_any_policy = 5},
        {{kAny}}},
       required,
       {false, {}}},
      {"an inhibited anyPolicy leaves the others",
       {{.policies = {"3"}, .inhibit_any_policy = 0}, {{kAny, "3"}}},
       required,
       {true, {"3"}}},
  });
}

TEST(PolicyTreeTest, Mappings) {
  const Inputs required{.explicit_policy = true};
  RunAll({
      {"mapped",
       {{.policies = {"3"}, .mappings = {{"3", "4"}}}, {{"4"}}},
       required,
       {true, {"3"}}},
      {"the old name no longer counts",
       {{.policies = {"3"}, .mappings = {{"3", "4"}}}, {{"3"}}},
       required,
       {false, {}}},
      {"mapped to itself and another",
       {{.policies = {"3"}, .mappings = {{"3", "3"}, {"3", "4"}}}, {{"3"}}},
       required,
       {true, {"3"}}},
      {"the user's policy is the anchor's",
       {{.policies = {"3"}, .mappings = {{"3", "4"}}}, {{"4"}}},
       {.initial = {"4"}, .explicit_policy = true},
       {false, {}}},
      {"two to one",
       {{.policies = {"3", "4"}, .mappings = {{"3", "5"}, {"4", "5"}}},
        {{"5"}}},
       required,
       {true, {"3", "4"}}},
      {"one to two, twice the same",
       {{.policies = {"3"}, .mappings = {{"3", "4"}, {"3", "5"}, {"3", "4"}}},
        {{"5"}}},
       required,
       {true, {"3"}}},
      {"swap",
       {{.policies = {"3", "4"}, .mappings = {{"3", "4"}, {"4", "3"}}},
        {{"4"}}},
       required,
       {true, {"3"}}},
      {"of a policy that is not there",
       {{.policies = {"3"}, .mappings = {{"6", "4"}}}, {{"4"}}},
       required,
       {false, {}}},
      {"of a policy that anyPolicy stands for",
       {{.policies = {kAny}, .mappings = {{"6", "4"}}}, {{"4"}}},
       required,
       {true, {"6"}}},
      {"the same, user's set",
       {{.policies = {kAny}, .mappings = {{"6", "4"}}}, {{"4"}}},
       {.initial = {"6"}, .explicit_policy = true},
       {true, {"6"}}},
      {"chain of mappings",
       {{.policies = {"3"}, .mappings = {{"3", "4"}}},
        {.policies = {"4"}, .mappings = {{"4", "5"}}},
        {{"5"}}},
       required,
       {true, {"3"}}},
      {"anyPolicy below stands for the mapped policy",
       {{.policies = {"3"}, .mappings = {{"3", "4"}}}, {{kAny}}},
       required,
       {true, {"3"}}},
      {"inhibited from the start",
       {{.policies = {"3"}, .mappings = {{"3", "4"}}}, {{"4"}}},
       {.explicit_policy = true, .inhibit_mapping = true},
       {false, {}}},
      {"inhibited: the mapped policy is gone, by either name",
       {{.policies = {"3"}, .mappings = {{"3", "4"}}}, {{"3"}}},
       {.explicit_policy = true, .inhibit_mapping = true},
       {false, {}}},
      {"inhibited: another policy stays",
       {{.policies = {"3", "6"}, .mappings = {{"3", "4"}}}, {{"3", "6"}}},
       {.explicit_policy = true, .inhibit_mapping = true},
       {true, {"6"}}},
      {"inhibited below",
       {{.policies = {"3"}, .inhibit_policy_mapping = 0},
        {.policies = {"3"}, .mappings = {{"3", "4"}}},
        {{"4"}}},
       required,
       {false, {}}},
      {"inhibited one further",
       {{.policies = {"3"}, .inhibit_policy_mapping = 1},
        {.policies = {"3"}, .mappings = {{"3", "4"}}},
        {{"4"}}},
       required,
       {true, {"3"}}},
      {"a self-issued issuer is not counted",
       {{.policies = {"3"}, .inhibit_policy_mapping = 1},
        {.policies = {"3"}, .self_issued = true},
        {.policies = {"3"}, .mappings = {{"3", "4"}}},
        {{"4"}}},
       required,
       {true, {"3"}}},
      {"mappings of the leaf are not applied",
       {{{"3"}}, {.policies = {"3"}, .mappings = {{"3", "4"}}}},
       required,
       {true, {"3"}}},
  });
}

TEST(PolicyTreeTest, RequireExplicitPolicy) {
  RunAll({
      {"at once",
       {{.policies = {"3"}, .require_explicit_policy = 0}, {{"4"}}},
       {},
       {false, {}}},
      {"at once, and there is one",
       {{.policies = {"3"}, .require_explicit_policy = 0}, {{"3"}}},
       {},
       {true, {"3"}}},
      {"one further, the leaf being that",
       {{.policies = {"3"}, .require_explicit_policy = 1}, {{"4"}}},
       {},
       {false, {}}},
      {"two further, beyond the leaf",
       {{.policies = {"3"}, .require_explicit_policy = 2}, {{"4"}}},
       {},
       {true, {}}},
      {"self-issued issuers are not counted",
       {{.policies = {"3"}, .require_explicit_policy = 2},
        {.policies = {"3"}, .self_issued = true},
        {{"4"}}},
       {},
       {true, {}}},
      {"by the leaf itself",
       {{{"3"}}, {.policies = {"4"}, .require_explicit_policy = 0}},
       {},
       {false, {}}},
      {"by the leaf, for later",
       {{{"3"}}, {.policies = {"4"}, .require_explicit_policy = 1}},
       {},
       {true, {}}},
      {"a larger number does not loosen",
       {{.policies = {"3"}, .require_explicit_policy = 0},
        {.policies = {"3"}, .require_explicit_policy = 9},
        {}},
       {},
       {false, {}}},
      {"lost above is not found again below",
       {{{"3"}}, {}, {.policies = {"3"}, .require_explicit_policy = 0}},
       {},
       {false, {}}},
      {"the user's set decides, too",
       {{.policies = {"3"}, .require_explicit_policy = 0}, {{"3"}}},
       {.initial = {"4"}},
       {false, {}}},
  });
}

TEST(PolicyTreeTest, AnAnchorWhoseExtensionsCount) {
  struct AnchorCase {
    const char* what;
    Spec anchor;
    std::vector<Spec> path;
    bool valid;
  };
  for (const AnchorCase& c : {
           AnchorCase{"no extensions", {}, {{{"3"}}, {{"3"}}}, true},
           AnchorCase{"its policy", {{"3"}}, {{{"3"}}, {{"3"}}}, true},
           AnchorCase{"another policy", {{"4"}}, {{{"3"}}, {{"3"}}}, false},
           AnchorCase{"anyPolicy inhibited",
                      {.inhibit_any_policy = 0},
                      {{{kAny}}, {{"3"}}},
                      false},
           AnchorCase{"the anchor is not counted",
                      {.inhibit_any_policy = 1},
                      {{{kAny}}, {{"3"}}},
                      true},
           AnchorCase{"mapped",
                      {.policies = {"3"}, .mappings = {{"3", "4"}}},
                      {{{"4"}}, {{"4"}}},
                      true},
           AnchorCase{"mapped, the old name",
                      {.policies = {"3"}, .mappings = {{"3", "4"}}},
                      {{{"3"}}, {{"3"}}},
                      false},
           AnchorCase{"mapped without policies",
                      {.mappings = {{"3", "4"}}},
                      {{{"4"}}, {{"4"}}},
                      true},
       }) {
    PolicyChecker checker(OptionsOf({.explicit_policy = true}));
    const Extensions anchor(c.anchor);
    const Extensions issuer(c.path[0]);
    const Extensions leaf(c.path[1]);
    checker.Step(anchor.view(), PolicyRole::kAnchor);
    checker.Step(issuer.view(), PolicyRole::kIssuer);
    checker.Step(leaf.view(), PolicyRole::kLeaf);
    EXPECT_EQ(checker.Finish().valid, c.valid) << c.what;
  }
}

TEST(PolicyTreeTest, WithoutALeafNothingIsValid) {
  PolicyChecker nobody{PolicyOptions()};
  EXPECT_FALSE(nobody.Finish().valid);
  PolicyChecker checker{PolicyOptions()};
  checker.Step(x509::PolicyExtensions(), PolicyRole::kIssuer);
  EXPECT_FALSE(checker.Finish().valid);
}

// --- Against a literal tree --------------------------------------------------

// RFC 5280 §6.1, word by word, with a copy of a node for each parent.
class LiteralTree {
 public:
  LiteralTree(const Inputs& inputs, size_t length) : inputs_(inputs) {
    root_ = std::make_unique<Node>(Node{kAny, {kAny}, {}});
    explicit_policy_ = inputs.explicit_policy ? 0 : length + 1;
    policy_mapping_ = inputs.inhibit_mapping ? 0 : length + 1;
    inhibit_any_ = inputs.inhibit_any ? 0 : length + 1;
  }

  Answer Run(const std::vector<Spec>& path) {
    const size_t n = path.size();
    for (size_t i = 1; i <= n; ++i) {
      const Spec& spec = path[i - 1];
      if (spec.policies.empty()) root_ = nullptr;
      if (root_) Process(spec, i, n);
      if (explicit_policy_ == 0 && !root_) return {};
      if (i < n) Prepare(spec, i);
    }
    if (explicit_policy_ > 0) --explicit_policy_;
    if (path.back().require_explicit_policy == 0u) explicit_policy_ = 0;
    return Intersect(n);
  }

 private:
  struct Node {
    std::string policy;
    std::set<std::string> expected;
    std::vector<std::unique_ptr<Node>> children;
  };

  std::vector<Node*> AtDepth(size_t depth) {
    std::vector<Node*> nodes;
    const std::function<void(Node*, size_t)> walk = [&](Node* node, size_t d) {
      if (d == depth) {
        nodes.push_back(node);
        return;
      }
      for (auto& child : node->children) walk(child.get(), d + 1);
    };
    if (root_) walk(root_.get(), 0);
    return nodes;
  }

  // Deletes what has no descendant at `depth`.
  void Prune(size_t depth) {
    const std::function<bool(Node*, size_t)> lives = [&](Node* node, size_t d) {
      if (d == depth) return true;
      std::erase_if(node->children,
                    [&](auto& child) { return !lives(child.get(), d + 1); });
      return !node->children.empty();
    };
    if (root_ && !lives(root_.get(), 0)) root_ = nullptr;
  }

  static void AddChild(Node* parent, const std::string& policy) {
    parent->children.push_back(
        std::make_unique<Node>(Node{policy, {policy}, {}}));
  }

  void Process(const Spec& spec, size_t i, size_t n) {
    const std::vector<Node*> parents = AtDepth(i - 1);
    bool has_any = false;
    for (const std::string& policy : spec.policies) {
      if (policy == kAny) {
        has_any = true;
        continue;
      }
      bool matched = false;
      for (Node* parent : parents) {
        if (parent->expected.count(policy) == 0) continue;
        AddChild(parent, policy);
        matched = true;
      }
      if (matched) continue;
      for (Node* parent : parents) {
        if (parent->policy == kAny) AddChild(parent, policy);
      }
    }
    if (has_any && (inhibit_any_ > 0 || (i < n && spec.self_issued))) {
      for (Node* parent : parents) {
        for (const std::string& policy : parent->expected) {
          if (std::none_of(parent->children.begin(), parent->children.end(),
                           [&](auto& c) { return c->policy == policy; })) {
            AddChild(parent, policy);
          }
        }
      }
    }
    Prune(i);
  }

  void Prepare(const Spec& spec, size_t i) {
    std::map<std::string, std::set<std::string>> mappings;
    for (const auto& [from, to] : spec.mappings) mappings[from].insert(to);
    for (const auto& [from, to] : mappings) {
      if (policy_mapping_ > 0) {
        bool found = false;
        for (Node* node : AtDepth(i)) {
          if (node->policy != from) continue;
          node->expected = to;
          found = true;
        }
        if (found) continue;
        for (Node* parent : AtDepth(i - 1)) {
          if (parent->policy == kAny &&
              std::any_of(parent->children.begin(), parent->children.end(),
                          [](auto& c) { return c->policy == kAny; })) {
            AddChild(parent, from);
            parent->children.back()->expected = to;
          }
        }
      } else {
        for (Node* parent : AtDepth(i - 1)) {
          const std::string& gone = from;
          std::erase_if(parent->children,
                        [&](auto& c) { return c->policy == gone; });
        }
        Prune(i);
      }
    }
    if (!spec.self_issued) {
      for (size_t* counter :
           {&explicit_policy_, &policy_mapping_, &inhibit_any_}) {
        if (*counter > 0) --*counter;
      }
    }
    const auto lower = [](size_t* counter, std::optional<uint32_t> to) {
      if (to && *to < *counter) *counter = *to;
    };
    lower(&explicit_policy_, spec.require_explicit_policy);
    lower(&policy_mapping_, spec.inhibit_policy_mapping);
    lower(&inhibit_any_, spec.inhibit_any_policy);
  }

  Answer Intersect(size_t n) {
    const bool any_wanted =
        inputs_.initial.empty() ||
        std::count(inputs_.initial.begin(), inputs_.initial.end(), kAny) != 0;
    // The children of anyPolicy nodes that are of a policy: where the anchor's
    // domain ends.
    std::set<std::string> kept;
    bool any_at_leaf = false;
    const std::function<void(Node*, size_t)> walk = [&](Node* node, size_t d) {
      if (node->policy != kAny) return;
      if (d == n) any_at_leaf = true;
      if (!any_wanted) {
        std::erase_if(node->children, [&](auto& c) {
          return c->policy != kAny &&
                 std::count(inputs_.initial.begin(), inputs_.initial.end(),
                            c->policy) == 0;
        });
      }
      for (auto& child : node->children) {
        if (child->policy != kAny) kept.insert(child->policy);
        walk(child.get(), d + 1);
      }
    };
    if (root_) walk(root_.get(), 0);
    if (!any_wanted) {
      if (any_at_leaf) {
        kept.insert(inputs_.initial.begin(), inputs_.initial.end());
      } else {
        Prune(n);
      }
    } else if (any_at_leaf) {
      kept = {kAny};
    }
    return {explicit_policy_ > 0 || root_ != nullptr, kept};
  }

  const Inputs inputs_;
  std::unique_ptr<Node> root_;
  size_t explicit_policy_, policy_mapping_, inhibit_any_;
};

TEST(PolicyTreeOracleTest, AnswersAsTheTreeOfRfc5280) {
  std::mt19937 random(20'250'616);
  const auto pick = [&random](size_t count) {
    return std::uniform_int_distribution<size_t>(0, count - 1)(random);
  };
  static const char* const kPolicies[] = {"3", "4", "5", kAny};
  const auto skip = [&]() -> std::optional<uint32_t> {
    if (pick(5) != 0) return std::nullopt;
    return static_cast<uint32_t>(pick(3));
  };
  int valid = 0, with_policies = 0;
  constexpr int kRounds = 20'000;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<Spec> path(1 + pick(5));
    for (Spec& spec : path) {
      for (const char* policy : kPolicies) {
        if (pick(3) != 0) spec.policies.push_back(policy);
      }
      std::shuffle(spec.policies.begin(), spec.policies.end(), random);
      for (size_t count = pick(2) == 0 ? pick(4) : 0; count > 0; --count) {
        spec.mappings.push_back({kPolicies[pick(3)], kPolicies[pick(3)]});
      }
      spec.require_explicit_policy = skip();
      spec.inhibit_policy_mapping = skip();
      spec.inhibit_any_policy = skip();
      spec.self_issued = pick(4) == 0;
    }
    Inputs inputs;
    for (const char* policy : kPolicies) {
      if (pick(3) == 0) inputs.initial.push_back(policy);
    }
    inputs.explicit_policy = pick(2) == 0;
    inputs.inhibit_mapping = pick(8) == 0;
    inputs.inhibit_any = pick(8) == 0;

    const Answer expected = LiteralTree(inputs, path.size()).Run(path);
    const Answer actual = Check(path, inputs);
    ASSERT_EQ(actual, expected) << "round " << round;
    valid += actual.valid;
    with_policies += !actual.policies.empty();
  }
  // The cases are no formality: each kind of answer is common.
  EXPECT_GT(valid, kRounds / 10);
  EXPECT_LT(valid, kRounds * 9 / 10);
  EXPECT_GT(with_policies, kRounds / 10);
}

// --- Cost --------------------------------------------------------------------

// CVE-2023-0464: each depth maps each of its policies to all of the next; the
// tree would have width^depth nodes.
TEST(PolicyTreeCostTest, AMeshOfMappingsIsNoTree) {
  constexpr int kWidth = 30;
  constexpr int kDepth = 30;
  Spec spec;
  for (int i = 0; i < kWidth; ++i) {
    spec.policies.push_back(std::to_string(3 + i));
    for (int j = 0; j < kWidth; ++j) {
      spec.mappings.push_back({std::to_string(3 + i), std::to_string(3 + j)});
    }
  }
  std::vector<Spec> path(kDepth, spec);
  const Answer answer = Check(path, {.explicit_policy = true});
  EXPECT_TRUE(answer.valid);
  EXPECT_EQ(answer.policies.size(), static_cast<size_t>(kWidth));

  // And where nothing comes through in the end.
  path.back().policies = {"99"};
  EXPECT_FALSE(Check(path, {.explicit_policy = true}).valid);
}

TEST(PolicyTreeCostTest, ManyPoliciesBelowAnyPolicy) {
  Spec wide;
  for (int i = 0; i < 3000; ++i) wide.policies.push_back(std::to_string(i));
  Spec any{.policies = {kAny}};
  const std::vector<Spec> path = {any, wide, any, any, wide, any};
  const Answer answer = Check(path, {.explicit_policy = true});
  EXPECT_TRUE(answer.valid);
  EXPECT_EQ(answer.policies.size(), 3000u);
}

// --- The public vectors ------------------------------------------------------

// Fills `out`; false for an ill-formed extension.
bool ReadPolicyExtensions(const x509::Certificate& certificate,
                          x509::PolicyExtensions* out) {
  const std::map<std::string, Bytes> extensions =
      test::ExtensionsOf(certificate.tbs());
  if (auto found = extensions.find("2.5.29.32"); found != extensions.end()) {
    auto policies = x509::CertificatePolicies::Parse(found->second);
    if (!policies.ok()) return false;
    out->policies = *policies;
  }
  if (auto found = extensions.find("2.5.29.33"); found != extensions.end()) {
    auto mappings = x509::PolicyMappings::Parse(found->second);
    if (!mappings.ok()) return false;
    out->mappings = *mappings;
  }
  if (auto found = extensions.find("2.5.29.36"); found != extensions.end()) {
    auto constraints = x509::ParsePolicyConstraints(found->second);
    if (!constraints.ok()) return false;
    out->constraints = *constraints;
  }
  if (auto found = extensions.find("2.5.29.54"); found != extensions.end()) {
    auto inhibit = x509::ParseInhibitAnyPolicy(found->second);
    if (!inhibit.ok()) return false;
    out->inhibit_any_policy = *inhibit;
  }
  return true;
}

// The path from a trusted certificate down to the leaf, by names alone.
bool BuildPath(const std::vector<x509::Certificate>& trusted,
               const std::vector<x509::Certificate>& untrusted,
               std::vector<x509::Certificate>* path) {
  const x509::Certificate first = path->front();
  for (const x509::Certificate& anchor : trusted) {
    if (anchor.subject() == first.issuer()) {
      path->insert(path->begin(), anchor);
      return true;
    }
  }
  for (const x509::Certificate& issuer : untrusted) {
    const bool used =
        std::any_of(path->begin(), path->end(), [&](const auto& other) {
          return der::Equal(other.der(), issuer.der());
        });
    if (used || !(issuer.subject() == first.issuer())) continue;
    path->insert(path->begin(), issuer);
    if (BuildPath(trusted, untrusted, path)) return true;
    path->erase(path->begin());
  }
  return false;
}

PolicyOutcome RunVector(const test::VectorCase& c) {
  std::vector<x509::Certificate> trusted, untrusted;
  for (const std::string& der : c.trusted) {
    trusted.push_back(*x509::Certificate::Parse(AsBytes(der)));
  }
  for (const std::string& der : c.untrusted) {
    untrusted.push_back(*x509::Certificate::Parse(AsBytes(der)));
  }
  std::vector<x509::Certificate> path = {
      *x509::Certificate::Parse(AsBytes(c.leaf))};
  EXPECT_TRUE(BuildPath(trusted, untrusted, &path)) << c.id;

  PolicyOptions options;
  for (const std::string& policy : c.policies->initial_policy_set) {
    options.initial_policies.push_back(test::OidContents(policy));
  }
  if (c.policies->initial_explicit_policy) {
    options.explicit_policy = InitialExplicitPolicy::kRequired;
  }
  if (c.policies->initial_policy_mapping_inhibit) {
    options.mapping = InitialPolicyMapping::kInhibited;
  }
  if (c.policies->initial_inhibit_any_policy) {
    options.any_policy = InitialAnyPolicy::kInhibited;
  }
  PolicyChecker checker(options);
  for (size_t i = 0; i < path.size(); ++i) {
    if (i == 0 && c.anchor == "name-key") continue;
    x509::PolicyExtensions extensions;
    if (!ReadPolicyExtensions(path[i], &extensions)) return {};
    checker.Step(extensions, i == 0                 ? PolicyRole::kAnchor
                             : i + 1 == path.size() ? PolicyRole::kLeaf
                             : path[i].is_self_issued()
                                 ? PolicyRole::kSelfIssuedIssuer
                                 : PolicyRole::kIssuer);
  }
  return checker.Finish();
}

TEST(PolicyTreeVectorTest, AgreesWithThePublicSuites) {
  const std::optional<std::string> folder = test::FindVectors();
  if (!folder) GTEST_SKIP() << test::kNoVectors;
  int run = 0;
  for (const char* file : {"pkits.jsonl", "bssl-verify.jsonl"}) {
    for (const test::VectorCase& c : test::ReadVectors(*folder, file)) {
      if (c.relevance != "path-policy" || !c.policies) continue;
      ++run;
      const PolicyOutcome outcome = RunVector(c);
      const bool expected = c.expected == test::VectorResult::kSuccess;
      EXPECT_EQ(outcome.valid, expected) << c.id << ": " << c.description;
      if (!expected) continue;
      std::set<std::string> policies(outcome.policies.begin(),
                                     outcome.policies.end());
      std::set<std::string> expected_policies;
      for (const std::string& policy :
           c.policies->expected_user_constrained_policy_set) {
        expected_policies.insert(test::OidContents(policy));
      }
      EXPECT_EQ(policies, expected_policies) << c.id << ": " << c.description;
    }
  }
  EXPECT_GT(run, 0);
}

}  // namespace
}  // namespace chainkeep::path
