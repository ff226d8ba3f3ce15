// AllWays is one key, prepared in all ways that this machine has.

#ifndef CHAINKEEP_TESTS_SIGNATURE_PREPARED_ALL_WAYS_H_
#define CHAINKEEP_TESTS_SIGNATURE_PREPARED_ALL_WAYS_H_

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "chainkeep/certificate.h"
#include "engine/signature/prepared/arithmetic.h"
#include "engine/signature/prepared/prepared_key.h"

namespace chainkeep::test {

using signature::prepared::Arithmetic;
using signature::prepared::Level;
using signature::prepared::Outcome;
using signature::prepared::PreparedKey;

inline constexpr Arithmetic kArithmetics[] = {Arithmetic::kPortable,
                                              Arithmetic::kIfma};
inline constexpr Level kLevels[] = {Level::kSmall, Level::kMedium,
                                    Level::kLarge};

// Null if the key cannot be prepared, or if its table failed.
inline std::unique_ptr<const PreparedKey> Prepare(const EC_KEY& key,
                                                  Level level,
                                                  Arithmetic arithmetic) {
  using signature::prepared::BuildState;
  const auto builder =
      signature::prepared::StartPreparing(key, level, arithmetic);
  if (builder == nullptr) return nullptr;
  BuildState state = BuildState::kWorking;
  while (state == BuildState::kWorking) state = builder->Step();
  return state == BuildState::kDone ? builder->Take() : nullptr;
}

class AllWays {
 public:
  // A table that fails ends the process: see what it printed.
  explicit AllWays(const EC_KEY& key) {
    for (const Arithmetic arithmetic : kArithmetics) {
      if (!signature::prepared::Choose(arithmetic).has_value()) continue;
      for (const Level level : kLevels) {
        keys_.push_back(Prepare(key, level, arithmetic));
        if (keys_.back() != nullptr) continue;
        std::fprintf(stderr, "a table failed\n");
        std::abort();
      }
    }
  }

  // How many say so.
  size_t Count(Outcome outcome, const std::string& digest,
               const std::string& signature) const {
    size_t count = 0;
    for (const auto& key : keys_) {
      count += key->Verify(AsBytes(digest), AsBytes(signature)) == outcome;
    }
    return count;
  }

  size_t size() const { return keys_.size(); }

 private:
  std::vector<std::unique_ptr<const PreparedKey>> keys_;
};

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SIGNATURE_PREPARED_ALL_WAYS_H_
