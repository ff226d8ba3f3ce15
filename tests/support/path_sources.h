// What a search for a path asks, as plain lists: registered CAs, and CRLs.
//
//   ListOfAnchors anchors;
//   anchors.Add(ca.der);
//   BuildPath({.leaf = leaf, .anchors = anchors, .crls = NoCrls(), ...});
//
// Slow and simple, so that a test can trust them: every question walks the
// list. Fill a list before it is asked; then any thread may ask.

#ifndef CHAINKEEP_TESTS_SUPPORT_PATH_SOURCES_H_
#define CHAINKEEP_TESTS_SUPPORT_PATH_SOURCES_H_

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "chainkeep/types.h"
#include "engine/memory/epochs.h"
#include "engine/path/anchor_source.h"
#include "engine/path/denial_source.h"
#include "engine/path/revocation_source.h"
#include "engine/revocation/crl_set.h"
#include "engine/signature/key_tables.h"
#include "engine/signature/public_key.h"
#include "engine/x509/certificate.h"

namespace chainkeep::test {

class ListOfAnchors final : public path::AnchorSource,
                            public path::DenialSource {
 public:
  // With an arithmetic, every key that can have a table has one from the start.
  explicit ListOfAnchors(signature::prepared::Arithmetic arithmetic =
                             signature::prepared::Arithmetic::kOff)
      : tables_(&epochs_,
                {.arithmetic = arithmetic, .bytes = size_t{256} << 20}) {}

  // Add takes the DER of a CA, the oldest first. False, and nothing happens,
  // if it is no certificate with a key that could be registered.
  bool Add(const std::string& der, CaStatus status = CaStatus::kActive);

  void Clear() { entries_.clear(); }

  // Verifications in which a table and the library differed.
  uint64_t disagreements() const { return tables_.GetStats().disagreements; }

  size_t FindIssuers(const x509::Name& issuer, Bytes key_id,
                     std::span<path::Anchor> anchors) const override;
  bool FindById(const CertificateId& id, path::Anchor* anchor) const override;
  path::CaDenial FindDenial(const Account& account,
                            const CaId& ca) const override;

 private:
  struct Entry {
    Entry(const x509::Certificate& certificate, signature::PublicKey key,
          Bytes der, CaStatus is);

    path::AnchorCa ca;
    CaStatus status;
  };

  path::Anchor ToAnchor(const Entry& entry) const;

  memory::Epochs epochs_;
  signature::KeyTables tables_;
  Account account_ = *Account::Parse("a");
  std::deque<std::string> ders_;
  std::deque<Entry> entries_;
};

// CRLs by the subject of their issuer.
class ListOfCrls final : public path::RevocationSource {
 public:
  // Add gives the CA named `issuer`, a view of which the caller keeps, a set.
  void Add(const x509::Name& issuer,
           std::vector<std::shared_ptr<const revocation::LoadedCrl>> crls);

  path::FoundCrls FindCrls(const path::Anchor& anchor,
                           const x509::Certificate& issuer) const override;

 private:
  std::deque<std::pair<x509::Name, revocation::CrlSet>> sets_;
};

// NoCrls returns a source without any. It lives forever.
const path::RevocationSource& NoCrls();

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SUPPORT_PATH_SOURCES_H_
