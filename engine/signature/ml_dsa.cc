#include "engine/signature/ml_dsa.h"

#include <atomic>
#include <utility>
#include <vector>

#include "botan_all.h"

namespace chainkeep::signature {
namespace {

// Botan's names are the rows and columns of the matrix.
Botan::ML_DSA_Mode ModeOf(MlDsa set) {
  switch (set) {
    case MlDsa::k44:
      return Botan::ML_DSA_Mode::ML_DSA_4x4;
    case MlDsa::k65:
      return Botan::ML_DSA_Mode::ML_DSA_6x5;
    case MlDsa::k87:
      break;
  }
  return Botan::ML_DSA_Mode::ML_DSA_8x7;
}

// A key and its verifier, for one thread at a time: not even two verifiers of
// one Botan::ML_DSA_PublicKey may work at once, since before Botan 3.11 all
// that comes of a key shares its hash function, with what that is in the middle
// of.
struct Expanded {
  Expanded(MlDsa set, Bytes bytes)
      : key(bytes, ModeOf(set)), verifier(key, "Pure") {}

  const Botan::ML_DSA_PublicKey key;
  Botan::PK_Verifier verifier;
};

}  // namespace

struct MlDsaKey::Prepared {
  explicit Prepared(Bytes key) : bytes(key.begin(), key.end()) {}
  ~Prepared() { delete spare.load(std::memory_order_relaxed); }

  std::unique_ptr<Expanded> Take(MlDsa set) {
    Expanded* const taken = spare.exchange(nullptr, std::memory_order_acquire);
    if (taken != nullptr) return std::unique_ptr<Expanded>(taken);
    return std::make_unique<Expanded>(set, bytes);
  }

  // Whoever comes second drops what the first has put there.
  void PutBack(std::unique_ptr<Expanded> expanded) {
    delete spare.exchange(expanded.release(), std::memory_order_acq_rel);
  }

  const std::vector<uint8_t> bytes;
  std::atomic<Expanded*> spare{nullptr};
};

MlDsaKey::MlDsaKey(MlDsa set, std::unique_ptr<Prepared> prepared)
    : set_(set), prepared_(std::move(prepared)) {}
MlDsaKey::~MlDsaKey() = default;

std::unique_ptr<const MlDsaKey> MlDsaKey::Parse(MlDsa set, Bytes key) {
  if (key.size() != SizesOf(set).key) return nullptr;
  return std::unique_ptr<const MlDsaKey>(
      new MlDsaKey(set, std::make_unique<Prepared>(key)));
}

bool MlDsaKey::Verify(Bytes message, Bytes signature) const noexcept {
  if (signature.size() != SizesOf(set_).signature) return false;
  try {
    std::unique_ptr<Expanded> expanded = prepared_->Take(set_);
    const bool verified = expanded->verifier.verify_message(message, signature);
    // Not reached by an exception: what threw may be in the middle of it.
    prepared_->PutBack(std::move(expanded));
    return verified;
  } catch (...) {
    return false;
  }
}

}  // namespace chainkeep::signature
