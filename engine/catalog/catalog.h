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
//  - Any thread may pin. What a view shows stays alive until its Pin is gone;
//    a pin gives lifetime, not a snapshot.
//  - Any thread may publish; publishing is ordered by a lock.
//  - This first catalog pins with a reader lock, so a publisher waits for the
//    readers of the moment. Nothing in the interface promises that.
//
// INVARIANTS
//  1. A registration is known by (account, region, certificate id). A region
//     has at most one DEFAULT registration of a certificate id.
//  2. A DefaultView is made from a region alone and reaches only
//     DefaultRegistration, which one checked conversion makes: an SNI_ONLY
//     registration cannot be shown without a ResolvedTenant.
//  3. Each change of a registration gives it a new version, a value of one
//     counter that is never reused and never zero.
//  4. CA records are shared by certificate id and live as long as a
//     registration of theirs.

#ifndef CHAINKEEP_ENGINE_CATALOG_CATALOG_H_
#define CHAINKEEP_ENGINE_CATALOG_CATALOG_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "chainkeep/types.h"
#include "engine/catalog/ca_record.h"
#include "engine/catalog/crl_table.h"
#include "engine/catalog/registration.h"
#include "engine/path/anchor_source.h"
#include "engine/path/revocation_source.h"
#include "engine/sni/endpoint_table.h"

namespace chainkeep::catalog {

// IndexView shows what one index holds. Two indexes give two types, which
// nothing converts into each other (invariant 2).
template <typename Index>
class IndexView final : public path::AnchorSource {
 public:
  size_t FindIssuers(const x509::Name& issuer, Bytes key_id,
                     std::span<path::Anchor> anchors) const override {
    if (index_ == nullptr) return 0;
    return index_->FindIssuers(issuer, key_id, seed_, anchors);
  }
  bool FindById(const CertificateId& id, path::Anchor* anchor) const override {
    return index_ != nullptr && index_->FindById(id, anchor);
  }

 private:
  friend class Catalog;
  IndexView(const Index* index, uint64_t seed) : index_(index), seed_(seed) {}

  const Index* index_;  // null: nothing is registered there
  uint64_t seed_;
};

// DefaultView shows the DEFAULT registrations of one region, of all accounts.
using DefaultView = IndexView<DefaultIndex>;

// TenantView shows one tenant's registrations, of both modes.
using TenantView = IndexView<TenantIndex>;

// CrlView shows the CRLs of each tenant of one region, to that tenant's anchors
// only.
class CrlView final : public path::RevocationSource {
 public:
  const revocation::CrlSet* FindCrls(
      const path::Anchor& anchor,
      const x509::Certificate& issuer) const override;

  // The trust version of all the CRLs of a tenant: that of their last change, 0
  // if there never was one.
  uint64_t Version(const Account& account) const;

 private:
  friend class Catalog;
  CrlView(const CrlTable* table, const Region& region, uint64_t seed)
      : table_(table), region_(region), seed_(seed) {}

  const CrlTable* table_;
  const Region& region_;  // of the caller
  uint64_t seed_;
};

class Catalog {
 public:
  // Makes an empty catalog whose tables hash under a fresh random secret.
  Catalog();
  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  // Pin keeps what its views show alive. It belongs to the thread that made it,
  // which must not publish while it holds one.
  class Pin {
   public:
    ~Pin();
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;

    DefaultView View(const Region& region) const;
    TenantView View(const sni::ResolvedTenant& tenant) const;

    // The CRLs of the tenants of `region`, which the caller keeps.
    CrlView Crls(const Region& region) const;

    // Whether any account of `region` has an SNI_ONLY registration of a CA
    // whose subject is `issuer`. Only for telling an operator why a handshake
    // without a server name was refused; says nothing of whose it is.
    bool HasSniOnlyIssuer(const Region& region, const x509::Name& issuer) const;

   private:
    friend class Catalog;
    explicit Pin(const Catalog& catalog);

    const Catalog& catalog_;
  };

  Pin Acquire() const { return Pin(*this); }

  // Record returns the shared record of `der`: the one that registrations hold
  // already, or a new one.
  der::Result<std::shared_ptr<const CaRecord>> Record(std::string_view der);

  // Publish adds a registration. Errors: kInternalFailure if invariant 1 would
  // break; the registry has ruled that out.
  absl::Status Publish(const Scope& scope,
                       std::shared_ptr<const CaRecord> record, CaStatus status);

  // SetStatus changes one registration; kInternalFailure if there is none.
  absl::Status SetStatus(const Account& account, const Region& region,
                         const CertificateId& id, CaStatus status);

  // Withdraw removes one registration; kInternalFailure if there is none.
  absl::Status Withdraw(const Account& account, const Region& region,
                        const CertificateId& id);

  // How many CAs a tenant may have CRLs of: their bytes are the gateway's.
  static constexpr size_t kMaxCasWithCrls = 128;

  // ReplaceCrls puts `crls` in the place of all that the tenant has for the CA
  // named and keyed like `ca`. Errors: kLimitExceeded.
  absl::Status ReplaceCrls(
      const Account& account, const Region& region,
      std::shared_ptr<const CaRecord> ca,
      std::vector<std::shared_ptr<const revocation::LoadedCrl>> crls);

  // NextVersion takes a new value of the trust-version counter.
  uint64_t NextVersion() { return next_version_.fetch_add(1); }

  sni::EndpointTable& endpoints() { return endpoints_; }
  const sni::EndpointTable& endpoints() const { return endpoints_; }

  size_t registrations() const;
  size_t records() const;

 private:
  struct Tables;

  const uint64_t seed_;
  std::atomic<uint64_t> next_version_{1};
  sni::EndpointTable endpoints_;

  // Guards *tables_ and crls_. Pins hold it across functions, which the static
  // analysis of locks cannot follow, so it is not annotated.
  mutable absl::Mutex mutex_;
  const std::unique_ptr<Tables> tables_;
  CrlTable crls_;
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_CATALOG_H_
