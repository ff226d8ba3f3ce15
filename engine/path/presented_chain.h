// PresentedChain is what a client sent, made ready for the search: each
// certificate parsed once, each key prepared at most once, and names turned
// into numbers, so that what the search does over and over costs next to
// nothing however large the certificates are.
//
// Without that, sixteen certificates with names of 60 KiB that differ only in
// case cost tens of milliseconds, and keys of RSA-8192 that could never fit as
// much again: before anybody has proven anything. What it does is charged to
// the search's budget; once that is spent, the rest is left out.
//
// One search on one thread; not thread-safe. Views the caller's bytes.

#ifndef CHAINKEEP_ENGINE_PATH_PRESENTED_CHAIN_H_
#define CHAINKEEP_ENGINE_PATH_PRESENTED_CHAIN_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "chainkeep/types.h"
#include "engine/path/budget.h"
#include "engine/signature/public_key.h"
#include "engine/x509/certificate.h"

namespace chainkeep::path {

inline constexpr unsigned kMaxPresented = 64;

// PresentedCertificate is one that is well-formed. Equal numbers mean equal
// names, within one chain.
struct PresentedCertificate {
  x509::Certificate certificate;
  Bytes der;
  uint16_t subject = 0;
  uint16_t issuer = 0;
  // Filled by PresentedChain::IdOf and KeyOf.
  std::optional<CertificateId> id = {};
  std::optional<der::Result<signature::PublicKey>> key = {};
};

class PresentedChain {
 public:
  // Parses all of `ders`, at most kMaxPresented; one that is not well-formed is
  // left out.
  PresentedChain(const x509::Certificate& leaf, std::span<const Bytes> ders,
                 Budget& budget);

  PresentedChain(const PresentedChain&) = delete;
  PresentedChain& operator=(const PresentedChain&) = delete;

  size_t size() const { return size_; }
  PresentedCertificate& operator[](size_t i) { return *certificates_[i]; }

  // The numbers of the leaf's names.
  uint16_t leaf_subject() const { return leaf_subject_; }
  uint16_t leaf_issuer() const { return leaf_issuer_; }

  // Names have numbers below this, each the name that name() returns.
  uint16_t names_count() const { return names_count_; }
  const x509::Name& name(uint16_t number) const { return names_[number].name; }

  // The id of one of these certificates, computed now if it was not yet.
  const CertificateId& IdOf(PresentedCertificate& presented);

  // The key of one of these certificates, prepared now if it was not yet; null
  // if it cannot be.
  static const signature::PublicKey* KeyOf(PresentedCertificate& presented);

 private:
  uint16_t NumberOf(const x509::Name& name);

  struct NumberedName {
    uint64_t hash = 0;
    x509::Name name;
  };

  Budget& budget_;
  size_t size_ = 0;
  std::array<std::optional<PresentedCertificate>, kMaxPresented> certificates_;
  uint16_t names_count_ = 0;
  std::array<NumberedName, 2 * (kMaxPresented + 1)> names_;
  uint16_t leaf_subject_ = 0;
  uint16_t leaf_issuer_ = 0;
};

}  // namespace chainkeep::path

#endif  // CHAINKEEP_ENGINE_PATH_PRESENTED_CHAIN_H_
