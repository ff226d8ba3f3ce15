// DeviceTable holds the registered devices: signed id → status, mode, CA, for
// each tenant.
//
// Every device lies in a table by tenant. Those of mode DEFAULT lie in a table
// by region as well: without a tenant only that can be searched, which holds
// nothing else (catalog.h, invariant 2).
//
// Of mode DEFAULT several accounts may have a device, if their CAs have the
// same name and different keys: whoever has seen a certificate can sign its
// contents with a key of his own, and is not to keep its owner out by that. So
// a device of mode DEFAULT is one signed id and one issuer; those of one signed
// id are linked, oldest first.
//
// CONCURRENCY. Look-ups: any thread, under a pin, no lock. Put, Replace and
// Remove: any thread, except that two may not concern the same signed id at the
// same time. A device that is taken out keeps its link, so that a reader who
// stands there goes on.

#ifndef CHAINKEEP_ENGINE_CATALOG_DEVICE_TABLE_H_
#define CHAINKEEP_ENGINE_CATALOG_DEVICE_TABLE_H_

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
  CertificateId id;                  // of the certificate that is registered
  Mode mode = Mode::kDefault;
  DeviceStatus status = DeviceStatus::kInactive;
  CertificateId ca;      // empty if it was registered without one
  CaId issuer;           // empty where it is not known: then it may be any
  uint64_t version = 0;  // trust version of the record
};

// DeviceData is all that is known of a device but its version.
struct DeviceData {
  SignedId signed_id = {};
  CertificateId id = {};
  Mode mode = Mode::kDefault;
  DeviceStatus status = DeviceStatus::kInactive;
  CertificateId ca = {};
  CaId issuer = {};

  // Whether all but the status is the same.
  bool IsBesidesStatus(DeviceData other) const {
    other.status = status;
    return *this == other;
  }
  friend bool operator==(const DeviceData&, const DeviceData&) = default;
};

class DeviceTable {
 public:
  DeviceTable(memory::Epochs* epochs, const memory::Hasher* hasher);
  ~DeviceTable();

  // Put adds the device or, if the tenant has it in the same mode, changes its
  // status. False if the tenant has it in the other mode, or, of mode DEFAULT,
  // another account of the region has it so.
  bool Put(const Tenant* tenant, const DeviceData& device, uint64_t version);

  // Replace puts the device in the place of what the tenant has of it, in
  // whatever mode and under whatever CA, and in mode DEFAULT of what another
  // account of the region has. At no moment does either view that had a record
  // find none.
  void Replace(const Tenant* tenant, const DeviceData& device,
               uint64_t version);

  // Whether there was one.
  bool Remove(const Tenant* tenant, const SignedId& id);

  // What a tenant has, of either mode.
  std::optional<DeviceView> FindInTenant(const Tenant& tenant,
                                         const SignedId& id) const;

  std::optional<DeviceData> FindData(const Tenant& tenant,
                                     const SignedId& id) const;

  // What is registered in mode DEFAULT in a region: of that issuer.
  std::optional<DeviceView> FindDefault(const RegionRecord& region,
                                        const SignedId& id,
                                        const CaId& issuer) const;
  // The same where the issuer is not known: with exactly this certificate, or
  // else the oldest.
  std::optional<DeviceView> FindDefault(const RegionRecord& region,
                                        const SignedId& id,
                                        const CertificateId& exact) const;

  // Calls `visit` with the tenant and the id of each device.
  template <typename Visit>
  void ForEach(Visit visit) const {
    by_tenant_.ForEach([&](const Entry& entry) {
      visit(*entry.device->tenant, entry.device->signed_id);
    });
  }

  size_t size() const { return by_tenant_.size(); }

 private:
  // 96 bytes. All but the state and the link is constant.
  struct Device {
    Device(const Tenant* tenant, const DeviceData& device,
           const BytesInterner::Record* ca, uint64_t state)
        : signed_id(device.signed_id),
          id(device.id),
          tenant(tenant),
          ca(ca),
          state(state) {}

    DeviceView View() const;
    DeviceData Data() const;

    const SignedId signed_id;
    const CertificateId id;
    const Tenant* const tenant;
    const BytesInterner::Record* const ca;  // its CA and issuer
    std::atomic<uint64_t> state;            // version, status and mode
    std::atomic<Device*> next{nullptr};     // of the region's, of mode DEFAULT
  };
  struct Key {
    ViewId view;
    const SignedId& id;
  };
  struct Entry {
    Device* device;
  };
  enum class Of : uint8_t { kTenant, kRegion };
  template <Of kOf>
  struct Traits {
    using Key = DeviceTable::Key;
    using Entry = DeviceTable::Entry;

    uint64_t Hash(const Key& key) const;
    uint64_t HashOf(const Entry& entry) const;
    bool Matches(const Entry& entry, const Key& key) const;

    const memory::Hasher* hasher;
  };

  template <typename Visit>
  void ForEachDefault(const RegionRecord& region, const SignedId& id,
                      Visit visit) const;
  Device* FindOwn(const Tenant& tenant, const SignedId& id) const;
  Device* FindShared(const RegionRecord& region, const SignedId& id,
                     const CaId& issuer) const;
  Device* Make(const Tenant* tenant, const DeviceData& device, uint64_t state);
  // Puts `device` in the place of `old` in the region's list, behind all others
  // if that is null.
  void Link(Device* old, Device* device);
  void Unlink(Device* old);
  // The same in a list that begins with another.
  static void LinkBehind(Device* first, Device* old, Device* device);
  void Retire(Device* device);

  memory::Epochs* const epochs_;
  // The ids of CAs. They outlive the CAs' registrations, as devices do.
  BytesInterner cas_;
  memory::Pool<Device> pool_;
  memory::HashTable<Traits<Of::kTenant>> by_tenant_;
  memory::HashTable<Traits<Of::kRegion>> defaults_;
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_DEVICE_TABLE_H_
