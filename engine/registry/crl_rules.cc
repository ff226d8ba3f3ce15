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
      return "is not of this CA";
    case CrlRefusal::kNotACrlSigner:
      return "is of a CA that may not sign CRLs";
    case CrlRefusal::kAlgorithmNotAllowed:
      return "is signed in a way that is not allowed";
    case CrlRefusal::kBadSignature:
      return "is not signed by this CA's key";
  }
  return "is refused";
}

absl::Status Refuse(size_t index, const CrlLoad& load) {
  const ErrorCode code = load.refusal == CrlRefusal::kTooLarge
                             ? ErrorCode::kInvalidRequest
                             : ErrorCode::kCertificateValidation;
  return MakeError(code,
                   absl::StrCat("CRL ", index + 1, " ", TextOf(load.refusal),
                                load.what.empty() ? "" : ": ", load.what));
}

}  // namespace

absl::StatusOr<std::vector<std::shared_ptr<const LoadedCrl>>> LoadCrls(
    const std::vector<std::string_view>& crls, const catalog::CaRecord& ca,
    const AlgorithmPolicy& policy, EncodingRule encoding) {
  if (crls.size() > kMaxCrls) {
    return MakeError(ErrorCode::kInvalidRequest,
                     absl::StrCat("at most ", kMaxCrls, " CRLs for one CA"));
  }
  std::vector<std::shared_ptr<const LoadedCrl>> loaded;
  for (size_t i = 0; i < crls.size(); ++i) {
    CrlLoad load =
        LoadedCrl::Load(crls[i], {ca.certificate(), ca.key()},
                        {.algorithms = policy, .encoding = encoding});
    if (load.crl == nullptr) return Refuse(i, load);
    loaded.push_back(std::move(load.crl));
  }
  return loaded;
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
