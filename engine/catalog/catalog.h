// The catalog: what a handshake may look up, and nothing else.
//
// It is a projection of the registry for the data plane: the registry decides,
// the catalog shows. A reader pins, looks, unpins:
//
//   const Catalog::Pin pin = catalog.Acquire();
//   const DefaultView view = pin.View(region);
//   path::Anchor anchors[16];
//   size_t count = view.FindIssuers(leaf.issuer(), key_id, anchors);
//
// CONCURRENCY
//  - Any thread may pin, and look up under its pin; neither takes a lock or
//    waits for anybody. What a view shows stays alive until its Pin is gone; a
//    pin gives lifetime, not a snapshot.
//  - Any thread may publish. Writers lock the certificate they are about (one
//    of 64 locks) and, for a moment each, shards of the tables. They never wait
//    for readers. A reader that stays pinned delays the freeing of memory, see
//    GetHeld.
//  - After fork() look-ups and changes work in the child.
//
// INVARIANTS
//  1. A registration is known by (account, region, certificate id). A region
//     has at most one DEFAULT registration of a certificate id.
//  2. A DefaultView is made from a region alone and reaches only
//     DefaultRegistration, which one checked conversion makes: an SNI_ONLY
//     registration cannot be shown without a ResolvedTenant. Devices likewise.
//     A DenialView knows of both modes, and can say no and nothing else.
//  3. Each change of a registration gives it a new version, a value of one
//     counter that is never reused and never zero; but for auto-registration,
//     which no acceptance rests on. Mode, status, auto-registration and version
//     are one word: a reader sees those of one moment.
//  4. CA records are shared by certificate id and live as long as a
//     registration of theirs.
//  5. A registration is complete before it enters its first index, and leaves
//     each by one store: a handshake sees it as it was or not at all.

#ifndef CHAINKEEP_ENGINE_CATALOG_CATALOG_H_
#define CHAINKEEP_ENGINE_CATALOG_CATALOG_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "chainkeep/types.h"
#include "engine/catalog/ca_record.h"
#include "engine/catalog/catalog_view.h"
#include "engine/catalog/device_table.h"
#include "engine/catalog/registration.h"
#include "engine/memory/epochs.h"
#include "engine/memory/hash.h"
#include "engine/revocation/loaded_crl.h"
#include "engine/signature/key_tables.h"
#include "engine/sni/endpoint_table.h"
#include "engine/x509/name.h"

namespace chainkeep::catalog {

// NewRegistration is what Publish and Load add.
struct NewRegistration {
  Scope scope = {};
  std::shared_ptr<const CaRecord> record = {};
  CaStatus status = CaStatus::kInactive;
};

class Catalog {
 public:
  // Makes an empty catalog whose tables hash under a fresh random secret. `now`
  // gives seconds, for GetHeld alone; no CA's key has tables unless
  // `key_tables` says so.
  explicit Catalog(
      std::function<int64_t()> now = [] { return int64_t{0}; },
      signature::KeyTableOptions key_tables = {});
  // The same with a hasher of the caller's: for tests.
  Catalog(std::function<int64_t()> now, const memory::Hasher& hasher,
          signature::KeyTableOptions key_tables = {});
  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  // Pin keeps what its views show alive. It belongs to the thread that made it.
  class Pin {
   public:
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;

    DefaultView View(const Region& region) const;
    TenantView View(const sni::ResolvedTenant& tenant) const;

    // The CRLs of the tenants of `region`, which the caller keeps.
    CrlView Crls(const Region& region) const;

    // The record of a device, as the view without a tenant sees it (mode
    // DEFAULT only): that of its issuer, or where that is not known, that of
    // exactly this certificate or else the oldest.
    std::optional<DeviceView> FindDevice(const Region& region,
                                         const SignedId& id,
                                         const CaId& issuer) const;
    std::optional<DeviceView> FindDevice(const Region& region,
                                         const SignedId& id,
                                         const CertificateId& exact) const;
    // The same as a tenant sees its own.
    std::optional<DeviceView> FindDevice(const sni::ResolvedTenant& tenant,
                                         const SignedId& id) const;

    // What the accounts of `region`, which the caller keeps, have refused.
    DenialView Denials(const Region& region, DenialView::Sight sight) const;

    // Whether any account of `region` has an SNI_ONLY registration of a CA
    // whose subject is `issuer`. Only for telling an operator why a handshake
    // without a server name was refused; says nothing of whose it is.
    bool HasSniOnlyIssuer(const Region& region, const x509::Name& issuer) const;

   private:
    friend class Catalog;
    explicit Pin(const Catalog& catalog);

    const Catalog& catalog_;
    const memory::Epochs::Pin pin_;
  };

  // Costs about 10 ns, and a slot of the thread the first time.
  Pin Acquire() const { return Pin(*this); }

  // Record returns the shared record of `der`: the one that registrations hold
  // already, or a new one.
  der::Result<std::shared_ptr<const CaRecord>> Record(
      std::string_view der, signature::Preparation preparation =
                                signature::Preparation::kForManyUses);

  // Publish adds a registration. Errors: kInternalFailure if invariant 1 would
  // break; the registry has ruled that out.
  absl::Status Publish(
      const Scope& scope, std::shared_ptr<const CaRecord> record,
      CaStatus status,
      AutoRegistration auto_registration = AutoRegistration::kDisabled);

  // Replace is Publish where something is in its way: what the account has of
  // the CA, and in mode DEFAULT what another account of the region has, go when
  // it has come. As ReplaceDevice.
  void Replace(
      const Scope& scope, std::shared_ptr<const CaRecord> record,
      CaStatus status,
      AutoRegistration auto_registration = AutoRegistration::kDisabled);

