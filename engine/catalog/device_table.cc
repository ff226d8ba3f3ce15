#include "engine/catalog/device_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/signature/signed_id.h"

namespace chainkeep::catalog {
namespace {

// A device's word: its version, then three bits of status and one of mode.
uint64_t Pack(const DeviceData& device, uint64_t version) {
  return version << 4 | static_cast<uint64_t>(device.status) << 1 |
         (device.mode == Mode::kSniOnly ? 1 : 0);
}

Mode ModeOf(uint64_t word) {
  return (word & 1) != 0 ? Mode::kSniOnly : Mode::kDefault;
}

// A CA's certificate id and its id as a CA, one behind the other.
using CaBytes = std::array<uint8_t, CertificateId::kSize + CaId::kSize>;

CaBytes Join(const CertificateId& ca, const CaId& issuer) {
  CaBytes bytes;
  std::copy(issuer.bytes().begin(), issuer.bytes().end(),
            std::copy(ca.bytes().begin(), ca.bytes().end(), bytes.begin()));
  return bytes;
}

template <typename Id>
Id IdAt(Bytes bytes) {
  typename Id::Array array;
  std::copy_n(bytes.begin(), array.size(), array.begin());
  return Id(array);
}

}  // namespace

DeviceView DeviceTable::Device::View() const {
  const uint64_t word = state.load(std::memory_order_acquire);
  return {.account = &tenant->account,
          .id = id,
          .mode = ModeOf(word),
          .status = static_cast<DeviceStatus>(word >> 1 & 7),
          .ca = IdAt<CertificateId>(ca->value()),
          .issuer = IdAt<CaId>(ca->value().subspan(CertificateId::kSize)),
          .version = word >> 4};
}

DeviceData DeviceTable::Device::Data() const {
  const DeviceView view = View();
  return {.signed_id = signed_id,
          .id = id,
          .mode = view.mode,
          .status = view.status,
          .ca = view.ca,
          .issuer = view.issuer};
}

template <DeviceTable::Of kOf>
uint64_t DeviceTable::Traits<kOf>::Hash(const Key& key) const {
  // The id is a digest already; who registers certificates can choose it
  // nonetheless, at the cost of trying.
  return (*hasher)(key.view,
                   (*hasher)(key.id.bytes().data(), key.id.bytes().size()));
}

template <DeviceTable::Of kOf>
uint64_t DeviceTable::Traits<kOf>::HashOf(const Entry& entry) const {
  const Tenant& tenant = *entry.device->tenant;
  return Hash({kOf == Of::kTenant ? tenant.id : tenant.region->id,
               entry.device->signed_id});
}

template <DeviceTable::Of kOf>
bool DeviceTable::Traits<kOf>::Matches(const Entry& entry,
                                       const Key& key) const {
  const Tenant& tenant = *entry.device->tenant;
  return entry.device->signed_id == key.id &&
         (kOf == Of::kTenant ? tenant.id : tenant.region->id) == key.view;
}

DeviceTable::DeviceTable(memory::Epochs* epochs, const memory::Hasher* hasher)
    : epochs_(epochs),
      cas_(epochs, hasher),
      by_tenant_(epochs, {hasher}, {.percent_full = 78}),
      defaults_(epochs, {hasher}, {.percent_full = 78}) {}

DeviceTable::~DeviceTable() = default;

template <typename Visit>
void DeviceTable::ForEachDefault(const RegionRecord& region, const SignedId& id,
                                 Visit visit) const {
  const auto first = defaults_.Find({region.id, id});
  if (!first) return;
  for (Device* device = first->device; device != nullptr;
       device = device->next.load(std::memory_order_acquire)) {
    visit(*device);
  }
}

DeviceTable::Device* DeviceTable::FindOwn(const Tenant& tenant,
                                          const SignedId& id) const {
  const auto found = by_tenant_.Find({tenant.id, id});
  return found ? found->device : nullptr;
}

DeviceTable::Device* DeviceTable::FindShared(const RegionRecord& region,
                                             const SignedId& id,
                                             const CaId& issuer) const {
  Device* found = nullptr;
  ForEachDefault(region, id, [&](Device& device) {
    if (found == nullptr &&
        signature::MayBeSame(device.View().issuer, issuer)) {
      found = &device;
    }
  });
  return found;
}

DeviceTable::Device* DeviceTable::Make(const Tenant* tenant,
                                       const DeviceData& device,
                                       uint64_t state) {
  const CaBytes ca = Join(device.ca, device.issuer);
  return pool_.New(tenant, device, cas_.Acquire(Bytes(ca)), state);
}

void DeviceTable::Retire(Device* device) {
  cas_.Release(device->ca);
  epochs_->Retire(device, &memory::Pool<Device>::Delete, sizeof(Device));
}

void DeviceTable::Link(Device* old, Device* device) {
  Device* const next =
      old == nullptr ? nullptr : old->next.load(std::memory_order_relaxed);
  device->next.store(next, std::memory_order_relaxed);
  defaults_.Update({device->tenant->region->id, device->signed_id},
                   [&](std::optional<Entry>& entry) {
                     if (!entry || entry->device == old) {
                       entry = {device};
                     } else {
                       LinkBehind(entry->device, old, device);
                     }
                   });
}

void DeviceTable::Unlink(Device* old) {
  Device* const next = old->next.load(std::memory_order_relaxed);
  defaults_.Update({old->tenant->region->id, old->signed_id},
                   [&](std::optional<Entry>& entry) {
                     if (entry->device != old) {
                       LinkBehind(entry->device, old, next);
                     } else if (next != nullptr) {
                       entry->device = next;
                     } else {
                       entry.reset();
                     }
                   });
}

void DeviceTable::LinkBehind(Device* first, Device* old, Device* device) {
  Device* before = first;
  for (;;) {
    Device* const after = before->next.load(std::memory_order_relaxed);
    if (after == old) break;
    before = after;
  }
  before->next.store(device, std::memory_order_release);
}

bool DeviceTable::Put(const Tenant* tenant, const DeviceData& device,
                      uint64_t version) {
  Device* const own = FindOwn(*tenant, device.signed_id);
  const uint64_t word = Pack(device, version);
  if (own != nullptr) {
    if (own->View().mode != device.mode) return false;
    own->state.store(word, std::memory_order_release);
    return true;
  }
  if (device.mode == Mode::kDefault &&
      FindShared(*tenant->region, device.signed_id, device.issuer) != nullptr) {
    return false;
  }
  Device* const made = Make(tenant, device, word);
  if (device.mode == Mode::kDefault) Link(nullptr, made);
  by_tenant_.Update({tenant->id, device.signed_id},
                    [&](std::optional<Entry>& entry) { entry = {made}; });
  return true;
}

void DeviceTable::Replace(const Tenant* tenant, const DeviceData& device,
                          uint64_t version) {
  Device* const own = FindOwn(*tenant, device.signed_id);
  const uint64_t word = Pack(device, version);
  if (own != nullptr && own->Data().IsBesidesStatus(device)) {
    own->state.store(word, std::memory_order_release);
    return;
  }
  const bool was_default = own != nullptr && own->View().mode == Mode::kDefault;
  const bool is_default = device.mode == Mode::kDefault;
  // The new one first: it is not to be missing in between.
  Device* const made = Make(tenant, device, word);
  Device* const shared =
      is_default ? FindShared(*tenant->region, device.signed_id, device.issuer)
                 : nullptr;
  if (is_default) Link(shared, made);
  by_tenant_.Update({tenant->id, device.signed_id},
                    [&](std::optional<Entry>& entry) { entry = {made}; });
  if (shared != nullptr && shared != own) {
    by_tenant_.Update({shared->tenant->id, device.signed_id},
                      [](std::optional<Entry>& entry) { entry.reset(); });
    Retire(shared);
  }
  if (own == nullptr) return;
  if (was_default && own != shared) Unlink(own);
  Retire(own);
}

bool DeviceTable::Remove(const Tenant* tenant, const SignedId& id) {
  Device* const own = FindOwn(*tenant, id);
  if (own == nullptr) return false;
  by_tenant_.Update({tenant->id, id},
                    [](std::optional<Entry>& entry) { entry.reset(); });
  if (own->View().mode == Mode::kDefault) Unlink(own);
  Retire(own);
  return true;
}

std::optional<DeviceView> DeviceTable::FindInTenant(const Tenant& tenant,
                                                    const SignedId& id) const {
  const Device* const own = FindOwn(tenant, id);
  if (own == nullptr) return std::nullopt;
  return own->View();
}

std::optional<DeviceData> DeviceTable::FindData(const Tenant& tenant,
                                                const SignedId& id) const {
  const Device* const own = FindOwn(tenant, id);
  if (own == nullptr) return std::nullopt;
  return own->Data();
}

std::optional<DeviceView> DeviceTable::FindDefault(const RegionRecord& region,
                                                   const SignedId& id,
                                                   const CaId& issuer) const {
  const Device* const found = FindShared(region, id, issuer);
  if (found == nullptr) return std::nullopt;
  return found->View();
}

std::optional<DeviceView> DeviceTable::FindDefault(
    const RegionRecord& region, const SignedId& id,
    const CertificateId& exact) const {
  const Device* found = nullptr;
  ForEachDefault(region, id, [&](const Device& device) {
    if (found == nullptr || (found->id != exact && device.id == exact)) {
      found = &device;
    }
  });
  if (found == nullptr) return std::nullopt;
  return found->View();
}

}  // namespace chainkeep::catalog
