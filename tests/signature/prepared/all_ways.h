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
inline std::unique_ptr<const PreparedKey> Prepare(
    std::unique_ptr<signature::prepared::KeyBuilder> builder) {
  using signature::prepared::BuildState;
  if (builder == nullptr) return nullptr;
  BuildState state = BuildState::kWorking;
  while (state == BuildState::kWorking) state = builder->Step();
  return state == BuildState::kDone ? builder->Take() : nullptr;
}

inline std::unique_ptr<const PreparedKey> Prepare(const EC_KEY& key,
                                                  Level level,
                                                  Arithmetic arithmetic) {
  return Prepare(signature::prepared::StartPreparing(key, level, arithmetic));
}

inline std::unique_ptr<const PreparedKey> PrepareEd25519(
    const std::string& key, Level level, Arithmetic arithmetic) {
  return Prepare(signature::prepared::StartPreparingEd25519(AsBytes(key), level,
                                                            arithmetic));
}

class AllWays {
 public:
  // A key that cannot be prepared, or a table that fails, ends the process.
  explicit AllWays(const EC_KEY& key) {
    for (const Arithmetic arithmetic : kArithmetics) {
      if (!signature::prepared::Choose(arithmetic).has_value()) continue;
      for (const Level level : kLevels) {
        Append(signature::prepared::StartPreparing(key, level, arithmetic));
      }
    }
  }
  // Of Ed25519.
  explicit AllWays(const std::string& key) {
    for (const Arithmetic arithmetic : kArithmetics) {
      if (!signature::prepared::Choose(arithmetic).has_value()) continue;
      for (const Level level : kLevels) {
        Append(signature::prepared::StartPreparingEd25519(AsBytes(key), level,
                                                          arithmetic));
      }
    }
  }
  // In one way, or in none.
  explicit AllWays(RSA& key) {
    if (!signature::prepared::Choose(Arithmetic::kIfma).has_value()) return;
    Append(signature::prepared::StartPreparing(key, Arithmetic::kIfma));
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

  // The same of RSASSA-PSS.
  size_t CountPss(Outcome outcome, const signature::PssParameters& parameters,
                  const std::string& digest,
                  const std::string& signature) const {
    size_t count = 0;
    for (const auto& key : keys_) {
      count += key->VerifyPss(parameters, AsBytes(digest),
                              AsBytes(signature)) == outcome;
    }
    return count;
  }

  size_t size() const { return keys_.size(); }

 private:
  void Append(std::unique_ptr<signature::prepared::KeyBuilder> builder) {
    keys_.push_back(Prepare(std::move(builder)));
    if (keys_.back() != nullptr) return;
    std::fprintf(stderr, "a key could not be prepared\n");
    std::abort();
  }

  std::vector<std::unique_ptr<const PreparedKey>> keys_;
};

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SIGNATURE_PREPARED_ALL_WAYS_H_