  // Reserve makes room at once for as many more: to grow into it would be to
  // look at every entry several times.
  struct Room {
    size_t registrations = 0;
    size_t records = 0;  // distinct CA certificates among them
    size_t tenants = 0;
  };
  void Reserve(const Room& room);

  // Load publishes at(0) … at(count - 1) by `threads` threads, which call `at`
  // each for other numbers, in no order. Returns what could not be published
  // and why; the rest is.
  struct LoadError {
    size_t index;
    absl::Status status;
  };
  std::vector<LoadError> Load(size_t count,
                              const std::function<NewRegistration(size_t)>& at,
                              size_t threads);

  // SetStatus changes one registration; kInternalFailure if there is none.
  absl::Status SetStatus(const Account& account, const Region& region,
                         const CertificateId& id, CaStatus status);

  // SetAutoRegistration likewise; the version stays.
  absl::Status SetAutoRegistration(const Account& account, const Region& region,
                                   const CertificateId& id,
                                   AutoRegistration auto_registration);

  // Withdraw removes one registration; kInternalFailure if there is none.
  absl::Status Withdraw(const Account& account, const Region& region,
                        const CertificateId& id);

  // PutDevice adds a device, or changes the status of the one that the account
  // has. Errors: kInternalFailure if the account has it in the other mode, or
  // another account of the region has it in mode DEFAULT.
  absl::Status PutDevice(const Account& account, const Region& region,
                         const DeviceData& device);

  // ReplaceDevice puts a device in the place of what is in its way: what the
  // account has of it in the other mode or under another CA, and in mode
  // DEFAULT what another account of the region has. Whoever saw a record before
  // and is to see one afterwards sees one all the time.
  void ReplaceDevice(const Account& account, const Region& region,
                     const DeviceData& device);

  // RemoveDevice removes one; kInternalFailure if there is none.
  absl::Status RemoveDevice(const Account& account, const Region& region,
                            const SignedId& id);

  // How many CAs a tenant may have CRLs of: their bytes are the gateway's.
  static constexpr size_t kMaxCasWithCrls = 128;

  // ReplaceCrls puts `crls` in the place of all that the tenant has for the CA
  // named and keyed like `ca`. Errors: kLimitExceeded.
  absl::Status ReplaceCrls(
      const Account& account, const Region& region,
      std::shared_ptr<const CaRecord> ca,
      std::vector<std::shared_ptr<const revocation::LoadedCrl>> crls);

  // RemoveCrls removes what the tenant has for the CA, if it has anything.
  void RemoveCrls(const Account& account, const Region& region, const CaId& id);

  // FindCrls returns what the tenant has for the CA.
  std::vector<std::shared_ptr<const revocation::LoadedCrl>> FindCrls(
      const Account& account, const Region& region, const CaId& id) const;

  // What is shown at this moment of one certificate of one tenant: for who
  // keeps the catalog equal to a store. Takes no lock.
  std::optional<RegistrationState> FindRegistration(
      const Account& account, const Region& region,
      const CertificateId& id) const;
  // The CA that a registered certificate is of.
  std::optional<CaId> FindCaId(const CertificateId& id) const;
  std::optional<DeviceData> FindDevice(const Account& account,
                                       const Region& region,
                                       const SignedId& id) const;

  // Each calls `visit` with the keys of all that is shown of one kind, under
  // one pin. What comes or goes meanwhile may be visited or not.
  using Visit =
      std::function<void(const Account&, const Region&, const CertificateId&)>;
  void ForEachRegistration(const Visit& visit) const;
  void ForEachDevice(const std::function<void(const Account&, const Region&,
                                              const SignedId&)>& visit) const;
  void ForEachCrls(const std::function<void(const Account&, const Region&,
                                            const CaId&)>& visit) const;

  // NextVersion takes a new value of the trust-version counter.
  uint64_t NextVersion() { return next_version_.fetch_add(1); }

  sni::EndpointTable& endpoints() { return endpoints_; }
  const sni::EndpointTable& endpoints() const { return endpoints_; }

  // For what keeps its own tables beside the catalog's, under the same pins.
  memory::Epochs& epochs() { return epochs_; }
  const memory::Epochs& epochs() const { return epochs_; }
  const memory::Hasher& hasher() const { return hasher_; }

  const signature::KeyTables& key_tables() const { return key_tables_; }

  size_t registrations() const;
  size_t records() const;
  size_t devices() const;

  // What readers hold back from being freed; frees the rest first.
  memory::Held GetHeld() const {
    epochs_.Collect();
    return epochs_.GetHeld();
  }

 private:
  struct Tables;

  // The registration of a certificate in a tenant; nothing if there is none.
  struct Own {
    const Tenant* tenant;
    const InternedCa* ca;
    RegistrationState state;
  };
  // Under the lock of the CA: adds a registration, and removes one.
  void Add(const Tenant* tenant, std::shared_ptr<const CaRecord> record,
           const RegistrationState& state);
  void Remove(const Tenant* tenant, const InternedCa& ca, CaStatus status,
              std::optional<DefaultRegistration> shown);
  void ChangeState(const Own& own, const RegistrationState& state);

  std::optional<Own> FindOwn(const Account& account, const Region& region,
                             const CertificateId& id) const;

  // Before what destroys CA records.
  signature::KeyTables key_tables_;
  mutable memory::Epochs epochs_;
  const memory::Hasher hasher_;
  std::atomic<uint64_t> next_version_{1};
  sni::EndpointTable endpoints_;
  const std::unique_ptr<Tables> tables_;
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_CATALOG_H_
