#include "engine/registry/crl_commands.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/catalog/ca_record.h"
#include "engine/registry/arn.h"
#include "engine/registry/certificate_rules.h"
#include "engine/registry/crl_rules.h"
#include "engine/store/crl_row.h"
#include "engine/store/registry_store.h"

namespace chainkeep::registry {

absl::Status SetCrls(const CommandContext& context,
                     const SetCrlsRequest& request) {
  constexpr std::string_view kWhat = "the CA certificate";
  const absl::StatusOr<store::Tenant> tenant =
      CheckTenant(request.account, request.region);
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<std::string> der =
      CheckPem(kWhat, request.ca_certificate);
  if (!der.ok()) return der.status();
  const der::Result<std::shared_ptr<const catalog::CaRecord>> ca =
      catalog::CaRecord::Make(*der, signature::Preparation::kForOneSearch);
  if (!ca.ok()) {
    return MakeError(
        ErrorCode::kCertificateValidation,
        absl::StrCat(kWhat, ": ", ca.fault().what, " is not valid"));
  }
  const auto crls = LoadCrls(request.crls, **ca, context.policy());
  if (!crls.ok()) return crls.status();
  store::CrlRow row;
  row.key = {*tenant, (*ca)->id()};
  row.ca = *der;
  for (const auto& crl : *crls) {
    const Bytes bytes = crl->crl().der();
    row.crls.emplace_back(bytes.begin(), bytes.end());
  }
  return context.Commit({"SetCrls", *tenant, CaArn(row.key)},
                        [&](store::Transaction& t) -> Outcome {
                          if (!row.crls.empty()) {
                            const absl::Status quota =
                                CheckCrlQuota(t, row.key);
                            if (!quota.ok()) return quota;
                          }
                          t.PutCrls(row);
                          return Effect::kChanged;
                        });
}

Outcome AddCrl(store::Transaction& t, const store::CrlRow& row) {
  std::optional<store::CrlRow> all = t.FindCrls(row.key);
  if (!all.has_value()) {
    const absl::Status quota = CheckCrlQuota(t, row.key);
    if (!quota.ok()) return quota;
    t.PutCrls(row);
    return Effect::kChanged;
  }
  const std::string& crl = row.crls.front();
  if (std::find(all->crls.begin(), all->crls.end(), crl) != all->crls.end()) {
    return Effect::kNone;
  }
  if (all->crls.size() >= kMaxCrls) {
    return MakeError(ErrorCode::kLimitExceeded,
                     absl::StrCat("at most ", kMaxCrls, " CRLs for one CA"));
  }
  all->crls.push_back(crl);
  t.PutCrls(*all);
  return Effect::kChanged;
}

}  // namespace chainkeep::registry
