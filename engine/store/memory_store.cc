#include "engine/store/memory_store.h"

#include <algorithm>
#include <chrono>
#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "chainkeep/status.h"
#include "engine/sni/endpoint_name.h"
#include "openssl/rand.h"

namespace chainkeep::store {
namespace {

// A tenant as a key that is in order.
using TenantKey = std::pair<Account, Region>;

TenantKey KeyOf(const Tenant& tenant) {
  return {tenant.account, tenant.region};
}

using RowKey = std::pair<TenantKey, CertificateId>;

RowKey KeyOf(const CertificateKey& key) { return {KeyOf(key.tenant), key.id}; }

uint64_t RandomNumber() {
  uint64_t number = 0;
  RAND_bytes(reinterpret_cast<uint8_t*>(&number), sizeof(number));
  return number;
}

// A place in the lists of a tenant, or of one CA of a tenant.
using ListKey = std::tuple<TenantKey, UnixMillis, CertificateId>;

// Certificates are the rows of one kind, CAs or devices, and what follows from
// them:
//  - default_holders has the account of each row of mode DEFAULT;
//  - by_date has each row under its place in its tenant's list.
//
// Of a CA its certificate is what may be in mode DEFAULT once in a region; of a
// device, what is signed and by whom.
std::pair<Region, CertificateId> DefaultKeyOf(const CaRow& row) {
  return {row.key.tenant.region, row.key.id};
}

using DefaultDeviceKey = std::tuple<Region, SignedId, CaId>;

DefaultDeviceKey DefaultKeyOf(const DeviceRow& row) {
  return {row.key.tenant.region, row.signed_id, row.issuer};
}

template <typename Row>
class Certificates {
 public:
  using DefaultKey = decltype(DefaultKeyOf(std::declval<const Row&>()));

  const Row* Find(const CertificateKey& key) const {
    const auto found = rows_.find(KeyOf(key));
    return found == rows_.end() ? nullptr : &found->second;
  }

  std::optional<Account> FindDefaultHolder(const DefaultKey& key) const {
    const auto found = default_holders_.find(key);
    if (found == default_holders_.end()) return std::nullopt;
    return found->second;
  }
  const std::map<DefaultKey, Account>& default_holders() const {
    return default_holders_;
  }

  // Replaces the row of `key`, returns the one before.
  std::optional<Row> Exchange(const CertificateKey& key,
                              std::optional<Row> row) {
    std::optional<Row> before;
    const auto found = rows_.find(KeyOf(key));
    if (found != rows_.end()) {
      before = std::move(found->second);
      by_date_.erase(PlaceOf(*before));
      if (before->mode == Mode::kDefault) {
        default_holders_.erase(DefaultKeyOf(*before));
      }
      rows_.erase(found);
    }
    if (row) {
      by_date_.insert(PlaceOf(*row));
      if (row->mode == Mode::kDefault) {
        default_holders_[DefaultKeyOf(*row)] = key.tenant.account;
      }
      rows_.emplace(KeyOf(key), *std::move(row));
    }
    return before;
  }

  template <typename Wanted>
  std::vector<Row> List(const Tenant& tenant, const Page& page,
                        Wanted wanted) const {
    std::vector<Row> list;
    const auto add = [&](const ListKey& place) {
      const Row& row = rows_.at({std::get<0>(place), std::get<2>(place)});
      if (wanted(row)) list.push_back(row);
      return list.size() < page.limit;
    };
    const TenantKey of = KeyOf(tenant);
    if (page.limit == 0) return list;
    if (page.order == Page::Order::kAscending) {
      auto it = page.after
                    ? by_date_.upper_bound(
                          {of, page.after->creation_date, page.after->id})
                    : by_date_.lower_bound({of, INT64_MIN, {}});
      while (it != by_date_.end() && std::get<0>(*it) == of && add(*it)) ++it;
      return list;
    }
    CertificateId::Array last;
    last.fill(0xff);
    auto it = page.after
                  ? by_date_.lower_bound(
                        {of, page.after->creation_date, page.after->id})
                  : by_date_.upper_bound({of, INT64_MAX, CertificateId(last)});
    while (it != by_date_.begin()) {
      --it;
      if (std::get<0>(*it) != of || !add(*it)) break;
    }
    return list;
  }

