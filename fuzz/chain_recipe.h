// A recipe is a few bytes from which a whole chain of certificates is made and
// signed, so that a fuzzer can change what a chain says without breaking the
// signatures that hold it together.
//
// Four bytes of options come first, then up to kMaxCertificates records of
// kRecordSize bytes, the leaf's first; what is left over is not used. A field
// that is zero has the value which makes a good chain: a recipe of zeros is a
// leaf, below intermediates, below a registered root. Every string of bytes is
// a recipe, and always gives the same chain but for its signatures and its RSA
// keys. The fields are listed where they are read, in chain_recipe.cc.
//
// Making a chain costs a signature for each certificate, and a second one for
// each that is patched. Keys are made once, and live for ever. Not thread-safe.

#ifndef CHAINKEEP_FUZZ_CHAIN_RECIPE_H_
#define CHAINKEEP_FUZZ_CHAIN_RECIPE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "chainkeep/options.h"
#include "chainkeep/types.h"

namespace chainkeep::fuzz {

inline constexpr size_t kRecipeHeaderSize = 4;
inline constexpr size_t kRecordSize = 24;
inline constexpr size_t kMaxCertificates = 6;

struct RegisteredCa {
  std::string der;
  CaStatus status = CaStatus::kActive;
};

struct Chain {
  std::string leaf;
  std::vector<std::string> presented;
  std::vector<RegisteredCa> registered;
  ValidationOptions options;
  UnixSeconds now = 0;
};

Chain MakeChain(Bytes recipe);

}  // namespace chainkeep::fuzz

#endif  // CHAINKEEP_FUZZ_CHAIN_RECIPE_H_
