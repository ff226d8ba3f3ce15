// Which arithmetic verifies with prepared keys.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_ARITHMETIC_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_ARITHMETIC_H_

#include <cstdint>
#include <optional>

namespace chainkeep::signature::prepared {

enum class Arithmetic : uint8_t {
  kOff,       // no keys are prepared; the library verifies
  kPortable,  // C++ with multiplication of 64 by 64 bits
  kIfma,      // AVX-512 IFMA: eight points of one signature at a time
  kBest,      // the fastest one that this processor has
};

// Choose returns the arithmetic to use where `wanted` is asked for: for kBest
// the fastest one, otherwise `wanted`, or nothing where the processor, or what
// it runs on, does not have it. Asks the processor; costs under 1 µs.
std::optional<Arithmetic> Choose(Arithmetic wanted);

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_ARITHMETIC_H_