  const std::map<RowKey, Row>& rows() const { return rows_; }

 private:
  static ListKey PlaceOf(const Row& row) {
    return {KeyOf(row.key.tenant), row.creation_date, row.key.id};
  }

  std::map<RowKey, Row> rows_;
  std::map<DefaultKey, Account> default_holders_;
  std::set<ListKey> by_date_;
};

// Puts `value`, or removes the key if there is none, and returns what was there
// before: calling Exchange again with that undoes it.
template <typename Map>
std::optional<typename Map::mapped_type> Exchange(
    Map& map, const typename Map::key_type& key,
    std::optional<typename Map::mapped_type> value) {
  std::optional<typename Map::mapped_type> before;
  const auto found = map.find(key);
  if (found != map.end()) {
    before = std::move(found->second);
    map.erase(found);
  }
  if (value) map.emplace(key, *std::move(value));
  return before;
}

template <typename Map>
std::optional<typename Map::mapped_type> FindIn(
    const Map& map, const typename Map::key_type& key) {
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

template <typename Row>
std::optional<Row> Copy(const Row* row) {
  if (row == nullptr) return std::nullopt;
  return *row;
}

// How many changes are remembered.
constexpr size_t kMaxChanges = 100'000;

}  // namespace

// The tables. Beside the rows:
//  - by_subject has the ids of CAs under their tenant and subject_hash, and
//    subjects the same under their region, subject_hash and mode;
//  - transfers has the transfers that wait for their target, under that, and
//    their sources;
//  - signed_ids has the certificate id of each device;
//  - moved has who has a device certificate now, under whose it was before;
//  - below has how many endpoints each account has whose name is one label
//    before the key's;
//  - configurations has the host name of each domain configuration.
class MemoryStore::Tables {
 public:
  using HostKey = std::pair<Region, std::string>;
  using NameKey = std::pair<TenantKey, std::string>;

  std::optional<CaRow> ExchangeCa(const CaKey& key, std::optional<CaRow> row) {
    if (const CaRow* before = cas.Find(key)) {
      by_subject.erase({KeyOf(key.tenant), before->subject_hash, key.id});
      subjects.erase(SubjectKeyOf(*before));
    }
    if (row) {
      by_subject.insert({KeyOf(key.tenant), row->subject_hash, key.id});
      subjects.insert(SubjectKeyOf(*row));
    }
    return cas.Exchange(key, std::move(row));
  }

  std::optional<DeviceRow> ExchangeDevice(const DeviceKey& key,
                                          std::optional<DeviceRow> row) {
    if (const DeviceRow* before = devices.Find(key)) {
      if (const auto target = TargetOf(*before)) {
        transfers.erase({*target, key.tenant.account});
      }
      moved.erase({SourceOf(*before), key.tenant.account});
      signed_ids.erase({KeyOf(key.tenant), before->signed_id});
    }
    if (row) {
      if (const auto target = TargetOf(*row)) {
        transfers.insert({*target, key.tenant.account});
      }
      if (!row->previous_owner.empty()) {
        moved.insert({SourceOf(*row), key.tenant.account});
      }
      signed_ids[{KeyOf(key.tenant), row->signed_id}] = key.id;
    }
    return devices.Exchange(key, std::move(row));
  }

  std::optional<EndpointRow> ExchangeEndpoint(const HostKey& key,
                                              std::optional<EndpointRow> row) {
    if (row) {
      ++below[ParentOf(key)][row->endpoint.account];
      if (const auto name = NameOf(*row)) configurations[*name] = key.second;
    }
    std::optional<EndpointRow> before =
        Exchange(endpoints, key, std::move(row));
    if (!before) return before;
    const auto accounts = below.find(ParentOf(key));
    const auto count = accounts->second.find(before->endpoint.account);
    if (--count->second == 0) accounts->second.erase(count);
    if (accounts->second.empty()) below.erase(accounts);
    if (const auto name = NameOf(*before); name && !HasName(key, *name)) {
      configurations.erase(*name);
    }
    return before;
  }

  static std::optional<NameKey> NameOf(const EndpointRow& row) {
    if (row.configuration.empty()) return std::nullopt;
    return NameKey{{row.endpoint.account, row.endpoint.region},
                   row.configuration};
  }

