#include "engine/path/presented_chain.h"

#include <algorithm>

#include "chainkeep/certificate.h"
#include "engine/path/work.h"

namespace chainkeep::path {
namespace {

// A process-wide secret of sorts: where the loader put this program. The hash
// only saves comparisons; whoever finds a collision gains those.
uint64_t Seed() {
  static const char somewhere = 0;
  return reinterpret_cast<uintptr_t>(&somewhere);
}

}  // namespace

PresentedChain::PresentedChain(const x509::Certificate& leaf,
                               std::span<const Bytes> ders, Budget& budget)
    : budget_(budget) {
  leaf_subject_ = NumberOf(leaf.subject());
  leaf_issuer_ = NumberOf(leaf.issuer());
  for (Bytes der : ders.first(std::min<size_t>(ders.size(), kMaxPresented))) {
    // What it costs is known once it is parsed. Where signatures have been paid
    // for, there must be room for the dearest contents.
    const uint64_t most = ParseWorkOfIllFormed(der);
    if (budget.spent().signatures > 0 && most > budget.work_left()) {
      (void)budget.TakeWork(most);
      return;
    }
    if (!budget.TakeWork(der.size())) return;
    const der::Result<x509::Certificate> parsed = x509::Certificate::Parse(der);
    const uint64_t work = parsed.ok() ? ParseWork(*parsed) : most;
    if (!budget.TakeWork(work - der.size())) return;
    if (!parsed.ok()) continue;
    certificates_[size_++].emplace(
        PresentedCertificate{.certificate = *parsed,
                             .der = der,
                             .subject = NumberOf(parsed->subject()),
                             .issuer = NumberOf(parsed->issuer())});
  }
}

uint16_t PresentedChain::NumberOf(const x509::Name& name) {
  if (!budget_.TakeWork(NumberingWork(name))) return 0;  // the search is over
  const uint64_t hash = name.Hash(Seed());
  for (size_t i = 0; i < names_count_; ++i) {
    if (names_[i].hash == hash && names_[i].name == name) {
      return static_cast<uint16_t>(i);
    }
  }
  names_[names_count_] = {hash, name};
  return names_count_++;
}

const CertificateId& PresentedChain::IdOf(PresentedCertificate& presented) {
  if (!presented.id) {
    // Once for each: that it may be the last is for the search to see.
    (void)budget_.TakeWork(IdWork(presented.der));
    presented.id = ComputeCertificateId(presented.der);
  }
  return *presented.id;
}

const signature::PublicKey* PresentedChain::KeyOf(
    PresentedCertificate& presented) {
  if (!presented.key) {
    presented.key.emplace(signature::PublicKey::Parse(
        presented.certificate.spki(), signature::Preparation::kForOneSearch));
  }
  return presented.key->ok() ? &**presented.key : nullptr;
}

}  // namespace chainkeep::path
