// CrlPreparation reads and verifies what a store has of CRLs for one CA, so
// that showing it is one store into a pointer. It takes as long as the lists
// are, and no lock.
//
//   CrlPreparation crls(key, &catalog, &policy, {});
//   absl::Status status = crls.Read(store);
//   while (status.ok() && crls.VerifyNext()) { look after others }
//   ...
//   status = crls.Show();
//
// A list is verified once: those that are shown already of the same CA, or that
// a command has just verified, are taken as they are.
//
// For one thread.

#ifndef CHAINKEEP_ENGINE_PROJECTION_CRL_PREPARATION_H_
#define CHAINKEEP_ENGINE_PROJECTION_CRL_PREPARATION_H_

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "chainkeep/options.h"
#include "engine/catalog/catalog.h"
#include "engine/registry/follower.h"
#include "engine/store/crl_row.h"
#include "engine/store/registry_store.h"

namespace chainkeep::projection {

class CrlPreparation {
 public:
  using Lists = registry::VerifiedCrls;

  // None is owned.
  CrlPreparation(const store::CertificateKey& key, catalog::Catalog* catalog,
                 const AlgorithmPolicy* policy, Lists verified)
      : key_(key),
        catalog_(*catalog),
        policy_(*policy),
        known_(std::move(verified)) {}

  // Errors: the store's, but for damage, which Show returns.
  absl::Status Read(const store::RegistryStore& store);

  // Verifies one list; false if none is left.
  bool VerifyNext();

  // Shows what was read. Errors: kInternalFailure if it cannot be what a
  // registry has stored, and the catalog's. Then what was shown stays.
  absl::Status Show();

  const store::CertificateKey& key() const { return key_; }
  // Whether it is known what is stored; if not, Show fails.
  bool is_read() const { return is_read_; }
  // Of the state that was read.
  store::Revision revision() const { return revision_; }

 private:
  const store::CertificateKey key_;
  catalog::Catalog& catalog_;
  const AlgorithmPolicy& policy_;
  Lists known_;
  bool is_read_ = false;
  store::Revision revision_ = 0;
  store::CrlRow row_;  // without lists: there are none
  std::shared_ptr<const catalog::CaRecord> ca_;
  Lists lists_;  // of the row, as far as they are verified
  absl::Status status_;
};

}  // namespace chainkeep::projection

#endif  // CHAINKEEP_ENGINE_PROJECTION_CRL_PREPARATION_H_