  // No copy can take its place: stamps are as good as revisions.
  Position PositionAt(Revision at) const {
    return {history, at, static_cast<uint64_t>(at)};
  }

  bool IsAt(const Position& position) const {
    return position.is_anywhere() ? position.revision == revision
                                  : position == PositionAt(revision);
  }

  const uint64_t seed = RandomNumber();
  History history = {RandomNumber(), RandomNumber()};
  Certificates<CaRow> cas;
  Certificates<DeviceRow> devices;
  std::set<std::tuple<TenantKey, uint64_t, CertificateId>> by_subject;
  std::set<std::tuple<Region, uint64_t, Mode, RowKey>> subjects;
  std::map<std::pair<TenantKey, SignedId>, CertificateId> signed_ids;
  std::set<std::pair<RowKey, Account>> moved;
  std::set<std::pair<RowKey, Account>> transfers;  // target, and source
  std::map<TenantKey, std::string> codes;
  std::map<HostKey, EndpointRow> endpoints;
  std::map<HostKey, std::map<Account, size_t>> below;
  std::map<NameKey, std::string> configurations;
  std::map<NameKey, TemplateRow> templates;
  std::map<RowKey, CrlRow> crls;

  std::deque<Change> changes;
  Revision revision = 0;

 private:
  static HostKey ParentOf(const HostKey& key) {
    return {key.first, std::string(sni::EndpointName::ParentOf(key.second))};
  }
  static std::optional<RowKey> TargetOf(const DeviceRow& row) {
    if (row.status != DeviceStatus::kPendingTransfer || !row.transfer) {
      return std::nullopt;
    }
    return RowKey{{row.transfer->to, row.key.tenant.region}, row.key.id};
  }
  static RowKey SourceOf(const DeviceRow& row) {
    return {{row.previous_owner, row.key.tenant.region}, row.key.id};
  }
  static std::tuple<Region, uint64_t, Mode, RowKey> SubjectKeyOf(
      const CaRow& row) {
    return {row.key.tenant.region, row.subject_hash, row.mode, KeyOf(row.key)};
  }
  bool HasName(const HostKey& key, const NameKey& name) const {
    const auto now = endpoints.find(key);
    return now != endpoints.end() && NameOf(now->second) == name;
  }
};

class MemoryStore::UndoableTransaction final : public Transaction {
 public:
  explicit UndoableTransaction(Tables& tables) : tables_(tables) {}

  // What the store itself has against this transaction.
  const absl::Status& failure() const { return failure_; }

  void Undo() {
    for (; !undo_.empty(); undo_.pop_back()) undo_.back()();
  }

  // Gives the changes their revisions. Whether there are any.
  bool Publish() {
    for (Change& change : changes_) {
      change.revision = ++tables_.revision;
      tables_.changes.push_back(std::move(change));
      if (tables_.changes.size() > kMaxChanges) tables_.changes.pop_front();
    }
    return !changes_.empty() || has_begun_;
  }

  std::optional<CaRow> FindCa(const CaKey& key) const override {
    return Copy(tables_.cas.Find(key));
  }

  std::optional<Account> FindDefaultHolder(
      const Region& region, const CertificateId& id) const override {
    return tables_.cas.FindDefaultHolder({region, id});
  }

  std::vector<CaRow> FindCasBySubject(const Tenant& tenant,
                                      uint64_t hash) const override {
    std::vector<CaRow> rows;
    for (auto it = tables_.by_subject.lower_bound({KeyOf(tenant), hash, {}});
         it != tables_.by_subject.end() && std::get<0>(*it) == KeyOf(tenant) &&
         std::get<1>(*it) == hash;
         ++it) {
      rows.push_back(*tables_.cas.Find({tenant, std::get<2>(*it)}));
    }
    std::sort(rows.begin(), rows.end(), [](const CaRow& a, const CaRow& b) {
      return std::pair(a.creation_date, a.key.id) <
             std::pair(b.creation_date, b.key.id);
    });
    return rows;
  }

  void VisitCasBySubject(const Region& region, Mode mode, uint64_t hash,
                         const VisitCa& visit) const override {
    for (auto it = tables_.subjects.lower_bound({region, hash, mode, {}});
         it != tables_.subjects.end() && std::get<0>(*it) == region &&
         std::get<1>(*it) == hash && std::get<2>(*it) == mode;
         ++it) {
      const auto& [tenant, id] = std::get<3>(*it);
      if (visit(*tables_.cas.Find({{tenant.first, tenant.second}, id})) ==
          Seen::kEnough) {
        return;
      }
    }
  }

