#include "engine/catalog/catalog.h"

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include "chainkeep/status.h"
#include "engine/catalog/subject_counts.h"
#include "engine/memory/pool.h"
#include "engine/memory/striped_locks.h"
#include "engine/revocation/crl_set.h"
#include "openssl/rand.h"

namespace chainkeep::catalog {
namespace {

template <typename T>
T Random() {
  T value;
  RAND_bytes(reinterpret_cast<uint8_t*>(&value), sizeof(value));
  return value;
}

absl::Status Broken(std::string_view what) {
  return MakeError(ErrorCode::kInternalFailure, what);
}

absl::Status NoSuchRegistration() {
  return Broken("catalog: there is no such registration");
}

}  // namespace

// In the order in which they may use each other: a lock of a later member is
// taken before one of an earlier.
struct Catalog::Tables {
  Tables(memory::Epochs* epochs, const memory::Hasher* hasher,
         signature::KeyTables* key_tables)
      : tenants(epochs, hasher),
        cas(epochs, hasher, Random<uint64_t>(), key_tables),
        defaults(epochs, hasher, &cas.subjects()),
        by_tenant(epochs, hasher, &cas.subjects(), &pool),
        sni_only(epochs, hasher),
        inactive(epochs, hasher, &cas.subjects()),
        devices(epochs, hasher) {}

  // By id: what concerns one CA certificate, or one device, happens one after
  // another.
  template <typename Id>
  std::mutex& LockOf(const Id& id) {
    uint64_t bits;
    std::copy_n(id.bytes().begin(), sizeof(bits),
                reinterpret_cast<uint8_t*>(&bits));
    return locks.Of(bits);
  }

