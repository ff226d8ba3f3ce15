#include "engine/store/memory_store.h"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "chainkeep/status.h"
#include "engine/sni/endpoint_name.h"
#include "openssl/rand.h"

namespace chainkeep::store {
namespace {

template <typename Map>
std::optional<typename Map::mapped_type> FindIn(
    const Map& map, const typename Map::key_type& key) {
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

// Puts `value`, or removes the key if there is none, and returns what was there
// before: calling Exchange again with that undoes it.
template <typename Map>
std::optional<typename Map::mapped_type> Exchange(
    Map& map, const typename Map::key_type& key,
    std::optional<typename Map::mapped_type> value) {
  std::optional<typename Map::mapped_type> before = FindIn(map, key);
  if (value.has_value()) {
    map.insert_or_assign(key, *std::move(value));
  } else {
    map.erase(key);
  }
  return before;
}

uint64_t RandomSeed() {
  uint64_t seed = 0;
  RAND_bytes(reinterpret_cast<uint8_t*>(&seed), sizeof(seed));
  return seed;
}

}  // namespace

// The tables and their indexes. The indexes follow from `cas`:
//  - default_holders has (region, id) -> account for each row of mode DEFAULT;
//  - by_subject has the id of each row under its tenant and subject_hash.
// And from `endpoints`:
//  - below has how many endpoints each account has whose name is one label
//    before the key's.
class MemoryStore::Tables {
 public:
  using Place = std::pair<Region, CertificateId>;
  using SubjectKey = std::pair<Tenant, uint64_t>;
  using HostKey = std::pair<Region, std::string>;

  // Replaces the row of `key`, returns the one before.
  std::optional<CaRow> ExchangeCa(const CaKey& key, std::optional<CaRow> row) {
    const std::optional<CaRow> next = row;
    std::optional<CaRow> before = Exchange(cas, key, std::move(row));
    if (before.has_value()) RemoveFromIndexes(*before);
    if (next.has_value()) AddToIndexes(*next);
    return before;
  }

  // Likewise the endpoint of `key`.
  std::optional<Endpoint> ExchangeEndpoint(const HostKey& key,
                                           std::optional<Endpoint> endpoint) {
    if (endpoint.has_value()) ++below[ParentOf(key)][endpoint->account];
    std::optional<Endpoint> before =
        Exchange(endpoints, key, std::move(endpoint));
    if (before.has_value()) {
      const auto accounts = below.find(ParentOf(key));
      const auto count = accounts->second.find(before->account);
      if (--count->second == 0) accounts->second.erase(count);
      if (accounts->second.empty()) below.erase(accounts);
    }
    return before;
  }

  const uint64_t seed = RandomSeed();
  absl::flat_hash_map<CaKey, CaRow> cas;
  absl::flat_hash_map<Place, Account> default_holders;
  absl::flat_hash_map<SubjectKey, std::vector<CertificateId>> by_subject;
  absl::flat_hash_map<Tenant, std::string> codes;
  absl::flat_hash_map<HostKey, Endpoint> endpoints;
  absl::flat_hash_map<HostKey, absl::flat_hash_map<Account, size_t>> below;

 private:
  static HostKey ParentOf(const HostKey& key) {
    return {key.first, std::string(sni::EndpointName::ParentOf(key.second))};
  }

  void AddToIndexes(const CaRow& row) {
    if (row.mode == Mode::kDefault) {
      default_holders[{row.key.tenant.region, row.key.id}] =
          row.key.tenant.account;
    }
    by_subject[{row.key.tenant, row.subject_hash}].push_back(row.key.id);
  }