  uint64_t subject_seed() const override { return tables_.seed; }

  std::vector<CaRow> ListCas(const Tenant& tenant,
                             std::string_view template_name,
                             const Page& page) const override {
    return tables_.cas.List(tenant, page, [&](const CaRow& row) {
      return template_name.empty() ||
             (row.registration_config &&
              row.registration_config->template_name == template_name);
    });
  }

  std::optional<DeviceRow> FindDevice(const DeviceKey& key) const override {
    return Copy(tables_.devices.Find(key));
  }

  std::optional<DeviceRow> FindDevice(const Tenant& tenant,
                                      const SignedId& id) const override {
    const auto found = tables_.signed_ids.find({KeyOf(tenant), id});
    if (found == tables_.signed_ids.end()) return std::nullopt;
    return FindDevice({tenant, found->second});
  }

  std::vector<DeviceRow> FindDefaultDevices(const Region& region,
                                            const SignedId& id) const override {
    std::vector<DeviceRow> rows;
    const auto& holders = tables_.devices.default_holders();
    for (auto it = holders.lower_bound({region, id, {}});
         it != holders.end() && std::get<0>(it->first) == region &&
         std::get<1>(it->first) == id;
         ++it) {
      rows.push_back(*FindDevice({it->second, region}, id));
    }
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
      return a.key.tenant.account < b.key.tenant.account;
    });
    return rows;
  }

  std::vector<DeviceRow> ListTransfersTo(const Tenant& target,
                                         const Offer& after,
                                         size_t limit) const override {
    std::vector<DeviceRow> rows;
    const TenantKey key = KeyOf(target);
    for (auto it = tables_.transfers.upper_bound({{key, after.id}, after.from});
         it != tables_.transfers.end() && it->first.first == key &&
         rows.size() < limit;
         ++it) {
      const auto& [offered, from] = *it;
      rows.push_back(
          *tables_.devices.Find({{from, target.region}, offered.second}));
    }
    return rows;
  }

  bool HasMovedFrom(const Tenant& tenant,
                    const CertificateId& id) const override {
    const RowKey source = KeyOf(CertificateKey{tenant, id});
    const auto found = tables_.moved.lower_bound({source, {}});
    return found != tables_.moved.end() && found->first == source;
  }

  std::vector<DeviceRow> ListDevices(const Tenant& tenant,
                                     const std::optional<CertificateId>& ca,
                                     const Page& page) const override {
    return tables_.devices.List(tenant, page, [&](const DeviceRow& row) {
      return !ca || row.ca == *ca;
    });
  }

  std::optional<std::string> FindRegistrationCode(
      const Tenant& tenant) const override {
    return FindIn(tables_.codes, KeyOf(tenant));
  }

  std::optional<EndpointRow> FindEndpoint(
      const Region& region, std::string_view host_name) const override {
    return FindIn(tables_.endpoints, {region, std::string(host_name)});
  }

  bool OthersHaveEndpointsBelow(const Tenant& tenant,
                                std::string_view parent) const override {
    const auto accounts =
        tables_.below.find({tenant.region, std::string(parent)});
    if (accounts == tables_.below.end()) return false;
    return accounts->second.size() > 1 ||
           !accounts->second.contains(tenant.account);
  }

  std::optional<EndpointRow> FindConfiguration(
      const Tenant& tenant, std::string_view name) const override {
    const auto host =
        tables_.configurations.find({KeyOf(tenant), std::string(name)});
    if (host == tables_.configurations.end()) return std::nullopt;
    return FindEndpoint(tenant.region, host->second);
  }

  std::vector<EndpointRow> ListConfigurations(
      const Tenant& tenant) const override {
    std::vector<EndpointRow> rows;
    for (auto it = tables_.configurations.lower_bound({KeyOf(tenant), ""});
         it != tables_.configurations.end() && it->first.first == KeyOf(tenant);
         ++it) {
      rows.push_back(*FindEndpoint(tenant.region, it->second));
    }
    return rows;
  }

