// Finding and verifying a path from a leaf to a registered CA.
//
// The search is depth first, with a stack of fixed size and no recursion. For
// the certificate on top it first tries the registered CAs whose subject is its
// issuer, which ends a path; then, one after the other, the presented
// certificates of that subject, those whose key id matches first. A link is
// taken when the issuer's key verifies the signature; a complete path is judged
// by the rules (rules.h), and if they object the search goes on with the next
// candidate. So a bad certificate that comes first never hides a good path, and
// no rule is skipped because another path was abandoned (CVE-2015-1793).
//
// No signature is verified unless the names show a way: from the certificate to
// a registered CA of the view, through the presented ones or at once. So
// whoever presents what leads nowhere costs the arithmetic of nobody's keys.
//
// Presented certificates are hints. They are parsed only when the search comes
// to need one, and one that is not well-formed is no candidate. Nor do they go
// round the will of the anchor's account: a CA that it has switched off is no
// step of a path to another CA of its own, by whichever certificate. A
// certificate's signature, and all else outside of its signed part, is the
// presenter's to choose: nothing is refused by the id of a whole certificate.
//
// What ends a search early is a budget, and then for good. All that is done is
// charged to one (work.h, signature/cost.h).
//
// Deviations from RFC 5280 §6.1: by default an anchor is a whole certificate,
// enforced like an intermediate (AnchorRules); keys and algorithms must satisfy
// a policy; policy qualifiers are not given out.

#ifndef CHAINKEEP_ENGINE_PATH_PATH_BUILDER_H_
#define CHAINKEEP_ENGINE_PATH_PATH_BUILDER_H_

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "chainkeep/options.h"
#include "chainkeep/types.h"
#include "engine/path/anchor_source.h"
#include "engine/path/budget.h"
#include "engine/path/denial_source.h"
#include "engine/path/finding.h"
#include "engine/path/presented_chain.h"
#include "engine/path/revocation_source.h"
#include "engine/x509/certificate.h"

namespace chainkeep::path {

// Hard limits of what Budgets may ask for: the search lives on the stack.
inline constexpr unsigned kMaxPathLength = 16;
inline constexpr unsigned kMaxCandidates = 32;

// VerifiedPath is a path that was found and passed all rules. Only BuildPath
// makes one. It is valid as long as the view it was found in.
class VerifiedPath {
 public:
  const Anchor& anchor() const { return anchor_; }
  // The certificates between the leaf and the anchor, the leaf's issuer first.
  const std::vector<Intermediate>& intermediates() const& {
    return intermediates_;
  }
  std::vector<Intermediate> intermediates() && {
    return std::move(intermediates_);
  }
  // The CA that signed the leaf.
  const CaId& issuer() const {
    return intermediates_.empty() ? anchor_.ca->ca_id : intermediates_[0].ca;
  }
  // The version of the CRLs that the answer rests on (RevocationSource).
  uint64_t crl_version() const { return crl_version_; }
  // The latest notBefore, and the earliest notAfter on the path or nextUpdate
  // that the answer rests on: of the anchor only under AnchorRules::kFull.
  UnixSeconds not_before() const { return not_before_; }
  UnixSeconds not_after() const { return not_after_; }

 private:
  friend class PathSearch;
  VerifiedPath(const Anchor& anchor, std::vector<Intermediate> intermediates,
               UnixSeconds not_before, UnixSeconds not_after,
               uint64_t crl_version)
      : anchor_(anchor),
        intermediates_(std::move(intermediates)),
        not_before_(not_before),
        not_after_(not_after),
        crl_version_(crl_version) {}

  Anchor anchor_;
  std::vector<Intermediate> intermediates_;
  UnixSeconds not_before_;
  UnixSeconds not_after_;
  uint64_t crl_version_;
};

// MeasureInput checks the budgets of what the peer sent, in DER, before any of
// it is parsed: kAccepted, or the reason of the budget that it exceeds.
Reason MeasureInput(Bytes leaf, std::span<const Bytes> presented,
                    const Budgets& budgets);

struct PathRequest {
  const x509::Certificate& leaf;
  // DER, not parsed; the caller has measured it (MeasureInput).
  std::span<const Bytes> presented;
  const AnchorSource& anchors;
  const DenialSource& denials;
  const RevocationSource& crls;
  const ValidationOptions& options;
  // What this answer may still spend; the search charges it.
  Budget& budget;
  UnixSeconds now = 0;
  // The leaf's, where it is known, so that it is not hashed again.
  const SignedId* leaf_id = nullptr;
};

struct PathResult {
  std::optional<VerifiedPath> path;
  Finding failure;    // if there is no path
  BudgetSpent spent;  // the budget's, all that was spent before included
};

// BuildPath searches. Thread-safe. Without presented certificates and policies
// it allocates nothing of its own; BoringSSL does while it verifies. Costs one
// signature for each link tried.
PathResult BuildPath(const PathRequest& request);

}  // namespace chainkeep::path

#endif  // CHAINKEEP_ENGINE_PATH_PATH_BUILDER_H_
