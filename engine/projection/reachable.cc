#include "engine/projection/reachable.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "chainkeep/certificate.h"
#include "engine/path/path_builder.h"
#include "engine/projection/reconciliation.h"
#include "engine/signature/signed_id.h"
#include "engine/sni/endpoint_name.h"
#include "engine/sni/host_name.h"
#include "engine/x509/certificate.h"
#include "engine/x509/name.h"

namespace chainkeep::projection {
namespace {

using store::CaKey;
using store::CaRow;
using store::CrlRow;
using store::DeviceRow;
using store::EndpointRow;
using store::RegistryView;
using store::Tenant;

bool IsNamed(Bytes subject, const x509::Name& name) {
  const der::Result<x509::Name> parsed = x509::Name::Parse(subject);
  return parsed.ok() && *parsed == name;
}

// Reach collects rows, a step at a time.
class Reach {
 public:
  Reach(const RegistryView& view, const ListenerOptions& listener,
        const Attempt& handshake)
      : view_(view), listener_(listener), handshake_(handshake) {}

  void Collect() {
    if (!CollectEndpoints() || !ReadChain()) return;
    CollectCas();
    CollectDevices();
    if (listener_.validation.revocation.scope !=
        RevocationOptions::Scope::kOff) {
      CollectCrls();
    }
  }

  void Add(Reconciliation* reconciliation) const {
    for (const EndpointRow& row : endpoints_) {
      reconciliation->AddEndpoint(row.endpoint.region, row.endpoint.host_name,
                                  row, Touched::kOnce);
    }
    // As LoadAll does, those who came first come first.
    std::vector<const CaRow*> cas;
    for (const auto& [key, row] : cas_) cas.push_back(&row);
    std::sort(cas.begin(), cas.end(), [](const CaRow* a, const CaRow* b) {
      return std::pair(a->creation_date, a->key.id) <
             std::pair(b->creation_date, b->key.id);
    });
    for (const CaRow* row : cas) {
      reconciliation->AddCa(row->key, *row, Touched::kOnce);
    }
    for (const DeviceRow& row : devices_) {
      reconciliation->AddDevice(row.key.tenant, row.signed_id, row,
                                Touched::kOnce);
    }
    for (const CrlRow& row : crls_) reconciliation->AddCrls(row.key, row);
  }

 private:
  // Whether the server name leaves anything to look for.
  bool CollectEndpoints() {
    if (!handshake_.server_name) return true;
    const auto name = sni::HostName::Parse(*handshake_.server_name);
    // It may be treated as absent, or be refused.
    if (!name) return true;
    const auto find = [&](std::string_view text) {
      std::optional<EndpointRow> row =
          view_.FindEndpoint(listener_.region, text);
      if (!row) return;
      tenants_.insert({row->endpoint.account, listener_.region});
      endpoints_.push_back(*std::move(row));
    };
    find(name->text());
    const auto wildcard = sni::EndpointName(*name).CoveringWildcard();
    if (wildcard) find(wildcard->text());
    return !tenants_.empty();
  }

  // Whether the chain is one that anything is looked up for.
  bool ReadChain() {
    if (path::MeasureInput(handshake_.leaf, handshake_.presented,
                           listener_.validation.budgets) != Reason::kAccepted) {
      return false;
    }
    const auto leaf = x509::Certificate::Parse(handshake_.leaf);
    if (!leaf.ok()) return false;
    device_ = signature::ComputeSignedId(*leaf);
    issuers_.push_back(leaf->issuer());
    for (const Bytes der : handshake_.presented) {
      const auto presented = x509::Certificate::Parse(der);
      if (presented.ok()) issuers_.push_back(presented->issuer());
    }
    // It may be switched off itself.
    if (leaf->extensions().is_ca) issuers_.push_back(leaf->subject());
    return true;
  }

  void Take(CaRow row) {
    CaKey key = row.key;
    cas_.emplace(std::move(key), std::move(row));
  }

  // All that `tenant` has of the names, of both modes: what it refuses holds
  // without a server name too.
  void TakeAllOf(const Tenant& tenant) {
    for (const x509::Name& issuer : issuers_) {
      const uint64_t hash = issuer.Hash(view_.subject_seed());
      for (CaRow& row : view_.FindCasBySubject(tenant, hash)) {
        Take(std::move(row));
      }
    }
  }

