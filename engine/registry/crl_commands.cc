#include "engine/registry/crl_commands.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/catalog/ca_record.h"
#include "engine/registry/arn.h"
#include "engine/registry/certificate_rules.h"
#include "engine/registry/crl_rules.h"
#include "engine/store/crl_row.h"
#include "engine/store/registry_store.h"
#include "engine/x509/certificate.h"
#include "engine/x509/crl.h"
#include "engine/x509/name.h"

namespace chainkeep::registry {
namespace {

// Remembers that `row` was given with `id`, last; and of the others those of
// `before`, if there is room.
void GiveWith(const CertificateId& id, std::vector<CertificateId> before,
              store::CrlRow* row) {
  std::erase(before, id);
  before.push_back(id);
  if (before.size() > kMaxGivenWith) before.erase(before.begin());
  row->given_with = std::move(before);
}

// Takes back what was given with the certificate `id`.
Outcome TakeBack(store::Transaction& t, const store::CertificateKey& ca,
                 const CertificateId& id) {
  std::optional<store::CrlRow> row = t.FindCrls(ca);
  if (!row || std::erase(row->given_with, id) == 0) return Effect::kNone;
  if (row->given_with.empty()) row->crls.clear();
  t.PutCrls(*row);
  return Effect::kChanged;
}

std::string SubjectOf(const std::string& der) {
  constexpr size_t kMaxText = 400;
  const auto certificate = x509::Certificate::Parse(AsBytes(der));
  return certificate.ok() ? x509::ToRfc4514(certificate->subject(), kMaxText)
                          : std::string();
}

CrlsSummary SummaryOf(const store::CrlRow& row) {
  CrlsSummary summary{.ca = store::CaOf(row.key),
                      .subject = SubjectOf(row.ca),
                      .given_with = row.given_with,
                      .lists = static_cast<int64_t>(row.crls.size())};
  for (const std::string& crl : row.crls) {
    summary.bytes += static_cast<int64_t>(crl.size());
  }
  return summary;
}

bool IsSameScope(const x509::Crl& a, const x509::Crl& b) {
  const auto& x = a.distribution_point();
  const auto& y = b.distribution_point();
  if (!x || !y) return !x && !y;
  const auto name_of = [](const x509::IssuingDistributionPoint& point) {
    if (!point.name) return Bytes();
    return point.name->full_name ? point.name->full_name->contents()
                                 : *point.name->relative_name;
  };
  return x->scope == y->scope && x->reasons == y->reasons &&
         der::Equal(name_of(*x), name_of(*y));
}

// A list to come replaces none that is current, and speaks of the same, before
// there is another. Returns those of `stored` that stay so long.
std::vector<std::string> StayingBeside(const VerifiedCrls& given,
                                       const std::vector<std::string>& stored,
                                       UnixSeconds now) {
  std::vector<std::string> stays;
  for (const std::string& der : stored) {
    const auto old = x509::Crl::Parse(AsBytes(der));
    if (!old.ok() || old->this_update() > now) continue;
    bool waits = false, is_replaced = false;
    for (const auto& list : given) {
      if (!IsSameScope(list->crl(), *old)) continue;
      (list->crl().this_update() > now ? waits : is_replaced) = true;
    }
    if (waits && !is_replaced) stays.push_back(der);
  }
  return stays;
}

bool HasListToCome(const VerifiedCrls& given, UnixSeconds now) {
  return std::any_of(given.begin(), given.end(), [now](const auto& list) {
    return list->crl().this_update() > now;
  });
}

// Puts what was given in the place of what is stored.
absl::Status Replace(const CommandContext& context, const CertificateId& id,
                     const store::CrlRow& given, const VerifiedCrls& lists) {
  const UnixSeconds now = context.Now();
  const bool has_list_to_come = HasListToCome(lists, now);
  // What is stored is read before the transaction, which others wait for; if it
  // has changed by then, again.
  for (bool is_done = false; !is_done;) {
    store::CrlRow row = given;
    std::vector<std::string> stored;
    if (has_list_to_come) {
      const absl::Status read = context.Read([&](const store::RegistryView& v) {
        const auto before = v.FindCrls(row.key);
        if (before) stored = before->crls;
        return absl::OkStatus();
      });
      if (!read.ok()) return read;
      for (std::string& list : StayingBeside(lists, stored, now)) {
        row.crls.push_back(std::move(list));
      }
    }
    absl::Status status = CheckCrlLimits(row.crls);
    if (!status.ok()) return status;
    const store::Tenant& tenant = row.key.tenant;
    status = context.Commit(
        {"SetCrls", tenant, CaArn({tenant, id})},
        [&](store::Transaction& t) -> Outcome {
          const std::optional<store::CrlRow> before = t.FindCrls(row.key);
          is_done = !has_list_to_come || stored.empty() == !before;
          if (is_done && has_list_to_come && before) {
            is_done = before->crls == stored;
          }
          if (!is_done) return Effect::kNone;
          if (!before) {
            const absl::Status quota = CheckCrlQuota(t, tenant);
            if (!quota.ok()) return quota;
          }
          GiveWith(id,
                   before ? before->given_with : std::vector<CertificateId>(),
                   &row);
          t.PutCrls(row);
          return Effect::kChanged;
        },
        lists);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

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
  const auto crls =
      LoadCrls(request.crls, **ca, context.policy(), context.encoding());
  if (!crls.ok()) return crls.status();
  store::CrlRow row;
  row.key = store::CrlKeyOf(*tenant, (*ca)->ca_id());
  row.ca = *der;
  for (const auto& crl : *crls) {
    const Bytes bytes = crl->crl().der();
    row.crls.emplace_back(bytes.begin(), bytes.end());
  }
  const CertificateId id = (*ca)->id();
  if (!row.crls.empty()) return Replace(context, id, row, *crls);
  return context.Commit(
      {"SetCrls", *tenant, CaArn({*tenant, id})},
      [&](store::Transaction& t) { return TakeBack(t, row.key, id); });
}

absl::Status DeleteCrls(const CommandContext& context, const Account& account,
                        const Region& region, std::string_view ca) {
  const absl::StatusOr<store::Tenant> tenant = CheckTenant(account, region);
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<CaId> id = CaId::Parse(ca);
  if (!id.ok()) return id.status();
  return context.Commit(
      {"DeleteCrls", *tenant, ""}, [&](store::Transaction& t) -> Outcome {
        std::optional<store::CrlRow> row =
            t.FindCrls(store::CrlKeyOf(*tenant, *id));
        if (!row) {
          return MakeError(ErrorCode::kResourceNotFound,
                           "the account has no CRLs of this CA");
        }
        row->crls.clear();
        t.PutCrls(*row);
        return Effect::kChanged;
      });
}

absl::StatusOr<std::vector<CrlsSummary>> ListCrls(const CommandContext& context,
                                                  const Account& account,
                                                  const Region& region) {
  const absl::StatusOr<store::Tenant> tenant = CheckTenant(account, region);
  if (!tenant.ok()) return tenant.status();
  std::vector<CrlsSummary> all;
  const absl::Status status = context.Read([&](const store::RegistryView& v) {
    for (const store::RegistryView::CrlCa& ca : v.ListCrlCas(*tenant)) {
      const auto row = v.FindCrls(store::CrlKeyOf(*tenant, ca.ca));
      if (row) all.push_back(SummaryOf(*row));
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return all;
}

Outcome AddCrl(store::Transaction& t, const store::CrlRow& row) {
  std::optional<store::CrlRow> all = t.FindCrls(row.key);
  if (!all.has_value()) {
    const absl::Status quota = CheckCrlQuota(t, row.key.tenant);
    if (!quota.ok()) return quota;
    t.PutCrls(row);
    return Effect::kChanged;
  }
  const std::string& crl = row.crls.front();
  if (std::find(all->crls.begin(), all->crls.end(), crl) != all->crls.end()) {
    return Effect::kNone;
  }
  all->crls.push_back(crl);
  if (absl::Status limit = CheckCrlLimits(all->crls); !limit.ok()) {
    return MakeError(ErrorCode::kLimitExceeded, limit.message());
  }
  for (const CertificateId& id : row.given_with) {
    GiveWith(id, std::move(all->given_with), &*all);
  }
  all->ca = row.ca;
  t.PutCrls(*all);
  return Effect::kChanged;
}

}  // namespace chainkeep::registry
