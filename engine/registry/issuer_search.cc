#include "engine/registry/issuer_search.h"

#include <utility>
#include <vector>

#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/registry/rules.h"
#include "engine/signature/algorithm.h"
#include "engine/signature/public_key.h"

namespace chainkeep::registry {
namespace {

absl::Status NotSigned() {
  return MakeError(ErrorCode::kCertificateValidation,
                   "the certificate was not signed by a CA certificate that "
                   "the account has registered in this region");
}

bool Verifies(const x509::Certificate& ca, const x509::Certificate& leaf) {
  if (ca.subject() != leaf.issuer()) return false;
  const der::Result<signature::SignatureAlgorithm> algorithm =
      signature::ParseSignatureAlgorithm(leaf.signature_algorithm());
  if (!algorithm.ok()) return false;
  const der::Result<signature::PublicKey> key = signature::PublicKey::Parse(
      ca.spki(), signature::Preparation::kForOneSearch);
  return key.ok() && key->Verify(*algorithm, leaf.tbs(), leaf.signature());
}

}  // namespace

IssuerSearch::IssuerSearch(const x509::Certificate& leaf,
                           std::optional<CertificateId> given)
    : leaf_(leaf), given_(given) {}

bool IssuerSearch::HasSigned(const store::CaRow& ca) {
  const auto [known, is_new] = checked_.emplace(ca.key.id, false);
  if (is_new) {
    const der::Result<x509::Certificate> parsed =
        x509::Certificate::Parse(AsBytes(ca.der));
    known->second = parsed.ok() && Verifies(*parsed, leaf_);
  }
  return known->second;
}

absl::StatusOr<store::CaRow> IssuerSearch::Find(const store::RegistryView& view,
                                                const store::Tenant& tenant) {
  std::optional<store::CaRow> ca;
  if (given_.has_value()) {
    ca = view.FindCa({tenant, *given_});
  } else {
    std::vector<store::CaRow> named =
        FindCasNamed(view, tenant, leaf_.issuer());
    if (named.size() > 1) {
      return MakeError(
          ErrorCode::kCertificateConflict,
          "the account has several CA certificates with the issuer's name: "
          "say which one signed the certificate");
    }
    if (!named.empty()) ca = std::move(named.front());
  }
  if (!ca.has_value() || !HasSigned(*ca)) return NotSigned();
  if (ca->status != CaStatus::kActive) {
    return MakeError(ErrorCode::kCertificateState,
                     "the CA certificate that signed it is not ACTIVE");
  }
  return *std::move(ca);
}

}  // namespace chainkeep::registry
