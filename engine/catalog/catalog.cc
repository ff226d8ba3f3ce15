#include "engine/catalog/catalog.h"

#include <array>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "chainkeep/status.h"
#include "openssl/rand.h"

namespace chainkeep::catalog {
namespace {

uint64_t RandomSeed() {
  uint64_t seed;
  RAND_bytes(reinterpret_cast<uint8_t*>(&seed), sizeof(seed));
  return seed;
}

absl::Status NoSuchRegistration() {
  return MakeError(ErrorCode::kInternalFailure,
                   "catalog: there is no such registration");
}

}  // namespace

struct Catalog::Tables {
  using RegistrationKey = std::tuple<Account, Region, CertificateId>;
  using TenantKey = std::pair<Account, Region>;

  // A CA record and how many registrations share it.
  struct SharedRecord {
    std::shared_ptr<const CaRecord> record;
    size_t registrations = 0;
  };

  // How often a CA is registered SNI_ONLY in a region.
  using SniOnlyCount = SharedRecord;

  // What a region holds.
  struct RegionTables {
    DefaultIndex defaults;
    // By the hash of the subject.
    absl::flat_hash_map<uint64_t, std::vector<SniOnlyCount>> sni_only;
  };

  void CountSniOnly(const Registration& registration, uint64_t seed);
  void UncountSniOnly(const Registration& registration, uint64_t seed);

  // Registrations and indexes stay where they are while the maps grow: views
  // and indexes point to them.
  absl::flat_hash_map<RegistrationKey, std::unique_ptr<Registration>>
      registrations;
  absl::flat_hash_map<CertificateId, SharedRecord> records;
  absl::flat_hash_map<Region, std::unique_ptr<RegionTables>> regions;
  absl::flat_hash_map<TenantKey, std::unique_ptr<TenantIndex>> tenants;
};

void Catalog::Tables::CountSniOnly(const Registration& registration,
                                   uint64_t seed) {
  auto& region = regions[registration.scope.region];
  std::vector<SniOnlyCount>& bucket =
      region->sni_only[registration.record->certificate().subject().Hash(seed)];
  for (SniOnlyCount& count : bucket) {
    if (count.record == registration.record) {
      ++count.registrations;
      return;
    }
  }
  bucket.push_back({registration.record, 1});
}

void Catalog::Tables::UncountSniOnly(const Registration& registration,
                                     uint64_t seed) {
  auto& sni_only = regions[registration.scope.region]->sni_only;
  const auto bucket =
      sni_only.find(registration.record->certificate().subject().Hash(seed));
  if (bucket == sni_only.end()) return;
  std::erase_if(bucket->second, [&](SniOnlyCount& count) {
    return count.record == registration.record && --count.registrations == 0;
  });
  if (bucket->second.empty()) sni_only.erase(bucket);
}

const revocation::CrlSet* CrlView::FindCrls(
    const path::Anchor& anchor, const x509::Certificate& issuer) const {
  return table_->Find({*anchor.account, region_}, issuer, seed_);
}

uint64_t CrlView::Version(const Account& account) const {
  return table_->Version({account, region_});
}

Catalog::Catalog() : seed_(RandomSeed()), tables_(new Tables) {}

Catalog::~Catalog() = default;

Catalog::Pin::Pin(const Catalog& catalog) ABSL_NO_THREAD_SAFETY_ANALYSIS
    : catalog_(catalog) {
  catalog_.mutex_.ReaderLock();
}

Catalog::Pin::~Pin() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  catalog_.mutex_.ReaderUnlock();
}

DefaultView Catalog::Pin::View(const Region& region) const {
  const auto& regions = catalog_.tables_->regions;
  const auto found = regions.find(region);
  return DefaultView(
      found == regions.end() ? nullptr : &found->second->defaults,
      catalog_.seed_);
}

TenantView Catalog::Pin::View(const sni::ResolvedTenant& tenant) const {
  const auto& tenants = catalog_.tables_->tenants;
  const auto found = tenants.find({tenant.account(), tenant.region()});
  return TenantView(found == tenants.end() ? nullptr : found->second.get(),
                    catalog_.seed_);
}

CrlView Catalog::Pin::Crls(const Region& region) const {
  return CrlView(&catalog_.crls_, region, catalog_.seed_);
}

bool Catalog::Pin::HasSniOnlyIssuer(const Region& region,
                                    const x509::Name& issuer) const {
  const auto& regions = catalog_.tables_->regions;
  const auto found = regions.find(region);
  if (found == regions.end()) return false;
  const auto& sni_only = found->second->sni_only;
  const auto bucket = sni_only.find(issuer.Hash(catalog_.seed_));
  if (bucket == sni_only.end()) return false;
  for (const Tables::SniOnlyCount& count : bucket->second) {
    if (count.record->certificate().subject() == issuer) return true;
  }
  return false;
}

