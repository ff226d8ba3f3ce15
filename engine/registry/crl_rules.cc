#include "engine/registry/crl_rules.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"

namespace chainkeep::registry {
namespace {

using revocation::CrlLoad;
using revocation::CrlRefusal;
using revocation::LoadedCrl;

std::string_view TextOf(CrlRefusal refusal) {
  switch (refusal) {
    case CrlRefusal::kNone:
      return "";
    case CrlRefusal::kTooLarge:
      return "is too large";
    case CrlRefusal::kIllFormed:
      return "is ill-formed";
    case CrlRefusal::kNotDer:
      return "is not in DER";
    case CrlRefusal::kUnsupported:
      return "is of a kind that is not supported";
    case CrlRefusal::kWrongIssuer:
      return "names another issuer than the CA";
    case CrlRefusal::kNotACrlSigner:
      return "is of a CA that may not sign CRLs";
    case CrlRefusal::kAlgorithmNotAllowed:
      return "is signed in a way that is not allowed";
    case CrlRefusal::kBadSignature:
      return "is not signed by the CA's key";
  }
  return "is refused";
}

absl::Status Refuse(std::string_view name, const CrlLoad& load) {
  const ErrorCode code = load.refusal == CrlRefusal::kTooLarge
                             ? ErrorCode::kInvalidRequest
                             : ErrorCode::kCertificateValidation;
  return MakeError(code,
                   absl::StrCat(name, " ", TextOf(load.refusal),
                                load.what.empty() ? "" : ": ", load.what));
}

std::string NameOf(size_t index) { return absl::StrCat("CRL ", index + 1); }

absl::Status CheckNumber(size_t crls) {
  if (crls <= kMaxCrls) return absl::OkStatus();
  return MakeError(ErrorCode::kInvalidRequest,
                   absl::StrCat("at most ", kMaxCrls, " CRLs for one CA"));
}

CrlLoad Load(std::string_view crl, const catalog::CaRecord& ca,
             const AlgorithmPolicy& policy, EncodingRule encoding) {
  return LoadedCrl::Load(crl, {ca.certificate(), ca.key()},
                         {.algorithms = policy, .encoding = encoding});
}

}  // namespace

absl::StatusOr<std::vector<std::shared_ptr<const LoadedCrl>>> LoadCrls(
    const std::vector<std::string_view>& crls, const catalog::CaRecord& ca,
    const AlgorithmPolicy& policy, EncodingRule encoding) {
  if (absl::Status number = CheckNumber(crls.size()); !number.ok()) {
    return number;
  }
  std::vector<std::shared_ptr<const LoadedCrl>> loaded;
  for (size_t i = 0; i < crls.size(); ++i) {
    CrlLoad load = Load(crls[i], ca, policy, encoding);
    if (load.crl == nullptr) return Refuse(NameOf(i), load);
    loaded.push_back(std::move(load.crl));
  }
  return loaded;
}

absl::StatusOr<std::vector<std::vector<std::shared_ptr<const LoadedCrl>>>>
ShareOutCrls(const GivenCrls& given,
             std::span<const std::shared_ptr<const catalog::CaRecord>> cas,
             const AlgorithmPolicy& policy, EncodingRule encoding) {
  absl::Status number =
      CheckNumber((given.crls.size() + cas.size() - 1) / cas.size());
  if (!number.ok()) return number;
  std::vector<std::vector<std::shared_ptr<const LoadedCrl>>> shares(cas.size());
  for (size_t i = 0; i < given.crls.size(); ++i) {
    CrlLoad first;  // the refusal that says most
    size_t ca = 0;
    for (; ca < cas.size(); ++ca) {
      CrlLoad load = Load(given.crls[i], *cas[ca], policy, encoding);
      if (load.crl != nullptr) {
        shares[ca].push_back(std::move(load.crl));
        break;
      }
      if (ca == 0 || first.refusal == CrlRefusal::kWrongIssuer) {
        first = std::move(load);
      }
    }
    if (ca == cas.size()) {
      return Refuse(
          given.names.empty() ? NameOf(i) : std::string(given.names[i]), first);
    }
  }
  return shares;
}

absl::Status CheckCrlLimits(const std::vector<std::string>& crls) {
  size_t bytes = 0;
  for (const std::string& crl : crls) bytes += crl.size();
  if (crls.size() <= kMaxCrls && bytes <= kMaxCrlBytes) return absl::OkStatus();
  return MakeError(
      ErrorCode::kInvalidRequest,
      absl::StrCat("at most ", kMaxCrls, " CRLs of ", kMaxCrlBytes >> 20,
                   " MiB together for one CA"));
}

absl::Status CheckCrlQuota(const store::RegistryView& view,
                           const store::Tenant& tenant) {
  if (view.CountCrls(tenant) < kMaxCasWithCrls) return absl::OkStatus();
  return MakeError(
      ErrorCode::kLimitExceeded,
      absl::StrCat("the account has CRLs of ", kMaxCasWithCrls, " other CAs"));
}

}  // namespace chainkeep::registry
