// RegistryView is what the registry's rules may ask of a store.
//
// Each member is a look-up by a whole key, so that a command on a store of a
// million registrations costs a few queries and never a scan. All of them are
// answered from one state, that of the transaction the view belongs to.
//
// Errors: none of these says that it failed. A store that cannot read answers
// "nothing", remembers the failure, and ends the transaction with
// kInternalFailure whatever the command returns; so a rule may take an answer
// at its word.
//
// A view is used by one thread, during its transaction only.

#ifndef CHAINKEEP_ENGINE_STORE_REGISTRY_VIEW_H_
#define CHAINKEEP_ENGINE_STORE_REGISTRY_VIEW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chainkeep/endpoint.h"
#include "chainkeep/types.h"
#include "engine/store/ca_row.h"

namespace chainkeep::store {

class RegistryView {
 public:
  virtual ~RegistryView() = default;

  virtual std::optional<CaRow> FindCa(const CaKey& key) const = 0;

  // The account that holds the CA in mode DEFAULT in `region`.
  virtual std::optional<Account> FindDefaultHolder(
      const Region& region, const CertificateId& id) const = 0;

  // The subjects (DER) of those CAs of `tenant` whose subject_hash is `hash`:
  // candidates, to be compared in full. The hash never decides.
  virtual std::vector<std::string> FindSubjects(const Tenant& tenant,
                                                uint64_t hash) const = 0;

  // The seed of every subject_hash: a random secret as old as the store. Nobody
  // who does not know it can make subjects that collide.
  virtual uint64_t subject_seed() const = 0;

  virtual std::optional<std::string> FindRegistrationCode(
      const Tenant& tenant) const = 0;

  // `host_name` is canonical, as sni::EndpointName has it.
  virtual std::optional<Endpoint> FindEndpoint(
      const Region& region, std::string_view host_name) const = 0;

  // Whether another account of the tenant's region has an endpoint whose name
  // is one label, a dot and `parent`: one that the wildcard before `parent`
  // would cover.
  virtual bool OthersHaveEndpointsBelow(const Tenant& tenant,
                                        std::string_view parent) const = 0;
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_REGISTRY_VIEW_H_
