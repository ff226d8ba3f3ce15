// What a signature costs to verify, in units that bound time: a P-256 check is
// one. The figures are those of bench/signature:signature_bench divided by that
// of P-256 and rounded up (docs/benchmarks.md: machine, command, figures), with
// the pinned BoringSSL, and Botan for ML-DSA.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_COST_H_
#define CHAINKEEP_ENGINE_SIGNATURE_COST_H_

#include <cstdint>

#include "engine/signature/algorithm.h"
#include "engine/signature/public_key.h"

namespace chainkeep::signature {

// VerificationUnits returns what one check by such a key costs at most: of a
// key that was parsed for it, the parsing included. Hashing the message is
// beside that (HashWeight).
uint32_t VerificationUnits(const KeyInfo& info);

// HashWeight returns how many bytes SHA-256 hashes in the time in which a
// signature's algorithm hashes one.
uint32_t HashWeight(SignatureAlgorithm algorithm);

}  // namespace chainkeep::signature

#endif  // CHAINKEEP_ENGINE_SIGNATURE_COST_H_