  void RemoveFromIndexes(const CaRow& row) {
    if (row.mode == Mode::kDefault) {
      default_holders.erase({row.key.tenant.region, row.key.id});
    }
    const auto bucket = by_subject.find({row.key.tenant, row.subject_hash});
    std::erase(bucket->second, row.key.id);
    if (bucket->second.empty()) by_subject.erase(bucket);
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

  std::optional<CaRow> FindCa(const CaKey& key) const override {
    return FindIn(tables_.cas, key);
  }

  std::optional<Account> FindDefaultHolder(
      const Region& region, const CertificateId& id) const override {
    return FindIn(tables_.default_holders, {region, id});
  }

  std::vector<std::string> FindSubjects(const Tenant& tenant,
                                        uint64_t hash) const override {
    std::vector<std::string> subjects;
    const auto bucket = tables_.by_subject.find({tenant, hash});
    if (bucket == tables_.by_subject.end()) return subjects;
    for (const CertificateId& id : bucket->second) {
      subjects.push_back(tables_.cas.at({tenant, id}).subject);
    }
    return subjects;
  }

  uint64_t subject_seed() const override { return tables_.seed; }

  std::optional<std::string> FindRegistrationCode(
      const Tenant& tenant) const override {
    return FindIn(tables_.codes, tenant);
  }

  std::optional<Endpoint> FindEndpoint(
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

  void PutCa(const CaRow& row) override {
    if (BreaksDefaultConstraint(row)) {
      failure_ = MakeError(ErrorCode::kInternalFailure,
                           "store: a second DEFAULT row of one certificate");
      return;
    }
    ChangeCa(row.key, row);
  }

  void DeleteCa(const CaKey& key) override { ChangeCa(key, std::nullopt); }

  void PutRegistrationCode(const Tenant& tenant,
                           std::string_view code) override {
    Change(tables_.codes, tenant, std::string(code));
  }

  void DeleteRegistrationCode(const Tenant& tenant) override {
    Change(tables_.codes, tenant, std::nullopt);
  }

  void PutEndpoint(const Endpoint& endpoint) override {
    ChangeEndpoint({endpoint.region, endpoint.host_name}, endpoint);
  }

  void DeleteEndpoint(const Region& region,
                      std::string_view host_name) override {
    ChangeEndpoint({region, std::string(host_name)}, std::nullopt);
  }

 private:
  bool BreaksDefaultConstraint(const CaRow& row) const {
    if (row.mode != Mode::kDefault) return false;
    const std::optional<Account> holder =
        FindDefaultHolder(row.key.tenant.region, row.key.id);
    return holder.has_value() && *holder != row.key.tenant.account;
  }

  void ChangeCa(const CaKey& key, std::optional<CaRow> row) {
    undo_.push_back(
        [this, key, before = tables_.ExchangeCa(key, std::move(row))] {
          tables_.ExchangeCa(key, before);
        });
  }

  void ChangeEndpoint(const Tables::HostKey& key,
                      std::optional<Endpoint> endpoint) {
    undo_.push_back(
        [this, key,
         before = tables_.ExchangeEndpoint(key, std::move(endpoint))] {
          tables_.ExchangeEndpoint(key, before);
        });
  }

  template <typename Map>
  void Change(Map& map, const typename Map::key_type& key,
              std::optional<typename Map::mapped_type> value) {
    undo_.push_back([&map, key, before = Exchange(map, key, std::move(value))] {
      Exchange(map, key, before);
    });
  }

  Tables& tables_;
  absl::Status failure_;
  std::vector<std::function<void()>> undo_;
};

MemoryStore::MemoryStore() : tables_(std::make_unique<Tables>()) {}
MemoryStore::~MemoryStore() = default;

absl::Status MemoryStore::Transact(const Command& command) {
  const std::lock_guard lock(mutex_);
  UndoableTransaction transaction(*tables_);
  absl::Status status = command(transaction);
  if (!transaction.failure().ok()) status = transaction.failure();
  if (!status.ok()) transaction.Undo();
  return status;
}

absl::Status MemoryStore::Read(const Query& query) const {
  const std::lock_guard lock(mutex_);
  return query(UndoableTransaction(*tables_));
}

}  // namespace chainkeep::store