  std::optional<TemplateRow> FindTemplate(
      const Tenant& tenant, std::string_view name) const override {
    return FindIn(tables_.templates, {KeyOf(tenant), std::string(name)});
  }

  std::optional<CrlRow> FindCrls(const CertificateKey& ca) const override {
    return FindIn(tables_.crls, KeyOf(ca));
  }

  std::vector<CrlCa> ListCrlCas(const Tenant& tenant) const override {
    std::vector<CrlCa> cas;
    for (auto it = tables_.crls.lower_bound({KeyOf(tenant), {}});
         it != tables_.crls.end() && it->first.first == KeyOf(tenant); ++it) {
      cas.push_back({CaOf(it->second.key), it->second.ca});
    }
    return cas;
  }

  size_t CountCrls(const Tenant& tenant) const override {
    size_t count = 0;
    for (auto it = tables_.crls.lower_bound({KeyOf(tenant), {}});
         it != tables_.crls.end() && it->first.first == KeyOf(tenant); ++it) {
      ++count;
    }
    return count;
  }

  Position position() const override {
    return tables_.PositionAt(tables_.revision);
  }

  absl::Status ForEachKey(const Visit<Change>& visit,
                          const VisitDamaged&) const override {
    std::vector<const CaRow*> cas =
        Sorted<CaRow>(tables_.cas.rows(), [](const CaRow& a, const CaRow& b) {
          return std::pair(a.creation_date, a.key.id) <
                 std::pair(b.creation_date, b.key.id);
        });
    std::vector<const DeviceRow*> devices = Sorted<DeviceRow>(
        tables_.devices.rows(), [](const DeviceRow& a, const DeviceRow& b) {
          return a.signed_id < b.signed_id;
        });
    std::vector<Change> keys;
    for (const CaRow* row : cas) {
      keys.push_back(ChangeOf(ChangeKind::kCa, row->key));
    }
    for (const DeviceRow* row : devices) {
      keys.push_back(ChangeOf(*row));
    }
    for (const auto& [key, row] : tables_.crls) {
      keys.push_back(ChangeOf(ChangeKind::kCrls, row.key));
    }
    for (const auto& [key, row] : tables_.endpoints) {
      keys.push_back(ChangeOf(row.endpoint));
    }
    for (const Change& key : keys) {
      if (absl::Status status = visit(key); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  RowCounts CountRows() const override {
    const auto size = [](const auto& rows) {
      return static_cast<int64_t>(rows.size());
    };
    return {.cas = size(tables_.cas.rows()),
            .devices = size(tables_.devices.rows()),
            .endpoints = size(tables_.endpoints),
            .templates = size(tables_.templates),
            .crl_sets = size(tables_.crls)};
  }

  absl::Status ForEachCa(const Visit<CaRow>& visit) const override {
    for (const CaRow* row :
         Sorted<CaRow>(tables_.cas.rows(), [](const CaRow&a, const CaRow&b) {
           return a.key.id < b.key.id;
         })) {
      if (absl::Status status = visit(*row); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ForEachDevice(const Visit<DeviceRow>& visit) const override {
    return ForEachIn(tables_.devices.rows(), visit);
  }

  absl::Status ForEachEndpoint(const Visit<EndpointRow>& visit) const override {
    return ForEachIn(tables_.endpoints, visit);
  }

  absl::Status ForEachTemplate(const Visit<TemplateRow>& visit) const override {
    return ForEachIn(tables_.templates, visit);
  }

  absl::Status ForEachCrls(const Visit<CrlRow>& visit) const override {
    return ForEachIn(tables_.crls, visit);
  }

  absl::Status ForEachCode(const Visit<CodeRow>& visit) const override {
    for (const auto& [tenant, code] : tables_.codes) {
      absl::Status status = visit({{tenant.first, tenant.second}, code});
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  void PutCa(const CaRow& row) override {
    if (IsDefaultOfAnother(row, tables_.cas)) return;
    undo_.push_back(
        [this, key = row.key, before = tables_.ExchangeCa(row.key, row)] {
          tables_.ExchangeCa(key, before);
        });
    Note(ChangeKind::kCa, row.key);
  }

  void DeleteCa(const CaKey& key) override {
    undo_.push_back(
        [this, key, before = tables_.ExchangeCa(key, std::nullopt)] {
          tables_.ExchangeCa(key, before);
        });
    Note(ChangeKind::kCa, key);
  }

  void PutDevice(const DeviceRow& row) override {
    if (IsDefaultOfAnother(row, tables_.devices)) return;
    const auto held = FindDevice(row.key.tenant, row.signed_id);
    if (held && held->key != row.key) {
      return Fail("a second row of one device");
    }
    undo_.push_back(
        [this, key = row.key, before = tables_.ExchangeDevice(row.key, row)] {
          tables_.ExchangeDevice(key, before);
        });
    changes_.push_back(ChangeOf(row));
  }

  void DeleteDevice(const DeviceKey& key) override {
    const DeviceRow* const row = tables_.devices.Find(key);
    if (row == nullptr) return;
    changes_.push_back(ChangeOf(*row));
    undo_.push_back(
        [this, key, before = tables_.ExchangeDevice(key, std::nullopt)] {
          tables_.ExchangeDevice(key, before);
        });
  }

  void PutRegistrationCode(const Tenant& tenant,
                           std::string_view code) override {
    Put(tables_.codes, KeyOf(tenant), std::string(code));
  }

  void DeleteRegistrationCode(const Tenant& tenant) override {
    Put(tables_.codes, KeyOf(tenant), std::nullopt);
  }

  void PutEndpoint(const EndpointRow& row) override {
    const Tables::HostKey key = {row.endpoint.region, row.endpoint.host_name};
    if (const auto name = Tables::NameOf(row)) {
      const auto host = tables_.configurations.find(*name);
      if (host != tables_.configurations.end() && host->second != key.second) {
        Fail("a second domain configuration of one name");
        return;
      }
    }
    const auto before = tables_.endpoints.find(key);
    if (before != tables_.endpoints.end() &&
        before->second.endpoint.account != row.endpoint.account) {
      NoteEndpoint(key);
    }
    ChangeEndpoint(key, row);
    NoteEndpoint(key);
  }

  void DeleteEndpoint(const Region& region,
                      std::string_view host_name) override {
    const Tables::HostKey key = {region, std::string(host_name)};
    NoteEndpoint(key);
    ChangeEndpoint(key, std::nullopt);
  }

  void PutTemplate(const TemplateRow& row) override {
    Put(tables_.templates, {KeyOf(row.tenant), row.name}, row);
  }

  void DeleteTemplate(const Tenant& tenant, std::string_view name) override {
    Put(tables_.templates, {KeyOf(tenant), std::string(name)}, std::nullopt);
  }

  void PutCrls(const CrlRow& row) override {
    Put(tables_.crls, KeyOf(row.key),
        row.crls.empty() ? std::nullopt : std::optional<CrlRow>(row));
    Note(ChangeKind::kCrls, row.key);
  }

  void BeginEpoch() override {
    undo_.push_back([this, before = tables_.history] {
      tables_.history = before;
      has_begun_ = false;
    });
    tables_.history.epoch = RandomNumber();
    has_begun_ = true;
  }

 private:
  template <typename Map, typename Row>
  static absl::Status ForEachIn(const Map& map, const Visit<Row>& visit) {
    for (const auto& [key, row] : map) {
      if (absl::Status status = visit(row); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  template <typename Row>
  static std::vector<const Row*> Sorted(const std::map<RowKey, Row>& rows,
                                        bool (*is_before)(const Row&,
                                                          const Row&)) {
    std::vector<const Row*> sorted;
    for (const auto& [key, row] : rows) sorted.push_back(&row);
    std::sort(sorted.begin(), sorted.end(),
              [&](const Row* a, const Row* b) { return is_before(*a, *b); });
    return sorted;
  }

  static Change ChangeOf(ChangeKind kind, const CertificateKey& key) {
    Change change;
    change.kind = kind;
    change.tenant = key.tenant;
    change.id = key.id;
    return change;
  }
  static Change ChangeOf(const DeviceRow& row) {
    Change change;
    change.kind = ChangeKind::kDevice;
    change.tenant = row.key.tenant;
    change.device = row.signed_id;
    return change;
  }
  static Change ChangeOf(const Endpoint& endpoint) {
    Change change;
    change.kind = ChangeKind::kEndpoint;
    change.tenant = {endpoint.account, endpoint.region};
    change.host_name = endpoint.host_name;
    return change;
  }

  void Fail(std::string_view what) {
    failure_ = MakeError(ErrorCode::kInternalFailure,
                         std::string("store: ").append(what));
  }

  template <typename Row>
  bool IsDefaultOfAnother(const Row& row, const Certificates<Row>& rows) {
    if (row.mode != Mode::kDefault) return false;
    const std::optional<Account> holder =
        rows.FindDefaultHolder(DefaultKeyOf(row));
    if (!holder || *holder == row.key.tenant.account) return false;
    Fail("a second DEFAULT row of one certificate");
    return true;
  }

  void Note(ChangeKind kind, const CertificateKey& key) {
    changes_.push_back(ChangeOf(kind, key));
  }

  // Under the account that has the name now.
  void NoteEndpoint(const Tables::HostKey& key) {
    const auto row = tables_.endpoints.find(key);
    if (row == tables_.endpoints.end()) return;
    changes_.push_back(ChangeOf(row->second.endpoint));
  }

  void ChangeEndpoint(const Tables::HostKey& key,
                      std::optional<EndpointRow> row) {
    undo_.push_back(
        [this, key, before = tables_.ExchangeEndpoint(key, std::move(row))] {
          tables_.ExchangeEndpoint(key, before);
        });
  }

  template <typename Map>
  void Put(Map& map, const typename Map::key_type& key,
           std::optional<typename Map::mapped_type> value) {
    undo_.push_back([&map, key, before = Exchange(map, key, std::move(value))] {
      Exchange(map, key, before);
    });
  }

  Tables& tables_;
  absl::Status failure_;
  std::vector<std::function<void()>> undo_;
  std::vector<Change> changes_;
  bool has_begun_ = false;
};

MemoryStore::MemoryStore() : tables_(std::make_unique<Tables>()) {}
MemoryStore::~MemoryStore() = default;

absl::Status MemoryStore::Transact(const Command& command) {
  const std::lock_guard lock(mutex_);
  UndoableTransaction transaction(*tables_);
  absl::Status status = command(transaction);
  if (!transaction.failure().ok()) status = transaction.failure();
  if (!status.ok()) {
    transaction.Undo();
  } else if (transaction.Publish()) {
    changed_.Raise();
  }
  return status;
}

absl::Status MemoryStore::Read(const Query& query) const {
  const std::lock_guard lock(mutex_);
  return query(UndoableTransaction(*tables_));
}

absl::Status MemoryStore::Follow(const Position& after, size_t limit,
                                 const FollowQuery& query) const {
  const std::lock_guard lock(mutex_);
  const Revision forgotten =
      tables_->revision - static_cast<Revision>(tables_->changes.size());
  const bool is_ours =
      after.is_anywhere() || after == tables_->PositionAt(after.revision);
  Changes changes;
  changes.up_to = tables_->PositionAt(after.revision);
  changes.last = tables_->PositionAt(tables_->revision);
  if (!is_ours || after.revision > tables_->revision) {
    changes.continuity = Continuity::kAnotherHistory;
  } else if (after.revision < forgotten) {
    changes.continuity = Continuity::kForgotten;
  } else {
    for (size_t i = static_cast<size_t>(after.revision - forgotten);
         i < tables_->changes.size() && changes.changes.size() < limit; ++i) {
      changes.changes.push_back(tables_->changes[i]);
      changes.up_to = tables_->PositionAt(tables_->changes[i].revision);
    }
  }
  return query(UndoableTransaction(*tables_), changes);
}

absl::StatusOr<bool> MemoryStore::AwaitChange(const Position& after,
                                              int64_t timeout_millis) {
  const ChangeSignal::Deadline deadline =
      ChangeSignal::DeadlineAfter(timeout_millis);
  const uint64_t wakes = wakes_.load();
  while (true) {
    const ChangeSignal::Ticket ticket = changed_.Take();
    {
      const std::lock_guard lock(mutex_);
      if (!tables_->IsAt(after)) return true;
    }
    if (wakes_.load() != wakes ||
        std::chrono::steady_clock::now() >= deadline) {
      return false;
    }
    changed_.Wait(ticket, deadline);
  }
}

void MemoryStore::Wake() {
  ++wakes_;
  changed_.Raise();
}

}  // namespace chainkeep::store
