#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/store/sqlite_queries.h"
#include "engine/store/sqlite_rows.h"
#include "engine/store/sqlite_statements.h"
#include "engine/store/sqlite_transaction.h"

namespace chainkeep::store {
namespace {

// What a page begins after: a place before the first row, or behind the last,
// where the page itself names none.
struct Bound {
  int64_t date;
  std::string id;

  explicit Bound(const Page& page) {
    if (page.after) {
      date = page.after->creation_date;
      const CertificateId::Array& bytes = page.after->id.bytes();
      id.assign(bytes.begin(), bytes.end());
    } else if (page.order == Page::Order::kAscending) {
      date = INT64_MIN;
    } else {
      date = INT64_MAX;
      // Longer than an id, and not less than any beginning of one.
      id.assign(CertificateId::kSize + 1, '\xff');
    }
  }
};

int64_t LimitOf(const Page& page) {
  return static_cast<int64_t>(std::min<size_t>(page.limit, INT64_MAX));
}

bool IsUp(const Page& page) { return page.order == Page::Order::kAscending; }

}  // namespace

void SqliteTransaction::Fail(const absl::Status& status) const {
  failure_.Update(status);
}

void SqliteTransaction::FailWith(std::string_view what) const {
  Fail(connection_.Damaged(what));
}

int64_t SqliteTransaction::RegionNumber(const Region& region) const {
  return AskFor(kFindRegion, region.text());
}

SqliteTransaction::TenantNumbers SqliteTransaction::NumbersOf(
    const Tenant& tenant) const {
  const auto known = numbers_.find(tenant);
  if (known != numbers_.end()) return known->second;
  TenantNumbers numbers;
  numbers.region = RegionNumber(tenant.region);
  numbers.tenant = AskFor(kFindTenant, numbers.region, tenant.account.text());
  if (numbers.tenant != 0) numbers_[tenant] = numbers;
  return numbers;
}

int64_t SqliteTransaction::CertificateNumber(const CertificateId& id) const {
  return AskFor(kFindCertificate, AsBlob(id));
}

std::optional<CaRow> SqliteTransaction::FindCa(const CaKey& key) const {
  return ReadOne(ReadCa, kFindCa, AsBlob(key.id), NumbersOf(key.tenant).tenant);
}

std::optional<Account> SqliteTransaction::FindDefaultHolder(
    const Region& region, const CertificateId& id) const {
  return ReadOne(ReadAccount, kFindDefaultHolder, AsBlob(id),
                 RegionNumber(region));
}

std::vector<CaRow> SqliteTransaction::FindCasBySubject(const Tenant& tenant,
                                                       uint64_t hash) const {
  const TenantNumbers numbers = NumbersOf(tenant);
  return ReadAll(ReadCa, kFindCasBySubject, numbers.region,
                 static_cast<int64_t>(hash), numbers.tenant);
}

void SqliteTransaction::VisitCasBySubject(const Region& region, Mode mode,
                                          uint64_t hash,
                                          const VisitCa& visit) const {
  const int64_t number = RegionNumber(region);
  if (failed()) return;
  Statement statement(connection_, kEachCaBySubject, number,
                      static_cast<int64_t>(hash), static_cast<int64_t>(mode));
  while (statement.Step()) {
    const absl::StatusOr<CaRow> row = ReadCa(statement);
    if (!row.ok()) return Fail(row.status());
    if (visit(*row) == Seen::kEnough) return;
  }
  Fail(statement.status());
}

std::vector<CaRow> SqliteTransaction::ListCas(const Tenant& tenant,
                                              std::string_view template_name,
                                              const Page& page) const {
  const Bound bound(page);
  const Blob id{bound.id};
  const int64_t number = NumbersOf(tenant).tenant;
  const int64_t limit = LimitOf(page);
  if (template_name.empty()) {
    return ReadAll(ReadCa, IsUp(page) ? kListCas : kListCasDown, number,
                   bound.date, id, limit);
  }
  return ReadAll(ReadCa,
                 IsUp(page) ? kListCasOfTemplate : kListCasOfTemplateDown,
                 number, bound.date, id, limit, template_name);
}

std::optional<DeviceRow> SqliteTransaction::FindDevice(
    const DeviceKey& key) const {
  return ReadOne(ReadDevice, kFindDevice, AsBlob(key.id),
                 NumbersOf(key.tenant).tenant);
}

std::optional<DeviceRow> SqliteTransaction::FindDevice(
    const Tenant& tenant, const SignedId& id) const {
  return ReadOne(ReadDevice, kFindDeviceBySignedId, AsBlob(id),
                 NumbersOf(tenant).tenant);
}

std::vector<DeviceRow> SqliteTransaction::FindDefaultDevices(
    const Region& region, const SignedId& id) const {
  return ReadAll(ReadDevice, kFindDefaultDevices, AsBlob(id),
                 RegionNumber(region));
}

std::vector<DeviceRow> SqliteTransaction::ListTransfersTo(const Tenant& target,
                                                          const Offer& after,
                                                          size_t limit) const {
  return ReadAll(ReadDevice, kListTransfersTo, RegionNumber(target.region),
                 target.account.text(), AsBlob(after.id), after.from.text(),
                 static_cast<int64_t>(limit));
}

bool SqliteTransaction::HasMovedFrom(const Tenant& tenant,
                                     const CertificateId& id) const {
  return AskFor(kHasMovedFrom, RegionNumber(tenant.region),
                tenant.account.text(), AsBlob(id)) != 0;
}

std::vector<DeviceRow> SqliteTransaction::ListDevices(
    const Tenant& tenant, const std::optional<CertificateId>& ca,
    const Page& page) const {
  const Bound bound(page);
  const Blob id{bound.id};
  const int64_t number = NumbersOf(tenant).tenant;
  const int64_t limit = LimitOf(page);
  if (!ca) {
    return ReadAll(ReadDevice, IsUp(page) ? kListDevices : kListDevicesDown,
                   number, bound.date, id, limit);
  }
  return ReadAll(ReadDevice,
                 IsUp(page) ? kListDevicesOfCa : kListDevicesOfCaDown, number,
                 bound.date, id, limit, AsBlob(*ca));
}

std::optional<std::string> SqliteTransaction::FindRegistrationCode(
    const Tenant& tenant) const {
  std::optional<CodeRow> row =
      ReadOne(ReadCode, kFindCode, NumbersOf(tenant).tenant);
  if (!row) return std::nullopt;
  return std::move(row->code);
}

std::optional<EndpointRow> SqliteTransaction::FindEndpoint(
    const Region& region, std::string_view host_name) const {
  return ReadOne(ReadEndpoint, kFindEndpoint, RegionNumber(region), host_name);
}

bool SqliteTransaction::OthersHaveEndpointsBelow(
    const Tenant& tenant, std::string_view parent) const {
  const TenantNumbers numbers = NumbersOf(tenant);
  return AskFor(kOthersBelow, numbers.region, parent, numbers.tenant) != 0;
}

std::optional<EndpointRow> SqliteTransaction::FindConfiguration(
    const Tenant& tenant, std::string_view name) const {
  return ReadOne(ReadEndpoint, kFindConfiguration, NumbersOf(tenant).tenant,
                 name);
}

std::vector<EndpointRow> SqliteTransaction::ListConfigurations(
    const Tenant& tenant) const {
  return ReadAll(ReadEndpoint, kListConfigurations, NumbersOf(tenant).tenant);
}

std::optional<TemplateRow> SqliteTransaction::FindTemplate(
    const Tenant& tenant, std::string_view name) const {
  return ReadOne(ReadTemplate, kFindTemplate, NumbersOf(tenant).tenant, name);
}

std::optional<CrlRow> SqliteTransaction::FindCrls(
    const CertificateKey& ca) const {
  return ReadOne(ReadCrls, kFindCrls, NumbersOf(ca.tenant).tenant,
                 AsBlob(ca.id));
}

std::vector<RegistryView::CrlCa> SqliteTransaction::ListCrlCas(
    const Tenant& tenant) const {
  return ReadAll(ReadCrlCa, kListCrlCas, NumbersOf(tenant).tenant);
}

size_t SqliteTransaction::CountCrls(const Tenant& tenant) const {
  return static_cast<size_t>(AskFor(kCountCrls, NumbersOf(tenant).tenant));
}

RowCounts SqliteTransaction::CountRows() const {
  return {.cas = AskFor(kCountCas),
          .devices = AskFor(kCountDevices),
          .endpoints = AskFor(kCountEndpoints),
          .templates = AskFor(kCountTemplates),
          .crl_sets = AskFor(kCountAllCrls)};
}

// Read anew by each transaction: the file may have become another store's.
uint64_t SqliteTransaction::subject_seed() const {
  const std::optional<uint64_t> seed = ReadOne(ReadSeed, kSubjectSeed);
  if (!seed) FailWith("damaged: it has no seed");
  return seed.value_or(0);
}

std::optional<History> SqliteTransaction::FindHistory() const {
  std::optional<History> history = ReadOne(ReadHistory, kHistory);
  if (!history) FailWith("damaged: it has no history");
  return history;
}

Position SqliteTransaction::position() const {
  const Revision last = AskFor(kLastRevision);
  return {FindHistory().value_or(History()), last,
          static_cast<uint64_t>(AskFor(kFindStamp, last))};
}

absl::Status SqliteTransaction::ForEachKey(const Visit<Change>& visit,
                                           const VisitDamaged& damaged) const {
  for (const auto& [kind, sql] :
       {std::pair<ChangeKind, const char*>{ChangeKind::kCa, kEachCaKey},
        {ChangeKind::kDevice, kEachDeviceKey},
        {ChangeKind::kCrls, kEachCrlsKey},
        {ChangeKind::kEndpoint, kEachEndpointKey}}) {
    if (failed()) break;
    Statement statement(connection_, sql);
    while (statement.Step()) {
      const absl::StatusOr<Change> key = ReadKey(statement, kind);
      if (!key.ok()) {
        damaged(kind, key.status());
      } else if (absl::Status status = visit(*key); !status.ok()) {
        return status;
      }
    }
    Fail(statement.status());
  }
  return failure_;
}

template <typename Row, typename Read>
absl::Status SqliteTransaction::ForEach(Read read, const char* sql,
                                        const Visit<Row>& visit) const {
  if (failed()) return failure_;
  Statement statement(connection_, sql);
  while (statement.Step()) {
    absl::StatusOr<Row> row = read(statement);
    if (!row.ok()) {
      Fail(row.status());
      break;
    }
    if (absl::Status status = visit(*row); !status.ok()) return status;
  }
  Fail(statement.status());
  return failure_;
}

absl::Status SqliteTransaction::ForEachCa(const Visit<CaRow>& visit) const {
  return ForEach<CaRow>(ReadCa, kEachCa, visit);
}

absl::Status SqliteTransaction::ForEachDevice(
    const Visit<DeviceRow>& visit) const {
  return ForEach<DeviceRow>(ReadDevice, kEachDevice, visit);
}

absl::Status SqliteTransaction::ForEachEndpoint(
    const Visit<EndpointRow>& visit) const {
  return ForEach<EndpointRow>(ReadEndpoint, kEachEndpoint, visit);
}

absl::Status SqliteTransaction::ForEachTemplate(
    const Visit<TemplateRow>& visit) const {
  return ForEach<TemplateRow>(ReadTemplate, kEachTemplate, visit);
}

absl::Status SqliteTransaction::ForEachCrls(const Visit<CrlRow>& visit) const {
  return ForEach<CrlRow>(ReadCrls, kEachCrls, visit);
}

absl::Status SqliteTransaction::ForEachCode(const Visit<CodeRow>& visit) const {
  return ForEach<CodeRow>(ReadCode, kEachCode, visit);
}

Continuity SqliteTransaction::ContinuityFrom(const Position& after,
                                             const Position& last) const {
  if (!after.is_anywhere()) {
    if (after.history.store != last.history.store) {
      return Continuity::kAnotherStore;
    }
    if (after.history.epoch != last.history.epoch) {
      return Continuity::kAnotherHistory;
    }
  }
  if (after.revision > last.revision) return Continuity::kAnotherHistory;
  const Revision first = std::max<Revision>(AskFor(kFirstRevision), 1);
  if (after.revision < std::max(first - 1, last.revision - kMaxChanges)) {
    return Continuity::kForgotten;
  }
  if (after.is_anywhere() || after.revision == 0) return Continuity::kContinues;
  // Of the change itself nothing is known, so nor of what comes after it.
  if (after.revision < first) return Continuity::kForgotten;
  const auto stamp = static_cast<uint64_t>(AskFor(kFindStamp, after.revision));
  return stamp == after.stamp ? Continuity::kContinues
                              : Continuity::kAnotherHistory;
}

Changes SqliteTransaction::ReadChanges(const Position& after,
                                       size_t limit) const {
  Changes result;
  result.last = position();
  result.continuity = ContinuityFrom(after, result.last);
  result.up_to = {result.last.history, after.revision, after.stamp};
  if (failed() || !result.complete()) return result;
  result.changes =
      ReadAll(ReadChange, kListChanges, after.revision,
              static_cast<int64_t>(std::min<size_t>(limit, kMaxChanges)));
  Revision& up_to = result.up_to.revision;
  for (const Change& change : result.changes) {
    // Nobody but the file's editor leaves a gap.
    if (change.revision != up_to + 1) {
      FailWith(absl::StrCat("damaged table change: revision ", up_to + 1,
                            " is missing"));
    }
    up_to = change.revision;
  }
  result.up_to.stamp = static_cast<uint64_t>(AskFor(kFindStamp, up_to));
  return result;
}

}  // namespace chainkeep::store
