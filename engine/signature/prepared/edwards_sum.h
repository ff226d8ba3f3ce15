// The sum of the points of a signature of Ed25519, in both arithmetics.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_EDWARDS_SUM_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_EDWARDS_SUM_H_

#include "engine/signature/prepared/edwards_table.h"
#include "engine/signature/prepared/terms.h"

namespace chainkeep::signature::prepared {

// Require at least eight terms; those with columns are a multiple of eight in
// each.
EdwardsPoint SumPortable(const Terms<Ed25519>& terms);

// The same with AVX-512 IFMA, on a processor that has it.
EdwardsPoint SumIfma(const Terms<Ed25519>& terms);

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_EDWARDS_SUM_H_
