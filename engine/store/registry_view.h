// RegistryView is what the registry's rules may ask of a store.
//
// Each member is a look-up by a whole key, or a page of rows in the order of an
// index, so that a command on a store of a million registrations costs a few
// queries and never a scan; but for the ForEach members, which read everything.
// All of them are answered from one state, that of the transaction the view
// belongs to.
//
// Errors: none of the others says that it failed. A store that cannot read
// answers "nothing", remembers the failure, and ends the transaction with
// kInternalFailure whatever the command returns; so a rule may take an answer
// at its word.
//
// A view is used by one thread, during its transaction only.

#ifndef CHAINKEEP_ENGINE_STORE_REGISTRY_VIEW_H_
#define CHAINKEEP_ENGINE_STORE_REGISTRY_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "chainkeep/types.h"
#include "engine/store/ca_row.h"
#include "engine/store/change.h"
#include "engine/store/crl_row.h"
#include "engine/store/device_row.h"
#include "engine/store/endpoint_row.h"
#include "engine/store/template_row.h"
#include "engine/store/tenant.h"

namespace chainkeep::store {

// Page is a piece of a list of certificates, which is ordered by creation date
// and, where that is the same, by certificate id. A place in that order names
// a row for good: walking on from it neither skips nor repeats one that was
// there, whatever comes and goes meanwhile.
struct Page {
  struct Place {
    UnixMillis creation_date = 0;
    CertificateId id;
  };
  enum class Order : uint8_t { kAscending, kDescending };

  std::optional<Place> after;  // not itself part of the page
  Order order = Order::kDescending;
  size_t limit = 25;
};

// RowCounts counts all rows of a store.
struct RowCounts {
  int64_t cas = 0;
  int64_t devices = 0;
  int64_t endpoints = 0;
  int64_t templates = 0;
  int64_t crl_sets = 0;

  friend bool operator==(const RowCounts&, const RowCounts&) = default;
};

class RegistryView {
 public:
  virtual ~RegistryView() = default;

  // ---- CAs

  virtual std::optional<CaRow> FindCa(const CaKey& key) const = 0;

  // The account that holds the CA in mode DEFAULT in `region`.
  virtual std::optional<Account> FindDefaultHolder(
      const Region& region, const CertificateId& id) const = 0;

  // Those CAs of `tenant` whose subject_hash is `hash`: candidates, whose
  // subject is to be compared in full. The hash never decides. Oldest first.
  virtual std::vector<CaRow> FindCasBySubject(const Tenant& tenant,
                                              uint64_t hash) const = 0;

  // Calls `visit` with those CAs of mode `mode` in `region`, whoever's, whose
  // subject_hash is `hash`, in no order, until it has seen enough. Many
  // accounts may have registered one CA in mode SNI_ONLY: only who visits knows
  // when more of them would say nothing new.
  enum class Seen : uint8_t { kTooLittle, kEnough };
  using VisitCa = std::function<Seen(const CaRow&)>;
  virtual void VisitCasBySubject(const Region& region, Mode mode, uint64_t hash,
                                 const VisitCa& visit) const = 0;

  // The seed of every subject_hash: a random secret as old as the store. Nobody
  // who does not know it can make subjects that collide.
  virtual uint64_t subject_seed() const = 0;

  // Those whose registration_config names `template_name`; "": all.
  virtual std::vector<CaRow> ListCas(const Tenant& tenant,
                                     std::string_view template_name,
                                     const Page& page) const = 0;

  // ---- Devices

  virtual std::optional<DeviceRow> FindDevice(const DeviceKey& key) const = 0;

  // What the tenant has of the device, whichever certificate of it.
  virtual std::optional<DeviceRow> FindDevice(const Tenant& tenant,
                                              const SignedId& id) const = 0;

  // What the accounts of `region` have of it in mode DEFAULT, by account: of
  // several the issuers are different.
  virtual std::vector<DeviceRow> FindDefaultDevices(
      const Region& region, const SignedId& id) const = 0;

