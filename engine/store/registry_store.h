// RegistryStore keeps the registry's records, and changes them in transactions.
//
//   absl::Status status = store.Transact([&](Transaction& t) -> absl::Status {
//     if (t.FindCa(key).has_value()) return AlreadyExists();
//     t.PutCa(row);
//     return absl::OkStatus();
//   });
//
// A command that returns OK has happened as a whole and, if the store is
// durable, for good; one that returns an error has not happened at all.
//
// CONSTRAINTS, which every store enforces by itself. The rules have ruled them
// out before; a store is where two rules that disagree are caught.
//  1. One row for a CaKey, one code for a Tenant, one endpoint for a region and
//     host name: a Put replaces.
//  2. At most one row with mode DEFAULT for a region and certificate id.
//
// Thread-safety: any thread may call Transact and Read; transactions happen one
// after another. A command must not call the store it runs in.

#ifndef CHAINKEEP_ENGINE_STORE_REGISTRY_STORE_H_
#define CHAINKEEP_ENGINE_STORE_REGISTRY_STORE_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "chainkeep/endpoint.h"
#include "chainkeep/types.h"
#include "engine/store/ca_row.h"
#include "engine/store/registry_view.h"

namespace chainkeep::store {

// Transaction reads what it has written. A write that the store cannot do is
// treated as RegistryView says of reads: it ends the transaction.
class Transaction : public RegistryView {
 public:
  virtual void PutCa(const CaRow& row) = 0;
  virtual void DeleteCa(const CaKey& key) = 0;

  virtual void PutRegistrationCode(const Tenant& tenant,
                                   std::string_view code) = 0;
  virtual void DeleteRegistrationCode(const Tenant& tenant) = 0;

  // `endpoint.host_name` is canonical.
  virtual void PutEndpoint(const Endpoint& endpoint) = 0;
  virtual void DeleteEndpoint(const Region& region,
                              std::string_view host_name) = 0;
};

class RegistryStore {
 public:
  using Command = std::function<absl::Status(Transaction&)>;
  using Query = std::function<absl::Status(const RegistryView&)>;

  virtual ~RegistryStore() = default;

  // Transact runs `command` and commits what it did if it returns OK; otherwise
  // nothing has happened and its error is returned. Errors of the store's own:
  // kInternalFailure.
  virtual absl::Status Transact(const Command& command) = 0;

  // Read runs `query` on one state, and returns what it returns. Errors of the
  // store's own: kInternalFailure.
  virtual absl::Status Read(const Query& query) const = 0;
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_REGISTRY_STORE_H_
