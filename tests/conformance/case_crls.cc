#include "tests/conformance/case_crls.h"

#include <utility>

#include "chainkeep/certificate.h"
#include "engine/der/cursor.h"
#include "engine/signature/public_key.h"
#include "engine/x509/crl.h"

namespace chainkeep::conformance {

using revocation::CrlLoad;
using revocation::CrlRefusal;

CaseCrls::CaseCrls(const test::VectorCase& c,
                   const revocation::CrlLoadOptions& options, IsValid is_valid)
    : is_valid_(std::move(is_valid)) {
  for (const auto* list : {&c.trusted, &c.untrusted}) {
    for (const std::string& der : *list) {
      const auto certificate = x509::Certificate::Parse(AsBytes(der));
      if (certificate.ok()) signers_.push_back(*certificate);
    }
  }
  for (const std::string& der : c.crls) Load(der, options);
}

void CaseCrls::Load(const std::string& der,
                    const revocation::CrlLoadOptions& options) {
  const auto crl = x509::Crl::Parse(AsBytes(der));
  if (!crl.ok()) {
    is_incomplete_ = true;
    return;
  }
  std::string refusal;
  for (const x509::Certificate& signer : signers_) {
    if (!(signer.subject() == crl->issuer())) continue;
    const auto key = signature::PublicKey::Parse(signer.spki());
    if (!key.ok()) continue;
    CrlLoad load = revocation::LoadedCrl::Load(der, {signer, *key}, options);
    if (load.crl != nullptr) {
      lists_.push_back({std::move(load.crl), signer});
      return;
    }
    refusal = load.what;
  }
  if (!refusal.empty()) refusal_ = "CRL: " + refusal;
}

bool CaseCrls::AnswersFor(const List& list,
                          const x509::Certificate& issuer) const {
  if (!(list.signer.subject() == issuer.subject())) return false;
  if (der::Equal(list.signer.spki(), issuer.spki())) return true;
  if (list.validity == Validity::kUnasked) {
    list.validity = Validity::kBeingAsked;
    list.validity =
        is_valid_(list.signer) ? Validity::kValid : Validity::kInvalid;
  }
  // A signer that only its own list could vouch for is not valid.
  return list.validity == Validity::kValid;
}

path::FoundCrls CaseCrls::FindCrls(const path::Anchor&,
                                   const x509::Certificate& issuer) const {
  if (is_incomplete_) return {};
  std::vector<std::shared_ptr<const revocation::LoadedCrl>> crls;
  for (const List& list : lists_) {
    if (AnswersFor(list, issuer)) crls.push_back(list.crl);
  }
  return {&sets_.emplace_back(std::move(crls))};
}

}  // namespace chainkeep::conformance
