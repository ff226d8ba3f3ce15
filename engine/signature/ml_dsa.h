// ML-DSA (FIPS 204) as certificates use it (RFC 9881): the pure form with an
// empty context. The arithmetic is Botan's, because the BoringSSL of 2023 has
// none.
//
// This is the one target of engine/ that is built with exceptions: Botan throws
// them. None leaves it: whatever goes wrong in there is "not verified". Nothing
// of Botan is in this header.
//
// Thread-safety: an MlDsaKey is immutable to its users; any number of threads
// may verify with one.
//
// Cost: two thirds of a verification and more is expanding the key's matrix
// from its seed (docs/benchmarks.md). So a key keeps one expanded verifier from
// its first use on, of 28 (44), 48 (65) or 79 (87) thousand bytes; a thread
// that finds it taken by another expands one of its own. Nobody waits.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_ML_DSA_H_
#define CHAINKEEP_ENGINE_SIGNATURE_ML_DSA_H_

#include <cstddef>
#include <memory>

#include "chainkeep/options.h"
#include "chainkeep/types.h"

namespace chainkeep::signature {

// Bytes of a public key and of a signature (FIPS 204, table 2).
struct MlDsaSizes {
  size_t key;
  size_t signature;
};

constexpr MlDsaSizes SizesOf(MlDsa set) {
  switch (set) {
    case MlDsa::k44:
      return {1312, 2420};
    case MlDsa::k65:
      return {1952, 3309};
    case MlDsa::k87:
      return {2592, 4627};
  }
  return {0, 0};
}

class MlDsaKey {
 public:
  // Parse reads a public key as FIPS 204 encodes it; null if it has another
  // length. Every string of the right length is a key.
  static std::unique_ptr<const MlDsaKey> Parse(MlDsa set, Bytes key);

  MlDsaKey(const MlDsaKey&) = delete;
  MlDsaKey& operator=(const MlDsaKey&) = delete;
  ~MlDsaKey();

  // Verify returns whether `signature` is this key's over `message`. False,
  // before any arithmetic, if it has another length than such signatures have.
  bool Verify(Bytes message, Bytes signature) const noexcept;

 private:
  struct Prepared;
  MlDsaKey(MlDsa set, std::unique_ptr<Prepared> prepared);

  const MlDsa set_;
  const std::unique_ptr<Prepared> prepared_;
};

}  // namespace chainkeep::signature

#endif  // CHAINKEEP_ENGINE_SIGNATURE_ML_DSA_H_