  void CollectCas() {
    const bool sees_region =
        tenants_.empty() || listener_.legacy_default_routing;
    absl::flat_hash_set<uint64_t> asked;
    for (const x509::Name& issuer : issuers_) {
      const uint64_t hash = issuer.Hash(view_.subject_seed());
      if (!asked.insert(hash).second) continue;
      for (const Tenant& tenant : tenants_) {
        for (CaRow& row : view_.FindCasBySubject(tenant, hash)) {
          Take(std::move(row));
        }
      }
      if (!sees_region) continue;
      view_.VisitCasBySubject(listener_.region, Mode::kDefault, hash,
                              [&](const CaRow& row) {
                                Take(row);
                                return RegistryView::Seen::kTooLittle;
                              });
    }
    absl::flat_hash_set<Tenant> accounts;
    for (const auto& [key, row] : cas_) accounts.insert(key.tenant);
    for (const Tenant& account : accounts) TakeAllOf(account);
    accounts_ = std::move(accounts);
    if (!tenants_.empty()) return;
    const x509::Name& issuer = issuers_.front();
    view_.VisitCasBySubject(listener_.region, Mode::kSniOnly,
                            issuer.Hash(view_.subject_seed()),
                            [&](const CaRow& row) {
                              if (!IsNamed(AsBytes(row.subject), issuer)) {
                                return RegistryView::Seen::kTooLittle;
                              }
                              Take(row);
                              return RegistryView::Seen::kEnough;
                            });
  }

  void CollectDevices() {
    absl::flat_hash_set<Tenant> holders = tenants_;
    holders.insert(accounts_.begin(), accounts_.end());
    for (const DeviceRow& row :
         view_.FindDefaultDevices(listener_.region, device_)) {
      holders.insert(row.key.tenant);
    }
    for (const Tenant& tenant : holders) {
      std::optional<DeviceRow> row = view_.FindDevice(tenant, device_);
      if (!row) continue;
      // Of a registered device its CA may be asked for (RegisteredCa).
      if (!row->ca.empty()) {
        std::optional<CaRow> ca = view_.FindCa({tenant, row->ca});
        if (ca) Take(*std::move(ca));
      }
      devices_.push_back(*std::move(row));
    }
  }

  // One that is damaged may have been an issuer's: it is read as a whole, and
  // the damage is told.
  bool MayBeIssuer(const RegistryView::CrlCa& ca) const {
    const auto parsed = x509::Certificate::Parse(AsBytes(ca.der));
    return !parsed.ok() || signature::ComputeCaId(*parsed) != ca.ca ||
           std::find(issuers_.begin(), issuers_.end(), parsed->subject()) !=
               issuers_.end();
  }

  void CollectCrls() {
    absl::flat_hash_set<Tenant> accounts;
    for (const auto& [key, row] : cas_) accounts.insert(key.tenant);
    for (const Tenant& tenant : accounts) {
      for (const RegistryView::CrlCa& ca : view_.ListCrlCas(tenant)) {
        if (!MayBeIssuer(ca)) continue;
        std::optional<CrlRow> row =
            view_.FindCrls(store::CrlKeyOf(tenant, ca.ca));
        if (row) crls_.push_back(*std::move(row));
      }
    }
  }

  const RegistryView& view_;
  const ListenerOptions& listener_;
  const Attempt& handshake_;

  absl::flat_hash_set<Tenant> tenants_;   // of the server name
  absl::flat_hash_set<Tenant> accounts_;  // of CAs that may be a path's end
  SignedId device_;
  std::vector<x509::Name> issuers_;  // in the chain, the leaf's first
  std::vector<EndpointRow> endpoints_;
  absl::flat_hash_map<CaKey, CaRow> cas_;
  std::vector<DeviceRow> devices_;
  std::vector<CrlRow> crls_;
};

}  // namespace

void LoadReachable(const RegistryView& view, const ListenerOptions& listener,
                   const Attempt& handshake, const AlgorithmPolicy& algorithms,
                   catalog::Catalog* catalog,
                   std::vector<SkippedRecord>* skipped) {
  Reach reach(view, listener, handshake);
  reach.Collect();
  Reconciliation reconciliation(catalog, algorithms,
                                Reconciliation::Watched::kNo);
  reach.Add(&reconciliation);
  std::vector<SkippedRecord> left_out = reconciliation.Apply().skipped;
  std::move(left_out.begin(), left_out.end(), std::back_inserter(*skipped));
}

}  // namespace chainkeep::projection
