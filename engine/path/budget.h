// Budget is what one search for a path may still spend. It is an object that
// refuses: whoever is about to do something that costs asks first.

#ifndef CHAINKEEP_ENGINE_PATH_BUDGET_H_
#define CHAINKEEP_ENGINE_PATH_BUDGET_H_

#include <optional>

#include "chainkeep/options.h"
#include "chainkeep/verdict.h"

namespace chainkeep::path {

class Budget {
 public:
  explicit Budget(const Budgets& limits) : limits_(limits) {}

  // Take one of its kind, or refuse. Once anything was refused, exhausted()
  // says what, and the search must end.
  [[nodiscard]] bool TakeSignature() {
    return Take(&spent_.signatures, limits_.signatures,
                Reason::kBudgetSignatures);
  }
  [[nodiscard]] bool TakeStep() {
    return Take(&spent_.steps, limits_.steps, Reason::kBudgetSteps);
  }

  // `count` steps at once.
  [[nodiscard]] bool TakeSteps(uint32_t count) {
    if (limits_.steps - spent_.steps < count) {
      exhausted_ = Reason::kBudgetSteps;
      return false;
    }
    spent_.steps += count;
    return true;
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
  void ExhaustNameComparisons() { exhausted_ = Reason::kBudgetNameComparisons; }

  std::optional<Reason> exhausted() const { return exhausted_; }
  const BudgetSpent& spent() const { return spent_; }
  const Budgets& limits() const { return limits_; }

 private:
  bool Take(uint32_t* spent, unsigned limit, Reason reason) {
    if (*spent >= limit) {
      exhausted_ = reason;
      return false;
    }
    ++*spent;
    return true;
  }

  const Budgets& limits_;
  BudgetSpent spent_;
  std::optional<Reason> exhausted_;
};

}  // namespace chainkeep::path

#endif  // CHAINKEEP_ENGINE_PATH_BUDGET_H_
