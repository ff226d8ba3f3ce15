#include "engine/projection/crl_preparation.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/projection/stored_certificate.h"
#include "engine/registry/crl_rules.h"

namespace chainkeep::projection {

absl::Status CrlPreparation::Read(const store::RegistryStore& store) {
  const absl::Status status = store.Read([&](const store::RegistryView& view) {
    revision_ = view.revision();
    row_ = view.FindCrls(key_).value_or(store::CrlRow());
    return absl::OkStatus();
  });
  is_read_ = status.ok();
  if (ErrorCodeOf(status) == ErrorCode::kInternalFailure) {
    status_ = status;
    return absl::OkStatus();
  }
  if (!status.ok() || row_.crls.empty()) return status;
  auto ca = CrlIssuerOf(catalog_, row_);
  status_ = ca.status();
  if (ca.ok()) ca_ = *std::move(ca);
  Lists shown = catalog_.FindCrls(key_.tenant.account, key_.tenant.region,
                                  store::CaOf(key_));
  std::move(shown.begin(), shown.end(), std::back_inserter(known_));
  return status;
}

bool CrlPreparation::VerifyNext() {
  if (!status_.ok() || lists_.size() == row_.crls.size()) return false;
  const std::string& der = row_.crls[lists_.size()];
  const auto known =
      std::find_if(known_.begin(), known_.end(), [&](const auto& list) {
        return std::ranges::equal(list->crl().der(), AsBytes(der));
      });
  if (known != known_.end()) {
    lists_.push_back(*known);
    return true;
  }
  auto loaded = registry::LoadCrls({der}, *ca_, policy_);
  status_ = loaded.status();
  if (loaded.ok()) lists_.push_back(std::move(loaded->front()));
  return status_.ok();
}

absl::Status CrlPreparation::Show() {
  if (!status_.ok()) return status_;
  const store::Tenant& tenant = key_.tenant;
  if (row_.crls.empty()) {
    catalog_.RemoveCrls(tenant.account, tenant.region, store::CaOf(key_));
    return absl::OkStatus();
  }
  return catalog_.ReplaceCrls(tenant.account, tenant.region, ca_, lists_);
}

}  // namespace chainkeep::projection
