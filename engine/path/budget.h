// Budget is what one answer may still spend, over all searches that it takes.
// It is an object that refuses: whoever is about to do something that costs
// asks first.

#ifndef CHAINKEEP_ENGINE_PATH_BUDGET_H_
#define CHAINKEEP_ENGINE_PATH_BUDGET_H_

#include <algorithm>
#include <cstdint>
#include <optional>

#include "chainkeep/options.h"
#include "chainkeep/verdict.h"
#include "engine/signature/key_tables.h"

namespace chainkeep::path {

class Budget {
 public:
  explicit Budget(const Budgets& limits) : limits_(limits) {}

  // Each takes what is about to be done, or refuses. Once anything was refused,
  // exhausted() says what, and the search must end.

  // A signature check. The first is always made: an answer needs one, and there
  // are keys that cost more than a sensible limit for all of them.
  [[nodiscard]] bool TakeSignature(uint32_t units) {
    if (spent_.signatures > 0 &&
        uint64_t{spent_.signature_units} + units > limits_.signature_units) {
      return Refuse(Reason::kBudgetSignatures);
    }
    ++spent_.signatures;
    spent_.signature_units += units;
    return true;
  }
  [[nodiscard]] bool TakeStep() {
    if (spent_.steps >= limits_.steps) return Refuse(Reason::kBudgetSteps);
    ++spent_.steps;
    return true;
  }
  // Work that work.h prices. What was done before its price could be known is
  // charged all the same, and ends the search.
  [[nodiscard]] bool TakeWork(uint64_t bytes) {
    spent_.work_bytes += bytes;
    return spent_.work_bytes <= limits_.work_bytes ||
           Refuse(Reason::kBudgetWork);
  }

  uint64_t work_left() const {
    return limits_.work_bytes - std::min(spent_.work_bytes, limits_.work_bytes);
  }

  // What is left of the name comparisons, and what was taken from it.
  uint64_t name_comparisons_left() const {
    return limits_.name_comparisons - spent_.name_comparisons;
  }
  void TakeNameComparisons(uint64_t count) {
    spent_.name_comparisons += static_cast<uint32_t>(count);
  }
  // Reading `count` names or constraints, before any is compared: each takes
  // about as long as four comparisons.
  [[nodiscard]] bool TakeNamesRead(uint64_t count) {
    constexpr uint64_t kComparisons = 4;
    if (count > name_comparisons_left() / kComparisons) {
      ExhaustNameComparisons();
      return false;
    }
    TakeNameComparisons(count * kComparisons);
    return true;
  }
  // A name constraint could not be decided with what was left.
  void ExhaustNameComparisons() { Refuse(Reason::kBudgetNameComparisons); }

  // What may be done once beside that, for the tables of keys.
  signature::ExtraVerification& extra_verification() {
    return extra_verification_;
  }

  std::optional<Reason> exhausted() const { return exhausted_; }
  const BudgetSpent& spent() const { return spent_; }
  const Budgets& limits() const { return limits_; }

 private:
  bool Refuse(Reason reason) {
    if (!exhausted_) exhausted_ = reason;
    return false;
  }

  const Budgets& limits_;
  BudgetSpent spent_;
  std::optional<Reason> exhausted_;
  signature::ExtraVerification extra_verification_;
};

}  // namespace chainkeep::path

#endif  // CHAINKEEP_ENGINE_PATH_BUDGET_H_
