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

// Given is what is given for one CA.
struct Given {
  CertificateId id;  // of the certificate that it is given with
  store::CrlRow row;
  VerifiedCrls lists;
};

// The lists that are stored of the CA; none where it has none.
absl::StatusOr<std::optional<std::vector<std::string>>> StoredCrls(
    const CommandContext& context, const store::CertificateKey& ca) {
  std::optional<std::vector<std::string>> stored;
  const absl::Status read = context.Read([&](const store::RegistryView& view) {
    if (auto row = view.FindCrls(ca)) stored = std::move(row->crls);
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  return stored;
}

// Replacement puts what is given for one CA in the place of what is stored.
class Replacement {
 public:
  explicit Replacement(const Given& given) : given_(given), row_(given.row) {}

  // What is stored is read before the transaction, which others wait for.
  absl::Status Prepare(const CommandContext& context) {
    const UnixSeconds now = context.Now();
    row_ = given_.row;
    has_list_to_come_ = HasListToCome(given_.lists, now);
    if (has_list_to_come_) {
      auto stored = StoredCrls(context, row_.key);
      if (!stored.ok()) return stored.status();
      stored_ = *std::move(stored);
      for (std::string& list :
           StayingBeside(given_.lists,
                         stored_.value_or(std::vector<std::string>()), now)) {
        row_.crls.push_back(std::move(list));
      }
    }
    return CheckCrlLimits(row_.crls);
  }

  // Whether what is stored is what was read, as far as that matters.
  bool IsPrepared(const store::Transaction& t) const {
    if (!has_list_to_come_) return true;
    const std::optional<store::CrlRow> before = t.FindCrls(row_.key);
    return before ? stored_ == before->crls : !stored_.has_value();
  }

  absl::Status Put(store::Transaction& t) {
    const std::optional<store::CrlRow> before = t.FindCrls(row_.key);
    if (!before) {
      const absl::Status quota = CheckCrlQuota(t, row_.key.tenant);
      if (!quota.ok()) return quota;
    }
    GiveWith(given_.id,
             before ? before->given_with : std::vector<CertificateId>(), &row_);
    t.PutCrls(row_);
    return absl::OkStatus();
  }

 private:
  const Given& given_;
  store::CrlRow row_;
  bool has_list_to_come_ = false;
  std::optional<std::vector<std::string>> stored_;
};

// All of it, or nothing; if what is stored changes meanwhile, again.
absl::Status Replace(const CommandContext& context, const store::Tenant& tenant,
                     const std::vector<Given>& all) {
  std::vector<Replacement> replacements(all.begin(), all.end());
  VerifiedCrls lists;
  for (const Given& given : all) {
    lists.insert(lists.end(), given.lists.begin(), given.lists.end());
  }
  for (bool is_done = false; !is_done;) {
    for (Replacement& replacement : replacements) {
      const absl::Status status = replacement.Prepare(context);
      if (!status.ok()) return status;
    }
    const absl::Status status =
        context.Transact([&](store::Transaction& t) -> absl::Status {
          is_done = std::all_of(
              replacements.begin(), replacements.end(),
              [&](const Replacement& one) { return one.IsPrepared(t); });
          if (!is_done) return absl::OkStatus();
          for (Replacement& replacement : replacements) {
            const absl::Status put = replacement.Put(t);
            if (!put.ok()) return put;
          }
          return absl::OkStatus();
        });
    if (!status.ok()) return status;
  }
  const absl::Status status = context.Follow(tenant, std::move(lists));
  for (const Given& given : all) {
    context.Tell({"SetCrls", tenant, CaArn({tenant, given.id})});
  }
  return status;
}

using CaPtr = std::shared_ptr<const catalog::CaRecord>;

// The CAs that lists are given for.
absl::StatusOr<std::vector<CaPtr>> ReadCas(std::string_view pem) {
  constexpr std::string_view kWhat = "the CA certificate";
  const auto ders = CheckPems(kWhat, pem);
  if (!ders.ok()) return ders.status();
  if (ders->size() > kMaxCasAtATime) {
    return MakeError(ErrorCode::kInvalidRequest,
                     absl::StrCat("CRLs of at most ", kMaxCasAtATime,
                                  " CAs at a time, not ", ders->size()));
  }
  std::vector<CaPtr> cas;
  for (const std::string& der : *ders) {
    auto ca =
        catalog::CaRecord::Make(der, signature::Preparation::kForOneSearch);
    if (!ca.ok()) {
      return MakeError(
          ErrorCode::kCertificateValidation,
          absl::StrCat(kWhat, ": ", ca.fault().what, " is not valid"));
    }
    cas.push_back(*std::move(ca));
  }
  return cas;
}

std::string TextOf(const CaPtr& ca) {
  constexpr size_t kMaxText = 200;
  return x509::ToRfc4514(ca->certificate().subject(), kMaxText);
}

// What is given for each of `cas`. With lists, each gets one: to replace what
// is stored by nothing is to be said otherwise.
absl::StatusOr<std::vector<Given>> ShareOut(const CommandContext& context,
                                            const store::Tenant& tenant,
                                            const SetCrlsRequest& request,
                                            const std::vector<CaPtr>& cas) {
  auto shares = ShareOutCrls({request.crls, request.crl_names}, cas,
                             context.policy(), context.encoding());
  if (!shares.ok()) return shares.status();
  std::vector<Given> all;
  for (size_t i = 0; i < cas.size(); ++i) {
    Given given{
        .id = cas[i]->id(), .row = {}, .lists = std::move((*shares)[i])};
    given.row.key = store::CrlKeyOf(tenant, cas[i]->ca_id());
    const Bytes ca = cas[i]->certificate().der();
    given.row.ca.assign(ca.begin(), ca.end());
    for (const auto& list : given.lists) {
      const Bytes bytes = list->crl().der();
      given.row.crls.emplace_back(bytes.begin(), bytes.end());
    }
    for (const Given& other : all) {
      if (other.row.key == given.row.key) {
        return MakeError(
            ErrorCode::kInvalidRequest,
            absl::StrCat("the CA ", TextOf(cas[i]), " is there twice"));
      }
    }
    if (given.lists.empty() && !request.crls.empty()) {
      return MakeError(ErrorCode::kInvalidRequest,
                       absl::StrCat("no CRL is of the CA ", TextOf(cas[i])));
    }
    all.push_back(std::move(given));
  }
  return all;
}

}  // namespace

absl::Status SetCrls(const CommandContext& context,
                     const SetCrlsRequest& request) {
  const absl::StatusOr<store::Tenant> tenant =
      CheckTenant(request.account, request.region);
  if (!tenant.ok()) return tenant.status();
  if (!request.crl_names.empty() &&
      request.crl_names.size() != request.crls.size()) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "there are as many crl_names as crls, or none");
  }
  const absl::StatusOr<std::vector<CaPtr>> cas =
      ReadCas(request.ca_certificate);
  if (!cas.ok()) return cas.status();
  const auto all = ShareOut(context, *tenant, request, *cas);
  if (!all.ok()) return all.status();
  if (!request.crls.empty()) return Replace(context, *tenant, *all);
  const Audit audit = {"SetCrls", *tenant, CaArn({*tenant, all->front().id})};
  return context.Commit(audit, [&](store::Transaction& t) -> Outcome {
    Effect effect = Effect::kNone;
    for (const Given& given : *all) {
      const Outcome outcome = TakeBack(t, given.row.key, given.id);
      if (!outcome.ok()) return outcome;
      if (*outcome == Effect::kChanged) effect = Effect::kChanged;
    }
    return effect;
  });
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
                           "the account has no CRLs of a CA with this id, "
                           "which is not that of a certificate: ListCrls has "
                           "it");
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
