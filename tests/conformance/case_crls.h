// CaseCrls gives the path rules the CRLs of one conformance case.
//
// A case has a heap of lists and does not say who signed which. So each is
// loaded for every certificate of the case that has its issuer's name, as a
// registry would load it for a CA; the one whose key verifies it is its signer.
// A list then answers for an issuer on a path
//
//   - whose name and key are the signer's; or
//   - whose name is the signer's, where the signer's own certificate has a
//     valid path to the case's anchors: a CA may sign its CRLs with a key of
//     its own (RFC 5280 §6.3.3 (f)).
//
// As with Registry::SetCrls, one list that cannot be read, or is a delta or
// indirect one, and none of them is taken: what the others do not say could
// stand in it. What follows from that is for the policy about the unknown.
//
// Not thread-safe: the second is found out when it is first asked.

#ifndef CHAINKEEP_TESTS_CONFORMANCE_CASE_CRLS_H_
#define CHAINKEEP_TESTS_CONFORMANCE_CASE_CRLS_H_

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "chainkeep/options.h"
#include "engine/path/revocation_source.h"
#include "engine/revocation/crl_set.h"
#include "engine/revocation/loaded_crl.h"
#include "engine/x509/certificate.h"
#include "tests/support/vectors.h"

namespace chainkeep::conformance {

class CaseCrls final : public path::RevocationSource {
 public:
  // Says whether a certificate has a valid path to the case's anchors.
  using IsValid = std::function<bool(const x509::Certificate&)>;

  // The certificates of `c` are viewed, and must live longer.
  CaseCrls(const test::VectorCase& c, const revocation::CrlLoadOptions& options,
           IsValid is_valid);

  // Why a list could not be loaded though a certificate of its issuer's name is
  // there, as whoever uploads it would be told; "" if that did not happen.
  const std::string& refusal() const { return refusal_; }

  path::FoundCrls FindCrls(const path::Anchor& anchor,
                           const x509::Certificate& issuer) const override;

 private:
  enum class Validity : uint8_t { kUnasked, kBeingAsked, kValid, kInvalid };

  struct List {
    std::shared_ptr<const revocation::LoadedCrl> crl;
    x509::Certificate signer;
    mutable Validity validity = Validity::kUnasked;
  };

  void Load(const std::string& der, const revocation::CrlLoadOptions& options);
  bool AnswersFor(const List& list, const x509::Certificate& issuer) const;

  const IsValid is_valid_;
  std::vector<x509::Certificate> signers_;
  std::deque<List> lists_;
  bool is_incomplete_ = false;
  std::string refusal_;
  mutable std::deque<revocation::CrlSet> sets_;
};

}  // namespace chainkeep::conformance

#endif  // CHAINKEEP_TESTS_CONFORMANCE_CASE_CRLS_H_
