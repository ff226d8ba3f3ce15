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
//  1. One row for a key: a Put replaces. A domain configuration's name is one
//     row's of a tenant.
//  2. At most one CA row with mode DEFAULT for a region and certificate id;
//     likewise one device row.
//  3. CA rows of one certificate id agree on what is the certificate's: der,
//     subject and validity. A store that keeps those once notices if not.
//
// FOLLOWING. Every change of what a handshake may see (CAs, devices, endpoints,
// CRLs) is noted under a revision. Several processes may share a durable store:
// each follows the changes of all by asking for those after the last position
// it has seen. What a file holds may also be replaced, by a copy of it or by
// another store: then they do not continue from there (change.h).
//
// Thread-safety: any thread may call any member; transactions happen one after
// another. A command must not call the store it runs in.

#ifndef CHAINKEEP_ENGINE_STORE_REGISTRY_STORE_H_
#define CHAINKEEP_ENGINE_STORE_REGISTRY_STORE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/types.h"
#include "engine/store/ca_row.h"
#include "engine/store/change.h"
#include "engine/store/crl_row.h"
#include "engine/store/device_row.h"
#include "engine/store/endpoint_row.h"
#include "engine/store/registry_view.h"
#include "engine/store/template_row.h"
#include "engine/store/tenant.h"

namespace chainkeep::store {

// Transaction reads what it has written. A write that the store cannot do is
// treated as RegistryView says of reads: it ends the transaction.
class Transaction : public RegistryView {
 public:
  virtual void PutCa(const CaRow& row) = 0;
  virtual void DeleteCa(const CaKey& key) = 0;

  virtual void PutDevice(const DeviceRow& row) = 0;
  virtual void DeleteDevice(const DeviceKey& key) = 0;

  virtual void PutRegistrationCode(const Tenant& tenant,
                                   std::string_view code) = 0;
  virtual void DeleteRegistrationCode(const Tenant& tenant) = 0;

  virtual void PutEndpoint(const EndpointRow& row) = 0;
  virtual void DeleteEndpoint(const Region& region,
                              std::string_view host_name) = 0;

  virtual void PutTemplate(const TemplateRow& row) = 0;
  virtual void DeleteTemplate(const Tenant& tenant, std::string_view name) = 0;

  // A row without CRLs removes it.
  virtual void PutCrls(const CrlRow& row) = 0;

  // Begins another epoch: who follows compares everything.
  virtual void BeginEpoch() = 0;
};

class RegistryStore {
 public:
  using Command = std::function<absl::Status(Transaction&)>;
  using Query = std::function<absl::Status(const RegistryView&)>;

  virtual ~RegistryStore() = default;

  // Transact runs `command` and commits what it did if it returns OK; otherwise
  // nothing has happened and its error is returned. Errors of the store's own:
  // kServiceUnavailable (the disk is full or fails, or another process holds
  // the store for longer than it may), kInternalFailure (a broken constraint, a
  // corrupted file; in a child after fork()).
  virtual absl::Status Transact(const Command& command) = 0;

  // Read runs `query` on one state, and returns what it returns. Errors of the
  // store's own: as Transact. Does not wait for transactions, nor they for it.
  virtual absl::Status Read(const Query& query) const = 0;

  // Follow runs `query` on one state, as Read, and tells it what led there: at
  // most `limit` changes after `after`, if the store continues from there.
  // Where they cannot be read `query` is not run.
  using FollowQuery =
      std::function<absl::Status(const RegistryView&, const Changes&)>;
  virtual absl::Status Follow(const Position& after, size_t limit,
                              const FollowQuery& query) const = 0;

  // ReadChanges returns the changes alone.
  absl::StatusOr<Changes> ReadChanges(const Position& after,
                                      size_t limit) const;

  // AwaitChange waits until the store is at another position than `after`, by
  // whomever, or `timeout_millis` have passed, or Wake was called; returns
  // whether it is. Notices what other processes do within 50 ms.
  virtual absl::StatusOr<bool> AwaitChange(const Position& after,
                                           int64_t timeout_millis) = 0;

  // Wake ends the waiting of all who are in AwaitChange.
  virtual void Wake() = 0;

  // FileNames returns the files it is kept in, also those that are not there
  // now.
  virtual std::vector<std::string> FileNames() const { return {}; }
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_REGISTRY_STORE_H_