der::Result<std::shared_ptr<const CaRecord>> Catalog::Record(
    std::string_view der) {
  const CertificateId id = ComputeCertificateId(AsBytes(der));
  {
    absl::ReaderMutexLock lock(&mutex_);
    const auto found = tables_->records.find(id);
    if (found != tables_->records.end()) return found->second.record;
  }
  return CaRecord::Make(der);
}

absl::Status Catalog::Publish(const Scope& scope,
                              std::shared_ptr<const CaRecord> record,
                              CaStatus status) {
  absl::MutexLock lock(&mutex_);
  const CertificateId id = record->id();
  const Tables::RegistrationKey key(scope.account, scope.region, id);
  if (tables_->registrations.contains(key)) {
    return MakeError(ErrorCode::kInternalFailure,
                     "catalog: the account has this CA already");
  }
  auto& region = tables_->regions[scope.region];
  if (region == nullptr) region = std::make_unique<Tables::RegionTables>();
  path::Anchor other;
  if (scope.mode == Mode::kDefault && region->defaults.FindById(id, &other)) {
    return MakeError(ErrorCode::kInternalFailure,
                     "catalog: the region has this CA in mode DEFAULT");
  }
  // Two records of one certificate may have been made at the same time.
  Tables::SharedRecord& shared = tables_->records[id];
  if (shared.registrations++ == 0) shared.record = std::move(record);

  auto registration = std::make_unique<Registration>();
  registration->scope = scope;
  registration->record = shared.record;
  registration->status = status;
  registration->version = NextVersion();

  if (auto by_default = DefaultRegistration::From(registration.get())) {
    region->defaults.Add(*by_default, seed_);
  } else {
    tables_->CountSniOnly(*registration, seed_);
  }
  auto& tenant = tables_->tenants[{scope.account, scope.region}];
  if (tenant == nullptr) tenant = std::make_unique<TenantIndex>();
  tenant->Add(TenantRegistration(registration.get()), seed_);
  tables_->registrations.emplace(key, std::move(registration));
  return absl::OkStatus();
}

absl::Status Catalog::SetStatus(const Account& account, const Region& region,
                                const CertificateId& id, CaStatus status) {
  absl::MutexLock lock(&mutex_);
  const auto found = tables_->registrations.find({account, region, id});
  if (found == tables_->registrations.end()) return NoSuchRegistration();
  found->second->status = status;
  found->second->version = NextVersion();
  return absl::OkStatus();
}

absl::Status Catalog::Withdraw(const Account& account, const Region& region,
                               const CertificateId& id) {
  absl::MutexLock lock(&mutex_);
  const auto found = tables_->registrations.find({account, region, id});
  if (found == tables_->registrations.end()) return NoSuchRegistration();
  const std::unique_ptr<Registration> registration = std::move(found->second);
  tables_->registrations.erase(found);

  if (registration->scope.mode == Mode::kDefault) {
    tables_->regions[region]->defaults.Remove(registration.get(), seed_);
  } else {
    tables_->UncountSniOnly(*registration, seed_);
  }
  const auto tenant = tables_->tenants.find({account, region});
  tenant->second->Remove(registration.get(), seed_);
  if (tenant->second->empty()) tables_->tenants.erase(tenant);
  // The last registration of a CA takes its record along.
  const auto shared = tables_->records.find(id);
  if (--shared->second.registrations == 0) tables_->records.erase(shared);
  return absl::OkStatus();
}

absl::Status Catalog::ReplaceCrls(
    const Account& account, const Region& region,
    std::shared_ptr<const CaRecord> ca,
    std::vector<std::shared_ptr<const revocation::LoadedCrl>> crls) {
  const CrlTable::TenantKey tenant(account, region);
  auto set = std::make_unique<const revocation::CrlSet>(std::move(crls));
  absl::MutexLock lock(&mutex_);
  if (set->size() > 0 && !crls_.Has(tenant, ca->certificate(), seed_) &&
      crls_.CountCas(tenant) >= kMaxCasWithCrls) {
    return MakeError(ErrorCode::kLimitExceeded,
                     "the account has CRLs of as many CAs as it may");
  }
  crls_.Replace(tenant, std::move(ca), std::move(set), NextVersion(), seed_);
  return absl::OkStatus();
}

size_t Catalog::registrations() const {
  absl::ReaderMutexLock lock(&mutex_);
  return tables_->registrations.size();
}

size_t Catalog::records() const {
  absl::ReaderMutexLock lock(&mutex_);
  return tables_->records.size();
}

}  // namespace chainkeep::catalog
