#include "engine/gate/signer_search.h"

#include <algorithm>
#include <array>

#include "chainkeep/certificate.h"
#include "engine/path/path_builder.h"
#include "engine/path/rules.h"
#include "engine/path/work.h"
#include "engine/signature/cost.h"

namespace chainkeep::gate {
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
    } else if (request_.budget.spent().steps > 0) {
      result_.leaf = algorithm_.finding;
    }
    return result_;
  }

 private:
  void TryPresented() {
    for (const Bytes der : request_.presented) {
      if (!request_.budget.TakeWork(path::IdWork(der))) return;
      path::Anchor anchor;
      if (!request_.view.FindById(ComputeCertificateId(der), &anchor)) continue;
      if (!request_.budget.TakeWork(
              path::NumberingWork(request_.leaf.issuer()) +
              path::NumberingWork(anchor.ca->certificate.subject()))) {
        return;
      }
      if (anchor.ca->certificate.subject() != request_.leaf.issuer()) continue;
      if (Try(anchor)) return;
    }
  }

  void TryAllOfTheName() {
    if (!request_.budget.TakeWork(path::LookUpWork(request_.leaf.issuer()))) {
      return;
    }
    std::array<path::Anchor, path::kMaxCandidates> anchors;
    const Bytes key_id =
        request_.leaf.extensions().authority_key_id.value_or(Bytes());
    const size_t count = request_.view.FindIssuers(
        request_.leaf.issuer(), key_id,
        std::span(anchors).first(std::min<size_t>(
            request_.budget.limits().candidates, anchors.size())));
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
    path::Budget& budget = request_.budget;
    // An algorithm that the policy leaves out is not tried: whoever signed so,
    // the leaf would be refused.
    if (!budget.TakeStep() || !algorithm_.finding.ok() ||
        !anchor.ca->key.Fits(algorithm_.algorithm) ||
        !budget.TakeWork(
            path::VerifyWork(request_.leaf, algorithm_.algorithm)) ||
        !budget.TakeSignature(
            signature::VerificationUnits(anchor.ca->key.info()))) {
      return false;
    }
    if (!anchor.ca->Verify(algorithm_.algorithm, request_.leaf.tbs(),
                           request_.leaf.signature(), &request_.leaf_id,
                           &budget.extra_verification())) {
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

}  // namespace chainkeep::gate
