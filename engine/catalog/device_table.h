// DeviceTable holds the registered devices: certificate id → status, mode, CA,
// for each tenant.
//
// A device of mode DEFAULT lies in a table by region, one of mode SNI_ONLY in
// a table by tenant: without a tenant only the former can be searched, which
// holds nothing else (catalog.h, invariant 2). A tenant sees its own in either.
//
// CONCURRENCY. Look-ups: any thread, under a pin, no lock. Put and Remove: any
// thread, except that two may not concern the same certificate at the same
// time.

#ifndef CHAINKEEP_ENGINE_CATALOG_DEVICE_TABLE_H_
#define CHAINKEEP_ENGINE_CATALOG_DEVICE_TABLE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "chainkeep/types.h"
#include "engine/catalog/bytes_interner.h"
#include "engine/catalog/tenant_table.h"
#include "engine/memory/epochs.h"
#include "engine/memory/hash.h"
#include "engine/memory/hash_table.h"
#include "engine/memory/pool.h"

namespace chainkeep::catalog {

// DeviceView is a device record as it was at one moment.
struct DeviceView {
  const Account* account = nullptr;  // valid as long as the pin
  Mode mode = Mode::kDefault;
  DeviceStatus status = DeviceStatus::kInactive;
  CertificateId ca;      // empty if it was registered without one
  uint64_t version = 0;  // trust version of the record
};

class DeviceTable {
 public:
  DeviceTable(memory::Epochs* epochs, const memory::Hasher* hasher);
  ~DeviceTable();

  // Put adds the device or, if the tenant has it in the same mode, changes its
  // status. False if the tenant has it in the other mode, or, of mode DEFAULT,
  // another account of the region has it so.
  bool Put(const Tenant* tenant, Mode mode, const CertificateId& id,
           DeviceStatus status, const CertificateId& ca, uint64_t version);

  // Replace puts the device in the place of what the tenant has of it, in
  // whatever mode and under whatever CA, and in mode DEFAULT of what another
  // account of the region has. At no moment does either view that had a record
  // find none.
  void Replace(const Tenant* tenant, Mode mode, const CertificateId& id,
               DeviceStatus status, const CertificateId& ca, uint64_t version);

  // Whether there was one.
  bool Remove(const Tenant* tenant, const CertificateId& id);

  std::optional<DeviceView> FindInTenant(const Tenant& tenant,
                                         const CertificateId& id) const;
  std::optional<DeviceView> FindDefault(const RegionRecord& region,
                                        const CertificateId& id) const;

  // Calls `visit` with the tenant and the id of each device.
  template <typename Visit>
  void ForEach(Visit visit) const {
    const auto each = [&](const Entry& entry) {
      visit(*entry.device->tenant, entry.device->id);
    };
    defaults_.ForEach(each);
    sni_only_.ForEach(each);
  }

  size_t size() const { return defaults_.size() + sni_only_.size(); }

 private:
  // 56 bytes. All but the state is constant.
  struct Device {
    Device(const CertificateId& id, const Tenant* tenant,
           const BytesInterner::Record* ca, uint64_t state)
        : id(id), tenant(tenant), ca(ca), state(state) {}

    DeviceView View() const;

    const CertificateId id;
    const Tenant* const tenant;
    const BytesInterner::Record* const ca;  // null: registered without one
    std::atomic<uint64_t> state;            // version, status and mode
  };
  struct Key {
    ViewId view;
    const CertificateId& id;
  };
  struct Entry {
    Device* device;
  };
  // kMode says whose view it is.
  template <Mode kMode>
  struct Traits {
    using Key = DeviceTable::Key;
    using Entry = DeviceTable::Entry;

    uint64_t Hash(const Key& key) const;
    uint64_t HashOf(const Entry& entry) const;
    bool Matches(const Entry& entry, const Key& key) const;

    const memory::Hasher* hasher;
  };

  Device* Make(const Tenant* tenant, const CertificateId& id,
               const CertificateId& ca, uint64_t state);
  template <typename Table>
  bool PutInto(Table& table, ViewId view, const Tenant* tenant, Mode mode,
               const CertificateId& id, DeviceStatus status,
               const CertificateId& ca, uint64_t version);
  template <typename Table>
  void ReplaceIn(Table& table, ViewId view, const Tenant* tenant, Mode mode,
                 const CertificateId& id, DeviceStatus status,
                 const CertificateId& ca, uint64_t version);
  std::optional<DeviceView> FindInEither(const Tenant& tenant,
                                         const CertificateId& id) const;
  void Retire(Device* device);
  template <typename Table>
  bool RemoveFrom(Table& table, ViewId view, const Tenant* tenant,
                  const CertificateId& id);

  memory::Epochs* const epochs_;
  // The ids of CAs. They outlive the CAs' registrations, as devices do.
  BytesInterner cas_;
  memory::Pool<Device> pool_;
  memory::HashTable<Traits<Mode::kDefault>> defaults_;
  memory::HashTable<Traits<Mode::kSniOnly>> sni_only_;
  // How often devices have become SNI_ONLY, by the first byte of their ids.
  std::array<std::atomic<uint64_t>, 256> moves_{};
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_DEVICE_TABLE_H_
