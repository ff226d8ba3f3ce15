#include "engine/sni/endpoint_table.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <new>
#include <string>

namespace chainkeep::sni {

// One endpoint. The name goes on behind the record.
struct EndpointTable::Record {
  static const Record* New(std::string_view name, const TenantName* tenant,
                           const Endpoint& endpoint, uint64_t version,
                           memory::SizedPools* pools) {
    auto* record = new (pools->Allocate(BytesFor(name.size()))) Record;
    record->word = version << 8 |
                   uint64_t{static_cast<uint8_t>(endpoint.service)} << 1 |
                   static_cast<uint8_t>(endpoint.status);
    record->tenant = tenant;
    record->size = static_cast<uint8_t>(name.size());
    name.copy(reinterpret_cast<char*>(record) + kNameOffset, name.size());
    return record;
  }
  std::string_view name() const {
    return {reinterpret_cast<const char*>(this) + kNameOffset, size};
  }
  size_t bytes() const { return BytesFor(size); }
  // 2^56 versions are a million a second for two thousand years.
  uint64_t version() const { return word >> 8; }
  EndpointService service() const {
    return static_cast<EndpointService>(word >> 1 & 0x7f);
  }
  EndpointStatus status() const {
    return static_cast<EndpointStatus>(word & 1);
  }

  uint64_t word;  // version, service (7 bits), status (1)
  const TenantName* tenant;
  uint8_t size;
  char name_begins_here;

  static constexpr size_t kMaxBytes =
      2 * sizeof(uint64_t) + 1 + std::numeric_limits<uint8_t>::max();

 private:
  static constexpr size_t kNameOffset = 2 * sizeof(uint64_t) + 1;
  static size_t BytesFor(size_t name_size) {
    return std::max(sizeof(Record), kNameOffset + name_size);
  }
};

static_assert(static_cast<uint8_t>(EndpointStatus::kDisabled) == 1 &&
              static_cast<uint8_t>(EndpointService::kJobs) < 0x80);

uint64_t EndpointTable::Traits::Hash(const Key& key) const {
  return (*hasher)(key.region.text()) ^ (*hasher)(key.name);
}

uint64_t EndpointTable::Traits::HashOf(const Entry& entry) const {
  return entry.record->tenant->region->hash ^ (*hasher)(entry.record->name());
}

bool EndpointTable::Traits::Matches(const Entry& entry, const Key& key) const {
  return entry.record->name() == key.name &&
         entry.record->tenant->region->region == key.region;
}

EndpointTable::EndpointTable(memory::Epochs* epochs,
                             const memory::Hasher& hasher, size_t expected)
    : epochs_(epochs),
      tenants_(epochs, hasher),
      records_(Record::kMaxBytes),
      table_(epochs, Traits{&hasher},
             {.expected_entries = expected, .percent_full = 78}) {}

// What has been retired lies in the pools.
EndpointTable::~EndpointTable() { epochs_->Collect(); }

const EndpointTable::Record* EndpointTable::FindServing(
    const Region& region, const HostName& name) const {
  return FindMostSpecific(name, [&](std::string_view text) -> const Record* {
    if (text[0] == '*' && wildcards_.load(std::memory_order_relaxed) == 0) {
      return nullptr;
    }
    const std::optional<Traits::Entry> entry = table_.Find({region, text});
    return entry ? entry->record : nullptr;
  });
}

Resolution EndpointTable::Resolve(const memory::Epochs::Pin&,
                                  const Region& region, const HostName& name,
                                  EndpointService service) const {
  const Record* const record = FindServing(region, name);
  if (record == nullptr) {
    return ResolutionMint::Refuse(Reason::kServerNameUnknown);
  }
  return ResolutionMint::Of(*record->tenant, record->service(),
                            record->status(), record->version(), service);
}

void EndpointTable::Put(const EndpointName& name, const Endpoint& endpoint,
                        uint64_t version) {
  const Record* const record = Record::New(
      name.text(), tenants_.Share(endpoint.account, endpoint.region), endpoint,
      version, &records_);
  const Record* old = nullptr;
  table_.Update({endpoint.region, name.text()},
                [&](std::optional<Traits::Entry>& entry) {
                  if (entry) {
                    old = entry->record;
                  } else if (name.is_wildcard()) {
                    wildcards_.fetch_add(1, std::memory_order_relaxed);
                  }
                  entry = {record};
                });
  if (old != nullptr) Retire(old);
}

bool EndpointTable::Remove(const Region& region, const EndpointName& name) {
  const Record* old = nullptr;
  table_.Update({region, name.text()},
                [&](std::optional<Traits::Entry>& entry) {
                  if (!entry) return;
                  old = entry->record;
                  entry.reset();
                });
  if (old == nullptr) return false;
  if (name.is_wildcard()) wildcards_.fetch_sub(1, std::memory_order_relaxed);
  Retire(old);
  return true;
}

void EndpointTable::Retire(const Record* record) {
  tenants_.Release(record->tenant);
  epochs_->Retire(const_cast<Record*>(record), &memory::SizedPools::Free,
                  record->bytes());
}

std::optional<Endpoint> EndpointTable::Find(const Region& region,
                                            const EndpointName& name) const {
  const memory::Epochs::Pin pin = epochs_->Acquire();
  const std::optional<Traits::Entry> entry = table_.Find({region, name.text()});
  if (!entry) return std::nullopt;
  const Record& record = *entry->record;
  return Endpoint{.host_name = std::string(record.name()),
                  .account = record.tenant->account,
                  .region = record.tenant->region->region,
                  .service = record.service(),
                  .status = record.status()};
}

void EndpointTable::ForEach(
    const std::function<void(const Region&, std::string_view)>& visit) const {
  const memory::Epochs::Pin pin = epochs_->Acquire();
  table_.ForEach([&](const Traits::Entry& entry) {
    visit(entry.record->tenant->region->region, entry.record->name());
  });
}

}  // namespace chainkeep::sni
