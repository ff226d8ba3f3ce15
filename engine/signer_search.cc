#include "engine/signer_search.h"

#include <algorithm>
#include <array>

#include "chainkeep/certificate.h"
#include "engine/path/path_builder.h"
#include "engine/path/rules.h"

namespace chainkeep {
namespace {

class Search {
 public:
  explicit Search(const SignerRequest& request)
      : request_(request),
        algorithm_(path::CheckSignatureAlgorithm(request.leaf,
                                                 request.options.algorithms)) {}

  SignerResult Run() {
    TryPresented();
    if (!result_.signer && request_.choice == SignerChoice::kAllOfTheName) {
      TryAllOfTheName();
    }
    if (result_.signer) {
      result_.leaf = path::CheckRegistrable(
          request_.leaf, path::RulesOf(request_.options), request_.now);
    } else if (result_.spent.steps > 0) {
      result_.leaf = algorithm_.finding;
    }
    return result_;
  }

 private:
  void TryPresented() {
    for (const Bytes der : request_.presented) {
      path::Anchor anchor;
      if (!request_.view.FindById(ComputeCertificateId(der), &anchor)) continue;
      if (anchor.ca->certificate.subject() != request_.leaf.issuer()) continue;
      if (Try(anchor)) return;
    }
  }

  void TryAllOfTheName() {
    std::array<path::Anchor, path::kMaxCandidates> anchors;
    const Bytes key_id =
        request_.leaf.extensions().authority_key_id.value_or(Bytes());
    const size_t count = request_.view.FindIssuers(
        request_.leaf.issuer(), key_id,
        std::span(anchors).first(std::min<size_t>(
            request_.options.budgets.candidates, anchors.size())));
    for (size_t i = 0; i < count; ++i) {
      if (Try(anchors[i])) return;
    }
  }

  bool Try(const path::Anchor& anchor) {
    if (anchor.state().status != CaStatus::kActive ||
        anchor.state().auto_registration != path::AutoRegistration::kEnabled ||
        path::CheckValidity(anchor.ca->certificate, request_.now) !=
            Reason::kAccepted) {
      return false;
    }
    ++result_.spent.steps;
    // An algorithm that the policy leaves out is not tried: whoever signed so,
    // the leaf would be refused.
    if (!algorithm_.finding.ok() ||
        result_.spent.signatures == request_.options.budgets.signatures) {
      return false;
    }
    ++result_.spent.signatures;
    if (!anchor.ca->key.Verify(algorithm_.algorithm, request_.leaf.tbs(),
                               request_.leaf.signature())) {
      return false;
    }
    result_.signer = anchor;
    return true;
  }

  const SignerRequest& request_;
  const path::AllowedAlgorithm algorithm_;
  SignerResult result_;
};

}  // namespace

SignerResult FindSigner(const SignerRequest& request) {
  return Search(request).Run();
}

}  // namespace chainkeep
