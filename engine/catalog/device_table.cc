#include "engine/catalog/device_table.h"

#include <algorithm>
#include <utility>

namespace chainkeep::catalog {
namespace {

// A device's word: its version, then three bits of status and one of mode.
uint64_t Pack(Mode mode, DeviceStatus status, uint64_t version) {
  return version << 4 | static_cast<uint64_t>(status) << 1 |
         (mode == Mode::kSniOnly ? 1 : 0);
}

Mode ModeOf(uint64_t word) {
  return (word & 1) != 0 ? Mode::kSniOnly : Mode::kDefault;
}

ViewId ViewOf(Mode mode, const Tenant& tenant) {
  return mode == Mode::kDefault ? tenant.region->id : tenant.id;
}

}  // namespace

DeviceView DeviceTable::Device::View() const {
  const uint64_t word = state.load(std::memory_order_acquire);
  DeviceView view{.account = &tenant->account,
                  .mode = ModeOf(word),
                  .status = static_cast<DeviceStatus>(word >> 1 & 7),
                  .ca = {},
                  .version = word >> 4};
  if (ca != nullptr) {
    CertificateId::Array bytes;
    std::copy(ca->value().begin(), ca->value().end(), bytes.begin());
    view.ca = CertificateId(bytes);
  }
  return view;
}

template <Mode kMode>
uint64_t DeviceTable::Traits<kMode>::Hash(const Key& key) const {
  // The id is a digest already; who registers certificates can choose it
  // nonetheless, at the cost of trying.
  return (*hasher)(key.view,
                   (*hasher)(key.id.bytes().data(), key.id.bytes().size()));
}

template <Mode kMode>
uint64_t DeviceTable::Traits<kMode>::HashOf(const Entry& entry) const {
  return Hash({ViewOf(kMode, *entry.device->tenant), entry.device->id});
}

template <Mode kMode>
bool DeviceTable::Traits<kMode>::Matches(const Entry& entry,
                                         const Key& key) const {
  return entry.device->id == key.id &&
         ViewOf(kMode, *entry.device->tenant) == key.view;
}

DeviceTable::DeviceTable(memory::Epochs* epochs, const memory::Hasher* hasher)
    : epochs_(epochs),
      cas_(epochs, hasher),
      defaults_(epochs, {hasher}, {.percent_full = 78}),
      sni_only_(epochs, {hasher}, {.percent_full = 78}) {}

DeviceTable::~DeviceTable() = default;

DeviceTable::Device* DeviceTable::Make(const Tenant* tenant,
                                       const CertificateId& id,
                                       const CertificateId& ca,
                                       uint64_t state) {
  return pool_.New(id, tenant,
                   ca.empty() ? nullptr : cas_.Acquire(Bytes(ca.bytes())),
                   state);
}

template <typename Table>
bool DeviceTable::PutInto(Table& table, ViewId view, const Tenant* tenant,
                          Mode mode, const CertificateId& id,
                          DeviceStatus status, const CertificateId& ca,
                          uint64_t version) {
  bool is_put = true;
  table.Update({view, id}, [&](std::optional<Entry>& entry) {
    const uint64_t word = Pack(mode, status, version);
    if (!entry) {
      entry = {Make(tenant, id, ca, word)};
    } else if (entry->device->tenant == tenant) {
      entry->device->state.store(word, std::memory_order_release);
    } else {
      is_put = false;
    }
  });
  return is_put;
}

bool DeviceTable::Put(const Tenant* tenant, Mode mode, const CertificateId& id,
                      DeviceStatus status, const CertificateId& ca,
                      uint64_t version) {
  const std::optional<DeviceView> held = FindInTenant(*tenant, id);
  if (held && held->mode != mode) return false;
  const ViewId view = ViewOf(mode, *tenant);
  return mode == Mode::kDefault
             ? PutInto(defaults_, view, tenant, mode, id, status, ca, version)
             : PutInto(sni_only_, view, tenant, mode, id, status, ca, version);
}

template <typename Table>
bool DeviceTable::RemoveFrom(Table& table, ViewId view, const Tenant* tenant,
                             const CertificateId& id) {
  Device* removed = nullptr;
  table.Update({view, id}, [&](std::optional<Entry>& entry) {
    if (!entry || entry->device->tenant != tenant) return;
    removed = entry->device;
    entry.reset();
  });
  if (removed == nullptr) return false;
  Retire(removed);
  return true;
}

void DeviceTable::Retire(Device* device) {
  if (device->ca != nullptr) cas_.Release(device->ca);
  epochs_->Retire(device, &memory::Pool<Device>::Delete, sizeof(Device));
}

template <typename Table>
void DeviceTable::ReplaceIn(Table& table, ViewId view, const Tenant* tenant,
                            Mode mode, const CertificateId& id,
                            DeviceStatus status, const CertificateId& ca,
                            uint64_t version) {
  Device* replaced = nullptr;
  table.Update({view, id}, [&](std::optional<Entry>& entry) {
    const uint64_t word = Pack(mode, status, version);
    if (entry && entry->device->tenant == tenant &&
        entry->device->View().ca == ca) {
      entry->device->state.store(word, std::memory_order_release);
      return;
    }
    if (entry) replaced = entry->device;
    entry = {Make(tenant, id, ca, word)};
  });
  if (replaced != nullptr) Retire(replaced);
}

void DeviceTable::Replace(const Tenant* tenant, Mode mode,
                          const CertificateId& id, DeviceStatus status,
                          const CertificateId& ca, uint64_t version) {
  // The new one first: it is not to be missing in between.
  if (mode == Mode::kDefault) {
    ReplaceIn(defaults_, tenant->region->id, tenant, mode, id, status, ca,
              version);
    RemoveFrom(sni_only_, tenant->id, tenant, id);
  } else {
    ReplaceIn(sni_only_, tenant->id, tenant, mode, id, status, ca, version);
    moves_[id.bytes()[0]].fetch_add(1);
    RemoveFrom(defaults_, tenant->region->id, tenant, id);
  }
}

bool DeviceTable::Remove(const Tenant* tenant, const CertificateId& id) {
  return RemoveFrom(sni_only_, tenant->id, tenant, id) ||
         RemoveFrom(defaults_, tenant->region->id, tenant, id);
}

// One that becomes SNI_ONLY between the two looks of FindInEither is in neither
// when it is looked for: then it is looked for again. The counter changes after
// it has come into the one table and before it goes out of the other.
std::optional<DeviceView> DeviceTable::FindInTenant(
    const Tenant& tenant, const CertificateId& id) const {
  const std::atomic<uint64_t>& moves = moves_[id.bytes()[0]];
  for (;;) {
    const uint64_t before = moves.load();
    auto found = FindInEither(tenant, id);
    if (found || moves.load() == before) return found;
  }
}

std::optional<DeviceView> DeviceTable::FindInEither(
    const Tenant& tenant, const CertificateId& id) const {
  if (const auto own = sni_only_.Find({tenant.id, id})) {
    return own->device->View();
  }
  const auto shared = defaults_.Find({tenant.region->id, id});
  if (!shared || shared->device->tenant != &tenant) return std::nullopt;
  return shared->device->View();
}

std::optional<DeviceView> DeviceTable::FindDefault(
    const RegionRecord& region, const CertificateId& id) const {
  const auto found = defaults_.Find({region.id, id});
  if (!found) return std::nullopt;
  return found->device->View();
}

}  // namespace chainkeep::catalog
