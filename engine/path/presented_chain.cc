#include "engine/path/presented_chain.h"

#include <algorithm>

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
                               std::span<const Bytes> ders) {
  leaf_subject_ = NumberOf(leaf.subject());
  leaf_issuer_ = NumberOf(leaf.issuer());
  for (Bytes der : ders.first(std::min<size_t>(ders.size(), kMaxPresented))) {
    const der::Result<x509::Certificate> parsed = x509::Certificate::Parse(der);
    if (!parsed.ok()) continue;
    certificates_[size_++].emplace(
        PresentedCertificate{.certificate = *parsed,
                             .der = der,
                             .subject = NumberOf(parsed->subject()),
                             .issuer = NumberOf(parsed->issuer())});
  }
}

uint16_t PresentedChain::NumberOf(const x509::Name& name) {
  const uint64_t hash = name.Hash(Seed());
  for (size_t i = 0; i < names_count_; ++i) {
    if (names_[i].hash == hash && names_[i].name == name) {
      return static_cast<uint16_t>(i);
    }
  }
  names_[names_count_] = {hash, name};
  return static_cast<uint16_t>(names_count_++);
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
