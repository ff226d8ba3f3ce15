// What an embedder's options must satisfy, each set checked once.
//
// Pure. Errors: kInvalidRequest, saying which option, as engine.h lists them.

#ifndef CHAINKEEP_ENGINE_GATE_OPTIONS_CHECK_H_
#define CHAINKEEP_ENGINE_GATE_OPTIONS_CHECK_H_

#include "absl/status/status.h"
#include "chainkeep/options.h"
#include "engine/signature/prepared/arithmetic.h"

namespace chainkeep {

// ArithmeticOf returns what an option asks for, whether or not it can be had.
signature::prepared::Arithmetic ArithmeticOf(PreparedKeys keys);

absl::Status CheckEngineOptions(const EngineOptions& options);
absl::Status CheckLoadOptions(const LoadOptions& load);
absl::Status CheckListenerOptions(const ListenerOptions& options);

}  // namespace chainkeep

#endif  // CHAINKEEP_ENGINE_GATE_OPTIONS_CHECK_H_