  TenantTable tenants;
  CaTable cas;
  memory::Pool<Registration> pool;
  DefaultIndex defaults;
  TenantIndex by_tenant;
  SubjectCounts sni_only;
  InactiveCas inactive;
  DeviceTable devices;
  std::atomic<size_t> registrations{0};
  memory::StripedLocks locks;
};

Catalog::Catalog(std::function<int64_t()> now,
                 signature::KeyTableOptions key_tables)
    : Catalog(std::move(now), memory::Hasher(Random<memory::Hasher::Secret>()),
              std::move(key_tables)) {}

Catalog::Catalog(std::function<int64_t()> now, const memory::Hasher& hasher,
                 signature::KeyTableOptions key_tables)
    : key_tables_(&epochs_, std::move(key_tables)),
      epochs_(std::move(now)),
      hasher_(hasher),
      endpoints_(&epochs_, hasher_),
      tables_(new Tables(&epochs_, &hasher_, &key_tables_)) {}

Catalog::~Catalog() { epochs_.Collect(); }

Catalog::Pin::Pin(const Catalog& catalog)
    : catalog_(catalog), pin_(catalog.epochs_.Acquire()) {}

DefaultView Catalog::Pin::View(const Region& region) const {
  const Tables& tables = *catalog_.tables_;
  return DefaultView(tables.defaults, tables.cas, tables.tenants.Find(region));
}

TenantView Catalog::Pin::View(const sni::ResolvedTenant& tenant) const {
  const Tables& tables = *catalog_.tables_;
  return TenantView(tables.by_tenant, tables.cas,
                    tables.tenants.Find(tenant.account(), tenant.region()));
}

CrlView Catalog::Pin::Crls(const Region& region) const {
  return CrlView(catalog_.tables_->tenants, region);
}

DenialView Catalog::Pin::Denials(const Region& region,
                                 DenialView::Sight sight) const {
  const Tables& tables = *catalog_.tables_;
  return DenialView(
      {tables.tenants, tables.devices, tables.inactive, tables.by_tenant},
      region, sight);
}

std::optional<DeviceView> Catalog::Pin::FindDevice(const Region& region,
                                                   const SignedId& id,
                                                   const CaId& issuer) const {
  const Tables& tables = *catalog_.tables_;
  const RegionRecord* const record = tables.tenants.Find(region);
  if (record == nullptr) return std::nullopt;
  return tables.devices.FindDefault(*record, id, issuer);
}

std::optional<DeviceView> Catalog::Pin::FindDevice(
    const Region& region, const SignedId& id,
    const CertificateId& exact) const {
  const Tables& tables = *catalog_.tables_;
  const RegionRecord* const record = tables.tenants.Find(region);
  if (record == nullptr) return std::nullopt;
  return tables.devices.FindDefault(*record, id, exact);
}

std::optional<DeviceView> Catalog::Pin::FindDevice(
    const sni::ResolvedTenant& tenant, const SignedId& id) const {
  const Tables& tables = *catalog_.tables_;
  const Tenant* const record =
      tables.tenants.Find(tenant.account(), tenant.region());
  if (record == nullptr) return std::nullopt;
  return tables.devices.FindInTenant(*record, id);
}

bool Catalog::Pin::HasSniOnlyIssuer(const Region& region,
                                    const x509::Name& issuer) const {
  const Tables& tables = *catalog_.tables_;
  const RegionRecord* const record = tables.tenants.Find(region);
  if (record == nullptr) return false;
  const Subject* const subject = tables.cas.subjects().Find(issuer);
  return subject != nullptr && tables.sni_only.Has(record->id, *subject);
}

der::Result<std::shared_ptr<const CaRecord>> Catalog::Record(
    std::string_view der, signature::Preparation preparation) {
  const CertificateId id = ComputeCertificateId(AsBytes(der));
  {
    const Pin pin = Acquire();
    if (const InternedCa* ca = tables_->cas.Find(id)) return ca->record;
  }
  return CaRecord::Make(der, preparation);
}

absl::Status Catalog::Publish(const Scope& scope,
                              std::shared_ptr<const CaRecord> record,
                              CaStatus status,
                              AutoRegistration auto_registration) {
  Tables& tables = *tables_;
  const CertificateId id = record->id();
  const Pin pin = Acquire();
  const std::lock_guard lock(tables.LockOf(id));
  const Tenant* const tenant = tables.tenants.Get(scope.account, scope.region);
  if (const InternedCa* ca = tables.cas.Find(id)) {
    if (tables.by_tenant.FindByCa(tenant, *ca)) {
      return Broken("catalog: the account has this CA already");
    }
    if (scope.mode == Mode::kDefault &&
        tables.defaults.FindByCa(tenant->region, *ca)) {
      return Broken("catalog: the region has this CA in mode DEFAULT");
    }
  }
  Add(tenant, std::move(record),
      {.mode = scope.mode,
       .status = status,
       .auto_registration = auto_registration,
       .version = NextVersion()});
  return absl::OkStatus();
}

void Catalog::Replace(const Scope& scope,
                      std::shared_ptr<const CaRecord> record, CaStatus status,
                      AutoRegistration auto_registration) {
  Tables& tables = *tables_;
  const CertificateId id = record->id();
  const Pin pin = Acquire();
  const std::lock_guard lock(tables.LockOf(id));
  const Tenant* const tenant = tables.tenants.Get(scope.account, scope.region);
  const RegistrationState state{.mode = scope.mode,
                                .status = status,
                                .auto_registration = auto_registration,
                                .version = NextVersion()};
  const InternedCa* const ca = tables.cas.Find(id);
  const std::optional<Registered> own =
      ca == nullptr ? std::nullopt : tables.by_tenant.FindByCa(tenant, *ca);
  if (own && own->state().mode == scope.mode) {
    ChangeState({tenant, ca, own->state()}, state);
    return;
  }
  // The one of mode DEFAULT that is to go: another account's, or its own.
  std::optional<DefaultRegistration> shown;
  if (ca != nullptr) shown = tables.defaults.Find(tenant->region, *ca);
  const bool is_own = shown && shown->get()->tenant == tenant;
  Add(tenant, std::move(record), state);
  if (own) {
    Remove(tenant, *ca, own->state().status, is_own ? shown : std::nullopt);
  }
  if (shown && !is_own && scope.mode == Mode::kDefault) {
    Remove(shown->get()->tenant, *ca, shown->get()->state().status, shown);
  }
}

void Catalog::Add(const Tenant* tenant, std::shared_ptr<const CaRecord> record,
                  const RegistrationState& state) {
  Tables& tables = *tables_;
  const InternedCa* const ca = tables.cas.Hold(std::move(record));
  if (state.status == CaStatus::kInactive) {
    tables.inactive.Add(tenant->id, *ca->record);
  }
  const Registered registered{.tenant = tenant,
                              .record = ca->record.get(),
                              .subject = ca->subject,
                              .age = state.version,
                              .state_word = state.Pack()};
  if (state.mode == Mode::kSniOnly) {
    tables.sni_only.Add(tenant->region->id, ca->subject->subject(), 1);
    tables.by_tenant.AddSniOnly(registered);
  } else {
    const auto shown = DefaultRegistration::From(tables.pool.New(registered));
    tables.defaults.Add(*shown);
    tables.by_tenant.Add(*shown);
  }
  tables.registrations.fetch_add(1, std::memory_order_relaxed);
}

// `shown` is the registration itself if its mode is DEFAULT. Of two that the
// tenant has of the CA it is the older.
void Catalog::Remove(const Tenant* tenant, const InternedCa& ca,
                     CaStatus status,
                     std::optional<DefaultRegistration> shown) {
  Tables& tables = *tables_;
  const CertificateId id = ca.record->id();
  if (shown) {
    tables.defaults.Remove(*shown);
  } else {
    tables.sni_only.Add(tenant->region->id, ca.subject->subject(), -1);
  }
  Registration* const removed = tables.by_tenant.Remove(tenant, ca);
  if (status == CaStatus::kInactive) {
    tables.inactive.Remove(tenant->id, *ca.record);
  }
  tables.registrations.fetch_sub(1, std::memory_order_relaxed);
  if (removed != nullptr) {
    epochs_.Retire(removed, &memory::Pool<Registration>::Delete,
                   sizeof(Registration));
  }
  tables.cas.Drop(id);
}

void Catalog::Reserve(const Room& room) {
  tables_->by_tenant.Reserve(registrations() + room.registrations);
  tables_->cas.Reserve(records() + room.records);
  tables_->tenants.Reserve(room.tenants);
}

// What is found INACTIVE is registered so or is about to be, or was until now.
void Catalog::ChangeState(const Own& own, const RegistrationState& state) {
  InactiveCas& inactive = tables_->inactive;
  const bool was_inactive = own.state.status == CaStatus::kInactive;
  const bool is_inactive = state.status == CaStatus::kInactive;
  if (is_inactive && !was_inactive) {
    inactive.Add(own.tenant->id, *own.ca->record);
  }
  tables_->by_tenant.SetState(own.tenant, *own.ca, state);
  if (was_inactive && !is_inactive) {
    inactive.Remove(own.tenant->id, *own.ca->record);
  }
}

std::vector<Catalog::LoadError> Catalog::Load(
    size_t count, const std::function<NewRegistration(size_t)>& at,
    size_t threads) {
  constexpr size_t kBatch = 1000;
  Reserve({.registrations = count});
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::vector<LoadError> errors;
  const auto work = [&] {
    for (;;) {
      const size_t begin = next.fetch_add(kBatch);
      if (begin >= count) return;
      for (size_t i = begin; i < std::min(begin + kBatch, count); ++i) {
        NewRegistration added = at(i);
        absl::Status status =
            added.record == nullptr
                ? Broken("catalog: a registration without a CA")
                : Publish(added.scope, std::move(added.record), added.status);
        if (status.ok()) continue;
        const std::lock_guard lock(mutex);
        errors.push_back({i, std::move(status)});
      }
    }
  };
  std::vector<std::thread> workers;
  for (size_t i = 1; i < threads; ++i) workers.emplace_back(work);
  work();
  for (std::thread& worker : workers) worker.join();
  return errors;
}

std::optional<Catalog::Own> Catalog::FindOwn(const Account& account,
                                             const Region& region,
                                             const CertificateId& id) const {
  const Tenant* const tenant = tables_->tenants.Find(account, region);
  const InternedCa* const ca = tables_->cas.Find(id);
  if (tenant == nullptr || ca == nullptr) return std::nullopt;
  const std::optional<Registered> held =
      tables_->by_tenant.FindByCa(tenant, *ca);
  if (!held) return std::nullopt;
  return Own{.tenant = tenant, .ca = ca, .state = held->state()};
}

absl::Status Catalog::SetStatus(const Account& account, const Region& region,
                                const CertificateId& id, CaStatus status) {
  const Pin pin = Acquire();
  const std::lock_guard lock(tables_->LockOf(id));
  const std::optional<Own> own = FindOwn(account, region, id);
  if (!own) return NoSuchRegistration();
  RegistrationState next = own->state;
  next.status = status;
  next.version = NextVersion();
  ChangeState(*own, next);
  return absl::OkStatus();
}

absl::Status Catalog::SetAutoRegistration(const Account& account,
                                          const Region& region,
                                          const CertificateId& id,
                                          AutoRegistration auto_registration) {
  const Pin pin = Acquire();
  const std::lock_guard lock(tables_->LockOf(id));
  std::optional<Own> own = FindOwn(account, region, id);
  if (!own) return NoSuchRegistration();
  own->state.auto_registration = auto_registration;
  tables_->by_tenant.SetState(own->tenant, *own->ca, own->state);
  return absl::OkStatus();
}

absl::Status Catalog::Withdraw(const Account& account, const Region& region,
                               const CertificateId& id) {
  Tables& tables = *tables_;
  const Pin pin = Acquire();
  const std::lock_guard lock(tables.LockOf(id));
  const std::optional<Own> own = FindOwn(account, region, id);
  if (!own) return NoSuchRegistration();
  std::optional<DefaultRegistration> shown;
  if (own->state.mode == Mode::kDefault) {
    shown = tables.defaults.Find(own->tenant->region, *own->ca);
  }
  Remove(own->tenant, *own->ca, own->state.status, shown);
  return absl::OkStatus();
}

absl::Status Catalog::PutDevice(const Account& account, const Region& region,
                                const DeviceData& device) {
  Tables& tables = *tables_;
  const Pin pin = Acquire();
  const std::lock_guard lock(tables.LockOf(device.signed_id));
  const Tenant* const tenant = tables.tenants.Get(account, region);
  if (tables.devices.Put(tenant, device, NextVersion())) {
    return absl::OkStatus();
  }
  return Broken("catalog: the device is registered otherwise");
}

void Catalog::ReplaceDevice(const Account& account, const Region& region,
                            const DeviceData& device) {
  Tables& tables = *tables_;
  const Pin pin = Acquire();
  const std::lock_guard lock(tables.LockOf(device.signed_id));
  const Tenant* const tenant = tables.tenants.Get(account, region);
  tables.devices.Replace(tenant, device, NextVersion());
}

absl::Status Catalog::RemoveDevice(const Account& account, const Region& region,
                                   const SignedId& id) {
  Tables& tables = *tables_;
  const Pin pin = Acquire();
  const std::lock_guard lock(tables.LockOf(id));
  const Tenant* const tenant = tables.tenants.Find(account, region);
  if (tenant != nullptr && tables.devices.Remove(tenant, id)) {
    return absl::OkStatus();
  }
  return Broken("catalog: there is no such device");
}

absl::Status Catalog::ReplaceCrls(
    const Account& account, const Region& region,
    std::shared_ptr<const CaRecord> ca,
    std::vector<std::shared_ptr<const revocation::LoadedCrl>> crls) {
  auto set = std::make_shared<const revocation::CrlSet>(std::move(crls));
  const Pin pin = Acquire();
  Tenant* const tenant = tables_->tenants.Get(account, region);
  const std::lock_guard lock(tables_->locks.Of(tenant->id));
  if (set->size() > 0 && tenant->crls.Find(ca->certificate()).set == nullptr &&
      tenant->crls.CountCas() >= kMaxCasWithCrls) {
    return MakeError(ErrorCode::kLimitExceeded,
                     "the account has CRLs of as many CAs as it may");
  }
  tenant->crls.Replace(std::move(ca), std::move(set), NextVersion(), &epochs_);
  return absl::OkStatus();
}

void Catalog::RemoveCrls(const Account& account, const Region& region,
                         const CaId& id) {
  const Pin pin = Acquire();
  Tenant* const tenant = tables_->tenants.Get(account, region);
  const std::lock_guard lock(tables_->locks.Of(tenant->id));
  std::shared_ptr<const CaRecord> record = tenant->crls.RecordOf(id);
  if (record == nullptr) return;
  using Crls = std::vector<std::shared_ptr<const revocation::LoadedCrl>>;
  tenant->crls.Replace(std::move(record),
                       std::make_shared<const revocation::CrlSet>(Crls()),
                       NextVersion(), &epochs_);
}

std::vector<std::shared_ptr<const revocation::LoadedCrl>> Catalog::FindCrls(
    const Account& account, const Region& region, const CaId& id) const {
  const Pin pin = Acquire();
  const Tenant* const tenant = tables_->tenants.Find(account, region);
  const revocation::CrlSet* const set =
      tenant == nullptr ? nullptr : tenant->crls.FindById(id);
  if (set == nullptr) return {};
  return set->crls();
}

std::optional<RegistrationState> Catalog::FindRegistration(
    const Account& account, const Region& region,
    const CertificateId& id) const {
  const Pin pin = Acquire();
  const std::optional<Own> own = FindOwn(account, region, id);
  if (!own) return std::nullopt;
  return own->state;
}

std::optional<CaId> Catalog::FindCaId(const CertificateId& id) const {
  const Pin pin = Acquire();
  const InternedCa* const ca = tables_->cas.Find(id);
  if (ca == nullptr) return std::nullopt;
  return ca->record->ca_id();
}

std::optional<DeviceData> Catalog::FindDevice(const Account& account,
                                              const Region& region,
                                              const SignedId& id) const {
  const Pin pin = Acquire();
  const Tenant* const tenant = tables_->tenants.Find(account, region);
  if (tenant == nullptr) return std::nullopt;
  return tables_->devices.FindData(*tenant, id);
}

void Catalog::ForEachRegistration(const Visit& visit) const {
  const Pin pin = Acquire();
  tables_->by_tenant.ForEach([&](const Registered& registration) {
    const Tenant& tenant = *registration.tenant;
    visit(tenant.account, tenant.region->region, registration.record->id());
  });
}

void Catalog::ForEachDevice(
    const std::function<void(const Account&, const Region&, const SignedId&)>&
        visit) const {
  const Pin pin = Acquire();
  tables_->devices.ForEach([&](const Tenant& tenant, const SignedId& id) {
    visit(tenant.account, tenant.region->region, id);
  });
}

void Catalog::ForEachCrls(
    const std::function<void(const Account&, const Region&, const CaId&)>&
        visit) const {
  const Pin pin = Acquire();
  tables_->tenants.ForEach([&](const Tenant& tenant) {
    tenant.crls.ForEach([&](const CaId& id) {
      visit(tenant.account, tenant.region->region, id);
    });
  });
}

size_t Catalog::registrations() const {
  return tables_->registrations.load(std::memory_order_relaxed);
}

size_t Catalog::records() const { return tables_->cas.size(); }

size_t Catalog::devices() const { return tables_->devices.size(); }

}  // namespace chainkeep::catalog
