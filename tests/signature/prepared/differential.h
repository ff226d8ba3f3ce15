// The differential: signatures of all kinds, and what prepared keys say of them
// beside what the library says.
//
//   bazel build --config=opt //tests/signature/prepared:differential
//   bazel-bin/tests/signature/prepared/differential --answers=100000000
//   --seed=7
//
// An answer is what one key of one level and arithmetic says of one signature.
//
// A tenth of the answers are of P-384, most of P-256. Keys are at random, or
// related to the generator (d is a small number, a power of two, or an opposite
// of such). Signatures are of four kinds: about points whose two scalars are at
// random; whose scalars are structured (few digits, long runs); with one bit of
// digest or signature changed; with numbers out of their range or exchanged.
//
// A fifth are of Ed25519. Signatures are the library's, and those with a bit of
// the message or the signature changed, with another S, with S + L, or with an
// R of small order; and a few by keys and about points that are chosen, or have
// a part of small order.
//
// A tenth are of RSA, where the processor has the arithmetic. Signatures are
// right ones; right ones of which a bit of the block, of the digest or of the
// signature was changed; numbers at random and structured; and numbers that are
// larger than the modulus, or longer.
//
// About a third of all verify.

#ifndef CHAINKEEP_TESTS_SIGNATURE_PREPARED_DIFFERENTIAL_H_
#define CHAINKEEP_TESTS_SIGNATURE_PREPARED_DIFFERENTIAL_H_

#include <cstdint>

namespace chainkeep::test {

struct Differential {
  uint64_t answers = 0;
  uint64_t valid = 0;
  uint64_t invalid = 0;
  uint64_t undecided = 0;
  uint64_t disagreements = 0;  // printed to standard error, the first ten
};

// The same seed gives the same signatures, on machines that have the same
// arithmetics.
Differential RunDifferential(uint64_t answers, uint64_t seed);

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SIGNATURE_PREPARED_DIFFERENTIAL_H_