  // The rows of other accounts of the region that are offered to `target`, by
  // certificate id and then by account: at most `limit`, from behind `after`.
  struct Offer {
    CertificateId id;
    Account from;
  };
  virtual std::vector<DeviceRow> ListTransfersTo(const Tenant& target,
                                                 const Offer& after,
                                                 size_t limit) const = 0;

  // Whether any account of the region has the device certificate from the
  // tenant, whose it was before (DeviceRow::previous_owner).
  virtual bool HasMovedFrom(const Tenant& tenant,
                            const CertificateId& id) const = 0;

  // Those of one CA, if `ca` is given.
  virtual std::vector<DeviceRow> ListDevices(
      const Tenant& tenant, const std::optional<CertificateId>& ca,
      const Page& page) const = 0;

  // ---- Registration codes

  virtual std::optional<std::string> FindRegistrationCode(
      const Tenant& tenant) const = 0;

  // ---- Endpoints and domain configurations

  // `host_name` is canonical, as sni::EndpointName has it.
  virtual std::optional<EndpointRow> FindEndpoint(
      const Region& region, std::string_view host_name) const = 0;

  // Whether another account of the tenant's region has an endpoint whose name
  // is one label, a dot and `parent`: one that the wildcard before `parent`
  // would cover.
  virtual bool OthersHaveEndpointsBelow(const Tenant& tenant,
                                        std::string_view parent) const = 0;

  virtual std::optional<EndpointRow> FindConfiguration(
      const Tenant& tenant, std::string_view name) const = 0;

  // All that a tenant has, which the registry limits to a few, by name.
  virtual std::vector<EndpointRow> ListConfigurations(
      const Tenant& tenant) const = 0;

  // ---- Provisioning templates

  virtual std::optional<TemplateRow> FindTemplate(
      const Tenant& tenant, std::string_view name) const = 0;

  // ---- CRLs

  // `ca` is as CrlRow::key.
  virtual std::optional<CrlRow> FindCrls(const CertificateKey& ca) const = 0;

  // One certificate of each CA that the tenant has CRLs of, in the order of
  // ForEachCrls. Costs nothing for the lists themselves, and so is not checked
  // against damage: FindCrls is.
  struct CrlCa {
    CaId ca;
    std::string der;
  };
  virtual std::vector<CrlCa> ListCrlCas(const Tenant& tenant) const = 0;

  // Of how many CAs the tenant has CRLs.
  virtual size_t CountCrls(const Tenant& tenant) const = 0;

  // ---- Everything

  // The last change that this view shows.
  virtual Position position() const = 0;
  Revision revision() const { return position().revision; }

  // Calls `visit` with the key of every row of which changes are noted, as a
  // change of revision 0: CAs oldest first, devices by signed id, then
  // CRLs and endpoints. Rows of which not even that can be read are told to
  // `damaged` and passed over. Errors: those of `visit`, and the store's.
  using VisitDamaged = std::function<void(ChangeKind, const absl::Status&)>;
  virtual absl::Status ForEachKey(
      const std::function<absl::Status(const Change&)>& visit,
      const VisitDamaged& damaged) const = 0;

  // May read an index of each kind from end to end.
  virtual RowCounts CountRows() const = 0;

  // Each calls `visit` with every row of its kind, in no order but that the CA
  // rows of one certificate come one after another, until it returns an error,
  // which is returned. A failure of the store's own is returned too.
  template <typename Row>
  using Visit = std::function<absl::Status(const Row&)>;
  virtual absl::Status ForEachCa(const Visit<CaRow>& visit) const = 0;
  virtual absl::Status ForEachDevice(const Visit<DeviceRow>& visit) const = 0;
  virtual absl::Status ForEachEndpoint(
      const Visit<EndpointRow>& visit) const = 0;
  virtual absl::Status ForEachTemplate(
      const Visit<TemplateRow>& visit) const = 0;
  virtual absl::Status ForEachCrls(const Visit<CrlRow>& visit) const = 0;
  // Tenants and their registration codes.
  struct CodeRow {
    Tenant tenant;
    std::string code;
  };
  virtual absl::Status ForEachCode(const Visit<CodeRow>& visit) const = 0;
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_REGISTRY_VIEW_H_
